"""The hub as it may be: a server on this machine that holds a checkpoint."""

import hashlib
import http.server
import json
import re
import threading
import time

import pytest

from kerasnlp_tutorial.checkpoints import hub
from kerasnlp_tutorial.checkpoints.presets import preset_folder
from kerasnlp_tutorial.errors import InputError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "hf://owner/small"
WEIGHTS = b"weights" * 1000
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
WHOLE = {
    "README.md": b"A checkpoint.",
    "config.json": b'{"model_type": "bert"}',
    "model.safetensors": WEIGHTS,
    "onnx/config.json": b"{}",
    "pytorch_model.bin": WEIGHTS,
    "tokenizer_config.json": b'{"do_lower_case": false}',
    "vocab.txt": b"[PAD]\n",
}
SHARDED = {
    **{name: WHOLE[name] for name in ("config.json", "vocab.txt")},
    "model.safetensors.index.json": b"{}",
    **dict.fromkeys(SHARDS, WEIGHTS),
}


class Hub(http.server.ThreadingHTTPServer):
    """Answers as the hub does, unless a file is in `wrong`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = False  # closing waits for them
        self.files, self.wrong, self.asked = WHOLE, {}, []
        self.told_to_end = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        if self.path.startswith("/api/models/"):
            return self.describe()
        name = re.sub(r".*/resolve/(main|\w{40})/", "", self.path)
        self.server.asked.append((self.command, name))
        wrong = self.server.wrong.get(name)
        if wrong == self.command or (wrong == "500" and self.command == "GET"):
            return self.send(500, b"")
        content = self.server.files[name]
        small = not name.endswith((".safetensors", ".bin"))
        etag = hashlib.sha1 if small else hashlib.sha256
        headers = {"ETag": f'"{etag(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        if wrong == "garbage":
            content = bytes(len(content))
        if self.command == "GET" and wrong in ("stalls", "ends"):
            self.send(200, content[:9], headers, len(content))
            if wrong == "stalls":
                self.wfile.flush()
                self.server.told_to_end.wait(20)
                self.wfile.write(content[9:])
            self.close_connection = True
            return None
        return self.send(200, content, headers)

    def describe(self):
        path = self.path.removeprefix("/api/models/").partition("?")[0]
        repository, _, tree = path.partition("/tree/")
        repository = repository.removesuffix("/revision/main")
        if repository != "owner/small":
            headers = {"X-Error-Code": "RepoNotFound"}
            return self.send(401, b'{"error": "Invalid username"}', headers)
        if status := self.server.wrong.get("api"):
            return self.send(status, b"")
        if tree:
            files = self.server.files.items()
            entry = {"type": "file", "oid": "0" * 40}
            entries = [entry | {"path": k, "size": len(v)} for k, v in files]
            return self.send(200, json.dumps(entries).encode())
        siblings = [{"rfilename": name} for name in self.server.files]
        info = {"id": repository, "sha": COMMIT, "siblings": siblings}
        return self.send(200, json.dumps(info).encode())

    def send(self, status, content, headers=(), length=None):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", len(content) if length is None else length)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    from huggingface_hub import constants

    server = Hub()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE
    template = template.replace(constants.ENDPOINT, endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "_DOWNLOAD_TIMEOUT", 1.0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.wrong = {}
    server.told_to_end.set()
    for thread_left in threading.enumerate():
        if thread_left.name == hub._THREAD:
            thread_left.join(20)
    server.shutdown()
    thread.join()
    server.server_close()


def refused(name=NAME, function=hub.hub_folder):
    started = time.perf_counter()
    with pytest.raises(InputError) as raised:
        function(name)
    assert time.perf_counter() - started < 5
    assert "\n" not in str(raised.value)
    return str(raised.value)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_checkpoint_needs_is_downloaded_once(server):
    folder = hub.hub_folder(NAME)
    needed = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"]
    assert names(folder) == needed
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    server.asked.clear()
    assert hub.hub_folder(NAME) == folder and server.asked == []


def test_shards(server):
    server.files = SHARDED
    assert names(hub.hub_folder(NAME)) == sorted(SHARDED)
    server.files = {name: SHARDED[name] for name in sorted(SHARDED)[:-2]}
    server.asked.clear()
    hub.hub_folder(NAME)
    assert server.asked == []


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        ("tokenizer_config.json", "500"),
        ("model.safetensors", "500"),
        ("model.safetensors", "HEAD"),
    ],
)
def test_a_download_that_fails_in_the_middle(server, file, wrong):
    server.wrong = {file: wrong}
    message = refused()
    assert message.startswith(f"{NAME} could not be downloaded (")
    assert "hf download owner/small --local-dir small" in message
    assert "could not be downloaded" in refused()  # a part is not taken for whole
    server.wrong = {}
    assert (hub.hub_folder(NAME) / file).read_bytes() == WHOLE[file]


@pytest.mark.parametrize("wrong", ["stalls", "ends"])
def test_a_download_that_does_not_go_on(server, wrong, monkeypatch):
    monkeypatch.setattr(
        hub, "_DOWNLOAD_TIMEOUT", 2.5
    )  # the library retries after a second
    server.wrong = {"model.safetensors": wrong}
    assert "could not be downloaded (nothing was received for 2 s)" in refused()


def test_a_part_that_another_program_left(server):
    from huggingface_hub import hf_hub_download

    server.files = SHARDED
    for name in ["config.json", "model.safetensors.index.json", SHARDS[0]]:
        hf_hub_download("owner/small", name)
    assert names(hub.hub_folder(NAME)) == sorted(SHARDED)


def test_settings_that_another_program_left_out(server):
    from huggingface_hub import snapshot_download

    patterns = ["config.json", "model.safetensors"]  # it notes what else there is
    snapshot_download("owner/small", allow_patterns=patterns)
    assert "tokenizer_config.json" in names(hub.hub_folder(NAME))


def test_weights_that_came_damaged_are_not_kept(server):
    server.wrong = {"model.safetensors": "garbage"}
    assert re.search("model.safetensors of .* damaged .*expected.*removed", refused())
    server.wrong = {}
    assert (hub.hub_folder(NAME) / "model.safetensors").read_bytes() == WEIGHTS


def test_weights_that_were_damaged_later(server):
    hub.hub_folder(NAME)
    message = refused(function=preset_folder)  # WEIGHTS are no safetensors
    assert "model.safetensors is damaged" in message
    assert "`hf cache verify owner/small`" in message
    assert "`hf cache rm model/owner/small` removes it" in message


def test_a_hub_that_is_broken(server):
    server.wrong = {"api": 500}
    message = refused()
    assert "is not on this machine" in message and "500" in message


def test_what_is_private_or_does_not_exist(server):
    message = refused("hf://owner/smal")
    assert "no public checkpoint hf://owner/smal;" in message
    assert "hf auth login" in message


@pytest.mark.parametrize(
    "name", ["hf://a/b/c", "hf://한글/이름", "hf://a/b c", "hf://"]
)
def test_what_is_no_name(server, name):
    assert f"is hf://owner/name; received {name!r}" in refused(name)
