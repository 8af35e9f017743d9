"""The version, the year and the repository on the page of how to cite the book."""

import os
import time

import notebooks
from sphinx.application import Sphinx

PAGE = "cite"


def fill_in(app: Sphinx, page: str, source: list[str]) -> None:
    """Replace `VERSION`, `YEAR` and `REPOSITORY` in the source of the page."""
    if page == PAGE:
        seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        text = source[0].replace("VERSION", app.config.version)
        text = text.replace("YEAR", time.strftime("%Y", time.gmtime(seconds)))
        source[0] = text.replace("REPOSITORY", notebooks.repository())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the replacement with Sphinx."""
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
