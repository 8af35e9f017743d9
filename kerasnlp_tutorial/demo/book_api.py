"""Requests and responses of the book's web API.

Readers of the book have written clients for its Flask service, which answers `POST
/api`. This module keeps its fields, and adds some: `probabilities` and other results of
a chapter's `predict` in responses; `method`, `beams` and `seed` in generation requests.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasnlp_tutorial.demo.decoding import BOOK_SETTINGS, BookRequest, Setting
from kerasnlp_tutorial.demo.example_inputs import GENERATION_REQUEST
from kerasnlp_tutorial.demo.limits import checked_text
from kerasnlp_tutorial.demo.views import entity_name
from kerasnlp_tutorial.errors import InputError

ENGLISH_NAMES = {
    "긍정": "positive",
    "부정": "negative",
    "참": "entailment",
    "거짓": "contradiction",
    "중립": "neutral",
}
"""Class to its English name, the prefix of its fields in the book's API."""

_MAX_TOKENS = 256
_MIN_LENGTH = Setting("min_length", "", 0, _MAX_TOKENS, 10, 1)
_DEFAULT_LENGTH = 30
_MAX_LENGTH = Setting("max_length", "", 1, _MAX_TOKENS, _DEFAULT_LENGTH, 1)
# Field of DecodingOptions to its name in the book's API.
_BOOK_NAMES = {"no_repeat_ngram": "no_repeat_ngram_size"}


def read_texts(fields: tuple[str, ...], body: Any) -> tuple[str, ...]:
    """Return the texts of a request.

    Args:
        fields: names of the texts, such as `("premise", "hypothesis")`.
        body: the JSON of the request: an object with the fields, or a string if there
            is only one field.

    Raises:
        InputError: a text is missing or invalid.
    """
    if isinstance(body, str) and len(fields) == 1:
        body = {fields[0]: body}
    if not isinstance(body, dict):
        expected = "JSON 문자열을" if len(fields) == 1 else "JSON 객체를"
        raise InputError(f"{expected} 보내 주세요. 필드: {', '.join(fields)}")
    if missing := [field for field in fields if field not in body]:
        raise InputError(f"빠진 필드: {', '.join(missing)}")
    return tuple(checked_text(field, body[field]) for field in fields)


def read_generation(body: Any) -> BookRequest:
    """Parse a generation request. Missing fields have defaults.

    Args:
        body: the JSON of the request, an object.

    Raises:
        InputError: the prompt is missing, or a value is invalid.
    """
    if not isinstance(body, dict):
        raise InputError(
            "JSON 객체를 보내 주세요. 필드: " + ", ".join(GENERATION_REQUEST)
        )
    (prompt,) = read_texts(("prompt",), body)
    min_length = _MIN_LENGTH.check(_value(body, "min_length", _MIN_LENGTH.default))
    default = max(min_length, _DEFAULT_LENGTH)
    max_length = _MAX_LENGTH.check(_value(body, "max_length", default))
    if min_length > max_length:
        raise InputError("min_length가 max_length보다 큽니다.")
    values = {
        name: _value(body, _BOOK_NAMES.get(name, name), setting.default)
        for name, setting in BOOK_SETTINGS.items()
    }
    seed = _value(body, "seed", None)
    return BookRequest(
        prompt,
        min_length=int(min_length),
        max_length=int(max_length),
        values=values,
        method=_value(body, "method", "sampling"),
        seed=None if seed is None else int(BOOK_SETTINGS["seed"].check(seed)),
    )


def _value(body: Mapping[str, Any], name: str, default: Any) -> Any:
    value = body.get(name, default)
    # The book's page sends an empty string for an empty field.
    return default if value is None or value == "" else value


def classification_response(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response to a text classification request.

    Args:
        answer: result of `predict` of chapter 4.
    """
    return {"sentence": answer["text"], **_classes(answer)}


def pair_response(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response to a sentence pair request.

    Args:
        answer: result of `predict` of chapter 5.
    """
    texts = {field: answer[field] for field in ("premise", "hypothesis")}
    return {**texts, **_classes(answer)}


def _classes(answer: Mapping[str, Any]) -> dict[str, Any]:
    label, probabilities = answer["label"], answer["probabilities"]
    english = ENGLISH_NAMES.get(label)
    fields = {"prediction": f"{label} ({english})" if english else label}
    for name, probability in probabilities.items():
        if prefix := ENGLISH_NAMES.get(name):
            fields[f"{prefix}_data"] = f"{name} {round(probability, 4)}"
            fields[f"{prefix}_width"] = f"{round(probability * 100, 2)}%"
    return {**fields, "probabilities": dict(probabilities)}


def entity_response(text: str, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the response to a named entity request.

    Args:
        text: the text of the request.
        tokens: for each token its `token`, its `tag`, such as `B-PER` or `O`, and the
            `probability` of the tag.
    """
    result = [
        {
            "token": token["token"],
            "predicted_tag": entity_name(
                token["tag"].removeprefix("B-").removeprefix("I-")
            ),
            "top_prob": str(round(token["probability"], 4)),
        }
        for token in tokens
    ]
    return {"sentence": text, "result": result}


def answer_response(context: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response to a question answering request.

    Args:
        context: the passage of the request.
        answer: result of `predict` of chapter 7.
    """
    response = {"question": answer["question"], "context": context}
    fields = ("answer", "start", "end", "probability", "candidates")
    return response | {name: answer[name] for name in fields}


def generation_response(prompt: str, text: str) -> dict[str, str]:
    """Return the response to a generation request; the result includes the prompt.

    Args:
        prompt: the prompt of the request.
        text: the generated text.
    """
    return {"result": prompt + text}
