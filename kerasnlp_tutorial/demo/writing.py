"""Text generation for many users with different settings."""

from collections.abc import Iterator
from typing import Any

import keras_nlp

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator
from kerasnlp_tutorial.language_models import longest


class Writer:
    """Generates text with a model, which keeps its compiled generators.

    Args:
        model: a causal language model with a preprocessor.
    """

    def __init__(self, model: keras_nlp.models.CausalLM):
        self.model = model

    def pieces(self, prompt: str, options: dict[str, Any], seed: int) -> Iterator[str]:
        """Generate the continuation of a prompt, piece by piece.

        Args:
            prompt: the text to continue; may be empty.
            options: arguments of `DecodingOptions`.
            seed: random seed.

        Returns:
            Pieces of text; with beam search a single piece.

        Raises:
            InputError: prompt and new tokens exceed the sequence length of the model.
        """
        self._check_length(prompt, options["max_new_tokens"])
        size = self.model.preprocessor.tokenizer.vocabulary_size()
        if "top_k" in options:
            options = options | {"top_k": min(options["top_k"], size)}
        decoding = DecodingOptions(**options)
        generate = TextGenerator.cached(self.model, decoding)
        if decoding.beams > 1:
            return iter(generate([prompt], seed))
        return generate.stream(prompt, seed)

    def _check_length(self, prompt: str, new_tokens: int) -> None:
        limit = longest(self.model)
        # The start token counts too.
        prompt_tokens = len(self.model.preprocessor.tokenizer(prompt)) + 1
        if prompt_tokens + new_tokens > limit:
            raise InputError(
                f"이 모델은 한 번에 {limit}토큰까지 다룹니다. 프롬프트가 "
                f"{prompt_tokens}토큰이라 새로 쓸 토큰은 "
                f"{max(limit - prompt_tokens, 0)}개까지입니다(지금 {new_tokens}개)."
            )
