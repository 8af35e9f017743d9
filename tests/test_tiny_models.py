import keras
import pytest

from kerasnlp_tutorial import tiny_models

PROVERBS = [
    "티끌 모아 태산",
    "가는 말이 고와야 오는 말이 곱다",
    "천 리 길도 한 걸음부터",
    "고래 싸움에 새우 등 터진다",
    "소 잃고 외양간 고친다",
    "빈 수레가 요란하다",
]


def test_what_the_next_word_batch_asks():
    keras.utils.set_random_seed(7)
    gpt = tiny_models.tiny_gpt(["티끌 모아 태산", "소 잃고 외양간 고친다"])
    tokenizer = gpt.preprocessor.tokenizer
    x, y, weights = tiny_models.next_word_batch(
        gpt, ["티끌 모아 태산", "소 잃고 외양간 고친다"]
    )
    end, pad = tokenizer.end_token_id, tokenizer.pad_token_id
    first = [end, *map(int, tokenizer("티끌 모아 태산")), end, pad]
    assert x["token_ids"][0].tolist() == first[:-1]
    assert y[0].tolist() == first[1:]
    assert weights.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert x["padding_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]


@pytest.mark.slow
def test_the_next_word_is_learnt():
    keras.utils.set_random_seed(7)
    words = [" 태산", " 새우"]
    probabilities = tiny_models.watch_next_word(PROVERBS, "티끌 모아", words)
    assert [len(values) for values in probabilities.values()] == [40, 40]
    assert max(values[0] for values in probabilities.values()) < 0.1
    assert probabilities[" 태산"][-1] > 0.8 and probabilities[" 새우"][-1] < 0.05
