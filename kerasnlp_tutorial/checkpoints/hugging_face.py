"""Hugging Face folders to KerasNLP presets."""

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import keras_nlp
import numpy as np

import kerasnlp_tutorial
from kerasnlp_tutorial.checkpoints import tensors
from kerasnlp_tutorial.checkpoints.hugging_face_tokenizers import read_tokenizer
from kerasnlp_tutorial.checkpoints.presets import LABELS_FILE, preset_config
from kerasnlp_tutorial.checkpoints.weights import read_tensors
from kerasnlp_tutorial.datasets.source import cache_dir
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import (
    BertQuestionAnswering,
    BertQuestionAnsweringPreprocessor,
    BertTokenClassifier,
    BertTokenClassifierPreprocessor,
    FlexibleBertBackbone,
    FlexibleBertMaskedLM,
)
from kerasnlp_tutorial.runs import write_json

logger = logging.getLogger(__name__)

# Names of the same function: BERT's exact one, and GPT-2's approximation.
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_new",
    "gelu_pytorch_tanh": "gelu_new",
    "gelu_fast": "gelu_new",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}
_LONGEST = 512  # of a text, where a head's preprocessor needs a length
_PREFIXES = ("bert.", "transformer.")


def converted(folder: Path) -> Path:
    """Return a KerasNLP preset with the content of a Hugging Face folder.

    It is made once and kept in the user's cache.

    Args:
        folder: a BERT or a GPT-2 with `config.json`, weights and tokenizer.

    Raises:
        InputError: the model is of another kind, or a file is missing or damaged.
    """
    preset = cache_dir() / "checkpoints" / f"{folder.resolve().name}-{_digest(folder)}"
    if preset.is_dir():
        return preset
    logger.info("converting %s, once", folder)
    preset.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=preset.parent) as partial:
        convert(folder, Path(partial) / "whole")
        try:
            (Path(partial) / "whole").rename(preset)
        except OSError:
            if not preset.is_dir():  # else another process was as quick
                raise
    return preset


def convert(folder: Path, preset: Path) -> None:
    """Write a Hugging Face folder as a KerasNLP preset.

    Args:
        folder: as in `converted`.
        preset: folder to write.
    """
    config = preset_config(str(folder), "config.json")
    kind = config.get("model_type")
    if kind not in ("bert", "gpt2"):
        raise InputError(
            f"{folder / 'config.json'}: model_type must be 'bert' or 'gpt2'; "
            f"received {kind!r}"
        )
    read = _Bert if kind == "bert" else _GPT2
    read(folder, config).save(preset)


class _Checkpoint:
    """What both kinds share: the tensors, checked one by one."""

    def __init__(self, folder: Path, config: Mapping[str, Any]):
        self.folder = folder
        self.config = config
        self.tensors = {
            _plain(name): tensor for name, tensor in read_tensors(folder).items()
        }

    def field(self, name: str, default: Any = None) -> Any:
        value = self.config.get(name, default)
        if value is None:
            raise InputError(f"{self.folder / 'config.json'} lacks {name!r}")
        return value

    def fill(self, entries: Iterable[tensors.Entry]) -> None:
        for entry in entries:
            tensor = self.tensors.get(entry.tensor)
            if tensor is None:
                raise InputError(f"{self.folder} lacks tensor {entry.tensor!r}")
            if tensor.shape != entry.shape:
                raise InputError(
                    f"{self.folder}: tensor {entry.tensor!r} must have shape "
                    f"{entry.shape}, as config.json says; it has {tensor.shape}"
                )
            if not np.isfinite(tensor).all():
                raise InputError(
                    f"{self.folder}: tensor {entry.tensor!r} holds values that are "
                    f"not finite"
                )
            entry.variable.assign(entry.to_keras(tensor))

    @property
    def labels(self) -> tuple[str, ...]:
        count = len(self.tensors["classifier.weight"])
        named = self.config.get("id2label") or {i: f"LABEL_{i}" for i in range(count)}
        return tuple(named[id] for id in sorted(named, key=int))


class _Bert(_Checkpoint):
    def save(self, preset: Path) -> None:
        backbone = self.backbone()
        tokenizer = read_tokenizer(self.folder, self.config)
        self.fill(tensors.bert(backbone))
        if "pooler.dense.weight" in self.tensors:
            self.fill(tensors.pooler(backbone))
        else:
            logger.info("%s has no pooler; it begins with random weights", self.folder)
        task, labels = self.task(backbone, tokenizer)
        if task is None:
            backbone.save_to_preset(str(preset))
            tokenizer.save_to_preset(str(preset))
        else:
            task.save_to_preset(str(preset))
        if labels:
            write_json(preset / LABELS_FILE, labels)

    def backbone(self) -> FlexibleBertBackbone:
        activation = self.field("hidden_act", "gelu")
        if activation not in _ACTIVATIONS:
            raise InputError(
                f"{self.folder / 'config.json'}: hidden_act must be one of "
                f"{', '.join(_ACTIVATIONS)}; received {activation!r}"
            )
        kind = self.config.get("position_embedding_type", "absolute")
        if kind != "absolute":
            raise InputError(
                f"{self.folder / 'config.json'}: position_embedding_type must be "
                f"'absolute'; received {kind!r}"
            )
        return FlexibleBertBackbone(
            activation=_ACTIVATIONS[activation],
            layer_norm_epsilon=self.field("layer_norm_eps", 1e-12),
            vocabulary_size=self.field("vocab_size"),
            num_layers=self.field("num_hidden_layers"),
            num_heads=self.field("num_attention_heads"),
            hidden_dim=self.field("hidden_size"),
            intermediate_dim=self.field("intermediate_size"),
            dropout=self.field("hidden_dropout_prob", 0.1),
            max_sequence_length=self.field("max_position_embeddings", 512),
            num_segments=self.field("type_vocab_size", 2),
        )

    def task(self, backbone, tokenizer):
        """Return the task that the checkpoint has a head for, and its labels."""
        length = min(backbone.max_sequence_length, _LONGEST)
        if "classifier.weight" in self.tensors:
            if self._classifies_tokens():
                return self._token_classifier(backbone, tokenizer, length)
            preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(
                tokenizer, sequence_length=length
            )
            task = keras_nlp.models.BertTextClassifier(
                backbone, len(self.labels), preprocessor=preprocessor
            )
            self.fill(tensors.linear_head(task, "classifier"))
            return task, self.labels
        if "qa_outputs.weight" in self.tensors:
            query = min(64, length // 4)
            preprocessor = BertQuestionAnsweringPreprocessor(
                tokenizer,
                sequence_length=length,
                doc_stride=min(128, length - 3 - query),
                max_query_length=query,
                mark_matches=self.config.get("mark_matches", False),  # as exported
            )
            task = BertQuestionAnswering(backbone, preprocessor)
            self.fill(tensors.linear_head(task, "qa_outputs"))
            return task, ()
        if "cls.predictions.transform.dense.weight" in self.tensors:
            if self._output_is_embedding():
                return self._masked_lm(backbone, tokenizer, length), ()
            logger.warning(
                "%s fills gaps with a kernel of its own, where BERT's is the word "
                "embedding; that head is left out",
                self.folder,
            )
        return None, ()

    def _classifies_tokens(self) -> bool:
        names = self.config.get("architectures") or []
        if names:
            return names[0].endswith("TokenClassification")
        # Of the two that call their head `classifier`, one alone has a pooler.
        return "pooler.dense.weight" not in self.tensors

    def _token_classifier(self, backbone, tokenizer, length):
        types = list(
            dict.fromkeys(
                label[2:] for label in self.labels if label[:2] in ("B-", "I-")
            )
        )
        preprocessor = BertTokenClassifierPreprocessor(tokenizer, types, length)
        tags = preprocessor.tags
        if set(tags) != set(self.labels):
            raise InputError(
                f"{self.folder / 'config.json'}: id2label of a token classifier must "
                f"hold O, and B- and I- of each type; received "
                f"{', '.join(self.labels[:12])}"
            )
        task = BertTokenClassifier(backbone, len(tags), preprocessor)
        order = [self.labels.index(tag) for tag in tags]
        for name in ("classifier.weight", "classifier.bias"):
            if len(self.tensors.get(name, ())) == len(order):
                self.tensors[name] = self.tensors[name][order]
        self.fill(tensors.linear_head(task, "classifier"))
        return task, tuple(types)

    def _output_is_embedding(self) -> bool:
        kernel = self.tensors.get("cls.predictions.decoder.weight")
        words = self.tensors["embeddings.word_embeddings.weight"]
        return kernel is None or np.array_equal(kernel, words)

    def _masked_lm(self, backbone, tokenizer, length):
        preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
            tokenizer, sequence_length=length
        )
        task = FlexibleBertMaskedLM(backbone, preprocessor)
        bias = self.tensors.get("cls.predictions.decoder.bias")
        if bias is not None:
            self.tensors.setdefault("cls.predictions.bias", bias)
        self.fill(tensors.masked_lm(task))
        return task


class _GPT2(_Checkpoint):
    def save(self, preset: Path) -> None:
        self._check()
        backbone = keras_nlp.models.GPT2Backbone(
            vocabulary_size=self.field("vocab_size"),
            num_layers=self.field("n_layer"),
            num_heads=self.field("n_head"),
            hidden_dim=self.field("n_embd"),
            intermediate_dim=self.config.get("n_inner") or 4 * self.field("n_embd"),
            dropout=self.field("resid_pdrop", 0.1),
            max_sequence_length=self.field("n_positions", 1024),
        )
        self.fill(tensors.gpt2(backbone))
        preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
            read_tokenizer(self.folder, self.config),
            sequence_length=backbone.max_sequence_length,
        )
        keras_nlp.models.GPT2CausalLM(backbone, preprocessor).save_to_preset(
            str(preset)
        )

    def _check(self) -> None:
        """Refuse what `GPT2Backbone` would compute otherwise."""
        activation = self.config.get("activation_function", "gelu_new")
        fields = {
            "activation_function": (_ACTIVATIONS.get(activation), "gelu_new"),
            "layer_norm_epsilon": (self.config.get("layer_norm_epsilon", 1e-5), 1e-5),
            "scale_attn_weights": (self.config.get("scale_attn_weights", True), True),
            "scale_attn_by_inverse_layer_idx": (
                self.config.get("scale_attn_by_inverse_layer_idx", False),
                False,
            ),
            "tie_word_embeddings": (self.config.get("tie_word_embeddings", True), True),
        }
        for name, (value, expected) in fields.items():
            if value != expected:
                raise InputError(
                    f"{self.folder / 'config.json'}: {name} must be {expected!r} for a "
                    f"GPT-2; received {self.config[name]!r}"
                )


def _plain(name: str) -> str:
    """Return a tensor's name as newer checkpoints have it, without a prefix."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name.endswith((".gamma", ".beta")):
        name = name.replace(".gamma", ".weight").replace(".beta", ".bias")
    return name


def _digest(folder: Path) -> str:
    """Tell a folder's content from another's, by sizes and times of its files."""
    parts = [kerasnlp_tutorial.__version__, keras.__version__, keras_nlp.__version__]
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".txt", ".safetensors", ".bin"):
            stat = path.stat()
            parts += [path.name, str(stat.st_size), str(stat.st_mtime_ns)]
    parts.append(str(folder.resolve()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
