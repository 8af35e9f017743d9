"""Chapters 5 to 7 on published corpora, from random weights and from presets.

Each row is one `train` of the chapter with one seed and, but for the settings that
stand below, its defaults; what it measured is kept in OUTPUT/rows.jsonl, and what is
there is not measured again. DATA holds the folders klue-nli, klue-ner, kmou-ner and
korquad. Examples:

    python benchmarks/tasks.py --data DATA --output tasks
    python benchmarks/tasks.py --data DATA --output tasks --tasks korquad \
        --starts scratch bert_mini_ko runs/cloze
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from transfer import STARTS, Rows, save_picture

from kerasnlp_tutorial import registry

_NER_TRAIN = 2_800  # sentences of KLUE-NER's development set to learn from
_LINES = {"scratch": STARTS["scratch"], "bert_mini_ko": STARTS["preset"]}
_PAIRS = (300, 1_000, 3_000, 10_000, None)  # of KLUE-NLI; None: all


def klue_nli(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and the settings of each row: numbers of pairs."""
    files = {
        "train_file": str(data / "klue-nli/klue-nli-v1.1_train.mirror.json"),
        "test_file": str(data / "klue-nli/klue-nli-v1.1_dev.shared.json"),
    }
    return "ch05", [files | {"max_train_examples": pairs} for pairs in _PAIRS]


def klue_ner(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings: the first sentences against the rest."""
    source = data / "klue-ner/klue-ner-v1.1_dev.shared.tsv"
    blocks = source.read_text(encoding="utf-8").strip().split("\n\n")
    files = {}
    for name, part in (
        ("train_file", blocks[:_NER_TRAIN]),
        ("test_file", blocks[_NER_TRAIN:]),
    ):
        path = output / f"klue-ner-{name}.tsv"
        path.write_text("\n\n".join(part) + "\n", encoding="utf-8")
        files[name] = str(path)
    return "ch06", [files]


def kmou_ner(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings: the corpus in the book's format."""
    folder = data / "kmou-ner"
    return "ch06", [
        {"train_file": str(folder / "train.txt"), "test_file": str(folder / "val.txt")}
    ]


def korquad(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings: KorQuAD by lists of ids.

    Its passages are long, so their windows overlap less than by default, and are read
    twice instead of three times.
    """
    folder = data / "korquad"
    path = str(folder / "KorQuAD_v1.0_dev.json")
    return "ch07", [
        {
            "train_file": path,
            "test_file": path,
            "ids": str(folder / "train_ids.txt"),
            "test_ids": str(folder / "dev_ids.txt"),
            "doc_stride": 90,
            "epochs": 2,
        }
    ]


TASKS = {
    "klue-nli": klue_nli,
    "klue-ner": klue_ner,
    "kmou-ner": kmou_ner,
    "korquad": korquad,
}


def measure(chapter, settings: dict, start: str, seed: int, output: Path) -> dict:
    """Train once and return what was measured."""
    folder = output / "trained"
    config = chapter.Config(
        **settings, backbone=start, seed=seed, output=str(folder), overwrite=True
    )
    scores = chapter.train(config).metrics
    shutil.rmtree(folder)
    scores["examples"] = len(chapter.load_examples(config).train)
    return scores


def report(rows: list[dict]) -> None:
    """Print a table: the mean over seeds, with the range."""
    print("| task | learnt from | start | score | mean | range | seeds | baselines |")
    print("|---|---|---|---|---|---|---|---|")
    groups = {}
    for row in rows:
        groups.setdefault((row["task"], row["pairs"], row["start"]), []).append(row)
    for (task, _, start), same in groups.items():
        chapter = registry.find(same[0]["chapter"]).load()
        for name in chapter.METRICS:
            values = [row[name] for row in same]
            beside = ", ".join(
                f"{key} {np.mean([row['baselines'][key] for row in same]):.3f}"
                for key in same[0]["baselines"]
            )
            print(
                f"| {task} | {same[0]['examples']:,} | {start} | {name} | "
                f"{np.mean(values):.3f} | {min(values):.3f}-{max(values):.3f} | "
                f"{', '.join(str(row['seed']) for row in same)} | {beside} |"
            )


def draw_pairs(rows: list[dict], starts: list[str], folder: Path) -> None:
    """Draw accuracies over the number of KLUE-NLI's pairs into a file."""
    rows = [row for row in rows if row["task"] == "klue-nli"]
    sizes = sorted({row["examples"] for row in rows})
    lines = {}
    for start in starts:
        own = [row for row in rows if row["start"] == start]
        by_size = [[row for row in own if row["examples"] == size] for size in sizes]
        if not all(by_size):
            return
        lines[_LINES.get(start, start)] = [
            float(np.mean([row["accuracy"] for row in same])) for same in by_size
        ]
        lines["가설만 보는 기준선"] = [
            float(np.mean([row["baselines"]["hypothesis_only"] for row in same]))
            for same in by_size
        ]
    title, xlabel = "KLUE-NLI 정확도", "학습한 쌍의 수"
    save_picture(lines, sizes, folder / "klue_nli.svg", title, xlabel)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, type=Path, help="the corpora's folder")
    parser.add_argument("--output", required=True, type=Path, help="for the rows")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=[*TASKS])
    parser.add_argument("--starts", nargs="+", default=["scratch", "bert_mini_ko"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[7, 8, 9])
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    rows = Rows(options.output / "rows.jsonl", ("task", "pairs", "start", "seed"))
    for seed in options.seeds:
        for task in options.tasks:
            name, variants = TASKS[task](options.data, options.output)
            for settings in variants:
                for start in options.starts:
                    key = (task, settings.get("max_train_examples"), start, seed)
                    if key in rows:
                        continue
                    chapter = registry.find(name).load()
                    scores = measure(chapter, settings, start, seed, options.output)
                    row = dict(zip(rows.keys, key, strict=True))
                    rows.add({**row, "chapter": name, **scores})
    report(rows.rows)
    if any(row["task"] == "klue-nli" for row in rows.rows):
        draw_pairs(rows.rows, options.starts, options.output)


if __name__ == "__main__":
    main()
