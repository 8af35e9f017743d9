"""`benchmarks/transfer.py`: each row is measured once, and drawn from the file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import REVIEWS

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "transfer.py"


@pytest.fixture
def nsmc(tmp_path):
    """A folder with 40 reviews to learn and 12 to test on, in NSMC's format."""
    for name, count in (("train", 40), ("test", 12)):
        rows = [f"{i}\t{REVIEWS[i % 6]} {name} {i}\t{i % 2}" for i in range(count)]
        text = "\n".join(["id\tdocument\tlabel", *rows]) + "\n"
        (tmp_path / f"ratings_{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def measure(nsmc, output):
    command = [sys.executable, PROGRAM, "--data-dir", nsmc, "--output", output]
    done = subprocess.run(
        [*command, "--labels", "24"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_rows_are_kept_and_drawn(nsmc, tmp_path):
    output = tmp_path / "transfer"
    first = measure(nsmc, output)
    rows = [json.loads(line) for line in (output / "rows.jsonl").open()]
    assert sorted((row["start"], row["seed"]) for row in rows) == [
        (start, seed) for start in ("preset", "scratch") for seed in (7, 8, 9)
    ]
    for row in rows:
        assert row["labels"] == 24 and row["test_examples"] == 12
        assert row["steps"] == 15  # an epoch a step, fifteen at most
        assert 0 <= row["accuracy"] <= 1

    again = measure(nsmc, output)
    table = again[again.index("| labels") :]
    assert again == table and first.endswith(table)
    mean = sum(row["accuracy"] for row in rows if row["start"] == "preset") / 3
    assert f"| 24 | preset | {mean:.3f} |" in table
    drawn = (output / "transfer.tsv").read_text(encoding="utf-8").splitlines()
    assert drawn[1].split("\t")[0] == "24" and f"{mean:.5f}" in drawn[1]
    assert (output / "transfer.svg").is_file()
