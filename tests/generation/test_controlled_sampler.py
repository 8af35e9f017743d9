import itertools
from itertools import pairwise

import keras
import keras_nlp
import numpy as np
import pytest
from keras import ops

from kerasnlp_tutorial.generation import ControlledSampler

samplers = keras_nlp.samplers
VOCABULARY, END = 7, 1


class FakeModel:
    """Logits that depend on the last token alone, as a table of random numbers."""

    def __init__(self, seed=7):
        generator = np.random.default_rng(seed)
        self.table = generator.normal(size=(VOCABULARY, VOCABULARY)).astype("float32")

    def __call__(self, prompt, cache, index):
        last = ops.take(prompt, index - 1, axis=1)
        logits = ops.take(ops.convert_to_tensor(self.table), last, axis=0)
        return logits, logits, cache


def run(sampler, prompts=((3,),), length=20, stop=None, model=None):
    width = max(map(len, prompts))
    ids = np.zeros((len(prompts), length), "int32")
    mask = np.zeros((len(prompts), length), "bool")
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = prompt
        mask[row, : len(prompt)] = True
    outputs = sampler(
        model or FakeModel(),
        ops.convert_to_tensor(ids),
        index=min(map(len, prompts)),
        mask=ops.convert_to_tensor(mask),
        stop_token_ids=stop,
    )
    assert width <= length
    return ops.convert_to_numpy(outputs).tolist()


def by_hand(prompt, length, model, penalty=1.0, ngram=0, low=0, high=None):
    """Greedy decoding with the rules written out, one row at a time."""
    ids, given = list(prompt), len(prompt)
    while len(ids) < length:
        logits = model.table[ids[-1]].copy()
        for token in set(ids):
            logits[token] *= penalty if logits[token] < 0 else 1 / penalty
        if ngram:
            ending = ids[len(ids) - ngram + 1 :]
            for i in range(len(ids) - ngram + 1):
                if ids[i : i + ngram - 1] == ending:
                    logits[ids[i + ngram - 1]] = -1e9
        if len(ids) - given < low:
            logits[END] = -1e9
        if high is not None and len(ids) - given >= high:
            logits[:] = -1e9
            logits[END] = 0
        ids.append(int(logits.argmax()))
    return ids


@pytest.mark.parametrize("penalty", [0.5, 1.0, 1.3, 5.0])
@pytest.mark.parametrize("ngram", [0, 1, 2, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_greedy_equals_the_rules_written_out(penalty, ngram, seed):
    model, length = FakeModel(seed), 7 if ngram == 1 else 20
    sampler = ControlledSampler(samplers.GreedySampler(), penalty, ngram)
    prompts = [[3], [4, 5, 4, 5]][: 1 if ngram == 1 else 2]
    # Rows are filled from the shortest prompt on; a longer one is not touched.
    for row, prompt in zip(
        run(sampler, prompts, length, model=model), prompts, strict=True
    ):
        assert row == by_hand(prompt, length, model, penalty, ngram)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 5), (4, 4), (3, 9)])
def test_lengths_count_each_rows_own_new_tokens(low, high):
    sampler = ControlledSampler(
        samplers.GreedySampler(),
        min_new_tokens=low,
        max_new_tokens=high,
        end_token_id=END,
    )
    model, prompts = FakeModel(), [[3], [4, 5, 6]]
    for row, prompt in zip(run(sampler, prompts, 20), prompts, strict=True):
        assert row == by_hand(prompt, 20, model, low=low, high=high)
        new = row[len(prompt) :].index(END)
        assert low <= new <= high


def test_generation_stops_when_all_rows_have_ended():
    sampler = ControlledSampler(
        samplers.GreedySampler(), max_new_tokens=2, end_token_id=END
    )
    rows = run(sampler, [[3], [4, 5]], 20, stop=[END])
    assert [row[5:] for row in rows] == [[0] * 15] * 2


@pytest.mark.parametrize(
    "base",
    [
        samplers.BeamSampler(num_beams=3),
        samplers.TopKSampler(k=3, seed=7),
        samplers.TopPSampler(p=0.9, seed=7),
        samplers.RandomSampler(seed=7, temperature=0.7),
    ],
    ids=lambda base: type(base).__name__,
)
def test_around_any_sampler(base):
    kind, config = type(base), base.get_config()
    plain = run(kind.from_config(config), [[3], [4, 5]])
    assert run(ControlledSampler(kind.from_config(config)), [[3], [4, 5]]) == plain
    sampler = ControlledSampler(base, no_repeat_ngram_size=2)
    for row in run(sampler, [[3], [4, 5]]):
        pairs = list(pairwise(row))
        assert len(set(pairs)) == len(pairs)


def likeliest(model, prompt, new):
    """The text of at most `new` tokens with the largest sum, of all there are."""
    table = np.array(ops.log_softmax(model.table))
    best, found = -np.inf, None
    for tokens in itertools.product(range(VOCABULARY), repeat=new):
        tokens = tokens[: tokens.index(END) + 1] if END in tokens else tokens
        path = [prompt[-1], *tokens]
        score = sum(table[a, b] for a, b in pairwise(path))
        if score > best:
            best, found = score, [token for token in tokens if token != END]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_beams_that_are_enough_find_the_likeliest_text(seed):
    # Also those that end early, and beside a shorter prompt.
    model, prompts = FakeModel(seed), [[3], [4, 5], [2, 6, 4, 5]]
    sampler = ControlledSampler(
        samplers.BeamSampler(num_beams=VOCABULARY**2),
        max_new_tokens=3,
        end_token_id=END,
    )
    rows = run(sampler, prompts, 9, stop=[END], model=model)
    for row, prompt in zip(rows, prompts, strict=True):
        new = row[len(prompt) :]
        new = new[: new.index(END)]
        assert row[: len(prompt)] == prompt
        assert new == likeliest(model, prompt, 3)


def test_the_books_invariants():
    greedy = run(samplers.GreedySampler())
    for same in (
        samplers.BeamSampler(num_beams=1),
        samplers.TopKSampler(k=1),
        samplers.TopPSampler(p=1e-6),
        samplers.RandomSampler(temperature=1e-4),
    ):
        assert run(ControlledSampler(same)) == greedy


def test_a_higher_penalty_repeats_less():
    def repeats(penalty):
        sampler = ControlledSampler(samplers.GreedySampler(), penalty)
        rows = [run(sampler, [[i]], length=7)[0] for i in range(VOCABULARY)]
        return sum(7 - len(set(row)) for row in rows)

    assert repeats(1.0) > repeats(4.0) >= repeats(20.0)


def test_the_same_seed_the_same_text():
    def text(seed):
        return run(ControlledSampler(samplers.RandomSampler(seed=seed), 1.1))

    assert text(7) == text(7) != text(8)


def test_it_compiles_and_saves(tmp_path):
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(
        {"<pad>": 0, "<|endoftext|>": 1, "a": 2, "b": 3, "ab": 4}, ["a b"]
    )
    keras.utils.set_random_seed(7)
    backbone = keras_nlp.models.GPT2Backbone(5, 1, 2, 8, 8, max_sequence_length=16)
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 16)
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    sampler = ControlledSampler(
        samplers.BeamSampler(num_beams=2),
        repetition_penalty=1.2,
        no_repeat_ngram_size=2,
        min_new_tokens=2,
        max_new_tokens=4,
        end_token_id=1,
    )
    texts = []
    for jit_compile in (False, True):
        copy = ControlledSampler.from_config(sampler.get_config())
        model.compile(sampler=copy, jit_compile=jit_compile)
        texts.append(model.generate(["ab", "b"], max_length=16))
    assert texts[0] == texts[1]
    assert all(len(text) > 2 for text in texts[0])


def test_a_sampler_with_several_candidates_of_each_row():
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(
        {"<pad>": 0, "<|endoftext|>": 1, "a": 2, "b": 3, "ab": 4}, ["a b"]
    )
    keras.utils.set_random_seed(7)
    backbone = keras_nlp.models.GPT2Backbone(5, 1, 2, 8, 8, max_sequence_length=16)
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 16)
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    base = samplers.ContrastiveSampler(k=3, alpha=0.4)
    lengths = {"min_new_tokens": 3, "max_new_tokens": 3, "end_token_id": 1}
    model.compile(sampler=ControlledSampler(base, **lengths), jit_compile=False)
    ids = np.array([[1, 4, 2] + [0] * 8, [1, 3, 0] + [0] * 8], "int32")
    mask = np.array([[1] * 3 + [0] * 8, [1] * 2 + [0] * 9], "bool")
    model.preprocessor = None
    found = model.generate({"token_ids": ids, "padding_mask": mask}, stop_token_ids=[1])
    for row, given in zip(found["token_ids"].tolist(), (3, 2), strict=True):
        assert row[given:].index(END) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repetition_penalty": 0}, "repetition_penalty must be above 0; received 0"),
        ({"no_repeat_ngram_size": -1}, "must be 0 or more; received -1"),
        ({"min_new_tokens": 2}, "need end_token_id"),
        (
            {"min_new_tokens": 3, "max_new_tokens": 2, "end_token_id": 1},
            "min_new_tokens must be 0 to max_new_tokens=2; received 3",
        ),
    ],
)
def test_options_that_cannot_work(options, message):
    with pytest.raises(ValueError, match=message):
        ControlledSampler(samplers.GreedySampler(), **options)


@pytest.mark.skipif(
    not hasattr(samplers, "SpeculativeSampler"), reason="KerasNLP does not have it yet"
)
def test_a_sampler_that_asks_a_second_model():
    base = samplers.SpeculativeSampler()
    with pytest.raises(ValueError, match="must not be a SpeculativeSampler"):
        ControlledSampler(base)
