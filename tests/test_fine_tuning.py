import dataclasses

import keras
import numpy as np
import pytest

from kerasnlp_tutorial import fine_tuning, runs, training
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.chapters import ch05_sentence_pair_classification as ch05
from kerasnlp_tutorial.checkpoints import load_masked_lm
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.trained import load_trained


@pytest.fixture(scope="module")
def splits():
    return ch04.load_examples(ch04.Config(max_train_examples=64))


def config(**changes):
    return ch04.Config(batch_size=16, epochs=2, sequence_length=48, **changes)


def learnt(model, splits, settings):
    """Fit for a few steps; return the weights that changed, by path."""
    before = {w.path: w.numpy() for w in model.weights}
    dataset = ch04.make_dataset(splits.train[:32], model, splits.labels, settings)
    with training.already_encoded(model):
        model.fit(dataset, epochs=2, verbose=0)
    return {
        w.path for w in model.weights if not np.array_equal(before[w.path], w.numpy())
    }


def test_frozen_weights_do_not_move(splits):
    settings = config(method="frozen")
    model = ch04.build_model(settings, splits)
    moved = learnt(model, splits, settings)
    assert all("pooled_dense" in path or "logits" in path for path in moved)
    assert len(moved) == 4
    assert fine_tuning.trainable_parameters(model) == 256 * 256 + 256 + 2 * 256 + 2


def test_lora_learns_small_matrices_alone_and_merging_changes_nothing(splits, tmp_path):
    settings = config(method="lora", lora_rank=4, output=str(tmp_path / "run"))
    model = ch04.build_model(settings, splits)
    plain = ch04.build_model(dataclasses.replace(settings, method="full"), splits)
    x = model.preprocessor([e.text for e in splits.test[:8]])
    np.testing.assert_allclose(
        *map(keras.ops.convert_to_numpy, (model(x), plain(x))), atol=1e-5
    )  # before the first step
    moved = learnt(model, splits, settings)
    lora = {path for path in moved if "lora" in path}
    assert len(lora) == 4 * 2 * 2  # layers, query and value, A and B
    assert all("pooled_dense" in p or "logits" in p for p in moved - lora)
    expected = np.array(model(x))
    with runs.Run.begin("ch04", settings) as run:
        run.finish(model, splits.labels, {})
    loaded = load_trained(tmp_path / "run")
    assert not any("lora" in w.path for w in loaded.model.weights)
    np.testing.assert_allclose(loaded.model(x), expected, atol=1e-4)


@pytest.mark.parametrize("method", ["frozen", "lora"])
def test_a_new_segment_is_learnt_by_every_method(method, tmp_path):
    settings = ch05.Config(
        max_train_examples=64,
        batch_size=16,
        sequence_length=48,
        method=method,
        output=str(tmp_path / "run"),
    )
    splits = ch05.load_examples(settings)
    model = ch05.build_model(settings, splits)
    moved = learnt(model, splits, settings)
    assert any("segment_embedding" in path for path in moved)
    assert not any("token_embedding" in path for path in moved)
    x = model.preprocessor((["비가 온다"], ["비가 그친다"]), y=None)
    expected = np.array(model(x))
    with runs.Run.begin("ch05", settings) as run:
        run.finish(model, splits.labels, {})
    loaded = load_trained(tmp_path / "run")
    np.testing.assert_allclose(loaded.model(x), expected, atol=1e-4)


@pytest.mark.slow
def test_a_prompt_is_trained_saved_and_opened(splits, tmp_path):
    settings = config(
        method="prompt", output=str(tmp_path / "run"), max_train_examples=64
    )
    trained = ch04.train(settings)
    assert trained.metrics["learnt"] == 20 * 256
    stored = sum(p.stat().st_size for p in trained.path.glob("prompt*"))
    assert 20_000 < stored < 22_000
    loaded = load_trained(trained.path)
    texts = ["정말 재미있어요", "너무 지루합니다"]
    for a, b in zip(
        ch04.predict(trained, texts), ch04.predict(loaded, texts), strict=True
    ):
        assert a["label"] == b["label"]
        assert a["probabilities"] == pytest.approx(b["probabilities"], abs=1e-5)
    original = load_masked_lm("bert_mini_ko").get_weights()
    now = loaded.model.language_model.get_weights()
    assert all(map(np.array_equal, original, now))


def test_a_prompt_asks_before_it_has_learnt(splits):
    # The untrained prompt is zero-shot: better than chance with no label at all.
    settings = config(method="prompt", prompt_length=3)
    model = ch04.build_model(settings, splits)
    trained = runs.TrainedModel(model, splits.labels, settings)
    praise = [
        "진짜 재밌어요 강추합니다",
        "배우들 연기가 최고였어요",
        "감동적이고 따뜻한 영화",
    ]
    blame = ["돈이 아깝다", "너무 지루해서 잤어요", "스토리가 엉망이네요"]
    shares = ch04.predict_probabilities(trained, (praise + blame,))[:, 0]
    assert shares[:3].mean() > shares[3:].mean() + 0.2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "half"}, "method must be one of full, frozen, lora, prompt"),
        ({"method": "lora", "lora_rank": 0}, "lora_rank must be above 0"),
        ({"initial_prompt": " "}, "initial_prompt must be words"),
    ],
)
def test_settings_that_cannot_work(changes, message):
    with pytest.raises(InputError, match=message):
        config(**changes)


def test_what_cannot_be_built(splits):
    with pytest.raises(InputError, match="needs a pretrained backbone"):
        ch04.build_model(config(method="prompt", backbone="scratch"), splits)
    with pytest.raises(InputError, match="received '최고,최악'"):
        ch04.build_model(config(method="prompt", label_words="최고,최악"), splits)


def test_the_rate_suits_the_method():
    assert ch04.Config().learning_rate == 3e-4
    assert ch04.Config(method="prompt").learning_rate == 3e-2
    assert ch04.Config(method="prompt", learning_rate=0.1).learning_rate == 0.1
