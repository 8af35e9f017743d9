"""Kill trainings of chapter 4 at random moments, resume them, and compare the ends.

    python tests/kill_often.py FOLDER KILLS

Every training is a fork of this process, which has imported TensorFlow but not used
it: so each takes seconds. The exit code is the number of trainings that differ.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from kerasnlp_tutorial import cli, runs
from kerasnlp_tutorial.chapters import ch04_document_classification  # noqa: F401

EPOCHS = 12
SETTINGS = [
    "backbone=scratch",
    "num_layers=1",
    "num_heads=2",
    "hidden_dim=32",
    "intermediate_dim=64",
    "vocabulary_size=300",
    "batch_size=8",
    "learning_rate=0.01",
    "sequence_length=16",
    f"epochs={EPOCHS}",
]
WORDS = {"좋다": "긍정", "싫다": "부정"}
TABLE = "text\tlabel\n" + "".join(
    f"{i * i % 89} {word} {i % 7} 번\t{label}\n"
    for i in range(60)
    for word, label in WORDS.items()
)


def start(folder: Path, resume: bool = False) -> int:
    """Return the id of a process that trains into `out` in a folder."""
    if child := os.fork():
        return child
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    output = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    Path("own.tsv").write_text(TABLE, encoding="utf-8")
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    options = ["--resume"] if resume else ["--train-file", "own.tsv", *settings]
    code = 1
    try:
        code = cli.main(["train", "ch04", "--output", "out", *options])
    finally:
        os._exit(code)


def ended(child: int, options: int = 0) -> bool:
    return os.waitpid(child, options)[0] == child


def result(folder: Path) -> tuple:
    """Return what must be equal."""
    if not (folder / "out").is_dir():
        return ((folder / "output.txt").read_text(encoding="utf-8")[-500:],)
    training = runs.describe(folder / "out")
    scores = {k: v for k, v in training["metrics"].items() if k != "seconds"}
    return training["history"], scores


def newest(folder: Path) -> int:
    """Return the number of the newest state that is whole; 0 if there is none."""
    paths = folder.glob(f"out.partial/checkpoints/step-*/{runs.STATE_FILE}")
    return max((int(path.parent.name[5:]) for path in paths), default=0)


def kill(folder: Path, states: int, pause: float) -> bool:
    """Kill a training after so many states and seconds; False if it was too late."""
    child = start(folder)
    while newest(folder) < states or not (folder / "out.partial").is_dir():
        if ended(child, os.WNOHANG):
            return False
        time.sleep(0.002)
    time.sleep(pause)
    if ended(child, os.WNOHANG):
        return False
    os.kill(child, signal.SIGKILL)
    ended(child)
    return True


def main(root: Path, kills: int) -> int:
    ended(start(root / "whole"))
    expected = result(root / "whole")
    print("uninterrupted:", expected[1])
    generator, different = random.Random(7), 0
    for number in range(1, kills + 1):
        folder = root / f"{number}"
        states, pause = generator.randrange(EPOCHS), generator.uniform(0, 0.25)
        killed = kill(folder, states, pause)
        parts = len([*folder.glob("out.partial/checkpoints/.step-*")])
        found = newest(folder)
        if not (folder / "out").is_dir():
            ended(start(folder, resume=True))
        equal = result(folder) == expected
        different += not equal
        print(
            f"{number:2} killed: {killed}, {pause:.3f} s after state {states}, left: "
            f"state {found}, {parts} half written; resumed equal: {equal}",
            flush=True,
        )
    return different


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
