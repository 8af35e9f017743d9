"""What a text that comes from a stranger may be, and what is said of one that may not.

The messages are for the page and the JSON interface, so they are in Korean.
"""

from kerasnlp_tutorial.errors import InputError

FIELD_NAMES = {
    "text": "문장",
    "premise": "전제",
    "hypothesis": "가설",
    "question": "질문",
    "context": "지문",
    "prompt": "프롬프트",
}
"""Input field of a chapter to its name on the page."""

MAX_CHARACTERS = {
    "text": 1000,
    "premise": 500,
    "hypothesis": 500,
    "question": 200,
    "context": 4000,
    "prompt": 500,
}
"""Input field to the characters that it may have."""

_MAY_BE_EMPTY = ("prompt",)


def checked_text(field: str, value: object) -> str:
    """Return a text that a model can be asked about.

    Args:
        field: one of `FIELD_NAMES`.
        value: what was received.

    Raises:
        InputError: it is not a text, empty, too long, or not encodable.
    """
    name, most = FIELD_NAMES[field], MAX_CHARACTERS[field]
    if not isinstance(value, str):
        raise InputError(f"‘{name}’에는 글(문자열)을 넣어 주세요.")
    if not value.strip() and field not in _MAY_BE_EMPTY:
        raise InputError(f"‘{name}’ 칸이 비어 있습니다. 글을 넣어 주세요.")
    if len(value) > most:
        raise InputError(
            f"‘{name}’에는 {most:,}자까지 넣을 수 있습니다. "
            f"지금은 {len(value):,}자입니다."
        )
    # JSON can spell half of a pair of UTF-16, which is no character.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"‘{name}’에 글자가 아닌 것(서로게이트)이 들어 있습니다.")
    return value
