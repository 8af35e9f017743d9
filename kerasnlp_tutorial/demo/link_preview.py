"""The preview that messengers show of a link to the demo."""

import functools
import html
import io
from importlib import resources
from typing import Any

TITLE = "한국어 자연어 처리 데모"
DESCRIPTION = (
    "빈칸 채우기부터 문장 생성까지, BERT와 GPT를 브라우저에서 써 봅니다. "
    "책 『Do it! BERT와 GPT로 배우는 자연어 처리』를 따라 학습한 모델입니다."
)
PATH = "/preview.png"
"""Route of the picture."""
_SIZE = (1200, 630)  # pixels, as Open Graph recommends
_LINES = ("이 영화 시간 [MASK] 줄 모르고 봤어요.", "→ 가는")
_BACKGROUND, _TEXT, _ACCENT = "#0f172a", "#f8fafc", "#93c5fd"


def meta_tags(url: str) -> str:
    """Return the tags of the preview for the `<head>` of the page.

    Args:
        url: URL of the page; messengers need the picture's whole URL.
    """
    picture = url.rstrip("/") + PATH
    properties = {
        "og:type": "website",
        "og:locale": "ko_KR",
        "og:url": url,
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:image": picture,
        "og:image:width": str(_SIZE[0]),
        "og:image:height": str(_SIZE[1]),
    }
    names = {"description": DESCRIPTION, "twitter:card": "summary_large_image"}
    tags = [("property", *pair) for pair in properties.items()]
    tags += [("name", *pair) for pair in names.items()]
    return "".join(
        f'<meta {kind}="{name}" content="{html.escape(content)}">'
        for kind, name, content in tags
    )


@functools.cache
def image() -> bytes:
    """Return the picture, a PNG."""
    from PIL import Image, ImageDraw  # Gradio needs it

    picture = Image.new("RGB", _SIZE, _BACKGROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((80, 120), TITLE, _TEXT, _font(88))
    draw.text((80, 320), _LINES[0], _TEXT, _font(52))
    draw.text((80, 400), _LINES[1], _ACCENT, _font(52))
    draw.text((80, 520), "kerasnlp-tutorial", _ACCENT, _font(36))
    target = io.BytesIO()
    picture.save(target, "PNG", optimize=True)
    return target.getvalue()


def _font(size: int) -> Any:
    from PIL import ImageFont

    font = resources.files("kerasnlp_tutorial") / "fonts/Pretendard-Regular.otf"
    with resources.as_file(font) as path:
        return ImageFont.truetype(path, size)
