"""Labeled spans, and the tag schemes that encode them: BIO, BIOES and BILOU."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kerasnlp_tutorial.hangul import clean_label

_OUTSIDE = ("O", "o", "-", "_")
_BIO_MARKS = dict(zip("BIESLU", "BIIBIB", strict=True))
_STYLES = tuple(
    re.compile(style, re.IGNORECASE)
    for style in (
        r"(?P<mark>[BIESLU])-(?P<label>\S+)",
        r"(?P<mark>[BIESLU])_(?P<label>\S+)",
        r"(?P<label>\S+)[-_](?P<mark>[BIESLU])",
    )
)


@dataclass(frozen=True, order=True)
class Span:
    """A labeled part of a text."""

    start: int
    """Index of the first character."""
    end: int
    """End index (exclusive)."""
    label: str
    """The entity type, such as `PER`."""


@dataclass(frozen=True)
class TaggedSentence:
    """A text with its entities, which are in order and do not overlap."""

    text: str
    spans: tuple[Span, ...]


def tag_spans(tags: Sequence[str]) -> list[Span]:
    """Turn BIO tags into spans of positions.

    An `I-` tag that does not continue an entity starts one, as in conlleval and
    seqeval.

    Args:
        tags: `O`, `B-X` or `I-X` for each position.

    Returns:
        Spans whose start and end are indices of tags.
    """
    spans = []
    start, label = 0, None
    for position, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if label is not None and (prefix != "I" or kind != label):
            spans.append(Span(start, position, label))
            label = None
        if label is None and prefix in ("B", "I"):
            start, label = position, kind
    return spans


def looks_like_tag(text: str) -> bool:
    """Whether a text is a tag in any of the schemes."""
    text = clean_label(text)
    return text in _OUTSIDE or any(style.fullmatch(text) for style in _STYLES)


class UnknownTagsError(ValueError):
    """Some tags are not tags, or are written in another style than the others.

    Attributes:
        tags: the unknown tags.
        example: a tag in the expected style.
    """

    def __init__(self, tags: Collection[str], example: str):
        super().__init__(f"not tags like {example}: {', '.join(sorted(tags))}")
        self.tags, self.example = frozenset(tags), example


class BrokenTagsError(ValueError):
    """The tags of a sentence break the rules of their scheme.

    Attributes:
        position: index of the first wrong tag.
    """

    def __init__(self, position: int, message: str):
        super().__init__(message)
        self.position = position


class TagScheme:
    """The tag scheme of a file, inferred from all of its tags.

    A tag is `B-PER`, `B_PER`, `PER-B` or `PER_B`, with any label. Outside of entities
    the tag is `O` or, in some files, `-` or `_`. IOB1 and BIO (IOB2) are both read as
    in `tag_spans`. BIOES and BILOU mark where an entity ends, so a tag that does not
    fit its neighbors is an error in them.

    Args:
        tags: all tags of the file. Surrounding white space and invisible characters
            are ignored.

    Raises:
        UnknownTagsError: some are not tags, or they are not all in one style.
        ValueError: the tags belong to different schemes, or are ambiguous.

    Example:
    ```python
    TagScheme({"S-PER", "O"}).spans(["O", "S-PER"])  # [Span(1, 2, "PER")]
    ```
    """

    def __init__(self, tags: Collection[str]):
        clean = {tag: clean_label(tag) for tag in tags}
        outside = next((tag for tag in _OUTSIDE if tag in clean.values()), None)
        marked = {tag: text for tag, text in clean.items() if text != outside}
        if not marked and outside in ("-", "_"):
            # A column without values looks the same.
            raise UnknownTagsError(tags, "B-PER")
        self._marks = dict.fromkeys(tags, ("O", "")) | _marks(marked)
        if nameless := {tag for tag in marked if not self._marks[tag][1]}:
            raise UnknownTagsError(nameless, "B-PER")
        used = {mark for mark, _ in self._marks.values()}
        if used & set("ES") and used & set("LU"):
            names = ", ".join(sorted(used - {"O"}))
            raise ValueError(
                f"the marks {names} together are not a scheme: BIOES has E and S, "
                "BILOU has L and U"
            )
        self._ends, self._singles = used & set("EL"), used & set("SU")
        self._bio_tags = {
            tag: f"{_BIO_MARKS[mark]}-{label}" if label else "O"
            for tag, (mark, label) in self._marks.items()
        }

    @property
    def labels(self) -> set[str]:
        """The labels of the tags."""
        return {label for _, label in self._marks.values()} - {""}

    def spans(self, tags: Sequence[str]) -> list[Span]:
        """Turn the tags of a sentence into spans of positions.

        Raises:
            BrokenTagsError: the tags break the rules of BIOES or BILOU.
        """
        if self._ends or self._singles:
            self._check(tags)
        return tag_spans([self._bio_tags[tag] for tag in tags])

    def _check(self, tags: Sequence[str]) -> None:
        # A file without S- or U- marks an entity of one unit with B-, and one without
        # E- or L- does not mark the end of a longer one.
        unended = ({"I"} | ({"B"} if self._singles else set())) if self._ends else set()
        marks = [self._marks[tag] for tag in tags]
        previous, previous_label = "O", ""
        for position, (mark, label) in enumerate([*marks, ("O", "")]):
            continued = mark in "IEL" and label == previous_label and previous in "BI"
            if previous in unended and not continued:
                tag, end = tags[position - 1], "L" if "L" in self._ends else "E"
                raise BrokenTagsError(
                    position - 1, f"expected after {tag!r} an I or {end} of that label"
                )
            if mark in "IEL" and not continued:
                message = f"{tags[position]!r} continues no entity of that label"
                raise BrokenTagsError(position, message)
            previous, previous_label = mark, label


def _marks(tags: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return the mark and the label of each tag.

    Args:
        tags: tags as in the file, with the same tags cleaned.

    Raises:
        UnknownTagsError: the tags are not all in one style.
        ValueError: the style is ambiguous.
    """
    readings = [_reading(style, tags) for style in _STYLES]
    longest = max(readings, key=len)
    if unknown := tags.keys() - longest.keys():
        raise UnknownTagsError(unknown, min(longest, default="B-PER"))
    # `I-PHONE_B` may continue a PHONE_B or begin an I-PHONE. The reading with B marks
    # and with more kinds of marks fits all tags.
    ranks = []
    for reading in readings:
        used = {mark for mark, _ in reading.values()}
        ranks.append((len(reading), "B" in used, len(used)))
    first, *others = (
        reading
        for reading, rank in zip(readings, ranks, strict=True)
        if rank == max(ranks)
    )
    if any(reading != first for reading in others):
        text = min(tags.values())
        raise ValueError(
            f"cannot tell mark and label of {text!r}; write B-label and I-label"
        )
    return first


def _reading(style: re.Pattern, tags: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return the mark and the label of each tag that is in a style."""
    matches = {tag: style.fullmatch(text) for tag, text in tags.items()}
    return {
        tag: (match["mark"].upper(), clean_label(match["label"]))
        for tag, match in matches.items()
        if match
    }
