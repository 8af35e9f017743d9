"""What `train` prints at its end."""

import csv
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.cli import make_parser, summary
from kerasnlp_tutorial.data import MEASURED
from kerasnlp_tutorial.datasets import LabeledText, Splits
from kerasnlp_tutorial.runs import TrainedModel


def test_a_baseline_belongs_to_the_metric_in_its_name():
    metrics = {
        "exact_match": 0.3,
        "f1": 0.5,
        "n": 10,
        "baselines": {"sentence_exact_match": 0.0, "sentence_f1": 0.2},
    }
    columns, rows = summary.scores_by_row(metrics, ["exact_match", "f1"])
    assert columns == ["exact_match", "f1"]
    assert rows == {
        "sentence": {"exact_match": 0.0, "f1": 0.2},
        "this model": {"exact_match": 0.3, "f1": 0.5},
    }


def test_a_baseline_without_a_metric_belongs_to_the_first_one():
    metrics = {
        "accuracy": 0.8,
        "macro_f1": 0.7,
        "baselines": {"majority": 0.5, "hypothesis_only": 0.4},
    }
    scratch = {"accuracy": 0.6, "macro_f1": 0.5}
    _, rows = summary.scores_by_row(metrics, ["accuracy", "macro_f1"], scratch)
    assert list(rows) == ["majority", "hypothesis only", "from scratch", "this model"]
    assert rows["hypothesis only"] == {"accuracy": 0.4}
    assert rows["from scratch"] == scratch


def test_a_score_beside_the_metrics_has_a_column_if_a_baseline_has_it():
    metrics = {
        "perplexity": 20.0,
        "character_perplexity": 5.0,
        "control_accuracy": 0.9,
        "classifier_accuracy": 0.8,
        "baselines": {
            "perplexity_before": 60.0,
            "character_perplexity_before": 9.0,
            "chance_control_accuracy": 0.5,
        },
    }
    names = ["perplexity", "character_perplexity"]
    columns, rows = summary.scores_by_row(metrics, names)
    assert columns == [*names, "control_accuracy"]
    assert rows["before"] == {"perplexity": 60.0, "character_perplexity": 9.0}
    assert rows["chance"] == {"control_accuracy": 0.5}


@dataclass(frozen=True)
class Config:
    epochs: int | None = None
    seed: int = 7
    output: str | None = None


@dataclass
class Chapter:
    """What the summary uses of a chapter."""

    INPUT_FIELDS: tuple[str, ...] = ("text",)
    METRICS: tuple[str, ...] = ("accuracy",)

    def load_examples(self, config):
        texts = ["짧다", "조금 더 길고 '따옴표'가 있는 글", "훨씬 더 길고 긴 글" * 9]
        return Splits([], [], [LabeledText(text, "긍정") for text in texts], ("긍정",))


@pytest.fixture
def measured(tmp_path, monkeypatch):
    rows = ["chapter\tmetric\tmean\tseeds", "ch99\taccuracy\t0.625\t7,8"]
    (tmp_path / "from_scratch.tsv").write_text("\n".join(rows), encoding="utf-8")
    monkeypatch.setattr(summary, "MEASURED", tmp_path)


METRICS = {"accuracy": 0.75, "n": 20, "seconds": 61.5}


def test_the_table_of_a_default_training(measured):
    metrics = METRICS | {"baselines": {"majority": 0.5}}
    trained = TrainedModel(None, (), Config(seed=9), metrics, Path("runs/ch99-1"))
    lines = summary.summary("ch99", Chapter(), trained).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["20", "test", "examples", "accuracy"],
        ["majority", "0.500"],
        ["from", "scratch", "0.625"],
        ["this", "model", "0.750"],
    ]
    assert lines[4:6] == [
        "from scratch: mean of seeds 7, 8, measured before",
        "saved to runs/ch99-1, 62 s",
    ]
    command = shlex.split(lines[6].removeprefix("next: "))
    assert command[1:] == ["predict", "runs/ch99-1", "조금 더 길고 '따옴표'가 있는 글"]
    assert make_parser().parse_args(command[1:]).texts == command[3:]


def test_other_settings_have_no_stored_scores(measured):
    trained = TrainedModel(None, (), Config(epochs=2), METRICS, Path("runs/ch99-1"))
    text = summary.summary("ch99", Chapter(), trained)
    assert "from scratch" not in text and "this model" in text


def test_a_chapter_of_ones_own_may_count_and_time_nothing(measured):
    trained = TrainedModel(None, (), Config(), {"accuracy": 0.75}, Path("out"))
    text = summary.summary("ch98", Chapter(), trained)
    assert "\nsaved to out\n" in text and "from scratch" not in text


def test_stored_scores_belong_to_the_samples_of_today():
    path = MEASURED / "from_scratch.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    sizes = {}
    for row in rows:
        module = registry.find(row["chapter"]).load_task()
        if row["chapter"] not in sizes:
            splits = module.load_examples(module.Config())
            train = len(splits.train) + len(splits.validation)
            sizes[row["chapter"]] = train, len(splits.test)
        assert (int(row["train"]), int(row["test"])) == sizes[row["chapter"]]
        assert float(row["lowest"]) <= float(row["mean"]) <= float(row["highest"])
        assert row["command"].startswith("python benchmarks/default_runs.py")
