"""A chapter that has what the contract says, and nothing else, works."""

import json
import sys
import textwrap

import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.cli import main
from kerasnlp_tutorial.task_chapter import TaskChapter

STUB = """
    from kerasnlp_tutorial import runs
    from kerasnlp_tutorial.config import TrainingConfig as Config
    from kerasnlp_tutorial.datasets import LabeledText, Splits

    INPUT_FIELDS = ("text",)
    METRICS = ("length",)


    class Model:
        optimizer = preprocessor = None

        def get_weights(self):
            return []

        def save_to_preset(self, folder):
            runs.Path(folder).mkdir()


    MODELS = (Model,)


    def load_examples(config):
        examples = read_examples(config, "train")
        return Splits(examples, examples, examples, ("a", "b"))


    def read_examples(config, split, labels=None):
        return [LabeledText("글", "a"), LabeledText("긴 글", "b")]


    def train(config):
        with runs.Run.begin("ch09", config) as run:
            trained = runs.TrainedModel(Model(), ("a", "b"), config)
            scores = evaluate(trained, load_examples(config).test)
            return run.finish(Model(), trained.labels, scores)


    def evaluate(trained, examples):
        return {"length": sum(len(e.text) for e in examples) / len(examples)}


    def predict(trained, inputs):
        return [{"text": text, "length": len(text)} for text in inputs]


    def format_answer(answer):
        return f"{answer['length']} {answer['text']}"
"""


@pytest.fixture
def stub(tmp_path, monkeypatch):
    (tmp_path / "ch09_stub.py").write_text(textwrap.dedent(STUB), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("ch09_stub")
    monkeypatch.setitem(sys.modules, "kerasnlp_tutorial.chapters.ch09_stub", module)
    chapter = registry.Chapter(9, "ch09_stub", "글의 길이")
    monkeypatch.setattr(registry, "CHAPTERS", (*registry.CHAPTERS, chapter))
    monkeypatch.setattr(
        "kerasnlp_tutorial.trained.load_task", lambda path: (module.Model(), ("a", "b"))
    )
    monkeypatch.chdir(tmp_path)
    return module


def test_every_command_takes_it(stub, capsys):
    assert main(["chapters"]) == 0
    assert "ch09  글의 길이" in capsys.readouterr().out
    assert main(["train", "ch09", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"] == "runs/ch09-1"
    assert main(["evaluate", "runs/ch09-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"length": 2.0}
    assert main(["predict", "runs/ch09-1", "세 글자"]) == 0
    assert capsys.readouterr().out == "4 세 글자\n"
    assert main(["predict", "runs/ch09-1", "세 글자", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"text": "세 글자", "length": 4}


def test_it_has_nothing_else(stub):
    contract = {name for name in vars(TaskChapter) if name[0] != "_"}
    contract |= set(TaskChapter.__annotations__)
    public = {name for name in vars(stub) if name[0] != "_"}
    assert public - {"runs", "LabeledText", "Splits", "Model"} == contract
