"""The demo as its readers meet it: over HTTP."""

import contextlib
import itertools
import json
import logging
import re
import socket
import urllib.error
import urllib.request

import pytest

from kerasnlp_tutorial import cli
from kerasnlp_tutorial.demo import layout, pages, server, web_api
from kerasnlp_tutorial.demo.book_api import REQUESTS
from kerasnlp_tutorial.demo.decoding import SETTINGS
from kerasnlp_tutorial.demo.models import DemoModel, chapter_demos
from kerasnlp_tutorial.errors import InputError

gradio = pytest.importorskip("gradio")
gradio_client = pytest.importorskip("gradio_client")

HTML = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def blocks(demos):
    with server.running(demos) as blocks:
        yield blocks


@pytest.fixture(scope="module")
def address(blocks):
    return blocks.local_url


@contextlib.contextmanager
def only(model):
    with server.running([model]) as blocks:
        yield blocks.local_url


def ask(address, body=None, method="POST", **headers):
    """Return status and JSON."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(address, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_document(address):
    status, answer = ask(f"{address}api/ch04", f"좋다 {HTML}")
    assert status == 200 and answer["sentence"] == f"좋다 {HTML}"
    assert answer["prediction"] in ("긍정 (positive)", "부정 (negative)")
    assert answer["positive_data"].startswith("긍정 0.")
    assert answer["negative_width"].endswith("%")
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_pair(address):
    status, answer = ask(f"{address}api/ch05", REQUESTS["ch05"])
    assert status == 200
    for name in ("entailment", "contradiction", "neutral"):
        assert {f"{name}_data", f"{name}_width"} <= answer.keys()
    assert answer.items() >= REQUESTS["ch05"].items()


def test_a_sentence_with_names(address):
    status, answer = ask(f"{address}api/ch06", "이순신은 1592년에 이겼다")
    assert status == 200 and answer["sentence"] == "이순신은 1592년에 이겼다"
    assert len(answer["result"]) > 3
    for token in answer["result"]:
        assert token.keys() == {"token", "predicted_tag", "top_prob"}
        assert 0 < float(token["top_prob"]) < 1
        assert token["predicted_tag"].partition("-")[0] not in ("B", "I")
    for entity in answer["entities"]:
        assert entity["text"] == answer["sentence"][entity["start"] : entity["end"]]


def test_a_question(address):
    status, answer = ask(f"{address}api/ch07", REQUESTS["ch07"])
    assert status == 200 and answer.items() >= REQUESTS["ch07"].items()
    context = REQUESTS["ch07"]["context"]
    assert answer["answer"] == context[answer["start"] : answer["end"]] != ""


def test_a_prompt(address):
    status, answer = ask(f"{address}api/ch08", {**REQUESTS["ch08"], "prompt": "티끌"})
    assert status == 200 and answer["result"].startswith("티끌")
    assert len(answer["result"]) > 2


def test_a_seed_gives_the_same_text_again(address):
    def write(seed):
        settings = {"seed": seed, "top_k": 0, "temperature": 2}
        status, answer = ask(f"{address}api/ch08", {"prompt": "티끌"} | settings)
        assert status == 200
        return answer["result"]

    assert write(3) == write(3) != write(4)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("api/ch04", "", 400),
        ("api/ch04", "가" * 1001, 400),
        ("api/ch04", b"{", 400),
        ("api/ch04", b"[" * 60_000, 400),
        ("api/ch04", b'"\\ud800"', 400),
        ("api/ch04", b"", 400),
        ("api/ch05", {"premise": "가"}, 400),
        ("api/ch08", {"prompt": "가", "temperature": 0}, 400),
        ("api/ch08", {"prompt": "가" * 40, "max_length": 100}, 400),
        ("api/ch04", "가" * 30_000, 413),
        ("api/ch99", "가", 404),
        ("api", "가", 404),  # of five chapters, which?
    ],
)
def test_errors_are_json_in_korean(address, path, body, status):
    found, answer = ask(f"{address}{path}", body)
    assert found == status and any("가" <= c <= "힣" for c in answer["error"])


def test_only_json_is_taken(address):
    headers = {"Content-Type": "text/plain"}
    assert ask(f"{address}api/ch04", "가", **headers)[0] == 415
    status, addresses = ask(f"{address}api", method="GET")
    assert status == 200 and addresses["POST /api/ch05"]["request"] == REQUESTS["ch05"]


def test_a_bug_is_no_secret_and_no_traceback(caplog):
    def broken():
        raise RuntimeError("the cause")

    with only(DemoModel("ch04", "문서 분류", broken)) as address:
        status, answer = ask(f"{address}api", "좋다")
    assert status == 500 and "cause" not in str(answer)
    assert "the cause" in caplog.text


def test_too_many_requests_are_told_to_come_again(demos, monkeypatch):
    monkeypatch.setattr(web_api, "MAX_REQUESTS", 0)
    with only(demos[0]) as address:
        assert ask(f"{address}api", "좋다")[0] == 503


def test_what_is_not_trained_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    with server.running(chapter_demos()) as blocks:
        status, answer = ask(f"{blocks.local_url}api/ch04", "좋다")
        page = urllib.request.urlopen(blocks.local_url).read().decode()
    assert status == 503 and "학습" in answer["error"]
    assert "모델 학습하기" in page


# === What the page calls ===


@pytest.fixture(scope="module")
def client(address):
    """A program that calls what the page calls."""
    return gradio_client.Client(address, verbose=False, analytics_enabled=False)


def test_the_endpoints_answer_as_their_pages_show_it(client):
    shares = client.predict(f"좋다 {HTML}", api_name="/classify")
    assert shares["label"] in ("긍정", "부정") and len(shares["confidences"]) == 2
    pair = REQUESTS["ch05"]["premise"], REQUESTS["ch05"]["hypothesis"]
    shares = client.predict(*pair, api_name="/relate")
    assert {s["label"] for s in shares["confidences"]} == {"참", "거짓", "중립"}
    marked, rows = client.predict(f"서울 {HTML}", api_name="/find_entities")
    assert without_blanks(marked) == f"서울{HTML}"
    assert HTML not in rows
    question, context = "누구인가?", f"{HTML} {REQUESTS['ch07']['context']}"
    best, marked, rows = client.predict(question, context, api_name="/find_answer")
    assert best in context and HTML not in rows
    assert without_blanks(marked) == context.replace(" ", "")


def without_blanks(marked):  # Gradio trims the pieces
    return "".join(piece["token"] for piece in marked).replace(" ", "")


GREEDY = ["티끌", "greedy", *[setting.default for setting in SETTINGS.values()]]


def test_a_text_is_shown_as_it_is_written(client):
    outputs = list(client.submit(*GREEDY, api_name="/write"))
    assert len(outputs) > 2 and outputs[0] == "티끌"
    for before, after in itertools.pairwise(outputs):
        assert after.startswith(before)


def test_a_writing_can_be_stopped(client):
    job = client.submit(*GREEDY, api_name="/write")
    next(iter(job))
    assert job.cancel()
    assert client.predict(*GREEDY, api_name="/write")  # the next one has its turn


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["가" * 1001], "/classify"),
        (["가" * 501, "나"], "/relate"),
        ([""], "/find_entities"),
        (["가", "나" * 4001], "/find_answer"),
        (["가" * 501, *GREEDY[1:]], "/write"),
    ],
)
def test_what_is_wrong_is_said_in_korean(client, arguments, name):
    with pytest.raises(gradio_client.exceptions.AppError, match="[가-힣]+.*니다"):
        client.predict(*arguments, api_name=name)


def test_a_message_is_never_markup():
    with pytest.raises(gradio.Error) as raised, pages.messages():
        raise InputError("<b>이것</b>")
    assert raised.value.message == "&lt;b&gt;이것&lt;/b&gt;"


def test_the_queue_is_bounded(blocks):
    assert blocks._queue.max_size == server.MAX_QUEUE


def test_no_one_asks_or_watches_without_end(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    blocks = layout.build(chapter_demos(), False)
    limits = {fn.name: fn.concurrency_limit for fn in blocks.fns.values() if fn.queue}
    assert limits["classify"] == 1 and limits["train"] == layout.MAX_WATCHERS
    assert None not in limits.values()


def test_files_and_long_requests_are_refused(blocks):
    from starlette.testclient import TestClient

    upload = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        b"ab\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    page = TestClient(blocks.app)
    answer = page.post("/gradio_api/upload", content=upload, headers=headers)
    assert answer.status_code == 413
    for length, status in ((9, 200), (web_api.MAX_PAGE_BYTES, 413)):
        body = {"data": ["a" * length]}
        assert page.post("/gradio_api/call/classify", json=body).status_code == status


def test_a_shared_page_lets_nobody_train(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    alone, shared = (
        json.dumps(layout.build(chapter_demos(), share).get_config_file(), default=str)
        for share in (False, True)
    )
    button = json.dumps("모델 학습하기")
    assert button in alone and button not in shared
    assert "kerasnlp-tutorial train ch04" in shared


def test_the_page_asks_no_other_host_for_anything(address):
    page = urllib.request.urlopen(address).read().decode()
    assert "documentElement.lang" in page
    assert "fonts.googleapis.com" not in page and "fonts.gstatic.com" not in page
    style = urllib.request.urlopen(f"{address}theme.css").read().decode()
    assert "Pretendard" in style and "@import" not in style
    assert not re.search(r"url\(['\"]?(https?:)?//", style)
    for path in ("docs", "redoc", "openapi.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}{path}")


def test_a_port_that_is_taken(demos):
    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(InputError, match=f"127.0.0.1:{port}.*choose another --port"),
            server.running(demos, port=port),
        ):
            pass


def run_cli(*arguments):
    try:
        return cli.main(["demo", *map(str, arguments)])
    except SystemExit as error:  # argparse
        return error.code


def test_mistakes_on_the_command_line(capsys, tmp_path, monkeypatch):
    for arguments, message in (
        ((tmp_path,), "is not a trained model"),
        (("nothing",), "is not a trained model"),
        (("nothing", "--port", "99999"), "port must be 1 to 65535"),
        (("nothing", "--port", "문"), "invalid int value"),
    ):
        assert run_cli(*arguments) == 2
        err = capsys.readouterr().err
        assert message in err and "Traceback" not in err
    monkeypatch.setattr(server.importlib.util, "find_spec", lambda name: None)
    assert run_cli(tmp_path) == 2
    assert "pip install 'kerasnlp-tutorial[demo]'" in capsys.readouterr().err


def test_the_command_says_what_it_does(demos, monkeypatch, caplog, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    caplog.set_level(logging.INFO)

    class CtrlC:
        def wait(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(server.threading, "Event", CtrlC)
    served = []
    monkeypatch.setattr(server, "running", fake_running(served))
    assert run_cli() == 0
    assert [model.chapter for model in served][:4] == ["ch04", "ch05", "ch06", "ch07"]
    for word in ("trained once", "not trained yet", str(tmp_path), "stay on this"):
        assert word in caplog.text
    caplog.clear()
    assert run_cli("--host", "0.0.0.0") == 0
    assert "unencrypted" in caplog.text and "stay on this" not in caplog.text


def fake_running(served):
    class Blocks:
        local_url = "http://127.0.0.1:7860/"

    @contextlib.contextmanager
    def running(models, host, port, share):
        served.extend(models)
        yield Blocks

    return running
