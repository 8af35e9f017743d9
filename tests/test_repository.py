"""The repository's papers: workflows, forms, citation."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def metadata():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup["metadata"]


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_what_a_developer_can_run(path):
    steps_of_ci = re.findall(r"(?m)^(\w+)\(\) {", (ROOT / ".ci/run").read_text())
    workflow = read(path)
    assert True in workflow  # YAML's `on`
    commands = [
        step["run"]
        for job in workflow["jobs"].values()
        for step in job.get("steps", [])
        if "run" in step
    ]
    assert commands
    for command in commands:
        if command.startswith(".ci/run "):
            assert set(command.split()[1:]) <= set(steps_of_ci)
        else:  # the only other one: a release's tag is its version
            assert path.stem == "release" and "GITHUB_REF_NAME" in command


def test_the_versions_of_python_that_are_tested_are_declared(metadata):
    tested = read(".github/workflows/tests.yml")["jobs"]["newest"]["strategy"]["matrix"]
    declared = re.findall(r"Python :: (3\.\d+)", metadata["classifiers"])
    assert tested["python"] == declared and len(declared) > 2


def test_a_release_waits_for_the_tests_and_has_no_secret():
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    publish = yaml.safe_load(text)["jobs"]["publish"]
    assert set(publish["needs"]) == {"tests", "build"}
    assert publish["permissions"] == {"id-token": "write"}
    assert "secrets." not in text


@pytest.mark.parametrize("name", ["bug", "question"])
def test_forms_ask_in_korean_first_and_require_something(name):
    form = read(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert re.match("[가-힣]", form["name"]) and re.match(
        "[가-힣]", form["description"]
    )
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids)
    assert any(part.get("validations", {}).get("required") for part in form["body"])
    for part in form["body"]:
        assert re.match("[가-힣]", part["attributes"]["label"])


def test_the_citation_says_what_setup_says(metadata):
    citation = read("CITATION.cff")
    address = metadata["project_urls"].partition(" = ")[2]
    assert citation["repository-code"] == address
    assert " AND ".join(citation["license"]) == metadata["license_expression"]
    required = {"cff-version", "message", "title", "authors"}
    assert required <= citation.keys()


def test_hooks_are_the_programs_of_the_environment():
    [local] = read(".pre-commit-config.yaml")["repos"]
    entries = {hook["entry"].split()[0] for hook in local["hooks"]}
    assert local["repo"] == "local" and entries == {"ruff", "python"}
