import lzma
import tracemalloc

import pytest

from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError


def test_lines_of_plain_and_compressed_files(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeff하나\r\n\n  둘 \n", encoding="utf-8")
    with lzma.open(tmp_path / "b.xz", "wt", encoding="utf-8") as file:
        file.write("셋")
    lines = TextLines([tmp_path / "a.txt", tmp_path / "b.xz"])
    assert list(lines) == list(lines) == ["하나", "둘", "셋"]


def test_what_is_wrong_is_said_with_its_place(tmp_path):
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "euckr.txt").write_bytes("좋다\n싫다\n".encode("cp949"))
    (tmp_path / "broken.xz").write_bytes(b"no archive")
    for name, message in (
        ("none.txt", "does not exist"),
        ("empty.txt", "is empty"),
        ("euckr.txt", r"euckr.txt, line 1.*EUC-KR"),
        ("broken.xz", "is broken"),
    ):
        with pytest.raises(InputError, match=message):
            list(TextLines([tmp_path / name]))


def test_memory_does_not_grow_with_the_file(tmp_path):
    (tmp_path / "big.txt").write_text(
        "배우들 연기가 살아 있네요\n" * 200_000, encoding="utf-8"
    )
    tracemalloc.start()
    assert sum(1 for _ in TextLines([tmp_path / "big.txt"])) == 200_000
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
