"""What stands around a page: its description for search engines and links from other
sites, the link to its source, and the files that a server needs beside the pages.
"""

import copy
import html
from pathlib import Path
from typing import Any

import notebooks
from docutils import nodes
from sphinx.application import Sphinx

PICTURE = "_static/card.png"  # 1200 x 630, for links from other sites
_LENGTH = 150  # characters of a description


# === Description ===


def description(doctree: nodes.document | None) -> str:
    """Return the first paragraph of a page, shortened to whole words.

    Args:
        doctree: the page; None for pages without a source.
    """
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        inside = isinstance(paragraph.parent, nodes.section | nodes.document)
        text = " ".join(paragraph.astext().split())
        if inside and len(text) > 20:
            if len(text) <= _LENGTH:
                return text
            return text[:_LENGTH].rsplit(" ", 1)[0] + " …"
    return ""


def _tags(app: Sphinx, title: str, page: str, text: str) -> str:
    base = app.config.html_baseurl
    text = text or app.config.html_title
    properties = {
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
        "og:locale": "ko_KR",
        "og:title": title,
        "og:description": text,
        "og:url": base + app.builder.get_target_uri(page),
        "og:image": base + PICTURE,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": app.config.html_title,
    }
    lines = [_tag("name", "description", text)]
    lines += [_tag("property", name, value) for name, value in properties.items()]
    lines.append(_tag("name", "twitter:card", "summary_large_image"))
    return "\n    ".join(["", *lines])


def _tag(kind: str, name: str, value: str) -> str:
    return f'<meta {kind}="{name}" content="{html.escape(value, quote=True)}" />'


# === Source ===


def edit_url(page: str, suffix: str) -> str:
    """Return the address where the source of a page is edited.

    Args:
        page: name of the page.
        suffix: extension of its source.
    """
    path = f"docs/{page}{suffix}"
    if page.startswith("chapters/"):  # the notebooks are made from the chapters
        path = f"{page}.py"
    return f"{notebooks.repository()}/edit/{notebooks.BRANCH}/{path}"


# === Context of the templates ===


def add_to_page(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> str | None:
    """Add the tags and the edit link, and let no script delay the page.

    Returns:
        The name of our template in place of the theme's; other builders have theirs.
    """
    if app.builder.name != "html":
        return None
    if page in app.env.found_docs:
        title = " ".join(app.env.titles[page].astext().split())
        tags = _tags(app, title, page, description(doctree))
        context["metatags"] = context.get("metatags", "") + tags
        suffix = Path(app.env.doc2path(page)).suffix
        context["edit_url"] = edit_url(page, suffix)
    context["repository_url"] = notebooks.repository()
    context["script_files"] = list(_deferred(context["script_files"]))
    return "book-page.html" if template == "page.html" else None


def _deferred(scripts: list[Any]) -> Any:
    """Yield scripts that run after the page is shown, in their order.

    The theme's lines that set options would run too early, and set what is not used.
    """
    for script in scripts:
        if script.filename:
            script = copy.copy(script)
            attributes = {k: v for k, v in script.attributes.items() if k != "async"}
            object.__setattr__(script, "attributes", attributes | {"defer": "defer"})
        elif "DOCUMENTATION_OPTIONS" in script.attributes.get("body", ""):
            continue
        yield script


# === Files for the server ===


def not_found_page(app: Sphinx) -> Any:
    """Yield the page that a server shows for a wrong address."""
    if app.builder.name == "html":
        context = {"title": "없는 쪽", "base": app.config.html_baseurl}
        yield "404", context, "404.html"


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """Write the addresses of all pages for search engines."""
    if exception is not None or app.builder.name != "html":
        return
    base = app.config.html_baseurl
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">')
    for page in sorted(app.env.found_docs):
        address = html.escape(base + app.builder.get_target_uri(page))
        lines.append(f"<url><loc>{address}</loc></url>")
    lines += ["</urlset>", ""]
    path = Path(app.outdir) / "sitemap.xml"
    path.write_text("\n".join(lines), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it with Sphinx."""
    app.connect("html-page-context", add_to_page, priority=900)
    app.connect("html-collect-pages", not_found_page)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
