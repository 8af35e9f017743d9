"""What imports what, from the sources alone."""

import ast
import configparser
import graphlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "kerasnlp_tutorial"
FLOORS = ROOT / "tests/floors.txt"
# Imported by those who have it: in a notebook, for PyTorch's files, beside PyTorch,
# for morphemes.
OPTIONAL = {"IPython", "fsspec", "jax", "ray", "torch", "triton", "kiwipiepy"}
IMPORTED_AS = {
    "pyyaml": "yaml",
    "pillow": "PIL",
    "fonttools": "fontTools",
}


def modules():
    """Path of each module of the package by its name, chapters and data included."""
    found = {}
    for folder, prefix in {
        PACKAGE: PACKAGE,
        "chapters": f"{PACKAGE}.chapters",
        "data": f"{PACKAGE}.data",
    }.items():
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join((prefix, *parts))] = path
    return found


def imported(path, known=()):
    """The modules that a file imports, also inside functions.

    `from package import name` imports `package.name` if that is one of `known`.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in known else node.module


def cycle(graph):
    """The names along a cycle of a graph; none if it has no cycle."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    paths = modules()
    assert len(paths) > 80 and f"{PACKAGE}.chapters.ch02_tokenization" in paths
    graph = {
        name: set(imported(path, paths)) & paths.keys() - {name}
        for name, path in paths.items()
    }
    assert graph[f"{PACKAGE}.trained"] >= {f"{PACKAGE}.runs"}  # it is read at all
    assert cycle(graph) == []


@pytest.mark.parametrize(
    ("lazy", "expected"), [("import pkg.a", ["pkg.a", "pkg.b", "pkg.a"]), ("", [])]
)
def test_an_import_inside_a_function_counts(tmp_path, lazy, expected):
    files = {
        "pkg.a": "from pkg import b\n",
        "pkg.b": f"def late():\n    {lazy or 'pass'}\n",
    }
    for name, source in files.items():
        (tmp_path / name).write_text(source)
    graph = {name: set(imported(tmp_path / name, files)) for name in files}
    assert sorted(set(cycle(graph))) == sorted(set(expected))


# === Declared and imported ===


@pytest.fixture(scope="module")
def declared():
    """Names of the required packages, as they are imported, by extra; "": always."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = {
        "": setup["options"]["install_requires"],
        **setup["options.extras_require"],
    }
    return {
        extra: {
            IMPORTED_AS.get(
                name := re.match(r"[\w-]+", line)[0], name.replace("-", "_")
            )
            for line in text.strip().splitlines()
        }
        for extra, text in lines.items()
    }


def foreign(*patterns, exclude=()):
    """What files import that is neither Python's nor this repository's."""
    paths = {path for pattern in patterns for path in ROOT.glob(pattern)}
    paths -= {path for pattern in exclude for path in ROOT.glob(pattern)}
    assert paths
    names = {name.partition(".")[0] for path in paths for name in imported(path)}
    files = ("*.py", "*/__init__.py")
    beside = {
        path.parent.name if path.stem == "__init__" else path.stem
        for folder in PROGRAMS
        for pattern in files
        for path in (ROOT / folder).glob(pattern)
    }
    own = {PACKAGE, "golden"} | beside
    return names - own - OPTIONAL - sys.stdlib_module_names


LIBRARY = ("kerasnlp_tutorial/**/*.py", "chapters/*.py", "data/*.py")
DEMO = "kerasnlp_tutorial/demo/*.py"
PROGRAMS = ("benchmarks", "docs", "docs/_ext", "tests")  # import their neighbours


def test_what_is_always_installed_is_what_is_imported(declared):
    assert foreign(*LIBRARY, exclude=[DEMO]) == declared[""]


@pytest.mark.parametrize(
    ("pattern", "extras"),
    [
        (DEMO, ["demo"]),
        ("docs/**/*.py", ["docs"]),
        ("benchmarks/*.py", ["parity"]),
        ("tests/**/*.py", ["test", "demo", "docs", "parity"]),
    ],
)
def test_the_extras_bring_what_is_imported_besides(declared, pattern, extras):
    brought = set().union(*(declared[extra] for extra in ["", *extras]))
    assert sorted(foreign(pattern) - brought) == []


def test_the_oldest_versions_are_those_declared(declared):
    """`tests/floors.txt` pins what is installed, and each as setup.cfg says."""
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    pins = dict(
        re.findall(r"(?m)^([\w.-]+)==(\S+)$", FLOORS.read_text(encoding="utf-8"))
    )
    pinned = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in pins}
    assert pinned >= declared[""] | declared["demo"]
    for name, floor in re.findall(r"(?m)^ +([\w-]+)>=([\d.]+)$", text):
        if name in pins:
            assert f"{pins[name]}.".startswith(f"{floor}."), name


def test_no_test_imports_from_a_conftest():
    for path in ROOT.glob("tests/**/*.py"):
        assert "conftest" not in set(imported(path)), f"{path}: see tests/helpers.py"
