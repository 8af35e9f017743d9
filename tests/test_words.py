"""The words of the Korean texts are those of `docs/glossary.toml`."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORDS = tomllib.loads((ROOT / "docs/glossary.toml").read_text(encoding="utf-8"))
AVOIDED = {
    pattern: entry["korean"]
    for entry in WORDS["term"] + WORDS["word"]
    for pattern in entry.get("avoid", ())
}
# All but the sample corpora, which are not prose, and the tests, which quote anything.
TEXTS = (
    *("*.md", ".github/**/*.yml", "chapters/*.py", "benchmarks/*.py", "data/**/*.md"),
    *("data/measured/*.tsv", "docs/**/*.md", "docs/**/*.py"),
    *("docs/book.toml", "docs/images/*.svg", "kerasnlp_tutorial/**/*.py"),
)  # notebooks are made from the chapters


def texts():
    for pattern in TEXTS:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("docs/_build"):
                yield name, path.read_text(encoding="utf-8")


def discouraged(name, text):
    """The discouraged words of a text, each with what is around it."""
    text = re.sub(r"\n[ \t#]*(?=\S)", " ", text)  # a phrase may go over lines
    for allowed in WORDS["allowed"]:
        if fnmatch(name, allowed["files"]):
            text = text.replace(allowed["text"], "")
    return [
        f"{name}: {text[max(match.start() - 20, 0) : match.end() + 20]!r}: {instead}"
        for pattern, instead in AVOIDED.items()
        for match in re.finditer(pattern, text)
    ]


def test_one_word_for_one_concept():
    found = [word for name, text in texts() for word in discouraged(name, text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# 한 걸음에\n# 꼬리표를", ["레이블", "스텝"]),
        ("아기의 걸음마, 500걸음마다", ["스텝"]),
        ("4장 문서에 꼬리표 달기", []),
        ("# 미리\n#   학습한 모델과\n견주면", ["사전학습", "비교"]),
        ("4층 × 256, 분류 층, 출력층", ["레이어"] * 3),
        ("얼마나 다층인지", []),
        ("다음 토큰\n# 맞히기와 다음 토큰의 확률", ["다음 단어 맞히기"]),
    ],
)
def test_words_are_found_whatever_follows_them(text, words):
    found = [word.rpartition(": ")[2] for word in discouraged("a.md", text)]
    assert sorted(found) == sorted(words)


def test_no_preferred_word_is_discouraged():
    for entry in WORDS["term"] + WORDS["word"]:
        found = discouraged("glossary", entry.get("definition", "") + entry["korean"])
        assert not found


def test_each_exception_is_needed():
    known = dict(texts())
    for allowed in WORDS["allowed"]:
        files = [name for name in known if fnmatch(name, allowed["files"])]
        assert files and allowed["why"]
        if allowed["text"] not in "".join(known[name] for name in files):
            assert "book" in allowed["why"]  # a title may be quoted any day
