import hashlib
import subprocess
import sys

import pytest

from kerasnlp_tutorial.datasets import Corpus, RemoteFile
from kerasnlp_tutorial.errors import InputError

CONTENT = "id\tdocument\tlabel\n1\t좋다\t1\n".encode()


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A corpus "published" on the disk, and an empty cache."""
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    source = tmp_path / "published.txt"
    source.write_bytes(CONTENT)

    def make(sha256=None, url=None):
        url = url or source.as_uri()
        return Corpus("toy", "Toy", "CC0", "", "", (RemoteFile("a.txt", url, sha256),))

    return make


def test_a_download_is_checked_and_kept(published, tmp_path):
    corpus = published(hashlib.sha256(CONTENT).hexdigest())
    path = corpus.path("a.txt")
    assert path == tmp_path / "cache/toy/a.txt"
    assert path.read_bytes() == CONTENT
    (tmp_path / "published.txt").unlink()
    assert corpus.path("a.txt") == path  # now from the cache


def test_a_wrong_hash_keeps_nothing(published, tmp_path):
    with pytest.raises(InputError, match="sha256 .* expected 00000.*nothing was kept"):
        published("0" * 64).path("a.txt")
    assert list((tmp_path / "cache/toy").iterdir()) == []


def test_a_failed_download_keeps_nothing_and_says_what_to_do(published, tmp_path):
    corpus = published(url=(tmp_path / "gone.txt").as_uri())
    with pytest.raises(ConnectionError, match="could not download .*--data-dir"):
        corpus.path("a.txt")
    assert list((tmp_path / "cache/toy").iterdir()) == []


def test_a_partial_download_of_a_killed_process_is_not_taken_for_whole(
    published, tmp_path
):
    corpus = published()
    left = tmp_path / "cache/toy/tmpabc/datasets"
    left.mkdir(parents=True)
    (left / "a.txt").write_bytes(CONTENT[:10])
    assert corpus.path("a.txt").read_bytes() == CONTENT


def test_data_dir_comes_first_and_alone(published, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(InputError, match=r"mine/a.txt does not exist.*'toy'.*a.txt"):
        published().path("a.txt", folder)
    (folder / "a.txt").write_bytes(b"mine")
    assert published("0" * 64).path("a.txt", folder).read_bytes() == b"mine"


def test_reading_data_imports_neither_keras_nor_tensorflow():
    code = (
        "import sys\n"
        "from kerasnlp_tutorial import datasets, metrics\n"
        "datasets.read_nsmc(datasets.SAMPLE.path('ratings_test.txt'))\n"
        "print([m for m in ('keras', 'keras_nlp', 'tensorflow') if m in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[]"
