import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r'href="\.\./glossary\.html#[^"]+"[^>]*><span[^>]*>([^<]+)</span>')
TERMS = {
    "토큰화": ("tokenization", "t0"),
    "서브워드 토큰화": ("subword tokenization", "t1"),
}
TERMS |= {"풀러": ("pooler", "t2"), "바이트 페어 인코딩": ("byte pair encoding", "t3")}


@pytest.fixture
def entries():
    """(Korean, English, definition) of each term."""
    words = tomllib.loads((ROOT / "docs/glossary.toml").read_text(encoding="utf-8"))
    names = ("korean", "english", "definition")
    return [tuple(term[name] for name in names) for term in words["term"]]


def test_terms_have_both_languages_and_a_definition(entries):
    assert len(entries) >= 60
    assert len({korean for korean, _, _ in entries}) == len(entries)
    for korean, english, definition in entries:
        assert re.search("[A-Za-z]", english) and definition.endswith("."), korean
        assert 1 <= definition.count(".") - definition.count("tf.data.Dataset") * 2 <= 3


def test_a_term_has_the_aliases_that_readers_search_for(extension):
    aliases = extension("glossary_terms").aliases()
    assert {"fine-tuning", "파인 튜닝", "미세조정", "미세 조정"} <= set(
        aliases["파인튜닝"]
    )
    assert "오버피팅" in aliases["과적합"] and "꼬리표" in aliases["레이블"]
    assert "프리트레인" in aliases["사전학습"]  # the book's word
    for term, names in aliases.items():
        assert names and term not in names and len(set(names)) == len(names)


def test_an_alias_names_one_term(extension):
    aliases = extension("glossary_terms").aliases()
    names = [name for term in aliases for name in (term, *aliases[term])]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_the_page_has_every_term_with_its_other_names(site, entries):
    page = (site / "glossary.html").read_text(encoding="utf-8")
    assert all(f">{korean}<" in page for korean, _, _ in entries)
    assert "다른 이름: 파인 튜닝, 미세조정" in page


def found(extension, text):
    """The terms that a chapter's text would be linked at."""
    from docutils.core import publish_doctree

    links = extension("glossary_links")
    doctree = publish_doctree(text, settings_overrides={"report_level": 5})
    uses = links.first_uses(doctree, TERMS)
    return [term for _, places in uses for _, _, term in places]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("일을 토큰화(tokenization)라고 합니다. 토큰화(tokenization)는", ["토큰화"]),
        ("토큰화만으로는 잇지 않습니다.", []),
        ("토큰화(tokenizer)", []),  # another English name
        ("서브워드 토큰화(subword tokenization)", ["서브워드 토큰화"]),
        ("바이트 페어\n인코딩(byte pair\nencoding, BPE)", ["바이트 페어 인코딩"]),
        ("- **풀러**\\ (pooler): 레이어", ["풀러"]),
        ("``토큰화(tokenization)``", []),
        ("제목 토큰화(tokenization)\n=========================\n\n글", []),
    ],
)
def test_a_term_is_linked_where_it_is_first_explained(extension, text, terms):
    assert found(extension, text) == terms


def test_chapters_are_linked_to_the_glossary(site):
    links = {}
    for path in sorted((site / "chapters").glob("*.html")):
        links[path.stem] = LINK.findall(path.read_text(encoding="utf-8"))
        assert len(set(links[path.stem])) == len(links[path.stem])  # once a page
    assert "토큰화" in links["ch02_tokenization"]
    assert "풀러" in links["ch04_document_classification"]
    assert [name for name, terms in links.items() if not terms] == []


def test_every_term_is_linked_from_somewhere(site, entries):
    linked = set()
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        linked |= set(
            re.findall(r'glossary\.html#[^"]+"[^>]*><span[^>]*>([^<]+)', page)
        )
    assert sorted({korean for korean, _, _ in entries} - linked) == []


def test_notebooks_hold_no_role():
    for path in (ROOT / "docs/chapters").glob("*.ipynb"):
        assert "{term}" not in path.read_text(encoding="utf-8")
