"""What was trained here as a folder that transformers opens."""

import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras_nlp
import numpy as np
from safetensors.numpy import save_file
from tokenizers import (
    BertWordPieceTokenizer,
    ByteLevelBPETokenizer,
    Tokenizer,
    processors,
)

from kerasnlp_tutorial.checkpoints import tensors
from kerasnlp_tutorial.checkpoints.tasks import load_task
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import BertQuestionAnswering, BertTokenClassifier
from kerasnlp_tutorial.runs import write_json
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer

logger = logging.getLogger(__name__)


def export_to_huggingface(model: str | Path, output: str | Path) -> Path:
    """Write a model as a Hugging Face checkpoint.

    Args:
        model: a directory that `train` or `pretrain` has written, or another name that
            `load_task` opens.
        output: folder to write; must not exist.

    Returns:
        `output`, with `config.json`, `model.safetensors` and `tokenizer.json`. The
        logits of `AutoModelFor...` equal those of the task; those of a
        `BertForMaskedLM` differ a little (by 0.01) if the backbone is a plain
        `keras_nlp.models.BertBackbone`, whose layers and head have two variants of the
        activation, and transformers one for both. A `BertQuestionAnswering` that marks
        matches needs its own segment ids, which a tokenizer does not give: a warning
        says so.

    Raises:
        InputError: there is no such model, it is of a kind that transformers has no
            class for, or `output` exists.
    """
    output = Path(output)
    if output.exists():
        raise InputError(f"{output} exists; choose another folder to export to")
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
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as partial:
        folder = Path(partial) / "whole"
        folder.mkdir()
        write_json(folder / "config.json", config | _token_ids(tokenizer, config))
        save_file(
            _named(entries, prefix), folder / "model.safetensors", {"format": "pt"}
        )
        _save_tokenizer(tokenizer, config["model_type"], _longest(config), folder)
        folder.rename(output)
    return output


def _bert(task: keras_nlp.models.Task, labels) -> tuple[dict, list, str]:
    backbone = task.backbone
    config = {
        "model_type": "bert",
        "vocab_size": backbone.vocabulary_size,
        "hidden_size": backbone.hidden_dim,
        "num_hidden_layers": backbone.num_layers,
        "num_attention_heads": backbone.num_heads,
        "intermediate_size": backbone.intermediate_dim,
        # A plain BertBackbone has the approximation, and BERT's own epsilon.
        "hidden_act": getattr(backbone, "activation", "gelu_new"),
        "layer_norm_eps": getattr(backbone, "layer_norm_epsilon", 1e-12),
        "hidden_dropout_prob": backbone.dropout,
        "attention_probs_dropout_prob": backbone.dropout,
        "max_position_embeddings": backbone.max_sequence_length,
        "type_vocab_size": backbone.num_segments,
    }
    entries = list(tensors.bert(backbone))
    if isinstance(task, keras_nlp.models.BertTextClassifier):
        name = "BertForSequenceClassification"
        entries += tensors.pooler(backbone)
        entries += tensors.linear_head(task, "classifier")
    elif isinstance(task, BertTokenClassifier):
        name, labels = "BertForTokenClassification", task.preprocessor.tags
        entries += tensors.linear_head(task, "classifier")
    elif isinstance(task, BertQuestionAnswering):
        # Its two outputs are the start and the end, whatever is asked for.
        name, labels = "BertForQuestionAnswering", ()
        entries += tensors.linear_head(task, "qa_outputs")
        config["mark_matches"] = task.preprocessor.mark_matches  # ours alone
        if config["mark_matches"]:
            logger.warning(
                "tokens of the passage that the question has too need token_type_ids "
                "2, which transformers' tokenizer does not give; for a model without "
                "them train with --set mark_matches=false"
            )
    elif isinstance(task, keras_nlp.models.BertMaskedLM):
        name = "BertForMaskedLM"
        entries += tensors.masked_lm(task)
    else:
        raise InputError(f"transformers has no class for a {type(task).__name__}")
    config["architectures"] = [name]
    if labels:
        config["id2label"] = {str(i): label for i, label in enumerate(labels)}
        config["label2id"] = {label: i for i, label in enumerate(labels)}
    return config, entries, "bert."


def _gpt2(task: keras_nlp.models.Task) -> tuple[dict, list, str]:
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
    return config, list(tensors.gpt2(backbone)), "transformer."


def _named(entries: Iterable[tensors.Entry], prefix: str) -> dict[str, np.ndarray]:
    """Return the tensors by the names that a model with a head gives them."""
    parts = {}
    for entry in entries:
        head = entry.tensor.startswith(("classifier.", "qa_outputs.", "cls."))
        name = entry.tensor if head else prefix + entry.tensor
        parts.setdefault(name, []).append(entry.to_hugging_face())
    return {name: np.concatenate(values, axis=-1) for name, values in parts.items()}


def _token_ids(tokenizer: keras_nlp.tokenizers.Tokenizer, config: dict) -> dict:
    ids = {"pad_token_id": tokenizer.pad_token_id}
    if config["model_type"] == "gpt2":
        ids["bos_token_id"] = tokenizer.start_token_id
        ids["eos_token_id"] = tokenizer.end_token_id
    return ids


def _longest(config: dict) -> int:
    return config.get("max_position_embeddings") or config["n_positions"]


def _save_tokenizer(tokenizer, kind: str, longest: int, folder: Path) -> None:
    settings: dict[str, Any] = {"model_max_length": longest}
    if isinstance(tokenizer, HuggingFaceTokenizer):
        theirs = Tokenizer.from_str(tokenizer.to_json())
    elif kind == "bert":
        vocabulary = {t: i for i, t in enumerate(tokenizer.get_vocabulary())}
        theirs = Tokenizer.from_str(
            BertWordPieceTokenizer(
                vocabulary, lowercase=False, strip_accents=False
            ).to_str()
        )
        settings |= {"do_lower_case": False, "strip_accents": False}
        text = "".join(f"{token}\n" for token in vocabulary)
        (folder / "vocab.txt").write_text(text, encoding="utf-8")
    else:
        merges = [tuple(merge.split(" ")) for merge in tokenizer.merges]
        theirs = Tokenizer.from_str(
            ByteLevelBPETokenizer(tokenizer.vocabulary, merges).to_str()
        )
    if kind == "bert":
        cls, sep = tokenizer.start_token, tokenizer.end_token
        # Or transformers would leave out which of two texts a token is of.
        inputs = ["input_ids", "token_type_ids", "attention_mask"]
        settings["model_input_names"] = inputs
        theirs.post_processor = processors.TemplateProcessing(
            single=f"{cls} $A {sep}",
            pair=f"{cls} $A {sep} $B:1 {sep}:1",
            special_tokens=[(t, theirs.token_to_id(t)) for t in (cls, sep)],
        )
        names = {"cls_token": cls, "sep_token": sep, "pad_token": "[PAD]"}
        names |= {"mask_token": "[MASK]", "unk_token": "[UNK]"}
    else:
        names = {
            "bos_token": tokenizer.start_token,
            "eos_token": tokenizer.end_token,
            "pad_token": tokenizer.id_to_token(tokenizer.pad_token_id),
        }
    theirs.save(str(folder / "tokenizer.json"))
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    write_json(folder / "tokenizer_config.json", settings | names)
