"""The settings that the training chapters share."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.hangul import clean_label, compose
from kerasnlp_tutorial.settings import SEEDS, Settings

# Fields, of the shared settings or of a chapter, that name a file or a folder.
_PATHS = ("data_dir", "train_file", "test_file", "ids", "test_ids", "classifier")
# Fields that become a part of texts.
_TEXTS = ("initial_prompt", "separator")


class OptimizationSettings(Settings):
    """Base class of the settings of any training."""

    learning_rate: float
    batch_size: int
    weight_decay: float
    warmup_ratio: float
    max_minutes: float | None
    precision: str
    seed: int
    output: str | None

    def _check_optimization(self) -> None:
        within = 0 < self.learning_rate <= 100
        self._require("learning_rate", within, "above 0, at most 100")
        self._require_range("batch_size", 1, 2**16)
        self._require_range("weight_decay", 0, 100)
        self._require_range("seed", SEEDS[0], SEEDS[-1])
        self._check_output("output")
        self._require("warmup_ratio", 0 < self.warmup_ratio < 1, "between 0 and 1")
        within = self.max_minutes is None or self.max_minutes > 0
        self._require("max_minutes", within, "above 0")
        expected = "'auto' or 'float32'"
        self._require("precision", self.precision in ("auto", "float32"), expected)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(OptimizationSettings):
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
    """Test set for `train_file`; None: a part of `train_file` is held out. Equal texts
    stay together."""
    max_train_examples: int | None = None
    """Train on that many examples, chosen at random; None: on all."""
    validation_ratio: float = 0.1
    """Fraction of the training examples that is held out to choose the best epoch: by
    the score, among equal scores by the loss; by the loss alone if fewer than 100 are
    held out."""

    backbone: str = "bert_mini_ko"
    """Name of an embedded preset, folder of a KerasNLP preset or of a Hugging Face
    checkpoint, a checkpoint of the hub (`hf://owner/name`, `kcbert-base`,
    `klue-bert-base`), or `scratch` for random weights."""
    vocabulary_size: int = 8000
    """Number of tokens in the vocabulary; with backbone `scratch` only."""
    num_layers: int = 4
    """Number of transformer layers; with backbone `scratch` only."""
    num_heads: int = 4
    """Number of attention heads in each layer; with backbone `scratch` only."""
    hidden_dim: int = 256
    """Size of the hidden states; with backbone `scratch` only."""
    intermediate_dim: int = 1024
    """Size of the feed-forward layers; with backbone `scratch` only."""
    sequence_length: int = 128
    """Maximum number of tokens in an input, special tokens included; the rest is
    truncated."""
    allow_unknown: bool = False
    """Train even if more than half of the tokens are unknown to the tokenizer."""
    dropout: float = 0.1
    """Dropout rate."""

    batch_size: int = 32
    """Number of examples in a step."""
    epochs: int | None = None
    """Number of passes over the training examples; None: chosen by their number."""
    learning_rate: float = 3e-4
    """Peak of the learning rate."""
    warmup_ratio: float = 0.1
    """Fraction of the training in which the learning rate rises."""
    weight_decay: float = 0.01
    """Decoupled weight decay of AdamW."""
    precision: str = "auto"
    """Precision of matrix products in training on a CPU: `float32`, or `auto` for
    bfloat16 on processors with instructions for it, which is faster."""
    fast: bool = True
    """Compute training steps on a CPU with fewer operations; losses stay the same."""
    max_minutes: float | None = None
    """Maximum time of `model.fit` in minutes; the schedule is shortened to fit."""
    seed: int = 7
    """Seed of initial weights, dropout, splits and order."""

    half_precision: bool = False
    """Store matrices as float16, half as large; they are loaded as float32."""
    output: str | None = None
    """Directory to write; None: `runs/<chapter>-<next number>`."""
    overwrite: bool = False
    """Replace `output` if it exists."""
    resume: bool = False
    """Continue the unfinished training of `output`, with the settings it began with."""

    def __post_init__(self):
        self._check_types()
        self._compose(*(name for name in _TEXTS if hasattr(self, name)))
        self._make_absolute(*(name for name in _PATHS if hasattr(self, name)))
        self._make_preset_absolute("backbone")
        # Memory is checked later, when the size of the vocabulary is known.
        for name in ("hidden_dim", "intermediate_dim", "num_heads"):
            self._require_range(name, 1, 2**20)
        self._require_range("num_layers", 1, 1000)
        self._check_optimization()
        self._require_range("max_train_examples", 1, 2**62)
        self._require_range("epochs", 1, 100_000)
        within = 0 < self.validation_ratio < 1
        self._require("validation_ratio", within, "between 0 and 1")
        self._require("dropout", 0 <= self.dropout < 1, "at least 0 and below 1")
        self._require_length(8)
        # Five special tokens, and at least one other.
        self._require_range("vocabulary_size", 6, 1_000_000)
        multiple = f"a multiple of num_heads={self.num_heads}"
        self._require("hidden_dim", self.hidden_dim % self.num_heads == 0, multiple)

    def _require_length(self, minimum: int) -> None:
        """Check that there is room for a text beside the special tokens."""
        self._require_range("sequence_length", minimum, 2**20)

    def _choose_stride(self, name: str, room: int, usual: int = 64) -> None:
        """Replace a stride of None by `usual`, or half of windows of fewer tokens."""
        if getattr(self, name) is None:
            self._set(name, usual if room >= usual else max(room // 2, 1))
        expected = f"1 to {room}, what sequence_length leaves to the text"
        self._require(name, 0 < getattr(self, name) <= room, expected)

    @classmethod
    def quick(cls, **changes: Any) -> Self:
        """Return settings for a run of seconds, to see that everything works."""
        small: dict[str, Any] = {
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


# The fewer weights are trained, the larger their steps may be.
_LEARNING_RATES = {"full": 3e-4, "frozen": 2e-3, "lora": 2e-3, "prompt": 3e-2}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransferConfig(TrainingConfig):
    """Settings of a fine-tuning that can leave most of the backbone as it is."""

    learning_rate: float = None  # type: ignore[assignment]  # set in __post_init__
    """Peak of the learning rate; None: depends on `method`, 3e-4 for `full`."""
    method: str = "full"
    """Weights to train: `full`: all; `frozen`: head and pooler; `lora`: these, and
    low-rank matrices added to those of the attention; `prompt`: vectors in front of the
    text, with which the language model answers in words."""
    lora_rank: int = 8
    """Rank of the matrices of method `lora`."""
    prompt_length: int = 20
    """Number of vectors of method `prompt`."""
    initial_prompt: str = "이 영화는 정말"
    """Words whose embeddings initialize the vectors of method `prompt`."""
    label_words: str | None = None
    """Word that the language model answers for each class with method `prompt`, as
    `class=word,class=word`; None: words of reviews for 긍정 and 부정, the names of
    other classes."""

    def __post_init__(self):
        if self.learning_rate is None:
            self._set("learning_rate", _LEARNING_RATES.get(str(self.method), 3e-4))
        super().__post_init__()
        expected = f"one of {', '.join(_LEARNING_RATES)}"
        self._require("method", self.method in _LEARNING_RATES, expected)
        # All methods but `full` leave the backbone as it is, random weights too.
        if self.method != "full" and self.backbone == "scratch":
            raise InputError(
                f"method {self.method!r} needs a pretrained backbone, not 'scratch'"
            )
        for name in ("lora_rank", "prompt_length"):
            self._require_range(name, 1, 2**20)
        self._require("initial_prompt", self.initial_prompt.strip() != "", "words")
        if self.label_words is not None:
            self._require("label_words", self.method == "prompt", _FOR_PROMPTS)
            parse_label_words(self.label_words)


_FOR_PROMPTS = "left out: it is for method 'prompt'"


def parse_label_words(text: str) -> dict[str, str]:
    """Return the word for each label of `"label=word,label=word"`; none of `""`.

    Raises:
        InputError: it is written otherwise, or has a label twice.
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not all(label.strip() and word.strip() for label, _, word in pairs):
        raise InputError(f"expected LABEL=WORD,LABEL=WORD; received {text!r}")
    words = {clean_label(label): compose(word.strip()) for label, _, word in pairs}
    if len(words) < len(pairs):
        raise InputError(f"a label is given twice; received {text!r}")
    return words


def check_question(label_words: Mapping[str, str], template: str) -> None:
    """Check the question that a language model is asked.

    Args:
        label_words: word that stands for each label.
        template: text with the fields `{text}` and `{label}`.

    Raises:
        InputError: the template does not have one `{text}` before `{label}` at its
            end, or fewer than two labels have different words.
    """
    before, label, after = template.partition("{label}")
    if not label or after or before.count("{text}") != 1:
        raise InputError(
            f"template must have one {{text}} and end in {{label}}; received "
            f"{template!r}"
        )
    if len(set(label_words.values())) < max(len(label_words), 2):
        raise InputError(
            f"at least two labels with different words are needed; received "
            f"{dict(label_words)}"
        )
