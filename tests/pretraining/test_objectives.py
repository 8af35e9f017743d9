import keras
import numpy as np
import pytest

from kerasnlp_tutorial.pretraining.objectives import (
    CausalLanguageModel,
    MaskedLanguageModel,
    ReplacedTokens,
    SentenceOrder,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY += ["가", "나", "다", "라", "##마", "##바", "[", "[사]"]


def masked(share=0.25, whole_words=False, seed=1):
    return MaskedLanguageModel(VOCABULARY, share, whole_words, seed)


def test_shares_of_the_masked():
    tokens = np.random.default_rng(0).integers(5, 11, (400, 100)).astype("int32")
    x, targets, weights = masked(share=0.2).batch(tokens, step=3)
    places = x["mask_positions"]
    assert places.shape == targets.shape == weights.shape == (400, 20)
    assert (np.diff(places, axis=1) > 0).all() and (weights == 1).all()
    assert np.array_equal(targets, np.take_along_axis(tokens, places, axis=1))
    given = np.take_along_axis(x["token_ids"], places, axis=1)
    assert np.mean(given == VOCABULARY.index("[MASK]")) == pytest.approx(0.8, abs=0.01)
    # A tenth stays, and of the tenth that is replaced an eighth is replaced by itself.
    assert np.mean(given == targets) == pytest.approx(0.1 + 0.1 / 8, abs=0.01)


def test_special_tokens_are_never_asked_for_and_nothing_else_changes():
    generator = np.random.default_rng(0)
    tokens = generator.integers(0, len(VOCABULARY), (200, 40)).astype("int32")
    before = tokens.copy()
    x, targets, weights = masked(share=0.9).batch(tokens, step=0)
    assert np.array_equal(tokens, before)
    assert (weights == (targets >= 5)).all() and 0 < weights.mean() < 1
    untouched = np.ones(tokens.shape, bool)
    np.put_along_axis(untouched, x["mask_positions"], False, axis=1)
    untouched[:, 0] = False
    assert (x["token_ids"][:, 0] == VOCABULARY.index("[CLS]")).all()
    assert np.array_equal(x["token_ids"][untouched], tokens[untouched])
    special = tokens < 5
    special[:, 0] = False
    assert np.array_equal(x["token_ids"][special], tokens[special])


def test_whole_words_are_masked_together():
    ids = {token: i for i, token in enumerate(VOCABULARY)}
    row = [ids[t] for t in ["나", "가", "##마", "##바", "나", "다", "##마", "라"]]
    tokens = np.array([row] * 300, "int32")
    x, _, _ = masked(share=3 / 8, whole_words=True).batch(tokens, 0)
    rows = [set(places) for places in x["mask_positions"].tolist()]
    # Three places: one whole word of three, or whole words and the head of one more.
    assert any(places == {1, 2, 3} for places in rows)
    assert not any(2 in places and 1 not in places for places in rows)
    assert not any(6 in places and 5 not in places for places in rows)


def test_causal_targets_are_the_next_tokens():
    x, targets, weights = CausalLanguageModel().batch(np.array([[1, 2, 3, 4]]), 0)
    assert x["token_ids"].tolist() == [[1, 2, 3]] and targets.tolist() == [[2, 3, 4]]
    assert weights.shape == (1, 3) and x["padding_mask"].all()


@pytest.mark.parametrize("gaps", [True, False])
def test_what_is_asked_of_replaced_tokens(gaps):
    sequences = np.random.default_rng(0).integers(5, 13, (4, 40)).astype("int32")
    inner, targets, weights = masked().batch(sequences, 3)
    x, y, sample_weight = ReplacedTokens(masked(), gaps, 1).batch(sequences, 3)
    assert (x["original_ids"][:, 1:] == sequences[:, 1:]).all()
    assert (x["original_ids"][:, 0] == VOCABULARY.index("[CLS]")).all()
    assert np.array_equal(x["token_ids"], inner["token_ids"])
    assert np.array_equal(y["generator"], targets)
    assert y["detection"].shape == (4, 40, 1) and (y["detection"] == 1).all()
    asked = sample_weight["detection"]
    if gaps:
        kept = inner["mask_positions"][:, ::2]
        assert np.array_equal(y["tokens"], targets[:, ::2])
        assert np.array_equal(sample_weight["tokens"], weights[:, ::2])
        assert (np.take_along_axis(asked, kept, axis=1) == 0).all()
        assert asked.sum() == 4 * 40 - kept.size
    else:
        assert (asked == 1).all() and y.keys() == {"generator", "detection"}


def test_a_batch_depends_on_sequences_and_step_alone():
    generator = np.random.default_rng(0)
    sequences = generator.integers(5, 13, (3, 4, 40)).astype("int32")

    def make():
        return SentenceOrder(ReplacedTokens(masked(), True, 1), VOCABULARY, seed=1)

    whole = make()
    in_order = [whole.batch(sequences[step], step) for step in range(3)]
    again = make().batch(sequences[2], 2)  # as a resumed training would
    for part, expected in zip(again, in_order[2], strict=True):
        assert part.keys() == expected.keys()
        assert all(np.array_equal(part[name], expected[name]) for name in part)
    assert not np.array_equal(in_order[1][0]["draws"], in_order[2][0]["draws"])


class Unchanged:
    def batch(self, sequences, step, rows=slice(None)):
        return {"token_ids": sequences}, sequences, np.ones(sequences.shape)


def ordered(sequences, step=0, vocabulary=VOCABULARY):
    return SentenceOrder(Unchanged(), vocabulary, seed=1).batch(sequences, step)


def test_the_second_segment_follows_stands_before_or_is_of_another_sequence():
    # Tokens that count, so that each tells where it came from.
    vocabulary = [*VOCABULARY[:5], *map(str, range(640))]
    sequences = 5 + np.arange(640, dtype="int32").reshape(16, 40)
    counts = np.zeros(3)
    for step in range(50):
        x, y, weights = ordered(sequences, step, vocabulary)
        assert (weights["order"] == 1).all() and y["tokens"] is x["token_ids"]
        for row, (tokens, segments, order) in enumerate(
            zip(x["token_ids"], x["segment_ids"], y["order"], strict=True)
        ):
            counts[order] += 1
            assert tokens[0] == 2 and tokens[-1] == 3 and (tokens == 3).sum() == 2
            middle = int(np.argmax(tokens == 3))
            assert (segments == (np.arange(40) > middle)).all()
            first, second = tokens[1:middle], tokens[middle + 1 : -1]
            assert (np.diff(first) == 1).all() and (np.diff(second) == 1).all()
            own = sequences[row, 1:38]
            if order == 0:
                assert np.array_equal([*first, *second], own)
            elif order == 1:
                assert np.array_equal([*second, *first], own)
            else:
                assert first[0] == own[0] and not set(second) & set(sequences[row])
    assert (np.abs(counts / counts.sum() - 1 / 3) < 0.05).all()


def test_the_cut_is_inside_a_text_after_a_sentence():
    vocabulary = [*VOCABULARY, "."]
    row = np.full(40, 5)
    row[[14, 25]] = 3  # texts end here
    row[[13, 24, 17]] = 13  # and here sentences, the last of them within a text
    x, y, _ = ordered(np.tile(row, (30, 1)), vocabulary=vocabulary)
    follows = y["order"] == 0
    assert follows.any()
    for tokens, segments in zip(
        x["token_ids"][follows], x["segment_ids"][follows], strict=True
    ):
        # The sentence that ends at 17 is whole, and [SEP] comes after it.
        assert segments.argmax() == 19 and tokens[17] == 13 and tokens[18] == 3


def test_the_cut_is_not_between_texts():
    row = np.full(40, 5)
    row[15] = 3
    x, y, _ = ordered(np.tile(row, (300, 1)))
    cuts = x["segment_ids"][y["order"] == 0].argmax(axis=1) - 1
    assert set(cuts) == {*range(10, 30)} - {15, 16}


@pytest.mark.parametrize(
    "objective",
    [
        masked(),
        masked(whole_words=True),
        CausalLanguageModel(),
        ReplacedTokens(masked(), keep_masks=True, seed=1),
        SentenceOrder(ReplacedTokens(masked(), False, seed=1), VOCABULARY, seed=1),
    ],
    ids=["masked", "words", "causal", "both", "order"],
)
def test_rows_of_a_batch_are_those_of_the_whole_batch(objective):
    """Each of several processes computes its rows."""
    tokens = np.random.default_rng(0).integers(3, 11, (12, 16)).astype("int32")
    whole = keras.tree.flatten(objective.batch(tokens, 5))
    parts = [
        keras.tree.flatten(objective.batch(tokens, 5, slice(first, first + 4)))
        for first in (0, 4, 8)
    ]
    for array, *of_parts in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(array, np.concatenate(of_parts))
