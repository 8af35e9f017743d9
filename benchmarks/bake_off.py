"""Ways of pretraining against each other, for the same minutes on the same texts.

Each candidate is trained, from random weights or from a preset, and fine-tuned on four
tasks: 1,000 reviews of NSMC, 2,300 sentences of KLUE-NER, the questions of KorQuAD, and
3,000 pairs of KLUE-NLI. What is measured on is a part of what the tasks have to learn
from, so that no test set is looked at for choosing. One candidate at a time; a killed
run goes on where it was. DATA holds the folders nsmc, klue-ner, korquad and klue-nli;
TEXTS what `pretraining_texts.py` writes. Example:

    python benchmarks/bake_off.py --data DATA --texts TEXTS --output bake_off \
        --set initial=runs/trunk --set learning_rate=5e-4 --set decay_ratio=0.98
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tasks import klue_ner as klue_ner_test
from tasks import klue_nli, korquad, measure
from transfer import Rows

from kerasnlp_tutorial import registry, runs

# A generator is new in any case, and learns sooner from short sequences what is near.
_REPLACED = {"objective": "replaced", "short_steps": "1500"}
# Half of the chosen tokens stay gaps.
_BOTH = _REPLACED | {"objective": "both", "masked_share": "0.3"}
CANDIDATES = {
    "masked": {},
    "whole_words": {"whole_words": "true"},
    "order": {"sentence_order": "true"},
    "replaced": _REPLACED,
    "both": _BOTH,
    "both_order": _BOTH | {"sentence_order": "true"},
    "deeper": {"num_layers": "6"},
    "averaged": {"average": "0.999"},
}
_NSMC_TRAIN, _NSMC_TEST = 20_000, 2_000  # rows; of the former 1,000 are drawn
_NER_TRAIN = 2_300  # sentences of the 2,800; the rest are measured on


def nsmc(data: Path, output: Path) -> tuple[str, dict]:
    """Return the chapter and its settings."""
    lines = (data / "nsmc/ratings_train.txt").read_text(encoding="utf-8").split("\n")
    head, rows = lines[0], lines[1:]
    end = _NSMC_TRAIN + _NSMC_TEST
    parts = {"train": rows[:_NSMC_TRAIN], "test": rows[_NSMC_TRAIN:end]}
    files = _write(output, "nsmc", ".tsv", parts, lambda part: [head, *part])
    columns = {"text_column": "document", "label_column": "label"}
    return "ch04", files | columns | {"max_train_examples": 1_000}


def klue_ner(data: Path, output: Path) -> tuple[str, dict]:
    """Return the chapter and its settings."""
    learnt = Path(klue_ner_test(data, output)[1][0]["train_file"])
    blocks = learnt.read_text(encoding="utf-8").strip().split("\n\n")
    parts = {"train": blocks[:_NER_TRAIN], "test": blocks[_NER_TRAIN:]}
    return "ch06", _write(
        output, "ner", ".tsv", parts, lambda part: ["\n\n".join(part)]
    )


def korquad_dev(data: Path, output: Path) -> tuple[str, dict]:
    """Return the chapter and its settings: every sixth article is measured on."""
    chapter, (settings,) = korquad(data, output)
    ids = Path(settings["ids"]).read_text(encoding="utf-8").split()
    articles = sorted({id.split("-")[0] for id in ids})
    held_out = set(articles[::6])
    parts = {
        "ids": [id for id in ids if id.split("-")[0] not in held_out],
        "test_ids": [id for id in ids if id.split("-")[0] in held_out],
    }
    for name, part in parts.items():
        path = output / f"korquad-{name}.txt"
        path.write_text("\n".join(part) + "\n", encoding="utf-8")
        settings[name] = str(path)
    return chapter, settings


def klue_nli_dev(data: Path, output: Path) -> tuple[str, dict]:
    """Return the chapter and its settings: every twentieth premise is measured on."""
    learnt = Path(klue_nli(data, output)[1][0]["train_file"])
    pairs = json.loads(learnt.read_text(encoding="utf-8"))
    held_out = set(sorted({pair["premise"] for pair in pairs})[::20])
    parts = {
        "train": [pair for pair in pairs if pair["premise"] not in held_out],
        "test": [pair for pair in pairs if pair["premise"] in held_out],
    }
    files = _write(
        output,
        "nli",
        ".json",
        parts,
        lambda part: [json.dumps(part, ensure_ascii=False)],
    )
    return "ch05", files | {"max_train_examples": 3_000}


TASKS = {
    "nsmc": (nsmc, "accuracy"),
    "klue-ner": (klue_ner, "f1"),
    "korquad": (korquad_dev, "f1"),
    "klue-nli": (klue_nli_dev, "accuracy"),
}


def _write(output, name, suffix, parts, lines) -> dict[str, str]:
    files = {}
    for split, part in parts.items():
        path = output / f"{name}-{split}{suffix}"
        path.write_text("\n".join(lines(part)) + "\n", encoding="utf-8")
        files[f"{split}_file"] = str(path)
    return files


def pretrain(name: str, options: argparse.Namespace) -> Path:
    """Train a candidate, or go on with it, unless it is there."""
    path = options.output / name
    if path.is_dir():
        return path
    command = [sys.executable, "-m", "kerasnlp_tutorial.cli", "pretrain", "bert"]
    command += ["--output", str(path)]
    if Path(f"{path}.partial/config.json").is_file():
        command += ["--resume"]
    else:
        settings = dict(setting.split("=", 1) for setting in options.set)
        settings |= CANDIDATES[name]
        texts = sorted(map(str, options.texts.glob("*.txt")))
        command += ["--text", *texts, "--max-minutes", str(options.minutes)]
        for pair in settings.items():
            command += ["--set", "=".join(pair)]
    print(" ".join(command), flush=True)
    subprocess.run(command, check=True)
    return path


def judge(start: str, seeds: Iterable[int], rows: Rows, options) -> None:
    """Fine-tune a preset on each task, unless it was."""
    for seed in seeds:
        for task in options.tasks:
            key = (start, task, seed)
            if key in rows:
                continue
            make, metric = TASKS[task]
            name, settings = make(options.data, options.output)
            # A vocabulary that does not fit is judged too, not refused.
            settings = {**settings, "allow_unknown": True}
            chapter = registry.find(name).load()
            scores = measure(chapter, settings, start, seed, options.output)
            row = dict(zip(rows.keys, key, strict=True))
            rows.add(row | {"score": scores[metric], "scores": scores})


def report(starts: Iterable[str], rows: Rows, options: argparse.Namespace) -> None:
    """Print a table: the mean over seeds."""
    names = list(options.tasks)
    print("| start | million tokens | minutes |", " | ".join(names), "| mean |")
    print("|---|---|---|" + "---|" * (len(names) + 1))
    for start in starts:
        means = [
            np.mean([r["score"] for r in rows.rows if (r["start"], r["task"]) == key])
            for key in ((start, name) for name in names)
        ]
        spent = ["", ""]
        if Path(start).is_dir():
            trained = runs.describe(start)["metrics"]
            spent = [f"{trained['tokens'] / 1e6:.1f}", f"{trained['minutes']:.0f}"]
        cells = [
            Path(start).name,
            *spent,
            *(f"{m:.3f}" for m in [*means, np.mean(means)]),
        ]
        print("|", " | ".join(cells), "|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, type=Path, help="the corpora's folder")
    parser.add_argument("--texts", required=True, type=Path, help="to learn from")
    parser.add_argument("--output", required=True, type=Path, help="for presets, rows")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument(
        "--candidates", nargs="*", choices=CANDIDATES, default=[*CANDIDATES]
    )
    parser.add_argument(
        "--beside", nargs="*", default=[], help="presets that are only fine-tuned"
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=[*TASKS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[7])
    parser.add_argument(
        "--set", action="append", default=[], help="FIELD=VALUE of every candidate"
    )
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    rows = Rows(options.output / "rows.jsonl", ("start", "task", "seed"))
    starts = list(options.beside)
    for start in starts:
        judge(start, options.seeds, rows, options)
    for name in options.candidates:
        starts.append(str(pretrain(name, options)))
        judge(starts[-1], options.seeds, rows, options)
        report(starts, rows, options)


if __name__ == "__main__":
    main()
