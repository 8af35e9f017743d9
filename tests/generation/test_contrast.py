import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import training
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import PromptContrast, with_other_prompts

PREFIXES = [[1, 5, 6, 7], [1, 5]]  # one is the beginning of the other
ROWS = [[1, 5, 6, 7, 20, 21, 2], [1, 5, 30, 31, 32, 2], [1, 5, 40, 2]]


def batch(rows, longest=16, prompt_weight=1.0):
    weights = [[1.0] * (len(row) - 1) for row in rows]
    for row, weight in zip(rows, weights, strict=True):
        length = 4 if row[:4] == PREFIXES[0] else 2
        weight[: length - 1] = [prompt_weight] * (length - 1)
    features = {
        "token_ids": [row[:-1] for row in rows],
        "targets": [row[1:] for row in rows],
        "sample_weight": weights,
    }
    dataset = training.length_grouped_dataset(
        {name: tf.ragged.constant(v) for name, v in features.items()}, None, 8
    )
    return next(iter(with_other_prompts(dataset, PREFIXES, longest, seed=7)))


def test_every_text_stands_behind_the_other_prompt_too():
    x, y, weight = batch(ROWS)
    count, rows = len(ROWS), sorted(ROWS, key=len)
    others = [[1, 5, 6, 7, 40, 2], [1, 5, 6, 7, 30, 31, 32, 2], [1, 5, 20, 21, 2]]
    for i, row in enumerate(rows + others):
        length = len(row) - 1
        assert x["token_ids"][i].numpy().tolist()[:length] == row[:-1]
        assert x["padding_mask"][i].numpy().tolist()[:length] == [1] * length
        assert not x["padding_mask"][i, length:].numpy().any()
        assert y[i].numpy().tolist()[:length] == row[1:]
        assert not weight[i, length:].numpy().any()
    assert weight.numpy().sum(axis=1).tolist() == [3, 5, 6, 5, 7, 4]
    *_, weight = batch(ROWS, prompt_weight=0.0)
    assert weight.numpy().sum(axis=1).tolist() == [2, 4, 3] * 2
    assert len({part.shape for part in (*x.values(), y, weight)}) == 1
    assert len(x["token_ids"]) == 2 * count


def test_wrong_prompts_are_told_by_seed_and_batch():
    prefixes = [[1, 5], [1, 6], [1, 7], [1, 8]]
    rows = [[1, 5 + i % 4, 20 + i, 2] for i in range(32)]
    features = {
        "token_ids": [row[:-1] for row in rows],
        "targets": [row[1:] for row in rows],
        "sample_weight": [[1.0] * 3] * 32,
    }
    features = {name: tf.ragged.constant(v) for name, v in features.items()}

    def prompts(seed, epoch):
        dataset = training.length_grouped_dataset(features, None, 8, shuffle_seed=3)
        dataset = with_other_prompts(dataset, prefixes, 16, seed)
        dataset.order.epoch = epoch
        ids = [x["token_ids"].numpy() for x, *_ in dataset]
        assert all((x[:8, 1] != x[8:, 1]).all() for x in ids)
        assert all((x[:8, 2] == x[8:, 2]).all() for x in ids)
        return {int(row[2]): int(row[1]) for x in ids for row in x[8:]}

    first = prompts(7, 0)
    assert first == prompts(7, 0)
    assert first != prompts(8, 0) and first != prompts(7, 1)
    assert len(set(first.values())) == 4


def test_no_row_is_longer_than_the_model_reads():
    x, y, weight = batch(ROWS, longest=6)
    assert {part.shape[1] for part in (*x.values(), y, weight)} == {6}


def test_one_prompt_cannot_be_told_from_another():
    with pytest.raises(InputError, match="two or more different prompts; received 1"):
        with_other_prompts(tf.data.Dataset.range(1), [[1, 5]], 16, seed=7)


def test_the_loss_by_hand():
    generator = np.random.default_rng(7)
    logits = generator.normal(size=(4, 3, 6)).astype("float32")
    targets = generator.integers(0, 6, (4, 3))
    weight = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 0], [0, 1, 1]], "float32")
    chosen = np.take_along_axis(logits, targets[..., None], -1)[..., 0]
    surprise = np.log(np.exp(logits).sum(-1)) - chosen
    own, other = np.split((surprise * weight).sum(1), 2)
    told_apart = -np.log(1 / (1 + np.exp(own - other))).mean()
    expected = 0.75 * own.sum() / 5 + 0.25 * told_apart
    loss = PromptContrast(0.25)(targets, logits, weight)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(PromptContrast(0.0)(targets, logits, weight)) == pytest.approx(
        float(
            keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            )(targets[:2], logits[:2], weight[:2])
        ),
        rel=1e-5,
    )
