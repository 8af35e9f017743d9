"""The book as an EPUB, opened as a reader's program would. `BUILT_EPUB` names one."""

import os
import posixpath
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kerasnlp_tutorial import registry

pytestmark = pytest.mark.slow
DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
OPF = "{http://www.idpf.org/2007/opf}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def epub(tmp_path_factory):
    """The opened EPUB."""
    if built := os.environ.get("BUILT_EPUB"):
        path = Path(built)
    else:
        pytest.importorskip("sphinx", reason="needs the extra [docs]")
        folder = tmp_path_factory.mktemp("epub")
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "epub"]
        command += ["-D", "nb_execution_mode=off", "-d", str(folder / "doctrees")]
        run = subprocess.run(
            [*command, str(DOCS), str(folder / "epub")], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr[-5000:]
        (path,) = (folder / "epub").glob("*.epub")
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def package(epub):
    return ElementTree.fromstring(epub.read("content.opf"))


def test_it_is_an_epub(epub):
    first = epub.infolist()[0]
    assert first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
    assert epub.read("mimetype") == b"application/epub+zip"
    assert epub.testzip() is None


def test_it_says_what_it_is(package):
    texts = [
        element.text for element in package.iter() if element.tag.endswith("title")
    ]
    assert "BERT와 GPT로 배우는 한국어 자연어 처리" in texts
    languages = [e.text for e in package.iter() if e.tag.endswith("}language")]
    assert languages == ["ko"]


def test_all_chapters_are_read_in_their_order(package):
    hrefs = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    order = [hrefs[ref.get("idref")] for ref in package.iter(f"{OPF}itemref")]
    chapters = [f"chapters/{c.module_name}.xhtml" for c in registry.CHAPTERS]
    assert [href for href in order if href in chapters] == chapters


def test_every_page_is_well_formed_and_has_its_pictures(epub):
    names, pictures = set(epub.namelist()), 0
    for name in sorted(names):
        if not name.endswith(".xhtml"):
            continue
        page = ElementTree.fromstring(epub.read(name))  # raises if it is no XML
        for image in page.iter(f"{XHTML}img"):
            path = posixpath.join(posixpath.dirname(name), image.get("src"))
            target = posixpath.normpath(path)
            assert target in names, (name, target)
            pictures += 1
        assert not list(page.iter(f"{XHTML}script")), name
    assert pictures >= 3


def test_chapters_have_their_text(epub):
    for chapter in registry.CHAPTERS:
        page = ElementTree.fromstring(
            epub.read(f"chapters/{chapter.module_name}.xhtml")
        )
        text = "".join(page.itertext())
        assert chapter.title in text and len(text) > 5000
