import json

import pytest

from kerasnlp_tutorial.datasets import Answer, answerability, hold_out, read_questions
from kerasnlp_tutorial.errors import InputError


def squad(*qas, context="이순신은 한산도에서 이겼다"):
    return {
        "version": "1",
        "data": [{"paragraphs": [{"context": context, "qas": qas}]}],
    }


def asked(id="q1", answers=(("한산도", 5),), **more):
    answers = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": id, "question": "어디에서?", "answers": answers, **more}


def write(path, content):
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def test_squad_format(tmp_path):
    content = squad(asked(), asked("q2", [("이순신", 0), ("이순신은", 0)], kind="사람"))
    first, second = read_questions(write(tmp_path / "a.json", content))
    assert first.texts == ("어디에서?", "이순신은 한산도에서 이겼다")
    assert first.answers == (Answer("한산도", 5),) and first.answers[0].end == 8
    assert (second.id, second.kind, len(second.answers)) == ("q2", "사람", 2)
    assert answerability([first, second]) == ("answer",)


def test_unanswerable_questions(tmp_path):
    content = squad(asked(), asked("q2", [], is_impossible=True))
    questions = read_questions(write(tmp_path / "a.json", content))
    assert questions[1].answers == ()
    assert answerability(questions) == ("answer", "no answer")
    content = squad(asked("q2", []))
    with pytest.raises(InputError, match="question q2: expected a list of answers"):
        read_questions(write(tmp_path / "a.json", content))


def test_misplaced_answers_are_named_and_never_moved(tmp_path, caplog):
    content = squad(
        asked(), asked("q2", [("한산도", 4)]), asked("q3", [("한산도", -3)])
    )
    path = write(tmp_path / "a.json", content)
    with pytest.raises(InputError, match="2 malformed questions") as caught:
        read_questions(path)
    assert "question q2: the answer '한산도' is not at 4, where ' 한산'" in str(
        caught.value
    )
    assert [q.id for q in read_questions(path, drop_misplaced=True)] == ["q1"]
    assert "left out 2 answers" in caplog.text and "first q2" in caplog.text


def test_a_list_of_ids(tmp_path):
    path = write(tmp_path / "a.json", squad(asked("q1"), asked("q2")))
    ids = write(tmp_path / "ids.txt", "q2\n")
    assert [q.id for q in read_questions(path, ids)] == ["q2"]
    write(ids, "q2\nq8\nq9\n")
    with pytest.raises(InputError, match="lacks 2 of the 3 ids in .*'q8'"):
        read_questions(path, ids)


def test_ids_that_are_numbers(tmp_path):
    path = write(tmp_path / "a.json", squad(asked(1), asked(2)))
    ids = write(tmp_path / "ids.txt", "2\n")
    assert [q.id for q in read_questions(path, ids)] == ["2"]


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_table_of_ones_own(tmp_path, suffix):
    comma = "," if suffix == "csv" else "\t"
    rows = [
        ["question", "context", "answer", "answer_start"],
        ["누가?", "이순신은 이순신이다", "이순신", "5"],
        ["무엇이?", "배가 간다", "배", ""],
        ["언제?", "배가 간다", "", ""],
    ]
    path = tmp_path / f"a.{suffix}"
    write(path, "".join(f"{comma.join(row)}\n" for row in rows))
    first, second, third = read_questions(path)
    assert first.answers == (Answer("이순신", 5),)
    assert second.answers == (Answer("배", 0),)
    assert third.answers == ()


def test_without_a_place_the_answer_must_occur_once(tmp_path):
    path = tmp_path / "a.csv"
    write(path, "question,context,answer\n누가?,갑과 을과 갑,갑\n누가?,갑,병\n")
    with pytest.raises(InputError) as caught:
        read_questions(path)
    assert f"{path}:2: without answer_start: the answer '갑' occurs 2" in str(
        caught.value
    )
    assert f"{path}:3: without answer_start: the answer '병' does not" in str(
        caught.value
    )


def test_a_json_list_of_ones_own(tmp_path):
    record = {"question": "누가?", "context": "갑이 간다", "answer": "갑"}
    path = write(tmp_path / "a.json", [record])
    assert read_questions(path)[0].answers == (Answer("갑", 0),)
    write(path, [record, {"question": "누가?"}, "x"])
    with pytest.raises(InputError, match="2 malformed records"):
        read_questions(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"data": [', "a.json:1: broken JSON"),
        ('{"datum": []}', "expected SQuAD's format"),
        ({"data": []}, "has no questions"),
        ({"data": [{"paragraphs": [{"qas": [{}]}]}]}, "article 1: expected paragraphs"),
        (squad({"id": "q1", "answers": []}), "question q1: question must be a text"),
        (squad(asked(answers=[("", 0)])), "an answer must have a text"),
        (squad(asked(answers=[("한산도", "5")])), "answer_start must be a number"),
        (squad(asked(answers=[("한산도", 5)]), context=" "), "context must be a text"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_questions(write(tmp_path / "a.json", content))


def test_a_passage_is_not_divided(tmp_path):
    data = [
        {
            "paragraphs": [
                {
                    "context": f"갑 {n}",
                    "qas": [asked(f"{n}-{m}", [("갑", 0)]) for m in range(3)],
                }
            ]
        }
        for n in range(10)
    ]
    questions = read_questions(write(tmp_path / "a.json", {"data": data}))
    larger, smaller = hold_out(questions, 0.2, seed=1)
    assert (len(larger), len(smaller)) == (24, 6)
    assert not {q.context for q in larger} & {q.context for q in smaller}
