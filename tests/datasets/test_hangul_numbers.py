import pytest

from kerasnlp_tutorial.datasets import hangul_number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "일"),
        (10, "십"),
        (11, "십일"),
        (503, "오백삼"),
        (1111, "천백십일"),
        (2030, "이천삼십"),
        (9999, "구천구백구십구"),
    ],
)
def test_hangul_numbers(number, text):
    assert hangul_number(number) == text


@pytest.mark.parametrize("number", [0, 10000, -3])
def test_other_numbers(number):
    with pytest.raises(ValueError, match=f"1 to 9999; received {number}"):
        hangul_number(number)
