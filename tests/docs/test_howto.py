"""The examples of the how-to pages, tried as a reader would try them."""

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from kerasnlp_tutorial import cli, registry
from kerasnlp_tutorial.checkpoints.hub import SHORT_NAMES

HOWTO = Path(__file__).resolve().parent.parent.parent / "docs/howto"
FILE = re.compile(r"(?ms)^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$")
SHELL = re.compile(r"(?ms)^ *```sh\n(.*?)^ *```$")
PYTHON = re.compile(r"(?ms)^ *```python\n(.*?)^ *```$")


def commands(page):
    """The commands of this program on a page, as lists of words."""
    for block in SHELL.findall((HOWTO / page).read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == [cli.PROGRAM]:
                yield words[1:]


TRAININGS = [words for words in commands("own-data.md") if "--train-file" in words]


@pytest.mark.parametrize(
    "words", TRAININGS, ids=lambda w: w[w.index("--train-file") + 1]
)
def test_the_example_files_are_read(words, tmp_path, monkeypatch, capsys):
    for name, text in FILE.findall((HOWTO / "own-data.md").read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    module = registry.find(words[1]).load()
    received = []

    def train(config):
        received.extend(module.read_examples(config, "train"))
        return SimpleNamespace(metrics={}, path="runs")

    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(cli.commands, "summary", lambda *arguments: "")
    assert cli.main(words) == 0, capsys.readouterr().err
    assert len(received) >= 1


def test_every_chapter_that_trains_has_an_example():
    trained = {words[1] for words in TRAININGS}
    expected = {chapter.name for chapter in registry.CHAPTERS if chapter.number >= 4}
    assert trained >= expected


def test_other_commands_are_understood(monkeypatch):
    pages = [path.name for path in HOWTO.glob("*.md")]
    others = [
        [word for word in words if word != "--help"]
        for page in pages
        for words in commands(page)
        if words not in TRAININGS
    ]
    assert len(others) > 5
    for words in others:
        options, rest = cli.make_parser(words).parse_known_args(words)
        assert options.command
        texts = [word for word in rest if not word.startswith("-")]
        assert rest == (texts if hasattr(options, "texts") else [])


def test_the_names_of_checkpoints_are_all_told():
    text = (HOWTO / "checkpoints.md").read_text(encoding="utf-8")
    assert [name for name in SHORT_NAMES if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("page", sorted(path.name for path in HOWTO.glob("*.md")))
def test_python_examples_are_python(page):
    for code in PYTHON.findall((HOWTO / page).read_text(encoding="utf-8")):
        compile(code, page, "exec")


def test_each_file_format_has_an_example():
    text = (HOWTO / "own-data.md").read_text(encoding="utf-8")
    named = re.findall(r"(?m)^\|.*\]\(#(example-[\w-]+)\)", text)
    shown = re.findall(r"(?m)^\((example-[\w-]+)\)=\n\n```\{code-block\}", text)
    assert len(named) > 10 and set(named) == set(shown)
