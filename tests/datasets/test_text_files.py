import builtins
import gzip
import os

import fsspec
import pytest

from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.datasets.text_files import describe_text, text_files
from kerasnlp_tutorial.errors import InputError


@pytest.fixture
def memory():
    """The in-memory file system of fsspec, with a few texts."""
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe("/texts/b.txt", "둘\n".encode())
    filesystem.pipe("/texts/a.txt.gz", gzip.compress("하나\n".encode()))
    filesystem.pipe("/texts/folder/c.txt", "셋\n".encode())
    yield filesystem
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name}\n", encoding="utf-8")


def test_a_pattern_is_its_files_sorted(tmp_path):
    write(tmp_path, "b.txt", "a.txt", "c.csv", "in/d.txt")
    (tmp_path / "folder.txt").mkdir()
    found = text_files([f"{tmp_path}/*.txt", f"{tmp_path}/c.csv"])
    assert found == [f"{tmp_path}/{name}" for name in ("a.txt", "b.txt", "c.csv")]
    assert len(text_files([f"{tmp_path}/**/*.txt"])) == 3
    assert list(TextLines([f"{tmp_path}/?.txt"])) == ["a.txt", "b.txt"]


def test_a_file_whose_name_looks_like_a_pattern_wins(tmp_path):
    write(tmp_path, "[a].txt", "a.txt")
    assert text_files([f"{tmp_path}/[a].txt"]) == [f"{tmp_path}/[a].txt"]
    assert text_files([tmp_path / "*.txt"]) == [f"{tmp_path}/*.txt"]  # a Path


def test_a_pattern_without_a_match_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no file matches the pattern '.*none\*'"):
        text_files([f"{tmp_path}/none*"])
    with pytest.raises(InputError, match=r"no file matches the pattern 'memory:"):
        text_files(["memory://none/*.txt"])


def test_remote_texts(memory):
    found = text_files(["memory://texts/*"])
    assert found == ["memory:///texts/a.txt.gz", "memory:///texts/b.txt"]
    assert list(TextLines(["memory://texts/*"])) == ["하나", "둘"]
    assert list(TextLines(["memory://texts/b.txt"])) == ["둘"]
    described = describe_text("memory://texts/b.txt")
    assert described["size"] == 4 and described["version"]
    memory.pipe("/texts/b.txt", "셋\n".encode())
    assert describe_text("memory://texts/b.txt")["version"] != described["version"]


def test_what_is_wrong_with_remote_texts_is_said(memory):
    memory.pipe("/texts/broken.gz", gzip.compress(b"text\n" * 99)[:20])
    memory.pipe("/texts/euckr.txt", "좋다\n싫다\n".encode("cp949"))
    for url, message in (
        ("memory://texts/none.txt", "memory://texts/none.txt does not exist"),
        ("memory://texts/broken.gz", "broken.gz is broken: "),
        ("memory://texts/euckr.txt", r"euckr.txt:1: not UTF-8.*EUC-KR"),
        ("unheard://of", "unheard://of cannot be read: .*unheard"),
    ):
        with pytest.raises(InputError, match=message):
            list(TextLines([url]))


def test_a_missing_package_is_told_with_the_extra_that_has_it(monkeypatch):
    def no_fsspec(name, *args, original=builtins.__import__):
        if name.startswith("fsspec"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", no_fsspec)
    for url in ("gs://bucket/a.txt", "s3://bucket/*.txt"):
        message = rf'{url[:2]}://bucket.*pip install "kerasnlp-tutorial\[remote\]"'
        with pytest.raises(InputError, match=message):
            list(TextLines([url]))


def test_a_missing_file_system_is_told(monkeypatch):
    def no_gcsfs(*args, **options):
        raise ImportError("Please install gcsfs to access Google Storage")

    monkeypatch.setattr(fsspec.core, "url_to_fs", no_gcsfs)
    with pytest.raises(InputError, match=r"gs://b/a.* install gcsfs .*\[remote\]"):
        list(TextLines(["gs://b/a.txt"]))


def test_a_description_changes_with_the_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("하나\n", encoding="utf-8")
    before = describe_text(str(path))
    assert before["path"] == str(path) and before["size"] == 7
    os.utime(path, (0, 0))
    assert describe_text(str(path)) != before
    with pytest.raises(InputError, match="none.txt does not exist"):
        describe_text(str(tmp_path / "none.txt"))
