"""Settings of pretraining."""

import dataclasses
import glob
import os

from kerasnlp_tutorial.config import OptimizationSettings
from kerasnlp_tutorial.datasets.text_files import is_url

PRESET_SIZES = {
    "mini": {"num_layers": 4, "num_heads": 4, "hidden_dim": 256},
    "small": {"num_layers": 6, "num_heads": 6, "hidden_dim": 384},
}

_BERT_ONLY = (
    "objective",
    "sentence_order",
    "short_steps",
    "masked_share",
    "whole_words",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainingConfig(OptimizationSettings):
    """Settings of an upstream training.

    Raises:
        InputError: a value that cannot work.
    """

    architecture: str
    """`bert`: masked language model; `gpt2`: causal language model."""
    text: tuple[str, ...]
    """UTF-8 text files, a text a line, by path, by pattern such as `texts/*.txt.xz` or
    by URL such as `gs://bucket/*.txt`; `.xz`, `.gz` and `.bz2` are decompressed."""
    initial: str | None = None
    """Preset to continue from, by name or folder; None: random weights. Weights, head
    and vocabulary of the preset are used, with a new optimizer: continued, or
    domain-adaptive, pretraining
    ([Gururangan et al., 2020](https://arxiv.org/abs/2004.10964)). With `vocabulary`,
    its embeddings are transferred to that vocabulary
    ([Gee et al., 2022](https://aclanthology.org/2022.emnlp-industry.41/))."""
    preset_config: str | None = None
    """Size of the backbone: `mini` (4 x 256) or `small` (6 x 384); None: that of
    `initial`, or `mini`."""
    num_layers: int | None = None
    """Number of transformer layers; None: that of `preset_config` or `initial`. With
    `initial`, it can be up to twice the number of layers of `initial`; additional
    layers start as copies
    ([Gong et al., 2019](https://proceedings.mlr.press/v97/gong19a.html))."""
    vocabulary: str | None = None
    """Folder with a vocabulary; None: that of `initial`, or one is trained on the
    texts."""
    vocabulary_size: int = 10_000
    """Number of tokens in a vocabulary that is trained on the texts."""
    allow_unknown: bool = False
    """Train even if more than half of the tokens are unknown to the tokenizer."""
    sequence_length: int = 128
    """Number of tokens in a training sequence and of position embeddings; at most that
    of `initial`."""
    short_steps: int = 0
    """Number of first steps with sequences of `short_length` tokens; a masked
    language model then learns earlier that neighboring tokens matter."""
    short_length: int = 32
    """Number of tokens in the sequences of the short steps; must divide
    `sequence_length`."""
    held_out: float = 0.02
    """Fraction of the texts that is held out to measure on."""
    tokens: str | None = None
    """Folder of token shards, written once and used again by any training with the same
    texts and vocabulary; None: inside the run, removed at its end."""

    objective: str = "masked"
    """Objective of a BERT: `masked`: predict masked tokens; `replaced`: detect tokens
    that were replaced by a small generator, which is trained with the BERT
    ([Clark et al., 2020](https://arxiv.org/abs/2003.10555)); `both`: one half of the
    selected tokens is masked and the other half is replaced."""
    sentence_order: bool = False
    """Train a BERT to classify pairs of segments, too: the second segment follows the
    first, precedes it, or is from another sequence
    ([Wang et al., 2019](https://arxiv.org/abs/1908.04577))."""
    masked_share: float = 0.2
    """Fraction of the tokens that a masked language model has to predict."""
    whole_words: bool = False
    """Mask all tokens of a word or none."""

    batch_size: int = 32
    """Number of sequences in a step."""
    learning_rate: float = 1e-3
    """Peak of the learning rate."""
    warmup_ratio: float = 0.02
    """Fraction of the training in which the learning rate rises."""
    decay_ratio: float = 0.2
    """Fraction of the training, at its end, in which the learning rate falls; it is
    constant in between."""
    weight_decay: float = 0.01
    """Decoupled weight decay of AdamW."""
    average: float = 0.0
    """Momentum of a moving average of the weights, such as 0.999, which is saved at the
    end instead of the last weights; 0: no average."""
    precision: str = "auto"
    """Precision of matrix products in training on a CPU: `float32`, or `auto` for
    bfloat16 on processors with instructions for it, which is faster."""
    fast: bool = True
    """Compute training steps on a CPU with fewer operations; losses stay the same."""
    seed: int = 7
    """Seed of initial weights, masks and order."""

    steps: int | None = None
    """Total number of steps; None: as many as `max_minutes` allows."""
    max_minutes: float | None = None
    """Total minutes of training, those before a resumption included."""
    checkpoint_minutes: float = 5.0
    """Minutes between checkpoints: the maximum that a killed training loses."""
    measure_every: int = 500
    """Number of steps between measurements on the held-out texts."""

    half_precision: bool = False
    """Store matrices as float16, half as large; they are loaded as float32."""
    output: str | None = None
    """Directory to write; None: `runs/pretrain-<architecture>-<next number>`."""
    overwrite: bool = False
    """Replace `output` if it exists."""
    resume: bool = False
    """Continue the unfinished training of `output`, with the settings it began with."""

    def __post_init__(self):
        if isinstance(self.text, list):  # as JSON has it
            self._set("text", tuple(self.text))
        self._check_types()
        paths = all(isinstance(path, str) and path for path in self.text)
        self._require("text", paths, "paths of files")
        self._set("text", tuple(map(_absolute, self.text)))
        local = self.tokens is None or not is_url(self.tokens)
        self._require("tokens", local, "a folder that is no URL")
        self._make_absolute("vocabulary", "tokens")
        self._make_preset_absolute("initial")
        self._require(
            "architecture", self.architecture in ("bert", "gpt2"), "bert or gpt2"
        )
        sizes = " or ".join(PRESET_SIZES)
        known = self.preset_config in (None, *PRESET_SIZES)
        self._require("preset_config", known, sizes)
        self._require(
            "vocabulary_size", 300 <= self.vocabulary_size < 2**16, "300 to 65535"
        )
        self._require_range("sequence_length", 8, 2**20)
        self._check_optimization()
        # Every n-th text is held out, at most every second.
        few = 0 < self.held_out <= 0.5
        self._require("held_out", few, "above 0, at most 0.5")
        self._require("masked_share", 0 < self.masked_share < 1, "between 0 and 1")
        self._require("decay_ratio", 0 < self.decay_ratio <= 1, "above 0, at most 1")
        for name in ("steps", "measure_every"):
            self._require_range(name, 1, 10**9)
        self._require_range("short_steps", 0, 10**9)
        within = self.checkpoint_minutes > 0
        self._require("checkpoint_minutes", within, "above 0")
        known = self.objective in ("masked", "replaced", "both")
        self._require("objective", known, "masked, replaced or both")
        self._require("average", 0 <= self.average < 1, "at least 0 and below 1")
        self._require_range("num_layers", 1, 1000)
        for name in _BERT_ONLY:
            unset = getattr(self, name) == getattr(PretrainingConfig, name)
            self._require(name, self.architecture != "gpt2" or unset, "unset for gpt2")
        others = self.batch_size > 1 or not self.sentence_order
        self._require("batch_size", others, "2 or more with sentence_order")
        self._require_range("short_length", 1, 2**20)
        divides = not self.sequence_length % self.short_length
        expected = f"a divisor of sequence_length={self.sequence_length}"
        self._require("short_length", not self.short_steps or divides, expected)
        if not self.resume:
            given = self.steps is not None or self.max_minutes is not None
            self._require("max_minutes", given, "given, or steps")
            self._require("text", bool(self.text), "one file or more")


def _absolute(text: str) -> str:
    """Return an absolute path or pattern of text files; a URL stays as it is."""
    if is_url(text):
        return text
    if os.path.exists(text) or not glob.has_magic(text):
        return os.path.abspath(text)
    return os.path.abspath(os.path.join(glob.escape(os.getcwd()), text))
