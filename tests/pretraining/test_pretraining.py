import dataclasses
import itertools
import json
import math
from pathlib import Path
from types import SimpleNamespace

import keras
import keras_nlp
import numpy as np
import pytest
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.pre_tokenizers import ByteLevel

import kerasnlp_tutorial.models  # noqa: F401
from kerasnlp_tutorial import runs
from kerasnlp_tutorial.checkpoints import load_masked_lm, load_task
from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining import PRESET_SIZES, PretrainingConfig, pretrain
from kerasnlp_tutorial.pretraining import architectures as architectures_module
from kerasnlp_tutorial.pretraining import monitor as monitor_module
from kerasnlp_tutorial.pretraining import run as run_module
from kerasnlp_tutorial.pretraining import tokens as tokens_module
from kerasnlp_tutorial.pretraining.initial import (
    layer_origins,
    load_initial,
    with_vocabulary,
)
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    save_wordpiece,
)
from kerasnlp_tutorial.training import schedule

WORDS = [
    "배우",
    "연기",
    "정말",
    "좋다",
    "영화",
    "음악",
    "너무",
    "지루하다",
    "시간",
    "감독",
]


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    size = {"num_layers": 1, "num_heads": 2, "hidden_dim": 32}
    monkeypatch.setitem(PRESET_SIZES, "mini", size)


@pytest.fixture
def config(tmp_path):
    """Settings for a language in which each word is followed by a certain other one."""
    lines = [" ".join(WORDS[(i + 3 * j) % 10] for j in range(12)) for i in range(400)]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def make(architecture, **changes):
        fields = {
            "architecture": architecture,
            "text": (str(path),),
            "vocabulary_size": 400,
            "sequence_length": 24,
            "batch_size": 16,
            "learning_rate": 0.01,
            "held_out": 0.1,
            "steps": 60,
            "measure_every": 20,
            "output": str(tmp_path / architecture),
        }
        return PretrainingConfig(**(fields | changes))

    return make


def test_a_masked_model_learns_to_look_around(config, tmp_path):
    generator = np.random.default_rng(0)
    lines = [" ".join([WORDS[i]] * 12) for i in generator.integers(10, size=400)]
    (tmp_path / "same.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = (str(tmp_path / "same.txt"),)
    path = pretrain(config("bert", text=text, steps=400, learning_rate=0.005))
    measured = runs.describe(path)["metrics"]
    assert measured["val_accuracy"] > 0.8 and measured["texts"] == 400
    assert "val_character_perplexity" not in measured
    model = keras_nlp.models.BertMaskedLM.from_preset(str(path))
    tokenizer = model.preprocessor.tokenizer
    ids = [int(i) for i in tokenizer("영화 영화 [MASK] 영화 영화 영화")]
    ids = [tokenizer.cls_token_id, *ids, tokenizer.sep_token_id]
    x = {
        "token_ids": np.array([ids]),
        "segment_ids": np.zeros((1, len(ids)), "int32"),
        "padding_mask": np.ones((1, len(ids)), "int32"),
        "mask_positions": np.array([[ids.index(tokenizer.mask_token_id)]]),
    }
    model.preprocessor = None
    best = int(model.predict_on_batch(x)[0, 0].argmax())
    assert tokenizer.id_to_token(best) == "영화"


def test_a_causal_model_learns_what_follows(config):
    path = pretrain(config("gpt2", steps=150))
    model = keras_nlp.models.GPT2CausalLM.from_preset(str(path))
    model.compile(sampler="greedy")
    text = model.generate(f"{WORDS[0]} {WORDS[3]} {WORDS[6]}", max_length=20)
    assert text.startswith(f"{WORDS[0]} {WORDS[3]} {WORDS[6]} {WORDS[9]} {WORDS[2]}")
    measured = runs.describe(path)["metrics"]
    assert math.log(measured["val_perplexity"]) == pytest.approx(measured["val_loss"])
    # Of a text held out: as many characters share what its tokens and the end cost.
    texts = [" ".join(WORDS[(i + 3 * j) % 10] for j in range(12)) for i in range(10)]
    characters = sum(map(len, texts))
    tokens = sum(len(model.preprocessor.tokenizer(text)) + 1 for text in texts)
    ratio = math.log(measured["val_character_perplexity"]) / measured["val_loss"]
    assert ratio == pytest.approx(tokens / characters, rel=0.1)


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("bert", {}),
        pytest.param(
            "bert",
            {"objective": "both", "sentence_order": True, "average": 0.9},
            marks=pytest.mark.slow,
        ),
        pytest.param("bert", {"objective": "replaced"}, marks=pytest.mark.slow),
        pytest.param("gpt2", {}, marks=pytest.mark.slow),
        pytest.param("bert", {"initial": "bert_mini_ko"}, marks=pytest.mark.slow),
        pytest.param(
            "bert",
            {"initial": "bert_mini_ko", "num_layers": 5, "objective": "both"},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_killed_training_goes_on_as_if_uninterrupted(
    config, architecture, changes, monkeypatch
):
    whole = pretrain(config(architecture, **changes))
    interrupted = config(
        architecture, **changes, output=f"{whole}-2", checkpoint_minutes=1e-9
    )
    original = monitor_module.PretrainingMonitor._measure

    def killed(self, loss):
        original(self, loss)
        if self.step == 40:
            raise SystemExit("as if killed, before the checkpoint of this step")

    monkeypatch.setattr(monitor_module.PretrainingMonitor, "_measure", killed)
    with pytest.raises(SystemExit):
        pretrain(interrupted)
    monkeypatch.setattr(monitor_module.PretrainingMonitor, "_measure", original)
    keras.utils.set_random_seed(99)
    resumed = pretrain(
        PretrainingConfig(
            architecture=architecture, text=(), resume=True, output=f"{whole}-2"
        )
    )
    first, second = (runs.describe(path)["history"] for path in (whole, resumed))
    steps = [20, 40, 60]
    steps = [0, *steps] if "initial" in changes else steps
    assert first["step"] == second["step"] == steps
    assert first.keys() == second.keys()
    for name in first.keys() - {"minutes"}:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-3, err_msg=name)


@pytest.mark.parametrize(
    "architecture", ["bert", pytest.param("gpt2", marks=pytest.mark.slow)]
)
def test_going_on_from_a_preset(config, architecture, monkeypatch, tmp_path):
    preset = pretrain(config(architecture, steps=20))
    for name in ("config.json", "task.json"):  # as a checkpoint of others has it
        text = (preset / name).read_text()
        assert '"dropout": 0.0' in text
        (preset / name).write_text(text.replace('"dropout": 0.0', '"dropout": 0.3'))
    first = []

    class Spy(monitor_module.PretrainingMonitor):
        def on_train_begin(self, logs=None):
            super().on_train_begin(logs)
            first.extend(self.model.get_weights())
            assert self.model.backbone.dropout == 0.0
            assert int(self.model.optimizer.iterations) == 0

    monkeypatch.setattr(run_module, "PretrainingMonitor", Spy)
    output = str(tmp_path / "further")
    further = pretrain(
        config(architecture, initial=str(preset), output=output, steps=20)
    )
    stored = load_task(preset)[0].get_weights()
    for weight, expected in zip(first, stored, strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert runs.describe(further)["initial"] == runs.describe(preset)
    before, after = (runs.describe(path)["history"] for path in (preset, further))
    assert after["step"] == [0, 20]
    # The same texts are held out: what the preset was measured with at its end.
    assert after["val_loss"][0] == pytest.approx(before["val_loss"][-1], abs=1e-3)


@pytest.mark.parametrize(
    ("architecture", "changes", "message"),
    [
        ("bert", {"preset_config": "small"}, "preset_config must be left out, or the"),
        ("bert", {"sequence_length": 256}, "sequence_length must be at most 128"),
        ("gpt2", {}, "'bert_mini_ko' must have a GPT2Backbone"),
        ("bert", {"num_layers": 3}, "num_layers must be 4 to 8 with initial"),
        ("bert", {"initial": "none"}, "no preset 'none'"),
        ("bert", {"vocabulary": "v"}, "vocabulary '.*' cannot be used"),
    ],
)
def test_a_preset_that_cannot_be_gone_on_from(config, architecture, changes, message):
    with pytest.raises(InputError, match=message):
        pretrain(config(architecture, **({"initial": "bert_mini_ko"} | changes)))


SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_new_tokens_start_as_the_mean_of_the_old_ones_they_are_made_of(tmp_path):
    old = KoreanBertTokenizer(_vocabulary(tmp_path / "old", "나 가 ##나 ##다"))
    new = KoreanBertTokenizer(_vocabulary(tmp_path / "new", "가 가나 ##나다 뷁 나"))

    def task(backbone, tokenizer=new):
        preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
            tokenizer, sequence_length=8, mask_selection_length=2
        )
        return keras_nlp.models.BertMaskedLM(backbone, preprocessor)

    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=9,
        num_layers=1,
        num_heads=1,
        hidden_dim=4,
        intermediate_dim=8,
        max_sequence_length=8,
    )
    before = task(backbone, old)
    for i, weight in enumerate(before.weights):
        weight.assign(keras.random.normal(weight.shape, seed=i))
    after = with_vocabulary(before, new, task)
    assert after.preprocessor.tokenizer.get_vocabulary() == new.get_vocabulary()
    values = {weight.path: np.array(weight) for weight in before.weights}
    changed = []
    for weight in after.weights:
        expected = values[weight.path]
        if weight.shape != expected.shape:
            changed.append(weight.path)
            rows = [[6], [6, 7], [7, 8], list(range(9)), [5]]
            pieces = [[i] for i in range(5)] + rows
            expected = np.stack([expected[ids].mean(0) for ids in pieces])
        np.testing.assert_allclose(weight, expected, rtol=1e-6, err_msg=weight.path)
    assert len(changed) == 2  # embeddings and the head's bias


def _vocabulary(folder, tokens):
    folder.mkdir()
    path = folder / "vocab.txt"
    path.write_text("\n".join([*SPECIAL, *tokens.split()]) + "\n", encoding="utf-8")
    return str(path)


def test_a_bpe_token_is_made_of_the_tokens_that_the_old_merges_give(config):
    preset = pretrain(config("gpt2", steps=1))
    lines = ["영화가 영화를 영화도 영화와"] * 50
    bpe = ByteLevelBPE.train(lines, 300)
    new = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    task, tokenizer = load_task(preset)[0], load_task(preset)[0].preprocessor.tokenizer
    after = with_vocabulary(
        task,
        new,
        lambda backbone: keras_nlp.models.GPT2CausalLM(
            backbone, keras_nlp.models.GPT2CausalLMPreprocessor(new)
        ),
    )
    old = np.array(task.backbone.token_embedding.embeddings)
    embeddings = np.array(after.backbone.token_embedding.embeddings)
    compared = 0
    for token, id in bpe.vocabulary.items():
        text = ByteLevelDecoder().decode([token])
        if token[0] != "<" and text != "\0" and "\ufffd" not in text:
            ids = [int(i) for i in tokenizer(text)]
            expected = old[ids].mean(0)
            np.testing.assert_allclose(embeddings[id], expected, rtol=1e-5)
            compared += len(ids) > 1
    assert compared > 3


@pytest.mark.parametrize(
    "architecture", ["bert", pytest.param("gpt2", marks=pytest.mark.slow)]
)
def test_pretraining_goes_on_with_another_vocabulary(config, architecture, tmp_path):
    first = pretrain(config(architecture, steps=60))
    folder = tmp_path / "vocabulary"
    folder.mkdir()
    if architecture == "bert":
        size = len(SPECIAL) + len(WORDS)
        save_wordpiece([*SPECIAL, *WORDS], folder)
    else:
        # Other ids, but every word is one token, as in the first vocabulary.
        bpe = ByteLevelBPE.train([f"기차 {word}\n{word}" for word in WORDS] * 9, 400)
        size = len(bpe.vocabulary)
        bpe.save(folder)
    changes = {"initial": str(first), "vocabulary": str(folder)}
    further = pretrain(
        config(architecture, output=str(tmp_path / "further"), steps=20, **changes)
    )
    vocabulary = load_task(further)[0].preprocessor.tokenizer.get_vocabulary()
    assert len(vocabulary) == size
    losses = runs.describe(further)["history"]["val_loss"]
    learnt = runs.describe(first)["history"]["val_loss"][-1]
    assert len(losses) == 2 and losses[0] < learnt + 0.2  # it does not begin again
    assert losses[1] < losses[0] + 0.02


@pytest.mark.parametrize(
    ("backbone_class", "task_class", "initial"),
    [
        (
            keras_nlp.models.BertBackbone,
            keras_nlp.models.BertMaskedLM,
            "bert_mini_ko",
        ),
        (
            keras_nlp.models.GPT2Backbone,
            keras_nlp.models.GPT2CausalLM,
            "gpt2_mini_ko",
        ),
    ],
)
def test_a_deeper_model_goes_on_from_copies_of_the_layers(
    config, backbone_class, task_class, initial
):
    shallow = task_class(
        backbone_class(
            vocabulary_size=40,
            num_layers=4,
            num_heads=2,
            hidden_dim=16,
            intermediate_dim=32,
            max_sequence_length=24,
        )
    )
    for i, weight in enumerate(shallow.weights):
        weight.assign(weight + i)
    settings = config("bert", initial=initial, num_layers=6)
    deep = load_initial(settings, lambda name: shallow, backbone_class)
    values = {weight.path: np.array(weight) for weight in shallow.weights}
    copied = set()
    for weight in deep.weights:
        path = weight.path
        for new, old in ((3, 1), (4, 2), (5, 3)):
            if f"layer_{new}/" in weight.path:
                path = weight.path.replace(f"layer_{new}/", f"layer_{old}/")
        np.testing.assert_array_equal(weight, values[path])
        copied.add(path)
    assert copied == values.keys() and len(deep.weights) > len(values)


@pytest.mark.parametrize(
    ("old", "new", "copies"),
    [
        (4, 4, [0, 1, 2, 3]),
        (4, 5, [0, 1, 2, 2, 3]),
        (4, 8, [0, 1, 2, 3, 0, 1, 2, 3]),
        (1, 2, [0, 0]),
    ],
)
def test_of_which_layers_a_deeper_model_has_copies(old, new, copies):
    assert layer_origins(old, new) == copies


def test_the_average_of_the_weights_is_what_is_stored(config, monkeypatch):
    seen = []

    class Spy(monitor_module.PretrainingMonitor):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(np.array(self.model.backbone.token_embedding.embeddings))
            super().on_train_batch_end(batch, logs)

    monkeypatch.setattr(run_module, "PretrainingMonitor", Spy)
    path = pretrain(config("bert", steps=5, average=0.5))
    average = seen[0]
    for weights in seen[1:]:
        average = 0.5 * average + 0.5 * weights
    stored = load_task(path)[0].backbone.token_embedding.embeddings
    np.testing.assert_allclose(np.array(stored), average, atol=1e-6)


@pytest.mark.slow
def test_a_model_that_learnt_no_gaps_has_no_head_for_them(config):
    path = pretrain(config("bert", steps=2, objective="replaced", sentence_order=True))
    with pytest.raises(InputError, match="has no head for masked words"):
        load_masked_lm(path)
    backbone = keras_nlp.models.BertBackbone.from_preset(str(path))
    assert backbone.num_layers == 1
    metrics = runs.describe(path)["metrics"]
    assert "val_detection_accuracy" in metrics and "val_perplexity" not in metrics


def test_a_time_budget_ends_it(config, monkeypatch):
    # A clock that goes a second whenever it is asked: how busy the machine is, and
    # how long the first step takes to prepare, does not count.
    clock = SimpleNamespace(monotonic=map(float, itertools.count()).__next__)
    monkeypatch.setattr(monitor_module, "time", clock)
    monkeypatch.setattr(schedule, "time", clock)
    path = pretrain(config("bert", steps=None, max_minutes=0.5))
    minutes = json.loads((path / "training.json").read_text())["history"]["minutes"]
    assert 0.5 <= minutes[-1] <= 0.6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "t5"}, "architecture must be bert or gpt2; received 't5'"),
        ({"steps": None}, "max_minutes must be given, or steps"),
        ({"preset_config": "large"}, "preset_config must be mini or small"),
        ({"masked_share": 1.0}, "masked_share must be between 0 and 1"),
        ({"text": ()}, "text must be one file or more"),
        ({"held_out": 0.9}, "held_out must be above 0, at most 0.5"),
        ({"objective": "all"}, "objective must be masked, replaced or both"),
        ({"average": 1.0}, "average must be at least 0 and below 1; received 1.0"),
        (
            {"batch_size": 1, "sentence_order": True},
            "batch_size must be 2 or more with sentence_order",
        ),
        (
            {"architecture": "gpt2", "sentence_order": True},
            "sentence_order must be unset for gpt2",
        ),
        (
            {"architecture": "gpt2", "whole_words": True},
            "whole_words must be unset for gpt2",
        ),
    ],
)
def test_settings_that_cannot_work(config, changes, message):
    fields = dataclasses.asdict(config("bert")) | changes
    with pytest.raises(InputError, match=message):
        PretrainingConfig(**fields)


def test_texts_are_paths_patterns_and_urls(config, tmp_path, monkeypatch):
    folder = tmp_path / "[1]"
    folder.mkdir()
    (folder / "a.txt").write_text("하나\n", encoding="utf-8")
    (folder / "b*.txt").write_text("둘\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    url = "s3://bucket/*.txt"
    text = config("bert", text=("a.txt", "*.txt", "b*.txt", url)).text
    assert text == (
        f"{folder}/a.txt",
        f"{tmp_path}/[[]1]/*.txt",
        f"{folder}/b*.txt",
        url,
    )
    assert config("bert", text=text).text == text  # as a resumed training reads it
    monkeypatch.chdir(tmp_path)
    assert list(TextLines(text[:3])) == ["하나", "하나", "둘", "둘"]


def test_trainings_share_the_tokens_of_a_folder(config, tmp_path, monkeypatch):
    tokens = tmp_path / "tokens"
    alone = pretrain(config("bert", steps=2, output=str(tmp_path / "alone")))
    first = pretrain(config("bert", steps=2, tokens=str(tokens)))
    assert sorted(path.name for path in tokens.iterdir()) == ["00000", "index.json"]
    with monkeypatch.context() as patched:
        patched.setattr(tokens_module, "_encoded", None)  # nothing is tokenised again
        output = str(tmp_path / "second")
        second = pretrain(config("bert", steps=2, tokens=str(tokens), output=output))
    losses = [runs.describe(p)["history"]["val_loss"] for p in (alone, first, second)]
    np.testing.assert_allclose(losses[1:], [losses[0]] * 2, rtol=1e-6)
    vocabulary = tmp_path / "vocabulary"
    vocabulary.mkdir()
    save_wordpiece([*SPECIAL, *WORDS], vocabulary)
    third = {"vocabulary": str(vocabulary), "output": str(tmp_path / "third")}
    with pytest.raises(InputError, match="tokens holds tokens of another vocabulary"):
        pretrain(config("bert", tokens=str(tokens), **third))
    with pytest.raises(InputError, match="tokens must be a folder that is no URL"):
        config("bert", tokens="gs://bucket/tokens")


def test_too_few_texts(config, tmp_path):
    path = tmp_path / "few.txt"
    path.write_text("배우 연기\n" * 20, encoding="utf-8")
    with pytest.raises(InputError, match="too few texts: .* make no batch of 16"):
        pretrain(config("bert", text=(str(path),)))
    assert not (tmp_path / "bert.partial").exists()


@pytest.mark.slow
def test_the_rate_is_held_and_falls_at_the_end(config, monkeypatch):
    rates = []

    class Spy(run_module.training.WarmupLinearDecay):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            rates.append(float(self.model.optimizer.learning_rate))

    monkeypatch.setattr(run_module.training, "WarmupLinearDecay", Spy)
    pretrain(config("bert", steps=40, warmup_ratio=0.1, decay_ratio=0.25))
    assert rates[4:30] == pytest.approx([0.01] * 26)
    assert rates[0] < 0.01 > rates[31] > rates[38] > rates[39] > 0


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("bert", keras_nlp.models.BertMaskedLM),
        ("gpt2", keras_nlp.models.GPT2CausalLM),
    ],
)
def test_half_precision_on_disk(config, architecture, task, monkeypatch):
    weights = []
    write_history = monitor_module.PretrainingMonitor.write_history

    def spy(watch):
        weights.extend(watch.model.get_weights())
        write_history(watch)

    monkeypatch.setattr(monitor_module.PretrainingMonitor, "write_history", spy)
    path = pretrain(config(architecture, steps=20, half_precision=True))
    loaded = task.from_preset(str(path))
    assert loaded.backbone.dtype_policy.name == "float32"
    for loaded_weight, weight in zip(loaded.get_weights(), weights, strict=True):
        assert loaded_weight.dtype == "float32"
        stored = weight.astype("float16") if weight.ndim > 1 else weight
        np.testing.assert_array_equal(loaded_weight, stored)


@pytest.mark.parametrize("name", run_module.ARCHITECTURES)
def test_a_vocabulary_is_there_whole_or_not_at_all(config, name, monkeypatch, tmp_path):
    settings, upstream = config(name), run_module.ARCHITECTURES[name]
    write = Path.write_text

    def killed(path, text, **options):
        write(path, text[: len(text) // 2], **options)
        if path.name in ("vocab.txt", "merges.txt"):
            raise SystemExit("as if killed while writing")

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(Path, "write_text", killed)
        upstream(settings, tmp_path)
    resumed = upstream(settings, tmp_path)
    fresh = upstream(settings, tmp_path / "fresh")
    assert resumed.encode(WORDS) == fresh.encode(WORDS)
    assert resumed.tokenizer.vocabulary_size() == fresh.tokenizer.vocabulary_size()


@pytest.mark.parametrize("name", run_module.ARCHITECTURES)
def test_ids_are_those_of_the_tokenizer(config, name, tmp_path):
    upstream = run_module.ARCHITECTURES[name](config(name), tmp_path)
    texts = ["배우 연기, 정말 [MASK]!", "모르는 말 \U0001f600", ""]
    expected = [[int(id) for id in upstream.tokenizer(text)] for text in texts]
    assert upstream.encode(texts) == expected


def test_vocabularies_that_cannot_be_used(config, tmp_path, monkeypatch):
    folder = tmp_path / "vocabulary"
    settings = {"vocabulary": str(folder)}
    with pytest.raises(InputError, match="cannot be used: .*does not exist"):
        pretrain(config("bert", **settings))
    save_wordpiece(["[PAD]", "[UNK]", "[SEP]", "[MASK]", "배우"], folder)
    with pytest.raises(InputError, match=r"cannot be used: .*\[CLS\]"):
        pretrain(config("bert", **settings))
    tokens = ["<pad>", *ByteLevel.alphabet(), "aa"]
    ByteLevelBPE({t: i for i, t in enumerate(tokens)}, ["a a"]).save(folder)
    with pytest.raises(InputError, match="cannot be used: .*endoftext"):
        pretrain(config("gpt2", **settings))
    monkeypatch.setattr(architectures_module, "MOST_TOKENS", 9_999)
    with pytest.raises(InputError, match="at most 9999 tokens; received 10000"):
        pretrain(config("bert", initial="bert_mini_ko"))


def test_what_has_diverged_does_not_replace_a_checkpoint(config, tmp_path, monkeypatch):
    original = monitor_module.PretrainingMonitor._measure

    def diverge(self, loss):
        original(self, loss)
        if self.step == 20:
            weights = self.model.trainable_variables[0]
            weights.assign(weights * math.nan)

    monkeypatch.setattr(monitor_module.PretrainingMonitor, "_measure", diverge)
    with pytest.raises(InputError, match="the training diverged"):
        pretrain(config("bert", checkpoint_minutes=1e-9))
    states = sorted(tmp_path.glob("bert.partial/checkpoints/*/state.json"))
    assert [json.loads(state.read_text())["step"] for state in states] == [18, 19]


def test_texts_that_the_vocabulary_does_not_know(config, tmp_path, caplog):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "배우"]
    save_wordpiece(vocabulary, tmp_path / "vocabulary")
    settings = {"vocabulary": str(tmp_path / "vocabulary")}
    with pytest.raises(InputError, match=r"% of the tokens .* allow_unknown=true"):
        pretrain(config("bert", **settings))
    pretrain(config("bert", **settings, allow_unknown=True))
    assert "are unknown to the tokenizer, in words such as '" in caplog.text
