"""Texts for the presets' second generation: a file a kind of text, a part held out.

DATA holds the files named in KINDS. Written are OUTPUT/KIND.txt, to learn from, and
OUTPUT/held_out/KIND.txt, so that it can be measured for each kind of text what a model
has not seen; they always come out the same. Of the texts that the first generation has
read the same ones are held out as then, and once more, in the order they had, in
OUTPUT/held_out/first_generation.txt. Example:

    python benchmarks/pretraining_texts.py --data DATA --output texts

Lines stay in their order: what follows a paragraph of an encyclopaedia goes on with its
subject. `pretrain` cuts the texts into sequences and takes those in random order.

Sources and licences, all of which let weights be trained and passed on:

wiki       Korean Wikipedia of about January 2023, CC BY-SA 3.0
reviews    film reviews without labels, e9t/nsmc, CC0 1.0
law        acts, decrees and the constitution, not protected
petitions  petitions to the government of 2017 and 2019, KOGL type 1
docs       documentation of Python (PSF), React (CC BY 4.0), Rust (MIT or Apache-2.0),
           TensorFlow (Apache-2.0); guides of GNOME (CC BY-SA 3.0), Open Source Guides
           (CC BY 4.0), Hugging Face's course (Apache-2.0)
dialogue   songys/Chatbot_data (MIT), sae4k and paraKQC (CC BY-SA 4.0), Common Voice
           (CC0), Tatoeba (CC BY 2.0 FR), SQuARe (MIT)
narrative  novels of authors dead before 1963 (public domain), children's stories (CC
           BY), Cataclysm: DDA (CC BY-SA 3.0), KoBEST (CC BY-SA 4.0)
bible      Korean Revised Version, public domain
news       news titles and NTREX (CC BY-SA 4.0), PUD (CC BY-SA 3.0)
"""

import argparse
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.datasets import TextLines

KINDS = {
    "wiki": ["ko-more/wiki_ko.txt.xz"],
    "reviews": ["nsmc/reviews_unlabeled.txt.xz"],
    "law": ["ko-more/law_ko.txt.xz", "kolaw/kolaw_constitution.txt"],
    "petitions": ["ko-more/petitions_ko.txt.xz"],
    "docs": [
        "ko-docs/python_ko.txt.xz",
        "ko-docs/react_ko.txt.xz",
        "ko-docs/rust_ko.txt.xz",
        "ko-docs/tensorflow_ko.txt.xz",
        "ko-more/guides_ko.txt.xz",
    ],
    "dialogue": [
        "chatbot/ChatbotData.csv",
        "ko-more/utterances_ko.txt.xz",
        "ko-more/square_ko.txt.xz",
    ],
    "narrative": [
        "ko-more/novels_ko.txt.xz",
        "ko-more/stories_ko.txt.xz",
        "ko-more/cdda_ko.txt.xz",
        "ko-more/kobest_ko.txt.xz",
    ],
    "bible": ["ko-more/bible_ko.txt.xz"],
    "news": ["ko-more/news_ko.txt.xz"],
}
FIRST_GENERATION = [
    "nsmc/reviews_unlabeled.txt.xz",
    "ko-docs/python_ko.txt.xz",
    "ko-docs/react_ko.txt.xz",
    "ko-docs/rust_ko.txt.xz",
    "ko-docs/tensorflow_ko.txt.xz",
    "chatbot/ChatbotData.csv",
    "kolaw/kolaw_constitution.txt",
]
"""What the first generation has read, in that order; every 50th text was held out."""
SHARES = {"ko-more/law_ko.txt.xz": 0.3, "ko-more/bible_ko.txt.xz": 0.5}
"""What is learnt of a source that repeats itself; of the others all."""
_BLOCK = 10  # lines that stay together, so that few sentences lose their neighbours
_HELD_OUT = 50  # one block of that many, or one text


def texts(path: Path) -> Iterator[str]:
    """Return the texts of a source; of a table, questions and answers joined."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield f"{row['Q']} {row['A']}"
    else:
        yield from TextLines([path])


def split(lines: Iterable[str], share: float) -> Iterator[tuple[bool, str]]:
    """Return the lines to keep, each with whether it is held out.

    Args:
        lines: of one source.
        share: of the blocks that are kept, spread evenly.
    """
    for number, line in enumerate(lines):
        block = number // _BLOCK
        if block % _HELD_OUT == 0:
            yield True, line
        elif int((block + 1) * share) > int(block * share):
            yield False, line


def split_as_before(lines: Iterable[str], before: int) -> Iterator[tuple[bool, str]]:
    """Return all lines, each with whether the first generation has held it out.

    Args:
        lines: of one source.
        before: number of the lines that it has read before these.
    """
    for number, line in enumerate(lines, start=before + 1):
        yield number % _HELD_OUT == 0, line


def first_generation(data: Path, output: Path) -> dict[str, int]:
    """Write what was held out then; return the number of texts before each source."""
    before, count = {}, 0
    path = output / "held_out" / "first_generation.txt"
    with path.open("w", encoding="utf-8") as file:
        for source in FIRST_GENERATION:
            before[source] = count
            for is_held_out, text in split_as_before(texts(data / source), count):
                count += 1
                if is_held_out:
                    file.write(text + "\n")
    return before


def write_kind(name: str, data: Path, output: Path, before: dict[str, int]) -> None:
    """Write a kind's two files."""
    with (
        (output / f"{name}.txt").open("w", encoding="utf-8") as learnt,
        (output / "held_out" / f"{name}.txt").open("w", encoding="utf-8") as held_out,
    ):
        for source in KINDS[name]:
            lines = texts(data / source)
            if source in before:
                parts = split_as_before(lines, before[source])
            else:
                parts = split(lines, SHARES.get(source, 1.0))
            for is_held_out, line in parts:
                (held_out if is_held_out else learnt).write(line + "\n")


def report(output: Path, vocabulary: Path) -> None:
    """Print how much there is of each kind."""
    tokenizer = BertWordPieceTokenizer(
        str(vocabulary / "vocab.txt"), lowercase=False, strip_accents=False
    )
    rows = {}
    for name in KINDS:
        for key, path in (
            (name, output / f"{name}.txt"),
            (f"{name}, held out", output / "held_out" / f"{name}.txt"),
        ):
            lines = list(TextLines([path]))
            encoded = tokenizer.encode_batch(lines, add_special_tokens=False)
            tokens = sum(len(row) + 1 for row in encoded)  # one more ends each text
            rows[key] = len(lines), sum(map(len, lines)), tokens
    everything = sum(rows[name][2] for name in KINDS)
    print("| kind | texts | characters | tokens | share |\n|---|---|---|---|---|")
    for key, (count, characters, tokens) in rows.items():
        share = f"{tokens / everything:.1%}" if key in KINDS else ""
        print(f"| {key} | {count:,} | {characters:,} | {tokens:,} | {share} |")
    print(f"| all that is learnt from | | | {everything:,} | |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, type=Path, help="the corpora's folder")
    parser.add_argument("--output", required=True, type=Path, help="for the texts")
    parser.add_argument("--vocabulary", type=Path, help="to count tokens with")
    options = parser.parse_args()
    (options.output / "held_out").mkdir(parents=True, exist_ok=True)
    before = first_generation(options.data, options.output)
    for name in KINDS:
        write_kind(name, options.data, options.output, before)
    if options.vocabulary:
        report(options.output, options.vocabulary)


if __name__ == "__main__":
    main()
