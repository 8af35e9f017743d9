"""The site, built once without running the chapters, and its extensions."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Folder of the built site; warnings are errors, the chapters have no outputs.

    `BUILT_SITE` names one that is there, with outputs.
    """
    if built := os.environ.get("BUILT_SITE"):
        return Path(built)
    pytest.importorskip("sphinx", reason="needs the extra [docs]")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    command += ["-D", "nb_execution_mode=off", "-D", "widgets_train=0"]
    command += ["-d", str(folder.parent / "doctrees")]
    command += [str(DOCS), str(folder)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-5000:]
    return folder


@pytest.fixture
def extension(monkeypatch):
    """A function that imports an extension of `docs/_ext` by name."""
    pytest.importorskip("sphinx", reason="needs the extra [docs]")
    pytest.importorskip("jupytext", reason="needs the extra [docs]")
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    return importlib.import_module
