"""Scores of the default runs of chapters 4 to 8, from the presets and from scratch.

Each row is one call of a chapter's `train` with one seed and no other setting, on the
samples and presets in the package. Rows that are already in OUTPUT/rows.jsonl are
skipped, so an interrupted run can be continued. OUTPUT/rows.csv has the same rows as a
table, and `--store` writes the means of those from scratch to
`data/measured/from_scratch.tsv`, which `train` shows beside a default run. Examples:

    python benchmarks/default_runs.py
    python benchmarks/default_runs.py --chapters ch07 --starts preset --seeds 7
    python benchmarks/default_runs.py --store
"""

import argparse
import csv
import os
import tempfile
from pathlib import Path

# As the command line sets it, before TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np
from transfer import Rows

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.data import MEASURED

CHAPTERS = ("ch04", "ch05", "ch06", "ch07", "ch08")
STARTS = ("preset", "scratch")
SEEDS = (7, 8, 9)
_OUTPUT = Path(__file__).parent / "results" / "default_runs"
_KEYS = ("chapter", "start", "seed")
_COMMAND = "python benchmarks/default_runs.py --chapters {} --starts scratch"


def measure(name: str, start: str, seed: int, models: Path | None = None) -> dict:
    """Train once and return the scores.

    Args:
        name: name of the chapter, such as `ch04`.
        start: `preset` for the default backbone, or `scratch`.
        seed: random seed.
        models: folder in which to keep the trained model, or None.
    """
    module = registry.find(name).load_task()
    backbone = {"backbone": "scratch"} if start == "scratch" else {}
    with tempfile.TemporaryDirectory() as folder:
        output = (models or Path(folder)) / f"{name}-{start}-{seed}"
        config = module.Config(seed=seed, output=str(output), **backbone)
        trained = module.train(config)
        history = runs.describe(output)["history"]
        splits = module.load_examples(config)
    return {
        "chapter": name,
        "start": start,
        "seed": seed,
        "train": len(splits.train) + len(splits.validation),
        "test": len(splits.test),
        **trained.metrics,
        "history": history,
    }


def flat(row: dict) -> dict:
    """Return the numbers of a row, those of the baselines among them."""
    numbers = {k: v for k, v in row.items() if isinstance(v, str | int | float)}
    return numbers | {f"baseline_{k}": v for k, v in row["baselines"].items()}


def save_table(rows: list[dict], path: Path) -> None:
    """Write all rows as a table: a line for each score of each run.

    Args:
        rows: the rows of the results.
        path: CSV file to write.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*_KEYS, "train", "test", "score", "value"])
        for row in sorted(rows, key=lambda row: [str(row[key]) for key in _KEYS]):
            scores = flat(row)
            head = [scores.pop(key) for key in (*_KEYS, "train", "test")]
            for name, value in scores.items():
                shown = f"{value:.4f}" if isinstance(value, float) else value
                writer.writerow([*head, name, shown])


def from_scratch(rows: list[dict]) -> list[dict]:
    """Return the lines of `data/measured/from_scratch.tsv`."""
    lines = []
    for name in CHAPTERS:
        group = [r for r in rows if r["chapter"] == name and r["start"] == "scratch"]
        if not group:
            continue
        group.sort(key=lambda row: row["seed"])
        names = [*registry.find(name).load_task().METRICS]
        names += [n for n in ("control_accuracy",) if n in group[0]]
        for metric in names:
            values = [row[metric] for row in group]
            lines.append(
                {
                    "chapter": name,
                    "metric": metric,
                    "mean": round(float(np.mean(values)), 4),
                    "lowest": round(float(min(values)), 4),
                    "highest": round(float(max(values)), 4),
                    "seeds": ",".join(str(row["seed"]) for row in group),
                    "train": group[0]["train"],
                    "test": group[0]["test"],
                    "command": _COMMAND.format(name),
                }
            )
    return lines


def store(lines: list[dict], path: Path) -> None:
    """Write the lines of `from_scratch`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, lines[0].keys(), delimiter="\t", lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(lines)


def report(rows: list[dict]) -> None:
    """Print a table with the mean and the range over seeds.

    Args:
        rows: the rows of the results.
    """
    print("| chapter | start | score | mean | range | seeds |")
    print("|---|---|---|---|---|---|")
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["chapter"], row["start"]), []).append(flat(row))
    for (name, start), group in sorted(groups.items()):
        for score in group[0].keys() - {*_KEYS, "train", "test", "n", "learnt"}:
            values = [row[score] for row in group if score in row]
            print(
                f"| {name} | {start} | {score} | {np.mean(values):.3f} | "
                f"{min(values):.3f}-{max(values):.3f} | "
                f"{', '.join(str(row['seed']) for row in group)} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=_OUTPUT, help="results folder")
    parser.add_argument("--chapters", nargs="+", choices=CHAPTERS, default=CHAPTERS)
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=STARTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--models", type=Path, help="folder to keep the models in")
    parser.add_argument(
        "--store", action="store_true", help="write data/measured/from_scratch.tsv"
    )
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    rows = Rows(options.output / "rows.jsonl", _KEYS)
    for name in options.chapters:
        for start in options.starts:
            for seed in options.seeds:
                if (name, start, seed) not in rows:
                    rows.add(measure(name, start, seed, options.models))
                    save_table(rows.rows, options.output / "rows.csv")
    report(rows.rows)
    if options.store:
        store(from_scratch(rows.rows), MEASURED / "from_scratch.tsv")


if __name__ == "__main__":
    main()
