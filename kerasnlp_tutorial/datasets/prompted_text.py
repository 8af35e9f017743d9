"""Texts to be written after a prompt: what a language model is fine-tuned on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasnlp_tutorial.datasets.plain_text import TextLines
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.table import labeled_rows

_TABLES = (".csv", ".tsv")

CHATBOT = Corpus(
    name="chatbot",
    title="Chatbot data for Korean",
    licence="MIT",
    homepage="https://github.com/songys/Chatbot_data",
    citation="Youngsook Song, Chatbot_data_for_Korean v1.0, 2018",
    files=(
        RemoteFile(
            "ChatbotData.csv",
            "https://raw.githubusercontent.com/songys/Chatbot_data/master/"
            "ChatbotData.csv",
        ),
    ),
)


@dataclass(frozen=True)
class PromptedText:
    """A text and what stands before it."""

    prompt: str
    """Such as a label or a question; may be empty."""
    text: str


def prompt_names(examples: Sequence[PromptedText], most: int = 10) -> tuple[str, ...]:
    """Return the prompts, sorted, if they are few, such as labels; else none.

    Args:
        examples: training examples.
        most: how many count as few.
    """
    names = sorted({example.prompt for example in examples} - {""})
    return tuple(names) if len(names) <= most else ()


def read_prompted_texts(
    path: str | Path, prompt_column: str = "prompt", text_column: str = "text"
) -> list[PromptedText]:
    """Read texts, with prompts or without.

    Args:
        path: a `.csv` or `.tsv` file with a header row; or any other text file, a text
            a line, without prompts (`.xz`, `.gz` and `.bz2` are decompressed).
        prompt_column: header of the column with the prompts.
        text_column: header of the column with the texts.

    Raises:
        InputError: the file cannot be read as such; says where.

    Example:
    ```python
    examples = read_prompted_texts("ChatbotData.csv", "Q", "A")
    ```
    """
    path = Path(path)
    if path.suffix.lower() not in _TABLES:
        return [PromptedText("", line) for line in TextLines([path])]
    table = labeled_rows(path, [text_column], prompt_column)
    return [PromptedText(prompt, text) for (text,), prompt in table]
