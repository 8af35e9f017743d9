"""What several tests share: no network, no GPU, small things made once."""

import contextlib
import gc
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
if "PYTEST_XDIST_WORKER" in os.environ:  # a core each; their processes inherit it
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

# PyTorch's wheels for GPUs bring Triton, which aborts the process if it is imported
# after TensorFlow: each has an LLVM of its own.
with contextlib.suppress(ImportError):
    import triton  # noqa: F401

import pytest
from helpers import REVIEWS

# A tenth of the time went into looking through all that Keras keeps.
gc.set_threshold(50_000)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the options in the same hook
def pytest_cmdline_main(config):
    """Test in two processes, each of which holds TensorFlow, unless told how many.

    Without pytest-xdist the tests run one after the other, as with `-n0`, which is for
    a debugger. Under `--cov` they do so too: pytest-cov has asked already how many
    processes there are, so `-n` must stand on the command line.
    """
    options = config.option
    told = (
        not config.pluginmanager.hasplugin("xdist")
        or options.numprocesses is not None
        or getattr(options, "cov_source", None)
        or hasattr(config, "workerinput")  # this is one of the processes
    )
    if not told:
        options.numprocesses = "auto"
        options.maxprocesses = options.maxprocesses or 2
        if options.dist == "no":
            options.dist = "loadfile"


@pytest.fixture
def reviews_file(tmp_path):
    """A function that writes a two-class TSV of a reader's own and returns its path."""

    def write(name="own.tsv", labels=("좋음", "나쁨"), copies=10):
        rows = ["text\tlabel"]
        for i in range(copies):
            for j, review in enumerate(REVIEWS):
                rows.append(f"{review} {i}\t{labels[j % len(labels)]}")
        path = tmp_path / name
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def browser():
    """Chromium, as Debian has it."""
    reason = "needs the extra [browser]"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    if not (chromium := shutil.which("chromium")):
        pytest.skip("needs chromium")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture
def phone(browser):
    """A page 390 px wide, which must neither fail nor ask another host."""
    yield from _watched_page(browser, 390)


@pytest.fixture
def desktop(browser):
    """Likewise, 1280 px wide."""
    yield from _watched_page(browser, 1280)


def _watched_page(browser, width):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, locale="en-US"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, wrong = context.new_page(), []

    def look_at_request(request):
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:", "file:")):
            wrong.append(request.url)

    def look_at_message(message):
        if message.type == "error":
            wrong.append(message.text)

    page.on("request", look_at_request)
    page.on("console", look_at_message)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert wrong == []
