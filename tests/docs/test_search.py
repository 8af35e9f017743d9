"""The search of the site: what is indexed, and where queries lead.

The queries are answered by the site's own script, in Node.js where it is installed and
in a browser by `test_browser.py`.
"""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

QUERIES = Path(__file__).with_name("search_queries.tsv")
SCRIPT = Path(__file__).resolve().parent.parent.parent / "docs/_static/search.js"
FIND = """
const fs = require("fs");
for (const path of process.argv.slice(1, 3)) {
  (0, eval)(fs.readFileSync(path, "utf8").replace('"use strict";', ""));
}
const answers = {};
for (const query of JSON.parse(process.argv[3])) {
  answers[query] = koreanSearch.find(query).map((result) => [
    result.url, result.sections.map((section) => section.entry.title),
  ]);
}
console.log(JSON.stringify(answers));
"""


def queries():
    """(query, page expected among the first three)."""
    with QUERIES.open(encoding="utf-8") as file:
        return [tuple(row) for row in csv.reader(file, delimiter="\t")]


def run(data, searched):
    if not shutil.which("node"):
        pytest.skip("needs node")
    command = ["node", "-e", FIND, str(SCRIPT), str(data), json.dumps(searched)]
    output = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert output.returncode == 0, output.stderr
    return json.loads(output.stdout)


# === The site ===


@pytest.fixture(scope="module")
def answers(site):
    """Query to (address, titles of sections) of each page found."""
    more = ["토큰화를", "ㅁㄴㅇㄹ없는말", "llm", "ner"]
    searched = [query for query, _ in queries()] + more
    return run(site / "_static/search-data.js", searched)


@pytest.mark.parametrize(("query", "page"), queries())
def test_a_query_leads_to_its_page_among_the_first_three(answers, query, page):
    found = [address.removesuffix(".html") for address, _ in answers[query]]
    assert page in found[:3], found[:6]


def test_there_are_enough_queries():
    assert len({query for query, _ in queries()}) >= 60


def test_an_abbreviation_is_no_part_of_a_word(answers):
    assert answers["ner"][0][0] == "chapters/ch06_named_entity_recognition.html"
    titles = [title for _, sections in answers["llm"] for title in sections]
    assert titles and not any("CausalLM" in title for title in titles)


def test_what_is_nowhere_is_not_found(answers):
    assert answers["ㅁㄴㅇㄹ없는말"] == []


def test_every_page_of_the_data_and_every_anchor_exists(site):
    text = (site / "_static/search-data.js").read_text(encoding="utf-8")
    data = json.loads(re.fullmatch(r"koreanSearch\.load\((.*)\);\n", text).group(1))
    assert len(data["pages"]) > 25 and len(data["entries"]) > 500
    texts = {url: (site / url).read_text(encoding="utf-8") for url, *_ in data["pages"]}
    missing = [
        (data["pages"][page][0], anchor)
        for page, anchor, *_ in data["entries"]
        if anchor and f'id="{anchor}"' not in texts[data["pages"][page][0]]
    ]
    assert missing == []


def test_no_page_loads_the_data_before_the_search_is_opened(site):
    page = (site / "chapters/ch07_question_answering.html").read_text(encoding="utf-8")
    assert "search.js" in page
    assert "search-data" not in page and "searchindex" not in page
    assert not (site / "searchindex.js").exists()


# === The script, on a small index ===

PAGES = [["a.html", "가 쪽", 1], ["b.html", "나 쪽", 1]]


def small(tmp_path, entries, aliases=()):
    data = {"pages": PAGES, "entries": entries, "aliases": [*aliases]}
    path = tmp_path / "data.js"
    path.write_text(f"koreanSearch.load({json.dumps(data)});", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "query", "is_found"),
    [
        ("모델을 미세 조정합니다", "미세조정", True),
        ("미세조정합니다", "미세 조정", True),
        ("토큰화는 쉽습니다", "토큰화란", True),
        ("문장으로", "문장으로부터", True),
        ("정확한 값", "정확도", True),  # 도 may be an ending
        ("나무", "나무를 다람쥐", False),  # all words are needed if some page has them
        ("generation", "NER", True),  # only where the word itself is nowhere
        ("재밌다 ㅋㅋㅋㅋ", "ㅋㅋ", True),
        ("재밌다 ㅋ", "ㅋㅋ", False),
        ("KoBERT와", "kobert", True),
        ("token_ids", "token ids", True),
        ("a.b (c) [d", "(c", True),  # characters of patterns are characters
        ("글", "", False),
        ("글", "...", False),
    ],
)
def test_a_query_is_found(tmp_path, text, query, is_found):
    entries = [[0, "", "가 쪽", text, ""]]
    if query == "나무를 다람쥐":
        entries.append([1, "", "나 쪽", "나무 다람쥐", ""])
    found = [url for url, _ in run(small(tmp_path, entries), [query])[query]]
    assert ("a.html" in found) == is_found


def test_a_whole_word_hides_parts_of_words(tmp_path):
    entries = [[0, "", "가 쪽", "generation", ""], [1, "", "나 쪽", "NER", ""]]
    assert [url for url, _ in run(small(tmp_path, entries), ["NER"])["NER"]] == [
        "b.html"
    ]


def test_other_names_are_found_together(tmp_path):
    entries = [[0, "", "가 쪽", "빔 탐색으로 고릅니다", ""]]
    data = small(tmp_path, entries, [["빔 탐색", "빔 서치", "beam search"]])
    for answer in run(data, ["빔서치를", "beam search", "Beam-Search"]).values():
        assert [url for url, _ in answer] == ["a.html"]


def test_aliases_come_from_the_file_and_from_the_glossary(extension, monkeypatch):
    import sys
    import types

    search = extension("site_search")
    monkeypatch.delitem(sys.modules, "glossary_terms", raising=False)
    glossary = types.ModuleType("glossary_terms")
    glossary.aliases = lambda: {"오류": ["버그"], "새 용어": ["new term"]}
    monkeypatch.setitem(sys.modules, "glossary_terms", glossary)
    merged = search.aliases()
    assert merged["새 용어"] == ["new term"]
    assert merged["오류"][0] == "버그" and "에러" in merged["오류"]
    assert "코랩" in merged["Colab"]
