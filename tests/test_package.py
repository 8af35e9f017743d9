"""The package as it is installed: from a wheel, and in a plain clone."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROBE = (
    # Seconds of the processor, so that a busy machine does not count.
    "import sys, time; started = time.process_time(); import kerasnlp_tutorial; "
    "seconds = time.process_time() - started; "
    "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules; "
    "assert seconds < 0.3, seconds; "
    "import kerasnlp_tutorial.chapters, kerasnlp_tutorial.data as data; "
    "from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc; "
    "assert len(read_nsmc(SAMPLE.path('ratings_train.txt'))) >= 1200; "
    "print(kerasnlp_tutorial.__file__, kerasnlp_tutorial.chapters.__file__, data.__file__)"
)


def probe(folder, python_path):
    """Import from `python_path` in `folder`; return where the three packages lie."""
    environment = os.environ | {"PYTHONPATH": str(python_path), "PYTHONSAFEPATH": "1"}
    output = subprocess.check_output(
        [sys.executable, "-c", PROBE], cwd=folder, env=environment, text=True
    )
    return [Path(path) for path in output.split()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, since building writes into the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    not_sources = shutil.ignore_patterns(
        ".*", "build", "*.egg-info", "runs", "__pycache__"
    )
    shutil.copytree(ROOT, folder / "sources", ignore=not_sources)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += [
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(folder / "sources"),
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_works_outside_the_repository(wheel, tmp_path):
    site = tmp_path / "site"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*command, "--target", str(site), str(wheel)], check=True)
    for path in probe(tmp_path, site):
        assert path.is_relative_to(site / "kerasnlp_tutorial")


def test_the_wheel_holds_what_the_tree_holds(wheel):
    expected = set()
    for pattern in ("kerasnlp_tutorial/**/*", "chapters/**/*.py", "data/**/*"):
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                name = (
                    path.relative_to(ROOT).as_posix().removeprefix("kerasnlp_tutorial/")
                )
                expected.add(f"kerasnlp_tutorial/{name}")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert wheel.stat().st_size < 95e6


@pytest.mark.parametrize("folder", [ROOT, ROOT / "chapters", Path("/")])
def test_a_plain_clone_works_from_any_folder(folder):
    for path in probe(folder, ROOT):
        assert path.is_relative_to(ROOT)
