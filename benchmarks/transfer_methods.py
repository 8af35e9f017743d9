"""Every way to transfer, side by side: what it learns, what it costs.

Chapter 4 on NSMC reviews with 0, 1, 8, 64, 1,000 and 10,000 labels: from scratch, with
a frozen backbone, with LoRA, with a learnt prompt, with all weights; and in context,
where a language model is only shown the examples. Rows are kept in OUTPUT/rows.jsonl;
what is there is not measured again. Examples:

    python benchmarks/transfer_methods.py --data-dir NSMC_FOLDER --output methods
"""

import argparse
import dataclasses
import random
import time
from pathlib import Path

import numpy as np
from transfer import TESTED, Rows, accuracy, chapter, fine_tune, save_picture

from kerasnlp_tutorial import registry, training, transfer
from kerasnlp_tutorial.checkpoints import load_causal_lm
from kerasnlp_tutorial.in_context import InContextClassifier

LABELS = (0, 1, 8, 64, 1_000, 10_000)
METHODS = registry.find("ch01").load().METHODS | {"in-context": "인컨텍스트 러닝"}
_TEMPLATE = "{text} 한마디로 {label}"
_MOST_SHOTS = 8
_CHOICES = 10  # of shots, and of their order
_TESTED_IN_CONTEXT = 500
# So that eight shots and a review fit into a model that reads 128 tokens:
_LONGEST_SHOT = 10  # characters
_LONGEST_ASKED = 80


def choose(examples: list, count: int, seed: int) -> list:
    """Return that many examples at random, of each class as many."""
    generator = random.Random(seed)
    shuffled = generator.sample(examples, len(examples))
    if count < 2:
        return shuffled[:count]
    labels = sorted({example.label for example in examples})
    share = count // len(labels)
    by_label = ([e for e in shuffled if e.label == label] for label in labels)
    chosen = [e for same in by_label for e in same[:share]]
    return generator.sample(chosen, len(chosen))


def measure(method: str, labels: int, seed: int, splits, options) -> dict:
    """Fine-tune in one way and return the row."""
    config = chapter.Config(
        dataset="nsmc",
        data_dir=options.data_dir,
        backbone=options.preset,
        method="full" if method == "scratch" else method,
        seed=seed,
    )
    splits = dataclasses.replace(
        splits,
        train=choose(splits.train, labels, seed),
        test=splits.test[:TESTED],
    )
    if labels == 0:
        return zero_shot(config, splits)
    # A prompt is small and far from where it should be: it takes more steps.
    aim = 1_000 if method == "prompt" else 250
    return fine_tune(config, splits, method == "scratch", aim)


def zero_shot(config, splits) -> dict:
    """Ask a model with an untrained prompt or head."""
    model = chapter.build_model(config, splits)
    dataset = chapter.make_dataset(splits.test, model, splits.labels, config)
    with training.already_encoded(model):
        share = accuracy(model, dataset)
    return {
        "accuracy": round(share, 5),
        "test_examples": len(splits.test),
        "steps": 0,
        "seconds": 0.0,
        "learnt": transfer.trainable_parameters(model),
        "curve": [],
    }


def in_context(model, labels: int, seed: int, splits) -> dict:
    """Show a language model some examples and ask for the labels of others."""
    short = [e for e in splits.train if 5 < len(e.text) <= _LONGEST_SHOT]
    shots = choose(short, labels, seed)
    asked = [e for e in splits.test if len(e.text) <= _LONGEST_ASKED]
    test = asked[:_TESTED_IN_CONTEXT]
    started = time.perf_counter()
    classify = InContextClassifier(model, transfer.REVIEW_WORDS, shots, _TEMPLATE)
    answers = classify([e.text for e in test]).argmax(axis=1)
    seconds = time.perf_counter() - started
    right = [classify.labels[a] == e.label for a, e in zip(answers, test, strict=True)]
    return {
        "accuracy": round(float(np.mean(right)), 5),
        "test_examples": len(test),
        "steps": 0,
        "seconds": round(seconds, 1),
        "learnt": 0,
        "curve": [],
    }


def seeds(method: str, labels: int) -> range:
    """Return the seeds of a row: of the weights, or of the choice of shots."""
    if method == "in-context":
        return range(7, 7 + (_CHOICES if labels else 1))
    return range(7, 10 if labels <= 1_000 else 8)


def report(rows: list[dict], folder: Path) -> None:
    """Print the tables, and draw the picture into a file."""
    sizes = sorted({row["labels"] for row in rows})
    print("| method |", " | ".join(f"{size:,}" for size in sizes), "| learnt | bytes |")
    print("|---" * (len(sizes) + 3) + "|")
    lines = {}
    for method, name in METHODS.items():
        cells, means = [], []
        for labels in sizes:
            same = [r for r in rows if (r["method"], r["labels"]) == (method, labels)]
            scores = [row["accuracy"] for row in same]
            means.append(float(np.mean(scores)) if scores else float("nan"))
            spread = f" ±{np.std(scores):.3f}" if len(scores) > 1 else ""
            cells.append(f"{means[-1]:.3f}{spread}" if scores else "-")
        lines[name] = means
        learnt = max((r["learnt"] for r in rows if r["method"] == method), default=0)
        print(f"| {method} | {' | '.join(cells)} | {learnt:,} | {4 * learnt:,} |")
    print(
        "\n| method | labels | steps | seconds | steps to 0.75 |\n|---|---|---|---|---|"
    )
    for row in rows:
        if row["seed"] == 7 and row["steps"]:
            print(
                f"| {row['method']} | {row['labels']:,} | {row['steps']} | "
                f"{row['seconds']} | {row['reached']['0.75'] or '-'} |"
            )
    save_picture(lines, sizes, folder / "transfer_methods.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", help="folder with NSMC's files")
    parser.add_argument("--output", required=True, type=Path, help="for the rows")
    parser.add_argument("--preset", default="bert_mini_ko")
    parser.add_argument("--language-model", default="gpt2_mini_ko")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[*METHODS])
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    rows = Rows(options.output / "rows.jsonl", ("method", "labels", "seed"))
    config = chapter.Config(dataset="nsmc", data_dir=options.data_dir)
    splits = chapter.load_examples(config)
    asked = (
        load_causal_lm(options.language_model)
        if "in-context" in options.methods
        else None
    )
    for labels in options.labels:
        for method in options.methods:
            if method == "in-context" and labels > _MOST_SHOTS:
                continue
            for seed in seeds(method, labels):
                if (method, labels, seed) in rows:
                    continue
                row = (
                    in_context(asked, labels, seed, splits)
                    if method == "in-context"
                    else measure(method, labels, seed, splits, options)
                )
                rows.add({"method": method, "labels": labels, "seed": seed, **row})
    report(rows.rows, options.output)


if __name__ == "__main__":
    main()
