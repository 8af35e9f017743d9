import pytest

from kerasnlp_tutorial.demo import book_api
from kerasnlp_tutorial.errors import InputError

TEXT, PAIR = ("text",), ("premise", "hypothesis")


def test_a_text_comes_as_a_string_or_by_name():
    assert book_api.read_texts(TEXT, "좋다") == ("좋다",)
    assert book_api.read_texts(TEXT, {"text": "좋다"}) == ("좋다",)
    pair = {"hypothesis": "나", "premise": "가", "more": 1}
    assert book_api.read_texts(PAIR, pair) == ("가", "나")


@pytest.mark.parametrize(
    ("fields", "body", "message"),
    [
        (TEXT, 3, "^JSON 문자열을 "),
        (TEXT, None, "^JSON 문자열을 "),
        (PAIR, "가", "^JSON 객체를 .*premise, hypothesis"),
        (PAIR, {"premise": "가"}, "빠진 필드: hypothesis"),
        (("question", "context"), {"question": "가", "context": 3}, "지문"),
        (TEXT, "", "비어"),
    ],
)
def test_a_request_that_says_too_little(fields, body, message):
    with pytest.raises(InputError, match=message):
        book_api.read_texts(fields, body)


def test_the_fields_of_a_document():
    probabilities = {"긍정": 0.98, "부정": 0.02}
    answer = {"text": "좋다", "label": "긍정", "probabilities": probabilities}
    assert book_api.classification_response(answer) == {
        "sentence": "좋다",
        "prediction": "긍정 (positive)",
        "positive_data": "긍정 0.98",
        "positive_width": "98.0%",
        "negative_data": "부정 0.02",
        "negative_width": "2.0%",
        "probabilities": probabilities,
    }
    probabilities = {"배송": 0.7, "환불": 0.3}
    answer = {"text": "언제 와요", "label": "배송", "probabilities": probabilities}
    assert book_api.classification_response(answer) == {
        "sentence": "언제 와요",
        "prediction": "배송",
        "probabilities": probabilities,
    }


def test_the_fields_of_a_pair():
    probabilities = {"거짓": 0.2, "중립": 0.1, "참": 0.7}
    answer = {"premise": "가", "hypothesis": "나", "label": "참"}
    response = book_api.pair_response(answer | {"probabilities": probabilities})
    assert response["premise"] == "가" and response["hypothesis"] == "나"
    assert response["prediction"] == "참 (entailment)"
    assert response["contradiction_data"] == "거짓 0.2"
    assert response["neutral_width"] == "10.0%"
    assert response["entailment_width"] == "70.0%"


def test_the_fields_of_tokens():
    tokens = [
        {"token": "서울", "tag": "B-LOC", "probability": 0.98765},
        {"token": "##은", "tag": "O", "probability": 1.0},
        {"token": "[UNK]", "tag": "I-NOH", "probability": 0.5},
    ]
    assert book_api.entity_response("서울은", tokens) == {
        "sentence": "서울은",
        "result": [
            {"token": "서울", "predicted_tag": "지명", "top_prob": "0.9877"},
            {"token": "##은", "predicted_tag": "O", "top_prob": "1.0"},
            {"token": "[UNK]", "predicted_tag": "기타 수량표현", "top_prob": "0.5"},
        ],
    }


def test_the_fields_of_an_answer_and_of_a_text():
    answer = {"question": "누구?", "answer": "나", "start": 0, "end": 1}
    answer |= {"probability": 0.5, "no_answer": 0.1, "candidates": []}
    response = book_api.answer_response("나는", answer)
    assert response["question"] == "누구?" and response["context"] == "나는"
    assert response["answer"] == "나" and response["end"] == 1
    assert book_api.generation_response("안녕", "하세요") == {"result": "안녕하세요"}
