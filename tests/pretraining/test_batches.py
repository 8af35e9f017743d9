import numpy as np
import pytest

from kerasnlp_tutorial.pretraining import batches as batches_module
from kerasnlp_tutorial.pretraining.batches import PackedSequences, batches
from kerasnlp_tutorial.pretraining.objectives import MaskedLanguageModel

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY += ["가", "나", "다", "라", "##마", "##바", "[", "[사]"]


def masked():
    return MaskedLanguageModel(VOCABULARY, 0.25, whole_words=False, seed=1)


@pytest.mark.parametrize("most_listed", [2**24, 10])
def test_an_epoch_sees_every_sequence_once(monkeypatch, most_listed):
    monkeypatch.setattr(batches_module, "_MOST_LISTED", most_listed)
    ids = np.arange(1000, dtype="uint16")
    sequences = PackedSequences(ids, length=10, batch_size=3, seed=0)
    epoch = np.concatenate(
        [sequences.batch(step) for step in range(sequences.per_epoch)]
    )
    assert len(np.unique(epoch)) == epoch.size == 33 * 3 * 10
    assert (np.diff(epoch, axis=1) == 1).all()


def test_the_order_of_trainings_that_go_on_stays():
    sequences = PackedSequences(np.arange(1000, dtype="uint16"), 10, 3, seed=5)
    first, later = sequences.batch(1)[:, 0], sequences.batch(2 * 33 + 4)[:, 0]
    assert first.tolist() == [46, 846, 176] and later.tolist() == [7, 957, 87]


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
    def batch(self, sequences, step, rows=slice(None)):
        return {"token_ids": sequences}, sequences, np.ones(sequences.shape)
