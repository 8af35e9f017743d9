"""A sampler with repetition penalty, n-gram blocking and length limits."""

import keras
import keras_nlp
from keras import ops

_MASKED = -1e9  # logit of a blocked token; -inf would lead to NaN in some samplers


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class ControlledSampler(keras_nlp.samplers.Sampler):
    """A sampler that processes the logits of each step before a base sampler.

    The logits are processed in the order of `generate` in transformers: repetition
    penalty, n-gram blocking, length limits. Then the base sampler applies its own
    settings (temperature, top-k, top-p, beams). The penalty and n-gram blocking count
    the tokens of the prompt too.

    For beam search, two problems of KerasNLP are fixed. A sequence that has ended keeps
    its score; KerasNLP keeps adding the log-probabilities of tokens after the end. And
    in a batch, a long prompt does not lose its beams while shorter prompts are already
    being continued.

    Beam search returns the sequence with the largest sum of log-probabilities. It can
    differ from transformers in two cases: transformers divides the sum by the length,
    so it can prefer a longer sequence if sequences end early; and it does not
    renormalize the probabilities after a penalty or a blocked n-gram.

    Args:
        base: A KerasNLP sampler other than `SpeculativeSampler`.
        repetition_penalty: float. Divides positive logits and multiplies negative
            logits of tokens that already occur; 1 means no penalty
            ([Keskar et al., 2019](https://arxiv.org/abs/1909.05858)).
        no_repeat_ngram_size: int. N-grams of this size occur at most once; 0 means no
            blocking ([Paulus et al., 2017](https://arxiv.org/abs/1705.04304)).
        min_new_tokens: int. Minimum number of generated tokens.
        max_new_tokens: int or `None`. Maximum number of generated tokens; `None` means
            no limit by this sampler.
        end_token_id: int or `None`. The end token. Required if a minimum or a maximum
            is given.

    Raises:
        ValueError: If an argument is invalid.

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

        def controlled_next(prompt, cache, index):
            logits, hidden_states, cache = next(prompt, cache, index)
            # Beam and contrastive search have several rows for each prompt.
            rows = ops.repeat(given, prompt.shape[0] // given.shape[0], axis=0)
            logits = self.edit(ops.cast(logits, "float32"), prompt, index, rows)
            return logits, hidden_states, cache

        return self.base(
            controlled_next, prompt, cache=cache, index=index, mask=mask, **kwargs
        )

    def edit(self, logits, prompt, index, given):
        """Return the processed logits for the base sampler.

        Args:
            logits: Logits of the token at `index`, float32, (batch, vocabulary_size).
            prompt: Token ids, int, (batch, tokens). Ids at `index` and after are not
                generated yet.
            index: Position of the next token, int32 scalar.
            given: int32, (batch, tokens). 1 for tokens of the prompt, else 0.

        Returns:
            float32, (batch, vocabulary_size).
        """
        index = ops.cast(index, "int32")
        before = ops.arange(prompt.shape[1], dtype="int32") < index
        if self.repetition_penalty != 1.0:
            seen = self._tokens_at(prompt, before[None, :], logits)
            penalty = self.repetition_penalty
            penalized = ops.where(logits < 0, logits * penalty, logits / penalty)
            logits = ops.where(seen, penalized, logits)
        if self.no_repeat_ngram_size:
            blocked = self._blocked_by_ngrams(prompt, index, logits)
            logits = ops.where(blocked, _MASKED, logits)
        if self.min_new_tokens or self.max_new_tokens is not None:
            new = ops.sum(ops.where(before, 1 - given, 0), axis=1)[:, None]
            end = ops.arange(logits.shape[-1]) == self.end_token_id
            logits = ops.where((new < self.min_new_tokens) & end, _MASKED, logits)
            if self.max_new_tokens is not None:
                last = new >= self.max_new_tokens
                logits = ops.where(last, ops.where(end, 0.0, _MASKED), logits)
        if self._beams > 1:
            logits = self._keep_beam_scores(logits, prompt, index, given)
        return logits

    @property
    def _beams(self):
        return getattr(self.base, "num_beams", 1)

    def _keep_beam_scores(self, logits, prompt, index, given):
        """Set the probability of tokens that are already known to 1.

        Known are the tokens of a prompt, and the end token after the end of a sequence.
        With the probability 1, they do not change the score of their beam.
        """
        token = ops.cast(ops.take(prompt, index, axis=1), "int32")
        is_known = ops.take(given, index, axis=1) > 0
        if self.end_token_id is not None:
            new = (ops.arange(prompt.shape[1]) < index) & (given == 0)
            ended = ops.any((prompt == self.end_token_id) & new, axis=1)
            token = ops.where(is_known, token, self.end_token_id)
            is_known = is_known | ended
        is_token = ops.arange(logits.shape[-1]) == token[:, None]
        return ops.where(is_known[:, None], ops.where(is_token, 0.0, _MASKED), logits)

    def _blocked_by_ngrams(self, prompt, index, logits):
        """Return which tokens would repeat an n-gram; bool, like `logits`."""
        size, length = self.no_repeat_ngram_size, prompt.shape[1]
        ngrams = length - size + 1
        if ngrams < 1:
            return ops.zeros_like(logits, dtype="bool")
        # Start with the n-grams that end before `index`.
        same = (ops.arange(ngrams, dtype="int32") + size <= index)[None, :]
        for offset in range(size - 1):
            position = ops.maximum(index - size + 1 + offset, 0)
            latest = ops.take(prompt, position, axis=1)[:, None]
            same = same & (prompt[:, offset : offset + ngrams] == latest)
        return self._tokens_at(prompt[:, size - 1 :], same, logits)

    def _tokens_at(self, prompt, positions, logits):
        """Return which tokens occur at the given positions; bool, like `logits`."""
        counts = ops.broadcast_to(ops.cast(positions, "int32"), ops.shape(prompt))
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
