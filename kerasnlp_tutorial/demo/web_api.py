"""The JSON interface: the requests and responses of the book's web service."""

import json
import logging
import random
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kerasnlp_tutorial.demo import book_api
from kerasnlp_tutorial.demo.models import DemoModel, NotTrainedError
from kerasnlp_tutorial.errors import InputError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024
"""Of a request."""
MAX_PAGE_BYTES = 1024 * 1024
"""Of a request that the page makes, which Gradio reads."""
MAX_REQUESTS = 16
"""Answered or waiting at a time; another one is told to come again."""


class RequestError(Exception):
    """A request that is answered with an HTTP error.

    Args:
        status: HTTP status code.
        message: in Korean.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class BodyLimit:
    """Middleware that ends requests longer than the page makes any.

    Args:
        app: the ASGI application behind it.
    """

    def __init__(self, app: Callable):
        self.app = app

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """Pass a request on, and the part of its body that is asked for."""
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


class PageHead:
    """Middleware that puts HTML at the beginning of the page's head.

    Args:
        app: the ASGI application behind it.
        html: for the head.
    """

    def __init__(self, app: Callable, html: str):
        self.app = app
        self.html = html

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """Pass a request on, and the answer with the HTML in it."""
        from starlette.datastructures import MutableHeaders

        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)["content-length"]
            elif message["type"] == "http.response.body":
                head = f"<head>{self.html}".encode()
                body = message.get("body", b"").replace(b"<head>", head, 1)
                message = {**message, "body": body}
            await send(message)

        is_page = scope["type"] == "http" and scope["path"] == "/"
        await self.app(scope, receive, send_more if is_page else send)


def answer(model: DemoModel, body: Any) -> dict[str, Any]:
    """Return the response to a request's JSON.

    Args:
        model: answers it.
        body: what the request's JSON says.

    Raises:
        InputError: the request cannot be answered.
        NotTrainedError: the model has to be trained first.
    """
    if model.chapter == "ch08":
        request = book_api.read_generation(body)
        options = request.options(model.count_tokens(request.prompt))
        # The book's service draws anew at every request.
        seed = random.getrandbits(31) if request.seed is None else request.seed
        text = "".join(model.write(request.prompt, options, seed))
        return book_api.generation_response(request.prompt, text)
    texts = book_api.read_texts(model.chapter, body)
    if model.chapter == "ch06":
        response = book_api.entity_response(texts[0], model.tag_tokens(texts[0]))
        return response | {"entities": model.predict(texts)["entities"]}
    found = model.predict(texts)
    if model.chapter == "ch04":
        return book_api.classification_response(found)
    if model.chapter == "ch05":
        return book_api.pair_response(found)
    return book_api.answer_response(texts[1], found)


def routes(models: Mapping[str, DemoModel]) -> list["Route"]:
    """Return the routes `/api`, if there is one model, and `/api/<chapter>`.

    Args:
        models: chapter to its model.
    """
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    places = threading.BoundedSemaphore(MAX_REQUESTS)

    async def post(request: "Request") -> "JSONResponse":
        try:
            model = _model(models, request.path_params.get("chapter"))
            body = await _read_json(request)
            return JSONResponse(await _answer_in_turn(places, model, body))
        except InputError as error:
            return JSONResponse({"error": str(error)}, 400)
        except NotTrainedError as error:
            return JSONResponse({"error": str(error)}, 503)
        except RequestError as error:
            return JSONResponse({"error": str(error)}, error.status)
        except Exception:
            logger.exception("a request of %s failed", request.url.path)
            return JSONResponse({"error": "답을 만들다가 오류가 났습니다."}, 500)

    async def get(request: "Request") -> "JSONResponse":
        return JSONResponse(describe(models))

    paths = ("/api", "/api/{chapter}")
    posts = [Route(path, post, methods=["POST"]) for path in paths]
    return [*posts, *(Route(path, get, methods=["GET"]) for path in paths)]


def describe(models: Mapping[str, DemoModel]) -> dict[str, Any]:
    """Return what `GET /api` says: each address with an example of a request."""
    addresses = {
        f"POST /api/{name}": {"title": model.title, "request": book_api.REQUESTS[name]}
        for name, model in models.items()
    }
    if len(models) == 1:
        addresses = {"POST /api": next(iter(addresses.values())), **addresses}
    return addresses


def _model(models: Mapping[str, DemoModel], chapter: str | None) -> DemoModel:
    if chapter is None and len(models) == 1:
        return next(iter(models.values()))
    if chapter not in models:
        addresses = ", ".join(f"/api/{name}" for name in models)
        raise RequestError(
            404, f"이 주소에는 모델이 없습니다. 쓸 수 있는 주소: {addresses}"
        )
    return models[chapter]


async def _read_json(request: "Request") -> Any:
    # A page of another site can send anything but this type without being asked for
    # leave first.
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


async def _answer_in_turn(
    places: threading.BoundedSemaphore, model: DemoModel, body: Any
) -> dict[str, Any]:
    from starlette.concurrency import run_in_threadpool

    if not places.acquire(blocking=False):
        raise RequestError(503, "기다리는 요청이 많습니다. 잠시 뒤에 다시 보내 주세요.")
    try:
        return await run_in_threadpool(answer, model, body)
    finally:
        places.release()
