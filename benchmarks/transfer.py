"""What pretraining buys: chapter 4 from random weights and from a preset.

Each number of labelled NSMC reviews is fine-tuned on twice, with the preset's weights
and with random weights in the same architecture and vocabulary, and measured: the
accuracy at the end, on a fixed 2,000 of the test reviews and from 10,000 labels on all
20,000; and on a fixed 1,000 every now and then, for the steps until 0.75 and 0.80. Rows
are kept in OUTPUT/rows.jsonl; what is there is not measured again, so a killed run goes
on where it was. Example:

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

from kerasnlp_tutorial import display, registry, training, transfer

LABELS = (100, 300, 1_000, 3_000, 10_000, 100_000)
TARGETS = (0.75, 0.80)
STARTS = {"scratch": "난수에서", "preset": "미리 학습한 모델에서"}
_SCORES_A_RUN = 20
_WATCHED = 1_000
TESTED = 2_000
_TESTED_ON_ALL = 10_000  # labels, and more

chapter = registry.find("ch04").load()


class Rows:
    """Measurements in a file of JSON lines; what is there is not measured again.

    Args:
        path: the file; it need not exist.
        keys: fields that tell rows apart.
    """

    def __init__(self, path: Path, keys: tuple[str, ...]):
        self.path = path
        self.keys = keys
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = [json.loads(line) for line in lines]

    def __contains__(self, key: tuple) -> bool:
        return key in {tuple(row[name] for name in self.keys) for row in self.rows}

    def add(self, row: dict) -> None:
        """Append a row to the file, and say it."""
        self.rows.append(row)
        print(json.dumps(row | {"curve": None}, ensure_ascii=False), flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


class Score(keras.callbacks.Callback):
    """Measures the accuracy every few steps; its time is not counted."""

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
    right = [model.predict_on_batch(x).argmax(-1) == y for x, y in dataset]
    return float(np.mean(np.concatenate(right)))


def measure(start: str, labels: int, seed: int, options) -> dict:
    """Fine-tune once and return the row."""
    config = chapter.Config(
        dataset="nsmc",
        data_dir=options.data_dir,
        backbone=options.preset,
        learning_rate=options.learning_rate,
        seed=seed,
        max_train_examples=labels,
    )
    splits = chapter.load_examples(config)
    # No epoch is chosen here, so the part that it would be chosen on is learnt too.
    splits = dataclasses.replace(splits, train=[*splits.train, *splits.validation])
    if labels < _TESTED_ON_ALL:
        splits = dataclasses.replace(splits, test=splits.test[:TESTED])
    row = fine_tune(config, splits, start == "scratch")
    return {"start": start, "labels": labels, "seed": seed, **row}


def forget(backbone) -> None:
    """Make the weights random."""
    fresh = backbone.__class__.from_config(backbone.get_config())
    backbone.set_weights(fresh.get_weights())


def fine_tune(config, splits, from_scratch: bool = False, aim: int = 250) -> dict:
    """Fine-tune as the config says and measure.

    Args:
        config: of chapter 4.
        splits: all of `train` is learnt, all of `test` measured.
        from_scratch: whether the backbone's weights are made random first.
        aim: steps to make, about; see `choose_epochs`.
    """
    model = chapter.build_model(config, splits)
    if from_scratch:
        forget(model.backbone)
    train_set, watched_set, test_set = (
        chapter.make_dataset(part, model, splits.labels, config, training_set=learnt)
        for part, learnt in (
            (splits.train, True),
            (splits.test[:_WATCHED], False),
            (splits.test, False),
        )
    )
    epochs = chapter.choose_epochs(config, len(train_set), aim)
    steps = epochs * len(train_set)
    score = Score(watched_set, every=max(steps // _SCORES_A_RUN, 1))
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
        "learnt": transfer.trainable_parameters(model),
        "reached": reached,
        "curve": score.curve,
    }


def save_picture(
    lines: dict[str, list[float]],
    sizes: list[int],
    path: Path,
    title: str = "NSMC 정확도",
    xlabel: str = "꼬리표의 수",
) -> None:
    """Draw accuracies, or something else, over numbers of labels into a file.

    Beside it, `display.measured` finds the numbers in a table.
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
    """Print the table, and draw the pictures into files."""
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
            same = [r for r in rows if (r["labels"], r["start"]) == (labels, start)]
            if not same:  # not measured yet
                for values in (means, *first.values()):
                    values[start].append(float("nan"))
                continue
            scores = [row["accuracy"] for row in same]
            means[start].append(float(np.mean(scores)))
            steps = []
            for target in TARGETS:
                reached = [row["reached"][str(target)] for row in same]
                steps.append(" / ".join(str(step or "-") for step in reached))
                # A mean of those that arrive would flatter: some seed did not.
                mean = np.mean(reached) if all(reached) else float("nan")
                first[target][start].append(float(mean))
            print(
                f"| {labels:,} | {start} | {means[start][-1]:.3f} | "
                f"{min(scores):.3f}-{max(scores):.3f} | {steps[0]} | {steps[1]} | "
                f"{same[0]['steps']} |"
            )
    lines = {STARTS[start]: values for start, values in means.items()}
    save_picture(lines, sizes, folder / "transfer.svg")
    for target, series in first.items():
        lines = {STARTS[start]: values for start, values in series.items()}
        title = f"정확도 {target:.2f}까지의 걸음"
        save_picture(lines, sizes, folder / f"steps_{target:.2f}.svg", title)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", help="folder with NSMC's files")
    parser.add_argument("--output", required=True, type=Path, help="for the rows")
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
    same = [row for row in rows.rows if row["preset"] == options.preset]
    report(same, options.output)


if __name__ == "__main__":
    main()
