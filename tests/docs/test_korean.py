import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="needs the extra [docs]")

EXTENSIONS = Path(__file__).resolve().parent.parent.parent / "docs/_ext"
PAGE = """
첫 쪽
=====

토큰화란 무엇일까
-----------------

문장을 토큰화를 거쳐 하위단어들로 나눕니다. BERT도 그렇습니다.
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of one page, built with the extension."""
    source = tmp_path_factory.mktemp("source")
    (source / "index.rst").write_text(PAGE, encoding="utf-8")
    (source / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(EXTENSIONS)!r})\n"
        "extensions = ['korean']\nlanguage = 'ko'\n"
    )
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        str(source),
        str(source / "html"),
    ]
    subprocess.run(command, check=True)
    return source / "html"


@pytest.fixture(scope="module")
def terms(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(
        re.fullmatch(r"Search\.setIndex\((.*)\)", index.strip()).group(1)
    )
    return index["terms"] | index["titleterms"]


@pytest.mark.parametrize(
    "query", ["토큰화", "토큰", "하위단어", "단어", "무엇", "bert"]
)
def test_the_index_holds_the_parts_of_words(terms, query):
    assert query in terms


def test_the_index_holds_no_part_longer_than_six_syllables(terms):
    assert "하위단어들로" in terms and max(len(t) for t in terms if "위단" in t) == 6


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("토큰화를", ["토큰화"]),
        ("토큰화란 무엇", ["토큰화란", "무엇"]),
        ("문장으로부터", ["문장"]),
        ("나를", ["나를"]),  # one syllable would be left
        ("BERT를 배우는", ["BERT", "배우"]),
        ("GPT 2 fine-tuning", ["GPT", "2", "fine", "tuning"]),
        ("", []),
    ],
)
def test_a_query_loses_its_particles(query, words):
    sys.path.insert(0, str(EXTENSIONS))
    try:
        import korean
    finally:
        sys.path.remove(str(EXTENSIONS))
    script = korean.SearchKorean.js_splitter_code
    script += f"console.log(JSON.stringify(splitQuery({json.dumps(query)})))"
    output = subprocess.check_output(["node", "-e", script], text=True)
    assert json.loads(output) == words


def test_anchors_are_readable_only_where_there_is_a_slug(site):
    # reStructuredText has no slugs; MyST's pages are looked at in the site itself.
    assert 'id="id1"' in (site / "index.html").read_text(encoding="utf-8")
