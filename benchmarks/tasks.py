"""Scores of chapters 5 to 7 on published corpora, from random weights and presets.

Each row is one call of the chapter's `train` with one seed, with default settings
except for those below. Results are appended to OUTPUT/rows.jsonl, and rows that are
already there are skipped. DATA contains the folders klue-nli, klue-ner, kmou-ner and
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

_NER_TRAIN = 2_800  # sentences of KLUE-NER's development set to train on
_SENTENCES = (300, 1_000)  # of those
_LINES = {"scratch": STARTS["scratch"], "bert_mini_ko": STARTS["preset"]}
_PAIRS = (300, 1_000, 3_000, 10_000, None)  # of KLUE-NLI; None: all


def klue_nli(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings for KLUE-NLI, one for each number of pairs.

    Args:
        data: folder with the corpora.
        output: folder for the results.
    """
    files = {
        "train_file": str(data / "klue-nli/klue-nli-v1.1_train.mirror.json"),
        "test_file": str(data / "klue-nli/klue-nli-v1.1_dev.shared.json"),
    }
    return "ch05", [files | {"max_train_examples": pairs} for pairs in _PAIRS]


def klue_ner(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings for KLUE-NER.

    The development set is split: training on the first sentences, test on the rest.

    Args:
        data: folder with the corpora.
        output: folder for the split.
    """
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


def klue_ner_few(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and the settings of each row: numbers of sentences."""
    chapter, (settings,) = klue_ner(data, output)
    return chapter, [settings | {"max_train_examples": n} for n in _SENTENCES]


def kmou_ner(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings for KMOU-NER, in the format of the book.

    Args:
        data: folder with the corpora.
        output: folder for the results.
    """
    folder = data / "kmou-ner"
    return "ch06", [
        {"train_file": str(folder / "train.txt"), "test_file": str(folder / "val.txt")}
    ]


def korquad(data: Path, output: Path) -> tuple[str, list[dict]]:
    """Return the chapter and its settings for KorQuAD, split by lists of ids.

    The passages are long, so windows overlap less than by default, and training takes
    two epochs instead of three.

    Args:
        data: folder with the corpora.
        output: folder for the results.
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
    "klue-ner-few": klue_ner_few,
    "kmou-ner": kmou_ner,
    "korquad": korquad,
}


def measure(chapter, settings: dict, start: str, seed: int, output: Path) -> dict:
    """Train once and return the scores.

    Args:
        chapter: the chapter's module.
        settings: settings other than the defaults.
        start: `scratch`, or the name of a preset.
        seed: random seed.
        output: folder for the model, which is deleted afterwards.
    """
    folder = output / "trained"
    config = chapter.Config(
        **settings, backbone=start, seed=seed, output=str(folder), overwrite=True
    )
    scores = chapter.train(config).metrics
    shutil.rmtree(folder)
    scores["examples"] = len(chapter.load_examples(config).train)
    return scores


def report(rows: list[dict]) -> None:
    """Print a table with the mean and the range over seeds.

    Args:
        rows: the rows of the results.
    """
    print("| task | trained on | start | score | mean | range | seeds | baselines |")
    print("|---|---|---|---|---|---|---|---|")
    groups = {}
    for row in rows:
        groups.setdefault((row["task"], row["pairs"], row["start"]), []).append(row)
    for (task, _, start), group in groups.items():
        chapter = registry.find(group[0]["chapter"]).load()
        for name in chapter.METRICS:
            values = [row[name] for row in group]
            baselines = ", ".join(
                f"{key} {np.mean([row['baselines'][key] for row in group]):.3f}"
                for key in group[0]["baselines"]
            )
            print(
                f"| {task} | {group[0]['examples']:,} | {start} | {name} | "
                f"{np.mean(values):.3f} | {min(values):.3f}-{max(values):.3f} | "
                f"{', '.join(str(row['seed']) for row in group)} | {baselines} |"
            )


def draw_pairs(rows: list[dict], starts: list[str], folder: Path) -> None:
    """Plot accuracies against the number of training pairs of KLUE-NLI into a file.

    Args:
        rows: the rows of the results.
        starts: the starting points to plot.
        folder: folder for the plot.
    """
    rows = [row for row in rows if row["task"] == "klue-nli"]
    sizes = sorted({row["examples"] for row in rows})
    lines = {}
    for start in starts:
        group = [row for row in rows if row["start"] == start]
        by_size = [[row for row in group if row["examples"] == size] for size in sizes]
        if not all(by_size):
            return
        lines[_LINES.get(start, start)] = [
            float(np.mean([row["accuracy"] for row in group])) for group in by_size
        ]
        lines["가설만 보는 기준선"] = [
            float(np.mean([row["baselines"]["hypothesis_only"] for row in group]))
            for group in by_size
        ]
    title, xlabel = "KLUE-NLI 정확도", "학습한 쌍의 수"
    save_picture(lines, sizes, folder / "klue_nli.svg", title, xlabel)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, type=Path, help="folder with corpora")
    parser.add_argument("--output", required=True, type=Path, help="results folder")
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
