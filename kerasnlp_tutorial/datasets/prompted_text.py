"""Texts with prompts, to fine-tune a language model on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasnlp_tutorial.datasets.plain_text import TextLines
from kerasnlp_tutorial.datasets.records import column_name, is_json, read_records
from kerasnlp_tutorial.datasets.source import Corpus, github_file
from kerasnlp_tutorial.datasets.table import labeled
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import plain_suffix

CHATBOT = Corpus(
    name="chatbot",
    title="Chatbot data for Korean",
    licence="MIT",
    homepage="https://github.com/songys/Chatbot_data",
    citation="Youngsook Song, Chatbot_data_for_Korean v1.0, 2018",
    files=(
        github_file(
            "songys/Chatbot_data",
            "4cf20d13fc46f5037fd1c531cd566e2dd9f72974",
            "ChatbotData.csv",
            sha256="287eb129695b577321c80ad397bb3c2279164d4ca577874d129fd3db5b30afe2",
        ),
    ),
)


@dataclass(frozen=True)
class PromptedText:
    """A text and the prompt before it."""

    prompt: str
    """A label, a question or the like; may be empty."""
    text: str


def prompt_names(examples: Sequence[PromptedText], most: int = 10) -> tuple[str, ...]:
    """Return the sorted prompts if they are few, such as labels; else an empty tuple.

    Args:
        examples: training examples.
        most: maximum number of prompts.
    """
    names = sorted({example.prompt for example in examples} - {""})
    return tuple(names) if len(names) <= most else ()


def read_prompted_texts(
    path: str | Path, prompt_column: str | None = "prompt", text_column: str = "text"
) -> list[PromptedText]:
    """Read texts with or without prompts.

    Args:
        path: path of a `.csv` or `.tsv` table; of JSON (`.json`, `.jsonl`), a list of
            objects or one object per line; or of a text file with one text per line
            and no prompts. All may be compressed: `.xz`, `.gz` or `.bz2`.
        prompt_column: name of the column with prompts, which may be blank; None for no
            prompts. It may be missing in a file with one column.
        text_column: name of the column with texts, or its number (from 1) in a table
            without a header.

    Returns:
        The texts in file order.

    Raises:
        InputError: the file is malformed or does not exist; the message names lines.

    Example:
    ```python
    examples = read_prompted_texts("ChatbotData.csv", "Q", "A")
    ```
    """
    path = Path(path)
    if not (is_json(path) or plain_suffix(path) in (".csv", ".tsv")):
        if prompt_column not in (None, "prompt") or text_column != "text":
            raise InputError(
                f"{path} is read as lines of text, which have no columns "
                f"{shown(prompt_column)} and {shown(text_column)}; the name of a table "
                f"must end in .tsv or .csv"
            )
        return [PromptedText("", line) for line in TextLines([path])]
    optional = [prompt_column] if prompt_column else []
    records = read_records(path, [text_column], optional, numbers=True)
    if prompt_column and column_name(prompt_column) not in records.columns:
        if len(records.columns) > 1:
            raise InputError(
                f"{path} has no column {shown(prompt_column)} of prompts, but "
                f"{shown(sorted(records.columns))}; use prompt_column=none for texts "
                f"without prompts"
            )
        prompt_column = None
    table = labeled(records, [text_column], prompt_column, blank_labels=True)
    return [PromptedText(prompt, text) for (text,), prompt in table]
