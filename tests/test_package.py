"""The package as it is installed: from a wheel, and in a plain clone."""

import email.policy
import os
import re
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


# === What the wheel says of itself ===


@pytest.fixture(scope="module")
def metadata(wheel):
    """The wheel's METADATA; its text is the description."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name), policy=email.policy.default)


def test_licence_and_types_are_declared(metadata):
    assert metadata["License-Expression"] == "Apache-2.0 AND OFL-1.1"
    files = ["LICENSE", "kerasnlp_tutorial/fonts/OFL.txt"]
    assert metadata.get_all("License-File") == files
    assert (ROOT / "kerasnlp_tutorial/py.typed").is_file()  # so it is in the wheel
    assert "Typing :: Typed" in metadata.get_all("Classifier")


def test_the_description_is_the_readme_with_links_that_work_on_pypi(metadata):
    text = metadata.get_payload(decode=True).decode()
    home = metadata["Project-URL"].removeprefix("Repository, ")
    pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)#]+)\)", text)
    assert pictures and len(links) > 20
    for kind, addresses in (("raw", pictures), ("blob", links)):
        start = f"{home}/{kind}/main/"
        own = [a for a in addresses if a.startswith((home, start)) or "://" not in a]
        assert [a for a in own if not (ROOT / a.removeprefix(start)).exists()] == []
        assert all(a.startswith(start) for a in own)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shortened = text.replace(f"{home}/raw/main/", "").replace(f"{home}/blob/main/", "")
    assert shortened.strip() == readme.strip()


# === In a plain clone ===


def run_python(*arguments, folder="/", python_path=ROOT):
    environment = os.environ | {"PYTHONPATH": str(python_path)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
    )


@pytest.mark.parametrize("folder", [ROOT, ROOT / "chapters", Path("/")])
def test_a_plain_clone_works_from_any_folder(folder):
    for path in probe(folder, ROOT):
        assert path.is_relative_to(ROOT)


def test_only_chapters_and_data_are_found_outside_the_package():
    beside = {path.stem for path in ROOT.iterdir() if path.name[0] not in "._"}
    assert {"benchmarks", "docs", "kerasnlp_tutorial", "tests"} < beside
    code = (
        "import importlib.util, sys\n"
        "for name in sys.argv[1:]:\n"
        "    if importlib.util.find_spec(f'kerasnlp_tutorial.{name}'): print(name)"
    )
    found = run_python("-c", code, *sorted(beside)).stdout.split()
    assert found == ["chapters", "data"]


def test_a_chapter_of_a_plain_clone_is_a_program(tmp_path):
    """In a copy whose chapters are other ones, so that no installed copy answers."""
    shutil.copytree(ROOT / "kerasnlp_tutorial", tmp_path / "kerasnlp_tutorial")
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/__init__.py").touch()
    (tmp_path / "chapters/ch04_document_classification.py").write_text(
        "import multiprocessing\n\n\n"
        "def name():\n    print(__name__)\n\n\n"
        "if __name__ == '__main__':\n"
        "    from kerasnlp_tutorial.chapters import ch04_document_classification\n"
        "    context = multiprocessing.get_context('spawn')\n"
        "    child = context.Process(target=ch04_document_classification.name)\n"
        "    child.start(), child.join()\n"
        "    print(__name__, __file__)\n"
    )
    module = "kerasnlp_tutorial.chapters.ch04_document_classification"
    run = run_python("-m", module, python_path=tmp_path)
    path = tmp_path / "chapters/ch04_document_classification.py"
    assert run.stdout.splitlines() == [module, f"__main__ {path}"], run.stderr


def test_resources_of_a_plain_clone_are_found():
    code = (
        "from importlib.resources import files\n"
        "print(files('kerasnlp_tutorial.data').joinpath('samples', 'README.md'))"
    )
    printed = run_python("-c", code).stdout.strip()
    assert Path(printed) == ROOT / "data/samples/README.md"
