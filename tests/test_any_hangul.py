"""Hangul that is taken apart is answered as the same text composed."""

import unicodedata

import numpy as np
import pytest

from kerasnlp_tutorial import language_models, registry
from kerasnlp_tutorial.checkpoints import load_causal_lm, load_masked_lm
from kerasnlp_tutorial.config import TransferConfig, parse_label_words
from kerasnlp_tutorial.datasets import LabeledText, TextLines
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.demo.limits import checked_text
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator
from kerasnlp_tutorial.in_context import InContextClassifier
from kerasnlp_tutorial.runs import TrainedModel

LISTS = {"ch06": "entities", "ch07": "candidates"}
INPUTS = {
    "ch04": "배우들 연기가 살아 있네요 ㅋㅋ😀",
    "ch05": ("동네 빵집은 월요일에 쉰다.", "빵집이 문을 닫는다."),
    "ch06": "👍 이순신은 1592년 한산도에서 크게 이겼다.",
    "ch07": ("누가 만들었는가?", "거북선은 이순신이 만든 배로, 처음 싸움에 나갔다."),
    "ch08": "부정 각본이",
}
BODIES = {
    "ch05": lambda texts: dict(zip(("premise", "hypothesis"), texts, strict=True)),
    "ch07": lambda texts: dict(zip(("question", "context"), texts, strict=True)),
    "ch08": lambda text: {"prompt": text, "seed": 7, "top_k": 5, "max_length": 60},
}
SHORT = DecodingOptions(max_new_tokens=3)


def apart(value):
    if isinstance(value, str):
        return unicodedata.normalize("NFD", value)
    return tuple(map(apart, value))


@pytest.fixture(scope="module", params=sorted(INPUTS))
def chapter(request):
    """A chapter's module with a tiny model that has learnt nothing."""
    module = registry.find(request.param).load()
    settings = {"judged": 0} if request.param == "ch08" else {}
    config = module.Config.quick(max_train_examples=60, **settings)
    splits = module.load_examples(config)
    model = module.build_model(config, splits)
    return request.param, module, TrainedModel(model, splits.labels, config)


def without_texts(answer):
    """Return what of an answer must not depend on how its texts are written."""
    if isinstance(answer, list):
        return [without_texts(part) for part in answer]
    kept = {"label", "probability", "probabilities", "no_answer"}
    return {
        name: without_texts(value) if isinstance(value, list) else value
        for name, value in answer.items()
        if name in kept or isinstance(value, list)
    }


def check_places(found, text, composed_found, composed):
    start, end = found["start"], found["end"]
    piece = found.get("answer", found.get("text"))
    assert piece == text[start:end]
    expected = composed[composed_found["start"] : composed_found["end"]]
    assert unicodedata.normalize("NFC", piece) == expected


def test_predict(chapter):
    name, module, trained = chapter
    given = INPUTS[name]
    module.predict(trained, [given])  # the first call is not traced: other last digits
    (composed,) = module.predict(trained, [given])
    (other,) = module.predict(trained, [apart(given)])
    assert without_texts(other) == without_texts(composed)
    texts = (given,) if isinstance(given, str) else given
    for field, text in zip(module.INPUT_FIELDS, texts, strict=True):
        if field in composed:
            assert (composed[field], other[field]) == (text, apart(text))
    if name == "ch07":
        check_places(other, apart(texts[-1]), composed, texts[-1])
    if name == "ch08":
        assert other["text"] == composed["text"]
    if key := LISTS.get(name):
        assert len(composed[key]) > 0
        for one, two in zip(other[key], composed[key], strict=True):
            check_places(one, apart(texts[-1]), two, texts[-1])


def test_the_demos_json(chapter):
    name, _, trained = chapter
    model = DemoModel(name, name, lambda: trained)
    body = BODIES.get(name, lambda text: text)
    answer = CHAPTER_DEMOS[name].answer
    composed = answer(model, body(INPUTS[name]))
    other = answer(model, body(apart(INPUTS[name])))
    if name == "ch08":
        text = INPUTS[name]
        assert other["result"].removeprefix(apart(text)) == composed[
            "result"
        ].removeprefix(text)
        return
    if "context" in composed:
        check_places(other, apart(INPUTS[name][1]), composed, INPUTS[name][1])
        assert other["context"] == apart(composed["context"])
    for field in ("sentence", "premise", "hypothesis", "question"):
        assert field not in other or other[field] == apart(composed[field])
    for field in ("prediction", "probabilities", "probability", "result"):
        assert other.get(field) == composed.get(field)


def test_language_models():
    bert, gpt = load_masked_lm("bert_mini_ko"), load_causal_lm("gpt2_mini_ko")
    text = "배우들 [MASK] 살아 있네요"
    assert language_models.fill_mask(bert, apart(text)) == language_models.fill_mask(
        bert, text
    )
    for ask in (
        lambda text: language_models.next_tokens(gpt, text),
        lambda text: list(TextGenerator(gpt, SHORT).stream(text)),
        lambda text: TextGenerator(gpt, SHORT)([text]),
    ):
        assert ask(apart("배우들 연기가")) == ask("배우들 연기가")


def test_classification_in_context():
    gpt = load_causal_lm("gpt2_mini_ko")
    shares = []
    for form in (str, apart):
        words = {"긍정": form("최고"), "부정": form("최악")}
        shots = [LabeledText(form("다시 볼래요"), "긍정")]
        ask = InContextClassifier(gpt, words, shots, form("{text} 한마디로 {label}"))
        shares.append(ask([form("배우들 연기가 살아 있네요")]))
    np.testing.assert_array_equal(*shares)


def test_labels_and_words_of_the_command_line():
    text = f"{apart('긍정')}\u200b={apart('최고')}, 부정 =최악"
    assert parse_label_words(text) == {"긍정": "최고", "부정": "최악"}
    with pytest.raises(InputError, match="a label is given twice"):
        parse_label_words(f"긍정=최고,{apart('긍정')}=최악")
    config = TransferConfig(initial_prompt=apart("이 영화는"))
    assert config.initial_prompt == "이 영화는"


def test_texts_to_learn_a_vocabulary_from(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text(apart("배우들 연기가\n각각\n"), encoding="utf-8")
    assert list(TextLines([path])) == ["배우들 연기가", "각각"]


def test_the_demo_counts_characters_as_the_reader_sees_them():
    assert checked_text("question", apart("가" * 200)) == apart("가" * 200)
    with pytest.raises(InputError, match="지금은 201자"):
        checked_text("question", apart("가" * 201))
