import threading

import pytest

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.demo.chapter_training import ChapterTraining
from kerasnlp_tutorial.demo.decoding import SETTINGS, decoding_options
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import TrainedModel

DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}
SHORT = DEFAULTS | {"max_new_tokens": 12}


def test_a_model_is_opened_once_at_the_first_request():
    opened = []
    model = DemoModel("ch04", "문서 분류", lambda: opened.append(1) or "model")
    assert not opened
    threads = [threading.Thread(target=model.open) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [1] and model.open() == "model"


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


def test_a_client_that_disconnects_does_not_block_others(writer):
    options = decoding_options("greedy", SHORT)
    next(writer.write("가는", options, 0))  # and asks for no more
    assert list(writer.write("가는", options, 0))


def test_the_separator_of_the_training_data_follows_a_prompt(writer):
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


def test_the_scores_are_those_of_the_training(tmp_path):
    path = tmp_path / "ch07"
    training = ChapterTraining("ch07", path, threading.Lock())
    model = DemoModel("ch07", "질의응답", lambda: None, training=training, path=path)
    assert model.metrics() == {}
    path.mkdir()
    content = {"chapter": "ch07", "labels": ["answer"], "config": {}}
    content["metrics"] = {"f1": 0.3}
    runs.write_json(path / runs.TRAINING_FILE, content)
    assert model.metrics() == {"f1": 0.3}


def test_a_text_longer_than_the_sequence_length(writer):
    with pytest.raises(InputError, match="96토큰까지.*개까지입니다"):
        next(writer.write("가" * 40, decoding_options("greedy", DEFAULTS), 0))
    # top_k may exceed the size of the vocabulary.
    options = decoding_options("sampling", SHORT | {"top_k": 1000})
    assert list(writer.write("가는", options, 0))
