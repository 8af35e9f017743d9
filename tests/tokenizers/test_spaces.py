import pytest

from kerasnlp_tutorial.tokenizers import ByteLevelBPE, split_trailing_space


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("", "")),
        ("영화가", ("영화가", "")),
        ("영화가 ", ("영화가", " ")),
        (" 영화가  ", (" 영화가", " ")),
        (" ", ("", " ")),
        ("영화가\n", ("영화가\n", "")),
    ],
)
def test_the_space_belongs_to_the_next_word(text, expected):
    assert split_trailing_space(text) == expected


def test_parts_have_the_tokens_of_the_whole():
    bpe = ByteLevelBPE.train(["정말 좋다 정말 좋다"] * 20, 290)
    context, space = split_trailing_space("정말 ")
    (whole,), before, after = (
        bpe.encode_batch(texts)
        for texts in (["정말 좋다"], [context], [space + "좋다"])
    )
    assert before[0] + after[0] == whole
    left, right = bpe.encode_batch(["정말 ", "좋다"])
    assert left + right != whole
