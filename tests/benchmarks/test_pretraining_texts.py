"""`benchmarks/pretraining_texts.py`: what is learnt and what is held out."""

import itertools
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def program(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import pretraining_texts

    return pretraining_texts


def test_neighbours_stay_together_and_a_fiftieth_is_held_out(program):
    lines = [str(i) for i in range(2_000)]
    parts = {True: [], False: []}
    for is_held_out, line in program.split(lines, share=1.0):
        parts[is_held_out].append(int(line))
    starts = (0, 500, 1000, 1500)
    assert parts[True] == [start + i for start in starts for i in range(10)]
    assert sorted(parts[True] + parts[False]) == list(range(2_000))


def test_a_share_of_a_kind_is_spread_over_it(program):
    lines = [str(i) for i in range(20_000)]
    learnt = [int(line) for out, line in program.split(lines, share=0.3) if not out]
    assert len(learnt) == pytest.approx(0.3 * 20_000, rel=0.02)
    assert max(b - a for a, b in itertools.pairwise(learnt)) <= 51


def test_files_of_each_kind_are_the_same_ones_always(
    program, tmp_path, monkeypatch, capsys
):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.txt").write_text("".join(f"글 {i}\n" for i in range(30)))
    (data / "b.csv").write_text("Q,A,label\n" + '안녕,"네, 안녕",0\n' * 12)
    (data / "c.txt").write_text("".join(f"옛 글 {i}\n" for i in range(1, 101)))
    sources = {"both": ["a.txt", "b.csv"], "old": ["c.txt"]}
    monkeypatch.setattr(program, "KINDS", sources)
    monkeypatch.setattr(program, "FIRST_GENERATION", ["b.csv", "c.txt"])
    vocabulary = tmp_path / "vocabulary"
    vocabulary.mkdir()
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "글"]
    (vocabulary / "vocab.txt").write_text("\n".join(tokens) + "\n")
    for name in ("one", "two"):
        command = ["", "--data", str(data), "--output", str(tmp_path / name)]
        command += ["--vocabulary", str(vocabulary)]
        monkeypatch.setattr(sys, "argv", command)
        program.main()
    one, two = (
        [
            (tmp_path / name / path).read_text()
            for path in ("both.txt", "held_out/both.txt")
        ]
        for name in ("one", "two")
    )
    assert one == two
    assert one[1].splitlines() == [f"글 {i}" for i in range(10)]
    assert one[0].splitlines()[-1] == "안녕 네, 안녕"
    # The 50th and the 100th of 112: twelve are those of the table.
    held_out = (tmp_path / "one/held_out/old.txt").read_text()
    assert held_out == "옛 글 38\n옛 글 88\n"
    assert (tmp_path / "one/held_out/first_generation.txt").read_text() == held_out
    # 글 and a number are two tokens, and the end of a text is one more.
    assert "| both, held out | 10 | 30 | 30 |" in capsys.readouterr().out
