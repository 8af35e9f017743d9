import bz2
import gzip
import lzma
import tracemalloc

import pytest

from kerasnlp_tutorial.datasets import TextLines, is_plain_text
from kerasnlp_tutorial.datasets.plain_text import line_starts, text_lines
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
        ("euckr.txt", r"euckr.txt:1: not UTF-8.*EUC-KR"),
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


@pytest.mark.parametrize(
    ("suffix", "module"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)]
)
def test_a_broken_archive_is_named(tmp_path, suffix, module):
    path = tmp_path / f"a.{suffix}"
    whole = module.compress("배우들 연기가 살아 있네요\n".encode() * 2000)
    for place in range(len(whole)):  # a flipped byte may still leave the text whole
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        )
        try:
            lines = list(TextLines([path]))
        except InputError as error:
            assert f"{path} is broken: " in str(error) or f"{path}:" in str(error)
        else:
            assert set(lines) == {"배우들 연기가 살아 있네요"}
    for data in (b"", b"text\n", whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(InputError, match="is broken|is empty"):
            list(TextLines([path]))


def test_a_small_archive_with_a_huge_line_takes_no_memory(tmp_path):
    path = tmp_path / "bomb.xz"
    with lzma.open(path, "wb", preset=0) as file:
        for _ in range(256):
            file.write(bytes(2**20))
    assert path.stat().st_size < 2e5
    tracemalloc.start()
    with pytest.raises(InputError, match=r"bomb.xz:1: a line of more than 16 MiB"):
        list(TextLines([path]))
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "hint"),
    [
        ("utf-16", "iconv -f utf-16 "),
        ("utf-16-le", "iconv -f utf-16le "),
        ("utf-16-be", "iconv -f utf-16be "),
        ("utf-32", "iconv -f utf-32 "),
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "gz"])
def test_other_encodings_are_told(tmp_path, encoding, hint, suffix):
    path = tmp_path / f"a.{suffix}"
    data = "오늘 비가 왔다, 정말\n".encode(encoding)
    path.write_bytes(gzip.compress(data) if suffix == "gz" else data)
    with pytest.raises(InputError, match=f"a.{suffix}:1: .*{hint}"):
        list(TextLines([path]))


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (gzip.compress(b"a", mtime=0), "compressed by gzip"),
        (b"PK\x03\x04\xff", "an Excel file"),
        (b"a\nb\0c\n", "a.txt:2: a NUL character"),
    ],
)
def test_what_is_no_text_is_told(tmp_path, data, hint):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=hint):
        list(TextLines([path]))


def test_carriage_returns_end_lines_and_hangul_is_composed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(
        "하나\r\u1103\u116e\u11af\r\n셋\u2028넷", encoding="utf-8", newline=""
    )
    assert list(TextLines([path])) == ["하나", "둘", "셋\u2028넷"]


def test_the_name_tells_text_from_tables():
    assert all(
        map(is_plain_text, ["a.txt", "A.TXT", "wiki.xz", "a.txt.gz", "b.ko.bz2"])
    )
    tables = [
        "a.csv",
        "a.csv.gz",
        "a.tsv.xz",
        "a.json.gz",
        "a.jsonl.bz2",
        "a.json",
        "a",
    ]
    assert not any(map(is_plain_text, tables))


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_parts_that_begin_with_lines_have_all_lines(tmp_path, end):
    path = tmp_path / "a.txt"
    texts = [f"{i}번째 줄{'!' * (i % 7)}" for i in range(100)]
    path.write_text("\n".join(texts) + end, encoding="utf-8")
    data = path.read_bytes()
    for step in (1, 20, 21, 300, len(data) - 1, len(data), len(data) + 1):
        starts = line_starts(path, len(data), step)
        assert all(data[start - 1 : start] == b"\n" for start in starts[1:])
        stops = [*starts[1:], None]
        parts = [text_lines(path, *part) for part in zip(starts, stops, strict=True)]
        assert [line for part in parts for line in part] == texts
        assert len(starts) <= len(data) // step + 1


def test_the_line_of_an_error_is_counted_from_the_beginning(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"good\n" * 50 + b"bad \xff\n" + b"a" * 2**26)
    with pytest.raises(InputError, match="a.txt:51: not UTF-8"):
        list(text_lines(path, 200))
    with pytest.raises(InputError, match="a.txt:52: a line of more than 16 MiB"):
        list(text_lines(path, 256))
    starts = line_starts(path, path.stat().st_size, 2**23)  # within the long line
    with pytest.raises(InputError, match="a.txt:52: a line of more than 16 MiB"):
        list(text_lines(path, 256, starts[1]))


def test_a_part_may_be_blank(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n" * 9 + "text\n", encoding="utf-8")
    assert list(text_lines(path, 0, 9)) == []
    assert list(text_lines(path, 9)) == ["text"]
