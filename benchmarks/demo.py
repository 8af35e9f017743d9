"""Latency of the demo: start-up, first request and later requests.

    kerasnlp-tutorial train ch04 --output ch04
    python benchmarks/demo.py ch04

Each folder is the output of `train`. It is served in a separate process with
`kerasnlp-tutorial demo DIR`, which gets the example request of the chapter over its
JSON API. Needs the extra `[demo]`.
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
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS

_LATER_REQUESTS = 5
_TIMEOUT = 120  # seconds


def free_port() -> int:
    """Return a free TCP port."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def seconds(address: str, body: object = None) -> float:
    """Return the duration of a request in seconds.

    Args:
        address: URL.
        body: JSON to send with POST; None for GET.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    started = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as page:
        page.read()
    return time.perf_counter() - started


def measure(folder: str, request: object) -> dict[str, float]:
    """Serve a trained model, send it requests, and return their durations.

    Args:
        folder: folder of the model.
        request: JSON of the request.

    Returns:
        Seconds until the page loads (`page`), of the first request (`first`), and the
        median of later requests (`later`).
    """
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
        while time.perf_counter() - started < _TIMEOUT:
            try:
                seconds(address)
                break
            except URLError:
                time.sleep(0.1)
        page = time.perf_counter() - started
        first = seconds(f"{address}/api", request)
        later = [seconds(f"{address}/api", request) for _ in range(_LATER_REQUESTS)]
        return {"page": page, "first": first, "later": statistics.median(later)}
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", help="output folders of train")
    options = parser.parse_args()
    print("| chapter | page, s | first answer, s | later answers, median s |")
    print("|---|---|---|---|")
    for folder in options.folders:
        chapter = runs.describe(folder)["chapter"]
        row = measure(folder, CHAPTER_DEMOS[chapter].request)
        print(
            f"| {chapter} | {row['page']:.1f} | {row['first']:.2f} | "
            f"{row['later']:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
