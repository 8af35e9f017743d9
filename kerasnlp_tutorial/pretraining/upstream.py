"""What BERT and GPT-2 are made of before an upstream training, and what they learn."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import keras
import keras_nlp
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.checkpoints import (
    load_causal_lm,
    load_masked_lm,
    preset_folder,
)
from kerasnlp_tutorial.checkpoints.presets import check_class
from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining.batches import (
    CausalLanguageModel,
    MaskedLanguageModel,
)
from kerasnlp_tutorial.pretraining.config import PRESET_SIZES, PretrainingConfig
from kerasnlp_tutorial.pretraining.tokens import MOST_TOKENS
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    encode_texts,
    save_wordpiece,
    train_wordpiece,
)

logger = logging.getLogger(__name__)


class _Upstream:
    """A preset to go on from, or what a new model needs; a subclass for each kind."""

    load: Callable[[str], keras_nlp.models.Task]
    backbone_class: type

    def __init__(self, config: PretrainingConfig, folder: Path):
        self.config = config
        self.initial = _initial(config, self.load, self.backbone_class)
        if self.initial:
            self.tokenizer = self.initial.preprocessor.tokenizer
        else:
            self.tokenizer = self._new_tokenizer(folder / "vocabulary")
        _check_size(self.tokenizer)

    def _new_backbone(self) -> keras_nlp.models.Backbone:
        config = self.config
        keras.utils.set_random_seed(config.seed)
        size = PRESET_SIZES[config.preset_config or "mini"]
        return self.backbone_class(
            vocabulary_size=self.tokenizer.vocabulary_size(),
            intermediate_dim=4 * size["hidden_dim"],
            dropout=0.0,
            max_sequence_length=config.sequence_length,
            **size,
        )


class BertUpstream(_Upstream):
    """A masked language model."""

    load = staticmethod(load_masked_lm)
    backbone_class = keras_nlp.models.BertBackbone

    def __init__(self, config: PretrainingConfig, folder: Path):
        super().__init__(config, folder)
        self.length = config.sequence_length
        vocabulary = self.tokenizer.get_vocabulary()
        self.objective = MaskedLanguageModel(
            vocabulary, config.masked_share, config.whole_words, config.seed
        )
        self.encode = self.tokenizer
        if isinstance(self.tokenizer, KoreanBertTokenizer):
            # The same ids, from all cores; TensorFlow's kernel uses one.
            ids = {token: id for id, token in enumerate(vocabulary)}
            fast = BertWordPieceTokenizer(ids, lowercase=False, strip_accents=False)
            self.encode = lambda texts: [
                row.ids for row in fast.encode_batch(texts, add_special_tokens=False)
            ]
        self.end_token_id = self.tokenizer.sep_token_id

    def _new_tokenizer(self, folder: Path) -> KoreanBertTokenizer:
        config = self.config
        if not folder.is_dir():
            if config.vocabulary:
                path = Path(config.vocabulary) / "vocab.txt"
                with _usable(config.vocabulary):
                    vocabulary = KoreanBertTokenizer(str(path)).get_vocabulary()
            else:
                logger.info(
                    "learning a vocabulary of %d tokens", config.vocabulary_size
                )
                vocabulary = train_wordpiece(
                    TextLines(config.text), config.vocabulary_size
                )
            with _whole(folder) as part:
                save_wordpiece(vocabulary, part)
        return KoreanBertTokenizer(str(folder / "vocab.txt"))

    def model(self) -> keras_nlp.models.BertMaskedLM:
        model = self.initial or self._new_model()
        model.backbone.pooled_dense.trainable = False  # not used by this objective
        return model

    def _new_model(self) -> keras_nlp.models.BertMaskedLM:
        backbone = self._new_backbone()
        preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
            self.tokenizer,
            sequence_length=self.length,
            mask_selection_rate=self.config.masked_share,
            mask_selection_length=round(self.config.masked_share * self.length),
        )
        return keras_nlp.models.BertMaskedLM(backbone, preprocessor)


class GPT2Upstream(_Upstream):
    """A causal language model."""

    load = staticmethod(load_causal_lm)
    backbone_class = keras_nlp.models.GPT2Backbone

    def __init__(self, config: PretrainingConfig, folder: Path):
        super().__init__(config, folder)
        self.length = config.sequence_length + 1  # the last token is only asked for
        self.objective = CausalLanguageModel()
        self.encode = partial(encode_texts, self.tokenizer)
        self.end_token_id = self.tokenizer.end_token_id

    def _new_tokenizer(self, folder: Path) -> keras_nlp.tokenizers.GPT2Tokenizer:
        config = self.config
        if not folder.is_dir():
            if config.vocabulary:
                with _usable(config.vocabulary):
                    bpe = ByteLevelBPE.load(config.vocabulary)
                    keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
            else:
                logger.info(
                    "learning a vocabulary of %d tokens", config.vocabulary_size
                )
                bpe = ByteLevelBPE.train(TextLines(config.text), config.vocabulary_size)
            with _whole(folder) as part:
                bpe.save(part)
        bpe = ByteLevelBPE.load(folder)
        return keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)

    def model(self) -> keras_nlp.models.GPT2CausalLM:
        if self.initial:
            return self.initial
        backbone = self._new_backbone()
        preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
            self.tokenizer, sequence_length=self.config.sequence_length
        )
        return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder its name when all is in it, so that no kill leaves a part."""
    part = folder.with_suffix(".part")
    yield part
    part.rename(folder)


@contextlib.contextmanager
def _usable(vocabulary: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # no file, no special token
        raise InputError(f"vocabulary {vocabulary!r} cannot be used: {error}") from None


def _check_size(tokenizer: keras_nlp.tokenizers.Tokenizer) -> None:
    size = tokenizer.vocabulary_size()
    if size > MOST_TOKENS:
        raise InputError(
            f"a vocabulary must have at most {MOST_TOKENS} tokens; received {size}"
        )


def _initial(
    config: PretrainingConfig,
    load: Callable[[str], keras_nlp.models.Task],
    backbone_class: type,
) -> keras_nlp.models.Task | None:
    """Return the preset to go on from, in float32 and without dropout."""
    if config.initial is None:
        return None
    check_class(preset_folder(config.initial), config.initial, backbone_class)
    preset = load(config.initial)
    backbone = preset.backbone
    size = PRESET_SIZES.get(config.preset_config, {})
    found = {name: getattr(backbone, name) for name in size}
    if found != size:
        raise InputError(
            f"preset_config must be left out, or the size of {config.initial!r}; "
            f"received {config.preset_config!r}, {size}, and it has {found}"
        )
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"initial {config.initial!r}; received {config.sequence_length}"
        )
    settings = backbone.get_config() | {"dropout": 0.0, "dtype": "float32"}
    task = type(preset)(type(backbone).from_config(settings), preset.preprocessor)
    task.set_weights(preset.get_weights())
    return task
