"""`benchmarks/default_runs.py`: the table of all runs, and the stored means."""

import csv
import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def default_runs():
    sys.path.insert(0, str(FOLDER))
    try:
        path = FOLDER / "default_runs.py"
        spec = importlib.util.spec_from_file_location("default_runs", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))


def row(chapter, start, seed, accuracy):
    return {
        "chapter": chapter,
        "start": start,
        "seed": seed,
        "train": 90,
        "test": 30,
        "accuracy": accuracy,
        "macro_f1": accuracy - 0.125,
        "n": 30,
        "baselines": {"majority": 0.5},
        "history": {"val_accuracy": [0.5, 0.75]},
    }


def test_a_table_with_a_line_for_each_score(default_runs, tmp_path):
    rows = [row("ch04", "scratch", 8, 0.75), row("ch04", "preset", 7, 0.875)]
    path = tmp_path / "rows.csv"
    default_runs.save_table(rows, path)
    lines = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [(x["start"], x["score"], x["value"]) for x in lines[:4]] == [
        ("preset", "accuracy", "0.8750"),
        ("preset", "macro_f1", "0.7500"),
        ("preset", "n", "30"),
        ("preset", "baseline_majority", "0.5000"),
    ]
    assert {x["seed"] for x in lines} == {"7", "8"}


def test_means_over_seeds_are_stored_for_those_from_scratch(default_runs, tmp_path):
    rows = [row("ch04", "scratch", seed, seed / 16) for seed in (9, 7, 8)]
    rows.append(row("ch04", "preset", 7, 1.0))
    lines = default_runs.from_scratch(rows)
    assert [line["metric"] for line in lines] == ["accuracy", "macro_f1"]
    assert lines[0] == {
        "chapter": "ch04",
        "metric": "accuracy",
        "mean": 0.5,
        "lowest": 7 / 16,
        "highest": 9 / 16,
        "seeds": "7,8,9",
        "train": 90,
        "test": 30,
        "command": "python benchmarks/default_runs.py --chapters ch04 --starts scratch",
    }
    path = tmp_path / "from_scratch.tsv"
    default_runs.store(lines, path)
    stored = list(csv.DictReader(path.open(encoding="utf-8"), delimiter="\t"))
    assert [line["mean"] for line in stored] == ["0.5", "0.375"]
