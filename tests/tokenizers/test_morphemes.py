import importlib.util

import pytest

from kerasnlp_tutorial.tokenizers import morphemes


def test_without_an_analyzer_there_is_none(monkeypatch):
    monkeypatch.setattr(morphemes, "find_spec", lambda name: None)
    assert morphemes.morphological_analyzer() is None
    assert "[morphemes]" in morphemes.MISSING


@pytest.mark.skipif(
    importlib.util.find_spec("kiwipiepy") is None, reason="needs the extra [morphemes]"
)
def test_the_same_letters_in_two_sentences():
    analyze = morphemes.morphological_analyzer()
    assert analyze("영화를 보았다") == [
        ("영화", "NNG"),
        ("를", "JKO"),
        ("보", "VV"),
        ("었", "EP"),
        ("다", "EF"),
    ]
    assert ("나", "VV") in analyze("하늘을 나는 새")
    assert ("나", "NP") in analyze("나는 새를 보았다")
    assert ("이렇", "VA") in analyze("이렇게")  # kiwipiepy says VA-I
