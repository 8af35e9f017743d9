import logging
import unicodedata

import keras_nlp
import pytest
import tokenizers

from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.datasets import HARD_SAMPLE, SAMPLE, read_nsmc
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    HuggingFaceTokenizer,
    KoreanBertTokenizer,
    check_known,
    unknown_token_id,
    warn_of_unknown,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "가", "나", "다", "##가"]
TOKENIZER = KoreanBertTokenizer(VOCABULARY)


def texts(unknown, of=100):
    """Return a text of one token each, of which some are unknown."""
    return (
        ["뷁"] * (unknown // 2)
        + ["쀍"] * (unknown - unknown // 2)
        + ["가"] * (of - unknown)
    )


def test_a_few_are_no_news(caplog):
    check_known(TOKENIZER, texts(3))
    check_known(TOKENIZER, [])
    check_known(TOKENIZER, [""])
    assert not caplog.text


@pytest.mark.parametrize("unknown", [4, 50])
def test_more_than_a_few_are_told_with_examples(caplog, unknown):
    check_known(TOKENIZER, [*texts(unknown)])
    assert caplog.records[0].levelno == logging.WARNING
    assert f"{unknown}.0 % of the tokens" in caplog.text
    assert "'쀍', '뷁'" in caplog.text or "'뷁', '쀍'" in caplog.text


def test_more_than_half_is_an_error_that_can_be_overruled(caplog):
    with pytest.raises(InputError, match=r"51\.0 % .*'쀍', '뷁'.* allow_unknown=true"):
        check_known(TOKENIZER, texts(51))
    check_known(TOKENIZER, texts(51), allow_unknown=True)
    assert "51.0 % of the tokens" in caplog.text


def test_the_words_shown_are_the_frequent_ones(caplog):
    words = ["갉", "갊", "갋", "갏"]
    rows = [" ".join([w] * (i + 1)) for i, w in enumerate(words)]
    check_known(TOKENIZER, [*rows, "가 나 다 " * 9])
    assert "words such as '갏', '갋', '갊'" in caplog.text


def test_many_texts_are_judged_by_some(caplog):
    check_known(TOKENIZER, texts(20_000, of=100_000))
    share = float(caplog.text.split(" % of")[0].split()[-1])
    assert 17 < share < 23


@pytest.mark.parametrize("corpus", [SAMPLE, HARD_SAMPLE])
def test_the_samples_are_known(caplog, corpus):
    reviews = [e.text for e in read_nsmc(corpus.path("ratings_train.txt"))]
    tokenizer = keras_nlp.tokenizers.BertTokenizer.from_preset(
        preset_folder("bert_mini_ko")
    )
    check_known(KoreanBertTokenizer(tokenizer.get_vocabulary()), reviews)
    assert not caplog.text
    apart = [unicodedata.normalize("NFD", review) for review in reviews]
    with pytest.raises(InputError, match="allow_unknown"):
        check_known(KoreanBertTokenizer(tokenizer.get_vocabulary()), apart)


def test_bytes_are_all_known(caplog):
    bpe = ByteLevelBPE.train(["가나다"] * 2, 270)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    assert unknown_token_id(tokenizer) is None
    check_known(tokenizer, ["뷁뷁"])
    warn_of_unknown(tokenizer, ["뷁뷁"])
    assert not caplog.text


@pytest.mark.parametrize("kind", ["BPE", "Unigram", "WordLevel"])
def test_tokenizers_of_any_kind(kind):
    if kind == "Unigram":
        model = tokenizers.models.Unigram([("<unk>", 0.0), ("가", -1.0)], unk_id=0)
    elif kind == "BPE":
        model = tokenizers.models.BPE({"<unk>": 0, "가": 1}, [], unk_token="<unk>")
    else:
        model = tokenizers.models.WordLevel({"<unk>": 0, "가": 1}, unk_token="<unk>")
    theirs = tokenizers.Tokenizer(model)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = HuggingFaceTokenizer(theirs.to_str(), {"pad_token": "<unk>"})
    assert unknown_token_id(tokenizer) == 0
    with pytest.raises(InputError, match="66.7 %"):
        check_known(tokenizer, ["가 뷁", "쀍"])


def test_answers_on_what_is_mostly_unknown(caplog):
    warn_of_unknown(TOKENIZER, ["가 나", "뷁 뷁"])
    warn_of_unknown(TOKENIZER, [])
    assert not caplog.text
    warn_of_unknown(TOKENIZER, ["가", "뷁 뷁"])
    assert "66.7 % of the tokens of these texts are unknown" in caplog.text
