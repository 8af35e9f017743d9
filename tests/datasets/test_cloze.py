import pytest

from kerasnlp_tutorial.datasets import cloze_questions, hold_out
from kerasnlp_tutorial.datasets.cloze import recurring_spans

LINES = [
    "이순신은 한산도 앞바다에서 왜군을 크게 이겼다.",
    "왜군은 남해를 지나려 했다.",
    "한산도 앞바다는 물길이 좁지 않았다.",
]


def test_what_recurs_in_another_sentence():
    assert recurring_spans("\n".join(LINES)) == {"한산도 앞바다", "왜군"}
    assert recurring_spans("바다 바다 바다") == set()  # in one sentence only
    assert recurring_spans("") == set()


def test_spans_are_nouns_without_their_particles():
    assert recurring_spans("그릇을 닦았다.\n그릇을 놓았다.") == {"그릇"}
    assert recurring_spans("고양이가 온다.\n고양이는 잔다.") == {"고양이"}
    assert recurring_spans("값을 반환합니다.\n수를 반환합니다.") == set()
    assert recurring_spans("변환하면 된다.\n변환할 수 없다.") == set()


def test_one_sentence_asks_and_the_other_answers():
    first, second = sorted(cloze_questions(LINES), key=lambda q: q.question)
    assert second.question == "이순신은 한산도 앞바다에서 무엇을 크게 이겼다."
    assert second.answers[0].text == "왜군" and second.answers[0].start == 0
    assert first.question == "무엇은 물길이 좁지 않았다."  # and not 무엇는
    for question in (first, second):
        answer = question.answers[0]
        assert question.context[answer.start : answer.end] == answer.text
        assert answer.text not in question.question
        assert question.context.count(answer.text) == 1


def test_the_blank_keeps_a_fitting_particle():
    lines = ["버스로 간다.", "버스가 왔다."]
    asked = {cloze_questions(lines, seed=n)[0].question for n in range(8)}
    assert asked == {"무엇으로 간다.", "무엇이 왔다."}


def test_numbers_are_asked_for_as_such():
    lines = ["값은 300원이다.", "그는 300원을 냈다."]
    asked = {cloze_questions(lines, seed=n)[0].question for n in range(8)}
    assert asked == {"값은 얼마이다.", "그는 얼마를 냈다."}


@pytest.mark.parametrize(("passages", "most"), [(20, 2), (1000, 5)])
def test_what_recurs_in_many_passages_is_not_asked_for(passages, most):
    """In more than two, and more than one of two hundred."""
    whales = ["고래는 크다. 고래를 보았다."] * most
    turtles = ["거북은 느리다. 거북을 보았다."] * (most + 1)
    others = [f"{n}번째 줄." for n in range(passages - 2 * most - 1)]
    questions = cloze_questions(whales + turtles + others, length=1)
    assert [q.answers[0].text for q in questions] == ["고래"] * most


def test_the_seed_settles_the_choice():
    assert cloze_questions(LINES, seed=1) == cloze_questions(LINES, seed=1)


def test_questions_of_one_passage_are_held_out_together():
    lines = [
        *LINES,
        "값은 300원이다.",
        "그는 300원을 냈다. 그는 책을 샀다. 책은 두껍다.",
    ]
    questions = cloze_questions(lines, length=60)
    kept, held = hold_out(questions, 0.5, seed=7)
    assert len(kept) == len(held) == 2
    assert len({q.context for q in questions}) > 2  # they differ by the sentence
    assert not {q.source for q in kept} & {q.source for q in held}
