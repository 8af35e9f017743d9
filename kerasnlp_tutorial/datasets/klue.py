"""The common part of the declarations of KLUE's corpora."""

from kerasnlp_tutorial.datasets.source import Corpus, github_file

_REPOSITORY = "KLUE-benchmark/KLUE"
_COMMIT = "3efd98708a40ff49251fddde35453f8fbb11f536"


def klue_corpus(
    name: str, title: str, suffix: str, train_blob: str, dev_sha256: str
) -> Corpus:
    """Declare a corpus of KLUE 1.1 with its training and development files.

    Args:
        name: name of the corpus, such as `klue-nli`.
        title: short description.
        suffix: suffix of the files, with the dot.
        train_blob: git blob hash of the training file.
        dev_sha256: SHA-256 of the development file.
    """
    path = f"klue_benchmark/{name}-v1.1/{name}-v1.1"
    return Corpus(
        name=name,
        title=title,
        licence="CC BY-SA 4.0",
        homepage=f"https://github.com/{_REPOSITORY}",
        citation="Park et al., KLUE: Korean Language Understanding Evaluation, 2021",
        files=(
            github_file(_REPOSITORY, _COMMIT, f"{path}_train{suffix}", blob=train_blob),
            github_file(_REPOSITORY, _COMMIT, f"{path}_dev{suffix}", sha256=dev_sha256),
        ),
    )
