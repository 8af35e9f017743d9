import threading

import pytest

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.demo.decoding import SETTINGS, decoding_options
from kerasnlp_tutorial.demo.models import (
    DemoModel,
    NotTrainedError,
    chapter_demos,
    open_demo,
)
from kerasnlp_tutorial.demo.training import ChapterTraining
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import TrainedModel

DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}
SHORT = DEFAULTS | {"max_new_tokens": 12}


def test_a_model_is_opened_once_and_only_when_asked():
    opened = []
    model = DemoModel("ch04", "문서 분류", lambda: opened.append(1) or "model")
    assert not opened
    threads = [threading.Thread(target=model.open) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [1] and model.open() == "model"


def test_chapters_wait_to_be_trained_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    demos = chapter_demos()
    names = [chapter.name for chapter in registry.CHAPTERS if chapter.number >= 4]
    assert [demo.chapter for demo in demos] == names
    for demo in demos:
        assert not demo.is_ready
        assert demo.training.path.parent == tmp_path / "models"
    with pytest.raises(NotTrainedError, match="kerasnlp-tutorial train ch04"):
        demos[0].predict(("좋다",))
    assert not list(tmp_path.iterdir())


def test_what_is_no_model(tmp_path):
    with pytest.raises(InputError, match="is not a trained model"):
        open_demo(str(tmp_path))
    with pytest.raises(InputError, match="not a trained model.*no preset 'nothing'"):
        open_demo("nothing")
    with pytest.raises(InputError, match="not a trained model.*BertBackbone"):
        open_demo("bert_mini_ko")
    (tmp_path / "begun.partial").mkdir()
    with pytest.raises(InputError, match="unfinished"):
        open_demo(str(tmp_path / "begun"))


def test_a_language_model_by_folder(writer, tmp_path):
    writer.open().model.save_to_preset(str(tmp_path / "gpt2"))
    model = open_demo(str(tmp_path / "gpt2"))
    assert model.chapter == "ch08" and model.is_ready
    options = decoding_options("greedy", SHORT)
    written = "".join(writer.write("티끌", options, 0))
    assert "".join(model.write("티끌", options, 0)) == written


def test_the_same_seed_writes_the_same_text(writer):
    options = decoding_options("sampling", SHORT)
    first, again, other = ("".join(writer.write("", options, s)) for s in (1, 1, 2))
    assert first == again != other


def test_beams_and_streams_do_not_disturb_each_other(writer):
    beams = decoding_options("beam", SHORT)
    (alone,) = writer.write("가는", beams, 0)
    stream = writer.write("가는", decoding_options("greedy", SHORT), 0)
    pieces = [next(stream)]
    assert list(writer.write("가는", beams, 0)) == [alone]
    pieces += stream
    again = writer.write("가는", decoding_options("greedy", SHORT), 0)
    assert pieces == list(again)


def test_a_reader_who_leaves_does_not_hold_up_others(writer):
    options = decoding_options("greedy", SHORT)
    next(writer.write("가는", options, 0))  # and never looks again
    assert list(writer.write("가는", options, 0))


def test_what_stood_after_a_prompt_is_put_there(writer):
    config = registry.find("ch08").load().Config(separator=" => ")
    trained = TrainedModel(writer.open().model, (), config)
    model = DemoModel("ch08", "문장 생성하기", lambda: trained)
    options = decoding_options("greedy", SHORT)
    written = list(writer.write("가는 =>", options, 0))
    assert list(model.write("가는", options, 0)) == [" =>", *written]
    assert list(model.write("가는 =>", options, 0)) == written
    assert list(model.write("", options, 0)) == list(writer.write("", options, 0))
    assert model.count_tokens("가는") == writer.count_tokens("가는 =>")
    assert model.count_tokens("가는 =>") == writer.count_tokens("가는 =>")


def test_its_scores_are_those_of_the_training(tmp_path):
    path = tmp_path / "ch07"
    training = ChapterTraining("ch07", path, threading.Lock())
    model = DemoModel("ch07", "질의응답", lambda: None, training=training, path=path)
    assert model.metrics() == {}
    path.mkdir()
    runs.write_json(path / runs.TRAINING_FILE, {"metrics": {"f1": 0.3}})
    assert model.metrics() == {"f1": 0.3}


def test_more_than_the_model_reads(writer):
    with pytest.raises(InputError, match="96토큰까지.*개까지입니다"):
        next(writer.write("가" * 40, decoding_options("greedy", DEFAULTS), 0))
    # Of fewer tokens than that, all.
    options = decoding_options("sampling", SHORT | {"top_k": 1000})
    assert list(writer.write("가는", options, 0))
