import concurrent.futures
import contextlib
import gzip
import hashlib
import http.server
import re
import socket
import threading

import pytest
from helpers import printed_by

from kerasnlp_tutorial import datasets
from kerasnlp_tutorial.datasets import Corpus, RemoteFile, source
from kerasnlp_tutorial.errors import InputError

CONTENT = "id\tdocument\tlabel\n1\t좋다\t1\n".encode()


SHA256 = hashlib.sha256(CONTENT).hexdigest()
BLOB = "dc428cf14cc4e0da519ca899093c2e27c960d6ac"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A corpus "published" on the disk, and an empty cache."""
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "published.txt"
    source.write_bytes(CONTENT)

    def make(sha256=SHA256, url=None, blob=None):
        file = RemoteFile("a.txt", url or source.as_uri(), sha256, blob)
        return Corpus("toy", "Toy", "CC0", "", "", (file,))

    return make


def refused(corpus, tmp_path):
    """Return why a download is refused; nothing of it is kept."""
    with pytest.raises(InputError) as raised:
        corpus.path("a.txt")
    assert list((tmp_path / "cache/toy").iterdir()) == []
    message = str(raised.value)
    assert corpus.files[0].url in message and "nothing was kept" in message
    assert f"put it at {tmp_path / 'cache/toy/a.txt'}, or" in message
    assert "--data-dir" in message and len(message) < 800
    return message


@pytest.mark.parametrize("hashes", [{}, {"sha256": None, "blob": BLOB}])
def test_a_download_is_checked_and_kept(published, tmp_path, hashes):
    corpus = published(**hashes)
    path = corpus.path("a.txt")
    assert path == tmp_path / "cache/toy/a.txt"
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    (tmp_path / "published.txt").unlink()
    assert corpus.path("a.txt") == path  # now from the cache


@pytest.mark.parametrize(
    ("hashes", "message"),
    [
        ({"sha256": "0" * 64}, f"sha256 {SHA256}, expected 000000"),
        ({"sha256": None, "blob": "0" * 40}, f"git blob {BLOB}, expected 0000000"),
    ],
)
def test_a_wrong_hash_keeps_nothing(published, tmp_path, hashes, message):
    assert message in refused(published(**hashes), tmp_path)


def test_a_failed_download_keeps_nothing_and_says_what_to_do(published, tmp_path):
    corpus = published(url=(tmp_path / "gone.txt").as_uri())
    assert "could not download" in refused(corpus, tmp_path)


def test_a_partial_download_of_a_killed_process_is_not_taken_for_whole(
    published, tmp_path
):
    folder = tmp_path / "cache/toy"
    folder.mkdir(parents=True)
    (folder / ".a.txt.part").write_bytes(CONTENT[:10])
    (folder / ".a.txt.lock").touch()
    assert published().path("a.txt").read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


def test_what_is_damaged_in_the_cache_is_not_used(published, tmp_path):
    path = published().path("a.txt")
    path.write_bytes(CONTENT.replace(b"1\n", b"0\n"))  # or an older version's
    with pytest.raises(InputError, match="is not the published file.*Remove it") as e:
        published().path("a.txt")
    assert str(path) in str(e.value) and path.exists()
    path.unlink()
    assert published().path("a.txt").read_bytes() == CONTENT


def test_a_cache_that_cannot_be_written(published, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"a.txt cannot be written .*TUTORIAL_CACHE"):
        published().path("a.txt")


def test_what_is_downloaded_has_a_hash():
    for hashes in ({}, {"sha256": SHA256, "blob": BLOB}):
        with pytest.raises(ValueError, match=r"a.txt must have a sha256 or a blob"):
            RemoteFile("a.txt", "https://example.org/a.txt", **hashes)


def test_corpora_are_pinned_to_a_commit():
    corpora = [c for c in vars(datasets).values() if isinstance(c, Corpus)]
    files = [file for corpus in corpora for file in corpus.files if file.url]
    assert len(files) == 12
    for file in files:
        assert re.search(r"com/[\w-]+/[\w.-]+/[0-9a-f]{40}/", file.url)
        assert file.url.endswith(f"/{file.name}")
        assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{40}", file.sha256 or file.blob)


# === Servers that are not what they should be ===

HTML = b"<!DOCTYPE html><title>Sign in</title>"
OTHER = CONTENT.replace("좋다".encode(), "나쁨".encode())


def respond(handler, status, body, length=None, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if length is not None:
        handler.send_header("Content-Length", length)
    handler.end_headers()
    handler.wfile.write(body)


ANSWERS = {
    "whole": lambda h: respond(h, 200, CONTENT, len(CONTENT)),
    "moved": lambda h: respond(h, 302, b"", 0, Location="/whole"),
    "unmeasured": lambda h: respond(h, 200, CONTENT),
    "html": lambda h: respond(h, 200, HTML, len(HTML), Content_Type="text/html"),
    "to_html": lambda h: respond(h, 302, b"", 0, Location="/html"),
    "round": lambda h: respond(h, 302, b"", 0, Location="/round"),
    "to_disk": lambda h: respond(h, 302, b"", 0, Location="file:///etc/hostname"),
    "empty": lambda h: respond(h, 200, b"", 0),
    "gzip": lambda h: respond(h, 200, gzip.compress(CONTENT), Content_Encoding="gzip"),
    "cut": lambda h: respond(h, 200, CONTENT[:-9]),
    "short": lambda h: respond(h, 200, CONTENT[:-9], len(CONTENT)),
    "longer": lambda h: respond(h, 200, CONTENT + b"\n"),
    "other": lambda h: respond(h, 200, OTHER, len(OTHER)),
    "absent": lambda h: respond(h, 404, HTML, len(HTML)),
    "broken": lambda h: respond(h, 500, HTML, len(HTML)),
    "nothing": lambda h: None,
    "hangs": lambda h: h.server.told_to_end.wait(10),
    "stalls": lambda h: (
        respond(h, 200, CONTENT[:9], len(CONTENT)),
        h.server.told_to_end.wait(10),
    ),
    "drips": lambda h: (
        respond(h, 200, b"", len(CONTENT)),
        any(drip(h, byte) for byte in CONTENT),
    ),
}


def drip(handler, byte):
    handler.wfile.write(bytes([byte]))
    return handler.server.told_to_end.wait(0.1)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with contextlib.suppress(ConnectionError):
            ANSWERS[self.path.strip("/")](self)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.told_to_end = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.told_to_end.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("answer", ["whole", "moved", "unmeasured"])
def test_a_server_that_sends_the_published_file(published, server, answer):
    corpus = published(url=f"{server}/{answer}")
    assert corpus.path("a.txt").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("html", "b'<!DOCTYPE html>"),
        ("to_html", "b'<!DOCTYPE html>"),
        ("round", "infinite loop"),
        ("to_disk", "not allowed"),
        ("empty", "0 bytes"),
        ("gzip", r"begin with b'\x1f"),
        ("cut", f"{len(CONTENT) - 9} bytes"),
        ("short", f"{len(CONTENT) - 9} bytes"),
        ("longer", f"{len(CONTENT) + 1} bytes"),
        ("other", f"{len(CONTENT)} bytes that begin with b'id"),
        ("absent", "HTTP Error 404"),
        ("broken", "HTTP Error 500"),
        ("nothing", "without response"),
        ("hangs", "timed out"),
        ("stalls", "timed out"),
        ("drips", "slower than"),
    ],
)
def test_a_server_that_does_not(
    published, server, answer, reason, tmp_path, monkeypatch
):
    monkeypatch.setattr(source, "_TIMEOUT", 0.3)
    assert reason in refused(published(url=f"{server}/{answer}"), tmp_path)


def test_nobody_listens(published, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.txt"
    assert "refused" in refused(published(url=url), tmp_path)


def test_two_downloads_at_once(published, server):
    corpus = published(url=f"{server}/whole")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(corpus.path, ["a.txt"] * 8))
    assert {path.read_bytes() for path in paths} == {CONTENT}


# === Files on the disk ===


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
    assert printed_by(code) == ["[]"]
