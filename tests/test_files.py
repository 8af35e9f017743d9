import errno
import multiprocessing
import os
import time

import pytest

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import (
    check_space,
    locked,
    read_json,
    split_lines,
    write_json,
    written_whole,
)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"가": 1})
    with pytest.raises(ZeroDivisionError), written_whole(path) as part:
        part.write_text("half")
        _ = 1 / 0
    assert path.read_text() == '{\n  "가": 1\n}\n'
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_lines_of_every_system_are_the_same(end):
    lines = ["가\u2028나", "", "다\x85\x0b라", ""]
    assert split_lines(end.join(lines)) == lines


def test_a_carriage_return_within_a_line_is_kept():
    assert split_lines("가\r나\r\n다") == ["가\r나", "다"]


def test_what_does_not_fit_on_the_disk_is_refused(tmp_path):
    check_space(tmp_path, 0)
    check_space(tmp_path, 1000)
    with pytest.raises(OSError, match="No space left") as error:
        check_space(tmp_path, 2**60)
    assert error.value.errno == errno.ENOSPC
    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_has_left_is_removed(tmp_path):
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part/old").write_text("of the killed one")
    with written_whole(tmp_path / "out") as part:
        part.mkdir()
        (part / "new").write_text("")
    assert os.listdir(tmp_path / "out") == ["new"]
    assert os.listdir(tmp_path) == ["out"]


def test_who_does_not_wait_is_told(tmp_path):
    path = tmp_path / "lock"
    with locked(path), pytest.raises(BlockingIOError), locked(path, wait=False):
        pass
    assert os.listdir(tmp_path) == []


def _enter_often(path, inside, overlaps, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with locked(path):
            with inside.get_lock():
                inside.value += 1
            if inside.value > 1:
                overlaps.value += 1
            with inside.get_lock():
                inside.value -= 1


def test_two_processes_are_never_in_one_block(tmp_path):
    context = multiprocessing.get_context("fork")
    inside, overlaps = context.Value("i", 0), context.Value("i", 0)
    arguments = (tmp_path / "lock", inside, overlaps, 1.0)
    processes = [context.Process(target=_enter_often, args=arguments) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert overlaps.value == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": ', "a.json is damaged: "),
        (b"[" * 10_000, "a.json is damaged: "),
        (b"[1]", r"a.json must hold a JSON object; received \[1\]"),
        (b"", "a.json is empty"),
        (b"\xff", "a.json.* UTF-8"),
        (None, "a.json does not exist"),
    ],
)
def test_a_json_file_that_cannot_be_used(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "a.json")


def test_json_is_read_as_it_was_written(tmp_path):
    for value, kind in (({"글": [1]}, dict), (["글"], list)):
        write_json(tmp_path / "a.json", value)
        assert read_json(tmp_path / "a.json", kind) == value
