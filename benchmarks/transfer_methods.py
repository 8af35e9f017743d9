"""Accuracy and cost of transfer methods, for different numbers of labels.

Chapter 4 on NSMC reviews with 0, 1, 8, 64, 1,000 and 10,000 labels: from scratch, with
a frozen backbone, with LoRA, with prompt tuning (of BERT and of GPT-2), with full
fine-tuning, and with in-context learning. Baselines without labels are the majority
class and zero-shot classification with BERT's `[MASK]`. Results are appended to
OUTPUT/rows.jsonl, and rows that are already there are skipped. Example:

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
    fine_tune,
    randomize_weights,
    save_picture,
)

from kerasnlp_tutorial import fine_tuning, training
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.checkpoints import load_causal_lm, new_prompt
from kerasnlp_tutorial.in_context import InContextClassifier

LABELS = (0, 1, 8, 64, 1_000, 10_000)
_TRAINED = {
    "scratch": "처음부터",
    "frozen": "백본 동결",
    "lora": "LoRA",
    "prompt": "프롬프트 튜닝",
    "full": "파인튜닝",
    "prompt-gpt": "프롬프트 튜닝 (GPT)",
}
METHODS = _TRAINED | {
    "in-context": "인컨텍스트 러닝",
    "zero-shot": "빈칸 채우기 (제로샷)",
    "majority": "다수 범주",
    "majority-in-context": "다수 범주 (인컨텍스트의 리뷰)",
}
_TEMPLATE = "{text} 한마디로 {label}"
# Maximum number of labels of methods that are not measured with all of them.
_MAX_LABELS = {"in-context": 8}
_MAX_LABELS |= dict.fromkeys(("zero-shot", "majority", "majority-in-context"), 0)
_IN_CONTEXT_SEEDS = 10  # choices of shots and their order
_TESTED_IN_CONTEXT = 500
# Eight shots and a review must fit into 128 tokens.
_MAX_SHOT = 10  # characters
_MAX_REVIEW = 80  # characters


def choose(examples: list, count: int, seed: int) -> list:
    """Return random examples, the same number of each class.

    Args:
        examples: examples to choose from.
        count: number of examples.
        seed: random seed.
    """
    generator = random.Random(seed)
    shuffled = generator.sample(examples, len(examples))
    if count < 2:
        return shuffled[:count]
    labels = sorted({example.label for example in examples})
    per_label = count // len(labels)
    by_label = ([e for e in shuffled if e.label == label] for label in labels)
    chosen = [e for group in by_label for e in group[:per_label]]
    return generator.sample(chosen, len(chosen))


def measure(method: str, labels: int, seed: int, splits, options) -> dict:
    """Fine-tune with one method and return the row.

    Args:
        method: one of the methods that train.
        labels: number of labeled reviews.
        seed: random seed.
        splits: splits of chapter 4.
        options: command line options.
    """
    on_gpt = method == "prompt-gpt"
    config = ch04.Config(
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
        model = ch04.build_model(config, splits)
        if method == "scratch":
            randomize_weights(model.backbone)
        return untrained(model, config, splits)
    # Prompt tuning converges more slowly.
    aim = 1_000 if config.method == "prompt" else 250
    return fine_tune(config, splits, method == "scratch", aim)


def zero_shot(splits, options) -> dict:
    """Classify with BERT's `[MASK]` and no soft prompt, and return the row.

    Args:
        splits: splits of chapter 4.
        options: command line options.
    """
    config = ch04.Config(backbone=options.preset, method="prompt")
    words = [fine_tuning.REVIEW_WORDS[label] for label in splits.labels]
    model = new_prompt(
        config.backbone, words, 0, config.initial_prompt, config.sequence_length
    )
    splits = dataclasses.replace(splits, test=splits.test[:TESTED])
    return untrained(model, config, splits)


def untrained(model, config, splits) -> dict:
    """Measure a model before any training, and return the row.

    Args:
        model: a classifier.
        config: config of chapter 4.
        splits: splits of chapter 4.
    """
    dataset = ch04.make_dataset(splits.test, model, splits.labels, config)
    with training.already_encoded(model):
        score = accuracy(model, dataset)
    parameters = fine_tuning.trainable_parameters(model)
    return untrained_row(score, len(splits.test), parameters=parameters)


def untrained_row(
    score: float, tested: int, seconds: float = 0.0, parameters: int = 0
) -> dict:
    """Return the row of a measurement without training steps.

    Args:
        score: accuracy, 0 to 1.
        tested: number of test examples.
        seconds: time of the measurement.
        parameters: number of trainable parameters.
    """
    return {
        "accuracy": round(score, 5),
        "test_examples": tested,
        "steps": 0,
        "seconds": round(seconds, 1),
        "learnt": parameters,
        "curve": [],
    }


def majority(examples) -> dict:
    """Return the row of the most frequent label.

    Args:
        examples: test examples.
    """
    (_, count), *_ = Counter(e.label for e in examples).most_common(1)
    return untrained_row(count / len(examples), len(examples))


def in_context_reviews(splits) -> list:
    """Return the test reviews for in-context learning.

    Args:
        splits: splits of chapter 4.
    """
    short = [e for e in splits.test if len(e.text) <= _MAX_REVIEW]
    return short[:_TESTED_IN_CONTEXT]


def in_context(model, labels: int, seed: int, splits) -> dict:
    """Classify with in-context learning and return the row.

    Args:
        model: a causal language model.
        labels: number of shots.
        seed: random seed of the choice of shots.
        splits: splits of chapter 4.
    """
    short = [e for e in splits.train if 5 < len(e.text) <= _MAX_SHOT]
    shots = choose(short, labels, seed)
    test = in_context_reviews(splits)
    started = time.perf_counter()
    classify = InContextClassifier(model, fine_tuning.REVIEW_WORDS, shots, _TEMPLATE)
    predictions = classify([e.text for e in test]).argmax(axis=1)
    seconds = time.perf_counter() - started
    correct = [
        classify.labels[prediction] == example.label
        for prediction, example in zip(predictions, test, strict=True)
    ]
    return untrained_row(float(np.mean(correct)), len(test), seconds)


def seeds(method: str, labels: int) -> range:
    """Return the random seeds of the rows of a method; empty if it has none.

    Args:
        method: one of `METHODS`.
        labels: number of labels.
    """
    if labels > _MAX_LABELS.get(method, labels):
        return range(0)
    if method == "in-context" and labels:
        return range(7, 7 + _IN_CONTEXT_SEEDS)
    return range(7, 10 if method in _TRAINED and labels <= 1_000 else 8)


def report(rows: list[dict], folder: Path) -> None:
    """Print the tables and save the plot.

    Args:
        rows: the rows of the results.
        folder: folder for the plot.
    """
    sizes = sorted({row["labels"] for row in rows})
    columns = " | ".join(f"{size:,}" for size in sizes)
    print("| method |", columns, "| trainable parameters | bytes |")
    print("|---" * (len(sizes) + 3) + "|")
    lines = {}
    for method, name in METHODS.items():
        cells, means = [], []
        for labels in sizes:
            scores = [
                row["accuracy"]
                for row in rows
                if (row["method"], row["labels"]) == (method, labels)
            ]
            means.append(float(np.mean(scores)) if scores else float("nan"))
            spread = f" ±{np.std(scores):.3f}" if len(scores) > 1 else ""
            cells.append(f"{means[-1]:.3f}{spread}" if scores else "-")
        if not np.isnan(means).all():
            lines[name] = means
        parameters = max(
            (r["learnt"] for r in rows if r["method"] == method), default=0
        )
        print(
            f"| {method} | {' | '.join(cells)} | {parameters:,} | {4 * parameters:,} |"
        )
    print(
        "\n| method | labels | steps | seconds | steps to 0.75 |\n|---|---|---|---|---|"
    )
    for row in rows:
        if row["seed"] == 7 and row["steps"]:
            print(
                f"| {row['method']} | {row['labels']:,} | {row['steps']} | "
                f"{row['seconds']} | {row['reached']['0.75'] or '-'} |"
            )
    del lines[METHODS["majority-in-context"]]  # one majority line is enough
    save_picture(lines, sizes, folder / "transfer_methods.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", help="folder with NSMC's files")
    parser.add_argument("--output", required=True, type=Path, help="results folder")
    parser.add_argument("--preset", default="bert_mini_ko")
    parser.add_argument("--language-model", default="gpt2_mini_ko")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[*METHODS])
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    rows = Rows(options.output / "rows.jsonl", ("method", "labels", "seed"))
    config = ch04.Config(dataset="nsmc", data_dir=options.data_dir)
    splits = ch04.load_examples(config)
    language_model = (
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
                    row = in_context(language_model, labels, seed, splits)
                elif method == "zero-shot":
                    row = zero_shot(splits, options)
                elif method == "majority":
                    row = majority(splits.test[:TESTED])
                elif method == "majority-in-context":
                    row = majority(in_context_reviews(splits))
                else:
                    row = measure(method, labels, seed, splits, options)
                rows.add({"method": method, "labels": labels, "seed": seed, **row})
    report(rows.rows, options.output)


if __name__ == "__main__":
    main()
