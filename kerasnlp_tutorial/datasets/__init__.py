"""Readers that turn files into frozen dataclasses, without Keras or TensorFlow."""

from kerasnlp_tutorial.datasets.bio import Span, TaggedSentence, tag_spans
from kerasnlp_tutorial.datasets.cloze import cloze_questions
from kerasnlp_tutorial.datasets.examples import (
    LabeledPair,
    LabeledText,
    Splits,
    check_labels,
    class_names,
    hold_out,
    load_splits,
    text_columns,
)
from kerasnlp_tutorial.datasets.hangul_numbers import hangul_number
from kerasnlp_tutorial.datasets.nli import (
    HARD_NLI_SAMPLE,
    KLUE_NLI,
    KORNLI,
    NLI_SAMPLE,
    read_klue_nli,
    read_kornli,
    read_korsts,
    read_pairs,
)
from kerasnlp_tutorial.datasets.nsmc import (
    HARD_SAMPLE,
    NSMC,
    REVIEWS,
    SAMPLE,
    read_nsmc,
)
from kerasnlp_tutorial.datasets.plain_text import TextLines, is_plain_text
from kerasnlp_tutorial.datasets.prompted_text import (
    CHATBOT,
    PromptedText,
    prompt_names,
    read_prompted_texts,
)
from kerasnlp_tutorial.datasets.questions import Answer, Question, answerability
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.squad import KORQUAD, QA_SAMPLE, read_questions
from kerasnlp_tutorial.datasets.table import read_labeled_pairs, read_labeled_texts
from kerasnlp_tutorial.datasets.tagged_text import (
    KLUE_NER,
    NER_SAMPLE,
    entity_types,
    read_tagged_sentences,
    read_tagged_text,
)
from kerasnlp_tutorial.datasets.tagged_units import read_bio, read_klue_ner

__all__ = [
    "CHATBOT",
    "HARD_NLI_SAMPLE",
    "HARD_SAMPLE",
    "KLUE_NER",
    "KLUE_NLI",
    "KORNLI",
    "KORQUAD",
    "NER_SAMPLE",
    "NLI_SAMPLE",
    "NSMC",
    "QA_SAMPLE",
    "REVIEWS",
    "SAMPLE",
    "Answer",
    "Corpus",
    "LabeledPair",
    "LabeledText",
    "PromptedText",
    "Question",
    "RemoteFile",
    "Span",
    "Splits",
    "TaggedSentence",
    "TextLines",
    "answerability",
    "check_labels",
    "class_names",
    "cloze_questions",
    "entity_types",
    "hangul_number",
    "hold_out",
    "is_plain_text",
    "load_splits",
    "prompt_names",
    "read_bio",
    "read_klue_ner",
    "read_klue_nli",
    "read_kornli",
    "read_korsts",
    "read_labeled_pairs",
    "read_labeled_texts",
    "read_nsmc",
    "read_pairs",
    "read_prompted_texts",
    "read_questions",
    "read_tagged_sentences",
    "read_tagged_text",
    "tag_spans",
    "text_columns",
]
