"""What BERT and GPT-2 are made of before an upstream training, and what they learn."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import keras
import keras_nlp
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.checkpoints import load_causal_lm, load_masked_lm
from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import written_whole
from kerasnlp_tutorial.pretraining.bert_model import trained_model
from kerasnlp_tutorial.pretraining.config import PRESET_SIZES, PretrainingConfig
from kerasnlp_tutorial.pretraining.initial import load_initial, with_vocabulary
from kerasnlp_tutorial.pretraining.objectives import (
    CausalLanguageModel,
    MaskedLanguageModel,
    Objective,
    ReplacedTokens,
    SentenceOrder,
)
from kerasnlp_tutorial.pretraining.tokens import MOST_TOKENS
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    encode_texts,
    save_wordpiece,
    train_wordpiece,
)

logger = logging.getLogger(__name__)


class _Pretraining:
    """A preset to go on from, or what a new model needs; a subclass for each kind."""

    _new_tokenizer: Callable[[Path], keras_nlp.tokenizers.Tokenizer]
    _new_task: Callable[[keras_nlp.models.Backbone], keras_nlp.models.Task]
    load: Callable[[str], keras_nlp.models.Task]
    backbone_class: type
    untrained: tuple[str, ...] = ()
    """Names of files of the preset with untrained weights."""

    def __init__(self, config: PretrainingConfig, folder: Path):
        self.config = config
        self.initial = load_initial(config, self.load, self.backbone_class)
        if self.initial and not config.vocabulary:
            self.tokenizer = self.initial.preprocessor.tokenizer
        else:
            self.tokenizer = self._new_tokenizer(folder / "vocabulary")
        _check_size(self.tokenizer)
        if self.initial and config.vocabulary:
            self.initial = with_vocabulary(self.initial, self.tokenizer, self._new_task)

    def _new_backbone(self) -> keras_nlp.models.Backbone:
        config = self.config
        size = PRESET_SIZES[config.preset_config or "mini"]
        if config.num_layers:
            size = size | {"num_layers": config.num_layers}
        return self.backbone_class(
            vocabulary_size=self.tokenizer.vocabulary_size(),
            intermediate_dim=4 * size["hidden_dim"],
            dropout=0.0,
            max_sequence_length=config.sequence_length,
            **size,
        )

    def task(self) -> keras_nlp.models.Task:
        """Return the task to pretrain and save."""
        return self.initial or self._new_task(self._new_backbone())

    def trained(self, task: keras_nlp.models.Task) -> keras.Model:
        """Return the model to fit, which shares its weights with the task."""
        return task


class BertPretraining(_Pretraining):
    """A BERT with its objective."""

    load = staticmethod(load_masked_lm)
    backbone_class = keras_nlp.models.BertBackbone

    def __init__(self, config: PretrainingConfig, folder: Path):
        super().__init__(config, folder)
        self.length = config.sequence_length
        vocabulary = self.tokenizer.get_vocabulary()
        self.objective = _bert_objective(config, vocabulary)
        if config.objective == "replaced":  # its head is not trained
            self.untrained = ("task.json", "task.weights.h5")
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
            with written_whole(folder) as part:
                save_wordpiece(vocabulary, part)
        return KoreanBertTokenizer(str(folder / "vocab.txt"))

    def trained(self, task: keras_nlp.models.BertMaskedLM) -> keras.Model:
        """Return the model to fit, which shares its weights with the task."""
        return trained_model(task, self.config.objective, self.config.sentence_order)

    def _new_task(
        self, backbone: keras_nlp.models.Backbone
    ) -> keras_nlp.models.BertMaskedLM:
        config = self.config
        preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
            self.tokenizer,
            sequence_length=config.sequence_length,
            mask_selection_rate=config.masked_share,
            mask_selection_length=round(config.masked_share * config.sequence_length),
        )
        return keras_nlp.models.BertMaskedLM(backbone, preprocessor)


class GPT2Pretraining(_Pretraining):
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
            with written_whole(folder) as part:
                bpe.save(part)
        bpe = ByteLevelBPE.load(folder)
        return keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)

    def _new_task(
        self, backbone: keras_nlp.models.Backbone
    ) -> keras_nlp.models.GPT2CausalLM:
        preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
            self.tokenizer, sequence_length=self.config.sequence_length
        )
        return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


def _bert_objective(config: PretrainingConfig, vocabulary: list[str]) -> Objective:
    seed = config.seed
    objective = MaskedLanguageModel(
        vocabulary, config.masked_share, config.whole_words, seed
    )
    if config.objective != "masked":
        objective = ReplacedTokens(objective, config.objective == "both", seed)
    if config.sentence_order:
        objective = SentenceOrder(objective, vocabulary, seed)
    return objective


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
