"""Tables and plots that look right in a terminal, a notebook and a page.

Every function returns a `Display`, which holds the same thing twice: HTML for a
notebook and for the site, and plain text for a terminal. Plots are inline SVG whose
lettering is drawn as outlines, so Hangul shows on a machine that has no Korean font;
what is black in them takes the colour of the page's text, so that they can be read in
dark mode too.
"""

import csv
import html
import io
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

_INK = "#010203"  # stands for the text colour of the page
_GREY = "#777777"  # can be read on white and on black
_INLINE = "display:block;max-width:100%;height:auto;margin:0.5em 0"  # plots on a page
_COLOURS = ("#2f80c2", "#e07b39", "#4c9f70", "#9b6bc4", "#c2577a", "#8a8a3c")
_COLOURS += ("#3fa7a3", "#8c6d5a", "#7f7f7f")
_BAR_WIDTH = 40  # characters
_WIDTH = 5.5  # inches; wider, and the lettering is too small on a phone


@dataclass(frozen=True)
class Display:
    """Something to look at, as HTML and as text."""

    html: str
    """For notebooks and pages."""
    text: str
    """For terminals."""

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.text

    def show(self) -> None:
        """Display it in a notebook, print it in a terminal."""
        if "ipykernel" in sys.modules:
            from IPython.display import display

            display(self)
        else:
            print(self)

    def save_svg(self, path: str | Path) -> None:
        """Write a plot into a file of its own, which a README can show.

        Raises:
            ValueError: this is not a plot.
        """
        if not self.html.startswith("<svg "):
            raise ValueError("only plots can be saved as SVG; this is not one")
        # A file has no page whose colour it could take; a margin would crop it.
        svg = self.html.replace(f' style="{_INLINE}"', "", 1)
        svg = svg.replace("currentColor", _GREY)
        Path(path).write_text(svg, encoding="utf-8")


# === Tables ===


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Display:
    """Lay out rows; floats are given three decimals.

    Args:
        columns: headers.
        rows: one value for each column; turned into text, never into markup.
    """
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float | np.number) for row in rows)
        for i in range(len(columns))
    ]
    cells = [[_cell(value) for value in row] for row in rows]
    body = [_html_row("th", columns, numeric)]
    body += [_html_row("td", row, numeric) for row in cells]
    widths = [
        max(_columns(line[i]) for line in (columns, *cells))
        for i in range(len(columns))
    ]
    lines = [
        "  ".join(
            _pad(text, width, right)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in (columns, *cells)
    ]
    return Display(f"<table>{''.join(body)}</table>", "\n".join(lines))


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float | np.floating) else str(value)


def _html_row(tag: str, cells: Sequence[str], numeric: Sequence[bool]) -> str:
    parts = []
    for text, right in zip(cells, numeric, strict=True):
        align = "right" if right else "left"
        parts.append(f'<{tag} style="text-align:{align}">{html.escape(text)}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"


def _columns(text: str) -> int:
    """Terminal columns of a text: a Hangul syllable takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    filler = " " * (width - _columns(text))
    return filler + text if right else text + filler


# === Texts ===

_TINTS = ("#f5b78a", "#8fc1ea", "#9fd3b0", "#cdb3e6", "#f0d878")
_TINTS += ("#f2a3b3", "#a8d8d8", "#c9c9c9", "#d9b48f", "#b7e07a")


def entities(text: str, spans: Sequence[Any], labels: Sequence[str] = ()) -> Display:
    """Show a text with its entities highlighted.

    Args:
        text: any text.
        spans: with `start`, `end` and `label`, from left to right, not overlapping.
        labels: all types, so that a type has the same colour in every text.
    """
    order = list(dict.fromkeys([*labels, *(span.label for span in spans)]))
    marked, plain, end = [], [], 0
    for span in spans:
        before, inside = text[end : span.start], text[span.start : span.end]
        tint = _TINTS[order.index(span.label) % len(_TINTS)]
        marked.append(
            f'{html.escape(before)}<mark style="background:{tint};color:#111;'
            f'padding:0 0.2em;border-radius:0.2em">{html.escape(inside)}&#8288;'
            f'<sub style="margin-left:0.2em">{html.escape(span.label)}</sub></mark>'
        )
        plain += [before, f"<{inside}:{span.label}>"]
        end = span.end
    marked.append(html.escape(text[end:]))
    plain.append(text[end:])
    return Display(f'<p style="line-height:2">{"".join(marked)}</p>', "".join(plain))


# === Plots ===


def bars(
    values: Mapping[str, float], title: str, limit: float | None = None
) -> Display:
    """Draw a horizontal bar for each value.

    Args:
        values: name to value, 0 or more; drawn from top to bottom.
        title: what the values are.
        limit: right end of the axis; None for the largest value.
    """
    names = list(values)
    with _figure(_WIDTH, 0.6 + 0.4 * len(names)) as (figure, picture):
        axes = figure.subplots()
        drawn = axes.barh(range(len(names)), list(values.values()), color=_COLOURS[0])
        axes.bar_label(drawn, [_cell(value) for value in values.values()], padding=3)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.12 * (limit or max(values.values()) or 1))
        axes.set_title(title)
    lines = _text_bars(names, list(values.values()), limit)
    return Display(picture.html(title), "\n".join([title, *lines]))


def histogram(values: Sequence[int], bin_width: int, title: str, unit: str) -> Display:
    """Draw how often each range of values occurs.

    Args:
        values: whole numbers, 0 or more.
        bin_width: values that share a bar.
        title: what is counted.
        unit: of the values, for the axis.
    """
    values = np.asarray(values)
    counts = np.bincount(values // bin_width)
    starts = np.arange(len(counts)) * bin_width
    with _figure(_WIDTH, 2.6) as (figure, picture):
        axes = figure.subplots()
        axes.bar(starts, counts, bin_width * 0.92, align="edge", color=_COLOURS[0])
        median = float(np.median(values))
        axes.axvline(median, color=_COLOURS[1], linewidth=1.5)
        axes.set_xlabel(unit)
        axes.set_title(f"{title} (중앙값 {median:g})")
    names = [f"{start}-{start + bin_width - 1}" for start in starts]
    lines = [f"{title} ({unit})", *_text_bars(names, counts.tolist())]
    return Display(picture.html(title), "\n".join(lines))


def curves(
    series: Mapping[str, Sequence[float]],
    title: str,
    xlabel: str,
    start: int = 0,
    names: Sequence[str] | None = None,
) -> Display:
    """Draw lines over a common horizontal axis.

    Args:
        series: name to values, all of the same length.
        title: what is drawn.
        xlabel: what the values are counted by.
        start: number of the first value.
        names: of the values, where these are not counted.
    """
    length = len(next(iter(series.values())))
    x = np.arange(start, start + length)
    marker = "o" if length < 30 else None
    with _figure(_WIDTH, 2.8) as (figure, picture):
        axes = figure.subplots()
        for (name, values), colour in zip(series.items(), _COLOURS, strict=False):
            axes.plot(x, values, label=name, color=colour, marker=marker, markersize=4)
        axes.set_xlabel(xlabel)
        axes.set_title(title)
        if names is None:
            axes.xaxis.get_major_locator().set_params(integer=True)
        else:
            axes.set_xticks(x, names)
        # Many lines leave no room between them.
        beside = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        axes.legend(frameon=False, **(beside if len(series) > 3 else {}))
    step = max(1, length // 10)
    rows = [
        [
            names[i] if names else int(x[i]),
            *("-" if np.isnan(v[i]) else float(v[i]) for v in series.values()),
        ]
        for i in range(0, length, step)
    ]
    return Display(picture.html(title), f"{title}\n{table([xlabel, *series], rows)}")


def measured(name: str, title: str) -> Display:
    """Draw what a program of `benchmarks/` has measured, from `data/measured`.

    Args:
        name: of a table there; its first column is the horizontal axis, each of the
            others a line; an empty cell was not measured.
        title: what is drawn.
    """
    from kerasnlp_tutorial.data import MEASURED

    text = (MEASURED / f"{name}.tsv").read_text(encoding="utf-8")
    (xlabel, *lines), *rows = csv.reader(text.splitlines(), delimiter="\t")
    names, *columns = zip(*rows, strict=True)
    series = {
        line: [float(value or "nan") for value in column]
        for line, column in zip(lines, columns, strict=True)
    }
    return curves(series, title, xlabel, names=names)


def confusion_matrix(counts: np.ndarray, labels: Sequence[str]) -> Display:
    """Draw how often each class (row) was taken for each class (column).

    Args:
        counts: int, shape (classes, classes), as of `metrics.confusion_matrix`.
        labels: class names.
    """
    title = "정답(행)과 예측(열)"
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.4 + 0.9 * len(labels)
    with _figure(side + 0.6, side) as (figure, picture):
        axes = figure.subplots()
        _shade(axes, shares, labels, labels, counts.astype(str))
        axes.set(title=title, xlabel="예측", ylabel="정답")
    rows = [[label, *row] for label, row in zip(labels, counts.tolist(), strict=True)]
    return Display(picture.html(title), f"{title}\n{table(['', *labels], rows)}")


def heatmap(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str
) -> Display:
    """Draw shares as shades, such as the weights of an attention.

    Args:
        values: 0 to 1, shape (rows, columns).
        rows: names, from top to bottom.
        columns: names, from left to right.
        title: what the values are.
    """
    values = np.asarray(values)
    few = len(columns) <= 8
    texts = np.vectorize("{:.2f}".format)(values) if few else None
    width = min(1.6 + 0.7 * len(columns), _WIDTH)
    with _figure(width, 1.0 + len(rows) * 0.85 * width / (len(columns) + 2)) as (
        figure,
        picture,
    ):
        axes = figure.subplots()
        _shade(axes, values, rows, columns, texts)
        axes.set_title(title)
    lines = [[name, *map(float, row)] for name, row in zip(rows, values, strict=True)]
    return Display(picture.html(title), f"{title}\n{table(['', *columns], lines)}")


def _shade(axes, shares, rows, columns, texts=None) -> None:
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*shares.shape) if texts is not None else ():
        # On a light cell black, in dark mode too: the cells do not turn.
        colour = "white" if shares[row, column] > 0.55 else "black"
        text = texts[row, column]
        axes.text(column, row, text, color=colour, ha="center", va="center")
    turn = {"rotation": 90} if sum(map(_columns, columns)) > 45 else {}
    axes.set_xticks(range(len(columns)), columns, **turn)
    axes.set_yticks(range(len(rows)), rows)


def scatter(groups: Mapping[str, Mapping[str, Sequence[float]]], title: str) -> Display:
    """Draw named points in a plane.

    Args:
        groups: name of a group to name of a point to its (x, y).
        title: what the points are.
    """
    places = np.array([p for points in groups.values() for p in points.values()])
    spread = np.maximum(np.ptp(places, axis=0), 1e-9)
    with _figure(_WIDTH, 0.8 * _WIDTH) as (figure, picture):
        axes = figure.subplots()
        for (group, points), colour in zip(groups.items(), _COLOURS, strict=False):
            x, y = zip(*points.values(), strict=True)
            axes.scatter(x, y, color=colour, label=group, s=24)
            for name, place in points.items():
                # Below, where a neighbour's label is above.
                right, up = ((places - place) / spread).T
                below = ((np.abs(right) < 0.3) & (up > 0) & (up < 0.15)).any()
                axes.annotate(
                    name,
                    place,
                    xytext=(4, -10 if below else 4),
                    textcoords="offset points",
                    fontsize=8,
                )
        axes.margins(x=0.45)
        axes.set_title(title)
        axes.legend(frameon=False)
    rows = [
        [group, name, *map(float, place)]
        for group, points in groups.items()
        for name, place in points.items()
    ]
    return Display(picture.html(title), f"{title}\n{table(['', '', 'x', 'y'], rows)}")


def _text_bars(
    names: Sequence[str], values: Sequence[float], limit: float | None = None
) -> list[str]:
    width = max(_columns(name) for name in names)
    scale = _BAR_WIDTH / (limit or max(values) or 1)
    return [
        f"{_pad(name, width, True)} │{'█' * round(value * scale)} {_cell(value)}"
        for name, value in zip(names, values, strict=True)
    ]


class _Picture:
    svg = ""

    def html(self, title: str) -> str:
        label = html.escape(title, quote=True)
        start = f'<svg role="img" aria-label="{label}" style="{_INLINE}" '
        svg = self.svg[self.svg.index("<svg ") :].replace(_INK, "currentColor")
        return svg.replace("<svg ", start, 1)


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Any, _Picture]]:
    """Yield a matplotlib figure, and the picture that it is when the block ends.

    Args:
        width: inches.
        height: inches.
    """
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    font = resources.files("kerasnlp_tutorial") / "fonts/Pretendard-Regular.otf"
    with resources.as_file(font) as path:
        family = font_manager.FontProperties(fname=path).get_name()
        if family not in font_manager.fontManager.get_font_names():
            font_manager.fontManager.addfont(path)
    style = {
        "font.family": [family, "DejaVu Sans"],
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": "medium",
        "svg.fonttype": "path",
        "svg.hashsalt": "kerasnlp-tutorial",  # the same plot, the same bytes
    }
    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color")
    style |= dict.fromkeys((*inked, "ytick.color"), _INK)
    picture = _Picture()
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, picture
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
        picture.svg = target.getvalue()
