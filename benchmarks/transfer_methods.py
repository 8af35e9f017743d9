"""Every way to transfer, side by side: what it learns, what it costs.

Chapter 4 on NSMC reviews with 0, 1, 8, 64, 1,000 and 10,000 labels: from scratch, with
a frozen backbone, with LoRA, with a learnt prompt (of BERT and of GPT-2), with all
weights; and in context, where a language model is only shown the examples. Beside them
what needs no label: the majority, and BERT asked to fill a gap with no prompt of its
own. Rows are kept in OUTPUT/rows.jsonl; what is there is not measured again. Example:

    python benchmarks/transfer_methods.py --data-dir NSMC_FOLDER --output methods
"""

import argparse
import dataclasses
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
from transfer import (
    TESTED,
    Rows,
    accuracy,
    chapter,
    fine_tune,
    forget,
    save_picture,
)

from kerasnlp_tutorial import registry, training, transfer
from kerasnlp_tutorial.checkpoints import load_causal_lm, new_prompt
from kerasnlp_tutorial.in_context import InContextClassifier

LABELS = (0, 1, 8, 64, 1_000, 10_000)
_LEARNT = registry.find("ch01").load().METHODS | {"prompt-gpt": "프롬프트 튜닝 (GPT)"}
METHODS = _LEARNT | {
    "in-context": "인컨텍스트 러닝",
    "zero-shot": "빈칸으로 묻기",
    "majority": "다수 범주",
    "majority-in-context": "다수 범주 (인컨텍스트의 리뷰)",
}
_TEMPLATE = "{text} 한마디로 {label}"
# More labels than these are not measured.
_MOST_LABELS = {"in-context": 8}
_MOST_LABELS |= dict.fromkeys(("zero-shot", "majority", "majority-in-context"), 0)
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
    on_gpt = method == "prompt-gpt"
    config = chapter.Config(
        dataset="nsmc",
        data_dir=options.data_dir,
        backbone=options.language_model if on_gpt else options.preset,
        method={"scratch": "full", "prompt-gpt": "prompt"}.get(method, method),
        seed=seed,
    )
    splits = dataclasses.replace(
        splits,
        train=choose(splits.train, labels, seed),
        test=splits.test[:TESTED],
    )
    if labels == 0:
        model = chapter.build_model(config, splits)
        if method == "scratch":
            forget(model.backbone)
        return untrained(model, config, splits)
    # A prompt is small and far from where it should be: it takes more steps.
    aim = 1_000 if config.method == "prompt" else 250
    return fine_tune(config, splits, method == "scratch", aim)


def zero_shot(splits, options) -> dict:
    """Let BERT fill a gap with the word for a class, with nothing else in front."""
    config = chapter.Config(backbone=options.preset, method="prompt")
    words = [transfer.REVIEW_WORDS[label] for label in splits.labels]
    model = new_prompt(
        config.backbone, words, 0, config.initial_prompt, config.sequence_length
    )
    splits = dataclasses.replace(splits, test=splits.test[:TESTED])
    return untrained(model, config, splits)


def untrained(model, config, splits) -> dict:
    """Measure a model with the prompt or the head that it has at first."""
    dataset = chapter.make_dataset(splits.test, model, splits.labels, config)
    with training.already_encoded(model):
        share = accuracy(model, dataset)
    learnt = transfer.trainable_parameters(model)
    return unlearnt(share, len(splits.test), learnt=learnt)


def unlearnt(share: float, tested: int, seconds: float = 0.0, learnt: int = 0) -> dict:
    """Return the row of what made no step."""
    return {
        "accuracy": round(share, 5),
        "test_examples": tested,
        "steps": 0,
        "seconds": round(seconds, 1),
        "learnt": learnt,
        "curve": [],
    }


def majority(examples) -> dict:
    """Always give the label that most of the examples have."""
    (_, count), *_ = Counter(e.label for e in examples).most_common(1)
    return unlearnt(count / len(examples), len(examples))


def asked_in_context(splits) -> list:
    """Return the reviews that a language model is asked about."""
    short = [e for e in splits.test if len(e.text) <= _LONGEST_ASKED]
    return short[:_TESTED_IN_CONTEXT]


def in_context(model, labels: int, seed: int, splits) -> dict:
    """Show a language model some examples and ask for the labels of others."""
    short = [e for e in splits.train if 5 < len(e.text) <= _LONGEST_SHOT]
    shots = choose(short, labels, seed)
    test = asked_in_context(splits)
    started = time.perf_counter()
    classify = InContextClassifier(model, transfer.REVIEW_WORDS, shots, _TEMPLATE)
    answers = classify([e.text for e in test]).argmax(axis=1)
    seconds = time.perf_counter() - started
    right = [classify.labels[a] == e.label for a, e in zip(answers, test, strict=True)]
    return unlearnt(float(np.mean(right)), len(test), seconds)


def seeds(method: str, labels: int) -> range:
    """Return the seeds of a row: of the weights, or of the choice of shots.

    There are none where a method has no such row.
    """
    if labels > _MOST_LABELS.get(method, labels):
        return range(0)
    if method == "in-context" and labels:
        return range(7, 7 + _CHOICES)
    return range(7, 10 if method in _LEARNT and labels <= 1_000 else 8)


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
        if not np.isnan(means).all():
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
    del lines[METHODS["majority-in-context"]]  # one such line is enough
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
            for seed in seeds(method, labels):
                if (method, labels, seed) in rows:
                    continue
                if method == "in-context":
                    row = in_context(asked, labels, seed, splits)
                elif method == "zero-shot":
                    row = zero_shot(splits, options)
                elif method == "majority":
                    row = majority(splits.test[:TESTED])
                elif method == "majority-in-context":
                    row = majority(asked_in_context(splits))
                else:
                    row = measure(method, labels, seed, splits, options)
                rows.add({"method": method, "labels": labels, "seed": seed, **row})
    report(rows.rows, options.output)


if __name__ == "__main__":
    main()
