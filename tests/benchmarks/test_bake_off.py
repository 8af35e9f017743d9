"""`benchmarks/bake_off.py`: what is measured on is not learnt, and rows are kept."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import REVIEWS

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def data(tmp_path):
    """A folder with tiny corpora in the formats of NSMC, KLUE and KorQuAD."""
    data = tmp_path / "data"
    for name in ("nsmc", "klue-ner", "klue-nli", "korquad"):
        (data / name).mkdir(parents=True)
    rows = [f"{i}\t{REVIEWS[i % 6]} {i}\t{i % 2}" for i in range(22_000)]
    text = "\n".join(["id\tdocument\tlabel", *rows]) + "\n"
    (data / "nsmc/ratings_train.txt").write_text(text, encoding="utf-8")
    blocks = [f"## {i}\n김\tB-PS\n은\tO\n{i % 10}\tB-QT" for i in range(2_900)]
    path = data / "klue-ner/klue-ner-v1.1_dev.shared.tsv"
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    labels = ("entailment", "neutral", "contradiction")
    pairs = [
        {
            "premise": f"전제 {i // 3}",
            "hypothesis": f"가설 {i}",
            "gold_label": labels[i % 3],
        }
        for i in range(300)
    ]
    for name in ("train.mirror", "dev.shared"):
        path = data / f"klue-nli/klue-nli-v1.1_{name}.json"
        path.write_text(json.dumps(pairs, ensure_ascii=False), encoding="utf-8")
    ids = [f"{article}-0-{i}" for article in range(12) for i in range(2)]
    for name in ("train_ids", "dev_ids"):
        (data / f"korquad/{name}.txt").write_text("\n".join(ids) + "\n")
    return data


@pytest.fixture
def bake_off(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import bake_off

    return bake_off


def test_what_is_measured_on_is_held_out_of_what_is_learnt(bake_off, data, tmp_path):
    read = {
        "nsmc": lambda text: text.splitlines()[1:],
        "klue-ner": lambda text: text.strip().split("\n\n"),
        "klue-nli": lambda text: [pair["premise"] for pair in json.loads(text)],
        "korquad": lambda text: [id.split("-")[0] for id in text.split()],
    }
    sizes = {
        "nsmc": (20_000, 2_000),
        "klue-ner": (2_300, 500),
        "klue-nli": (285, 15),
        "korquad": (20, 4),
    }
    for task, (make, _) in bake_off.TASKS.items():
        _, settings = make(data, tmp_path)
        names = (
            ("ids", "test_ids") if task == "korquad" else ("train_file", "test_file")
        )
        learnt, measured = (
            read[task](Path(settings[name]).read_text(encoding="utf-8"))
            for name in names
        )
        assert (len(learnt), len(measured)) == sizes[task]
        assert not set(learnt) & set(measured)


@pytest.mark.slow
def test_candidates_are_trained_and_judged_once(data, tmp_path):
    (tmp_path / "texts").mkdir()
    text = "\n".join(REVIEWS * 2_000) + "\n"
    (tmp_path / "texts/reviews.txt").write_text(text, encoding="utf-8")
    command = [sys.executable, FOLDER / "bake_off.py", "--data", data, "--texts"]
    command += [tmp_path / "texts", "--output", tmp_path / "out", "--minutes", "0.05"]
    command += ["--tasks", "klue-nli", "--candidates", "masked", "order"]
    for setting in ("vocabulary_size=300", "sequence_length=128", "batch_size=2"):
        command += ["--set", setting]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in (tmp_path / "out/rows.jsonl").open()]
        assert [Path(row["start"]).name for row in rows] == ["masked", "order"]
        lines = done.stdout.strip().splitlines()[-2:]
        for line, row in zip(lines, rows, strict=True):
            name, score = Path(row["start"]).name, f"{row['score']:.3f}"
            assert line.startswith(f"| {name} |") and line.endswith(
                f"{score} | {score} |"
            )
    trained = json.loads((tmp_path / "out/order/training.json").read_text())
    assert trained["config"]["sentence_order"] is True
