"""`benchmarks/speed.py`: a table of all rows, whatever fails, and what is compared."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
HEADER = "| measurement | name | value | unit | peer | peer_value | ratio | how |"


@pytest.fixture
def speed(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import speed

    return speed


@pytest.fixture
def measurements(speed):
    import speed_measurements

    return speed_measurements


@pytest.fixture
def processes(speed):
    import speed_processes

    return speed_processes


def read(path):
    """Return the lines on the machine, and the rows."""
    lines = path.read_text(encoding="utf-8").splitlines()
    notes = [line for line in lines if line.startswith("# ")]
    return notes, list(csv.DictReader(lines[len(notes) :], delimiter="\t"))


@pytest.fixture
def fake(speed, monkeypatch):
    """Two measurements, the first of which fails after a row."""

    def broken(bench):
        yield speed.Row("a", 0.01234, "s", "transformers", 0.02, 1.62, "a | b\tc")
        raise RuntimeError("no\nmemory")

    def whole(bench):
        yield speed.Row("b", float(bench.sizes.calls), "ms")

    monkeypatch.setattr(speed, "MEASUREMENTS", {"broken": broken, "whole": whole})


def test_what_fails_is_a_row_and_the_others_go_on(speed, fake, tmp_path, capsys):
    path = tmp_path / "new" / "rows.tsv"
    assert speed.main(["--output", str(path)]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[printed.index(HEADER) + 2 :] == [
        "| broken | a | 0.0123 | s | transformers | 0.0200 | 1.62 | a / b c |",
        "| broken | failed |  |  |  |  |  | RuntimeError: no memory |",
        "| whole | b | 200 | ms |  |  |  |  |",
    ]
    notes, rows = read(path)
    assert [note.partition(":")[0] for note in notes] == [
        *("# date", "# processor", "# versions"),
        *("# load average at the start", "# command"),
    ]
    assert "avx512_bf16" in notes[1] and "tensorflow" in notes[2]
    assert [row["value"] for row in rows] == ["0.0123", "", "200"]


def test_only_some_in_tiny_sizes(speed, fake, tmp_path, capsys):
    path = tmp_path / "rows.tsv"
    arguments = ["--quick", "--only", "whole", "--output", str(path)]
    assert speed.main(arguments) == 0
    notes, rows = read(path)
    assert notes[-1].endswith(f"speed.py --quick --only whole --output {path}")
    assert [(row["measurement"], row["value"]) for row in rows] == [("whole", "20.0")]
    with pytest.raises(SystemExit):
        speed.main(["--only", "unknown"])


def test_some_rows_do_not_replace_the_whole_table(speed, fake, tmp_path, monkeypatch):
    monkeypatch.setattr(speed, "OUTPUT", tmp_path / "rows.tsv")
    assert speed.main(["--only", "whole"]) == 0
    assert speed.main(["--quick"]) == 1
    assert not speed.OUTPUT.exists()
    assert speed.main([]) == 1
    assert len(read(speed.OUTPUT)[1]) == 3


def test_a_busy_machine_is_said_to_be_busy(speed, monkeypatch):
    for load, is_said in ((0.1, False), (1.5, True)):
        monkeypatch.setattr(speed.os, "getloadavg", lambda load=load: (load, 0, 0))
        assert ("not quiet" in speed.machine()[3]) == is_said


def test_ratios_say_how_many_times_better_this_package_is(measurements):
    results = {"this package": [20.0, 30.0], "fast=false": [10.0, 20.0]}
    (row,) = measurements.compared("training", "examples/s", results, "how")
    assert (row.value, row.peer_value, row.ratio) == (25, 15, 1.75)
    assert row.how == "how, 20.0 to 30.0"
    (row,) = measurements.compared("start", "s", results, "how")
    assert row.ratio == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_a_peer_that_is_not_installed_leaves_its_cells_empty(
    measurements, processes, monkeypatch
):
    monkeypatch.setattr(processes, "installed", lambda: False)
    monkeypatch.setattr(measurements, "installed", lambda: False)
    calls = {"this package": lambda: 2.0, "transformers": pytest.fail}
    results = processes.alternate(calls, rounds=2)
    (row,) = measurements.compared("start", "s", results, "how")
    assert (row.value, row.peer_value, row.ratio) == (2, None, None)
    assert row.how.endswith("; torch or transformers is not installed")
    (row,) = measurements.generation(None)
    assert row.value is None and "not installed" in row.how


def test_calls_alternate(processes):
    order = []
    calls = {name: lambda name=name: order.append(name) for name in "ab"}
    processes.alternate(calls, rounds=3)
    assert "".join(order) == "abbaab"


def test_time_memory_and_the_error_of_a_process(processes):
    ended = processes.run("-c", "x = b'1' * 200_000_000; print(); print('[1]')")
    assert ended.result == [1]
    assert ended.seconds > 0 and 150 < ended.megabytes < 400
    with pytest.raises(RuntimeError, match="NameError: name 'x' is not defined"):
        processes.run("-c", "x")


def test_costs_are_compared_with_those_of_the_input_before(
    measurements, monkeypatch, tmp_path
):
    def part(name, **arguments):
        if name == "step":
            result = arguments["vocabulary"] / 100
        else:
            lines = arguments["path"].read_text(encoding="utf-8").splitlines()[1:]
            assert len(set(lines)) == len(lines)
            size = sum(map(len, lines))  # reading is linear, encoding is not
            result = {"reading": 1e-6 * size, "encoding": 1e-9 * size**2}
            result["characters"] = size
        return measurements.Ended(json.dumps(result), 1.0, 500.0)

    monkeypatch.setattr(measurements, "part", part)
    rows = [*measurements.growth(measurements.Bench(measurements.QUICK, tmp_path))]
    names = [row.name for row in rows if row.peer]
    assert names == [
        "reading, encoding, batching, 1,000 rows",
        "the same, peak memory, 1,000 rows",
        "reading, encoding, batching, reviews x 4",
        "the same, peak memory, reviews x 4",
        "training step 4 x 256, vocabulary of 2,000",
    ]
    ratios = [row.ratio for row in rows if row.peer]
    assert ratios[0] < 0.6 and ratios[2] < 0.6
    assert ratios[1] == ratios[3] == 1 and ratios[4] == pytest.approx(1 / 4)


@pytest.mark.slow
def test_quick_measurements_are_positive_numbers(tmp_path):
    path = tmp_path / "rows.tsv"
    command = [sys.executable, FOLDER / "speed.py", "--quick", "--output", path]
    command += ["--only", "finetune", "growth"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert HEADER in done.stdout
    _, rows = read(path)
    assert {row["measurement"] for row in rows} == {"finetune", "growth"}
    for row in rows:
        assert float(row["value"]) > 0 and row["unit"] and row["how"]
        if row["peer_value"]:
            assert float(row["peer_value"]) > 0 and float(row["ratio"]) > 0
    assert {"fast=false", "transformers", "200 rows"} <= {row["peer"] for row in rows}
