"""What the demo knows of each chapter: one `ChapterDemo` for each, in a table."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kerasnlp_tutorial.demo import book_api, example_inputs, pages
from kerasnlp_tutorial.demo.decoding import BookRequest
from kerasnlp_tutorial.demo.demo_model import DemoModel


@dataclass(frozen=True)
class ChapterDemo:
    """The page and the JSON API of a chapter."""

    fields: tuple[str, ...]
    """`INPUT_FIELDS` of the chapter, whose module is not read: it imports Keras."""
    build_page: Callable[[pages.Models, pages.Examples], list[Any]]
    """Adds the page of one model, or of two side by side, with example inputs, to a
    `gradio.Blocks`, and returns the text fields."""
    examples: pages.Examples
    """Example inputs on the page."""
    request: Any
    """JSON of an example request."""
    respond: Callable[[DemoModel, Any], dict[str, Any]]
    """Returns the JSON of the response to a parsed request."""
    metric: str
    """Metric whose value is shown on the page; one of the chapter's `METRICS`."""
    metric_name: str
    """Name of the metric on the page."""
    read_request: Callable[[Any], Any] | None = None
    """Parses the JSON of a request; None: a request is the texts of `fields`."""
    labels: tuple[str, ...] = ()
    """Labels of the default model, if its page needs them before it is opened."""
    hard_examples: pages.Examples = ()
    """Example inputs that the default model gets wrong."""
    hard_reason: str = ""
    """Why it gets them wrong, in Korean."""

    def answer(self, model: DemoModel, body: Any) -> dict[str, Any]:
        """Return the JSON of the response to a request.

        Args:
            model: a model of the chapter.
            body: the JSON of the request.

        Raises:
            InputError: the request is invalid.
            NotTrainedError: the model is not trained yet.
        """
        if self.read_request is not None:
            return self.respond(model, self.read_request(body))
        return self.respond(model, book_api.read_texts(self.fields, body))


def _classify(model: DemoModel, texts: tuple[str]) -> dict[str, Any]:
    return book_api.classification_response(model.predict(texts))


def _relate(model: DemoModel, texts: tuple[str, str]) -> dict[str, Any]:
    return book_api.pair_response(model.predict(texts))


def _find_entities(model: DemoModel, texts: tuple[str]) -> dict[str, Any]:
    (text,) = texts
    response = book_api.entity_response(text, model.tag_tokens(text))
    return response | {"entities": model.predict(texts)["entities"]}


def _find_answer(model: DemoModel, texts: tuple[str, str]) -> dict[str, Any]:
    _, context = texts
    return book_api.answer_response(context, model.predict(texts))


def _write(model: DemoModel, request: BookRequest) -> dict[str, Any]:
    options = request.options(model.count_tokens(request.prompt))
    # Without a seed each request gets another text, as from the book's service.
    seed = random.getrandbits(31) if request.seed is None else request.seed
    text = "".join(model.write(request.prompt, options, seed))
    return book_api.generation_response(request.prompt, text)


GENERATION = "ch08"
"""Chapter whose page is shown for a language model that no chapter has trained."""

CHAPTER_DEMOS: dict[str, ChapterDemo] = {
    "ch04": ChapterDemo(
        fields=("text",),
        build_page=pages.classification_page,
        examples=example_inputs.REVIEWS,
        request=example_inputs.REVIEWS[0][0],
        respond=_classify,
        metric="accuracy",
        metric_name="정확도",
    ),
    "ch05": ChapterDemo(
        fields=("premise", "hypothesis"),
        build_page=pages.pair_page,
        examples=example_inputs.PAIRS,
        request=example_inputs.PAIR_REQUEST,
        respond=_relate,
        metric="accuracy",
        metric_name="정확도",
        hard_examples=example_inputs.HARD_PAIRS,
        hard_reason=example_inputs.PAIRS_REASON,
    ),
    "ch06": ChapterDemo(
        fields=("text",),
        build_page=pages.entity_page,
        examples=example_inputs.SENTENCES,
        request=example_inputs.SENTENCES[0][0],
        respond=_find_entities,
        metric="f1",
        metric_name="F1",
        hard_examples=example_inputs.HARD_SENTENCES,
        hard_reason=example_inputs.SENTENCES_REASON,
    ),
    "ch07": ChapterDemo(
        fields=("question", "context"),
        build_page=pages.answer_page,
        examples=example_inputs.QUESTIONS,
        request=example_inputs.QUESTION_REQUEST,
        hard_examples=example_inputs.HARD_QUESTIONS,
        hard_reason=example_inputs.QUESTIONS_REASON,
        respond=_find_answer,
        metric="f1",
        metric_name="F1",
    ),
    GENERATION: ChapterDemo(
        fields=("prompt",),
        build_page=pages.generation_page,
        examples=example_inputs.PROMPTS,
        request=example_inputs.GENERATION_REQUEST,
        read_request=book_api.read_generation,
        respond=_write,
        metric="perplexity",
        metric_name="퍼플렉시티(작을수록 좋음)",
        labels=("긍정", "부정"),
    ),
}
"""Chapter name to what the demo knows of the chapter."""
