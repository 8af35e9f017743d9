"""The presets of the package, which answer without any training."""

import logging
import re
import threading
from functools import cached_property
from typing import Any

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.hangul import compose

logger = logging.getLogger(__name__)

BERT, GPT2 = "bert_mini_ko", "gpt2_mini_ko"
BEST = 8
"""Number of tokens to show for each mask, or for the next token."""
_MASK = "[MASK]"
_BLANK = re.compile(r"_{2,}|\[mask\]", re.IGNORECASE)  # easier to type


class PresetModels:
    """The masked and the causal language model of the package, opened when needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # one request at a time

    @cached_property
    def _bert(self) -> Any:
        from kerasnlp_tutorial.checkpoints import load_masked_lm

        return load_masked_lm(BERT)

    @cached_property
    def _gpt2(self) -> Any:
        from kerasnlp_tutorial.checkpoints import load_causal_lm

        return load_causal_lm(GPT2)

    def open_in_background(self) -> None:
        """Open the models in a thread, so that the first request need not wait."""
        threading.Thread(target=self._warm_up, daemon=True).start()

    def _warm_up(self) -> None:
        try:
            self.fill(_MASK)
            self.next_tokens("")
        except Exception:  # the request will show it too
            logger.exception("the presets cannot be used")

    def fill(self, text: str) -> list[dict[str, float]]:
        """Return the most probable tokens for each mask of a text.

        Args:
            text: a text with at least one `[MASK]`, or `__`.

        Raises:
            InputError: the text has no mask, or is too long.
        """
        from kerasnlp_tutorial import language_models

        text = masked(text)
        if _MASK not in text:
            raise InputError(
                "빈칸이 없습니다. 빈칸으로 둘 곳에 [MASK]나 __를 넣어 주세요."
            )
        with self._lock:
            tokenizer = self._bert.preprocessor.tokenizer
            ends = 2  # [CLS] and [SEP]
            most = self._bert.backbone.max_sequence_length
            _check_length(len(tokenizer(text)) + ends, most)
            return language_models.fill_mask(self._bert, text, BEST)

    def next_tokens(self, text: str) -> dict[str, float]:
        """Return the most probable next tokens of a text.

        Args:
            text: the text to continue; may be empty.

        Raises:
            InputError: the text is too long.
        """
        from kerasnlp_tutorial import language_models

        with self._lock:
            tokenizer = self._gpt2.preprocessor.tokenizer
            most = language_models.longest(self._gpt2)
            _check_length(len(tokenizer(compose(text))) + 1, most)
            return language_models.next_tokens(self._gpt2, text, BEST)

    def tokens(self, text: str) -> dict[str, list[tuple[str, int]]]:
        """Return the tokens of a text with their ids, for each preset.

        Args:
            text: the text to tokenize.
        """
        from kerasnlp_tutorial.language_models import token_text

        text = compose(text)
        with self._lock:
            found = {}
            for name, model in ((BERT, self._bert), (GPT2, self._gpt2)):
                tokenizer = model.preprocessor.tokenizer
                ids = [int(id) for id in tokenizer(text)]
                found[name] = [(token_text(tokenizer, id), id) for id in ids]
        return found


def masked(text: str) -> str:
    """Return a text with `[MASK]` for each blank.

    Args:
        text: a text with `[MASK]` or `__` as blanks.
    """
    return _BLANK.sub(_MASK, compose(text))


def _check_length(length: int, most: int) -> None:
    if length > most:
        raise InputError(
            f"이 모델은 한 번에 {most}토큰까지 읽습니다. 이 글은 {length}토큰입니다."
        )
