"""Small fonts and styles: only what the pages of the site need.

After a build, this extension

- subsets Pretendard to the characters of all pages, so that Korean is shown on a
  machine without Korean fonts. Its licence reserves the name: subsets have another;
- subsets the theme's icon fonts, and removes its script of all icons (540 KB gzipped)
  and the styles of icons that no page shows;
- puts the style sheet that the theme imports in its place, which saves a round trip.
"""

import logging
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent.parent
FONTS = {
    400: ROOT / "kerasnlp_tutorial/fonts/Pretendard-Regular.otf",
    700: ROOT / "docs/fonts/TutorialSans-Bold.woff2",
}
LICENCE = ROOT / "kerasnlp_tutorial/fonts/OFL.txt"
FAMILY = "Tutorial Sans"

_NAMES = {1, 3, 4, 6, 16, 18, 21, 25}  # name records with the name of a family
_SOURCES = ("search.js", "widgets*.js", "*.css")  # in _static; they show texts too
_THEME = "_static/styles/pydata-sphinx-theme.css"
_ICON = re.compile(r'\.(fa-[a-z0-9-]+)(?:,\.fa-[a-z0-9-]+)*\{--fa:"([^"]*)"[^}]*\}')
_BASIC = re.compile(r'@import "\.\./basic\.css";')
_UNUSED = ("_static/scripts/fontawesome.js", "_static/scripts/fontawesome.js.map")


# === Fonts ===


def subset_font(font: bytes, characters: Iterable[str], family: str) -> bytes:
    """Return a font in WOFF2 with some of the characters of another.

    Args:
        font: the font.
        characters: characters to keep, as far as the font has them.
        family: name of the new font.
    """
    opened = TTFont(BytesIO(font), recalcTimestamp=False)
    options = subset.Options()
    options.flavor = "woff2"
    options.hinting = False
    options.layout_features = ["calt", "ccmp", "kern", "liga", "locl", "mark"]
    options.name_IDs = ["*"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted({ord(c) for c in characters}))
    subsetter.subset(opened)
    rename(opened, family)
    target = BytesIO()
    subset.save_font(opened, target, options)
    return target.getvalue()


def rename(font: TTFont, family: str) -> None:
    """Give a font another name; its copyright and licence stay.

    Args:
        font: the font, changed in place.
        family: the name.
    """
    for record in font["name"].names:
        if record.nameID in _NAMES:
            record.string = family.replace(" ", "") if record.nameID == 6 else family
    if "CFF " in font:
        font["CFF "].cff.fontNames = [family.replace(" ", "")]
        top = font["CFF "].cff.topDictIndex[0]
        top.FullName = top.FamilyName = family


def page_texts(folder: Path) -> str:
    """Return all characters of the pages of a site, sorted.

    Args:
        folder: folder of the site.
    """
    characters = {chr(code) for code in range(32, 127)}
    paths = [path for path in folder.rglob("*.html") if "_static" not in path.parts]
    for pattern in _SOURCES:
        paths += (folder / "_static").glob(pattern)
    for path in paths:
        characters |= set(path.read_text(encoding="utf-8"))
    characters |= set("“”‘’…·")
    return "".join(sorted(c for c in characters if c.isprintable()))


def write_fonts(folder: Path) -> None:
    """Write the text fonts of a site, unless they are there for the same characters."""
    target = folder / "_static/fonts"
    target.mkdir(parents=True, exist_ok=True)
    characters = page_texts(folder)
    stamp = target / "characters.txt"
    known = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    if set(characters) <= set(known):
        return
    for weight, path in FONTS.items():
        font = subset_font(path.read_bytes(), characters, FAMILY)
        (target / f"sans-{weight}.woff2").write_bytes(font)
    (target / "OFL.txt").write_bytes(LICENCE.read_bytes())
    stamp.write_text(characters, encoding="utf-8")


# === Icons ===


def used_icons(folder: Path) -> set[str]:
    """Return the classes of icons on the pages and in the scripts of a site."""
    paths = [*folder.rglob("*.html"), *(folder / "_static").rglob("*.js")]
    paths = [path for path in paths if path.name != "fontawesome.js"]
    found = (re.findall(r"\bfa-[a-z0-9-]+", p.read_text("utf-8")) for p in paths)
    return {name for names in found for name in names}


def reduce_icons(folder: Path) -> None:
    """Leave only the icons that a site shows in the theme's styles and fonts."""
    path = folder / _THEME
    styles, names, characters = path.read_text(encoding="utf-8"), used_icons(folder), ""

    def keep(match: re.Match[str]) -> str:
        nonlocal characters
        if not names.intersection(re.findall(r"fa-[a-z0-9-]+", match[0])):
            return ""
        characters += _character(match[2])
        return match[0]

    styles = _ICON.sub(keep, styles)
    path.write_text(styles, encoding="utf-8")
    for sheet in (folder / "_static").rglob("*.css"):
        codes = re.findall(r"\\(f[0-9a-f]{3})\b", sheet.read_text(encoding="utf-8"))
        characters += "".join(map(_character, (f"\\{code}" for code in codes)))
    for font in (folder / "_static/vendor/fontawesome/webfonts").glob("*.woff2"):
        font.write_bytes(subset_font(font.read_bytes(), characters, "Tutorial Icons"))
    for name in _UNUSED:
        (folder / name).unlink(missing_ok=True)


def _character(code: str) -> str:
    r"""Return the character of a CSS escape such as `\f002`."""
    return chr(int(code.lstrip("\\").strip(), 16)) if code.startswith("\\") else code


# === Styles ===


def join_styles(folder: Path) -> None:
    """Put the imported style sheet in the place of its import."""
    path = folder / "_static/styles/theme.css"
    basic = (folder / "_static/basic.css").read_text(encoding="utf-8")
    basic = basic.replace("url(", "url(../")  # from the folder below
    text = path.read_text(encoding="utf-8")
    path.write_text(_BASIC.sub(lambda _: basic, text), encoding="utf-8")


def reduce_site(app: Sphinx, exception: Exception | None) -> None:
    """Do all of it for a built site."""
    if exception is None and app.builder.name == "html":
        logging.getLogger("fontTools").setLevel(logging.WARNING)
        folder = Path(app.outdir)
        join_styles(folder)
        reduce_icons(folder)
        write_fonts(folder)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the work after a build with Sphinx."""
    app.connect("build-finished", reduce_site, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
