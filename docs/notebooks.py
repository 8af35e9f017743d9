"""Make the Colab notebooks from the chapters, check that they are in step, run them.

    python docs/notebooks.py build           # write docs/chapters/*.ipynb
    python docs/notebooks.py check           # exit code 1 if one is not in step
    python docs/notebooks.py run --quick     # execute each from top to bottom

The notebooks are never edited by hand. The site renders them, executed; Colab opens
them. Needs the extra `[docs]`.
"""

import argparse
import ast
import configparser
import hashlib
import os
import re
import sys
import tempfile
import textwrap
import time
import tomllib
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "docs" / "chapters"
BOOK = ROOT / "docs" / "book.toml"
BRANCH = "main"
COLAB = "https://colab.research.google.com"

_GPU = "런타임에 GPU가 있으면 저절로 씁니다."
_GUARD = 'if __name__ == "__main__":\n'
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_METADATA = {
    "kernelspec": _KERNEL,
    "language_info": {"name": "python"},
    "accelerator": "GPU",
    "colab": {"provenance": [], "toc_visible": True, "gpuType": "T4"},
}


# === From a chapter to a notebook ===


def repository() -> str:
    """Return the address of the repository, which only setup.cfg knows."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    urls = setup["metadata"]["project_urls"].strip().splitlines()
    return dict(line.split(" = ") for line in urls)["Repository"]


def colab_url(stem: str) -> str:
    """Return the address that opens a chapter's notebook on Colab."""
    path = repository().removeprefix("https://github.com/")
    return f"{COLAB}/github/{path}/blob/{BRANCH}/docs/chapters/{stem}.ipynb"


def facts(stem: str) -> dict[str, str | int]:
    """Return what `book.toml` says of a chapter; nothing if it does not know it."""
    return tomllib.loads(BOOK.read_text(encoding="utf-8")).get(stem, {})


def convert(source: str, stem: str) -> nbformat.NotebookNode:
    """Turn a chapter into a notebook without outputs.

    A cell that is one `if __name__ == "__main__":` block loses the `if`. A cell with
    the tag `solution` is folded.

    Args:
        source: the chapter, py:percent.
        stem: its file name without the ending.
    """
    notebook = jupytext.reads(source, fmt="py:percent")
    title, *others = notebook.cells
    cells = [_badge(stem), _install(), title, *_minutes(stem), *others]
    seen = set()
    for cell in cells:
        if cell.cell_type == "code":
            cell.source = _unguarded(cell.source)
            cell.outputs, cell.execution_count = [], None
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if "solution" in tags:
            _fold(cell)
        cell.id = _cell_id(cell.source, seen)
    notebook.cells = cells
    notebook.metadata = _METADATA
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def _badge(stem: str) -> nbformat.NotebookNode:
    picture = f"{COLAB}/assets/colab-badge.svg"
    source = f"[![Colab에서 열기]({picture})]({colab_url(stem)})"
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": ["remove-cell"]})


def _minutes(stem: str) -> list[nbformat.NotebookNode]:
    """Say how long it takes, on the page too; nothing of what was not measured."""
    if minutes := facts(stem).get("minutes"):
        source = f"모두 실행하면 CPU 두 코어에서 {minutes}분쯤 걸립니다. {_GPU}"
        return [nbformat.v4.new_markdown_cell(source)]
    return []


def _install() -> nbformat.NotebookNode:
    lines = [
        "# 설치합니다. 이미 있는 TensorFlow와 Keras는 그대로 둡니다.",
        f'%pip install -q "kerasnlp-tutorial @ git+{repository()}"',
        "import os",
        "",
        'os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow의 안내문을 줄입니다.',
    ]
    # The page is built where the package is installed already.
    tags = ["remove-cell", "skip-execution"]
    return nbformat.v4.new_code_cell("\n".join(lines), metadata={"tags": tags})


def _unguarded(source: str) -> str:
    if not source.startswith(_GUARD) or len(ast.parse(source).body) != 1:
        return source
    return textwrap.dedent(source.removeprefix(_GUARD)).strip("\n")


def _fold(cell: nbformat.NotebookNode) -> None:
    """Hide a solution until it is asked for: on the page, on Colab, in JupyterLab."""
    cell.source = f"# @title 풀이 보기\n{cell.source}"
    cell.metadata["tags"] = [*cell.metadata["tags"], "hide-cell"]
    cell.metadata["cellView"] = "form"
    cell.metadata["jupyter"] = {"source_hidden": True}


def _cell_id(source: str, seen: set[str]) -> str:
    """Name a cell by its content, so that a change renames no other cell."""
    digest, repeats = hashlib.sha256(source.encode()).hexdigest(), 0
    while (name := f"{digest[:8]}{repeats or ''}") in seen:
        repeats += 1
    seen.add(name)
    return name


def stale(texts: dict[str, str] | None = None) -> list[Path]:
    """Return the notebooks that are missing, out of step, or of no chapter.

    Args:
        texts: file name to what it should hold; None: made from the chapters.
    """
    texts = _all() if texts is None else texts
    expected = {NOTEBOOKS / name: text for name, text in texts.items()}
    found = {path: path.read_text(encoding="utf-8") for path in NOTEBOOKS.glob("*.*")}
    paths = expected.keys() | found.keys()
    return sorted(path for path in paths if expected.get(path) != found.get(path))


def _all() -> dict[str, str]:
    return {
        f"{path.stem}.ipynb": nbformat.writes(
            convert(path.read_text(encoding="utf-8"), path.stem)
        )
        + "\n"
        for path in sorted(CHAPTERS.glob("ch*.py"))
    }


# === From a notebook to its outputs ===


def quick(notebook: nbformat.NotebookNode) -> None:
    """Let a notebook use its chapter's settings of seconds."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = re.sub(r"(?<!class )\bConfig\(", "Config.quick(", cell.source)


def execute(notebook: nbformat.NotebookNode, folder: str) -> None:
    """Run all cells but the installation, in `folder`.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    from nbclient import NotebookClient

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    client = NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": folder}}
    )
    client.execute()


# === Command line ===


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["build", "check", "run"])
    parser.add_argument("notebooks", nargs="*", type=Path, help="for run; all if none")
    parser.add_argument("--quick", action="store_true", help="for run: Config.quick()")
    options = parser.parse_args()
    if options.command == "build":
        NOTEBOOKS.mkdir(exist_ok=True)
        texts = _all()
        for path in stale(texts):
            path.unlink(missing_ok=True)
            if path.name in texts:
                path.write_text(texts[path.name], encoding="utf-8")
            print(path.relative_to(ROOT))
    elif options.command == "check":
        for path in (paths := stale()):
            print(f"{path.relative_to(ROOT)}: run docs/notebooks.py build")
        return 1 if paths else 0
    else:
        for path in options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            if options.quick:
                quick(notebook)
            started = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                execute(notebook, folder)
            print(f"{path.name}: {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
