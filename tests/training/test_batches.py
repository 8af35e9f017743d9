import keras_nlp
import numpy as np
import pytest
import tensorflow as tf
from helpers import HARD_TEXTS, printed_by

from kerasnlp_tutorial import training
from kerasnlp_tutorial.datasets import Splits
from kerasnlp_tutorial.models import BertPairClassifierPreprocessor
from kerasnlp_tutorial.training import batches
from kerasnlp_tutorial.training.compilation import FIXED_SHAPES


def test_encode_is_the_preprocessor_without_padding(preprocessor, texts_of_lengths):
    texts = texts_of_lengths([3, 0, 30, 1])
    features = training.encode(preprocessor, texts)
    batch = preprocessor(texts)
    for i, ids in enumerate(features["token_ids"]):
        real = np.asarray(batch["padding_mask"])[i].astype(bool)
        np.testing.assert_array_equal(ids, np.asarray(batch["token_ids"])[i][real])
    assert features["token_ids"].row_lengths().numpy().tolist() == [5, 2, 20, 3]


def test_encode_pairs(preprocessor, texts_of_lengths):
    features = training.encode(preprocessor, (["가 나", "다"], ["라", "마 바 사"]))
    assert features["segment_ids"].to_list() == [
        [0, 0, 0, 0, 1, 1],
        [0, 0, 0, 1, 1, 1, 1],
    ]
    assert features["token_ids"].to_list()[0] == [2, 5, 6, 3, 8, 3]


def test_a_dataset_has_every_example_once_in_tight_batches(
    preprocessor, texts_of_lengths
):
    lengths = [n % 17 for n in range(101)]
    features = training.encode(preprocessor, texts_of_lengths(lengths))
    dataset = training.length_grouped_dataset(features, range(101), 8, shuffle_seed=3)
    batches = list(dataset)
    assert len(dataset) == len(batches) == 13  # the progress bar's total is right
    assert not dataset.options().autotune.enabled  # or the next epoch may have to wait
    assert sorted(len(y) for _, y in batches) == [8 if FIXED_SHAPES else 5] + [8] * 12
    seen = []
    for x, y in batches:
        seen += y.numpy().tolist()
        width = x["token_ids"].shape[1]
        longest = x["padding_mask"].numpy().sum(axis=1).max()
        assert longest <= width <= 18
        assert FIXED_SHAPES or width == longest
        assert x["padding_mask"].dtype == tf.int32
        for ids, mask, target in zip(x["token_ids"], x["padding_mask"], y, strict=True):
            np.testing.assert_array_equal(
                ids[mask.numpy().astype(bool)], features["token_ids"][int(target)]
            )
    assert sorted(set(seen)) == list(range(101))
    assert len(seen) == (104 if FIXED_SHAPES else 101)


def test_few_shapes_are_compiled():
    """With JAX, each shape of a batch costs seconds."""
    pytest.importorskip("jax")
    code = """
import numpy as np, tensorflow as tf
from kerasnlp_tutorial import training
from kerasnlp_tutorial.training.compilation import widths
print([widths(n).tolist() for n in (7, 32, 33, 128, 130)])
lengths = np.random.default_rng(0).integers(1, 129, 1000)
ids = tf.RaggedTensor.from_row_lengths(tf.ones(lengths.sum(), "int32"), lengths)
dataset = training.length_grouped_dataset(
    {"token_ids": ids}, range(1000), 32, shuffle_seed=7
)
print(sorted({tuple(x["token_ids"].shape) for x, _ in dataset}))
epoch = np.concatenate([y for _, y in dataset])
print(len(epoch), len(set(epoch)))
print({tuple(x["token_ids"].shape) for x, _ in training.length_grouped_dataset(
    {"token_ids": ids}, range(1000), 32) } >= {(8, 128)})
"""
    assert printed_by(code, KERAS_BACKEND="jax") == [
        "[[7], [16, 32], [16, 33], [16, 32, 64, 128], [16, 32, 64, 130]]",
        "[(32, 16), (32, 32), (32, 64), (32, 128)]",
        "1024 1000",
        "True",
    ]


def test_little_of_a_batch_is_padding(preprocessor, texts_of_lengths):
    lengths = np.random.default_rng(0).integers(0, 18, 2000)
    features = training.encode(preprocessor, texts_of_lengths(lengths))
    dataset = training.length_grouped_dataset(features, range(2000), 8, shuffle_seed=3)
    masks = np.concatenate([x["padding_mask"].numpy().ravel() for x, _ in dataset])
    assert FIXED_SHAPES or 0.85 < masks.mean() < 1.0
    longest = [int(x["padding_mask"].numpy().sum(1).max()) for x, _ in dataset]
    assert longest != sorted(longest)  # short and long batches take turns


def test_the_order_is_a_function_of_seed_and_epoch():
    lengths = np.random.default_rng(0).integers(1, 18, 1000)
    order = training.ShuffledOrder(lengths, 8, seed=3)
    epochs = [[batch.tolist() for batch in order()] for _ in range(4)]
    assert len({str(epoch) for epoch in epochs}) == 4
    again = training.ShuffledOrder(lengths, 8, seed=3)
    again.epoch = 2
    assert [batch.tolist() for batch in again()] == epochs[2]
    other = training.ShuffledOrder(lengths, 8, seed=4)
    assert [batch.tolist() for batch in other()] != epochs[0]
    for epoch in epochs:
        assert sorted(place for batch in epoch for place in batch) == list(range(1000))
        longest = [max(lengths[batch]) for batch in epoch]
        assert 0.4 < np.mean(np.diff(longest) >= 0) < 0.7  # not by length
        firsts = [batch[0] for batch in epoch]
        assert abs(np.corrcoef(firsts, range(125))[0, 1]) < 0.3  # nor as in the file
        assert np.mean([np.ptp(batch) for batch in epoch]) > 500


def test_an_epoch_has_its_order_whatever_was_seen_before(
    preprocessor, texts_of_lengths
):
    features = training.encode(preprocessor, texts_of_lengths([4] * 64))
    dataset = training.length_grouped_dataset(features, range(64), 8, shuffle_seed=3)
    first = [y.numpy().tolist() for _, y in dataset]
    next(iter(dataset))
    dataset.order.epoch = 0
    assert [y.numpy().tolist() for _, y in dataset] == first


def test_shuffling_is_by_seed_and_differs_between_epochs(
    preprocessor, texts_of_lengths
):
    features = training.encode(preprocessor, texts_of_lengths([4] * 64))

    def epochs(seed):
        dataset = training.length_grouped_dataset(
            features, range(64), 8, shuffle_seed=seed
        )
        return [[int(i) for _, y in dataset for i in y] for _ in range(2)]

    first, second = epochs(3)
    assert first != second != sorted(first)
    assert epochs(3) == [first, second] != epochs(4)


def slowly(monkeypatch, preprocessor, inputs):
    """The result of `encode` when the preprocessor does the work."""
    with monkeypatch.context() as patch:
        patch.setattr(batches, "_packs_plainly", lambda preprocessor: False)
        return training.encode(preprocessor, inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        HARD_TEXTS,
        (HARD_TEXTS,),
        (HARD_TEXTS, HARD_TEXTS[::-1]),
        (HARD_TEXTS, ["가"] * 6),
        (["다"] * 6, HARD_TEXTS),
    ],
    ids=["texts", "column", "pairs", "short second", "short first"],
)
@pytest.mark.parametrize("sequence_length", [7, 8, 20])
@pytest.mark.parametrize(
    "make",
    [
        keras_nlp.models.BertTextClassifierPreprocessor,
        BertPairClassifierPreprocessor,
    ],
)
def test_few_texts_are_encoded_as_by_the_preprocessor(
    preprocessor, inputs, sequence_length, make, monkeypatch
):
    preprocessor = make(preprocessor.tokenizer, sequence_length=sequence_length)
    assert batches._packs_plainly(preprocessor)
    found = training.encode(preprocessor, inputs)
    expected = slowly(monkeypatch, preprocessor, inputs)
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name].to_list() == rows.to_list()
        assert found[name].dtype == rows.dtype == tf.int32
        assert found[name].row_splits.dtype == rows.row_splits.dtype


@pytest.mark.parametrize("inputs", [HARD_TEXTS, (HARD_TEXTS, HARD_TEXTS[::-1])])
def test_texts_in_several_batches(preprocessor, inputs, monkeypatch):
    monkeypatch.setattr(batches, "_ENCODE_BATCH", 2)
    packed = training.encode(preprocessor, inputs)
    monkeypatch.setattr(batches, "_FEW", 0)
    by_graph = training.encode(preprocessor, inputs)
    for name, rows in by_graph.items():
        assert packed[name].to_list() == rows.to_list()


def test_another_truncation_is_left_to_the_preprocessor(preprocessor, monkeypatch):
    waterfall = keras_nlp.models.BertTextClassifierPreprocessor(
        preprocessor.tokenizer, sequence_length=9, truncate="waterfall"
    )
    pair = (["가 나 다 라 마 바 사"], ["가 나 다 라 마 바 사"])
    assert training.encode(waterfall, pair)["segment_ids"].to_list() == [
        [0] * 8 + [1]  # round robin would divide the tokens
    ]


def test_only_the_training_set_is_shuffled():
    splits = Splits(train=["a"], validation=["b"], test=["c"], labels=("x", "y"))

    def make_dataset(examples, model, labels, config, *, training_set=False):
        return examples, model, labels, config, training_set

    assert training.make_datasets(make_dataset, "model", splits, "config") == (
        (["a"], "model", ("x", "y"), "config", True),
        (["b"], "model", ("x", "y"), "config", False),
    )


def test_a_text_is_no_list_of_texts(preprocessor):
    with pytest.raises(TypeError, match="tuple of lists"):
        training.encode(preprocessor, ("좋다", "싫다"))
