"""How long a visitor of the demo waits: for the page, the first answer and later ones.

    kerasnlp-tutorial train ch04 --output ch04
    python benchmarks/demo.py ch04

Every folder, written by `train`, is served by a process of its own, as
`kerasnlp-tutorial demo DIR` does, and asked the chapter's example over its JSON API.
Needs the extra `[demo]`.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from urllib.error import URLError

from kerasnlp_tutorial import runs
from kerasnlp_tutorial.demo.book_api import REQUESTS

_LATER_ANSWERS = 5
_PATIENCE = 120  # seconds


def free_port() -> int:
    """Return a port that nothing listens at."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def seconds(address: str, body: object = None) -> float:
    """Return how long a request takes."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    started = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as page:
        page.read()
    return time.perf_counter() - started


def measure(folder: str, request: object) -> dict[str, float]:
    """Serve a trained model, ask it, and return seconds."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "kerasnlp_tutorial.cli", "demo", folder]
    started = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    try:
        while time.perf_counter() - started < _PATIENCE:
            try:
                seconds(address)
                break
            except URLError:
                time.sleep(0.1)
        page = time.perf_counter() - started
        first = seconds(f"{address}/api", request)
        later = [seconds(f"{address}/api", request) for _ in range(_LATER_ANSWERS)]
        return {"page": page, "first": first, "later": statistics.median(later)}
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", help="written by train")
    options = parser.parse_args()
    print("| chapter | page, s | first answer, s | later answers, median s |")
    print("|---|---|---|---|")
    for folder in options.folders:
        chapter = runs.describe(folder)["chapter"]
        row = measure(folder, REQUESTS[chapter])
        print(
            f"| {chapter} | {row['page']:.1f} | {row['first']:.2f} | "
            f"{row['later']:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
