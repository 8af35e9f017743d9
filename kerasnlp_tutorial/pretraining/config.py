"""Settings of pretraining."""

import dataclasses

from kerasnlp_tutorial.config import Settings

PRESET_SIZES = {
    "mini": {"num_layers": 4, "num_heads": 4, "hidden_dim": 256},
    "small": {"num_layers": 6, "num_heads": 6, "hidden_dim": 384},
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainingConfig(Settings):
    """Settings of an upstream training.

    Raises:
        InputError: a value that cannot work.
    """

    architecture: str
    """`bert`: masked language model; `gpt2`: causal language model."""
    text: tuple[str, ...]
    """UTF-8 text files, a text a line; `.xz`, `.gz` and `.bz2` are decompressed."""
    initial: str | None = None
    """Preset to go on from, by name or folder; None: random weights. Its weights, its
    head and its vocabulary are used, with a fresh optimizer: continued, or
    domain-adaptive, pretraining
    ([Gururangan et al., 2020](https://arxiv.org/abs/2004.10964))."""
    preset_config: str | None = None
    """Size of the backbone: `mini` (4 x 256) or `small` (6 x 384); None: that of
    `initial`, or `mini`."""
    vocabulary: str | None = None
    """Folder with a vocabulary; None: one is learnt from the texts."""
    vocabulary_size: int = 10_000
    """Tokens of the vocabulary that is learnt."""
    sequence_length: int = 128
    """Tokens of a training sequence, and places of the position table; at most as many
    as `initial` has."""
    short_steps: int = 0
    """Steps at the beginning with sequences of `short_length`; a masked language model
    finds out sooner that neighbours matter."""
    short_length: int = 32
    """Tokens of those sequences; must divide `sequence_length`."""
    held_out: float = 0.02
    """Share of the texts that is not learnt from, but measured on."""

    masked_share: float = 0.2
    """Share of the tokens that a masked language model has to guess."""
    whole_words: bool = False
    """Mask all tokens of a word or none."""

    batch_size: int = 32
    """Sequences of one step."""
    learning_rate: float = 1e-3
    """Peak of the learning rate."""
    warmup_ratio: float = 0.02
    """Share of the training in which the learning rate rises."""
    decay_ratio: float = 0.2
    """Share of the training, at its end, in which it falls; it is held in between."""
    weight_decay: float = 0.01
    """Decoupled weight decay of AdamW."""
    precision: str = "auto"
    """As in `TrainingConfig`."""
    seed: int = 7
    """Of initial weights, masks and order."""

    steps: int | None = None
    """Steps in all; None: as many as `max_minutes` allows."""
    max_minutes: float | None = None
    """Minutes of training in all, those before a resumption included."""
    checkpoint_minutes: float = 5.0
    """Minutes between checkpoints: what a killed training loses at most."""
    measure_every: int = 500
    """Steps between measurements on the texts held out."""

    half_precision: bool = False
    """Store matrices as float16, half as large; they are loaded as float32."""
    output: str | None = None
    """Directory to write; None: `runs/pretrain-<architecture>-<next number>`."""
    overwrite: bool = False
    """Replace `output` if it exists."""
    resume: bool = False
    """Continue the unfinished training of `output`, with the settings it began with."""

    def __post_init__(self):
        object.__setattr__(self, "text", tuple(self.text))
        self._require(
            "architecture", self.architecture in ("bert", "gpt2"), "bert or gpt2"
        )
        sizes = " or ".join(PRESET_SIZES)
        known = self.preset_config in (None, *PRESET_SIZES)
        self._require("preset_config", known, sizes)
        alone = self.initial is None or self.vocabulary is None
        self._require("vocabulary", alone, "left out: `initial` brings its own")
        self._require(
            "vocabulary_size", 300 <= self.vocabulary_size < 2**16, "300 to 65535"
        )
        self._require("sequence_length", self.sequence_length >= 8, "8 or more")
        self._check_optimization()
        # Every n-th text is held out, at most every second.
        few = 0 < self.held_out <= 0.5
        self._require("held_out", few, "above 0, at most 0.5")
        self._require("masked_share", 0 < self.masked_share < 1, "between 0 and 1")
        self._require("decay_ratio", 0 < self.decay_ratio <= 1, "above 0, at most 1")
        for name in ("measure_every", "checkpoint_minutes"):
            self._require(name, getattr(self, name) > 0, "above 0")
        self._require("short_steps", self.short_steps >= 0, "0 or more")
        for name in ("short_steps", "masked_share", "whole_words"):
            unset = getattr(self, name) == getattr(PretrainingConfig, name)
            self._require(name, self.architecture != "gpt2" or unset, "unset for gpt2")
        divides = self.short_length > 0 and not self.sequence_length % self.short_length
        expected = f"a divisor of sequence_length={self.sequence_length}"
        self._require("short_length", not self.short_steps or divides, expected)
        self._require("steps", self.steps is None or self.steps > 0, "above 0")
        if not self.resume:
            given = self.steps is not None or self.max_minutes is not None
            self._require("max_minutes", given, "given, or steps")
            self._require("text", bool(self.text), "one file or more")
