"""How well WordPiece vocabularies fit the texts of the tasks.

For each vocabulary: tokens a word on reviews, on passages of KorQuAD and on sentences
of KLUE-NER, and the share of unknown tokens; and what it leaves possible: the share of
answers and of entities whose borders are borders of tokens, and in KLUE-NER the F1 of
labels that are right for every token. Only texts that are learnt from are looked at.
DATA holds the folders nsmc, klue-ner and korquad. Example:

    python benchmarks/vocabularies.py --data DATA --vocabularies bert_mini_ko FOLDER
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from tasks import klue_ner, korquad
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial import datasets, registry
from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.models import BertTokenClassifierPreprocessor
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

chapter = registry.find("ch06").load()


def vocabulary_file(name: str) -> Path:
    """Return the file of a folder with `vocab.txt`, or of a preset."""
    own = Path(name) / "vocab.txt"
    if own.is_file():
        return own
    return Path(preset_folder(name)) / "assets/tokenizer/vocabulary.txt"


def learnt(data: Path, work: Path) -> tuple[dict[str, list], list]:
    """Return what is learnt from in the tasks.

    Args:
        data: the corpora's folder.
        work: for a part of KLUE-NER.

    Returns:
        For each corpus texts, each with the spans to find; and KLUE-NER's sentences.
    """
    settings = klue_ner(data, work)[1][0]
    sentences = datasets.read_tagged_sentences(settings["train_file"])
    settings = korquad(data, work)[1][0]
    questions = datasets.read_questions(settings["train_file"], settings["ids"])
    answers = defaultdict(list)
    for question in questions:
        answers[question.context].append(question.span)
    nsmc = datasets.read_nsmc(data / "nsmc/ratings_train.txt")
    return {
        "NSMC": [(example.text, []) for example in nsmc],
        "KorQuAD": list(answers.items()),
        "KLUE-NER": [
            (sentence.text, [(span.start, span.end) for span in sentence.spans])
            for sentence in sentences
        ],
    }, sentences


def measure(path: Path, columns: dict[str, list], sentences: list) -> list[str]:
    """Return a vocabulary's cells."""
    fast = BertWordPieceTokenizer(str(path), lowercase=False, strip_accents=False)
    lengths, unknown, borders = [], [], []
    for column in columns.values():
        texts = [text for text, _ in column]
        rows = fast.encode_batch(texts, add_special_tokens=False)
        words = sum(len(text.split()) for text in texts)
        lengths.append(f"{sum(map(len, rows)) / words:.3f}")
        unknown.append(f"{np.mean([id == 1 for row in rows for id in row.ids]):.2%}")
        found = []
        for row, (_, spans) in zip(rows, column, strict=True):
            edges = {place for offsets in row.offsets for place in offsets}
            found += [set(span) <= edges for span in spans]
        borders += [f"{np.mean(found):.3f}"] if found else []
    preprocessor = BertTokenClassifierPreprocessor(
        KoreanBertTokenizer(str(path)),
        datasets.entity_types(sentences, "KLUE-NER"),
        sequence_length=512,
    )
    ceiling = chapter.vocabulary_ceiling(sentences, preprocessor)
    return [*lengths, *unknown, *borders, f"{ceiling:.3f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, type=Path, help="the corpora's folder")
    parser.add_argument("--vocabularies", nargs="+", required=True)
    parser.add_argument("--work", default=Path("/tmp"), type=Path)
    options = parser.parse_args()
    columns, sentences = learnt(options.data, options.work)
    names = [f"tokens a word, {name}" for name in columns]
    names += [f"[UNK], {name}" for name in columns]
    names += ["borders, KorQuAD", "borders, KLUE-NER"]
    print("|", " | ".join(["vocabulary", *names, "ceiling of F1"]), "|")
    for name in options.vocabularies:
        path = vocabulary_file(name)
        size = len(path.read_text(encoding="utf-8").split("\n")) - 1
        cells = measure(path, columns, sentences)
        print("|", " | ".join([f"{Path(name).name} ({size:,})", *cells]), "|")


if __name__ == "__main__":
    main()
