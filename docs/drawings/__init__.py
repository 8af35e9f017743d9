"""Drawn pictures of mechanisms, as SVG made by code; `docs/pictures.py` writes them."""

from drawings.first_look import (
    first_answer,
    first_classification,
    first_entities,
    first_generation,
    first_pair,
)
from drawings.generation import beam, bpe
from drawings.inputs import embeddings, masks
from drawings.service import (
    document_service,
    entity_service,
    pair_service,
    question_service,
    writing_service,
)
from drawings.tasks import bio, classification, pair, windows
from drawings.transfer import pipeline, three_ways, trained_parts, transfer
from drawings.transformer import attention, multi_head, transformer

PICTURES = (
    transfer,
    first_classification,
    first_pair,
    first_entities,
    first_answer,
    first_generation,
    three_ways,
    pipeline,
    bpe,
    embeddings,
    transformer,
    attention,
    multi_head,
    masks,
    classification,
    trained_parts,
    document_service,
    pair,
    pair_service,
    bio,
    entity_service,
    windows,
    question_service,
    beam,
    writing_service,
)
"""Functions that draw a picture each, in the order of the chapters."""
