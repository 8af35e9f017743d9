from kerasnlp_tutorial.errors import shown


def test_values_are_shown_shortened():
    assert shown("가" * 100) == repr("가" * 100)
    assert shown(["가", 1, None]) == "['가', 1, None]"
    nested = "가"
    for _ in range(10_000):
        nested = [nested]
    for value in ("가" * 9999, list(range(9999)), nested, 10**3000, {"가": "나" * 999}):
        assert len(shown(value)) <= 120
    assert len(shown("가" * 99, 40)) <= 40
    first_and_last = shown("가나" + "다" * 999 + "라마")
    assert first_and_last.startswith("'가나") and first_and_last.endswith("라마'")
