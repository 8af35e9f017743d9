import pytest

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.inputs import parse_inputs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("좋다", [("좋다",)]),
        ("좋다\n싫다\n", [("좋다",), ("싫다",)]),
        ("좋다\r\n\r\n싫다\r\n", [("좋다",), ("",), ("싫다",)]),
        ("text\n좋다\n", [("좋다",)]),
        ('{"text": "좋다", "id": 3}\n', [("좋다",)]),
        ("탭\t있음\n", [("탭\t있음",)]),
        ("줄\u2028바꿈 아님\n", [("줄\u2028바꿈 아님",)]),
        ("{중괄호로 시작\n", [("{중괄호로 시작",)]),
    ],
)
def test_one_field(text, expected):
    assert parse_inputs(text, ("text",), "stdin") == expected


def test_two_fields():
    fields = ("premise", "hypothesis")
    expected = [("비가 온다", "하늘이 흐리다")]
    assert (
        parse_inputs("premise\thypothesis\n비가 온다\t하늘이 흐리다\n", fields, "")
        == expected
    )
    line = '{"hypothesis": "하늘이 흐리다", "premise": "비가 온다"}'
    assert parse_inputs(line, fields, "") == expected


@pytest.mark.parametrize(
    ("text", "fields", "message"),
    [
        ("비가 온다\n", ("a", "b"), "stdin:1: several fields"),
        ("a\tb\n하나\n", ("a", "b"), "stdin:2: 1 columns, expected 2: a, b"),
        ('{"text": "좋다"}\n싫다\n', ("text",), "stdin:2: expected a JSON object"),
        ('{"text": 3}\n', ("text",), "stdin:1: expected a JSON object"),
    ],
)
def test_a_line_that_does_not_fit_is_named(text, fields, message):
    with pytest.raises(InputError, match=message):
        parse_inputs(text, fields, "stdin")
