"""What every chapter must keep to, so that lesson, module and script are one file."""

import ast
import builtins
import subprocess
import sys
from pathlib import Path

import pytest

from kerasnlp_tutorial import registry

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("ch*.py"))
VERBS = ["Config", "INPUT_FIELDS", "METRICS", "load_examples", "make_dataset"]
VERBS += ["build_model", "train", "evaluate", "predict"]

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
    return [
        line
        for line in source.splitlines()
        if line.strip() and not line.strip().startswith("#")
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
    assert sum(len(code_lines(source)) for source in program_cells(path)) <= 300


@chapters
def test_a_chapter_has_the_parts_of_a_lesson(path):
    text = path.read_text(encoding="utf-8")
    headings = ["## 이 장에서 배우는 것", "## 요약", "## 연습 문제", "## 더 읽을거리"]
    if registry.find(path.stem).number >= 4:
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
    if registry.find(path.stem).number < 4:
        return  # nothing to train, no settings
    runs = [source for source in cells(path) if source.startswith("if __name__")]
    assert any("config = Config()\n" in source for source in runs)


@chapters
def test_a_chapter_defines_no_registered_class(path):
    assert "register_keras_serializable" not in path.read_text(encoding="utf-8")


@chapters
def test_a_task_chapter_has_the_verbs(path):
    chapter = registry.find(path.stem)
    if chapter.number >= 4:
        module = chapter.load()
        assert [verb for verb in VERBS if not hasattr(module, verb)] == []


def test_only_the_registry_resolves_chapters():
    for path in (ROOT / "kerasnlp_tutorial").rglob("*.py"):
        if path.name != "registry.py":
            assert "kerasnlp_tutorial.chapters" not in path.read_text(
                encoding="utf-8"
            ).replace("(`kerasnlp_tutorial.chapters`)", ""), path


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
    assert "모든 국민 ##은 법 앞에 평 ##등 ##하다" in output
