"""Speed of this package: one command, one table.

    python benchmarks/speed.py                         # everything, half an hour
    python benchmarks/speed.py --only finetune growth
    python benchmarks/speed.py --quick                 # tiny, to see that it runs

Everything is measured in processes of its own, one after the other; those that are
compared alternate. A ratio above 1 says that this package is that many times as fast,
or as small, as its peer. In the rows of `growth` the peer is the input before, and a
ratio below 1 says that the cost of a row, or of a character, has grown with the input.
`growth` goes on to a million reviews with `--rows 1000 10000 100000 1000000`. The
printed table is Markdown; OUTPUT is TSV, after lines on the machine that begin with
`#`. What fails is said in its row; the exit code is then 1.

    pip install torch transformers     # without them, the columns of the peer are empty
"""

import argparse
import csv
import dataclasses
import datetime
import os
import platform
import shlex
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import finetune
from speed_measurements import MEASUREMENTS, QUICK, Bench, Row, Sizes

OUTPUT = Path(__file__).parent / "results/speed/rows.tsv"
COLUMNS = ("measurement", *(field.name for field in dataclasses.fields(Row)))
_QUIET_LOAD = 0.5  # processes
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def machine() -> list[str]:
    """Return lines on the machine, on its load, and on the versions."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        text = ""
    models = [line for line in text.split("\n") if line.startswith("model name")]
    model = models[0].partition(": ")[2] if models else platform.processor()
    words = set(text.split())
    found = [f"{name} {'yes' if name in words else 'no'}" for name in _INSTRUCTIONS]
    load = os.getloadavg()[0]
    busy = " (not quiet: others compute too, so do not trust these numbers)"
    return [
        f"date: {datetime.date.today()}",
        f"processor: {model}, {', '.join(found)}",
        f"versions: {finetune.environment()}",
        f"load average at the start: {load:.2f}{busy if load > _QUIET_LOAD else ''}",
    ]


def measure(names: Sequence[str], sizes: Sizes) -> Iterator[tuple[str, Row, bool]]:
    """Yield each row with the name of its measurement, and whether it is an error.

    Args:
        names: names of measurements.
        sizes: how much is measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(sizes, Path(folder))
        for name in names:
            started = time.monotonic()
            try:
                for row in MEASUREMENTS[name](bench):
                    yield name, row, False
            except Exception as error:
                traceback.print_exc()
                yield name, Row("failed", how=f"{type(error).__name__}: {error}"), True
            seconds = time.monotonic() - started
            print(f"{name} took {seconds:.0f} s", file=sys.stderr)


def write(path: Path, lines: Sequence[str], table: Sequence[Sequence[str]]) -> None:
    """Write the table as TSV.

    Args:
        path: file to write.
        lines: lines on the machine.
        table: cells of each row.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.writelines(f"# {line}\n" for line in lines)
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerows([COLUMNS, *table])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ", ".join(MEASUREMENTS)
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, metavar="NAME", help=f"of {names}"
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes")
    parser.add_argument("--rows", nargs="+", type=int, help="rows of files of `growth`")
    parser.add_argument(
        "--output",
        type=Path,
        help="TSV to write (default: results/speed/rows.tsv, and nothing with --only "
        "or --quick, which would replace a whole table)",
    )
    options = parser.parse_args(arguments)
    is_whole = not options.quick and not options.only
    options.output = options.output or (OUTPUT if is_whole else None)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; return the exit code."""
    options = parse(arguments)
    sizes = QUICK if options.quick else Sizes()
    if options.rows:
        sizes = dataclasses.replace(sizes, rows=tuple(options.rows))
    given = sys.argv[1:] if arguments is None else arguments
    command = shlex.join(["python", "benchmarks/speed.py", *given])
    lines = [*machine(), f"command: {command}"]
    print("\n".join(lines), "", f"| {' | '.join(COLUMNS)} |", sep="\n")
    print("|---" * len(COLUMNS) + "|", flush=True)
    table, failed = [], False
    for name, row, is_error in measure(options.only or [*MEASUREMENTS], sizes):
        failed |= is_error
        table.append([name, *row.cells()])
        print(f"| {' | '.join(table[-1])} |", flush=True)
        if options.output:
            write(options.output, lines, table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
