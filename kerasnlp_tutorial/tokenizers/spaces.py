"""The space between two texts that are tokenized separately."""


def split_trailing_space(text: str) -> tuple[str, str]:
    """Split off the space at the end of a text, which belongs to the next word.

    In byte-level BPE, a space is part of the token after it. So a text and its
    continuation are tokenized separately as `"영화가"` and `" 좋다"`, not as
    `"영화가 "` and `"좋다"`. WordPiece ignores spaces.

    Args:
        text: a text that another text follows.

    Returns:
        The text without spaces at its end, and the start of the following text: a
        space if there were any, else an empty string.
    """
    return text.rstrip(" "), " " * text.endswith(" ")
