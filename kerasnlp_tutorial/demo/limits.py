"""Limits for the texts of users.

Messages are in Korean, since the page and the JSON API show them.
"""

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import is_utf8
from kerasnlp_tutorial.hangul import compose

FIELD_NAMES = {
    "text": "문장",
    "premise": "전제",
    "hypothesis": "가설",
    "question": "질문",
    "context": "지문",
    "prompt": "프롬프트",
    "masked": "빈칸이 있는 문장",
    "beginning": "앞부분",
}
"""Text field to its name on the page."""

MAX_CHARACTERS = {
    "text": 1000,
    "premise": 500,
    "hypothesis": 500,
    "question": 200,
    "context": 4000,
    "prompt": 500,
    "masked": 500,
    "beginning": 500,
}
"""Text field to its maximum number of characters."""

_MAY_BE_EMPTY = ("prompt", "beginning")


def checked_text(field: str, value: object) -> str:
    """Validate a text and return it unchanged.

    Args:
        field: one of `FIELD_NAMES`.
        value: the value that was received.

    Raises:
        InputError: the value is not a string, empty, too long, or cannot be encoded.
    """
    name, limit = FIELD_NAMES[field], MAX_CHARACTERS[field]
    if not isinstance(value, str):
        raise InputError(f"‘{name}’에는 글(문자열)을 넣어 주세요.")
    if not value.strip() and field not in _MAY_BE_EMPTY:
        raise InputError(f"‘{name}’ 칸이 비어 있습니다. 글을 넣어 주세요.")
    length = len(compose(value))
    if length > limit:
        raise InputError(
            f"‘{name}’에는 {limit:,}자까지 넣을 수 있습니다. 지금은 {length:,}자입니다."
        )
    # JSON can contain an unpaired surrogate, which is not a character.
    if not is_utf8(value):
        raise InputError(f"‘{name}’에 글자가 아닌 것(서로게이트)이 들어 있습니다.")
    return value
