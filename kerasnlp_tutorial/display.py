"""Tables and plots for terminals, notebooks and web pages.

Every function returns a `Display` with two versions of the same content: HTML for
notebooks and the site, and plain text for terminals. Plots are inline SVG. Their text
is converted to outlines, so that Hangul is shown without a Korean font, and black is
replaced with the text color of the page, so that plots are readable in dark mode.
"""

import csv
import html
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from rich.cells import cell_len

_INK = "#010203"  # placeholder for the text color of the page
_GRAY = "#777777"  # readable on white and on black
_INLINE = "display:block;max-width:100%;height:auto;margin:0.5em 0"  # plots on a page
# Each has a contrast of at least 3:1 with a white and with a dark page.
_COLORS = ("#2f80c2", "#d0661a", "#3d9160", "#9b6bc4", "#c2577a", "#85853a")
_COLORS += ("#2b8f8a", "#8c6d5a", "#7f7f7f")
_BAR_WIDTH = 40  # characters
_WIDTH = 4.6  # inches
_FONT_SIZE = 11.5  # points; at `_WIDTH`, at least 11 pixels on a phone


@dataclass(frozen=True)
class Display:
    """A table, text or plot, as HTML and as plain text."""

    html: str
    """For notebooks and web pages."""
    text: str
    """For terminals."""

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return self.text

    def show(self) -> None:
        """Display the HTML in a notebook, or print the text in a terminal."""
        if "ipykernel" in sys.modules:
            from IPython.display import display

            display(self)
        else:
            print(self)

    def save_svg(self, path: str | Path) -> None:
        """Save a plot as an SVG file, for example for a README.

        Args:
            path: the file to write.

        Raises:
            ValueError: this is not a plot.
        """
        if not self.html.startswith("<svg "):
            raise ValueError("only plots can be saved as SVG; this is not one")
        # A file does not inherit a text color, and the margin would crop it.
        svg = self.html.replace(f' style="{_INLINE}"', "", 1)
        svg = svg.replace("currentColor", _GRAY)
        Path(path).write_text(svg, encoding="utf-8")


# === Tables ===


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Display:
    """Return a table. Floats are shown with three decimals.

    Args:
        columns: column headers.
        rows: rows with one value for each column. HTML in values is escaped.
    """
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float | np.number) for row in rows)
        for i in range(len(columns))
    ]
    cells = [[_cell(value) for value in row] for row in rows]
    body = [_html_row("th", columns, numeric)]
    body += [_html_row("td", row, numeric) for row in cells]
    widths = [
        max(cell_len(line[i]) for line in (columns, *cells))
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


def settings(config: Any, names: Mapping[str, str]) -> Display:
    """Return a table of settings: meaning, name and value.

    Args:
        config: configuration of a chapter.
        names: name of each setting by its meaning.
    """
    rows = [
        [meaning, name, str(getattr(config, name))] for meaning, name in names.items()
    ]
    return table(["설정", "이름", "값"], rows)


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float | np.floating) else str(value)


def _html_row(tag: str, cells: Sequence[str], numeric: Sequence[bool]) -> str:
    parts = []
    for text, right in zip(cells, numeric, strict=True):
        align = "right" if right else "left"
        parts.append(f'<{tag} style="text-align:{align}">{html.escape(text)}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"


def _pad(text: str, width: int, right: bool) -> str:
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


# === Texts ===

_TINTS = ("#f5b78a", "#8fc1ea", "#9fd3b0", "#cdb3e6", "#f0d878")
_TINTS += ("#f2a3b3", "#a8d8d8", "#c9c9c9", "#d9b48f", "#b7e07a")


def entities(text: str, spans: Sequence[Any], labels: Sequence[str] = ()) -> Display:
    """Show a text with its entities highlighted.

    Args:
        text: the text.
        spans: entities with `start`, `end` and `label`, in order and not overlapping.
        labels: all entity types, so that a type has the same color in every text.
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
    """Draw a horizontal bar chart.

    Args:
        values: name to value, 0 or more, from top to bottom.
        title: title of the plot.
        limit: right end of the axis; None for the largest value.
    """
    names = list(values)
    with _figure(_WIDTH, 0.6 + 0.4 * len(names)) as (figure, picture):
        axes = figure.subplots()
        drawn = axes.barh(range(len(names)), list(values.values()), color=_COLORS[0])
        axes.bar_label(drawn, [_cell(value) for value in values.values()], padding=3)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.12 * (limit or max(values.values()) or 1))
        axes.set_title(title)
    lines = _text_bars(names, list(values.values()), limit)
    shown = ", ".join(f"{name} {_cell(value)}" for name, value in values.items())
    alt = f"막대그래프, {title}: {shown}"
    return Display(picture.html(alt), "\n".join([title, *lines]))


def bar_panels(
    panels: Mapping[str, Mapping[str, float]], title: str, limit: float = 1.0
) -> Display:
    """Draw small bar charts side by side, to see what changes between them.

    Args:
        panels: title of each chart to its bars, name to value, 0 or more; all have the
            same names.
        title: title of the whole plot.
        limit: right end of each axis.
    """
    names = list(next(iter(panels.values())))
    lines = -(-len(panels) // 2)
    with _figure(_WIDTH, 0.4 + lines * (0.6 + 0.24 * len(names))) as (figure, picture):
        grid = figure.subplots(lines, 2, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for axes, (name, bars) in zip(grid.flat, panels.items(), strict=False):
            drawn = axes.barh(range(len(names)), list(bars.values()), color=_COLORS[0])
            labels = [f"{value:.2f}" for value in bars.values()]
            axes.bar_label(drawn, labels, padding=2, fontsize=8)
            axes.set_title(name, fontsize=9)
        axes = grid[0, 0]
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.18 * limit)
        figure.suptitle(title, fontsize="medium")
    rows = [[name, *map(float, bars.values())] for name, bars in panels.items()]
    return Display(picture.html(title), f"{title}\n{table(['', *names], rows)}")


def histogram(values: Sequence[int], bin_width: int, title: str, unit: str) -> Display:
    """Draw a histogram with the median.

    Args:
        values: integers, 0 or more.
        bin_width: width of a bin.
        title: title of the plot.
        unit: unit of the values, the label of the axis.
    """
    values = np.asarray(values)
    counts = np.bincount(values // bin_width)
    starts = np.arange(len(counts)) * bin_width
    with _figure(_WIDTH, 2.6) as (figure, picture):
        axes = figure.subplots()
        axes.bar(starts, counts, bin_width * 0.92, align="edge", color=_COLORS[0])
        median = float(np.median(values))
        axes.axvline(median, color=_COLORS[1], linewidth=1.5)
        axes.set_xlabel(unit)
        axes.set_title(f"{title} (중앙값 {median:g})")
    names = [f"{start}-{start + bin_width - 1}" for start in starts]
    lines = [f"{title} ({unit})", *_text_bars(names, counts.tolist())]
    alt = f"히스토그램, {title}: 값 {len(values)}개, 중앙값 {median:g}{unit}, "
    alt += f"가장 많은 구간 {names[int(counts.argmax())]}{unit}"
    return Display(picture.html(alt), "\n".join(lines))


def curves(
    series: Mapping[str, Sequence[float]],
    title: str,
    xlabel: str,
    start: int = 0,
    names: Sequence[str] | None = None,
) -> Display:
    """Draw a line plot.

    Args:
        series: name to the values of a line, all of the same length.
        title: title of the plot.
        xlabel: label of the horizontal axis.
        start: x of the first value; x grows by 1.
        names: labels of the ticks, one for each value; None for numbers.
    """
    length = len(next(iter(series.values())))
    x = np.arange(start, start + length)
    marker = "o" if length < 30 else None
    # A legend inside the axes would hide some of many lines.
    legend_rows = (len(series) + 1) // 2 if len(series) > 3 else 0
    with _figure(_WIDTH, 2.8 + 0.24 * legend_rows) as (figure, picture):
        axes = figure.subplots()
        for (name, values), color in zip(series.items(), _COLORS, strict=False):
            axes.plot(x, values, label=name, color=color, marker=marker, markersize=4)
        axes.set_xlabel(xlabel)
        axes.set_title(title)
        if names is None:
            axes.xaxis.get_major_locator().set_params(integer=True)
        else:
            axes.set_xticks(x, names)
        if legend_rows:
            figure.legend(loc="outside lower center", ncols=2, frameon=False)
        else:
            axes.legend(frameon=False)
    step = max(1, length // 10)
    rows = [
        [
            names[i] if names else int(x[i]),
            *("-" if np.isnan(v[i]) else float(v[i]) for v in series.values()),
        ]
        for i in range(0, length, step)
    ]
    ticks = list(names) if names else [str(value) for value in x]
    parts = [
        f"{name} {_course(values, ticks, xlabel)}" for name, values in series.items()
    ]
    alt = f"선 그래프, {title}: {'; '.join(parts)}"
    return Display(picture.html(alt), f"{title}\n{table([xlabel, *series], rows)}")


def _course(values: Sequence[float], ticks: Sequence[str], xlabel: str) -> str:
    """Describe a line by its first, last, smallest and largest value."""
    known = [i for i, value in enumerate(values) if not np.isnan(value)]
    if not known:
        return "값 없음"
    first, last = known[0], known[-1]
    low = min(known, key=lambda i: values[i])
    high = max(known, key=lambda i: values[i])
    text = f"{xlabel} {ticks[first]}에서 {_cell(float(values[first]))}"
    if last != first:
        text += f", {ticks[last]}에서 {_cell(float(values[last]))}"
    for name, i in (("최소", low), ("최대", high)):
        if i not in (first, last):
            text += f", {name} {_cell(float(values[i]))}({ticks[i]})"
    return text


def training_curves(
    history: Mapping[str, Sequence[float]],
    names: Mapping[str, str],
    monitor: str | None = None,
) -> Display:
    """Draw metrics of a training side by side, on the training and validation set.

    Args:
        history: metric to one value for each epoch, as `runs.read_history` returns it;
            that on the validation set has the prefix `val_`.
        names: metric to the title of its plot, from left to right.
        monitor: metric whose best epoch is marked, as `training.BestEpoch` chooses it;
            None to mark none.
    """
    epochs = np.arange(1, len(history[next(iter(names))]) + 1)
    title = ", ".join(names.values())
    with _figure(_WIDTH, 2.6) as (figure, picture):
        panels = figure.subplots(1, len(names), squeeze=False)[0]
        for axes, (metric, name) in zip(panels, names.items(), strict=True):
            for prefix, label, color in (("", "학습", 0), ("val_", "검증", 1)):
                values = history[prefix + metric]
                style = {"marker": "o" if len(epochs) < 30 else None, "markersize": 4}
                axes.plot(epochs, values, label=label, color=_COLORS[color], **style)
            if monitor is not None:
                best = _best_epoch(history, monitor)
                axes.axvline(best, color=_GRAY, linewidth=1, linestyle="--")
            axes.set(title=name, xlabel="에포크")
            axes.xaxis.get_major_locator().set_params(integer=True)
        panels[0].legend(frameon=False)
    columns = [m for metric in names for m in (metric, f"val_{metric}")]
    heads = [f"{name} {part}" for name in names.values() for part in ("학습", "검증")]
    rows = [
        [int(epoch), *(float(history[column][i]) for column in columns)]
        for i, epoch in enumerate(epochs)
    ]
    return Display(picture.html(title), f"{title}\n{table(['에포크', *heads], rows)}")


def _best_epoch(history: Mapping[str, Sequence[float]], monitor: str) -> int:
    losses = [-loss for loss in history["val_loss"]]
    scores = losses if monitor == "val_loss" else history[monitor]
    ranks = list(zip(scores, losses, strict=True))
    return ranks.index(max(ranks)) + 1


def stacked_bars(rows: Mapping[str, Mapping[str, float]], title: str) -> Display:
    """Draw one bar for each text, divided among its classes.

    Args:
        rows: text to class name to probability, from top to bottom. All texts have the
            same classes. A text may have several lines.
        title: title of the plot.
    """
    labels = list(next(iter(rows.values())))
    heights = [0.45 + 0.22 * (text.count("\n") + 1) for text in rows]
    with _figure(_WIDTH, 0.7 + sum(heights)) as (figure, picture):
        axes = figure.subplots()
        top = 0.0
        for (text, values), height in zip(rows.items(), heights, strict=True):
            bottom, left = top + height - 0.2, 0.0
            for label, color in zip(labels, _COLORS, strict=False):
                width = values[label]
                axes.barh(bottom, width, 0.28, left, color=color)
                if width > 0.12:
                    place = (left + width / 2, bottom)
                    style = {"ha": "center", "va": "center", "fontsize": 8}
                    axes.annotate(f"{label} {width:.2f}", place, color="white", **style)
                left += width
            axes.annotate(text, (0, bottom - 0.19), ha="left", va="bottom", fontsize=9)
            top += height
        axes.set(title=title, xlim=(0, 1), ylim=(top + 0.1, 0))
        axes.set_axis_off()
    lines = [title]
    for text, values in rows.items():
        lines += [text, *_text_bars(list(values), list(values.values()), 1.0)]
    return Display(picture.html(title), "\n".join(lines))


def measured(name: str, title: str) -> Display:
    """Draw a line plot of benchmark results in `data/measured`.

    Args:
        name: name of the table. Its first column is the horizontal axis, and each other
            column a line. Empty cells are missing values.
        title: title of the plot.
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
    """Draw a confusion matrix, shaded by the fraction of each row.

    Args:
        counts: int, shape (classes, classes); rows are targets, columns predictions.
        labels: class names.
    """
    title = "정답(행)과 예측(열)"
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.4 + 0.9 * len(labels)
    with _figure(side + 0.6, side) as (figure, picture):
        axes = figure.subplots()
        _shade(axes, fractions, labels, labels, counts.astype(str))
        axes.set(title=title, xlabel="예측", ylabel="정답")
    rows = [[label, *row] for label, row in zip(labels, counts.tolist(), strict=True)]
    parts = [
        f"정답 {label}: "
        + ", ".join(f"{name} {n}개" for name, n in zip(labels, row, strict=True))
        for label, *row in rows
    ]
    alt = f"혼동 행렬, {title}. {'; '.join(parts)}"
    return Display(picture.html(alt), f"{title}\n{table(['', *labels], rows)}")


def heatmap(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str
) -> Display:
    """Draw a heat map of values from 0 to 1, such as attention weights.

    Args:
        values: 0 to 1, shape (rows, columns).
        rows: row labels, from top to bottom.
        columns: column labels, from left to right.
        title: title of the plot.
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
    strongest = [
        f"{name}에서는 {columns[int(np.argmax(row))]}({np.max(row):.2f})"
        for name, row in zip(rows, values, strict=True)
    ]
    alt = f"히트맵, {title}. 행마다 가장 큰 값: {', '.join(strongest)}"
    return Display(picture.html(alt), f"{title}\n{table(['', *columns], lines)}")


def _shade(axes, values, rows, columns, texts=None) -> None:
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*values.shape) if texts is not None else ():
        # Black on light cells also in dark mode, which does not change the cells.
        color = "white" if values[row, column] > 0.55 else "black"
        text = texts[row, column]
        axes.text(column, row, text, color=color, ha="center", va="center")
    rotation = {"rotation": 90} if sum(map(cell_len, columns)) > 45 else {}
    axes.set_xticks(range(len(columns)), columns, **rotation)
    axes.set_yticks(range(len(rows)), rows)


def scatter(groups: Mapping[str, Mapping[str, Sequence[float]]], title: str) -> Display:
    """Draw a scatter plot of named points.

    Args:
        groups: group name to point name to (x, y).
        title: title of the plot.
    """
    positions = np.array([p for points in groups.values() for p in points.values()])
    spread = np.maximum(np.ptp(positions, axis=0), 1e-9)
    with _figure(_WIDTH, 0.8 * _WIDTH) as (figure, picture):
        axes = figure.subplots()
        for (group, points), color in zip(groups.items(), _COLORS, strict=False):
            x, y = zip(*points.values(), strict=True)
            axes.scatter(x, y, color=color, label=group, s=24)
            for name, position in points.items():
                # Put the label below a point that has a neighbor close above.
                right, up = ((positions - position) / spread).T
                below = ((np.abs(right) < 0.3) & (up > 0) & (up < 0.15)).any()
                axes.annotate(
                    name,
                    position,
                    xytext=(4, -10 if below else 4),
                    textcoords="offset points",
                )
        axes.margins(x=0.45)
        axes.set_title(title)
        axes.legend(frameon=False)
    rows = [
        [group, name, *map(float, position)]
        for group, points in groups.items()
        for name, position in points.items()
    ]
    parts = []
    for group, points in groups.items():
        x, y = np.mean([*points.values()], axis=0)
        parts.append(f"{group}({', '.join(points)}): 가운데 ({x:.2f}, {y:.2f})")
    alt = f"산점도, {title}. {'; '.join(parts)}"
    return Display(picture.html(alt), f"{title}\n{table(['', '', 'x', 'y'], rows)}")


def _text_bars(
    names: Sequence[str], values: Sequence[float], limit: float | None = None
) -> list[str]:
    width = max(map(cell_len, names))
    scale = _BAR_WIDTH / (limit or max(values) or 1)
    return [
        f"{_pad(name, width, True)} │{'█' * round(value * scale)} {_cell(value)}"
        for name, value in zip(names, values, strict=True)
    ]


class _Picture:
    svg = ""

    def html(self, alt: str) -> str:
        """Return the plot for a page.

        Args:
            alt: what a reader would see in it, for screen readers.
        """
        label = html.escape(alt, quote=True)
        start = f'<svg role="img" aria-label="{label}" style="{_INLINE}" '
        svg = self.svg[self.svg.index("<svg ") :].replace(_INK, "currentColor")
        return svg.replace("<svg ", start, 1)


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Any, _Picture]]:
    """Yield a matplotlib figure, and the picture to which it is saved afterwards.

    Args:
        width: width in inches.
        height: height in inches.
    """
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    font = resources.files("kerasnlp_tutorial") / "fonts/Pretendard-Regular.otf"
    with resources.as_file(font) as path:
        family = font_manager.FontProperties(fname=path).get_name()
        if family not in font_manager.fontManager.get_font_names():
            font_manager.fontManager.addfont(path)
    style: dict[Any, Any] = {
        "font.family": [family, "DejaVu Sans"],
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        # Text keeps its size when a wider plot is scaled to a phone.
        "font.size": _FONT_SIZE * max(1.0, width / _WIDTH),
        "axes.titlesize": "medium",
        "legend.fontsize": "medium",
        "svg.fonttype": "path",
        "svg.hashsalt": "kerasnlp-tutorial",  # for reproducible files
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
