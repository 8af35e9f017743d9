"""Training speed of chapter 4, compared with transformers and PyTorch.

    python benchmarks/finetune.py --data-dir NSMC_FOLDER
    python benchmarks/finetune.py --data-dir NSMC_FOLDER --size base --examples 512

All loops train a BERT of the same size from random weights, with the same vocabulary,
token ids, batch size, dropout, AdamW, gradient clipping and learning rates, and are
evaluated on the same test reviews. Each measurement runs in a separate process. The
loops alternate over several rounds. Tokenization, start-up and evaluation are not
counted.

    pip install torch transformers     # without them, only the Keras loops run
"""

import argparse
import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PADDED = 128  # tokens, as in the book

LOOPS = {
    "keras": "this package, default settings",
    "keras-plain": "this package, `fast=false`",
    "keras-float32": "this package, float32",
    "keras-steps8": "this package, 8 steps a call",
    "keras-jit": "this package, XLA",
    "torch-padded": f"transformers, padded to {PADDED}",
    "torch-batch": "transformers, padded per batch",
    "torch-grouped": "transformers, grouped by length",
    "torch-best": "transformers, grouped, bf16, fused AdamW",
}
DEFAULT_LOOPS = "keras keras-float32 torch-padded torch-batch torch-grouped torch-best"

SIZES = {
    "mini": {
        "num_layers": 4,
        "num_heads": 4,
        "hidden_dim": 256,
        "intermediate_dim": 1024,
    },
    "base": {
        "num_layers": 12,
        "num_heads": 12,
        "hidden_dim": 768,
        "intermediate_dim": 3072,
        "learning_rate": 5e-5,
    },
}


class Stopwatch:
    """Measures the time of epochs, and the time until a target test accuracy.

    Args:
        score: function that returns the test accuracy. Its time is not counted.
        options: command line options.
    """

    def __init__(self, score, options):
        self.score = score
        self.options = options
        self.epochs = []
        self.step = 0
        self.reached = None

    def begin_epoch(self):
        self._started = time.perf_counter()

    def end_step(self):
        self.step += 1
        target, every = self.options.target, self.options.score_every
        if target is None or self.reached or self.step % every:
            return
        paused = time.perf_counter()
        if self.score() >= target:
            seconds = sum(self.epochs) + paused - self._started
            self.reached = {"steps": self.step, "seconds": round(seconds, 1)}
        self._started += time.perf_counter() - paused

    def end_epoch(self):
        self.epochs.append(time.perf_counter() - self._started)

    def result(self):
        return {
            "epochs": self.epochs,
            "steps": self.step,
            "accuracy": self.score(),
            "reached": self.reached,
        }


# === This package ===


def measure_keras(loop, options):
    import keras
    import numpy as np

    from kerasnlp_tutorial import training

    chapter, config, splits = data(options)
    model = chapter.build_model(config, splits)
    model.compile(
        optimizer=model.optimizer,
        loss=model.loss,
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=loop == "keras-jit",
        steps_per_execution=8 if loop == "keras-steps8" else 1,
    )
    train_set, test_set = (
        chapter.make_dataset(part, model, splits.labels, config, training_set=training_)
        for part, training_ in ((splits.train, True), (splits.test, False))
    )

    def score():
        pairs = [(model.predict_on_batch(x), y) for x, y in test_set]
        return float(np.mean(np.concatenate([o.argmax(-1) == y for o, y in pairs])))

    watch = Stopwatch(score, options)
    precision = "float32" if loop == "keras-float32" else config.precision
    with (
        training.already_encoded(model),
        training.matrix_products(precision),
        training.fast_steps(model, loop != "keras-plain"),
    ):
        model.fit(
            train_set,
            epochs=config.epochs,
            verbose=0,
            shuffle=False,
            callbacks=[
                training.WarmupLinearDecay(
                    config.learning_rate,
                    config.epochs * len(train_set),
                    config.warmup_ratio,
                ),
                keras.callbacks.LambdaCallback(
                    on_epoch_begin=lambda epoch, logs: watch.begin_epoch(),
                    on_train_batch_end=lambda batch, logs: watch.end_step(),
                    on_epoch_end=lambda epoch, logs: watch.end_epoch(),
                ),
            ],
        )
        return watch.result()


# === transformers and PyTorch ===


def measure_torch(loop, options):
    import numpy as np
    import torch
    import transformers

    prepared = json.loads(Path(options.prepared).read_text())
    config = argparse.Namespace(**prepared["config"])
    train_ids, train_labels = prepared["train"]
    test_ids, test_labels = prepared["test"]
    torch.manual_seed(config.seed)
    model = torch_model(config, prepared)
    optimizer = torch_adamw(model, config, fused=loop == "torch-best")
    steps = -(-len(train_ids) // config.batch_size) * config.epochs
    schedule = transformers.get_linear_schedule_with_warmup(
        optimizer, int(steps * config.warmup_ratio), steps
    )
    bf16 = torch.autocast("cpu", torch.bfloat16, enabled=loop == "torch-best")

    def inputs(ids, length):
        tokens = np.zeros((len(ids), length), "int64")
        mask = np.zeros((len(ids), length), "int64")
        for row, example in enumerate(ids):
            tokens[row, : len(example)] = example
            mask[row, : len(example)] = 1
        return {
            "input_ids": torch.from_numpy(tokens),
            "attention_mask": torch.from_numpy(mask),
        }

    def score():
        model.eval()
        order = np.argsort([len(ids) for ids in test_ids])
        correct = 0
        with torch.inference_mode(), bf16:
            for start in range(0, len(order), config.batch_size):
                indices = order[start : start + config.batch_size]
                ids = [test_ids[i] for i in indices]
                logits = model(**inputs(ids, max(map(len, ids)))).logits
                labels = torch.tensor([test_labels[i] for i in indices])
                correct += int((logits.argmax(-1) == labels).sum())
        model.train()
        return correct / len(order)

    generator = np.random.default_rng(config.seed)
    watch = Stopwatch(score, options)
    model.train()
    for _ in range(config.epochs):
        watch.begin_epoch()
        order = generator.permutation(len(train_ids))
        if loop in ("torch-grouped", "torch-best"):
            order = group_by_length(order, train_ids, config.batch_size, generator)
        for start in range(0, len(order), config.batch_size):
            indices = order[start : start + config.batch_size]
            ids = [train_ids[i] for i in indices]
            length = PADDED if loop == "torch-padded" else max(map(len, ids))
            labels = torch.tensor([train_labels[i] for i in indices])
            with bf16:
                loss = model(**inputs(ids, length), labels=labels).loss
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            watch.end_step()
        watch.end_epoch()
    return watch.result()


def torch_model(config, prepared):
    import transformers

    return transformers.BertForSequenceClassification(
        transformers.BertConfig(
            vocab_size=prepared["vocabulary_size"],
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            hidden_size=config.hidden_dim,
            intermediate_size=config.intermediate_dim,
            max_position_embeddings=PADDED,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=config.dropout,
            classifier_dropout=config.dropout,
            num_labels=prepared["num_classes"],
        )
    )


def torch_adamw(model, config, fused):
    import torch

    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        fused=fused,
    )


def group_by_length(order, ids, batch_size, generator):
    """Sort by length within chunks of 50 batches, as `Trainer` of transformers does.

    Full batches are then shuffled; an incomplete batch comes last.

    Args:
        order: indices of the examples, in random order.
        ids: token ids of each example.
        batch_size: examples in a batch.
        generator: NumPy random generator.

    Returns:
        The indices in their new order.
    """
    chunk = 50 * batch_size
    batches = []
    for chunk_start in range(0, len(order), chunk):
        by_length = sorted(
            order[chunk_start : chunk_start + chunk], key=lambda i: len(ids[i])
        )
        starts = range(0, len(by_length), batch_size)
        batches += [by_length[start : start + batch_size] for start in starts]
    full = [batch for batch in batches if len(batch) == batch_size]
    rest = [batch for batch in batches if len(batch) < batch_size]
    generator.shuffle(full)
    return [i for batch in full + rest for i in batch]


# === Data ===


def data(options):
    """Return the chapter, its config and the splits, the same for all loops.

    Args:
        options: command line options.
    """
    from kerasnlp_tutorial.chapters import ch04_document_classification as chapter

    config = chapter.Config(
        dataset="nsmc" if options.data_dir else "sample",
        data_dir=options.data_dir,
        batch_size=options.batch_size,
        epochs=options.epochs,
        sequence_length=PADDED,
        backbone="scratch",
        **SIZES[options.size],
    )
    splits = chapter.load_examples(config)
    # No epoch is selected here, so the validation examples are training examples too.
    examples = [*splits.train, *splits.validation]
    return (
        chapter,
        config,
        dataclasses.replace(
            splits,
            train=examples[: options.examples],
            test=splits.test[: options.test_examples],
        ),
    )


def prepare(options):
    """Write ids and labels for the torch loops, whose processes never import Keras.

    Args:
        options: command line options.
    """
    from kerasnlp_tutorial import training

    chapter, config, splits = data(options)
    preprocessor = chapter.build_model(config, splits).preprocessor
    prepared = {
        "config": dataclasses.asdict(config),
        "vocabulary_size": preprocessor.tokenizer.vocabulary_size(),
        "num_classes": len(splits.labels),
    }
    for name in ("train", "test"):
        examples = getattr(splits, name)
        features = training.encode(preprocessor, [x.text for x in examples])
        labels = [splits.labels.index(x.label) for x in examples]
        prepared[name] = features["token_ids"].to_list(), labels
    Path(options.prepared).write_text(json.dumps(prepared))


# === The rounds and the table ===


def summarise(results, options):
    """Print a table of speed, ratio, start-up time and accuracy of each loop.

    Args:
        results: loop name to the results of its processes.
        options: command line options.
    """
    columns = ["loop", "examples/s", "range", "this package / loop"]
    columns += ["start-up s", "accuracy"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    speeds = {
        loop: [options.examples / statistics.median(run["epochs"][1:]) for run in runs]
        for loop, runs in results.items()
    }
    for loop, runs in results.items():
        # Ratios within a round, since the speed of the machine may change over time.
        pairs = zip(speeds.get("keras", []), speeds[loop], strict=False)
        ratios = [keras_speed / speed for keras_speed, speed in pairs]
        ratio = f"{statistics.median(ratios):.2f}" if ratios else "-"
        start_up = statistics.median(
            run["epochs"][0] - statistics.median(run["epochs"][1:]) for run in runs
        )
        accuracies = [run["accuracy"] for run in runs]
        lines.append(
            f"| {LOOPS[loop]} | {statistics.median(speeds[loop]):.1f} "
            f"| {min(speeds[loop]):.1f}-{max(speeds[loop]):.1f} | {ratio} "
            f"| {start_up:.1f} | {statistics.median(accuracies):.3f} |"
        )
    print("\n".join(lines))
    if options.target is not None:
        print(f"\n| loop | steps to {options.target} | seconds |\n|---|---|---|")
        for loop, runs in results.items():
            for run in runs:
                reached = run["reached"] or {"steps": "not reached", "seconds": "-"}
                print(f"| {LOOPS[loop]} | {reached['steps']} | {reached['seconds']} |")


def environment():
    names = ["tensorflow", "keras", "keras-nlp", "torch", "transformers"]
    found = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    for name in names:
        if importlib.util.find_spec(name.replace("-", "_")):
            found.append(f"{name} {importlib.metadata.version(name)}")
    return ", ".join(found)


def installed():
    """Return whether the loops of PyTorch can run."""
    return all(map(importlib.util.find_spec, ("torch", "transformers")))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", help="folder with NSMC; without it, the sample")
    parser.add_argument("--size", choices=SIZES, default="mini")
    parser.add_argument("--examples", type=int, default=4096)
    parser.add_argument("--test-examples", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=3, help="the first is a warm-up")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3, help="processes per loop")
    parser.add_argument("--loops", nargs="+", choices=LOOPS, metavar="LOOP")
    parser.add_argument("--target", type=float, help="test accuracy to time")
    parser.add_argument("--score-every", type=int, default=32, help="steps")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--prepared", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.epochs < 2:
        parser.error("--epochs must be 2 or more: the first is a warm-up")
    return options


def measure(loop, options):
    """Measure a loop in a separate process.

    Args:
        loop: name of the loop.
        options: command line options.

    Returns:
        The result of its `Stopwatch`.
    """
    command = [sys.executable, *sys.argv, "--one", loop]
    command += ["--prepared", options.prepared]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(output.stdout.splitlines()[-1])


def main():
    options = parse_arguments()
    if options.one == "prepare":
        print(json.dumps(prepare(options)))
    elif options.one:
        function = measure_torch if options.one.startswith("torch") else measure_keras
        print(json.dumps(function(options.one, options)))
    else:
        loops = options.loops or DEFAULT_LOOPS.split()
        if not installed():
            loops = [loop for loop in loops if not loop.startswith("torch")]
            print("torch or transformers is not installed: only the Keras loops run")
        results = {loop: [] for loop in loops}
        with tempfile.TemporaryDirectory() as folder:
            options.prepared = f"{folder}/prepared.json"
            measure("prepare", options)
            ids, _ = json.loads(Path(options.prepared).read_text())["train"]
            options.examples = len(ids)  # there may be fewer
            for number in range(options.rounds):
                for loop in loops if number % 2 == 0 else reversed(loops):
                    result = measure(loop, options)
                    results[loop].append(result)
                    seconds = [round(s, 1) for s in result["epochs"]]
                    note = f"round {number + 1}, {loop}: epochs {seconds} s"
                    print(note, file=sys.stderr)
        print(f"{environment()}; {options.size}, {options.examples} examples\n")
        summarise(results, options)


if __name__ == "__main__":
    main()
