"""What every chapter must keep to, so that lesson, module and script are one file."""

import ast
import builtins
import inspect
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Generic, Protocol

import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.task_chapter import TaskLesson

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("ch*.py"))

chapters = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def is_guard(node):
    return (
        isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
    )


def cells(path, skipped=(" [markdown]",)):
    """The cells of a py:percent file whose heads do not begin with one of `skipped`."""
    parts = path.read_text(encoding="utf-8").split("\n# %%")
    return [part.partition("\n")[2] for part in parts if not part.startswith(skipped)]


def program_cells(path):
    """The code cells without the run cells of a lesson and its solutions."""
    sources = cells(path, skipped=(" [markdown]", ' tags=["solution"]'))
    return [source for source in sources if not source.startswith("if __name__")]


def code_lines(source):
    """The lines that are neither blank nor comments nor imports."""
    imports = {
        number
        for node in ast.parse(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, node.end_lineno + 1)
    }
    return [
        line
        for number, line in enumerate(source.splitlines(), start=1)
        if line.strip() and not line.strip().startswith("#") and number not in imports
    ]


def bound_names(nodes):
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def test_the_registry_knows_every_chapter():
    assert [chapter.module_name for chapter in registry.CHAPTERS] == [
        p.stem for p in CHAPTERS
    ]


@chapters
def test_a_run_cell_is_one_guard_without_multi_line_strings(path):
    for source in cells(path):
        nodes = ast.parse(source).body
        guards = [node for node in nodes if is_guard(node)]
        if not guards:
            continue
        assert len(nodes) == 1, source
        for node in ast.walk(guards[0]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.lineno == node.end_lineno, source


@chapters
def test_no_function_reads_what_only_a_run_cell_binds(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guards = [node for node in tree.body if is_guard(node)]
    plain = [node for node in tree.body if not is_guard(node)]
    module_names = set(
        bound_names(node for node in plain if isinstance(node, ast.Assign))
    )
    only_guarded = set(bound_names(guards)) - module_names - set(dir(builtins))
    for function in plain:
        if not isinstance(function, ast.FunctionDef | ast.ClassDef):
            continue
        arguments = {
            node.arg for node in ast.walk(function) if isinstance(node, ast.arg)
        }
        local = arguments | set(bound_names([function]))
        read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        assert not (read - local) & only_guarded, function.name


@chapters
def test_a_chapter_is_short(path):
    assert sum(len(code_lines(source)) for source in program_cells(path)) <= 290


@chapters
def test_a_cell_of_the_lesson_is_short(path):
    """Those that a reader need not open, `hide-input`, may be long."""
    folded = (" [markdown]", ' tags=["solution"]', ' tags=["hide-input"]')
    for source in cells(path, skipped=folded):
        assert len(code_lines(source)) <= 26, source


@chapters
def test_a_folded_cell_has_a_title(path):
    parts = path.read_text(encoding="utf-8").split("\n# %%")
    for part in parts:
        if part.startswith(' tags=["hide-input"]'):
            assert part.splitlines()[1].startswith("# @title "), part


@chapters
def test_a_chapter_has_the_parts_of_a_lesson(path):
    text = path.read_text(encoding="utf-8")
    headings = ["## 이 장에서 배우는 것", "## 요약", "## 연습 문제", "## 더 읽을거리"]
    if registry.find(path.stem).has_task:
        headings.insert(1, "## 나만의 데이터와 모델")
    places = [text.find(f"# {heading}\n") for heading in headings]
    assert -1 not in places and places == sorted(places), places


@chapters
def test_its_title_is_that_of_the_map(path):
    chapter = registry.find(path.stem)
    title = f"# # {chapter.number}장 {chapter.title}"
    assert path.read_text(encoding="utf-8").splitlines()[1] == title


@chapters
def test_a_notebook_can_run_with_quick_settings(path):
    if not registry.find(path.stem).has_task:
        return  # no settings
    runs = [source for source in cells(path) if source.startswith("if __name__")]
    assert any("config = Config()\n" in source for source in runs)


@chapters
def test_a_chapter_defines_no_registered_class(path):
    assert "register_keras_serializable" not in path.read_text(encoding="utf-8")


def members(contract):
    """What a chapter must have by a contract, with those that it inherits."""
    for base in contract.__mro__:
        if base not in (Protocol, Generic, object):
            yield from inspect.get_annotations(base)
            yield from (name for name in vars(base) if name[0] != "_")


@chapters
def test_a_task_chapter_keeps_to_the_contract(path):
    chapter = registry.find(path.stem)
    if not chapter.has_task:
        return
    module = chapter.load_task()
    assert [name for name in members(TaskLesson) if not hasattr(module, name)] == []
    assert issubclass(module.Config, TrainingConfig)
    assert module.Config().dataset in module.CORPORA
    for name in members(TaskLesson):
        expected, found = getattr(TaskLesson, name, None), getattr(module, name)
        if not inspect.isfunction(expected):
            continue
        arguments = list(inspect.signature(found).parameters.values())
        needed = list(inspect.signature(expected).parameters.values())
        for argument, like in zip_longest(arguments, needed):
            if like is None:
                assert argument.default is not argument.empty, (name, argument)
            else:
                kinds = (argument.kind, argument.default), (like.kind, like.default)
                assert kinds[0] == kinds[1], (name, argument)


def test_a_chapter_without_a_task_says_so():
    with pytest.raises(InputError, match="ch02 has nothing to train"):
        registry.find("ch02").load_task()


def test_in_the_package_only_the_registry_imports_chapters():
    for path in (ROOT / "kerasnlp_tutorial").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert ".chapters" not in ast.unparse(node), path


@pytest.mark.slow
def test_a_chapter_runs_as_a_script(tmp_path):
    """In a terminal, with pictures made of characters; one that takes seconds."""
    module = "kerasnlp_tutorial.chapters.ch02_tokenization"
    output = subprocess.run(
        [sys.executable, "-m", module],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "pug ['p', 'ug']" in output and "2000 │█" in output
    assert "법 앞에 평 ##등 ##하다" in output
