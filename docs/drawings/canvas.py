"""What all pictures share: a canvas 360 units wide, its colors and its arrows.

A picture is shown in two ways. As an `<img>` (GitHub, Colab) it follows
`prefers-color-scheme`; inlined in a page of the site it follows the theme that the
reader chose, which is the attribute `data-theme` of the page. It has a background of
its own, so that it can be read even where the page has the other scheme.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 360  # units; a unit is a pixel on a narrow phone
SHOWN_WIDTH = 432  # pixels where the page has room
MARGIN = 16

TITLE, BODY, SMALL = 17, 14, 12.5  # font sizes

FONTS = (
    "Pretendard,'Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo',"
    "'Malgun Gothic',NanumGothic,sans-serif"
)

# A tone has a color for text and outlines and a tint for areas.
LIGHT = {
    "ground": "#ffffff",
    "frame": "#d5dae0",
    "ink": "#1f2328",
    "muted": "#57606a",
    "line": "#7a838d",
    "plain-tint": "#f2f4f6",
    "blue": "#1d5fbf",
    "blue-tint": "#e7f0fd",
    "orange": "#a34a00",
    "orange-tint": "#fdf0e2",
    "green": "#19703a",
    "green-tint": "#e5f5ea",
}
DARK = {
    "ground": "#17191c",
    "frame": "#3a4047",
    "ink": "#e8eaed",
    "muted": "#aab2bb",
    "line": "#87909a",
    "plain-tint": "#24282d",
    "blue": "#86b6ff",
    "blue-tint": "#1b2a40",
    "orange": "#ffb26b",
    "orange-tint": "#3a2916",
    "green": "#74d193",
    "green-tint": "#173222",
}
TONES = ("blue", "orange", "green")


def _variables(colors: dict[str, str]) -> str:
    return "{" + ";".join(f"--{name}:{color}" for name, color in colors.items()) + "}"


def _style() -> str:
    tones = "".join(
        f".drawn rect.{tone}{{fill:var(--{tone}-tint);stroke:var(--{tone})}}"
        f".drawn path.{tone}:not(.head){{stroke:var(--{tone})}}"
        f".drawn path.{tone}.head,.drawn text.{tone}{{fill:var(--{tone})}}"
        for tone in TONES
    )
    return (
        f".drawn{_variables(LIGHT)}"
        f"@media (prefers-color-scheme:dark){{.drawn{_variables(DARK)}}}"
        f'[data-theme="light"] .drawn{_variables(LIGHT)}'
        f'[data-theme="dark"] .drawn{_variables(DARK)}'
        ".drawn text{fill:var(--ink)}.drawn text.muted{fill:var(--muted)}"
        ".drawn rect{fill:none;stroke:var(--line)}"
        ".drawn path{fill:none;stroke:var(--line);stroke-width:1.5}"
        ".drawn path.head{fill:var(--line);stroke:none}"
        ".drawn rect.ground{fill:var(--ground);stroke:var(--frame)}"
        f".drawn rect.plain{{fill:var(--plain-tint)}}{tones}"
        ".drawn .dashed{stroke-dasharray:4 3}"
    )


STYLE = _style()


@dataclass(frozen=True)
class Picture:
    """A finished picture.

    Attributes:
        name: file name without extension.
        title: what is drawn, in a few words.
        description: what is seen, for those who do not see it.
        svg: content of the file.
    """

    name: str
    title: str
    description: str
    svg: str


class Canvas:
    """Elements of a picture, drawn from top to bottom.

    Args:
        name: file name without extension.
        title: what is drawn, in a few words; shown at the top.
        description: what is seen, for those who do not see it.
    """

    def __init__(self, name: str, title: str, description: str):
        self.name, self.title, self.description = name, title, description
        self._elements: list[str] = []
        self.text(MARGIN, 33, title, size=TITLE, anchor="start", bold=True)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = BODY,
        anchor: str = "middle",
        tone: str = "",
        bold: bool = False,
    ) -> None:
        """Write a line.

        Args:
            x: where the line has its `anchor`.
            y: baseline.
            text: the line.
            size: font size.
            anchor: `start`, `middle` or `end`.
            tone: `muted`, or one of `TONES`; ink if empty.
            bold: whether the line is bold.
        """
        weight = ' font-weight="700"' if bold else ""
        kind = f' class="{tone}"' if tone else ""
        self._elements.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" '
            f'text-anchor="{anchor}"{weight}{kind}>{escape(text, quote=False)}</text>'
        )

    def note(self, y: float, *lines: str, x: float = MARGIN) -> float:
        """Write small muted lines; return the y below them."""
        for line in lines:
            self.text(x, y, line, size=SMALL, anchor="start", tone="muted")
            y += 19
        return y

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *lines: str,
        tone: str = "plain",
        size: float = BODY,
        bold: bool = False,
        dashed: bool = False,
        radius: float = 6,
    ) -> None:
        """Draw a box with lines in its middle; those after the first are small.

        Args:
            x: left edge.
            y: upper edge.
            width: width of the box.
            height: height of the box.
            *lines: lines of text.
            tone: `plain`, `empty`, or one of `TONES`.
            size: font size of the first line.
            bold: whether the first line is bold.
            dashed: whether the outline is dashed.
            radius: radius of the corners.
        """
        kind = f"{tone} dashed" if dashed else tone
        self._elements.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'rx="{radius:g}" class="{kind}"/>'
        )
        middle, gap = x + width / 2, 18
        baseline = y + height / 2 - gap * (len(lines) - 1) / 2 + 0.36 * size
        for number, line in enumerate(lines):
            self.text(
                middle,
                round(baseline + gap * number, 1),
                line,
                size=SMALL if number else size,
                bold=bold and not number,
            )

    def row(
        self,
        x: float,
        y: float,
        texts: Sequence[str],
        *,
        width: float,
        height: float = 30,
        gap: float = 6,
        tones: Sequence[str] = (),
        size: float = SMALL,
    ) -> list[float]:
        """Draw boxes side by side; return the x of their middles.

        Args:
            x: left edge of the first box.
            y: upper edge.
            texts: text of each box.
            width: width of a box.
            height: height of a box.
            gap: space between boxes.
            tones: tone of each box; all plain if empty.
            size: font size.
        """
        lefts = [x + i * (width + gap) for i in range(len(texts))]
        for i, (left, text) in enumerate(zip(lefts, texts, strict=True)):
            tone = tones[i] if tones else "plain"
            lines = [text] if text else []
            radius = min(6, width / 6)
            self.box(
                left, y, width, height, *lines, tone=tone, size=size, radius=radius
            )
        return [left + width / 2 for left in lefts]

    def path(
        self,
        *points: tuple[float, float],
        tone: str = "",
        dashed: bool = False,
        head: bool = True,
    ) -> None:
        """Draw straight lines through points, with an arrow head at the last.

        Args:
            *points: x and y of each point.
            tone: one of `TONES`; the color of lines if empty.
            dashed: whether the lines are dashed.
            head: whether there is an arrow head.
        """
        (x0, y0), (x, y) = points[-2:]
        length = math.dist((x0, y0), (x, y))
        dx, dy = (x - x0) / length, (y - y0) / length
        points = (*points[:-1], (x - 4 * dx, y - 4 * dy) if head else (x, y))
        route = "L".join(f"{px:.4g} {py:.4g}" for px, py in points)
        kinds = " ".join(filter(None, [tone, "dashed" * dashed]))
        kind = f' class="{kinds}"' if kinds else ""
        self._elements.append(f'<path d="M{route}"{kind}/>')
        if head:
            left = (x - 7 * dx - 4 * dy, y - 7 * dy + 4 * dx)
            right = (x - 7 * dx + 4 * dy, y - 7 * dy - 4 * dx)
            tip = "L".join(f"{a:.4g} {b:.4g}" for a, b in ((x, y), left, right))
            self._elements.append(f'<path d="M{tip}Z" class="{tone} head"/>')

    def down(self, x: float, y: float, until: float, **options) -> None:
        """Draw an arrow downwards, a little apart from what it connects."""
        self.path((x, y + 2), (x, until - 2), **options)

    def picture(self, height: float) -> Picture:
        """Return the finished picture.

        Args:
            height: height of the canvas.
        """
        shown = round(height * SHOWN_WIDTH / WIDTH)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawn" '
            f'viewBox="0 0 {WIDTH} {height:g}" width="{SHOWN_WIDTH}" '
            f'height="{shown}" role="img" font-family="{FONTS}" '
            f'aria-labelledby="{self.name}-title {self.name}-desc">',
            f'<title id="{self.name}-title">{escape(self.title)}</title>',
            f'<desc id="{self.name}-desc">{escape(self.description)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:g}" '
            f'rx="10" class="ground"/>',
            *self._elements,
            "</svg>",
        ]
        svg = "\n".join(lines) + "\n"
        return Picture(self.name, self.title, self.description, svg)


def stacked(y: float, heights: Sequence[float], gap: float) -> Iterator[float]:
    """Yield the upper edges of boxes that stand one below the other.

    Args:
        y: upper edge of the first.
        heights: height of each.
        gap: space between two.
    """
    for height in heights:
        yield y
        y += height + gap
