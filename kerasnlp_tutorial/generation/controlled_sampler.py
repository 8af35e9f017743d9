"""Repetition penalty, blocked n-grams and lengths, around any KerasNLP sampler."""

import keras
import keras_nlp
from keras import ops

_NEVER = -1e9  # a logit; an infinite one would make NaN of its neighbours in places


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class ControlledSampler(keras_nlp.samplers.Sampler):
    """Edits the logits of each step before another sampler chooses from them.

    In the order of transformers' `generate`: the penalty, the n-grams, the lengths;
    then whatever the other sampler does (temperature, top-k, top-p, beams).

    Args:
        base: any sampler of KerasNLP but `SpeculativeSampler`.
        repetition_penalty: divides positive logits, and multiplies negative ones, of
            tokens that the text has already; 1 changes nothing
            ([Keskar et al., 2019](https://arxiv.org/abs/1909.05858)).
        no_repeat_ngram_size: no n-gram of so many tokens occurs twice; 0 allows all
            ([Paulus et al., 2017](https://arxiv.org/abs/1705.04304)).
        min_new_tokens: the text does not end before.
        max_new_tokens: the text ends then at the latest; None for no limit of its own.
        end_token_id: the token that ends a text; needed for the lengths.

    The prompt counts for the penalty and the n-grams.

    A beam search is mended in two points: a text that has ended keeps its score, where
    KerasNLP goes on adding up what would follow its end, and a longer prompt beside
    shorter ones does not use up its beams. It takes the text with the largest sum of
    log-probabilities. transformers divides that by the length, so where texts end
    early its choice can be a longer one; and it does not normalise again after a
    penalty or a blocked n-gram, so with them its beams can differ. Otherwise they are
    the same.

    Raises:
        ValueError: a value that cannot work.

    Examples:
    ```python
    sampler = ControlledSampler(
        keras_nlp.samplers.TopPSampler(p=0.92, seed=7), repetition_penalty=1.2
    )
    model.compile(sampler=sampler)
    model.generate("티끌 모아")
    ```
    """

    def __init__(
        self,
        base,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        min_new_tokens=0,
        max_new_tokens=None,
        end_token_id=None,
    ):
        super().__init__(temperature=base.temperature)
        # KerasNLP 0.26 does not have it yet.
        speculative = getattr(keras_nlp.samplers, "SpeculativeSampler", ())
        if isinstance(base, speculative):
            raise ValueError("base must not be a SpeculativeSampler")
        if repetition_penalty <= 0:
            raise ValueError(
                f"repetition_penalty must be above 0; received {repetition_penalty}"
            )
        if no_repeat_ngram_size < 0:
            raise ValueError(
                f"no_repeat_ngram_size must be 0 or more; "
                f"received {no_repeat_ngram_size}"
            )
        limited = min_new_tokens > 0 or max_new_tokens is not None
        if limited and end_token_id is None:
            raise ValueError("min_new_tokens and max_new_tokens need end_token_id")
        if max_new_tokens is not None and not 0 <= min_new_tokens <= max_new_tokens:
            raise ValueError(
                f"min_new_tokens must be 0 to max_new_tokens={max_new_tokens}; "
                f"received {min_new_tokens}"
            )
        self.base = base
        self.repetition_penalty = repetition_penalty
        self.no_repeat_ngram_size = no_repeat_ngram_size
        self.min_new_tokens = min_new_tokens
        self.max_new_tokens = max_new_tokens
        self.end_token_id = end_token_id

    @property
    def variables(self):
        return self.base.variables

    def __call__(self, next, prompt, cache=None, index=0, mask=None, **kwargs):
        given = ops.zeros_like(prompt) if mask is None else ops.cast(mask, "int32")

        def controlled(prompt, cache, index):
            logits, hidden_states, cache = next(prompt, cache, index)
            # Some samplers ask for the logits of several rows for each of ours.
            rows = ops.repeat(given, prompt.shape[0] // given.shape[0], axis=0)
            logits = self.edit(ops.cast(logits, "float32"), prompt, index, rows)
            return logits, hidden_states, cache

        return self.base(
            controlled, prompt, cache=cache, index=index, mask=mask, **kwargs
        )

    def edit(self, logits, prompt, index, given):
        """Return the logits that the other sampler is to choose from.

        Args:
            logits: float32, (batch, vocabulary), of the token at `index`.
            prompt: int ids, (batch, tokens); from `index` on without meaning.
            index: int32 scalar, the place to fill; those before are the text so far.
            given: int32, (batch, tokens), 1 where the prompt's own tokens stand.
        """
        index = ops.cast(index, "int32")
        before = ops.arange(prompt.shape[1], dtype="int32") < index
        if self.repetition_penalty != 1.0:
            seen = self._tokens_at(prompt, before[None, :], logits)
            penalty = self.repetition_penalty
            punished = ops.where(logits < 0, logits * penalty, logits / penalty)
            logits = ops.where(seen, punished, logits)
        if self.no_repeat_ngram_size:
            logits = ops.where(
                self._would_repeat(prompt, index, logits), _NEVER, logits
            )
        if self.min_new_tokens or self.max_new_tokens is not None:
            new = ops.sum(ops.where(before, 1 - given, 0), axis=1)[:, None]
            end = ops.arange(logits.shape[-1]) == self.end_token_id
            logits = ops.where((new < self.min_new_tokens) & end, _NEVER, logits)
            if self.max_new_tokens is not None:
                last = new >= self.max_new_tokens
                logits = ops.where(last, ops.where(end, 0.0, _NEVER), logits)
        if self._beams > 1:
            logits = self._settled(logits, prompt, index, given)
        return logits

    @property
    def _beams(self):
        return getattr(self.base, "num_beams", 1)

    def _settled(self, logits, prompt, index, given):
        """Give all the probability to a token that is settled: a prompt's, or the end.

        So the sum of a beam's log-probabilities stays as it is there.
        """
        token = ops.cast(ops.take(prompt, index, axis=1), "int32")
        settled = ops.take(given, index, axis=1) > 0
        if self.end_token_id is not None:
            new = (ops.arange(prompt.shape[1]) < index) & (given == 0)
            ended = ops.any((prompt == self.end_token_id) & new, axis=1)
            token = ops.where(settled, token, self.end_token_id)
            settled = settled | ended
        chosen = ops.arange(logits.shape[-1]) == token[:, None]
        return ops.where(settled[:, None], ops.where(chosen, 0.0, _NEVER), logits)

    def _would_repeat(self, prompt, index, logits):
        """Return which tokens would end an n-gram that the text has already."""
        size, length = self.no_repeat_ngram_size, prompt.shape[1]
        places = length - size + 1
        if places < 1:
            return ops.zeros_like(logits, dtype="bool")
        # N-grams that begin at each place and are wholly in the text so far.
        same = (ops.arange(places, dtype="int32") + size <= index)[None, :]
        for offset in range(size - 1):
            place = ops.maximum(index - size + 1 + offset, 0)
            latest = ops.take(prompt, place, axis=1)[:, None]
            same = same & (prompt[:, offset : offset + places] == latest)
        return self._tokens_at(prompt[:, size - 1 :], same, logits)

    def _tokens_at(self, prompt, places, logits):
        """Return which tokens stand at places; bool, like `logits`."""
        counts = ops.broadcast_to(ops.cast(places, "int32"), ops.shape(prompt))
        shape = ops.shape(logits)
        rows = ops.arange(shape[0], dtype="int32")[:, None]
        rows = ops.broadcast_to(rows, ops.shape(prompt))
        indices = ops.stack([rows, ops.cast(prompt, "int32")], axis=-1)
        return (
            ops.scatter(
                ops.reshape(indices, (-1, 2)), ops.reshape(counts, (-1,)), shape
            )
            > 0
        )

    def get_config(self):
        return {
            "base": keras.saving.serialize_keras_object(self.base),
            "repetition_penalty": self.repetition_penalty,
            "no_repeat_ngram_size": self.no_repeat_ngram_size,
            "min_new_tokens": self.min_new_tokens,
            "max_new_tokens": self.max_new_tokens,
            "end_token_id": self.end_token_id,
        }

    @classmethod
    def from_config(cls, config):
        base = keras.saving.deserialize_keras_object(config["base"])
        return cls(**{**config, "base": base})
