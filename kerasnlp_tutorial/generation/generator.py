"""Text generation with causal language models, at once or token by token."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import fast_decoding
from kerasnlp_tutorial.generation.controlled_sampler import ControlledSampler
from kerasnlp_tutorial.hangul import compose
from kerasnlp_tutorial.language_models import first_token_id, longest, tokens_text
from kerasnlp_tutorial.settings import SEEDS, Settings

_MAX_NEW_TOKENS = 64
_CACHE, _CACHE_SIZE = "_text_generators", 8
_MIN_LENGTH = 64  # tokens; so that texts of many lengths share a compiled function


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecodingOptions(Settings):
    """Options of text generation. The default is greedy search.

    Raises:
        InputError: a value is invalid.
    """

    top_k: int | None = None
    """Sample from this number of most probable tokens."""
    top_p: float | None = None
    """Sample from the most probable tokens with this total probability, 0 to 1."""
    temperature: float | None = None
    """Divisor of the logits: below 1, probable tokens become more probable; above 1,
    the distribution becomes more even. Without `top_k` and `top_p`, sample from all
    tokens."""
    beams: int = 1
    """Number of beams of beam search; 1 means no beam search. Results can differ from
    those of transformers, see `ControlledSampler`."""
    repetition_penalty: float = 1.0
    """Penalty for tokens that already occur; 1 means no penalty, see
    `ControlledSampler`."""
    no_repeat_ngram: int = 0
    """Size of n-grams that may occur only once; 0 means no limit."""
    min_new_tokens: int = 0
    """Minimum number of new tokens."""
    max_new_tokens: int | None = None
    """Maximum number of new tokens; None means 64, or fewer if the model cannot read
    more."""

    def __post_init__(self):
        self._check_types()
        self._require_range("top_k", 1, 2**31 - 1)
        # Other values lead to logits that are not finite.
        temperature = self.temperature is None or 1e-6 <= self.temperature <= 1e9
        self._require("temperature", temperature, "above 0 (1e-6 to 1e9)")
        penalty = 0.01 <= self.repetition_penalty <= 100
        self._require("repetition_penalty", penalty, "above 0 (0.01 to 100)")
        top_p = self.top_p is None or 0 < self.top_p <= 1
        self._require("top_p", top_p, "above 0, at most 1")
        self._require_range("beams", 1, 100)
        sampling = [
            name
            for name in ("top_k", "top_p", "temperature")
            if getattr(self, name) is not None
        ]
        self._require(
            "beams",
            self.beams == 1 or not sampling,
            f"1 if tokens are sampled ({', '.join(sampling)})",
        )
        self._require_range("no_repeat_ngram", 0, 1000)
        self._require_range("max_new_tokens", 1, 2**20)
        maximum = self.max_new_tokens or _MAX_NEW_TOKENS
        self._require(
            "min_new_tokens",
            0 <= self.min_new_tokens <= maximum,
            f"0 to {maximum}, as max_new_tokens is {self.max_new_tokens}",
        )

    def sampler(self, end_token_id: int) -> ControlledSampler:
        """Return the sampler with these options.

        Args:
            end_token_id: id of the end token.
        """
        temperature = 1.0 if self.temperature is None else self.temperature
        base: keras_nlp.samplers.Sampler
        if self.beams > 1:
            base = keras_nlp.samplers.BeamSampler(num_beams=self.beams)
        elif self.top_p is not None:
            base = keras_nlp.samplers.TopPSampler(
                p=self.top_p, k=self.top_k, temperature=temperature
            )
        elif self.top_k is not None:
            base = keras_nlp.samplers.TopKSampler(k=self.top_k, temperature=temperature)
        elif self.temperature is not None:
            base = keras_nlp.samplers.RandomSampler(temperature=temperature)
        else:
            base = keras_nlp.samplers.GreedySampler()
        return ControlledSampler(
            base,
            self.repetition_penalty,
            self.no_repeat_ngram,
            self.min_new_tokens,
            self.max_new_tokens or _MAX_NEW_TOKENS,
            end_token_id,
        )


class TextGenerator:
    """A text generator, compiled once for many prompt lengths and all seeds.

    Args:
        model: a causal language model with a preprocessor. Its sampler is replaced.
        options: options of the generation.
        fast: whether to use `fast_decoding` if it supports the model. The results are
            the same.
        half_precision: whether to continue texts that are written one at a time with
            copies of the weights in float16. On a CPU, large models write almost twice
            as fast after the first call; where two tokens are almost equally likely, it
            can be the other one. A model that was saved with `half_precision` writes
            the same.

    Raises:
        InputError: the vocabulary of the model has fewer tokens than `top_k`, or
            half precision is not possible for the model or the options.

    Examples:
    ```python
    generate = TextGenerator(model, DecodingOptions(top_p=0.92, max_new_tokens=20))
    generate(["티끌 모아", "가는 말이"], seed=7)
    ```
    """

    def __init__(
        self,
        model: keras_nlp.models.CausalLM,
        options: DecodingOptions,
        fast: bool = True,
        half_precision: bool = False,
    ):
        self.model = model
        self.options = options
        self.tokenizer = model.preprocessor.tokenizer
        self.end_token_id = self.tokenizer.end_token_id
        size = self.tokenizer.vocabulary_size()
        if options.top_k is not None and options.top_k > size:
            raise InputError(
                f"top_k must be at most {size}, the size of the vocabulary; received "
                f"{options.top_k}"
            )
        self.sampler = options.sampler(self.end_token_id)
        model.compile(sampler=self.sampler, jit_compile=False)
        self._function: Callable[..., Any] | None = None
        self._steps: dict[int, Callable[..., Any]] = {}  # by the length of the ids
        if half_precision and options.beams > 1:
            raise InputError(
                "half precision is for texts that are written one at a time, and beams "
                f"are several: beams must be 1; received {options.beams}"
            )
        self._half_precision = half_precision
        self._decoder = None
        if fast and fast_decoding.is_supported(model):
            self._decoder = fast_decoding.FastDecoder(model, half_precision)
        elif half_precision:
            raise InputError(
                "half precision needs a GPT-2 in float32, TensorFlow and fast=True; "
                f"received {type(model).__name__} in {model.compute_dtype}, "
                f"{keras.backend.backend()} and fast={fast}"
            )

    @classmethod
    def cached(cls, model: keras_nlp.models.CausalLM, options: DecodingOptions) -> Self:
        """Return a generator from the cache of a model, so that it compiles only once.

        Args:
            model: a causal language model with a preprocessor.
            options: options of the generation.
        """
        if not hasattr(model, _CACHE):
            # The cache belongs to the model and is freed with it. A generator refers to
            # its model, so a global cache would keep both, even with weak keys.
            cache = functools.lru_cache(_CACHE_SIZE)(
                lambda generator_class, options: generator_class(model, options)
            )
            setattr(model, _CACHE, cache)
        return getattr(model, _CACHE)(cls, options)

    def __call__(
        self, prompts: Sequence[str], seed: int = 0, stream: bool = False
    ) -> list[str] | Iterator[str]:
        """Return the continuation of each prompt.

        Args:
            prompts: texts to continue; an empty text starts a new one.
            seed: random seed, 0 to 2**32 - 1. The same seed and prompts give the same
                texts.
            stream: whether to return an iterator over the pieces, as `stream`. Only
                for a single prompt.

        Raises:
            InputError: a prompt and its new tokens are too long for the model, the seed
                is invalid, or there are several prompts to stream.
        """
        if stream:
            if len(prompts) != 1:
                raise InputError(
                    f"only one prompt can be streamed; received {len(prompts)} prompts"
                )
            return self.stream(prompts[0], seed)
        if not prompts:
            return []
        self._seed(seed)
        rows = [self._ids(prompt) for prompt in prompts]
        new_tokens = self._max_new_tokens(rows)
        # Batch sizes 1, 2, 4, ... limit the number of compilations. The last prompt is
        # repeated.
        padded = rows + rows[-1:] * (2 ** (len(rows) - 1).bit_length() - len(rows))
        inputs = self._pad(padded, new_tokens)
        generate = self._compiled_function()
        if self._decoder:
            self._decoder.refresh()
        outputs = generate(inputs, stop_token_ids=[self.end_token_id])
        if self._half_precision:
            # `generate` of the model would not ask whether the weights have changed.
            self.model.generate_function = None
        ids = keras.ops.convert_to_numpy(outputs["token_ids"])
        return [
            self._text(row, output[len(row) :][:new_tokens].tolist())
            for row, output in zip(rows, ids, strict=False)
        ]

    def stream(self, prompt: str, seed: int = 0) -> Iterator[str]:
        """Yield the continuation of a prompt, piece by piece.

        No piece ends inside a character. Without sampling, the pieces together are the
        text that a call returns.

        Args:
            prompt: text to continue; an empty text starts a new one.
            seed: random seed, 0 to 2**32 - 1.

        Raises:
            InputError: the prompt and its new tokens are too long for the model, the
                seed is invalid, or the options are those of beam search.
        """
        if self.options.beams > 1:
            raise InputError("beam search cannot be streamed: beams must be 1")
        self._seed(seed)
        row = self._ids(prompt)
        new_tokens = self._max_new_tokens([row])
        inputs = self._pad([row], new_tokens)
        ids, mask = inputs["token_ids"], inputs["padding_mask"]
        if self._decoder:
            self._decoder.refresh()
            cache = self._decoder.build_cache(ids[:, : len(row) - 1])
        else:
            _, cache = self.model._build_cache(ids)
        step = self._compiled_step(ids, cache, mask)
        new: list[int] = []
        yielded = ""
        for index in range(len(row), len(row) + new_tokens):
            ids, cache = step(ids, cache, keras.ops.convert_to_tensor(index), mask)
            token = int(keras.ops.convert_to_numpy(ids)[0, index])
            if token == self.end_token_id:
                break
            new.append(token)
            if (text := self._text(row, new)) != yielded:
                yield text.removeprefix(yielded)
                yielded = text

    def _compiled_function(self) -> Callable[..., Any]:
        model = self.model
        if model.sampler is not self.sampler or self._half_precision:
            # Another generator has set them.
            model.sampler, model.generate_function = self.sampler, self._function
        if model.generate_function is None:
            # TensorFlow warns of retracing if all generators compile the same method,
            # so each one compiles a partial of it.
            writer = self._decoder or model
            model.generate_step = functools.partial(writer.generate_step)
            self._function = model.make_generate_function()
            del model.generate_step
        return model.generate_function

    def _compiled_step(self, ids: Any, cache: Any, mask: Any) -> Callable[..., Any]:
        if (length := ids.shape[1]) in self._steps:
            return self._steps[length]

        def step(ids, cache, index, mask):
            last = keras.ops.take(ids, index - 1, axis=1)[:, None]
            if self._decoder:
                logits, cache = self._decoder.next_logits(last, cache)
            else:
                logits, _, cache = self.model.call_with_cache(last, cache, index - 1)
                logits = logits[:, 0]
            given = keras.ops.cast(mask, "int32")
            logits = keras.ops.cast(logits, "float32")
            logits = self.sampler.edit(logits, ids, index, given)
            probabilities = self.sampler.base.compute_probabilities(logits)
            token = self.sampler.base.get_next_token(probabilities)
            token = keras.ops.cast(token, ids.dtype)[:, None]
            return keras.ops.slice_update(ids, (0, index), token), cache

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            inputs = (ids, cache, keras.ops.convert_to_tensor(0), mask)
            signature = list(
                keras.tree.map_structure(tf.TensorSpec.from_tensor, inputs)
            )
            if self._decoder:  # compiled once for all lengths
                signature[1] = self._decoder.cache_spec()
            step = tf.function(step, input_signature=signature)
        self._steps[length] = step
        return step

    def _seed(self, seed: int) -> None:
        if seed not in SEEDS:
            raise InputError(f"seed must be 0 to {SEEDS[-1]}; received {seed}")
        for state in self.sampler.variables:
            state.assign(np.array([seed, 0], "uint32"))

    def _ids(self, prompt: str) -> list[int]:
        """Return the ids of a prompt, with the start token."""
        tokens = self.tokenizer(compose(prompt))
        ids = [first_token_id(self.tokenizer), *map(int, tokens)]
        room = longest(self.model) - len(ids)
        needed = self.options.max_new_tokens or max(1, self.options.min_new_tokens)
        if needed > room:
            raise InputError(
                f"the model reads {longest(self.model)} tokens; the prompt has "
                f"{len(ids)}, so there is room for {max(room, 0)} new tokens, not for "
                f"{needed}: {prompt[:40]!r}"
            )
        return ids

    def _max_new_tokens(self, rows: list[list[int]]) -> int:
        room = longest(self.model) - max(map(len, rows))
        return self.options.max_new_tokens or min(_MAX_NEW_TOKENS, room)

    def _pad(self, rows: list[list[int]], new_tokens: int) -> dict[str, Any]:
        """Return padded inputs with room for the new tokens and an end token."""
        length = max(map(len, rows)) + new_tokens + 1
        length = max(_MIN_LENGTH, 1 << (length - 1).bit_length())  # 64, 128, 256, ...
        length = min(length, longest(self.model))
        ids = np.full((len(rows), length), self.tokenizer.pad_token_id, "int32")
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(length) < lengths[:, None]
        return {
            "token_ids": keras.ops.convert_to_tensor(ids),
            "padding_mask": keras.ops.convert_to_tensor(mask),
        }

    def _text(self, given: list[int], new: list[int]) -> str:
        """Return the text of new ids, up to the end token.

        An incomplete character at the end is left out.
        """
        if self.end_token_id in new:
            new = new[: new.index(self.end_token_id)]
        if not new:
            return ""
        # Decode with the prompt: some tokenizers drop a space at the start of a text.
        before, text = (
            tokens_text(self.tokenizer, ids) for ids in (given, given + new)
        )
        return text.removeprefix(before).rstrip("\ufffd")


def continued(
    model: keras_nlp.models.CausalLM, prompt: str, seed: int = 7, **options: Any
) -> str:
    """Return the continuation of one prompt.

    Args:
        model: a causal language model with a preprocessor.
        prompt: text to continue.
        seed: random seed, 0 to 2**32 - 1.
        **options: fields of `DecodingOptions`.

    Examples:
    ```python
    continued(model, "티끌 모아", top_p=0.92, max_new_tokens=20)
    ```
    """
    generate = TextGenerator.cached(model, DecodingOptions(**options))
    (text,) = generate([prompt], seed)
    return text
