import numpy as np
import pytest

from kerasnlp_tutorial.pretraining.batches import (
    CausalLanguageModel,
    MaskedLanguageModel,
    PackedSequences,
    batches,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY += ["가", "나", "다", "라", "##마", "##바", "[", "[사]"]


def masked(share=0.25, whole_words=False, seed=1):
    return MaskedLanguageModel(VOCABULARY, share, whole_words, seed)


def test_an_epoch_sees_every_sequence_once():
    ids = np.arange(1000, dtype="uint16")
    sequences = PackedSequences(ids, length=10, batch_size=3, seed=0)
    epoch = np.concatenate(
        [sequences.batch(step) for step in range(sequences.per_epoch)]
    )
    assert len(np.unique(epoch)) == epoch.size == 33 * 3 * 10
    assert (np.diff(epoch, axis=1) == 1).all()


def test_the_next_epoch_cuts_elsewhere_in_another_order():
    sequences = PackedSequences(np.arange(1000, dtype="uint16"), 10, 3, seed=0)
    first, second = (
        [sequences.batch(epoch * 33 + i)[:, 0] for i in range(33)] for epoch in (0, 1)
    )
    assert {s % 10 for b in first for s in b} != {s % 10 for b in second for s in b}


def test_a_batch_depends_on_the_step_alone():
    ids = np.random.default_rng(0).integers(5, 11, 1000).astype("uint16")
    whole = list(batches(PackedSequences(ids, 10, 3, 0), masked(), range(50)))
    rest = list(batches(PackedSequences(ids, 10, 3, 0), masked(), range(40, 50)))
    for (x, y, w), (x2, y2, w2) in zip(whole[40:], rest, strict=True):
        assert all(np.array_equal(x[name], x2[name]) for name in x)
        assert np.array_equal(y, y2) and np.array_equal(w, w2)


def test_the_first_steps_cut_the_same_sequences_shorter():
    ids = np.arange(5, 305) % len(VOCABULARY)
    sequences = PackedSequences(ids.astype("uint16"), 12, 2, 0)
    dataset = batches(sequences, Unchanged(), range(3), 2, short_length=4)
    shapes = [x["token_ids"].shape for x, _, _ in dataset]
    assert shapes == [(6, 4), (6, 4), (2, 12)]
    x, _, _ = next(iter(dataset))
    assert np.array_equal(np.ravel(x["token_ids"]), sequences.batch(0).ravel())


class Unchanged:
    def batch(self, sequences, step):
        return {"token_ids": sequences}, sequences, np.ones(sequences.shape)


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
