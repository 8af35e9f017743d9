"""What the corpora of KLUE have in common."""

from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile

_URL = "https://raw.githubusercontent.com/KLUE-benchmark/KLUE/main/klue_benchmark"


def klue_corpus(name: str, title: str, suffix: str) -> Corpus:
    """Declare a corpus of KLUE 1.1 with its training and development files.

    Args:
        name: such as `klue-nli`.
        title: what it is.
        suffix: of its files, with the dot.
    """
    return Corpus(
        name=name,
        title=title,
        licence="CC BY-SA 4.0",
        homepage="https://github.com/KLUE-benchmark/KLUE",
        citation="Park et al., KLUE: Korean Language Understanding Evaluation, 2021",
        files=tuple(
            RemoteFile(file, f"{_URL}/{name}-v1.1/{file}")
            for file in (f"{name}-v1.1_train{suffix}", f"{name}-v1.1_dev{suffix}")
        ),
    )
