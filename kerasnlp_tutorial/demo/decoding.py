"""Generation settings from the page and from clients of the book's API."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kerasnlp_tutorial.errors import InputError

METHODS = {
    "sampling": "샘플링(sampling): 확률에 따라 뽑기",
    "greedy": "그리디 서치(greedy): 가장 그럴듯한 토큰만",
    "beam": "빔 서치(beam search)",
}
"""Decoding method to its name on the page."""


@dataclass(frozen=True)
class Setting:
    """A numeric setting of the page."""

    label: str
    """Name on the page."""
    info: str
    """Explanation on the page."""
    low: float
    """Minimum value."""
    high: float
    """Maximum value."""
    default: float | None
    """Default value; None if the field is empty at first."""
    step: float
    """Step of the slider; 1 for integers."""
    methods: tuple[str, ...] = tuple(METHODS)
    """Decoding methods that use the setting."""

    def check(self, value: object) -> float | int:
        """Validate a value and return it as a number.

        Args:
            value: a number, or a string with a number.

        Raises:
            InputError: the value is not a number, or out of range.
        """
        is_integer = self.step == 1
        expected = (
            f"{self.label}에는 {self.low:g} 이상 {self.high:g} 이하의 "
            f"{'정수' if is_integer else '수'}를 넣어 주세요."
        )
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InputError(f"{expected} 받은 값: {str(value)[:40]}")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise InputError(f"{expected} 받은 값: {str(value)[:40]}") from None
        in_range = math.isfinite(number) and self.low <= number <= self.high
        if not in_range or (is_integer and number != int(number)):
            raise InputError(f"{expected} 받은 값: {str(value)[:40]}")
        return int(number) if is_integer else number


SETTINGS = {
    "temperature": Setting(
        "온도(temperature)",
        "1보다 작으면 뻔한 글, 크면 뜻밖의 글이 나옵니다.",
        *(0.01, 5.0, 1.0, 0.01),
        methods=("sampling",),
    ),
    "top_k": Setting(
        "top-k",
        "가장 그럴듯한 토큰 k개에서만 뽑습니다. 0이면 모두.",
        *(0, 1000, 50, 1),
        methods=("sampling",),
    ),
    "top_p": Setting(
        "top-p(뉴클리어스)",
        "확률이 큰 순서로 더해 p가 될 때까지의 토큰에서만 뽑습니다. 1이면 모두.",
        *(0.01, 1.0, 0.92, 0.01),
        methods=("sampling",),
    ),
    "seed": Setting(
        "시드(seed)",
        "비워 두면 매번 다른 글을, 수를 넣으면 늘 같은 글을 씁니다.",
        *(0, 2**31 - 1, None, 1),
        methods=("sampling",),
    ),
    "beams": Setting(
        "빔(beam) 수",
        "함께 이어 가 볼 글의 수. 다 쓴 다음에 한꺼번에 보여 줍니다.",
        *(2, 8, 3, 1),
        methods=("beam",),
    ),
    "repetition_penalty": Setting(
        "반복 페널티(repetition penalty)",
        "1보다 크면 이미 나온 토큰을 피합니다.",
        *(1.0, 3.0, 1.0, 0.05),
    ),
    "no_repeat_ngram": Setting(
        "n-gram 반복 방지(no-repeat n-gram)",
        "이어진 토큰 n개를 두 번 반복하지 않습니다. 0이면 끕니다.",
        *(0, 10, 0, 1),
    ),
    "min_new_tokens": Setting(
        "최소 토큰 수",
        "이만큼 쓰기 전에는 끝내지 않습니다.",
        *(0, 256, 0, 1),
    ),
    "max_new_tokens": Setting(
        "최대 토큰 수",
        "이만큼 쓰면 끝냅니다.",
        *(1, 256, 64, 1),
    ),
}
"""Field of `DecodingOptions`, or `seed`, to its setting, in the order of the page."""

BOOK_SETTINGS = SETTINGS | {
    "temperature": replace(SETTINGS["temperature"], high=1e8),
    "top_k": replace(SETTINGS["top_k"], default=1),
    "top_p": replace(SETTINGS["top_p"], default=1.0),
}
"""`SETTINGS` with the defaults and the temperature range of the book's web service."""


def decoding_options(
    method: object,
    values: Mapping[str, Any],
    settings: Mapping[str, Setting] = SETTINGS,
) -> dict[str, Any]:
    """Return the arguments of `DecodingOptions` for a method and its settings.

    Args:
        method: one of `METHODS`.
        values: the value of each setting. `seed` and settings of other methods are
            ignored.
        settings: the settings with their ranges, such as `SETTINGS`.

    Raises:
        InputError: the method is unknown, or a value is out of range.
    """
    if method not in tuple(METHODS):  # a tuple, since it may be unhashable
        raise InputError(f"고르는 방법은 {', '.join(METHODS)} 가운데 하나입니다.")
    options = {
        name: setting.check(values[name])
        for name, setting in settings.items()
        if method in setting.methods and name != "seed"
    }
    if options["min_new_tokens"] > options["max_new_tokens"]:
        raise InputError(
            f"최소 토큰 수({options['min_new_tokens']})가 최대 토큰 "
            f"수({options['max_new_tokens']})보다 큽니다."
        )
    if not options.get("top_k", 1):
        del options["top_k"]
    if options.get("top_p") == 1:
        del options["top_p"]
    return options


@dataclass(frozen=True)
class BookRequest:
    """A generation request to the book's API."""

    prompt: str
    """The text to continue."""
    min_length: int
    """Minimum number of tokens, including the prompt."""
    max_length: int
    """Maximum number of tokens, including the prompt."""
    values: dict[str, Any]
    """Values of the other settings, for `decoding_options`."""
    method: str = "sampling"
    """One of `METHODS`."""
    seed: int | None = None
    """Random seed; None for a new one at each request."""

    def options(self, prompt_tokens: int) -> dict[str, Any]:
        """Return the arguments of `DecodingOptions`.

        Args:
            prompt_tokens: number of tokens in the prompt.

        Raises:
            InputError: the prompt is too long for `max_length`, or a value is out of
                range.
        """
        max_new_tokens = self.max_length - prompt_tokens
        if max_new_tokens < 1:
            raise InputError(
                f"max_length는 프롬프트의 토큰 수({prompt_tokens})보다 커야 합니다. "
                f"받은 값: {self.max_length}"
            )
        lengths = {
            "min_new_tokens": max(self.min_length - prompt_tokens, 0),
            "max_new_tokens": max_new_tokens,
        }
        return decoding_options(self.method, self.values | lengths, BOOK_SETTINGS)
