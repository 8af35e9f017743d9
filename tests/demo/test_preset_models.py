import pytest

from kerasnlp_tutorial.demo import example_inputs
from kerasnlp_tutorial.demo.preset_models import BERT, GPT2, PresetModels, masked
from kerasnlp_tutorial.errors import InputError


@pytest.fixture(scope="module")
def presets():
    return PresetModels()


def test_blanks_are_masks():
    assert masked("시간 __ 줄") == masked("시간 [mask] 줄") == "시간 [MASK] 줄"
    assert masked("a_b") == "a_b"


@pytest.mark.parametrize(
    ("example", "expected"),
    list(zip(example_inputs.MASKED, ("가는", "아까운", "연기가", "영화"), strict=True)),
)
def test_the_examples_of_masks_are_filled_well(presets, example, expected):
    (probabilities,) = presets.fill(*example)
    assert next(iter(probabilities)) == expected


@pytest.mark.parametrize(
    ("example", "expected"),
    list(
        zip(
            example_inputs.BEGINNINGS,
            (" 모르고", " 봤는데", " 영화", " 싶은"),
            strict=True,
        )
    ),
)
def test_the_examples_of_beginnings_are_continued_well(presets, example, expected):
    assert next(iter(presets.next_tokens(*example))) == expected


def test_the_hard_examples_are_hard(presets):
    for text, right in zip(
        (text for (text,) in example_inputs.HARD_MASKED), ("서울", "태산"), strict=True
    ):
        (probabilities,) = presets.fill(text)
        assert right not in probabilities
    for text, right in zip(
        (text for (text,) in example_inputs.HARD_BEGINNINGS),
        (" 서울", " 태산"),
        strict=True,
    ):
        assert right not in presets.next_tokens(text)


def test_each_tokenizer_has_its_tokens(presets):
    tokens = presets.tokens("배우들 연기가")
    assert [token for token, _ in tokens[BERT]] == ["배우들", "연기가"]
    assert [token for token, _ in tokens[GPT2]] == ["배우들", " 연기가"]


def test_mistakes_are_said_in_korean(presets):
    with pytest.raises(InputError, match="빈칸이 없습니다"):
        presets.fill("빈칸 없는 글")
    for ask in (presets.fill, presets.next_tokens):
        with pytest.raises(InputError, match="128토큰까지"):
            ask("__ 가" + " 가나" * 200)
