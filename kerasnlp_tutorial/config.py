"""The settings that the training chapters share, and how text becomes settings."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Self

from kerasnlp_tutorial.errors import InputError


class Settings:
    """Base of dataclasses that check their fields in `__post_init__`."""

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            received = getattr(self, name)
            raise InputError(f"{name} must be {expected}; received {received!r}")

    def _check_optimization(self) -> None:
        """Check the fields that every training has."""
        for name in ("batch_size", "learning_rate"):
            self._require(name, getattr(self, name) > 0, "above 0")
        self._require("weight_decay", self.weight_decay >= 0, "0 or more")
        self._require("warmup_ratio", 0 < self.warmup_ratio < 1, "between 0 and 1")
        within = self.max_minutes is None or self.max_minutes > 0
        self._require("max_minutes", within, "above 0")
        expected = "'auto' or 'float32'"
        self._require("precision", self.precision in ("auto", "float32"), expected)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(Settings):
    """Settings of any fine-tuning; each chapter's `Config` adds its own.

    Raises:
        InputError: a value that cannot work; the message names the field, the
            value received and what would be right.
    """

    dataset: str = "sample"
    """Corpus: `sample` (inside the package) or a published one, by name."""
    data_dir: str | None = None
    """Folder with the corpus's files; None: the cache, or a download to it."""
    train_file: str | None = None
    """File of your own, instead of `dataset`."""
    test_file: str | None = None
    """Its test set; None: a part of `train_file` is held out."""
    max_train_examples: int | None = None
    """Train on that many examples, chosen at random; None: on all."""
    validation_ratio: float = 0.1
    """Share of the training examples that is held out to choose the best epoch."""

    backbone: str = "bert_mini_ko"
    """A preset of the package by name, the folder of a KerasNLP preset or of a Hugging
    Face checkpoint, one of the hub (`hf://owner/name`, `kcbert-base`,
    `klue-bert-base`), or `scratch`: random weights."""
    vocabulary_size: int = 8000
    """Tokens of the vocabulary; this field and the next four are for `scratch`."""
    num_layers: int = 4
    """Transformer layers."""
    num_heads: int = 4
    """Attention heads of each layer."""
    hidden_dim: int = 256
    """Width of a token's vector."""
    intermediate_dim: int = 1024
    """Width of the feed-forward layers."""
    sequence_length: int = 128
    """Most tokens of an input, special ones included; the rest is cut off."""
    dropout: float = 0.1
    """Share of the values dropped while training."""

    batch_size: int = 32
    """Examples of one step."""
    epochs: int | None = None
    """Passes over the training examples; None: chosen by their number."""
    learning_rate: float = 3e-4
    """Peak of the learning rate."""
    warmup_ratio: float = 0.1
    """Share of the training in which the learning rate rises."""
    weight_decay: float = 0.01
    """Decoupled weight decay of AdamW."""
    precision: str = "auto"
    """Of matrix products while training on a CPU: `float32`, or `auto` for bfloat16
    where the processor has instructions for it, which is faster."""
    max_minutes: float | None = None
    """Time for `model.fit`, in minutes; the schedule is shortened to fit."""
    seed: int = 7
    """Of initial weights, dropout, splits and order."""

    half_precision: bool = False
    """Store matrices as float16, half as large; they are loaded as float32."""
    output: str | None = None
    """Directory to write; None: `runs/<chapter>-<next number>`."""
    overwrite: bool = False
    """Replace `output` if it exists."""
    resume: bool = False
    """Continue the unfinished training of `output`, with the settings it began with."""

    def __post_init__(self):
        for name in ("num_layers", "num_heads", "hidden_dim", "intermediate_dim"):
            self._require(name, getattr(self, name) > 0, "above 0")
        self._check_optimization()
        for name in ("max_train_examples", "epochs"):
            value = getattr(self, name)
            self._require(name, value is None or value > 0, "above 0")
        within = 0 < self.validation_ratio < 1
        self._require("validation_ratio", within, "between 0 and 1")
        self._require("dropout", 0 <= self.dropout < 1, "at least 0 and below 1")
        self._require("sequence_length", self.sequence_length > 2, "above 2")
        # Five special tokens, and something for them to stand beside.
        self._require("vocabulary_size", self.vocabulary_size > 5, "above 5")
        multiple = f"a multiple of num_heads={self.num_heads}"
        self._require("hidden_dim", self.hidden_dim % self.num_heads == 0, multiple)

    def _choose_stride(self, name: str, room: int) -> None:
        """Fill in a stride that is None, for windows of that many tokens; check it."""
        if getattr(self, name) is None:
            stride = 64 if room >= 64 else max(room // 2, 1)
            object.__setattr__(self, name, stride)  # the rest is frozen
        expected = f"1 to {room}, what sequence_length leaves to the text"
        self._require(name, 0 < getattr(self, name) <= room, expected)

    @classmethod
    def quick(cls, **changes: Any) -> Self:
        """Return settings for a run of seconds, to see that everything works."""
        small = {
            "backbone": "scratch",
            "num_layers": 1,
            "num_heads": 2,
            "hidden_dim": 32,
            "intermediate_dim": 64,
            "vocabulary_size": 3000,
            "max_train_examples": 200,
            "epochs": 1,
        }
        return cls(**(small | changes))


# The fewer weights are learnt, the further each may go.
_LEARNING_RATES = {"full": 3e-4, "frozen": 2e-3, "lora": 2e-3, "prompt": 3e-2}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransferConfig(TrainingConfig):
    """Settings of a fine-tuning that can leave most of the backbone as it is."""

    learning_rate: float | None = None
    """Peak of the learning rate; None: what suits the method, 3e-4 for `full`."""
    method: str = "full"
    """What is learnt: `full`: all; `frozen`: the head; `lora`: the head, and matrices
    of low rank that are added to the attention's; `prompt`: vectors in front of the
    text, while the language model answers with words."""
    lora_rank: int = 8
    """Rank of these matrices; this and the following are for their method alone."""
    prompt_length: int = 20
    """Number of these vectors."""
    initial_prompt: str = "이 영화는 정말"
    """Words whose embeddings they are at first."""
    label_words: str | None = None
    """What the language model says for each class, as `class=word,class=word`; None:
    words of reviews for 긍정 and 부정, else the classes' names."""

    def __post_init__(self):
        expected = f"one of {', '.join(_LEARNING_RATES)}"
        self._require("method", self.method in _LEARNING_RATES, expected)
        if self.learning_rate is None:
            rate = _LEARNING_RATES[self.method]
            object.__setattr__(self, "learning_rate", rate)  # the rest is frozen
        super().__post_init__()
        for name in ("lora_rank", "prompt_length"):
            self._require(name, getattr(self, name) > 0, "above 0")
        self._require("initial_prompt", self.initial_prompt.strip() != "", "words")


def parse_label_words(text: str) -> dict[str, str]:
    """Return the word for each label of `"label=word,label=word"`.

    Raises:
        InputError: it is written otherwise.
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not all(equals and word.strip() for _, equals, word in pairs):
        raise InputError(f"label words are LABEL=WORD,LABEL=WORD; received {text!r}")
    return {label.strip(): word.strip() for label, _, word in pairs}


def parse_fields(config_class: type, texts: Mapping[str, str]) -> dict[str, Any]:
    """Turn `field=value` texts into values of the fields' types.

    Args:
        config_class: a dataclass.
        texts: field name to its value as text; `none` for None.

    Returns:
        The fields by name, for `config_class(**fields)` or `dataclasses.replace`.

    Raises:
        InputError: an unknown field, or a text that is no value of its type.
    """
    hints = typing.get_type_hints(config_class)
    values = {}
    for name, text in texts.items():
        if name not in hints:
            known = ", ".join(sorted(hints))
            raise InputError(f"there is no setting {name!r}; the settings are: {known}")
        values[name] = _parse(name, hints[name], text)
    return values


def _parse(name: str, hint: Any, text: str) -> Any:
    types_ = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in types_ and text.lower() == "none":
        return None
    kind = next(type_ for type_ in types_ if type_ is not type(None))
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (KeyError, ValueError):
        expected = "true or false" if kind is bool else f"of type {kind.__name__}"
        raise InputError(f"{name} must be {expected}; received {text!r}") from None
