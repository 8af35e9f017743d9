import json

import pytest

from kerasnlp_tutorial.cli.inputs import parse_inputs
from kerasnlp_tutorial.errors import InputError


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


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_of_objects(indent):
    records = [{"text": "좋다", "id": 1}, {"text": "싫다"}]
    text = json.dumps(records, ensure_ascii=False, indent=indent)
    assert parse_inputs(text, ("text",), "stdin") == [("좋다",), ("싫다",)]
    with pytest.raises(InputError, match="stdin: record 2: expected a JSON object"):
        parse_inputs(text.replace('"싫다"', "3"), ("text",), "stdin")
    assert parse_inputs("[]", ("text",), "stdin") == [("[]",)]
    assert parse_inputs("[1]\n[2]", ("text",), "stdin") == [("[1]",), ("[2]",)]


@pytest.mark.parametrize("line", ["[" * 100_000, "9" * 5000, "{" * 100_000])
def test_a_line_that_json_cannot_read_is_a_text(line):
    assert parse_inputs(line, ("text",), "stdin") == [(line,)]
    with pytest.raises(InputError, match="stdin:1: several fields") as caught:
        parse_inputs(line, ("a", "b"), "stdin")
    assert len(str(caught.value)) < 300


def test_half_characters_are_refused():
    with pytest.raises(InputError, match="stdin:2: half a character"):
        parse_inputs('{"text": "a"}\n{"text": "\\ud800"}', ("text",), "stdin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('\n{"text": "a"}\n\n{"text": "b"}\n\n', [("a",), ("b",)]),
        ('{\n "text": "a"\n}\n', [("a",)]),
        ('["a", "b"]', [("a",), ("b",)]),
        ("\u200btext\na\n", [("a",)]),
        ("[광고] 좋아요", [("[광고] 좋아요",)]),
        ('["광고"] 좋아요', [('["광고"] 좋아요',)]),
        ("Some text, I think\n", [("Some text, I think",)]),
        ("\n좋다\n", [("",), ("좋다",)]),
        ("좋다\r싫다\r", [("좋다",), ("싫다",)]),
    ],
)
def test_json_with_blank_lines_and_texts_that_resemble_it(text, expected):
    assert parse_inputs(text, ("text",), "stdin") == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "a"},\n{"text": "b"}\n',
        '\n{"text":\n{"text": "b"}\n',
        "{'text': 'a'}\n",
        '{\n "text": "a"\n}\n{\n "text": "b"\n}\n',
        '[{"text": "a"},]',
        '[\n {"text": "a"}\n',
        '["a", "b",]',
        '[{"text": "a"}, "b"]',
        "text\tlabel\na\tA\n",
        "text,label\na,A\n",
        '"text";"label"\n"a";"A"\n',
        "Text\na\n",
    ],
)
def test_other_json_and_tables_are_no_texts(text):
    with pytest.raises(InputError, match="stdin:.* (JSON|header of a table)"):
        parse_inputs(text, ("text",), "stdin")


def test_pairs_with_carriage_returns():
    text = "premise\thypothesis\ra\tb\r"
    assert parse_inputs(text, ("premise", "hypothesis"), "stdin") == [("a", "b")]
