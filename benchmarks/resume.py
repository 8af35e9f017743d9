"""Losses of a pretraining run that is killed and resumed, and of an uninterrupted one.

Both train a GPT-2 on the sample reviews of the package. One run is killed (SIGKILL)
shortly after each of two checkpoints, and resumed. The program writes both histories
and a plot. Example:

    python benchmarks/resume.py --output benchmarks/results/resume
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kerasnlp_tutorial import datasets, display, runs

KILLED_AFTER = (45, 105)  # steps
SETTINGS = ("steps=180", "measure_every=10", "checkpoint_minutes=0.01")
SETTINGS += ("vocabulary_size=2000", "sequence_length=64", "held_out=0.1")
COMMAND = (sys.executable, "-m", "kerasnlp_tutorial.cli", "pretrain", "gpt2")


def pretrain(text: Path, output: Path, killed_after: tuple[int, ...] = ()) -> dict:
    """Pretrain a model and return the history.

    Args:
        text: file with training texts.
        output: output folder.
        killed_after: steps after which the process is killed and resumed.
    """
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    options = ["--text", text, *settings]
    for step in killed_after:
        process = subprocess.Popen([*COMMAND, *options, "--output", output])
        while last_checkpoint(output) < step:
            if process.poll() is not None:
                sys.exit(f"ended before step {step}")
            time.sleep(0.05)
        time.sleep(0.5)  # until the next checkpoint, or the steps before it
        process.kill()
        process.wait()
        print(f"killed after the checkpoint of step {last_checkpoint(output)}")
        options = ["--resume"]
    subprocess.run([*COMMAND, *options, "--output", output], check=True)
    return runs.describe(output)["history"]


def last_checkpoint(output: Path) -> int:
    """Return the step of the last complete checkpoint; 0 if there is none.

    Args:
        output: output folder.
    """
    paths = Path(f"{output}.partial").glob("checkpoints/step-*/state.json")
    return max(
        (int(path.parent.name.removeprefix("step-")) for path in paths), default=0
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", required=True, type=Path, help="results folder")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "reviews.txt"
        reviews = datasets.read_nsmc(datasets.SAMPLE.path("ratings_train.txt"))
        lines = "".join(f"{review.text}\n" for review in reviews)
        text.write_text(lines, encoding="utf-8")
        uninterrupted = pretrain(text, Path(folder) / "uninterrupted")
        killed = pretrain(text, Path(folder) / "killed", KILLED_AFTER)
    steps = [int(step) for step in uninterrupted["step"]]
    rows = list(zip(steps, uninterrupted["val_loss"], killed["val_loss"], strict=True))
    with (options.output / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("step", "uninterrupted", "killed"), *rows])
    series = {"끊지 않음": uninterrupted["val_loss"]}
    for name, start, end in zip(
        ("죽기 전", "이은 뒤", "다시 이은 뒤"),
        (0, *KILLED_AFTER),
        (*KILLED_AFTER, steps[-1]),
        strict=True,
    ):
        series[name] = [
            loss if start < step <= end else float("nan")
            for step, loss in zip(steps, killed["val_loss"], strict=True)
        ]
    title = "남겨 둔 글의 손실: 두 번 죽은 학습과 끊지 않은 학습"
    names = [str(step) if step % 30 == 0 else "" for step in steps]
    picture = display.curves(series, title, "스텝", names=names)
    picture.save_svg(options.output / "resume.svg")
    gap = max(abs(a - b) for _, a, b in rows)
    print(f"largest difference of the losses: {gap:.1e}")


if __name__ == "__main__":
    main()
