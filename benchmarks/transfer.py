"""Effect of pretraining: chapter 4 from random weights and from a preset.

For each number of labeled NSMC reviews, the model is fine-tuned twice: from the weights
of the preset, and from random weights with the same architecture and vocabulary. The
final accuracy is measured on 2,000 test reviews, and with 10,000 or more labels on
all 20,000. During training, it is measured on 1,000 test reviews, to find the steps
until 0.75 and 0.80. Results are appended to OUTPUT/rows.jsonl. Rows that are already
there are skipped, so an interrupted run can be continued. Example:

    python benchmarks/transfer.py --data-dir NSMC_FOLDER --output transfer
"""

import argparse
import csv
import dataclasses
import json
import time
from pathlib import Path

import keras
import numpy as np

from kerasnlp_tutorial import display, fine_tuning, training
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04

LABELS = (100, 300, 1_000, 3_000, 10_000, 100_000)
TARGETS = (0.75, 0.80)
STARTS = {"scratch": "처음부터", "preset": "사전학습 모델에서"}
_SCORES_PER_RUN = 20
_WATCHED = 1_000  # test reviews that are scored during training
TESTED = 2_000  # test reviews that are scored at the end
_TESTED_ON_ALL = 10_000  # labels from which all test reviews are scored


class Rows:
    """Results in a JSON lines file.

    Args:
        path: the file; it is created if it does not exist.
        keys: fields that identify a row.
    """

    def __init__(self, path: Path, keys: tuple[str, ...]):
        self.path = path
        self.keys = keys
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = [json.loads(line) for line in lines]

    def __contains__(self, key: tuple) -> bool:
        return key in {tuple(row[name] for name in self.keys) for row in self.rows}

    def add(self, row: dict) -> None:
        """Append a row to the file and print it."""
        self.rows.append(row)
        print(json.dumps(row | {"curve": None}, ensure_ascii=False), flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


class Score(keras.callbacks.Callback):
    """Callback that measures the accuracy every few steps.

    Args:
        dataset: dataset to measure on.
        every: number of steps between measurements.
    """

    def __init__(self, dataset, every):
        super().__init__()
        self.dataset = dataset
        self.every = every
        self.curve = []
        self.seconds = 0.0

    def on_train_batch_end(self, batch, logs=None):
        step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        reached = self.curve and max(a for _, a in self.curve) >= max(TARGETS)
        if step % self.every == 0 and not reached:
            started = time.perf_counter()
            self.curve.append((step, accuracy(self.model, self.dataset)))
            self.seconds += time.perf_counter() - started


def accuracy(model, dataset) -> float:
    """Return the accuracy of a classifier on a dataset, 0 to 1.

    Args:
        model: the classifier.
        dataset: batches of inputs and class ids.
    """
    correct = [model.predict_on_batch(x).argmax(-1) == y for x, y in dataset]
    return float(np.mean(np.concatenate(correct)))


def measure(start: str, labels: int, seed: int, options) -> dict:
    """Fine-tune once and return the row.

    Args:
        start: `scratch` or `preset`.
        labels: number of labeled reviews.
        seed: random seed.
        options: command line options.
    """
    config = ch04.Config(
        dataset="nsmc",
        data_dir=options.data_dir,
        backbone=options.preset,
        learning_rate=options.learning_rate,
        seed=seed,
        max_train_examples=labels,
    )
    splits = ch04.load_examples(config)
    # No epoch is selected here, so the validation examples are training examples too.
    splits = dataclasses.replace(splits, train=[*splits.train, *splits.validation])
    if labels < _TESTED_ON_ALL:
        splits = dataclasses.replace(splits, test=splits.test[:TESTED])
    row = fine_tune(config, splits, start == "scratch")
    return {"start": start, "labels": labels, "seed": seed, **row}


def randomize_weights(backbone) -> None:
    """Reset the weights of a backbone to random values."""
    initialized = backbone.__class__.from_config(backbone.get_config())
    backbone.set_weights(initialized.get_weights())


def fine_tune(config, splits, from_scratch: bool = False, aim: int = 250) -> dict:
    """Fine-tune a model and return the measurements.

    Args:
        config: config of chapter 4.
        splits: examples to train on (`train`) and to measure on (`test`).
        from_scratch: whether to reset the backbone to random weights first.
        aim: approximate number of steps (see `choose_epochs` of chapter 4).
    """
    model = ch04.build_model(config, splits)
    if from_scratch:
        randomize_weights(model.backbone)
    train_set, watched_set, test_set = (
        ch04.make_dataset(part, model, splits.labels, config, training_set=is_training)
        for part, is_training in (
            (splits.train, True),
            (splits.test[:_WATCHED], False),
            (splits.test, False),
        )
    )
    epochs = ch04.choose_epochs(config, len(train_set), aim)
    steps = epochs * len(train_set)
    score = Score(watched_set, every=max(steps // _SCORES_PER_RUN, 1))
    started = time.perf_counter()
    with training.already_encoded(model), training.matrix_products(config.precision):
        model.fit(
            train_set,
            epochs=epochs,
            verbose=0,
            shuffle=False,
            callbacks=[
                training.WarmupLinearDecay(
                    config.learning_rate, steps, config.warmup_ratio
                ),
                score,
            ],
        )
        seconds = time.perf_counter() - started - score.seconds
        final = accuracy(model, test_set)
    reached = {
        str(target): next((s for s, a in score.curve if a >= target), None)
        for target in TARGETS
    }
    return {
        "accuracy": round(final, 5),
        "test_examples": len(splits.test),
        "steps": steps,
        "seconds": round(seconds, 1),
        "learnt": fine_tuning.trainable_parameters(model),
        "reached": reached,
        "curve": score.curve,
    }


def save_picture(
    lines: dict[str, list[float]],
    sizes: list[int],
    path: Path,
    title: str = "NSMC 정확도",
    xlabel: str = "레이블 수",
) -> None:
    """Save a line plot over numbers of labels, and its values as a table.

    Args:
        lines: name to values of each line.
        sizes: numbers of labels.
        path: SVG file to write. The table has the extension `.tsv`; `display.measured`
            reads it.
        title: title of the plot.
        xlabel: label of the horizontal axis.
    """
    names = [f"{labels:,}" for labels in sizes]
    display.curves(lines, title, xlabel, names=names).save_svg(path)
    with path.with_suffix(".tsv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow([xlabel, *lines])
        for name, *values in zip(names, *lines.values(), strict=True):
            cells = ("" if np.isnan(value) else f"{value:.5f}" for value in values)
            table.writerow([name, *cells])


def report(rows: list[dict], folder: Path) -> None:
    """Print the table and save the plots.

    Args:
        rows: the rows of the results.
        folder: folder for the plots.
    """
    starts = [start for start in STARTS if start in {row["start"] for row in rows}]
    means = {start: [] for start in starts}
    first = {target: {start: [] for start in starts} for target in TARGETS}
    sizes = sorted({row["labels"] for row in rows})
    print(
        "| labels | start | accuracy | range | steps to 0.75 | steps to 0.80 | steps |"
    )
    print("|---|---|---|---|---|---|---|")
    for labels in sizes:
        for start in starts:
            group = [r for r in rows if (r["labels"], r["start"]) == (labels, start)]
            if not group:  # not measured yet
                for values in (means, *first.values()):
                    values[start].append(float("nan"))
                continue
            scores = [row["accuracy"] for row in group]
            means[start].append(float(np.mean(scores)))
            steps = []
            for target in TARGETS:
                reached = [row["reached"][str(target)] for row in group]
                steps.append(" / ".join(str(step or "-") for step in reached))
                # No mean if a seed did not reach the target; it would be too low.
                mean = np.mean(reached) if all(reached) else float("nan")
                first[target][start].append(float(mean))
            print(
                f"| {labels:,} | {start} | {means[start][-1]:.3f} | "
                f"{min(scores):.3f}-{max(scores):.3f} | {steps[0]} | {steps[1]} | "
                f"{group[0]['steps']} |"
            )
    lines = {STARTS[start]: values for start, values in means.items()}
    save_picture(lines, sizes, folder / "transfer.svg")
    for target, series in first.items():
        lines = {STARTS[start]: values for start, values in series.items()}
        title = f"정확도 {target:.2f}까지의 스텝 수"
        save_picture(lines, sizes, folder / f"steps_{target:.2f}.svg", title)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", help="folder with NSMC's files")
    parser.add_argument("--output", required=True, type=Path, help="results folder")
    parser.add_argument("--preset", default="bert_mini_ko")
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS))
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    keys = ("preset", "start", "labels", "seed")
    rows = Rows(options.output / "rows.jsonl", keys)
    for labels in options.labels:
        for seed in (7, 8, 9) if labels <= 1_000 else (7,):
            for start in options.starts:
                key = (start, labels, seed)
                if (options.preset, *key) not in rows:
                    rows.add({"preset": options.preset} | measure(*key, options))
    selected = [row for row in rows.rows if row["preset"] == options.preset]
    report(selected, options.output)


if __name__ == "__main__":
    main()
