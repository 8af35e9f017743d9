"""Korean for labels of the theme and of the copy button that have none.

Sphinx reads `locale/ko/LC_MESSAGES/sphinx.po` itself; the theme has another catalog.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.i18n import CatalogInfo

LOCALE = Path(__file__).resolve().parent.parent / "locale"
CATALOG = "booktheme"
COPY_BUTTON = "_static/copybutton.js"

_ENGLISH = "const messages = {\n"
_KOREAN = """  'ko': {
    'copy': '복사',
    'copy_to_clipboard': '클립보드에 복사',
    'copy_success': '복사했습니다',
    'copy_failure': '복사하지 못했습니다',
  },
"""


def translate_copy_button(app: Sphinx, exception: Exception | None) -> None:
    """Add Korean to the messages of the copy button, which has other languages."""
    if exception is not None or app.builder.name != "html":
        return
    path = Path(app.outdir) / COPY_BUTTON
    text = path.read_text(encoding="utf-8")
    if "'ko'" in text:
        return
    if _ENGLISH not in text:
        raise ExtensionError(f"{COPY_BUTTON} has its messages elsewhere now")
    path.write_text(text.replace(_ENGLISH, _ENGLISH + _KOREAN, 1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the translations with Sphinx, before the theme brings its own."""
    catalog = CatalogInfo(LOCALE / "ko/LC_MESSAGES", CATALOG, "utf-8")
    if catalog.is_outdated():
        catalog.write_mo("ko")
    app.add_message_catalog(CATALOG, str(LOCALE))
    app.connect("build-finished", translate_copy_button)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
