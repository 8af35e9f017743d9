"""Texts continued by a causal language model, in whole or token by token."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.config import Settings
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation.controlled_sampler import ControlledSampler
from kerasnlp_tutorial.language_models import first_token_id, longest

_MOST_NEW_TOKENS = 64
_SHORTEST = 64  # tokens; texts of many lengths share a compiled function


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecodingOptions(Settings):
    """How the next token is chosen. With no option the likeliest is (greedy search).

    Raises:
        InputError: a value that cannot work.
    """

    top_k: int | None = None
    """Draw among the likeliest so many."""
    top_p: float | None = None
    """Draw among the likeliest whose shares make up this much, 0 to 1."""
    temperature: float | None = None
    """Below 1 likely tokens become likelier, above 1 the shares become more even; with
    no `top_k` and `top_p` all tokens are drawn from."""
    beams: int = 1
    """Texts followed at a time (beam search); 1 follows only the likeliest. Where texts
    end early it can differ from transformers', as `ControlledSampler` says."""
    repetition_penalty: float = 1.0
    """See `ControlledSampler`, as for the following."""
    no_repeat_ngram: int = 0
    min_new_tokens: int = 0
    max_new_tokens: int | None = None
    """End then at the latest; None: after 64, or as many as the model has room for."""

    def __post_init__(self):
        for name in ("top_k", "temperature"):
            value = getattr(self, name)
            self._require(name, value is None or value > 0, "above 0")
        within = self.top_p is None or 0 < self.top_p <= 1
        self._require("top_p", within, "above 0, at most 1")
        self._require("beams", self.beams > 0, "above 0")
        drawn = {
            name: getattr(self, name)
            for name in ("top_k", "top_p", "temperature")
            if getattr(self, name) is not None
        }
        self._require(
            "beams",
            self.beams == 1 or not drawn,
            f"1 where tokens are drawn ({', '.join(drawn)})",
        )
        self._require("repetition_penalty", self.repetition_penalty > 0, "above 0")
        self._require("no_repeat_ngram", self.no_repeat_ngram >= 0, "0 or more")
        within = self.max_new_tokens is None or self.max_new_tokens > 0
        self._require("max_new_tokens", within, "above 0")
        most = self.max_new_tokens or _MOST_NEW_TOKENS
        self._require(
            "min_new_tokens",
            0 <= self.min_new_tokens <= most,
            f"0 to {most}, as max_new_tokens is {self.max_new_tokens}",
        )

    def sampler(self, end_token_id: int) -> ControlledSampler:
        """Return the sampler that does so.

        Args:
            end_token_id: the token that ends a text.
        """
        temperature = 1.0 if self.temperature is None else self.temperature
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
            self.max_new_tokens or _MOST_NEW_TOKENS,
            end_token_id,
        )


class TextGenerator:
    """Continues texts; compiled once for prompts of many lengths and all seeds.

    Args:
        model: a causal language model with its preprocessor; its sampler is replaced.
        options: how tokens are chosen.

    Raises:
        InputError: the model's vocabulary has fewer tokens than `top_k`.

    Examples:
    ```python
    generate = TextGenerator(model, DecodingOptions(top_p=0.92, max_new_tokens=20))
    generate(["티끌 모아", "가는 말이"], seed=7)
    ```
    """

    def __init__(self, model: keras_nlp.models.CausalLM, options: DecodingOptions):
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
        self._function = self._step = None

    @classmethod
    @functools.lru_cache(maxsize=8)
    def cached(cls, model: keras_nlp.models.CausalLM, options: DecodingOptions):
        """Return the generator with these options, which has been compiled already if
        it was asked for before.
        """
        return cls(model, options)

    def __call__(
        self, prompts: Sequence[str], seed: int = 0, stream: bool = False
    ) -> list[str] | Iterator[str]:
        """Return what follows each prompt.

        Args:
            prompts: texts; an empty one begins a text of its own.
            seed: the same seed draws the same tokens, given the same prompts; 0 to
                2**32 - 1.
            stream: return what `stream` yields, for one prompt.

        Raises:
            InputError: a prompt and the new tokens are more than the model reads; a
                seed that is none; several prompts to stream.
        """
        if stream:
            if len(prompts) != 1:
                raise InputError(
                    f"one prompt can be streamed; received {len(prompts)} prompts"
                )
            return self.stream(prompts[0], seed)
        if not prompts:
            return []
        self._seed(seed)
        rows = [self._ids(prompt) for prompt in prompts]
        most = self._most_new_tokens(rows)
        # Batches of 1, 2, 4, ... so that few are compiled; the last row fills up.
        padded = rows + rows[-1:] * (2 ** (len(rows) - 1).bit_length() - len(rows))
        inputs = self._pad(padded, most)
        generate = self._compiled_function()
        outputs = generate(inputs, stop_token_ids=[self.end_token_id])
        ids = keras.ops.convert_to_numpy(outputs["token_ids"])
        return [
            self._text(row, new[len(row) :][:most].tolist())
            for row, new in zip(rows, ids, strict=False)
        ]

    def stream(self, prompt: str, seed: int = 0) -> Iterator[str]:
        """Yield what follows a prompt, piece by piece as it is made.

        No piece ends inside a character. Together they are what a call returns, if
        nothing is drawn.

        Args:
            prompt: as in a call.
            seed: likewise.

        Raises:
            InputError: as a call; and a beam search, which settles its text at the end.
        """
        if self.options.beams > 1:
            raise InputError("a beam search cannot be streamed: beams must be 1")
        self._seed(seed)
        row = self._ids(prompt)
        most = self._most_new_tokens([row])
        inputs = self._pad([row], most)
        step = self._compiled_step()
        ids, mask = inputs["token_ids"], inputs["padding_mask"]
        _, cache = self.model._build_cache(ids)
        new, told = [], ""
        for index in range(len(row), len(row) + most):
            ids, cache = step(ids, cache, keras.ops.convert_to_tensor(index), mask)
            token = int(keras.ops.convert_to_numpy(ids)[0, index])
            if token == self.end_token_id:
                break
            new.append(token)
            if (text := self._text(row, new)) != told:
                yield text.removeprefix(told)
                told = text

    def _compiled_function(self):
        model = self.model
        if model.sampler is not self.sampler:  # another generator's, made since
            model.sampler, model.generate_function = self.sampler, self._function
        if model.generate_function is None:
            # TensorFlow takes the functions of all generators for one that is traced
            # again and again, and warns, unless each has something of its own in it.
            model.generate_step = functools.partial(model.generate_step)
            self._function = model.make_generate_function()
            del model.generate_step
        return self._function

    def _compiled_step(self):
        if self._step is not None:
            return self._step

        def step(ids, cache, index, mask):
            last = keras.ops.take(ids, index - 1, axis=1)[:, None]
            logits, _, cache = self.model.call_with_cache(last, cache, index - 1)
            given = keras.ops.cast(mask, "int32")
            logits = keras.ops.cast(logits[:, 0], "float32")
            logits = self.sampler.edit(logits, ids, index, given)
            probabilities = self.sampler.base.compute_probabilities(logits)
            token = self.sampler.base.get_next_token(probabilities)
            token = keras.ops.cast(token, ids.dtype)[:, None]
            return keras.ops.slice_update(ids, (0, index), token), cache

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            step = tf.function(step)
        self._step = step
        return step

    def _seed(self, seed: int) -> None:
        if not 0 <= seed < 2**32:
            raise InputError(f"seed must be 0 to {2**32 - 1}; received {seed}")
        for state in self.sampler.variables:
            state.assign(np.array([seed, 0], "uint32"))

    def _ids(self, prompt: str) -> list[int]:
        """Return a prompt's ids, after the token that stands before every text."""
        ids = [first_token_id(self.tokenizer), *map(int, self.tokenizer(prompt))]
        room = longest(self.model) - len(ids)
        needed = self.options.max_new_tokens or max(1, self.options.min_new_tokens)
        if needed > room:
            raise InputError(
                f"the model reads {longest(self.model)} tokens; the prompt has "
                f"{len(ids)}, so that there is room for {max(room, 0)} new ones, not "
                f"for {needed}: {prompt[:40]!r}"
            )
        return ids

    def _most_new_tokens(self, rows: list[list[int]]) -> int:
        room = longest(self.model) - max(map(len, rows))
        return self.options.max_new_tokens or min(_MOST_NEW_TOKENS, room)

    def _pad(self, rows: list[list[int]], most: int) -> dict:
        # One place more for the end token, if the model has it.
        length = max(map(len, rows)) + most + 1
        length = max(_SHORTEST, 1 << (length - 1).bit_length())  # 64, 128, 256, ...
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
        """Return new ids as text, up to the end token.

        A character of which bytes are missing at the end is left out.
        """
        if self.end_token_id in new:
            new = new[: new.index(self.end_token_id)]
        if not new:
            return ""
        # With what stands before: some tokenizers drop a space where a text begins.
        before, text = (self._decode(ids) for ids in (given, given + new))
        return text.removeprefix(before).rstrip("\ufffd")

    def _decode(self, ids: list[int]) -> str:
        text = np.asarray(self.tokenizer.detokenize(ids)).item()
        return text.decode("utf-8") if isinstance(text, bytes) else text
