"""The measurements of `speed.py`: functions that yield rows of its table."""

import dataclasses
import functools
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from finetune import SIZES
from speed_processes import PEER, Ended, alternate, cli, installed, part, run

from kerasnlp_tutorial import datasets  # without TensorFlow

OURS = "this package"
HALF = "half precision"
NOT_INSTALLED = "torch or transformers is not installed"
SENTENCE = "배우들 연기가 정말 살아 있고 음악도 좋아서 시간 가는 줄 모르고 보았다"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int = 3
    """Processes of each kind."""
    starts: int = 5
    """Starts of each command."""
    examples: int = 2048
    """Examples in an epoch of `finetune`."""
    base: tuple[str, int] = ("base", 128)
    """Size of the model of `finetune_base`, and examples in an epoch."""
    generate: str = ""
    """Options of `generate.py`."""
    calls: int = 200
    """Calls of `sentence`."""
    train: str = ""
    """Options of `train ch04`."""
    tokens: int = 64
    """Tokens that the command `generate` writes."""
    pretraining: Mapping[str, int] = dataclasses.field(
        default_factory=lambda: {"steps": 200}
    )
    """Settings of `pretrain`, of whose steps a tenth is not counted."""
    rows: tuple[int, ...] = (1_000, 10_000, 100_000)
    """Rows of the files of `growth`."""
    lengths: tuple[int, ...] = (1, 4, 16)
    """How often a row repeats its review, in files of `length_rows`."""
    length_rows: int = 10_000
    vocabularies: tuple[int, ...] = (2_000, 10_000, 30_000)
    """Numbers of tokens."""
    steps: int = 20
    """Training steps with each vocabulary."""


QUICK = Sizes(
    rounds=1,
    starts=1,
    examples=32,
    base=("mini", 32),
    generate="--layers 2 --hidden 64 --new-tokens 4 --calls 2",
    calls=20,
    train="--max-train-examples 64 --epochs 1",
    tokens=8,
    pretraining={"steps": 20, "vocabulary_size": 2000, "sequence_length": 32},
    rows=(200, 1_000),
    lengths=(1, 4),
    length_rows=200,
    vocabularies=(500, 2_000),
    steps=4,
)


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table."""

    name: str
    value: float | None = None
    unit: str = ""
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None
    how: str = ""

    def cells(self) -> list[str]:
        """Return the cells as text, each of one line."""
        return [shown(value) for value in dataclasses.astuple(self)]


def shown(value: str | float | None) -> str:
    """Return a cell; numbers have three significant digits."""
    if value is None or isinstance(value, str):
        return " ".join((value or "").replace("|", "/").split())
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{value:.{max(digits, 0)}f}"


def compared(
    name: str, unit: str, results: Mapping[str, Sequence[float]], how: str
) -> Iterator[Row]:
    """Yield a row for each peer, with the medians.

    Args:
        name: what is measured.
        unit: its unit; less is better unless it is a rate, such as `tokens/s`.
        results: for this package, and then for each peer, a value of each round; an
            empty list for a peer that is not installed.
        how: how it is measured.
    """
    (_, values), *peers = results.items()
    if len(values) > 1:
        how += f", {shown(min(values))} to {shown(max(values))}"
    for peer, others in peers or [("", [])]:
        row = Row(name, statistics.median(values), unit, peer, how=how)
        if others:
            # In a round, since the speed of the machine may change over time.
            pairs = zip(values, others, strict=True)
            faster = [a / b if unit.endswith("/s") else b / a for a, b in pairs]
            row = dataclasses.replace(
                row,
                peer_value=statistics.median(others),
                ratio=statistics.median(faster),
            )
        elif peer:
            row = dataclasses.replace(row, how=f"{how}; {NOT_INSTALLED}")
        yield row


class Bench:
    """How much is measured, and what several measurements need, in a folder."""

    def __init__(self, sizes: Sizes, folder: Path):
        self.sizes = sizes
        self.folder = folder

    @functools.cached_property
    def trained(self) -> tuple[Path, float]:
        """A model of chapter 4, and the seconds that its `train` took."""
        folder = self.folder / "ch04"
        ended = cli("train", "ch04", "--output", folder, *self.sizes.train.split())
        return folder, ended.seconds

    def exported(self, model: str | Path) -> Path:
        """Return a model as a checkpoint for transformers."""
        folder = self.folder / f"{Path(model).name}-exported"
        if not folder.exists():
            cli("export", model, "--output", folder)
        return folder

    @functools.cached_property
    def reviews(self) -> list[datasets.LabeledText]:
        """The reviews of the sample."""
        return datasets.read_nsmc(datasets.SAMPLE.path("ratings_train.txt"))

    def file(self, rows: int, times: int = 1) -> Path:
        """Write a file for `train`, with the sample's reviews again and again.

        Args:
            rows: number of reviews; each copy is numbered, so that no two are equal.
            times: how often a row repeats its review.
        """
        path = self.folder / f"reviews-{rows}-{times}.tsv"
        with path.open("w", encoding="utf-8") as file:
            file.write("text\tlabel\n")
            for i in range(rows):
                copy, number = divmod(i, len(self.reviews))
                text = " ".join([self.reviews[number].text] * times)
                file.write(f"{text} {copy}\t{self.reviews[number].label}\n")
        return path


# === Measurements ===

_LOOPS = {OURS: "keras", PEER: "torch-best"}  # of finetune.py


def finetune(bench: Bench) -> Iterator[Row]:
    """Yield the speed of fine-tuning a small BERT, and its memory."""
    loops = _LOOPS | {"fast=false": "keras-plain"}
    yield from _finetune(bench, "mini", bench.sizes.examples, loops)


def finetune_base(bench: Bench) -> Iterator[Row]:
    """Yield the speed of fine-tuning a BERT-base, and its memory."""
    yield from _finetune(bench, *bench.sizes.base, _LOOPS)


def _finetune(
    bench: Bench, size: str, examples: int, loops: Mapping[str, str]
) -> Iterator[Row]:
    arguments = f"--size {size} --examples {examples} --test-examples 32".split()
    arguments += ["--prepared", str(bench.folder / f"{size}.json")]
    part("finetune_loop", loop="prepare", arguments=arguments)
    calls = {
        name: functools.partial(part, "finetune_loop", loop=loop, arguments=arguments)
        for name, loop in loops.items()
    }
    ended = alternate(calls, bench.sizes.rounds)
    speeds = {
        name: [examples / statistics.median(one.result["epochs"][1:]) for one in runs]
        for name, runs in ended.items()
    }
    memory = {name: [one.megabytes for one in runs] for name, runs in ended.items()}
    name = "fine-tuning BERT {num_layers} x {hidden_dim}".format(**SIZES[size])
    how = f"finetune.py, {examples} examples, batches of 32; transformers: grouped by "
    how += f"length, bf16, fused AdamW; processes: {bench.sizes.rounds}"
    yield from compared(name, "examples/s", speeds, how)
    yield from compared(f"{name}, peak memory", "MB", memory, "of these processes")


def generation(bench: Bench) -> Iterator[Row]:
    """Yield the speed of generation for each size of a batch."""
    if not installed():
        yield Row("generation", how=NOT_INSTALLED)
        return
    program = Path(__file__).with_name("generate.py")
    output = run(program, *bench.sizes.generate.split()).output
    lines = [line.strip()[1:-1] for line in output.splitlines() if line[:1] == "|"]
    header, _, *body = ([cell.strip() for cell in row.split("|")] for row in lines)
    speeds: dict[str, dict[str, list[float]]] = {}
    for cells in body:
        row = dict(zip(header, cells, strict=True))
        speed = [float(row["tokens/s later"])]
        speeds.setdefault(row["batch"], {})[row[""]] = speed
    how = f"generate.py, {bench.sizes.generate or 'GPT-2 12 x 768'}, greedy, "
    how += "without the first call"
    for batch, results in speeds.items():
        name, half = f"generation, batch {batch}", results.pop(HALF, None)
        results = {OURS: results[OURS]} | results  # the first
        yield from compared(name, "tokens/s", results, how)
        if half:
            results = {HALF: half, f"{OURS}, float32": results[OURS]}
            yield from compared(f"{name}, {HALF}", "tokens/s", results, how)


def sentence(bench: Bench) -> Iterator[Row]:
    """Yield the time of a prediction for one sentence, with the model loaded."""
    model, _ = bench.trained
    options = {"text": SENTENCE, "calls": bench.sizes.calls}
    exported = bench.exported(model)
    calls = {
        OURS: lambda: part("predict", folder=model, **options).result,
        PEER: lambda: part("torch_predict", folder=exported, **options).result,
    }
    results = alternate(calls, bench.sizes.rounds)
    answers = [one["answer"] for runs in results.values() for one in runs]
    for probabilities in zip(*answers, strict=True):
        if max(probabilities) - min(probabilities) > 0.01:
            raise ValueError(f"the answers differ: {answers}")
    times = {name: [one["p50"] for one in runs] for name, runs in results.items()}
    how = f"ch04.predict, p50 of {bench.sizes.calls} calls after a warm-up; "
    how += "transformers: the same model and vocabulary, fast tokenizer; processes: "
    yield from compared("one sentence", "ms", times, f"{how}{bench.sizes.rounds}")


def commands(bench: Bench) -> Iterator[Row]:
    """Yield the time from the start of a command to its end."""
    sizes, (model, seconds) = bench.sizes, bench.trained
    name = f"train ch04 {sizes.train}".strip()
    yield Row(name, seconds, "s", how="one run, to its end")
    how = f"to its end, starts: {sizes.starts}"
    options = {"folder": bench.exported(model), "text": SENTENCE, "calls": 1}
    calls = {
        OURS: lambda: cli("predict", model, SENTENCE).seconds,
        PEER: lambda: part("torch_predict", **options).seconds,
    }
    results = alternate(calls, sizes.starts)
    yield from compared("predict DIR TEXT", "s", results, how)
    preset, prompt = "gpt2_mini_ko", "이 영화는"
    lengths = ("--min-new-tokens", sizes.tokens, "--max-new-tokens", sizes.tokens)
    options = {"folder": bench.exported(preset), "text": prompt, "tokens": sizes.tokens}
    calls = {
        OURS: lambda: cli("generate", preset, "--prompt", prompt, *lengths).seconds,
        PEER: lambda: part("torch_generate", **options).seconds,
    }
    results = alternate(calls, sizes.starts)
    yield from compared(f"generate {preset}, {sizes.tokens} tokens", "s", results, how)


def pretraining(bench: Bench) -> Iterator[Row]:
    """Yield the speed of pretraining a small BERT."""
    text = bench.folder / "reviews.txt"
    lines = "".join(f"{review.text}\n" for review in bench.reviews)
    text.write_text(lines, encoding="utf-8")
    steps = bench.sizes.pretraining["steps"]
    settings = {"architecture": "bert", "text": [str(text)], "held_out": 0.1}
    settings |= {"output": str(bench.folder / "pretrained"), "overwrite": True}

    def call(fast: bool) -> float:
        changed = settings | bench.sizes.pretraining | {"fast": fast}
        return part("pretrain", settings=changed, skipped=steps // 10).result

    calls = {OURS: lambda: call(True), "fast=false": lambda: call(False)}
    results = alternate(calls, bench.sizes.rounds)
    how = f"pretrain bert, {steps} steps without the first {steps // 10}; processes: "
    name = "pretraining BERT 4 x 256"
    yield from compared(name, "tokens/s", results, f"{how}{bench.sizes.rounds}")


def growth(bench: Bench) -> Iterator[Row]:
    """Yield costs of ever larger inputs; the peer is the input before."""
    sizes = bench.sizes

    @functools.cache
    def epoch(rows: int, times: int) -> Ended:
        return part("read_epoch", path=bench.file(rows, times))

    def cost(rows: int, times: int, unit: str) -> tuple[float, str]:
        seconds = dict(epoch(rows, times).result)
        characters = seconds.pop("characters")
        factor = 1e6 / rows if unit == "µs/row" else 1e9 / characters
        steps = [f"{step} {shown(factor * took)}" for step, took in seconds.items()]
        return factor * sum(seconds.values()), f"{unit}: {', '.join(steps)}"

    by_rows = {f"{n:,} rows": (n, 1) for n in sizes.rows}
    by_length = {f"reviews x {n}": (sizes.length_rows, n) for n in sizes.lengths}
    for inputs, unit in ((by_rows, "µs/row"), (by_length, "ns/character")):
        costs = ((label, *cost(*size, unit)) for label, size in inputs.items())
        yield from _growing("reading, encoding, batching", unit, costs)
        costs = ((k, epoch(*size).megabytes, "as above") for k, size in inputs.items())
        yield from _growing("the same, peak memory", "MB", costs)
    steps = {f"vocabulary of {n:,}": n for n in sizes.vocabularies}
    how = f"{sizes.steps} steps, 32 x 32 random tokens"
    costs = (
        (label, part("step", vocabulary=n, steps=sizes.steps).result, how)
        for label, n in steps.items()
    )
    yield from _growing("training step 4 x 256", "ms", costs)


def _growing(
    name: str, unit: str, costs: Iterable[tuple[str, float, str]]
) -> Iterator[Row]:
    """Yield a row for each input, its cost and how it was measured."""
    before: dict[str, list[float]] = {}
    for label, cost, how in costs:
        yield from compared(f"{name}, {label}", unit, {OURS: [cost]} | before, how)
        before = {label: [cost]}


MEASUREMENTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "finetune": finetune,
    "finetune_base": finetune_base,
    "generation": generation,
    "sentence": sentence,
    "commands": commands,
    "pretraining": pretraining,
    "growth": growth,
}
