"""Texts continued for many readers, each with settings of their own."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import keras_nlp

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator

_KEPT = 4  # settings that stay compiled


class Writer:
    """Writes with a model; settings that come again are not compiled again.

    Args:
        model: a causal language model with its preprocessor.
    """

    def __init__(self, model: keras_nlp.models.CausalLM):
        self.model = model
        self._generators = OrderedDict()

    def pieces(self, prompt: str, options: dict[str, Any], seed: int) -> Iterator[str]:
        """Return what follows a prompt, in pieces; with beams, in one.

        Args:
            prompt: may be empty.
            options: arguments of `DecodingOptions`.
            seed: the same seed draws the same tokens.

        Raises:
            InputError: prompt and text are longer than the model reads.
        """
        self._check_length(prompt, options["max_new_tokens"])
        size = self.model.preprocessor.tokenizer.vocabulary_size()
        if "top_k" in options:  # of fewer tokens, all
            options = options | {"top_k": min(options["top_k"], size)}
        chosen = DecodingOptions(**options)
        generate = self._generator(chosen)
        if chosen.beams > 1:
            return iter(generate([prompt], seed))
        return generate.stream(prompt, seed)

    def _generator(self, options: DecodingOptions) -> TextGenerator:
        if options not in self._generators:
            self._generators[options] = TextGenerator(self.model, options)
            if len(self._generators) > _KEPT:
                self._generators.popitem(last=False)
        self._generators.move_to_end(options)
        return self._generators[options]

    def _check_length(self, prompt: str, new_tokens: int) -> None:
        longest = self.model.backbone.max_sequence_length
        # The token that stands before every text counts too.
        given = len(self.model.preprocessor.tokenizer(prompt)) + 1
        if given + new_tokens > longest:
            raise InputError(
                f"이 모델은 한 번에 {longest}토큰까지 다룹니다. 프롬프트가 "
                f"{given}토큰이라 새로 쓸 토큰은 {max(longest - given, 0)}개까지입니다"
                f"(지금 {new_tokens}개)."
            )
