"""The end of a training in the terminal: a table of scores and the next command."""

import csv
import dataclasses
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasnlp_tutorial.cli.program import PROGRAM
from kerasnlp_tutorial.data import MEASURED
from kerasnlp_tutorial.runs import TrainedModel

if TYPE_CHECKING:  # it imports the readers of all corpora
    from kerasnlp_tutorial.task_chapter import TaskChapter

_MEASURED_FILE = "from_scratch.tsv"
# Settings with which the model's scores stay comparable to stored ones.
_FREE = {"output", "overwrite", "resume", "seed", "half_precision", "precision"}
# Inputs to try where those of a test set are too long for a command.
_SHORT_INPUTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("question", "context"): ("언제 쉬나요?", "월요일은 쉬고 화요일에 엽니다.")
}
_MIN_CHARACTERS = 12  # of an example to try


def scores_by_row(
    metrics: Mapping[str, Any],
    names: Sequence[str],
    from_scratch: Mapping[str, float] | None = None,
) -> tuple[list[str], dict[str, dict[str, float]]]:
    """Arrange the scores of a training as a table.

    A baseline belongs to the metric that its name ends or begins with, otherwise to the
    first of `names`: `sentence_f1` is the F1 of the row `sentence`.

    Args:
        metrics: scores of the model; `baselines` has those of the baselines.
        names: METRICS of the chapter.
        from_scratch: scores of a model from random weights; None: there are none.

    Returns:
        The names of the columns, and the scores by row and column.
    """
    numbers = [name for name, value in metrics.items() if isinstance(value, float)]
    numbers.sort(key=len, reverse=True)
    rows: dict[str, dict[str, float]] = {}
    for name, value in metrics.get("baselines", {}).items():
        row, column = _row_and_column(name, numbers, names[0])
        rows.setdefault(row.replace("_", " "), {})[column] = value
    if from_scratch:
        rows["from scratch"] = dict(from_scratch)
    named = {column for row in rows.values() for column in row}
    columns = [*names, *(n for n in metrics if n in named and n not in names)]
    rows["this model"] = {name: metrics[name] for name in columns if name in metrics}
    return columns, rows


def _row_and_column(name: str, numbers: Sequence[str], main: str) -> tuple[str, str]:
    for column in numbers:
        if name.endswith(f"_{column}"):
            return name.removesuffix(f"_{column}"), column
        if name.startswith(f"{column}_"):
            return name.removeprefix(f"{column}_"), column
    return name, main


def measured_from_scratch(
    chapter: str, config: Any
) -> tuple[dict[str, float], list[str]]:
    """Return stored scores of training from random weights, and the seeds.

    There are none unless the settings are the defaults. `benchmarks/default_runs.py`
    has measured them.

    Args:
        chapter: name of the chapter, such as `ch04`.
        config: settings of the training.
    """
    scores: dict[str, float] = {}
    seeds: list[str] = []
    if _settings(config) != _settings(type(config)()):
        return scores, seeds
    text = (MEASURED / _MEASURED_FILE).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        if row["chapter"] == chapter:
            scores[row["metric"]] = float(row["mean"])
            seeds = row["seeds"].split(",")
    return scores, seeds


def _settings(config: Any) -> dict[str, Any]:
    fields = dataclasses.asdict(config)
    return {name: fields[name] for name in fields.keys() - _FREE}


def next_command(trained: TrainedModel, module: "TaskChapter") -> str:
    """Return the command that applies a model to an input.

    Args:
        trained: the model.
        module: its chapter.
    """
    texts = _SHORT_INPUTS.get(module.INPUT_FIELDS)
    if texts is None:
        examples = module.load_examples(trained.config).test
        inputs = [_input(example, module.INPUT_FIELDS) for example in examples]
        enough = [x for x in inputs if len("".join(x)) >= _MIN_CHARACTERS]
        texts = min(enough or inputs, key=lambda x: len("".join(x)))
    return shlex.join([PROGRAM, "predict", str(trained.path), *texts])


def _input(example: Any, fields: Sequence[str]) -> tuple[str, ...]:
    if hasattr(example, "texts"):
        return example.texts
    return tuple(getattr(example, field) for field in fields)


def summary(chapter: str, module: "TaskChapter", trained: TrainedModel) -> str:
    """Return the lines that end a training: scores, directory and the next command.

    Args:
        chapter: name of the chapter, such as `ch04`.
        module: the chapter.
        trained: the model.
    """
    from kerasnlp_tutorial.display import table

    metrics = trained.metrics
    scratch, seeds = measured_from_scratch(chapter, trained.config)
    columns, rows = scores_by_row(metrics, module.METRICS, scratch)
    cells = [[name, *(row.get(c, "") for c in columns)] for name, row in rows.items()]
    tested = f"{metrics['n']} test examples" if "n" in metrics else ""
    lines = [str(table([tested, *columns], cells))]
    if scratch:
        lines.append(f"from scratch: mean of seeds {', '.join(seeds)}, measured before")
    lines += [f"{name}{text}" for name, text in metrics.get("samples", {}).items()]
    spent = f", {metrics['seconds']:.0f} s" if "seconds" in metrics else ""
    lines.append(f"saved to {trained.path}{spent}")
    lines.append(f"next: {next_command(trained, module)}")
    return "\n".join(lines)
