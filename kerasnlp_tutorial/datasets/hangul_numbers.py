"""Numbers spelt in Hangul: a language to translate from that needs no corpus."""


def hangul_number(number: int) -> str:
    """Spell a number from 1 to 9999: 503 is `오백삼`.

    Raises:
        ValueError: another number.
    """
    if not 1 <= number <= 9999:
        raise ValueError(f"number must be 1 to 9999; received {number}")
    text = ""
    for digit, unit in zip(f"{number:04}", ("천", "백", "십", ""), strict=True):
        if digit != "0":
            silent = digit == "1" and unit  # 십, not 일십
            text += ("" if silent else "일이삼사오육칠팔구"[int(digit) - 1]) + unit
    return text
