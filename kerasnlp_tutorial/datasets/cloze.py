"""Cloze questions from plain text, for pretraining span selection."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from kerasnlp_tutorial.datasets.questions import Answer, Question

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_MIN_LENGTH, _MAX_LENGTH = 2, 30  # characters of a span
_CONTEXT = 40  # characters of the sentence on each side of the question word
_COMMON = 0.005  # fraction of passages; more frequent spans are not informative
# The question word that replaces a span with digits, and one without.
_QUESTION_WORDS = {True: "얼마", False: "무엇"}
# Form after a consonant and form after a vowel; 무엇 ends in a consonant, 얼마 in a
# vowel.
_PARTICLES = (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"))
# What may follow a span within a word: a particle, or a form of "to be".
_AFTER = re.compile(
    r"(은|는|이|가|을|를|의|에|에서|에게|으로|로|와|과|도|만|까지|부터|이다|입니다|이고|이며)?"
    r"(?!\w)"
)
# Particles to strip from the end of a span: those that are rarely part of a noun.
_PARTICLE_AT_END = re.compile(r"(?<=\w\w)(은|는|을|를|의|에|에서|에게|으로|까지|부터)$")
# Endings of predicates and modifiers, which cannot be answers.
_NOT_A_NOUN = re.compile(
    r"([니한된했였었았있없는]다|[세어아해]요|한|된|할|될|하는|되는|하여|해서|하고|하지|하면"
    r"|통해|위해|대해|따라|같이|적인|이는)$"
)


def cloze_questions(
    lines: Iterable[str], length: int = 110, most: int = 3, seed: int = 7
) -> list[Question]:
    """Generate questions from lines of text, without labels.

    If a span occurs in two sentences of a passage, one of the sentences becomes the
    question, with `무엇` or `얼마` in place of the span. The occurrence in the other
    sentence is the answer. This is recurring span selection with one question at a
    time, phrased as a question.

    Args:
        lines: lines of text. Consecutive lines are joined into passages.
        length: minimum number of characters in a passage; the last one can be shorter.
            Small models learn faster from short passages.
        most: maximum number of questions about one passage.
        seed: random seed for the choice of spans and sentences.

    Returns:
        Questions with one answer each. The `source` of a question is its passage.

    Reference:
        [Ram et al., 2021](https://aclanthology.org/2021.acl-long.239/)
    """
    passages = [
        (passage, recurring_spans(passage)) for passage in _passages(lines, length)
    ]
    counts = Counter(span for _, spans in passages for span in spans)
    common = max(2, _COMMON * len(passages))
    generator = random.Random(seed)
    questions = []
    for number, (passage, spans) in enumerate(passages, start=1):
        candidates = sorted(span for span in spans if counts[span] <= common)
        generator.shuffle(candidates)
        count = 0
        for span in candidates:
            if (question := _cloze(passage, span, generator)) is None:
                continue
            count += 1
            id = f"{number}-{count}"
            questions.append(Question(id, *question, source=passage))
            if count == most:
                break
    return questions


def _passages(lines: Iterable[str], length: int) -> Iterator[str]:
    passage = ""
    for line in lines:
        passage = f"{passage}\n{line}" if passage else line
        if len(passage) >= length:
            yield passage
            passage = ""
    if passage:
        yield passage


def recurring_spans(passage: str) -> set[str]:
    """Return the longest spans that occur in two sentences of a passage.

    A span starts at the start of a word. It ends at the end of a word, or before the
    particle of its last word.

    Args:
        passage: the text.
    """
    starts = defaultdict(list)  # prefix of a word: (end of the sentence, start)
    for sentence_start, end in _sentences(passage):
        for word in _WORD.finditer(passage, sentence_start, end):
            if len(word[0]) >= _MIN_LENGTH:
                starts[word[0][:_MIN_LENGTH]].append((end, word.start()))
    spans = set()
    for occurrences in starts.values():
        for i, (end, start) in enumerate(occurrences):
            for other_end, other in occurrences[i + 1 :]:
                if other_end == end:
                    continue
                size = _common_length(passage, start, end, other, other_end)
                span = _PARTICLE_AT_END.sub("", passage[start : start + size])
                if (
                    _MIN_LENGTH <= len(span) <= _MAX_LENGTH
                    and not _NOT_A_NOUN.search(span)
                    and _AFTER.match(passage, start + len(span))
                    and _AFTER.match(passage, other + len(span))
                ):
                    spans.add(span)
    # If 바다 생물 recurs, 바다 is not a span: keep the longest.
    return {
        span
        for span in spans
        if not any(span != other and span in other for other in spans)
    }


def _sentences(passage: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(passage):
        yield start, match.start()
        start = match.end()
    yield start, len(passage)


def _common_length(text: str, a: int, a_end: int, b: int, b_end: int) -> int:
    """Return the length of the common prefix of two substrings.

    The prefix ends with a letter or a digit.

    Args:
        text: the text.
        a: start of the first substring.
        a_end: end (exclusive) of the first substring.
        b: start of the second substring.
        b_end: end (exclusive) of the second substring.
    """
    size = 0
    while a + size < a_end and b + size < b_end and text[a + size] == text[b + size]:
        size += 1
    while size and not text[a + size - 1].isalnum():
        size -= 1
    return size


def _cloze(
    passage: str, span: str, generator: random.Random
) -> tuple[str, str, tuple[Answer]] | None:
    """Return question, context and answer; None if the answer would be ambiguous."""
    sentences = [
        (start, end) for start, end in _sentences(passage) if span in passage[start:end]
    ]
    if len(sentences) != 2:
        return None
    start, end = generator.choice(sentences)
    context = (passage[:start] + passage[end:].lstrip()).strip()
    if context.count(span) != 1:
        return None
    word = _QUESTION_WORDS[any(character.isdigit() for character in span)]
    before, after = passage[start:end].split(span, maxsplit=1)
    question = f"{before[-_CONTEXT:]}{word}{after.replace(span, word)[:_CONTEXT]}"
    for pair in _PARTICLES:
        correct, wrong = pair if word == "무엇" else pair[::-1]
        question = re.sub(rf"{word}{wrong}(?!\w)", f"{word}{correct}", question)
    return question.strip(), context, (Answer(span, context.index(span)),)
