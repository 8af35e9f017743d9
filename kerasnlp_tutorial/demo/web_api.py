"""Routes of the JSON API, and middleware for it and for Gradio's page."""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasnlp_tutorial.demo import link_preview
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS
from kerasnlp_tutorial.demo.demo_model import DemoModel, NotTrainedError
from kerasnlp_tutorial.errors import InputError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024
"""Maximum size of a request to the JSON API, in bytes."""
MAX_PAGE_BYTES = 1024 * 1024
"""Maximum size of any request, such as those of the page to Gradio, in bytes."""
MAX_REQUESTS = 16
"""Maximum number of API requests that are answered or wait; others get status 503."""
_PREVIEW = re.compile(rb'<meta\s+(property|name)="(og|twitter):[^>]*>')
"""Gradio's link preview."""
_WRITING_PATHS = ("/gradio_api/upload", "/gradio_api/deep_link")
"""Routes of Gradio that let anyone store files on this machine."""


class RequestError(Exception):
    """A request that gets an HTTP error as its response.

    Args:
        status: HTTP status code.
        message: error message in Korean.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class BodyLimit:
    """Middleware that refuses requests larger than `MAX_PAGE_BYTES`.

    Args:
        app: the ASGI application behind it.
    """

    def __init__(self, app: Callable):
        self.app = app

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """Pass a request on, and count the bytes of its body."""
        from starlette.exceptions import HTTPException

        received = 0

        async def receive_some() -> Mapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_PAGE_BYTES:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_some, send)


class QuietEnd:
    """Middleware that logs no traceback when a client disconnects early.

    Args:
        app: the ASGI application behind it.
    """

    def __init__(self, app: Callable):
        self.app = app

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """Pass a request on, and end the response if the client has disconnected."""
        from starlette.exceptions import HTTPException
        from starlette.requests import ClientDisconnect

        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            pass
        except RuntimeError as error:
            # Gradio notices the disconnect when the response has already started.
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body"})


class PageHead:
    """Middleware that inserts HTML at the start of the page's `<head>`.

    It removes Gradio's own link preview.

    Args:
        app: the ASGI application behind it.
        html: returns the HTML to insert, for the URL of the page.
    """

    def __init__(self, app: Callable, html: Callable[[str], str]):
        self.app = app
        self.html = html

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """Pass a request on, and insert the HTML into the response."""
        from starlette.datastructures import MutableHeaders

        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)["content-length"]
            elif message["type"] == "http.response.body":
                head = f"<head>{self.html(_page_url(scope))}".encode()
                body = _PREVIEW.sub(b"", message.get("body", b""))
                body = body.replace(b"<head>", head, 1)
                message = {**message, "body": body}
            await send(message)

        is_page = scope["type"] == "http" and scope["path"] == "/"
        await self.app(scope, receive, send_more if is_page else send)


def names(models: Sequence[DemoModel]) -> list[str]:
    """Return the names of models in the API: their chapters, or numbers.

    Args:
        models: one model, one for each chapter, or two of the same chapter.
    """
    chapters = [model.chapter for model in models]
    if len(set(chapters)) == len(chapters):
        return chapters
    return [str(number) for number in range(1, len(models) + 1)]


def routes(models: Mapping[str, DemoModel]) -> list["Route"]:
    """Return the routes `/api` and `/api/<name>`, the picture of the link preview, and
    the routes that refuse files.

    `POST /api` works if there is only one model.

    Args:
        models: name in the API to its model, see `names`.
    """
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    slots = threading.BoundedSemaphore(MAX_REQUESTS)

    async def post(request: "Request") -> "JSONResponse":
        try:
            model = _model(models, request.path_params.get("chapter"))
            body = await _read_json(request)
            return JSONResponse(await _answer(slots, model, body))
        except InputError as error:
            return JSONResponse({"error": str(error)}, 400)
        except NotTrainedError as error:
            return JSONResponse({"error": str(error)}, 503)
        except RequestError as error:
            return JSONResponse({"error": str(error)}, error.status)
        except ClientDisconnect:
            raise
        except Exception:
            logger.exception("a request of %s failed", request.url.path)
            return JSONResponse({"error": "답을 만들다가 오류가 났습니다."}, 500)

    async def get(request: "Request") -> "JSONResponse":
        return JSONResponse(describe(models))

    async def preview(request: "Request") -> "Response":
        image = await run_in_threadpool(link_preview.image)
        return Response(image, media_type="image/png")

    async def refuse(request: "Request") -> "JSONResponse":
        return JSONResponse({"error": "파일은 받지 않습니다."}, 413)

    paths = ("/api", "/api/{chapter}")
    return [
        *(Route(path, post, methods=["POST"]) for path in paths),
        *(Route(path, get, methods=["GET"]) for path in paths),
        Route(link_preview.PATH, preview, methods=["GET"]),
        *(Route(path, refuse, methods=["GET", "POST"]) for path in _WRITING_PATHS),
    ]


def _page_url(scope: Any) -> str:
    """Return the URL of the page as the client knows it."""
    from starlette.datastructures import Headers

    headers = Headers(scope=scope)
    # Gradio's servers and proxies encrypt, and send plain requests to the demo.
    protocol = headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    scheme = protocol if protocol in ("http", "https") else scope["scheme"]
    return f"{scheme}://{headers.get('host', '')}/"


def describe(models: Mapping[str, DemoModel]) -> dict[str, Any]:
    """Return the response to `GET /api`: each address with an example request.

    Args:
        models: name in the API to its model, see `names`.
    """
    addresses = {
        f"POST /api/{name}": {
            "title": model.title,
            "request": CHAPTER_DEMOS[model.chapter].request,
        }
        for name, model in models.items()
    }
    if len(models) == 1:
        addresses = {"POST /api": next(iter(addresses.values())), **addresses}
    return addresses


def _model(models: Mapping[str, DemoModel], chapter: str | None) -> DemoModel:
    if chapter is None and len(models) == 1:
        return next(iter(models.values()))
    if chapter is None or chapter not in models:
        addresses = ", ".join(f"/api/{name}" for name in models)
        raise RequestError(
            404, f"이 주소에는 모델이 없습니다. 쓸 수 있는 주소: {addresses}"
        )
    return models[chapter]


async def _read_json(request: "Request") -> Any:
    # Browsers let a page of another site send other content types without a preflight.
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind.lower() != "application/json":
        raise RequestError(415, "Content-Type은 application/json이어야 합니다.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise RequestError(413, f"요청은 {MAX_BYTES:,}바이트까지 받습니다.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "요청이 올바른 JSON이 아닙니다.") from None


async def _answer(
    slots: threading.BoundedSemaphore, model: DemoModel, body: Any
) -> dict[str, Any]:
    from starlette.concurrency import run_in_threadpool

    if not slots.acquire(blocking=False):
        raise RequestError(503, "기다리는 요청이 많습니다. 잠시 뒤에 다시 보내 주세요.")
    try:
        demo = CHAPTER_DEMOS[model.chapter]
        return await run_in_threadpool(demo.answer, model, body)
    finally:
        slots.release()
