"""Numbers spelled out in Hangul: translation examples without a corpus."""


def hangul_number(number: int) -> str:
    """Spell out a number in Hangul: 503 is `오백삼`.

    Args:
        number: 1 to 9999.

    Raises:
        ValueError: the number is out of range.
    """
    if not 1 <= number <= 9999:
        raise ValueError(f"number must be 1 to 9999; received {number}")
    text = ""
    for digit, unit in zip(f"{number:04}", ("천", "백", "십", ""), strict=True):
        if digit != "0":
            is_implied = digit == "1" and unit  # 십, not 일십
            text += ("" if is_implied else "일이삼사오육칠팔구"[int(digit) - 1]) + unit
    return text
