import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("jupytext", reason="needs the extra [docs]")

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = '''# %% [markdown]
# # 제목

# %%
def double(x):
    """Return twice x."""
    return 2 * x


# %%
if __name__ == "__main__":
    # 두 배
    print(double(2))

# %% tags=["solution"]
def solve():
    return 4


# %%
if __name__ == "__main__":
    print(double(2))
'''


@pytest.fixture
def notebooks():
    """`docs/notebooks.py`, which is a program and not part of the package."""
    spec = importlib.util.spec_from_file_location(
        "notebooks", ROOT / "docs/notebooks.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_run_cells_lose_the_guard_and_definitions_stay(notebooks):
    sources = [cell.source for cell in notebooks.convert(SOURCE, "ch00").cells[2:]]
    assert sources[0] == "# 제목"
    assert sources[1].startswith("def double(x):\n")
    assert sources[2] == "# 두 배\nprint(double(2))"


def test_it_begins_with_the_badge_and_the_installation(notebooks):
    badge, install = notebooks.convert(SOURCE, "ch00").cells[:2]
    assert notebooks.repository() in (ROOT / "setup.cfg").read_text(encoding="utf-8")
    owner = notebooks.repository().removeprefix("https://github.com/")
    assert f"/github/{owner}/blob/main/docs/chapters/ch00.ipynb" in badge.source
    assert f'"kerasnlp-tutorial @ git+{notebooks.repository()}"' in install.source
    assert "-U" not in install.source and "==" not in install.source


def test_it_says_how_long_it_takes_and_that_a_gpu_is_used(notebooks):
    stem = "ch04_document_classification"
    minutes = notebooks.facts(stem)["minutes"]
    notebook = notebooks.convert(SOURCE, stem)
    title, time = notebook.cells[2:4]
    assert title.source == "# 제목"
    assert f"CPU 두 코어에서 {minutes}분쯤" in time.source and "GPU" in time.source
    assert "tags" not in time.metadata  # the page shows it too
    assert notebook.metadata["accelerator"] == "GPU"


def test_a_chapter_that_was_not_measured_says_no_time(notebooks):
    assert notebooks.facts("ch00") == {}
    assert not any("분쯤" in c.source for c in notebooks.convert(SOURCE, "ch00").cells)


def test_a_solution_is_folded(notebooks):
    cell = notebooks.convert(SOURCE, "ch00").cells[5]
    assert cell.source.startswith("# @title 풀이 보기\n")
    assert cell.metadata["cellView"] == "form"
    assert "hide-cell" in cell.metadata["tags"]


def test_a_hidden_input_keeps_its_title(notebooks):
    source = '# %% tags=["hide-input"]\n# @title 설정\nepochs = 3\n'
    cell = notebooks.convert(source, "ch00").cells[2]
    assert cell.source.startswith("# @title 설정\n")
    assert cell.metadata["tags"] == ["hide-input"]
    assert cell.metadata["mystnb"]["code_prompt_show"] == "코드 보기: 설정"
    assert cell.metadata["cellView"] == "form"


def test_a_cell_keeps_its_id_when_another_is_added(notebooks):
    before = [cell.id for cell in notebooks.convert(SOURCE, "ch00").cells]
    assert len(set(before)) == len(before)
    more = SOURCE.replace("# %%\nif", "# %%\nimport math\n\n# %%\nif", 1)
    after = [cell.id for cell in notebooks.convert(more, "ch00").cells]
    assert [id for id in after if id in before] == before


def test_the_committed_notebooks_are_in_step(notebooks):
    assert notebooks.stale() == []


def test_what_is_not_in_step_is_found(notebooks, tmp_path, monkeypatch):
    chapters, built = tmp_path / "chapters", tmp_path / "built"
    chapters.mkdir(), built.mkdir()
    monkeypatch.setattr(notebooks, "CHAPTERS", chapters)
    monkeypatch.setattr(notebooks, "NOTEBOOKS", built)
    (chapters / "ch00_a.py").write_text(SOURCE, encoding="utf-8")
    assert notebooks.stale() == [built / "ch00_a.ipynb"]  # missing
    for name, text in notebooks._all().items():
        (built / name).write_text(text, encoding="utf-8")
    assert notebooks.stale() == []
    (built / "ch09_of_no_chapter.ipynb").write_text("{}")
    assert notebooks.stale() == [built / "ch09_of_no_chapter.ipynb"]
    (chapters / "ch00_a.py").write_text(SOURCE + "\n# %%\nx = 1\n", encoding="utf-8")
    assert notebooks.stale() == [
        built / "ch00_a.ipynb",
        built / "ch09_of_no_chapter.ipynb",
    ]


def test_quick_settings_reach_every_config_but_the_class(notebooks):
    source = "# %%\nclass Config(TrainingConfig): ...\n\n# %%\na = Config()\nb = Config(x=1)\n"
    notebook = notebooks.convert(source, "ch00")
    notebooks.quick(notebook)
    assert notebook.cells[2].source == "class Config(TrainingConfig): ..."
    assert notebook.cells[3].source == "a = Config.quick()\nb = Config.quick(x=1)"


def test_a_cell_that_fails_is_an_error(notebooks, tmp_path):
    from nbclient.exceptions import CellExecutionError

    notebook = notebooks.convert("# %%\nprint(1)\n", "ch00")
    notebooks.execute(notebook, str(tmp_path))  # leaves out the installation
    assert notebook.cells[2].outputs[0]["text"] == "1\n"
    with pytest.raises(CellExecutionError, match="no_such_name"):
        notebooks.execute(
            notebooks.convert("# %%\nno_such_name\n", "ch00"), str(tmp_path)
        )


def test_a_failed_installation_stops_all_that_follows(notebooks, tmp_path):
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    install = notebooks.convert(SOURCE, "ch00").cells[1].source
    assert install.splitlines()[1].startswith("%pip install")
    # As if pip had failed, which prints its reasons and lets the cell go on.
    install = install.replace(install.splitlines()[1], "", 1)
    failed = install.replace('"kerasnlp_tutorial"', '"no_such_package"')
    cells = [notebooks.nbformat.v4.new_code_cell(c) for c in (failed, "print(1)")]
    notebook = notebooks.nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    with pytest.raises(CellExecutionError, match="설치하지 못했습니다"):
        client.execute()
    assert cells[1].outputs == []
    sentence = cells[0].outputs[0]["evalue"]
    assert "Traceback" not in sentence and sentence.count("\n") == 0


@pytest.mark.parametrize("words", [["--quick", "a.ipynb"], ["a.ipynb", "--quick"]])
def test_options_stand_before_or_after_the_notebooks(notebooks, monkeypatch, words):
    received = []
    monkeypatch.setattr(notebooks, "run", lambda *args: received.append(args) or 0)
    monkeypatch.setattr("sys.argv", ["notebooks.py", "run", *words])
    assert notebooks.main() == 0
    assert received == [(Path("a.ipynb"), True)]


def test_outputs_are_kept_where_the_site_looks(notebooks, tmp_path, monkeypatch):
    from jupyter_cache import get_cache

    monkeypatch.setattr(notebooks, "OUTPUTS", tmp_path / "outputs")
    path = tmp_path / "ch00.ipynb"
    notebooks.nbformat.write(notebooks.convert("# %%\nprint(1 + 1)\n", "ch00"), path)
    source = notebooks.nbformat.read(path, as_version=4)
    assert notebooks.run(path) > 0
    _, shown = get_cache(notebooks.outputs_folder()).merge_match_into_notebook(source)
    assert shown.cells[2].outputs[0]["text"] == "2\n"
    assert "outputs" not in path.read_text(encoding="utf-8").replace(
        '"outputs": []', ""
    )


def test_quick_outputs_are_not_kept(notebooks, tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "OUTPUTS", tmp_path / "outputs")
    path = tmp_path / "ch00.ipynb"
    notebooks.nbformat.write(notebooks.convert("# %%\n1\n", "ch00"), path)
    notebooks.run(path, with_quick_settings=True)
    assert not notebooks.OUTPUTS.exists()


@pytest.mark.parametrize("part", ["kerasnlp_tutorial", "data", "chapters"])
def test_outputs_depend_on_the_clone(notebooks, tmp_path, monkeypatch, part):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "CHAPTERS", tmp_path / "chapters")
    (tmp_path / part).mkdir()
    file = tmp_path / part / "a.py"
    file.write_text("x = 1\n")
    before = notebooks.outputs_folder()
    assert notebooks.outputs_folder() == before
    file.write_text("x = 2\n")
    changed = notebooks.outputs_folder()
    assert changed != before
    if part == "chapters":  # what a page runs is looked at by the cache itself
        file.write_text("x = 2\nif __name__ == '__main__':\n    print(x)\n")
        assert notebooks.outputs_folder() == changed
