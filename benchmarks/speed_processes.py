"""The processes of `speed.py`: how they are started, and what runs in them.

A process of this program calls one of `PARTS`:

    python benchmarks/speed_processes.py NAME ARGUMENTS

The arguments are a JSON object; the last line of output is a JSON value.
"""

import contextlib
import dataclasses
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import finetune
from finetune import installed

PEER = "transformers"
_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # as the command line sets it
    "HF_HUB_OFFLINE": "1",
}
# A process counts the memory of the one that starts it; so a small one does.
_MEASURE = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.call(sys.argv[2:])
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w") as file:
    json.dump([code, seconds, peak / 1024], file)
"""


# === Starting processes ===


@dataclasses.dataclass(frozen=True)
class Ended:
    """A process that has ended well."""

    output: str
    seconds: float
    megabytes: float
    """Peak of its resident memory."""

    @property
    def result(self) -> Any:
        """The JSON value in the last line of its output."""
        return json.loads(self.output.splitlines()[-1])


def run(*words: object) -> Ended:
    """Run a program of Python and wait for its end.

    Raises:
        RuntimeError: it has failed; the message has the last line that it wrote.
    """
    command = [sys.executable, *map(str, words)]
    with tempfile.TemporaryDirectory() as folder:
        output, errors, measured = (Path(folder) / name for name in "oem")
        with output.open("w") as stdout, errors.open("w") as stderr:
            subprocess.run(
                [sys.executable, "-c", _MEASURE, measured, *command],
                check=True,
                stdout=stdout,
                stderr=stderr,
                env=os.environ | _ENVIRONMENT,
            )
        code, seconds, megabytes = json.loads(measured.read_text())
        if code:
            last = errors.read_text().strip().rpartition("\n")[2]
            raise RuntimeError(f"{shlex.join(command[1:])[:200]}: {last}")
        return Ended(output.read_text(), seconds, megabytes)


def part(name: str, **arguments: Any) -> Ended:
    """Call one of `PARTS`, with arguments that JSON has, or paths."""
    return run(__file__, name, json.dumps(arguments, default=str))


def cli(*words: object) -> Ended:
    """Run a command of `kerasnlp-tutorial`."""
    return run("-m", "kerasnlp_tutorial.cli", *words)


def alternate(calls: Mapping[str, Callable], rounds: int) -> dict[str, list]:
    """Call in turn, in every other round in reverse; return the results by name."""
    called = [name for name in calls if installed() or name != PEER]
    results: dict[str, list] = {name: [] for name in calls}
    for number in range(rounds):
        for name in called if number % 2 == 0 else reversed(called):
            results[name].append(calls[name]())
    return results


# === What runs in them ===

# Each function imports its own libraries: the processes of PyTorch have no TensorFlow.


def finetune_loop(loop: str, arguments: Sequence[str]) -> Any:
    """Run a loop of `finetune.py`, or its `prepare`.

    Args:
        loop: name of the loop.
        arguments: words for its command line.

    Returns:
        What the function of `finetune.py` returns.
    """
    sys.argv = ["finetune.py", *arguments]
    options = finetune.parse_arguments()
    if loop == "prepare":
        return finetune.prepare(options)
    is_torch = loop.startswith("torch")
    measure = finetune.measure_torch if is_torch else finetune.measure_keras
    return measure(loop, options)


def _repeated(call: Callable[[], Any], calls: int) -> dict[str, Any]:
    """Call again and again; a tenth as many calls before are not counted.

    Returns:
        `p50`, the median duration in ms, and `answer`, what the last call returned.
    """
    milliseconds = []
    for _ in range(calls // 10 + calls):
        started = time.perf_counter()
        answer = call()
        milliseconds.append(1000 * (time.perf_counter() - started))
    return {"p50": statistics.median(milliseconds[calls // 10 :]), "answer": answer}


def predict(folder: str, text: str, calls: int) -> dict[str, Any]:
    """Classify a text with a model of chapter 4; see `_repeated`."""
    from kerasnlp_tutorial import registry
    from kerasnlp_tutorial.trained import load_trained

    chapter, trained = registry.find("ch04").load_task(), load_trained(folder)

    def call():
        return [*chapter.predict(trained, [text])[0]["probabilities"].values()]

    return _repeated(call, calls)


def torch_predict(folder: str, text: str, calls: int) -> dict[str, Any]:
    """Do the same with transformers and its tokenizer in Rust."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, use_fast=True)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    model.eval()

    def call():
        with torch.inference_mode():
            logits = model(**tokenizer([text], return_tensors="pt")).logits
        return logits.softmax(-1)[0].tolist()

    return _repeated(call, calls)


def torch_generate(folder: str, text: str, tokens: int) -> str:
    """Continue a text with transformers, greedily."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ids = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    lengths = {"min_new_tokens": tokens, "max_new_tokens": tokens}
    return tokenizer.decode(model.generate(**ids, do_sample=False, **lengths)[0])


def pretrain(settings: dict[str, Any], skipped: int) -> float:
    """Return the tokens a second of a pretraining, measurements aside.

    Args:
        settings: of `PretrainingConfig`.
        skipped: first steps that are not counted.
    """
    from kerasnlp_tutorial import pretraining
    from kerasnlp_tutorial.pretraining import run

    ends = []

    class TimedMonitor(run.PretrainingMonitor):
        def on_train_batch_end(self, batch, logs=None):
            ends.append(time.perf_counter())
            super().on_train_batch_end(batch, logs)

    run.PretrainingMonitor = TimedMonitor
    # Measured once, after the last step.
    config = pretraining.PretrainingConfig(measure_every=10**9, **settings)
    pretraining.pretrain(config)
    tokens = (len(ends) - skipped) * config.batch_size * config.sequence_length
    return tokens / (ends[-1] - ends[skipped - 1])


def read_epoch(path: str) -> dict[str, float]:
    """Read, encode and batch a file as chapter 4 does, without a training step.

    Returns:
        Seconds of `reading`, `encoding` and `batches`, and number of `characters`.
    """
    from kerasnlp_tutorial import registry

    chapter, measured = registry.find("ch04").load_task(), {}

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        measured[name] = time.perf_counter() - started

    config = chapter.Config(train_file=path)
    with timed("reading"):
        splits = chapter.load_examples(config)
    model = chapter.build_model(config, splits)
    parts = splits.train, splits.validation, splits.test
    with timed("encoding"):
        sets = [
            chapter.make_dataset(p, model, splits.labels, config, training_set=not i)
            for i, p in enumerate(parts)
        ]
    with timed("batches"):
        for dataset in sets:
            for _ in dataset:
                pass
    return measured | {"characters": sum(len(x.text) for p in parts for x in p)}


def step(vocabulary: int, steps: int) -> float:
    """Return the duration of a training step of chapter 4 in ms.

    Args:
        vocabulary: number of tokens in the vocabulary, of which the batches have random
            ones, (32, 32).
        steps: number of steps to time, after as many to warm up.
    """
    import keras_nlp
    import numpy as np

    from kerasnlp_tutorial import registry, training
    from kerasnlp_tutorial.checkpoints.presets import new_backbone
    from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
    from kerasnlp_tutorial.tokenizers.vocabulary import SPECIAL_TOKENS

    chapter = registry.find("ch04").load_task()
    config = chapter.Config(backbone="scratch")
    others = [f"##{i}" for i in range(vocabulary - len(SPECIAL_TOKENS))]
    tokenizer = KoreanBertTokenizer(SPECIAL_TOKENS + others)
    backbone = new_backbone(config, keras_nlp.models.BertBackbone, tokenizer)
    model = keras_nlp.models.BertTextClassifier(backbone, num_classes=2)
    chapter.compile_classifier(model, config)
    generator = np.random.default_rng(config.seed)
    ids = generator.integers(vocabulary, size=(32 * steps, 32), dtype="int32")
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    y = generator.integers(2, size=len(ids), dtype="int32")
    with training.matrix_products(config.precision), training.fast_steps(model):
        for _ in range(2):
            started = time.perf_counter()
            model.fit(x, y, batch_size=32, verbose=0)
    return 1000 * (time.perf_counter() - started) / steps


PARTS: dict[str, Callable] = {
    "finetune_loop": finetune_loop,
    "predict": predict,
    "torch_predict": torch_predict,
    "torch_generate": torch_generate,
    "pretrain": pretrain,
    "read_epoch": read_epoch,
    "step": step,
}


if __name__ == "__main__":
    name, arguments = sys.argv[1:]
    print(json.dumps(PARTS[name](**json.loads(arguments))))
