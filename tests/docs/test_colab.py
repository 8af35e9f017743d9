"""The notebooks' first cell must leave alone what a Colab runtime has.

`colab_packages.txt` is what Google records of the runtime (googlecolab/backend-info);
take a newer one from there when it is old.
"""

import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = Path(__file__).with_name("colab_packages.txt")
PYTHON = "3.13"  # of the runtime, as the list's first line says
# What breaks a runtime that has imported it already, or has no other build for it.
UNTOUCHABLE = ["tensorflow", "tensorflow-text", "keras", "keras-nlp", "keras-hub"]
UNTOUCHABLE += ["numpy", "jax", "jaxlib", "protobuf"]


@pytest.fixture(scope="module")
def colab():
    """Version of each package of the runtime; None where the list does not say it."""
    versions = {}
    for line in PACKAGES.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9_.-]+)(?:==(\S+))?", line):
            versions[canonicalize_name(match[1])] = match[2]
    return versions


@pytest.fixture(scope="module")
def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def requirements(lines):
    """The requirements that hold on Colab."""
    environment = default_environment() | {
        "python_version": PYTHON,
        "python_full_version": f"{PYTHON}.0",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }
    parsed = map(Requirement, lines.strip().splitlines())
    return [r for r in parsed if not r.marker or r.marker.evaluate(environment)]


def consequences(needed, versions):
    """What pip would do: packages it must replace, and packages it must add."""
    replaced, added = [], []
    for requirement in needed:
        name = canonicalize_name(requirement.name)
        if name not in versions:
            added.append(name)
        elif versions[name] is None or versions[name] not in requirement.specifier:
            replaced.append(name)
    return replaced, added


def test_the_list_is_that_of_a_runtime(colab):
    assert len(colab) > 500
    assert f"python {PYTHON}" in PACKAGES.read_text(encoding="utf-8").splitlines()[0]
    assert [name for name in UNTOUCHABLE if not colab.get(name)] == []


def test_the_installation_replaces_and_adds_nothing(setup, colab):
    needed = requirements(setup["options"]["install_requires"])
    assert {canonicalize_name(r.name) for r in needed} >= {"tensorflow", "keras-nlp"}
    assert consequences(needed, colab) == ([], [])


def test_so_does_the_demo(setup, colab):
    extra = setup["options.extras_require"].get("demo", "")
    assert consequences(requirements(extra), colab) == ([], [])


def test_morphemes_add_their_analyzer_alone(setup, colab):
    extra = setup["options.extras_require"]["morphemes"]
    assert consequences(requirements(extra), colab) == ([], ["kiwipiepy"])
    # What it needs besides its model.
    assert consequences(requirements("numpy\ntqdm"), colab) == ([], [])


def test_the_runtime_s_python_is_supported(setup):
    requirement = Requirement(f"python{setup['options']['python_requires']}")
    assert PYTHON in requirement.specifier


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("keras>=3.14", (["keras"], [])),  # a floor above the runtime's
        ("numpy==2.0", (["numpy"], [])),
        ("seqeval", ([], ["seqeval"])),
        ('pywin32; platform_system == "Windows"', ([], [])),
        ("Keras_NLP>=0.26", ([], [])),
    ],
)
def test_what_would_change_the_runtime_is_found(line, expected, colab):
    assert consequences(requirements(line), colab) == expected


@pytest.mark.slow
def test_pip_itself_would_install_nothing_else(setup, colab, tmp_path):
    """Resolve all that the packages need in turn, with the runtime's versions fixed."""
    needed = requirements(setup["options"]["install_requires"])
    pins = [f"{name}=={version}" for name, version in colab.items() if version]
    (tmp_path / "colab.txt").write_text("\n".join(pins) + "\n")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--report", str(tmp_path / "report.json")]
    command += ["--target", str(tmp_path / "nowhere"), "--python-version", PYTHON]
    command += ["--only-binary", ":all:", "--constraint", str(tmp_path / "colab.txt")]
    command += [f"{requirement.name}{requirement.specifier}" for requirement in needed]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    chosen = {
        canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"]
        for item in report["install"]
    }
    assert set(UNTOUCHABLE[:5]) <= chosen.keys()
    assert {name: v for name, v in chosen.items() if colab.get(name) != v} == {}
