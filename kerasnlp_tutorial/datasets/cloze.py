"""Questions and answers out of texts alone, to practise finding spans."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from kerasnlp_tutorial.datasets.squad import Answer, Question

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_SHORTEST, _LONGEST = 2, 30  # characters of a span
_BESIDE = 40  # characters of the sentence to either side of the blank
_COMMON = 0.005  # share of passages above which a span says little
_BLANKS = {True: "얼마", False: "무엇"}  # for spans with and without digits
# Each after a consonant and after a vowel; 무엇 ends in one, 얼마 in the other.
_PARTICLES = (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"))
# What may stand between a span and the word's end: a particle, or "is".
_AFTER = re.compile(
    r"(은|는|이|가|을|를|의|에|에서|에게|으로|로|와|과|도|만|까지|부터|이다|입니다|이고|이며)?"
    r"(?!\w)"
)
# Of the particles that may end a span, those that are seldom part of a noun.
_PARTICLE_AT_END = re.compile(r"(?<=\w\w)(은|는|을|를|의|에|에서|에게|으로|까지|부터)$")
# Predicates and modifiers, which are no answers.
_NO_NOUN = re.compile(
    r"([니한된했였었았있없는]다|[세어아해]요|한|된|할|될|하는|되는|하여|해서|하고|하지|하면"
    r"|통해|위해|대해|따라|같이|적인|이는)$"
)


def cloze_questions(
    lines: Iterable[str], length: int = 110, most: int = 3, seed: int = 7
) -> list[Question]:
    """Make questions of lines of text, with no one's help.

    Where the same words occur in two sentences of a passage, one sentence becomes the
    question, with `무엇` in place of the words, and their other occurrence the answer.
    It is the recurring span selection of
    [Ram et al., 2021](https://aclanthology.org/2021.acl-long.239/), one question at a
    time and in the shape of a question.

    Args:
        lines: texts; neighbours belong together and are joined to passages.
        length: characters of a passage, at least, where the texts last. A small model
            learns sooner from short ones.
        most: questions of one passage.
        seed: of the choice among the recurring spans.

    Returns:
        Questions with one answer each. Those of one passage have it as their `source`.
    """
    passages = [
        (passage, recurring_spans(passage)) for passage in _passages(lines, length)
    ]
    counts = Counter(span for _, spans in passages for span in spans)
    common = max(2, _COMMON * len(passages))
    generator = random.Random(seed)
    questions = []
    for number, (passage, spans) in enumerate(passages, start=1):
        telling = sorted(span for span in spans if counts[span] <= common)
        generator.shuffle(telling)
        made = 0
        for span in telling:
            if (question := _cloze(passage, span, generator)) is None:
                continue
            made += 1
            id = f"{number}-{made}"
            questions.append(Question(id, *question, source=passage))
            if made == most:
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
    """Return what stands in two sentences of a passage, each as long as can be.

    A span begins with a word, and ends with one or before its particle.
    """
    starts = defaultdict(list)  # by the first characters: (sentence's end, place)
    for begin, end in _sentences(passage):
        for word in _WORD.finditer(passage, begin, end):
            if len(word[0]) >= _SHORTEST:
                starts[word[0][:_SHORTEST]].append((end, word.start()))
    spans = set()
    for places in starts.values():
        for i, (end, place) in enumerate(places):
            for other_end, other in places[i + 1 :]:
                if other_end == end:
                    continue
                size = _common_length(passage, place, end, other, other_end)
                span = _PARTICLE_AT_END.sub("", passage[place : place + size])
                if (
                    _SHORTEST <= len(span) <= _LONGEST
                    and not _NO_NOUN.search(span)
                    and _AFTER.match(passage, place + len(span))
                    and _AFTER.match(passage, other + len(span))
                ):
                    spans.add(span)
    # 바다 alone says less than 바다 생물, if both recur.
    return {
        span
        for span in spans
        if not any(span != other and span in other for other in spans)
    }


def _sentences(passage: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for match in _SENTENCE_END.finditer(passage):
        yield begin, match.start()
        begin = match.end()
    yield begin, len(passage)


def _common_length(text: str, a: int, a_end: int, b: int, b_end: int) -> int:
    """Return how many characters agree from two places on, without trailing marks."""
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
        (begin, end) for begin, end in _sentences(passage) if span in passage[begin:end]
    ]
    if len(sentences) != 2:
        return None
    begin, end = generator.choice(sentences)
    context = (passage[:begin] + passage[end:].lstrip()).strip()
    if context.count(span) != 1:
        return None
    blank = _BLANKS[any(character.isdigit() for character in span)]
    before, after = passage[begin:end].split(span, maxsplit=1)
    question = f"{before[-_BESIDE:]}{blank}{after.replace(span, blank)[:_BESIDE]}"
    for pair in _PARTICLES:
        right, wrong = pair if blank == "무엇" else pair[::-1]
        question = re.sub(rf"{blank}{wrong}(?!\w)", f"{blank}{right}", question)
    return question.strip(), context, (Answer(span, context.index(span)),)
