import pytest

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.demo import served_models
from kerasnlp_tutorial.demo.decoding import SETTINGS, decoding_options
from kerasnlp_tutorial.demo.demo_model import DemoModel, NotTrainedError
from kerasnlp_tutorial.demo.served_models import (
    chapter_models,
    open_model,
    open_models,
)
from kerasnlp_tutorial.errors import InputError


def write_training(path, chapter):
    content = {"chapter": chapter, "labels": [], "config": {}, "metrics": {}}
    path.mkdir(exist_ok=True)
    runs.write_json(path / runs.TRAINING_FILE, content)


def test_chapters_wait_to_be_trained_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    models = chapter_models()
    names = [chapter.name for chapter in registry.CHAPTERS if chapter.number >= 4]
    assert [model.chapter for model in models] == names
    for model in models:
        assert not model.is_ready
        assert model.training.path.parent == tmp_path / "models"
    with pytest.raises(NotTrainedError, match="kerasnlp-tutorial train ch04"):
        models[0].predict(("좋다",))
    assert not list(tmp_path.iterdir())


def test_a_name_without_a_model(tmp_path):
    with pytest.raises(InputError, match="is not a trained model"):
        open_model(str(tmp_path))
    with pytest.raises(InputError, match="not a trained model.*no preset 'nothing'"):
        open_model("nothing")
    with pytest.raises(InputError, match="not a trained model.*BertBackbone"):
        open_model("bert_mini_ko")
    (tmp_path / "begun.partial").mkdir()
    with pytest.raises(InputError, match="unfinished"):
        open_model(str(tmp_path / "begun"))


def test_two_models_of_one_chapter_are_compared(writer, tmp_path):
    for name in ("one", "two"):
        writer.open().model.save_to_preset(str(tmp_path / name))
    names = [str(tmp_path / name) for name in ("one", "two")]
    assert [model.name for model in open_models(names)] == names
    with pytest.raises(InputError, match="compares two models; received 3"):
        open_models([*names, names[0]])


def test_models_of_two_chapters_are_not_compared(monkeypatch):
    def open_one(name):
        return DemoModel(name, "제목", lambda: None, name=f"runs/{name}")

    monkeypatch.setattr(served_models, "open_model", open_one)
    expected = r"models of one chapter; received runs/ch04 \(ch04\), runs/ch06"
    with pytest.raises(InputError, match=expected):
        open_models(["ch04", "ch06"])


def test_a_language_model_by_folder(writer, tmp_path):
    writer.open().model.save_to_preset(str(tmp_path / "gpt2"))
    model = open_model(str(tmp_path / "gpt2"))
    assert model.chapter == "ch08" and model.is_ready
    defaults = {name: setting.default for name, setting in SETTINGS.items()}
    options = decoding_options("greedy", defaults | {"max_new_tokens": 12})
    written = "".join(writer.write("티끌", options, 0))
    assert "".join(model.write("티끌", options, 0)) == written


def test_a_pretrained_language_model(writer, tmp_path):
    writer.open().model.save_to_preset(str(tmp_path / "gpt2"))
    write_training(tmp_path / "gpt2", "pretrain-gpt2")
    assert open_model(str(tmp_path / "gpt2")).chapter == "ch08"


@pytest.mark.parametrize("chapter", ["ch09", "ch01", "ch99"])
def test_a_chapter_without_a_page(monkeypatch, tmp_path, chapter):
    ninth = registry.Chapter(9, "ch09_summaries", "요약하기")
    monkeypatch.setattr(registry, "CHAPTERS", (*registry.CHAPTERS, ninth))
    write_training(tmp_path / "run", chapter)
    expected = f"run: chapter {chapter} has no page in the demo; .* are: ch04, ch05"
    with pytest.raises(InputError, match=expected):
        open_model(str(tmp_path / "run"))
    assert chapter not in [model.chapter for model in chapter_models()]
