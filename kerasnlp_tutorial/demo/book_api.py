"""Requests and responses of the book's web service, task by task.

The book's Flask service answers `POST /api`; its readers have written clients for it.
The fields are the same here. There can be more of them: in a response `probabilities`
where the classes are not the book's, and what the chapter's `predict` returns besides;
in a request for a text `method`, `beams` and `seed`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasnlp_tutorial.demo.decoding import BOOK_SETTINGS, BookRequest, Setting
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
"""Class to the name that the book's fields begin with."""

TEXT_FIELDS = {
    "ch04": ("text",),
    "ch05": ("premise", "hypothesis"),
    "ch06": ("text",),
    "ch07": ("question", "context"),
    "ch08": ("prompt",),
}
"""Chapter to its texts."""

REQUESTS: dict[str, Any] = {
    "ch04": "배우들 연기가 살아 있네요",
    "ch05": {
        "premise": "동네 빵집은 월요일마다 쉰다.",
        "hypothesis": "빵집은 일주일 내내 문을 연다.",
    },
    "ch06": "이순신은 1592년 한산도에서 크게 이겼다.",
    "ch07": {
        "question": "거북선을 만든 사람은 누구인가?",
        "context": "거북선은 이순신이 만든 배로, 1592년에 처음 싸움에 나갔다.",
    },
    "ch08": {
        "prompt": "긍정 아 정말",
        "min_length": 10,
        "max_length": 40,
        "top_p": 0.92,
        "top_k": 50,
        "repetition_penalty": 1.5,
        "no_repeat_ngram_size": 3,
        "temperature": 0.9,
    },
}
"""Chapter to an example of a request's JSON."""

_MOST_TOKENS = 256
_MIN_LENGTH = Setting("min_length", "", 0, _MOST_TOKENS, 10, 1)
_MAX_LENGTH = Setting("max_length", "", 1, _MOST_TOKENS, 30, 1)
# The book's names for what DecodingOptions has.
_BOOK_NAMES = {"no_repeat_ngram": "no_repeat_ngram_size"}


def read_texts(chapter: str, body: Any) -> tuple[str, ...]:
    """Return the texts of a request.

    Args:
        chapter: such as `ch04`.
        body: the request's JSON: the text itself where there is one, otherwise, or
            also, an object of the chapter's `INPUT_FIELDS`.

    Raises:
        InputError: a text is missing, or cannot be used.
    """
    fields = TEXT_FIELDS[chapter]
    if isinstance(body, str) and len(fields) == 1:
        body = {fields[0]: body}
    if not isinstance(body, dict):
        expected = "JSON 문자열을" if len(fields) == 1 else "JSON 객체를"
        raise InputError(f"{expected} 보내 주세요. 필드: {', '.join(fields)}")
    if missing := [field for field in fields if field not in body]:
        raise InputError(f"빠진 필드: {', '.join(missing)}")
    return tuple(checked_text(field, body[field]) for field in fields)


def read_generation(body: Any) -> BookRequest:
    """Return what a generation request asks for; what it leaves out has a default.

    Args:
        body: the request's JSON, an object.

    Raises:
        InputError: no prompt, or a value that cannot be used.
    """
    if not isinstance(body, dict):
        raise InputError(
            "JSON 객체를 보내 주세요. 필드: " + ", ".join(REQUESTS["ch08"])
        )
    (prompt,) = read_texts("ch08", body)
    least = _MIN_LENGTH.check(_given(body, "min_length", _MIN_LENGTH.default))
    default = max(least, _MAX_LENGTH.default)
    most = _MAX_LENGTH.check(_given(body, "max_length", default))
    if least > most:
        raise InputError("min_length가 max_length보다 큽니다.")
    values = {
        name: _given(body, _BOOK_NAMES.get(name, name), setting.default)
        for name, setting in BOOK_SETTINGS.items()
    }
    seed = _given(body, "seed", None)
    return BookRequest(
        prompt,
        min_length=least,
        max_length=most,
        values=values,
        method=_given(body, "method", "sampling"),
        seed=None if seed is None else BOOK_SETTINGS["seed"].check(seed),
    )


def _given(body: Mapping[str, Any], name: str, default: Any) -> Any:
    value = body.get(name, default)
    # A field left blank in the book's page.
    return default if value is None or value == "" else value


def classification_response(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response to a text of chapter 4.

    Args:
        answer: of the chapter's `predict`.
    """
    return {"sentence": answer["text"], **_classes(answer)}


def pair_response(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response to a pair of chapter 5; `answer` is its `predict`'s."""
    texts = {field: answer[field] for field in TEXT_FIELDS["ch05"]}
    return {**texts, **_classes(answer)}


def _classes(answer: Mapping[str, Any]) -> dict[str, Any]:
    label, probabilities = answer["label"], answer["probabilities"]
    english = ENGLISH_NAMES.get(label)
    fields = {"prediction": f"{label} ({english})" if english else label}
    for name, share in probabilities.items():
        if prefix := ENGLISH_NAMES.get(name):
            fields[f"{prefix}_data"] = f"{name} {round(share, 4)}"
            fields[f"{prefix}_width"] = f"{round(share * 100, 2)}%"
    return {**fields, "probabilities": dict(probabilities)}


def entity_response(text: str, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the response to a text of chapter 6.

    Args:
        text: the request's.
        tokens: `token`, its `tag` such as `B-PER` or `O`, and the `probability` of it.
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
    """Return the response to a question of chapter 7.

    Args:
        context: the request's.
        answer: of the chapter's `predict`.
    """
    response = {"question": answer["question"], "context": context}
    more = ("answer", "start", "end", "probability", "candidates")
    return response | {name: answer[name] for name in more}


def generation_response(prompt: str, text: str) -> dict[str, str]:
    """Return the response to a prompt; the book's text begins with it."""
    return {"result": prompt + text}
