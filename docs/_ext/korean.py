"""Korean for Sphinx: a search that finds 토큰화 in 토큰화를, and readable anchors.

Sphinx has no Korean indexer and falls back to the English one, which takes every
space-separated word as it is. Korean words end in particles, so hardly any query hits.
Here the index holds all runs of two to six syllables of a word, and the query loses
its particle.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

LONGEST_RUN = 6  # syllables

_PARTICLES = (
    "으로부터 에서부터 이라는 으로써 으로서 에게서 한테서 이라고 에서는 에서도",
    "으로는 으로도 까지는 에서 에게 한테 으로 부터 까지 처럼 보다 이나 라는 라고",
    "만큼 마다 조차 밖에 입니다 합니다 됩니다 습니다 하는 하기 하고 하면 하여",
    "해서 했다 한다 된다 되는 은 는 이 가 을 를 의 에 와 과 도 로 만 나 랑",
)
_LONGEST_FIRST = sorted(" ".join(_PARTICLES).split(), key=len, reverse=True)
_HANGUL = "\\uac00-\\ud7a3"

# A query word without its particle, if at least two syllables or letters are left.
_SPLIT_QUERY = f"""
var koreanParticle = /(?:{"|".join(_LONGEST_FIRST)})$/;
var splitQuery = (query) =>
  (query.match(/[\\p{{L}}\\p{{N}}_]+/gu) || []).map((word) => {{
    const stem = word.replace(koreanParticle, "");
    return stem.length < 2 ? word : stem;
  }});
"""


class SearchKorean(SearchEnglish):
    """Index words and the runs of syllables inside them."""

    lang = "ko"
    # Names the stemmer of the page's script; Hangul passes through the English one.
    language_name = "English"
    js_splitter_code = _SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        return [part for word in re.findall(r"\w+", input) for part in _parts(word)]


def _parts(word: str) -> Iterator[str]:
    yield word
    if word[-1:] >= "가" and (latin := re.match(r"[A-Za-z0-9_]{2,}", word)):
        yield latin.group()  # BERT of BERT를
    for run in re.findall(f"[{_HANGUL}]{{3,}}", word):
        for size in range(2, min(len(run), LONGEST_RUN) + 1):
            starts = range(len(run) - size + 1)
            yield from sorted({run[start : start + size] for start in starts})


def use_titles_as_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Link a section by its title's slug, and not by docutils' `id1`, `id2`."""
    for section in doctree.findall(nodes.section):
        slug = section.get("slug")
        if slug and re.fullmatch(r"id\d+", section["ids"][0]):
            section["ids"] = [slug, *(id for id in section["ids"] if id != slug)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both with Sphinx."""
    app.add_search_language(SearchKorean)
    app.connect("doctree-read", use_titles_as_anchors, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
