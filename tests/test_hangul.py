import itertools
import random
import unicodedata

import pytest

from kerasnlp_tutorial.hangul import (
    clean_label,
    compose,
    compose_with_positions,
    counts_in_given_text,
)

NFD = unicodedata.normalize("NFD", "배우들 연기가 각각 살아 있네요 ㅋㅋ 😀 é")


def test_only_hangul_is_composed():
    composed = compose(NFD)
    assert composed == "배우들 연기가 각각 살아 있네요 ㅋㅋ 😀 e\u0301"
    assert compose("ㅋㅋ ㅠㅠ 각 Å ﬁ ①") == "ㅋㅋ ㅠㅠ 각 Å ﬁ ①"


@pytest.mark.parametrize(
    ("text", "composed", "positions"),
    [
        ("", "", [0]),
        ("a가b", "a가b", [0, 1, 2, 3]),
        ("\u1100\u1161\u11a8b", "각b", [0, 3, 4]),
        ("가\u11a8b", "각b", [0, 2, 3]),  # only its final consonant apart
        ("\u1100\u1100\u1161", "\u1100가", [0, 1, 3]),  # a letter that is left alone
        ("각\u11a8", "각\u11a8", [0, 1, 2]),
        ("\u1100\u1161\u11ff", "가\u11ff", [0, 2, 3]),  # an old final consonant
    ],
)
def test_positions(text, composed, positions):
    assert compose_with_positions(text) == (composed, positions)


def test_positions_lead_back_whatever_the_text():
    letters = "가각\u1100\u1112\u1161\u1175\u11a8\u11c2\u11ff\u1160 a"
    generator = random.Random(7)
    for _ in range(5000):
        text = "".join(generator.choices(letters, k=generator.randrange(9)))
        composed, positions = compose_with_positions(text)
        assert composed == compose(text)
        assert len(positions) == len(composed) + 1 and positions[-1] == len(text)
        pieces = [text[a:b] for a, b in itertools.pairwise(positions)]
        assert "".join(pieces) == text and all(pieces)
        assert [compose(piece) for piece in pieces] == list(composed)


def test_labels_that_look_the_same_are_the_same():
    apart = unicodedata.normalize("NFD", "긍정")
    labels = ["긍정", apart, "긍정\u200b", "\ufeff 긍정\u00a0", "긍정 \u200d "]
    assert set(map(clean_label, labels)) == {"긍정"}
    assert clean_label("\u200b") == ""


@counts_in_given_text("question", "context")
def predict(trained, pairs, best=1):
    """Find the question in the context, as many times as asked."""
    answers = []
    for question, context in pairs:
        assert (question, context) == (compose(question), compose(context))
        start = context.index(question)
        span = {"start": start, "end": start + len(question)}
        answers.append(
            {"question": question, "answer": question, **span}
            | {"candidates": [{"text": question, **span}] * best}
            | {"probabilities": {"start": 0.5, "end": 0.5}}  # names of classes
        )
    return answers


def test_answers_are_on_the_texts_that_were_given():
    question, context = "각자", "\u1112\u1161 각자 산다"
    apart = unicodedata.normalize("NFD", context)
    (answer,) = predict(None, pairs=[[question, apart]], best=2)
    span = {"start": 3, "end": 8}
    assert answer == {
        "question": question,
        "answer": apart[3:8],
        **span,
        "candidates": [{"text": apart[3:8], **span}] * 2,
        "probabilities": {"start": 0.5, "end": 0.5},
    }
    assert predict(None, []) == []
    assert predict.__doc__.startswith("Find")
