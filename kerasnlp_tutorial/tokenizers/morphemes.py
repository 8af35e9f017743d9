"""Morphological analysis with kiwipiepy, of the extra `[morphemes]`."""

from collections.abc import Callable
from importlib.util import find_spec

MISSING = (
    "형태소 분석기가 설치되어 있지 않아 건너뜁니다: "
    'pip install "kerasnlp-tutorial[morphemes]"'
)
"""What to tell readers who have no analyzer."""

_Morpheme = tuple[str, str]
"""The form and the part of speech, such as `("영화", "NNG")`."""


def morphological_analyzer() -> Callable[[str], list[_Morpheme]] | None:
    """Return a function from a text to its morphemes; None if there is no analyzer.

    The parts of speech are those of the Sejong tag set. Irregular endings have the
    suffix `-I` or `-R` in kiwipiepy, which is removed.

    Reference:
        [kiwipiepy](https://github.com/bab2min/kiwipiepy)
    """
    if find_spec("kiwipiepy") is None:
        return None
    from kiwipiepy import Kiwi

    kiwi = Kiwi()

    def analyze(text: str) -> list[_Morpheme]:
        return [(t.form, t.tag.partition("-")[0]) for t in kiwi.tokenize(text)]

    return analyze
