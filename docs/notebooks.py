"""Build the Colab notebooks from the chapters, check that they are current, run them.

    python docs/notebooks.py build           # write docs/chapters/*.ipynb
    python docs/notebooks.py check           # exit code 1 if one is not current
    python docs/notebooks.py run             # execute each, keep outputs for the site
    python docs/notebooks.py run --quick     # with settings of seconds, keep nothing
    python docs/notebooks.py run --quick docs/chapters/ch02_tokenization.ipynb

Never edit the notebooks by hand. The site executes and renders them; Colab opens them.
Needs the extra `[docs]`.
"""

import argparse
import ast
import configparser
import hashlib
import importlib.metadata
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
OUTPUTS = ROOT / "docs" / ".jupyter_cache"
BRANCH = "main"
COLAB = "https://colab.research.google.com"
TIMEOUT = 1800  # seconds for a cell, on a slow machine too

# What outputs depend on beside the clone.
_PACKAGES = ("tensorflow", "keras", "keras-hub", "tensorflow-text", "tokenizers")
_PACKAGES += ("numpy", "matplotlib")
_GPU = "런타임에 GPU가 있으면 저절로 씁니다."
_IMAGES = "](../docs/images/"  # as a chapter links to them
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
    """Return the URL of the repository, from setup.cfg."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    urls = setup["metadata"]["project_urls"].strip().splitlines()
    return dict(line.split(" = ") for line in urls)["Repository"]


def site_url() -> str:
    """Return the address of the site on GitHub Pages."""
    owner, name = repository().removeprefix("https://github.com/").split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def colab_url(stem: str) -> str:
    """Return the URL that opens the notebook of a chapter in Colab.

    Args:
        stem: file name of the chapter without extension.
    """
    path = repository().removeprefix("https://github.com/")
    return f"{COLAB}/github/{path}/blob/{BRANCH}/docs/chapters/{stem}.ipynb"


def raw_url(path: str) -> str:
    """Return the URL of a file of the repository itself, which Colab can show.

    Args:
        path: path of the file in the repository.
    """
    host = "https://raw.githubusercontent.com"
    name = repository().removeprefix("https://github.com/")
    return f"{host}/{name}/{BRANCH}/{path}"


def facts(stem: str) -> dict[str, str | int]:
    """Return the entry of a chapter in `book.toml`; empty if there is none.

    Args:
        stem: file name of the chapter without extension.
    """
    return tomllib.loads(BOOK.read_text(encoding="utf-8")).get(stem, {})


def convert(source: str, stem: str) -> nbformat.NotebookNode:
    """Convert a chapter to a notebook without outputs.

    Cells that consist of an `if __name__ == "__main__":` block are unwrapped. Cells
    with the tag `solution` are collapsed, and so is the code of cells with the tag
    `hide-input`, which begin with `# @title` and what they are. Pictures in
    `docs/images/` get absolute URLs, since Colab resolves no relative ones; the site
    shows its own copies.

    Args:
        source: content of the chapter in py:percent format.
        stem: file name of the chapter without extension.
    """
    notebook = jupytext.reads(source, fmt="py:percent")
    title, *others = notebook.cells
    cells = [_badge(stem), _install(), title, *_minutes(stem), *others]
    seen = set()
    for cell in cells:
        if cell.cell_type == "code":
            cell.source = _unguarded(cell.source)
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type == "markdown":
            cell.source = cell.source.replace(_IMAGES, f"]({raw_url('docs/images/')}")
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if "solution" in tags:
            _fold(cell)
        elif "hide-input" in tags:
            _fold_input(cell)
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
    """Return a cell with the running time; none if it was not measured."""
    if minutes := facts(stem).get("minutes"):
        duration = f"CPU 두 코어에서 {minutes}분쯤, 컴퓨터가 바쁘면 그 두 배쯤"
        source = f"모두 실행하면 {duration} 걸립니다. {_GPU}"
        return [nbformat.v4.new_markdown_cell(source)]
    return []


def _install() -> nbformat.NotebookNode:
    lines = [
        "# 설치합니다. 이미 있는 TensorFlow와 Keras는 그대로 둡니다.",
        f'%pip install -q "kerasnlp-tutorial @ git+{repository()}"',
        "import importlib.util",
        "import os",
        "",
        'if importlib.util.find_spec("kerasnlp_tutorial") is None:',
        '    raise SystemExit("설치하지 못했습니다. 위의 메시지를 보세요.")',
        'os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow의 안내문을 줄입니다.',
    ]
    # The site is built with the package already installed.
    tags = ["remove-cell", "skip-execution"]
    return nbformat.v4.new_code_cell("\n".join(lines), metadata={"tags": tags})


def _unguarded(source: str) -> str:
    if not source.startswith(_GUARD) or len(ast.parse(source).body) != 1:
        return source
    return textwrap.dedent(source.removeprefix(_GUARD)).strip("\n")


def _fold(cell: nbformat.NotebookNode) -> None:
    """Collapse a solution: on the site, in Colab and in JupyterLab."""
    cell.source = f"# @title 풀이 보기\n{cell.source}"
    cell.metadata["tags"] = [*cell.metadata["tags"], "hide-cell"]
    cell.metadata["cellView"] = "form"
    cell.metadata["jupyter"] = {"source_hidden": True}


def _fold_input(cell: nbformat.NotebookNode) -> None:
    """Collapse the code of a cell to its title; what it shows stays in sight."""
    title = cell.source.partition("\n")[0].removeprefix("# @title ")
    prompts = {"show": f"코드 보기: {title}", "hide": f"코드 접기: {title}"}
    cell.metadata["mystnb"] = {f"code_prompt_{k}": v for k, v in prompts.items()}
    cell.metadata["cellView"] = "form"
    cell.metadata["jupyter"] = {"source_hidden": True}


def _cell_id(source: str, seen: set[str]) -> str:
    """Return a cell id from the content, so that a change affects no other cell id."""
    digest, repeats = hashlib.sha256(source.encode()).hexdigest(), 0
    while (name := f"{digest[:8]}{repeats or ''}") in seen:
        repeats += 1
    seen.add(name)
    return name


def stale(texts: dict[str, str] | None = None) -> list[Path]:
    """Return the notebooks that are missing, outdated, or belong to no chapter.

    Args:
        texts: file name to expected content; None for the content from the chapters.
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
    """Replace `Config()` in a notebook with `Config.quick()`, which runs in seconds.

    Args:
        notebook: the notebook, changed in place.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = re.sub(r"(?<!class )\bConfig\(", "Config.quick(", cell.source)


def execute(notebook: nbformat.NotebookNode, folder: str) -> None:
    """Run all cells except the installation.

    Args:
        notebook: the notebook; outputs are added in place.
        folder: working folder.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    from nbclient import NotebookClient

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["PYTHONPATH"] = str(ROOT)  # this clone, not what is installed
    resources = {"metadata": {"path": folder}}
    # The times of cells would stand in their metadata, which `keep` goes by.
    client = NotebookClient(
        notebook, timeout=TIMEOUT, resources=resources, record_timing=False
    )
    client.execute()


def keep(notebook: nbformat.NotebookNode, path: Path, seconds: float) -> None:
    """Keep the outputs of an executed notebook where the site looks for them.

    Args:
        path: of the notebook without outputs.
        seconds: that it took.
    """
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
    cache = get_cache(outputs_folder())
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def outputs_folder() -> Path:
    """Return the folder of kept outputs, named after all that they depend on.

    The cache itself looks at a page's cells only, and would show old outputs after a
    change of the package, of another chapter's functions or of Keras.
    """
    digest = hashlib.sha256()
    for folder in ("kerasnlp_tutorial", "data"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.read_bytes())
    # Chapters use each other's functions; what only a page runs is its own cells'.
    for path in sorted(CHAPTERS.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.If):
                digest.update(ast.dump(node).encode())
    digest.update(sys.version.encode())
    for name in _PACKAGES:
        digest.update(importlib.metadata.version(name).encode())
    return OUTPUTS / digest.hexdigest()[:16]


def run(path: Path, with_quick_settings: bool = False) -> float:
    """Execute a notebook and keep its outputs; return the seconds it took.

    With quick settings it has other outputs than the site's, which are not kept.
    """
    notebook = nbformat.read(path, as_version=4)
    if with_quick_settings:
        quick(notebook)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        execute(notebook, folder)
    seconds = time.monotonic() - started
    if not with_quick_settings:
        keep(notebook, path, seconds)
    return seconds


# === Command line ===


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["build", "check", "run"])
    parser.add_argument("notebooks", nargs="*", type=Path, help="for run; all if none")
    parser.add_argument("--quick", action="store_true", help="for run: Config.quick()")
    options = parser.parse_intermixed_args()  # --quick before or after the files
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
            print(f"{path.name}: {run(path, options.quick):.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
