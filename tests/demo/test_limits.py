import pytest

from kerasnlp_tutorial.demo.limits import FIELD_NAMES, MAX_CHARACTERS, checked_text
from kerasnlp_tutorial.errors import InputError


def test_a_text_is_returned_as_it_is():
    assert checked_text("text", " <b>좋다</b>\n") == " <b>좋다</b>\n"
    assert checked_text("prompt", "") == ""
    assert FIELD_NAMES.keys() == MAX_CHARACTERS.keys()


@pytest.mark.parametrize("field", MAX_CHARACTERS)
def test_the_longest_text_and_one_that_is_longer(field):
    longest = "가" * MAX_CHARACTERS[field]
    assert checked_text(field, longest) == longest
    with pytest.raises(InputError, match=rf"지금은 {len(longest) + 1:,}자"):
        checked_text(field, longest + "가")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "비어 있습니다"),
        (" \n\t", "비어 있습니다"),
        (None, "문자열"),
        (3, "문자열"),
        (["글"], "문자열"),
        ("반쪽 \ud83d", "서로게이트"),
    ],
)
def test_values_that_are_refused(value, message):
    with pytest.raises(InputError, match=f"‘전제’.*{message}"):
        checked_text("premise", value)
