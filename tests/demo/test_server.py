"""The demo over HTTP."""

import contextlib
import itertools
import json
import logging
import re
import socket
import time
import urllib.error
import urllib.request

import pytest

from kerasnlp_tutorial import cli
from kerasnlp_tutorial.demo import layout, pages, server, web_api
from kerasnlp_tutorial.demo.addresses import Access
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS
from kerasnlp_tutorial.demo.decoding import SETTINGS
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.demo.served_models import chapter_models
from kerasnlp_tutorial.errors import InputError

gradio = pytest.importorskip("gradio")
gradio_client = pytest.importorskip("gradio_client")

REQUESTS = {name: demo.request for name, demo in CHAPTER_DEMOS.items()}
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
    with server.running(chapter_models()) as blocks:
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
    answer = client.predict(f"좋다 {HTML}", api_name="/classify")
    assert answer["label"] in ("긍정", "부정") and len(answer["confidences"]) == 2
    pair = REQUESTS["ch05"]["premise"], REQUESTS["ch05"]["hypothesis"]
    answer = client.predict(*pair, api_name="/relate")
    assert {row["label"] for row in answer["confidences"]} == {"참", "거짓", "중립"}
    marked, rows = client.predict(f"서울 {HTML}", api_name="/find_entities")
    assert without_spaces(marked) == f"서울{HTML}"
    assert HTML not in rows
    question, context = "누구인가?", f"{HTML} {REQUESTS['ch07']['context']}"
    best, marked, rows = client.predict(question, context, api_name="/find_answer")
    assert best in context and HTML not in rows
    assert without_spaces(marked) == context.replace(" ", "")


def without_spaces(marked):  # Gradio trims the pieces
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
    blocks = layout.build(chapter_models())
    limits = {fn.name: fn.concurrency_limit for fn in blocks.fns.values() if fn.queue}
    assert limits["classify"] == 1 and limits["train"] == layout.MAX_WATCHERS
    assert None not in limits.values()


UPLOAD = (
    b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    b"%b\r\n--x--\r\n"
)


def test_files_and_long_requests_are_refused(page):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (b"", b"ab"):
        answer = page.post(
            "/gradio_api/upload", content=UPLOAD % content, headers=headers
        )
        assert answer.status_code == 413
    assert page.get("/gradio_api/deep_link?session_hash=x").status_code == 413
    for length, status in ((9, 200), (web_api.MAX_PAGE_BYTES, 413)):
        body = {"data": ["a" * length]}
        assert page.post("/gradio_api/call/classify", json=body).status_code == status


# === Whom it answers ===

REQUESTED = [
    ("GET", "/"),
    ("GET", "/config"),
    ("GET", "/api"),
    ("POST", "/api/ch04"),
    ("GET", "/gradio_api/info"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/call/classify"),
    ("POST", "/gradio_api/run/classify"),
    ("POST", "/gradio_api/upload"),
    ("GET", "/gradio_api/queue/data?session_hash=x"),
    ("GET", "/gradio_api/heartbeat/x"),
]


@pytest.fixture(scope="module")
def page(blocks):
    """The page's server, asked without a network."""
    from starlette.testclient import TestClient

    return TestClient(blocks.app, base_url=blocks.local_url)


def status(page, method, path, **headers):
    body = {"text": "좋다"} if path.startswith("/api") else {"data": ["좋다"]}
    body = json.dumps(body) if method == "POST" else None
    headers = {"Content-Type": "application/json"} | headers
    return page.request(method, path, content=body, headers=headers).status_code


@pytest.mark.parametrize(("method", "path"), REQUESTED)
def test_other_names_and_pages_of_others_are_refused(page, blocks, method, path):
    own, evil = f"127.0.0.1:{blocks.server_port}", f"evil.example:{blocks.server_port}"
    for host, origin in (
        (evil, f"http://{evil}"),  # DNS rebinding
        (f"127.0.0.1.{evil}", None),
        ("10.0.0.1", None),
        ("", None),
        (own, f"http://{evil}"),
        (own, "http://127.0.0.1:1"),  # another program's page
        (own, f"http://{own}.evil.example"),
        (own, "null"),
    ):
        headers = {"Host": host} | ({"Origin": origin} if origin else {})
        assert status(page, method, path, **headers) == 403


def test_own_names_and_pages_are_answered(page, blocks):
    port = blocks.server_port
    for host in (f"127.0.0.1:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        for headers in ({}, {"Origin": f"http://{host.lower()}"}):
            assert status(page, "GET", "/config", Host=host, **headers) == 200
            assert status(page, "POST", "/api/ch04", Host=host, **headers) == 200
    tunnel = "localhost:9000"  # ssh -L 9000:localhost:7860
    assert status(page, "GET", "/", Host=tunnel, Origin=f"http://{tunnel}") == 200


def test_the_shared_page_is_answered(page, blocks, monkeypatch):
    public = "0123456789abcdef01.gradio.live"
    headers = {"Host": public, "Origin": f"https://{public}"}
    assert status(page, "POST", "/api/ch04", **headers) == 403
    monkeypatch.setattr(blocks, "share_url", f"https://{public}")
    assert status(page, "POST", "/api/ch04", **headers) == 200
    headers["Origin"] = "https://evil.gradio.live"
    assert status(page, "POST", "/api/ch04", **headers) == 403


def test_what_is_open_to_other_machines(demos):
    with server.running(demos[:1], Access("0.0.0.0")) as blocks:
        for host, expected in (
            (f"192.168.0.7:{blocks.server_port}", 200),
            (f"{socket.gethostname()}:{blocks.server_port}", 200),
            ("evil.example", 403),
        ):
            headers = {"Host": host, "Origin": f"http://{host}"}
            assert ask(f"{blocks.local_url}api", "좋다", **headers)[0] == expected


def test_the_name_of_a_proxy_is_answered_when_it_is_allowed(demos):
    access = Access(allowed_hosts=("Demo.Example",))
    with server.running(demos[:1], access) as blocks:
        own = f"127.0.0.1:{blocks.server_port}"
        for host, origin, expected in (
            ("demo.example", "https://demo.example", 200),
            (own, "https://demo.example", 200),  # the proxy has replaced the host
            ("evil.example", "https://evil.example", 403),
            (own, "https://evil.example", 403),
            ("demo.example", "https://evil.example", 403),
        ):
            headers = {"Host": host, "Origin": origin}
            assert ask(f"{blocks.local_url}api", "좋다", **headers)[0] == expected


def test_two_models_have_numbers_in_the_api(demos):
    with server.running([demos[0], demos[0]]) as blocks:
        status, answer = ask(f"{blocks.local_url}api", method="GET")
        assert status == 200 and list(answer) == ["POST /api/1", "POST /api/2"]
        assert ask(f"{blocks.local_url}api/2", "좋다")[0] == 200
        assert ask(f"{blocks.local_url}api", "좋다")[0] == 404


def test_the_link_preview_is_ours(page, blocks):
    headers = {"Host": f"localhost:{blocks.server_port}", "X-Forwarded-Proto": "https"}
    text = page.get("/", headers=headers).text
    found = dict(re.findall(r'<meta property="(og:[a-z]+)" content="([^"]*)">', text))
    assert found["og:title"] == layout.TITLE and "BERT" in found["og:description"]
    base = f"https://localhost:{blocks.server_port}/"
    assert found["og:url"] == base and found["og:image"] == f"{base}preview.png"
    assert text.count('"og:title"') == text.count('"og:image"') == 1
    assert "header-image" not in text and "@Gradio" not in text
    picture = page.get("/preview.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


def test_clients_that_hang_up_leave_no_trace(blocks, address, caplog):
    caplog.set_level(logging.INFO)
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.addHandler(caplog.handler)
    head = f"Host: 127.0.0.1:{blocks.server_port}\r\nContent-Type: application/json\r\n"
    for path in ("api/ch04", "gradio_api/call/classify", "gradio_api/queue/join"):
        for sent in (b"{", b'{"data": ["a"]}'):
            hang_up(
                blocks.server_port,
                f"POST /{path} HTTP/1.1\r\n{head}Content-Length: 15\r\n\r\n".encode()
                + sent,
            )
    data = "gradio_api/queue/data?session_hash=gone"
    hang_up(blocks.server_port, f"GET /{data} HTTP/1.1\r\n{head}\r\n".encode())
    with urllib.request.urlopen(f"{address}{data}", timeout=9) as response:
        response.read()  # whom Gradio no longer knows
    assert ask(f"{address}api/ch04", "좋다")[0] == 200
    uvicorn.removeHandler(caplog.handler)
    assert "Traceback" not in caplog.text and "failed" not in caplog.text
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def hang_up(port, request):
    with socket.create_connection((server.HOST, port)) as client:
        client.sendall(request)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("access", "trains"),
    [
        (Access(), True),
        (Access("0.0.0.0"), False),
        (Access(allowed_hosts=("demo.example",)), False),
        (Access("0.0.0.0", allow_training=True), True),
    ],
)
def test_strangers_do_not_train_unless_they_are_allowed_to(
    monkeypatch, tmp_path, access, trains
):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    with server.running(chapter_models(), access) as blocks:
        names = [function.name for function in blocks.fns.values()]
    assert ("train" in names) is trains


def test_a_shared_page_lets_nobody_train(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path))
    alone, shared = (
        json.dumps(
            layout.build(chapter_models(), lets_train=lets_train).get_config_file(),
            default=str,
        )
        for lets_train in (True, False)
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
            server.running(demos, Access(port=port)),
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
        (("nothing", "--host", "203.0.113.1"), "the host is not of this machine"),
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
    monkeypatch.setattr(server.PresetModels, "open_in_background", lambda self: None)
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
    def running(models, access, presets):
        served.extend(models)
        yield Blocks

    return running
