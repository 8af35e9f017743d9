"""Conversion of Hugging Face checkpoints to KerasNLP presets."""

import contextlib
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import keras_nlp
import numpy as np

import kerasnlp_tutorial
from kerasnlp_tutorial.checkpoints import tensor_names
from kerasnlp_tutorial.checkpoints.hugging_face_checkpoint import HuggingFaceCheckpoint
from kerasnlp_tutorial.checkpoints.preset_files import LABELS_FILE, preset_config
from kerasnlp_tutorial.checkpoints.tensor_files import StoredTensor
from kerasnlp_tutorial.checkpoints.tokenizer_files import read_tokenizer
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import (
    cache_dir,
    check_space,
    locked,
    write_json,
    writing,
    written_whole,
)
from kerasnlp_tutorial.memory import check_room, transformer_weights
from kerasnlp_tutorial.models import (
    BertPairClassifierPreprocessor,
    BertQuestionAnswering,
    BertQuestionAnsweringPreprocessor,
    BertTokenClassifier,
    BertTokenClassifierPreprocessor,
    FlexibleBertBackbone,
    FlexibleBertMaskedLM,
)
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, KoreanBertTokenizer

logger = logging.getLogger(__name__)

_Tokenizer = KoreanBertTokenizer | HuggingFaceTokenizer

# Hugging Face's name to that of Keras. Several names mean GPT-2's approximate GELU.
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_new",
    "gelu_pytorch_tanh": "gelu_new",
    "gelu_fast": "gelu_new",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}
_VOCABULARY_BYTES = 2**23
_MAX_SEQUENCE_LENGTH = 512  # of preprocessors


def converted(folder: Path) -> Path:
    """Convert a Hugging Face checkpoint once, and return the cached preset.

    Args:
        folder: folder with `config.json`, weights and tokenizer of a BERT or a GPT-2.

    Raises:
        InputError: the model is of another type, or a file is missing or damaged.
    """
    preset = cache_dir() / "checkpoints" / f"{folder.resolve().name}-{_digest(folder)}"
    if preset.is_dir():
        return preset
    logger.info("converting %s, once", folder)
    with contextlib.ExitStack() as stack:
        with writing(preset):
            preset.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(preset.with_name(f".{preset.name}.lock")))
        if not preset.is_dir():  # else another process has converted it
            convert(folder, stack.enter_context(written_whole(preset)))
    return preset


def convert(folder: Path, preset: Path) -> None:
    """Convert a Hugging Face checkpoint to a KerasNLP preset.

    Args:
        folder: folder with `config.json`, weights and tokenizer of a BERT or a GPT-2.
        preset: folder to write.

    Raises:
        InputError: the model is of another type, or a file is missing or damaged.
    """
    config = preset_config(str(folder), "config.json")
    kind = config.get("model_type")
    if kind not in ("bert", "gpt2"):
        raise InputError(
            f"{folder / 'config.json'}: model_type must be 'bert' or 'gpt2'; "
            f"received {kind!r}"
        )
    checkpoint_class = _Bert if kind == "bert" else _GPT2
    checkpoint_class(folder, config).save(preset)


class _Bert(HuggingFaceCheckpoint):
    def save(self, preset: Path) -> None:
        self.count("vocab_size")  # checked first: the tokenizer is compared with it
        tokenizer = read_tokenizer(self.folder, self.config)
        backbone = self.backbone()
        self.fill(tensor_names.bert(backbone))
        if "pooler.dense.weight" in self.tensors:
            self.fill(tensor_names.pooler(backbone))
        else:
            logger.info("%s has no pooler; its weights are random", self.folder)
        task, labels = self.task(backbone, tokenizer)
        _save((backbone, tokenizer) if task is None else (task,), preset)
        if labels:
            with writing(preset):
                write_json(preset / LABELS_FILE, labels)

    def backbone(self) -> FlexibleBertBackbone:
        activation = self.choice("hidden_act", "gelu", _ACTIVATIONS)
        kind = self.config.get("position_embedding_type", "absolute")
        if kind != "absolute":
            self.refuse("position_embedding_type", "'absolute'")
        hidden = self.count("hidden_size")
        sizes = {
            "vocabulary_size": self.count("vocab_size"),
            "num_layers": self.count("num_hidden_layers"),
            "hidden_dim": hidden,
            "intermediate_dim": self.count("intermediate_size"),
            "max_sequence_length": self.count("max_position_embeddings", 512),
        }
        segments = self.count("type_vocab_size", 2)
        heads = self.heads("num_attention_heads", hidden)
        # Check shapes before memory is allocated for the weights.
        embeddings = "embeddings.{}_embeddings.weight".format
        self.require(embeddings("word"), sizes["vocabulary_size"], hidden)
        self.require(embeddings("position"), sizes["max_sequence_length"], hidden)
        self.require(embeddings("token_type"), segments, hidden)
        for i in range(sizes["num_layers"]):
            prefix, inner = f"encoder.layer.{i}", sizes["intermediate_dim"]
            self.require(f"{prefix}.attention.self.query.weight", hidden, hidden)
            self.require(f"{prefix}.intermediate.dense.weight", inner, hidden)
        check_room(transformer_weights(**sizes), 1, str(self.folder))
        return FlexibleBertBackbone(
            activation=_ACTIVATIONS[activation],
            layer_norm_epsilon=self.fraction("layer_norm_eps", 1e-12),
            num_heads=heads,
            dropout=self.fraction("hidden_dropout_prob", 0.1),
            num_segments=segments,
            **sizes,
        )

    def task(
        self, backbone: FlexibleBertBackbone, tokenizer: _Tokenizer
    ) -> tuple[keras_nlp.models.Task | None, tuple[str, ...]]:
        """Return the task of the checkpoint's head, if it has one, and its labels."""
        length = min(backbone.max_sequence_length, _MAX_SEQUENCE_LENGTH)
        if "classifier.weight" in self.tensors:
            if self._classifies_tokens():
                return self._token_classifier(backbone, tokenizer, length)
            make = keras_nlp.models.BertTextClassifierPreprocessor
            if self._marks_matches():
                make = BertPairClassifierPreprocessor
            preprocessor = make(tokenizer, sequence_length=length)
            task = keras_nlp.models.BertTextClassifier(
                backbone, len(self.labels), preprocessor=preprocessor
            )
            self.fill(tensor_names.linear_head(task, "classifier"))
            return task, self.labels
        if "qa_outputs.weight" in self.tensors:
            query = min(64, length // 4)
            preprocessor = BertQuestionAnsweringPreprocessor(
                tokenizer,
                sequence_length=length,
                doc_stride=min(128, length - 3 - query),
                max_query_length=query,
                mark_matches=self._marks_matches(),
            )
            task = BertQuestionAnswering(backbone, preprocessor)
            self.fill(tensor_names.linear_head(task, "qa_outputs"))
            return task, ()
        if "cls.predictions.transform.dense.weight" in self.tensors:
            if self._output_is_embedding():
                return self._masked_lm(backbone, tokenizer, length), ()
            logger.warning(
                "the masked language model head of %s is not tied to the word "
                "embedding, as it is in BERT; the head is left out",
                self.folder,
            )
        return None, ()

    def _marks_matches(self) -> bool:
        marks = self.field("mark_matches", False, bool)  # of our exports
        if marks and self.count("type_vocab_size", 2) < 3:
            self.refuse("type_vocab_size", "at least 3 with mark_matches")
        return marks

    def _classifies_tokens(self) -> bool:
        names = self.config.get("architectures") or []
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            self.refuse("architectures", "a list of strings")
        if names:
            return names[0].endswith("TokenClassification")
        # Only text classifiers have a pooler; both call their head `classifier`.
        return "pooler.dense.weight" not in self.tensors

    def _token_classifier(
        self, backbone: FlexibleBertBackbone, tokenizer: _Tokenizer, length: int
    ) -> tuple[BertTokenClassifier, tuple[str, ...]]:
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
                f"have O, and B- and I- for each type; received "
                f"{', '.join(self.labels[:12])}"
            )
        task = BertTokenClassifier(backbone, len(tags), preprocessor)
        order = [self.labels.index(tag) for tag in tags]
        for name in ("classifier.weight", "classifier.bias"):
            if name in self.tensors:
                self.tensors[name] = _reordered(self.tensors[name], order)
        self.fill(tensor_names.linear_head(task, "classifier"))
        return task, tuple(types)

    def _output_is_embedding(self) -> bool:
        kernel = self.tensors.get("cls.predictions.decoder.weight")
        words = self.tensors["embeddings.word_embeddings.weight"]
        return kernel is None or (
            kernel.shape == words.shape and np.array_equal(kernel.read(), words.read())
        )

    def _masked_lm(
        self, backbone: FlexibleBertBackbone, tokenizer: _Tokenizer, length: int
    ) -> FlexibleBertMaskedLM:
        preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
            tokenizer, sequence_length=length
        )
        task = FlexibleBertMaskedLM(backbone, preprocessor)
        bias = self.tensors.get("cls.predictions.decoder.bias")
        if bias is not None:
            self.tensors.setdefault("cls.predictions.bias", bias)
        self.fill(tensor_names.masked_lm(task))
        return task


class _GPT2(HuggingFaceCheckpoint):
    def save(self, preset: Path) -> None:
        self._check()
        hidden = self.count("n_embd")
        inner = 4 * hidden
        if self.config.get("n_inner") is not None:
            inner = self.count("n_inner")
        sizes = {
            "vocabulary_size": self.count("vocab_size"),
            "num_layers": self.count("n_layer"),
            "hidden_dim": hidden,
            "intermediate_dim": inner,
            "max_sequence_length": self.count("n_positions", 1024),
        }
        heads = self.heads("n_head", hidden)
        self.require("wte.weight", sizes["vocabulary_size"], hidden)
        self.require("wpe.weight", sizes["max_sequence_length"], hidden)
        for i in range(sizes["num_layers"]):
            self.require(f"h.{i}.attn.c_attn.weight", hidden, 3 * hidden)
            self.require(f"h.{i}.mlp.c_fc.weight", hidden, inner)
        check_room(transformer_weights(**sizes), 1, str(self.folder))
        backbone = keras_nlp.models.GPT2Backbone(
            num_heads=heads, dropout=self.fraction("resid_pdrop", 0.1), **sizes
        )
        self.fill(tensor_names.gpt2(backbone))
        preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
            read_tokenizer(self.folder, self.config),
            sequence_length=backbone.max_sequence_length,
        )
        _save((keras_nlp.models.GPT2CausalLM(backbone, preprocessor),), preset)

    def _check(self) -> None:
        """Check for settings that `GPT2Backbone` does not support."""
        activation = self.choice("activation_function", "gelu_new", _ACTIVATIONS)
        fields = {
            "activation_function": (_ACTIVATIONS[activation], "gelu_new"),
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


def _save(parts: Sequence[Any], preset: Path) -> None:
    """Write a task, or a backbone and its tokenizer."""
    weights = parts[0].count_params()
    with writing(preset):
        # Weights are saved at most twice: of the backbone, and of the task.
        check_space(preset.parent, 2 * 4 * weights + _VOCABULARY_BYTES)
        for part in parts:
            part.save_to_preset(str(preset))


def _reordered(tensor: StoredTensor, order: list[int]) -> StoredTensor:
    """Return a tensor with rows in another order, unless it has the wrong shape."""
    if tensor.shape[:1] != (len(order),):
        return tensor
    return StoredTensor(tensor.shape, lambda: tensor.read()[order])


def _digest(folder: Path) -> str:
    """Return a hash of the folder's path, and of sizes and times of its files."""
    parts = [kerasnlp_tutorial.__version__, keras.__version__, keras_nlp.__version__]
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".txt", ".safetensors", ".bin"):
            stat = path.stat()
            parts += [path.name, str(stat.st_size), str(stat.st_mtime_ns)]
    parts.append(str(folder.resolve()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
