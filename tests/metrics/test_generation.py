import pytest

from kerasnlp_tutorial.metrics import distinct, repeated


@pytest.mark.parametrize(
    ("texts", "n", "share"),
    [
        (["가 나 다"], 1, 1.0),
        (["가 나 가 나"], 1, 0.5),
        (["가 나 가 나"], 2, 2 / 3),
        (["가 나", "가 나"], 2, 0.5),  # no pair across texts
        (["가", ""], 2, 0.0),
        ([], 1, 0.0),
    ],
)
def test_distinct(texts, n, share):
    assert distinct(texts, n) == pytest.approx(share)


def test_repeated():
    assert repeated(["가 나 가 나", "다 라", " "]) == pytest.approx(0.25)
    assert repeated([""]) == 0.0
