"""Unicode normalization of Hangul in texts and labels.

macOS and some exports write Hangul decomposed (Unicode's form NFD). It looks the same,
but consists of other characters, none of which is in a vocabulary.
"""

import functools
import inspect
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

# Conjoining letters, and a syllable before them that may lack its final consonant.
_DECOMPOSED = re.compile("[\uac00-\ud7a3]?[\u1100-\u11ff]+")
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def compose(text: str) -> str:
    """Compose decomposed Hangul syllables; all other characters stay as they are."""
    return _DECOMPOSED.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)


def compose_with_positions(text: str) -> tuple[str, list[int]]:
    """Compose decomposed Hangul syllables, and keep their positions in the text.

    Returns:
        The composed text, and a list with one more entry than it has characters: the
        position in `text` of each character, and of the end.

    Example:
    ```python
    composed, positions = compose_with_positions(text)
    original = text[positions[start] : positions[end]]  # of composed[start:end]
    ```
    """
    composed: list[str] = []
    positions: list[int] = []
    end = 0
    for run in _DECOMPOSED.finditer(text):
        composed += text[end : run.start()]
        positions += range(end, run.start())
        position = run.start()
        for character in unicodedata.normalize("NFC", run[0]):
            composed.append(character)
            positions.append(position)
            size = 1
            while compose(text[position : position + size]) != character:
                size += 1
            position += size
        end = run.end()
    composed += text[end:]
    return "".join(composed), [*positions, *range(end, len(text) + 1)]


def clean_label(label: str) -> str:
    """Compose a label, and strip white space and invisible characters."""
    label = compose(label)
    while (stripped := label.strip().strip(INVISIBLE)) != label:
        label = stripped
    return label


def counts_in_given_text(*fields: str) -> Callable[[Callable], Callable]:
    """Return a decorator that lets a chapter's `predict` take decomposed Hangul.

    The decorated function composes the texts before it calls `predict`. In the answers
    it replaces the composed texts with the original ones, and `start` and `end` with
    positions in the original ones.

    Args:
        *fields: names of the texts of an input, in order; `start` and `end` are
            positions in the last one.
    """

    def decorate(predict: Callable[..., list[dict]]) -> Callable[..., list[dict]]:
        signature = inspect.signature(predict)
        name = list(signature.parameters)[1]

        @functools.wraps(predict)
        def composing(*args: Any, **kwargs: Any) -> list[dict]:
            bound = signature.bind(*args, **kwargs)
            inputs = list(bound.arguments[name])
            bound.arguments[name] = composed = [_composed(texts) for texts in inputs]
            answers = predict(*bound.args, **bound.kwargs)
            return [
                answer if texts == composed_texts else _restored(answer, texts, fields)
                for texts, composed_texts, answer in zip(
                    inputs, composed, answers, strict=True
                )
            ]

        return composing

    return decorate


def _composed(texts: str | Sequence[str]) -> str | tuple[str, ...]:
    return compose(texts) if isinstance(texts, str) else tuple(map(compose, texts))


def _restored(
    answer: dict[str, Any], texts: str | Sequence[str], fields: Sequence[str]
) -> dict[str, Any]:
    """Turn an answer about composed texts into one about the original texts."""
    texts = (texts,) if isinstance(texts, str) else texts
    text = texts[-1]
    _, positions = compose_with_positions(text)

    def restore(span: dict[str, Any]) -> dict[str, Any]:
        if not {"start", "end"} <= span.keys():
            return span
        start, end = positions[span["start"]], positions[span["end"]]
        name = "answer" if "answer" in span else "text"
        return span | {name: text[start:end], "start": start, "end": end}

    answer = {
        name: [restore(span) for span in value] if isinstance(value, list) else value
        for name, value in restore(answer).items()
    }
    originals = dict(zip(fields, texts, strict=True))
    return answer | {name: text for name, text in originals.items() if name in answer}
