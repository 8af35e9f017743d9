import pytest
from helpers import FakeModel

from kerasnlp_tutorial import runs, trained
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """The configurations with which a chapter has been trained."""
    configs = []

    class Chapter:
        name, title = "ch04", "문서 분류"
        Config = TrainingConfig

        @staticmethod
        def load_task():
            return Chapter

        @staticmethod
        def train(config):
            configs.append(config)
            with runs.Run.begin("ch04", config) as run:
                return run.finish(FakeModel(), ("a", "b"), {"accuracy": 0.5})

    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(trained.registry, "find", lambda name: Chapter)
    monkeypatch.setattr(trained, "load_trained", lambda path: path)
    return configs


def test_a_model_that_another_chapter_needs_is_trained_once(tmp_path, trainings):
    path = trained.trained_once("ch04")
    assert path == trained.trained_once("ch04")
    assert path.is_relative_to(tmp_path / "cache") and len(trainings) == 1
    assert runs.describe(path)["metrics"] == {"accuracy": 0.5}


def test_a_model_of_another_version_is_trained_again(monkeypatch, trainings):
    path = trained.trained_once("ch04")

    def damaged_at_first(path):
        if len(trainings) == 1:
            raise InputError(f"{path} was written by another version")
        return path

    monkeypatch.setattr(trained, "load_trained", damaged_at_first)
    assert path == trained.trained_once("ch04")
    assert len(trainings) == 2


def test_a_model_is_kept_if_memory_was_at_fault(monkeypatch, trainings):
    trained.trained_once("ch04")

    def out_of_memory(path):
        raise InputError("out of memory") from MemoryError()

    monkeypatch.setattr(trained, "load_trained", out_of_memory)
    with pytest.raises(InputError, match="memory"):
        trained.trained_once("ch04")
    assert len(trainings) == 1
