"""Export of models to Hugging Face checkpoints."""

import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras_nlp
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file
from tokenizers import (
    BertWordPieceTokenizer,
    ByteLevelBPETokenizer,
    Tokenizer,
    processors,
)

from kerasnlp_tutorial.checkpoints import tensor_names
from kerasnlp_tutorial.checkpoints.tasks import load_task
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import locked, write_json, writing, written_whole
from kerasnlp_tutorial.models import (
    BertPairClassifierPreprocessor,
    BertQuestionAnswering,
    BertTokenClassifier,
)
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer

logger = logging.getLogger(__name__)


def export_to_huggingface(model: str | Path, output: str | Path) -> Path:
    """Write a model as a Hugging Face checkpoint.

    Args:
        model: directory that `train` or `pretrain` has written, or another name of a
            model as in `load_task`.
        output: folder to write; must not exist.

    Returns:
        `output`, with `config.json`, `model.safetensors` and `tokenizer.json`. The
        logits of `AutoModelFor...` equal those of the task, with two exceptions. The
        logits of a `BertForMaskedLM` differ by about 0.01 if the backbone is a plain
        `keras_nlp.models.BertBackbone`: its layers and the head use two variants of
        GELU, those of transformers a single one. Models of pairs and questions that
        were trained with `mark_matches` need segment ids that the tokenizer of
        transformers does not produce; this is logged as a warning.

    Raises:
        InputError: there is no such model, transformers has no class for it, or
            `output` exists.
    """
    output = Path(output)
    _check_new(output)
    task, labels = load_task(model)
    if isinstance(task.backbone, keras_nlp.models.GPT2Backbone):
        config, entries, prefix = _gpt2(task)
    elif isinstance(task.backbone, keras_nlp.models.BertBackbone):
        config, entries, prefix = _bert(task, labels)
    else:
        raise InputError(
            f"{model} is neither a BERT nor a GPT-2: {type(task).__name__}"
        )
    tokenizer = task.preprocessor.tokenizer
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with locked(output.with_name(f".{output.name}.lock")):
            _check_new(output)  # again, now that it is locked
            with written_whole(output) as folder:
                folder.mkdir()
                ids = _token_ids(tokenizer, config)
                write_json(folder / "config.json", config | ids)
                _save_tensors(_named(entries, prefix), folder / "model.safetensors")
                kind, max_length = config["model_type"], _max_length(config)
                _save_tokenizer(tokenizer, kind, max_length, folder)
    return output


def _check_new(output: Path) -> None:
    if os.path.lexists(output):
        raise InputError(f"{output} exists; choose another folder to export to")


def _save_tensors(values: dict[str, np.ndarray], path: Path) -> None:
    try:
        save_file(values, path, {"format": "pt"})
    except SafetensorError as error:  # wraps errors of the file system
        raise OSError(str(error)) from error
    path.chmod(0o644)  # safetensors lets nobody else read it


def _bert(
    task: keras_nlp.models.Task, labels: Sequence[str]
) -> tuple[dict[str, Any], list[tensor_names.Entry], str]:
    """Return `config.json`, the entries of the tensors, and their prefix."""
    backbone = task.backbone
    config = {
        "model_type": "bert",
        "vocab_size": backbone.vocabulary_size,
        "hidden_size": backbone.hidden_dim,
        "num_hidden_layers": backbone.num_layers,
        "num_attention_heads": backbone.num_heads,
        "intermediate_size": backbone.intermediate_dim,
        # A plain BertBackbone uses the approximate GELU, and 1e-12 as in BERT.
        "hidden_act": getattr(backbone, "activation", "gelu_new"),
        "layer_norm_eps": getattr(backbone, "layer_norm_epsilon", 1e-12),
        "hidden_dropout_prob": backbone.dropout,
        "attention_probs_dropout_prob": backbone.dropout,
        "max_position_embeddings": backbone.max_sequence_length,
        "type_vocab_size": backbone.num_segments,
    }
    entries = list(tensor_names.bert(backbone))
    if isinstance(task, keras_nlp.models.BertTextClassifier):
        name = "BertForSequenceClassification"
        entries += tensor_names.pooler(backbone)
        entries += tensor_names.linear_head(task, "classifier")
        marks = isinstance(task.preprocessor, BertPairClassifierPreprocessor)
        config |= _mark_matches(marks, "second text", "first one")
    elif isinstance(task, BertTokenClassifier):
        name, labels = "BertForTokenClassification", task.preprocessor.tags
        entries += tensor_names.linear_head(task, "classifier")
    elif isinstance(task, BertQuestionAnswering):
        # No labels: the two outputs are always start and end.
        name, labels = "BertForQuestionAnswering", ()
        entries += tensor_names.linear_head(task, "qa_outputs")
        marks = task.preprocessor.mark_matches
        config |= _mark_matches(marks, "passage", "question")
    elif isinstance(task, keras_nlp.models.BertMaskedLM):
        name = "BertForMaskedLM"
        entries += tensor_names.masked_lm(task)
    else:
        raise InputError(f"transformers has no class for a {type(task).__name__}")
    config["architectures"] = [name]
    if labels:
        config["id2label"] = {str(i): label for i, label in enumerate(labels)}
        config["label2id"] = {label: i for i, label in enumerate(labels)}
    return config, entries, "bert."


def _mark_matches(marks: bool, second: str, first: str) -> dict[str, bool]:
    """Return the field of `config.json`, which transformers does not know."""
    if not marks:
        return {}
    logger.warning(
        "tokens of the %s that occur in the %s need token_type_ids 2, which the "
        "tokenizer of transformers does not produce; for a model without them train "
        "with --set mark_matches=false",
        second,
        first,
    )
    return {"mark_matches": True}


def _gpt2(
    task: keras_nlp.models.Task,
) -> tuple[dict[str, Any], list[tensor_names.Entry], str]:
    backbone = task.backbone
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": backbone.vocabulary_size,
        "n_embd": backbone.hidden_dim,
        "n_layer": backbone.num_layers,
        "n_head": backbone.num_heads,
        "n_inner": backbone.intermediate_dim,
        "n_positions": backbone.max_sequence_length,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "resid_pdrop": backbone.dropout,
        "embd_pdrop": backbone.dropout,
        "attn_pdrop": backbone.dropout,
    }
    return config, list(tensor_names.gpt2(backbone)), "transformer."


def _named(entries: Iterable[tensor_names.Entry], prefix: str) -> dict[str, np.ndarray]:
    """Return the tensors by name, as in a model with a head."""
    parts: dict[str, list[np.ndarray]] = {}
    for entry in entries:
        head = entry.tensor.startswith(("classifier.", "qa_outputs.", "cls."))
        name = entry.tensor if head else prefix + entry.tensor
        parts.setdefault(name, []).append(entry.to_hugging_face())
    return {name: np.concatenate(values, axis=-1) for name, values in parts.items()}


def _token_ids(
    tokenizer: keras_nlp.tokenizers.Tokenizer, config: dict[str, Any]
) -> dict[str, int]:
    ids = {"pad_token_id": tokenizer.pad_token_id}
    if config["model_type"] == "gpt2":
        ids["bos_token_id"] = tokenizer.start_token_id
        ids["eos_token_id"] = tokenizer.end_token_id
    return ids


def _max_length(config: dict[str, Any]) -> int:
    return config.get("max_position_embeddings") or config["n_positions"]


def _save_tokenizer(
    tokenizer: keras_nlp.tokenizers.Tokenizer, kind: str, max_length: int, folder: Path
) -> None:
    settings: dict[str, Any] = {"model_max_length": max_length}
    if isinstance(tokenizer, HuggingFaceTokenizer):
        exported = Tokenizer.from_str(tokenizer.to_json())
    elif kind == "bert":
        vocabulary = {t: i for i, t in enumerate(tokenizer.get_vocabulary())}
        exported = Tokenizer.from_str(
            BertWordPieceTokenizer(
                vocabulary, lowercase=False, strip_accents=False
            ).to_str()
        )
        settings |= {"do_lower_case": False, "strip_accents": False}
        text = "".join(f"{token}\n" for token in vocabulary)
        (folder / "vocab.txt").write_text(text, encoding="utf-8")
    else:
        merges = [tuple(merge.split(" ")) for merge in tokenizer.merges]
        exported = Tokenizer.from_str(
            ByteLevelBPETokenizer(tokenizer.vocabulary, merges).to_str()
        )
    if kind == "bert":
        cls, sep = tokenizer.start_token, tokenizer.end_token
        # Without this setting, transformers does not return token_type_ids.
        inputs = ["input_ids", "token_type_ids", "attention_mask"]
        settings["model_input_names"] = inputs
        exported.post_processor = processors.TemplateProcessing(
            single=f"{cls} $A {sep}",
            pair=f"{cls} $A {sep} $B:1 {sep}:1",
            special_tokens=[(t, exported.token_to_id(t)) for t in (cls, sep)],
        )
        names = {"cls_token": cls, "sep_token": sep, "pad_token": "[PAD]"}
        names |= {"mask_token": "[MASK]", "unk_token": "[UNK]"}
    else:
        names = {
            "bos_token": tokenizer.start_token,
            "eos_token": tokenizer.end_token,
            "pad_token": tokenizer.id_to_token(tokenizer.pad_token_id),
        }
    (folder / "tokenizer.json").write_text(exported.to_str(True), encoding="utf-8")
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    write_json(folder / "tokenizer_config.json", settings | names)
