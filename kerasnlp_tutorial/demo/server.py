"""The demo as a server: Gradio's page, and the JSON interface beside it."""

import contextlib
import importlib.util
import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from kerasnlp_tutorial.demo.models import DemoModel, chapter_demos, open_demo
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_LOOPBACK = (HOST, "localhost", "::1")
MAX_QUEUE = 32
"""Readers that wait for an answer at a time; another one is told to come again."""


def serve(
    name: str | None, host: str = HOST, port: int | None = None, share: bool = False
) -> None:
    """Serve the demo until Ctrl-C.

    Args:
        name: as in `open_demo`; None for all chapters.
        host: address to listen at.
        port: to listen at; None for a free one from 7860 on.
        share: whether to open a public address through Gradio's servers.

    Raises:
        InputError: Gradio is missing, there is no such model, or the port is taken.
    """
    check_gradio()
    if port is not None and not 0 < port < 2**16:
        raise InputError(f"port must be 1 to 65535; received {port}")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # tells of every request
    models = [open_demo(name)] if name else chapter_demos()
    if not name:
        _say_what_is_trained(models)
    with running(models, host, port, share) as blocks:
        _say_where(blocks, host, share)
        with _until_told_to_end():
            threading.Event().wait()


def check_gradio() -> None:
    """Make sure that Gradio is installed.

    Raises:
        InputError: it is not.
    """
    if importlib.util.find_spec("gradio") is None:
        raise InputError(
            "the demo needs Gradio, which is not installed: "
            "pip install 'kerasnlp-tutorial[demo]'"
        )


@contextlib.contextmanager
def running(
    models: Sequence[DemoModel],
    host: str = HOST,
    port: int | None = None,
    share: bool = False,
) -> Iterator[Any]:
    """Yield the `gradio.Blocks` that is being served inside the block.

    Args:
        models: one, or one a chapter.
        host: as in `serve`.
        port: likewise.
        share: likewise.

    Raises:
        InputError: the port is taken, or the host is not of this machine.
    """
    from starlette.middleware import Middleware

    from kerasnlp_tutorial.demo import layout, web_api

    blocks = layout.build(models, share)
    blocks.queue(max_size=MAX_QUEUE)
    routes = web_api.routes({model.chapter: model for model in models})
    # FastAPI's own pages of documentation load scripts from elsewhere.
    app_settings = {"routes": routes, "docs_url": None, "redoc_url": None}
    app_settings["middleware"] = [
        Middleware(web_api.BodyLimit),
        Middleware(web_api.PageHead, layout.HEAD),
    ]
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            share=share,
            max_file_size=1,  # byte; there is nowhere to put a file
            prevent_thread_lock=True,
            quiet=True,
            theme=layout.theme(),
            css=layout.CSS,
            footer_links=["gradio"],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            mcp_server=False,
            app_kwargs={**app_settings, "openapi_url": None},
        )
    except OSError:
        where = f"{host}:{port}" if port else host
        raise InputError(
            f"the demo cannot listen at {where}: the port is taken, or the host is not "
            f"of this machine; choose another --port or --host"
        ) from None
    try:
        yield blocks
    finally:
        for model in models:
            if model.training is not None:
                model.training.stop()
        blocks.close(verbose=False)


def _say_what_is_trained(models: Sequence[DemoModel]) -> None:
    logger.info("a chapter's model is trained once, when its page asks for it:")
    for model in models:
        state = "ready" if model.is_ready else "not trained yet"
        logger.info("  %s  %-15s  %s", model.chapter, state, model.training.path)


def _say_where(blocks: Any, host: str, share: bool) -> None:
    logger.info("page: %s  JSON: %sapi  (Ctrl-C ends)", *[blocks.local_url] * 2)
    if not share and host in _LOOPBACK:
        logger.info("texts stay on this machine; --share would open a public address")
    elif not share:
        logger.info("others can open the page at %s; texts travel unencrypted", host)
    elif blocks.share_url:
        logger.info(
            "public for everyone who knows it: %s  (texts pass through Gradio's "
            "server to this machine)",
            blocks.share_url,
        )
    else:
        logger.warning("no public address: Gradio's server could not be reached")


@contextlib.contextmanager
def _until_told_to_end() -> Iterator[None]:
    """End the block quietly at Ctrl-C, and at SIGTERM, which leaves no time else."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        logger.info("the demo has ended")
    finally:
        signal.signal(signal.SIGTERM, before)
