import json
import unicodedata

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
        (squad(asked(answers=[("한산도", 0.5)])), "a whole number; received 0.5"),
        (squad(asked(answers=[("한산도", "5.5")])), "a whole number; received '5.5'"),
        (squad(asked(answers=[("한산도", True)])), "a whole number; received True"),
        (squad(asked(answers=[("한산도", 10**300)])), "is not at 1000"),
        (squad(asked(is_impossible="perhaps")), "true or false; received 'perhaps'"),
        (
            squad(
                {
                    "id": "q",
                    "question": "?",
                    "answers": {"text": ["한"], "answer_start": []},
                }
            ),
            "expected equal numbers of texts and starts",
        ),
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


@pytest.mark.parametrize("start", [5, 5.0, "5", "5.0", " 5 "])
def test_a_whole_number_however_it_is_written(tmp_path, start):
    path = write(tmp_path / "a.json", squad(asked(answers=[("한산도", start)])))
    assert read_questions(path)[0].answers == (Answer("한산도", 5),)


def test_tables_and_json_as_pandas_writes_them(tmp_path):
    rows = "q,c a,a,0.0\nq,c a,,\nq,c a,c,0.0\n"
    path = write(tmp_path / "a.csv", f"question,context,answer,answer_start\n{rows}")
    with pytest.raises(InputError, match="'a' is not at '0.0', where 'c' is"):
        read_questions(path)
    write(path, path.read_text(encoding="utf-8").replace("a,a,0.0", "a,a,2.0"))
    expected = [(Answer("a", 2),), (), (Answer("c", 0),)]
    assert [q.answers for q in read_questions(path)] == expected
    nothing = float("nan")
    columns = {
        "question": {"0": "q", "1": "q", "2": "q"},
        "context": {"0": "c a", "1": "c a", "2": "c a"},
        "answer": {"0": "a", "1": None, "2": "c"},
        "answer_start": {"0": 2.0, "1": nothing, "2": 0.0},
    }
    path = write(tmp_path / "a.json", columns)
    assert [q.answers for q in read_questions(path)] == expected


FLAT = {
    "id": "a",
    "title": "t",
    "context": "부산에 산다",
    "question": "어디?",
    "answers": {"text": ["부산", "부산에"], "answer_start": [0, 0]},
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps([FLAT])),
        ("a.json", json.dumps({"data": [FLAT]}, indent=2)),
        ("a.json", json.dumps(FLAT)),
        ("a.json", f"{json.dumps(FLAT)}\n\n{json.dumps(FLAT)}\n"),
        ("a.jsonl", json.dumps(FLAT)),
        ("a.jsonl", f"{json.dumps(FLAT)}\r\n{json.dumps(FLAT)}"),
        ("a.json", json.dumps({name: [value] for name, value in FLAT.items()})),
        (
            "a.json",
            json.dumps(
                [FLAT | {"answers": [{"text": "부산", "answer_start": 0}, "부산에"]}]
            ),
        ),
        (
            "a.json",
            json.dumps([FLAT | {"answers": {"text": "부산", "answer_start": 0}}]),
        ),
    ],
)
def test_json_as_datasets_writes_it(tmp_path, name, text):
    questions = read_questions(write(tmp_path / name, text))
    assert {(q.id, q.answers[0]) for q in questions} == {("a", Answer("부산", 0))}


def test_json_of_korean_corpora(tmp_path):
    asked = {"question": "어디?", "answers": [{"text": "부산", "answer_start": 0}]}
    klue = asked | {"guid": "klue-1", "is_impossible": False}
    klue_none = klue | {"guid": "klue-2", "is_impossible": True}  # plausible answers
    ai_hub = asked | {"question_id": "7", "answers": asked["answers"][0]}
    for qas, ids in (([klue, klue_none], ["klue-1", "klue-2"]), ([ai_hub], ["7"])):
        content = squad(*qas, context="부산에 산다")
        questions = read_questions(write(tmp_path / "a.json", content))
        assert [q.id for q in questions] == ids
        assert questions[0].answers == (Answer("부산", 0),)
    assert answerability(
        read_questions(
            write(tmp_path / "a.json", squad(klue, klue_none, context="부산에"))
        )
    ) == ("answer", "no answer")
    article = {
        "title": "t",
        "context": "<p>부산에 산다</p>",
        "qas": [
            {"id": "1", "question": "?", "answer": {"text": "부산", "answer_start": 3}}
        ],
    }
    questions = read_questions(write(tmp_path / "a.json", {"data": [article]}))
    assert questions[0].answers == (Answer("부산", 3),)


@pytest.mark.parametrize("impossible", ["false", "False", 0, 0.0, "0", None, ""])
def test_is_impossible_as_text_keeps_the_answer(tmp_path, impossible):
    path = write(tmp_path / "a.json", squad(asked(is_impossible=impossible)))
    assert read_questions(path)[0].answers == (Answer("한산도", 5),)


@pytest.mark.parametrize("impossible", ["true", "True", 1, 1.0, "1"])
def test_is_impossible_as_text_drops_it(tmp_path, impossible):
    path = write(tmp_path / "a.json", squad(asked(is_impossible=impossible)))
    assert read_questions(path)[0].answers == ()


def test_no_answers_mean_none_where_others_have_some(tmp_path, caplog):
    nothing = asked("q2", [])
    path = write(tmp_path / "a.json", squad(asked(), nothing))
    assert [len(q.answers) for q in read_questions(path)] == [1, 0]
    assert "1 questions have no answer" in caplog.text
    hub = nothing | {"answers": {"text": [], "answer_start": []}}
    path = write(tmp_path / "a.json", squad(asked(), hub))
    assert [len(q.answers) for q in read_questions(path)] == [1, 0]
    path = write(tmp_path / "a.json", squad(asked(is_impossible=False), nothing))
    with pytest.raises(InputError, match="question q2: expected a list of answers"):
        read_questions(path)
    table = "question,context,answer,is_impossible\nq,c,,false\n"
    with pytest.raises(InputError, match="expected a list of answers"):
        read_questions(write(tmp_path / "a.csv", table))


def test_a_key_called_malformed_is_data(tmp_path):
    path = write(tmp_path / "a.json", squad(asked(malformed="no")))
    assert len(read_questions(path)) == 1
    path = write(tmp_path / "a.csv", "question,context,answer,malformed\nq,c,c,x\n")
    assert len(read_questions(path)) == 1


def test_a_column_that_is_read_stands_once(tmp_path):
    table = "question,context,answer,answer_start,answer_start\nq,c c,c,0,2\n"
    with pytest.raises(InputError, match="one column 'answer_start'"):
        read_questions(write(tmp_path / "a.csv", table))


def test_places_count_the_characters_of_the_file(tmp_path):
    context = unicodedata.normalize("NFD", "이순신은 한산도에서 이겼다")
    answer = unicodedata.normalize("NFD", "한산도")
    for given in (answer, "한산도"):  # the answer may have been typed anew
        answers = [(given, context.index(answer))]
        path = write(
            tmp_path / "a.json", squad(asked(answers=answers), context=context)
        )
        question = read_questions(path)[0]
        assert question.context == "이순신은 한산도에서 이겼다"
        assert question.answers == (Answer("한산도", 5),)
    path = write(
        tmp_path / "a.json", squad(asked(answers=[(answer, 5)]), context=context)
    )
    with pytest.raises(InputError, match="is not at 5"):
        read_questions(path)


def test_half_characters_are_refused_with_their_place(tmp_path):
    for content in (
        squad(asked(), context="\ud800 한산도에서"),
        squad(asked(answers=[("\ud83d", 0)])),
        squad(asked("\ud800")),
    ):
        with pytest.raises(InputError, match="half a character") as caught:
            read_questions(write(tmp_path / "a.json", content))
        str(caught.value).encode()


WEEK = "월요일에 쉬고 월요일 말고 화요일"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"answers": None, "answer": "화요일"}, [("화요일", 15)]),
        ({"answers": float("nan"), "answer": "화요일"}, [("화요일", 15)]),
        ({"answers": None, "answer": "월요일", "answer_start": 8.0}, [("월요일", 8)]),
        (
            {"answers": {"text": ["월요일"], "answer_start": [8]}, "answer": None},
            [("월요일", 8)],
        ),
        (
            {
                "answers": [{"text": "월요일", "answer_start": 8}, "화요일"],
                "answer": "월요일",
                "answer_start": "8",
            },
            [("월요일", 8), ("화요일", 15)],
        ),
        ({"answers": ["월요일"], "answer_start": 8}, [("월요일", 8)]),
        ({"answer": ["월요일"], "answer_start": [8]}, [("월요일", 8)]),
        ({"answer": "월요일", "answer_start": [8]}, [("월요일", 8)]),
        ({"answers": {"text": "월요일"}, "answer_start": 8}, [("월요일", 8)]),
        ({"answers": [{"text": "월요일"}], "answer_start": 0}, [("월요일", 0)]),
        (
            {"answers": ["월요일", "화요일"], "answer_start": [8, None]},
            [("월요일", 8), ("화요일", 15)],
        ),
    ],
)
def test_answers_and_starts_in_other_fields(tmp_path, fields, expected):
    record = {"question": "언제?", "context": WEEK}
    first = record | {"answers": {"text": ["화요일"], "answer_start": [15]}}
    path = write(tmp_path / "a.json", [first, record | fields])
    answers = tuple(Answer(text, start) for text, start in expected)
    assert read_questions(path)[1].answers == answers


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answers": ["화요일"], "answer": "말고"}, "answers and answer differ"),
        ({"answers": [], "answer": "화요일"}, "answers and answer differ"),
        (
            {"answers": {"text": "화요일"}, "answer_start": 0},
            "'화요일' is not at 0, where '월요일' is",
        ),
        ({"answers": ["화요일"], "answer_start": 0}, "'화요일' is not at 0"),
        (
            {
                "answers": {"text": ["월요일"], "answer_start": [8]},
                "answer_start": 0,
            },
            "answer_start is 0, but 8 in answers",
        ),
        (
            {"answers": ["월요일", "화요일"], "answer_start": 0},
            "an answer_start for each answer; received 0",
        ),
        ({"answers": ["화요일"], "answer_start": True}, "a whole number"),
    ],
)
def test_fields_that_contradict_each_other(tmp_path, fields, message):
    record = {"question": "언제?", "context": WEEK} | fields
    path = write(tmp_path / "a.json", [record])
    with pytest.raises(InputError, match=f"record 1: .*{message}"):
        read_questions(path)


def test_occurrences_that_overlap_are_counted(tmp_path):
    record = {"question": "?", "context": "하하하", "answer": "하하"}
    with pytest.raises(InputError, match="'하하' occurs 2 times"):
        read_questions(write(tmp_path / "a.json", [record]))


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"id": 12.0}, "12"),
        ({"id": None, "guid": "klue-1"}, "klue-1"),
        ({"id": float("nan"), "guid": " ", "question_id": 7}, "7"),
        ({"id": 0}, "0"),
        ({"id": None}, "1"),
    ],
)
def test_the_first_id_that_is_not_blank(tmp_path, ids, expected):
    record = {"question": "?", "context": "갑이 간다", "answer": "갑"} | ids
    assert read_questions(write(tmp_path / "a.json", [record]))[0].id == expected
    content = squad({"question": "?", "answers": ["이순신"]} | ids)
    assert read_questions(write(tmp_path / "b.json", content))[0].id == expected
