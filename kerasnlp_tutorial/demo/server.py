"""The server of the demo: Gradio's page and the JSON API."""

import contextlib
import importlib.util
import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from kerasnlp_tutorial.demo.addresses import (
    Access,
    Address,
    OwnPageOnly,
    free_address,
)
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.demo.preset_models import PresetModels
from kerasnlp_tutorial.demo.served_models import chapter_models, open_models
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

HOST = Access.host
MAX_QUEUE = 32
"""Maximum number of page requests that wait; Gradio refuses others."""


def serve(names: Sequence[str] = (), access: Access | None = None) -> None:
    """Serve the demo until Ctrl-C.

    Args:
        names: one or two models to show, as for `open_models`; none for the presets
            of the package and all chapters.
        access: where the demo listens, and what its users may do; None for this
            machine only.

    Raises:
        InputError: Gradio is missing, there is no such model, its chapter has no page
            in the demo, the port is taken, or the host is not this machine.
    """
    access = access or Access()
    check_gradio()
    if access.port is not None and not 0 < access.port < 2**16:
        raise InputError(f"port must be 1 to 65535; received {access.port}")
    address = free_address(access)  # first, since loading a model takes long
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request
    models = open_models(names) if names else chapter_models()
    presets = None if names else PresetModels()
    if not names:
        _log_models(models)
    with running(models, access, presets) as blocks:
        if presets is not None:
            presets.open_in_background()
        _log_address(blocks, address, access)
        with _until_interrupted():
            threading.Event().wait()


def check_gradio() -> None:
    """Check that Gradio is installed.

    Raises:
        InputError: Gradio is not installed.
    """
    if importlib.util.find_spec("gradio") is None:
        raise InputError(
            "the demo needs Gradio, which is not installed: "
            "pip install 'kerasnlp-tutorial[demo]'"
        )


@contextlib.contextmanager
def running(
    models: Sequence[DemoModel],
    access: Access | None = None,
    presets: PresetModels | None = None,
) -> Iterator[Any]:
    """Serve models inside the `with` block, and yield the `gradio.Blocks`.

    Args:
        models: one model, two of the same chapter, or one for each chapter.
        access: where the demo listens, and what its users may do; None for this
            machine only.
        presets: presets to show in tabs before those of the chapters.

    Raises:
        InputError: the port is taken, or the host is not this machine.
    """
    from starlette.middleware import Middleware

    from kerasnlp_tutorial.demo import layout, web_api

    access = access or Access()
    address = free_address(access)
    is_open = access.is_open(address)
    lets_train = access.allow_training or not is_open
    blocks = layout.build(models, access.share, is_open, lets_train, presets)
    blocks.queue(max_size=MAX_QUEUE)
    routes = web_api.routes(dict(zip(web_api.names(models), models, strict=True)))
    middleware = [
        Middleware(OwnPageOnly, address, lambda: blocks.share_url),
        Middleware(web_api.QuietEnd),
        Middleware(web_api.BodyLimit),
        Middleware(web_api.PageHead, layout.head),
    ]
    try:
        blocks.launch(
            server_name=address.server_name,
            server_port=address.port,
            share=access.share,
            prevent_thread_lock=True,
            quiet=True,
            theme=layout.theme(),
            css=layout.CSS,
            footer_links=["gradio"],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            mcp_server=False,
            app_kwargs={
                "routes": routes,
                "middleware": middleware,
                # FastAPI's documentation pages load scripts from other hosts.
                "docs_url": None,
                "redoc_url": None,
                "openapi_url": None,
            },
        )
    except OSError as error:  # another program took the port meanwhile
        raise InputError(
            f"the demo cannot listen at {address.server_name}:{address.port} ({error})"
        ) from error
    try:
        yield blocks
    finally:
        for model in models:
            if model.training is not None:
                model.training.stop()
        blocks.close(verbose=False)


def _log_models(models: Sequence[DemoModel]) -> None:
    logger.info("models of the chapters, each trained once, at the request of a user:")
    for model in models:
        state = "ready" if model.is_ready else "not trained yet"
        logger.info("  %s  %-15s  %s", model.chapter, state, model.path)


def _log_address(blocks: Any, address: Address, access: Access) -> None:
    logger.info("page: %s  JSON: %sapi  (Ctrl-C ends)", *[blocks.local_url] * 2)
    if access.allowed_hosts:
        logger.info("also open under: %s", ", ".join(access.allowed_hosts))
    if not access.is_open(address):
        logger.info("texts stay on this machine; --share would open a public address")
    elif address.is_open and not access.share:
        logger.info(
            "other machines can open the page at %s; texts are sent unencrypted",
            address.host,
        )
    elif not access.share:
        logger.info("users of these names can open the page")
    elif blocks.share_url:
        logger.info(
            "public address, open to everyone who knows it: %s  (texts pass through "
            "Gradio's server to this machine)",
            blocks.share_url,
        )
    else:
        logger.warning("no public address: Gradio's server could not be reached")


@contextlib.contextmanager
def _until_interrupted() -> Iterator[None]:
    """Leave the block at Ctrl-C or SIGTERM, so that the demo stops its trainings."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        logger.info("the demo has ended")
    finally:
        signal.signal(signal.SIGTERM, before)
