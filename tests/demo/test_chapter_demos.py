import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.demo import book_api
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS, GENERATION
from kerasnlp_tutorial.demo.limits import FIELD_NAMES, checked_text
from kerasnlp_tutorial.errors import InputError

every_row = pytest.mark.parametrize("name", CHAPTER_DEMOS)


def test_every_chapter_of_the_book_with_a_task_has_a_row():
    names = [chapter.name for chapter in registry.CHAPTERS if chapter.has_task]
    assert list(CHAPTER_DEMOS) == names and GENERATION in names


@every_row
def test_a_row_agrees_with_the_contract_of_its_chapter(name):
    demo, module = CHAPTER_DEMOS[name], registry.find(name).load_task()
    assert demo.fields == module.INPUT_FIELDS
    assert demo.metric in module.METRICS


def test_the_labels_of_the_generation_page_are_those_of_the_default_corpus():
    module = registry.find(GENERATION).load_task()
    examples = module.read_examples(module.Config(), "test")
    prompts = {example.prompt for example in examples}
    assert prompts == set(CHAPTER_DEMOS[GENERATION].labels)


@every_row
def test_the_examples_are_valid_inputs(name):
    demo = CHAPTER_DEMOS[name]
    assert set(demo.fields) <= FIELD_NAMES.keys()
    assert len(demo.examples) > 1
    for texts in demo.examples:
        for field, text in zip(demo.fields, texts, strict=True):
            checked_text(field, text)
    read = demo.read_request or (lambda body: book_api.read_texts(demo.fields, body))
    assert read(demo.request)


class Echo:
    """A model whose prediction holds the texts that it was given."""

    def predict(self, texts):
        return {"text": texts[0], "label": "긍정", "probabilities": {"긍정": 1.0}}


def test_a_request_is_read_and_answered():
    demo = CHAPTER_DEMOS["ch04"]
    for body in ("좋다", {"text": "좋다"}):
        answer = demo.answer(Echo(), body)
        assert answer["sentence"] == "좋다"
        assert answer["prediction"] == "긍정 (positive)"
    with pytest.raises(InputError, match="비어"):
        demo.answer(Echo(), "")
