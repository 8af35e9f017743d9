import re
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest

from kerasnlp_tutorial import display
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Span

PLOTS = {
    "bars": lambda: display.bars({"긍정": 0.9, "부정": 0.1}, "확률", limit=1.0),
    "histogram": lambda: display.histogram([1, 2, 9, 10, 11], 4, "길이", "토큰"),
    "curves": lambda: display.curves(
        {"학습": [0.9, 0.5], "검증": [0.8, 0.6]}, "손실", "에포크", start=1
    ),
    "confusion": lambda: display.confusion_matrix(
        np.array([[7, 3], [1, 9]]), ["부정", "긍정 ㅋㅋ"]
    ),
}

PLOTS |= {
    "bar panels": lambda: display.bar_panels(
        {"그대로": {"너무": 0.3, "정말": 0.1}, "top-k 1": {"너무": 1.0, "정말": 0.0}},
        "다음 토큰",
    ),
    "named curves": lambda: display.curves(
        {"난수": [0.5, 0.7]}, "정확도", "라벨 수", names=["100", "1,000"]
    ),
    "heatmap": lambda: display.heatmap(
        np.array([[0.9, 0.1, 0.0]]), ["질문"], ["가", "나", "다"], "어텐션"
    ),
    "heatmap without numbers": lambda: display.heatmap(
        np.eye(12), [f"행 {i}" for i in range(12)], ["긴 이름"] * 12, "어텐션"
    ),
    "scatter": lambda: display.scatter(
        {"칭찬": {"최고": (0, 1)}, "불평": {"별로": (1, 0), "졸았다": (2, 0)}}, "문장"
    ),
}

HISTORY = {
    "loss": [0.9, 0.5, 0.2],
    "val_loss": [0.8, 0.6, 0.7],
    "accuracy": [0.5, 0.7, 0.9],
    "val_accuracy": [0.5, 0.7, 0.6],
}
PLOTS |= {
    "training curves": lambda: display.training_curves(
        HISTORY, {"loss": "손실", "accuracy": "정확도"}, "val_accuracy"
    ),
    "stacked bars": lambda: display.stacked_bars(
        {
            "재미있다": {"긍정": 0.9, "부정": 0.1},
            "전제\n가설": {"긍정": 0.2, "부정": 0.8},
        },
        "확률",
    ),
}

plots = pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)


@plots
def test_hangul_is_drawn_as_outlines_of_the_font_inside_the_package(draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a missing glyph
        svg = draw().html
    assert "Pretendard" in svg and "<text" not in svg


@plots
def test_lettering_takes_the_colour_of_the_page(draw):
    svg = draw().html
    assert "currentColor" in svg and "#010203" not in svg
    paper = re.search(r'<g id="patch_1">.*?</g>', svg, re.DOTALL).group()
    assert "fill: none" in paper  # no white sheet in dark mode


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("bars", "막대그래프, 확률: 긍정 0.900, 부정 0.100"),
        ("histogram", "값 5개, 중앙값 9토큰, 가장 많은 구간 8-11토큰"),
        ("curves", "손실: 학습 에포크 1에서 0.900, 2에서 0.500; 검증 에포크 1에서"),
        ("confusion", "정답 부정: 부정 7개, 긍정 ㅋㅋ 3개; 정답 긍정 ㅋㅋ: 부정 1개"),
        ("named curves", "정확도: 난수 라벨 수 100에서 0.500, 1,000에서 0.700"),
        ("heatmap", "히트맵, 어텐션. 행마다 가장 큰 값: 질문에서는 가(0.90)"),
        ("scatter", "칭찬(최고): 가운데 (0.00, 1.00); 불평(별로, 졸았다): 가운데"),
    ],
)
def test_a_screen_reader_says_what_is_seen(name, seen):
    label = re.search('aria-label="([^"]+)"', PLOTS[name]().html).group(1)
    assert seen in label


def test_a_line_with_missing_values_is_described():
    line = [float("nan"), 0.5, 0.9, 0.7]
    label = display.curves({"점수": line, "없음": [float("nan")] * 4}, "정확도", "단계")
    assert (
        "점수 단계 1에서 0.500, 3에서 0.700, 최대 0.900(2); 없음 값 없음" in label.html
    )


def contrast(one, other):
    """WCAG's contrast ratio of two colors such as `#2f80c2`."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    dark, bright = sorted([luminance(one), luminance(other)])
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#121212", "#14181e", "#222832"])
def test_every_line_stands_out_on_a_white_and_on_a_dark_page(page):
    colors = [*display._COLORS, display._GRAY]
    assert min(contrast(color, page) for color in colors) >= 3


@plots
def test_lettering_is_readable_on_a_phone(draw, monkeypatch):
    import matplotlib

    sizes = []
    opened = matplotlib.rc_context
    monkeypatch.setattr(
        matplotlib, "rc_context", lambda style: sizes.append(style) or opened(style)
    )
    width = float(re.search(r'<svg [^>]*width="([\d.]+)pt"', draw().html).group(1))
    phone = 340  # pixels of an article's column on a screen of 390
    points = sizes[0]["font.size"]
    assert points * min(phone / width, 4 / 3) >= 11


@plots
def test_the_same_plot_is_the_same_bytes(draw):
    assert draw() == draw()


@plots
def test_a_plot_in_a_file_needs_no_page_around_it(draw, tmp_path):
    draw().save_svg(tmp_path / "plot.svg")
    svg = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(svg)
    assert "style" not in root.attrib  # a margin would push the plot out of its frame
    assert "currentColor" not in svg


def test_only_plots_are_saved_as_svg(tmp_path):
    with pytest.raises(ValueError, match="only plots"):
        display.table(["글"], [["하나"]]).save_svg(tmp_path / "table.svg")
    assert not list(tmp_path.iterdir())


def test_a_title_is_text_and_never_markup():
    title = '두 "시간" <b>이</b>'
    svg = display.bars({"긍정": 1.0}, title).html
    assert "<b>" not in svg
    assert 'aria-label="막대그래프, 두 &quot;시간&quot; &lt;b&gt;이&lt;/b&gt;: ' in svg


def test_a_table_shows_markup_as_text():
    assert "<script>" not in display.table(["글"], [["<script>alert(1)"]]).html
    assert "&lt;script&gt;" in display.table(["<script>"], []).html


def test_a_table_in_a_terminal_counts_hangul_double():
    rows = [["좋네요", 1, 0.5], ["ok", 20, 0.25]]
    assert display.table(["글", "수", "확률"], rows).text.splitlines() == [
        "글      수   확률",
        "좋네요   1  0.500",
        "ok      20  0.250",
    ]


def test_a_combining_accent_takes_no_column_in_a_terminal():
    rows = [["cafe\u0301", "가"], ["1234", "나"]]
    assert display.table(["글", "답"], rows).text.splitlines()[1:] == [
        "cafe\u0301  가",
        "1234  나",
    ]


def test_an_empty_table_has_its_header():
    assert display.table(["글", "수"], []).text == "글  수"


def test_bar_panels_in_a_terminal_are_a_table():
    panels = {"그대로": {"가": 0.75, "나": 0.25}, "k 1": {"가": 1.0, "나": 0.0}}
    assert display.bar_panels(panels, "확률").text.splitlines() == [
        "확률",
        "           가     나",
        "그대로  0.750  0.250",
        "k 1     1.000  0.000",
    ]


def test_bars_in_a_terminal():
    lines = display.bars({"긍정": 0.5, "부": 0.25}, "확률", limit=1.0).text.splitlines()
    assert lines == ["확률", f"긍정 │{'█' * 20} 0.500", f"  부 │{'█' * 10} 0.250"]


def test_bars_of_nothing_but_zeros():
    assert "0.000" in display.bars({"긍정": 0.0}, "정확도").text


def test_histogram_counts_every_value():
    text = display.histogram([0, 3, 4, 11], 4, "길이", "토큰").text
    assert re.findall(r"(\S+) │█+ (\d)", text) == [
        ("0-3", "2"),
        ("4-7", "1"),
        ("8-11", "1"),
    ]


def test_entities_are_marked_in_their_text():
    spans = [Span(0, 3, "PER"), Span(5, 8, "LOC")]
    shown = display.entities("이순신은 한산도에", spans, ["LOC", "PER"])
    assert shown.text == "<이순신:PER>은 <한산도:LOC>에"
    other = display.entities("<b>서울</b>", [Span(3, 5, "LOC")], ["LOC", "PER"])
    assert "&lt;b&gt;" in other.html and "<b>" not in other.html
    # The same colour for the same type, whatever else there is.
    colours = [re.findall(r"background:(#\w+)", x.html) for x in (shown, other)]
    assert colours[0][1] == colours[1][0] != colours[0][0]
    assert display.entities("없음", []).text == "없음"


def test_a_heatmap_in_a_terminal_is_a_table_of_its_values():
    lines = display.heatmap(
        [[0.25, 0.75]], ["가"], ["나", "다"], "가중치"
    ).text.splitlines()
    assert lines[0] == "가중치" and lines[2].split() == ["가", "0.250", "0.750"]


def test_curves_can_be_named_instead_of_counted():
    text = display.curves(
        {"점수": [0.5, 0.75]}, "정확도", "라벨", names=["1", "10"]
    ).text
    assert [line.split() for line in text.splitlines()[2:]] == [
        ["1", "0.500"],
        ["10", "0.750"],
    ]


def test_what_was_not_measured_is_a_gap(tmp_path, monkeypatch):
    (tmp_path / "few.tsv").write_text("쌍\t앞\t뒤\n300\t0.4\t0.5\n1,000\t\t0.7\n")
    monkeypatch.setattr("kerasnlp_tutorial.data.MEASURED", tmp_path)
    text = display.measured("few", "정확도").text
    assert [line.split() for line in text.splitlines()] == [
        ["정확도"],
        ["쌍", "앞", "뒤"],
        ["300", "0.400", "0.500"],
        ["1,000", "-", "0.700"],
    ]


def test_rows_of_a_confusion_matrix_are_answers():
    text = display.confusion_matrix(np.array([[7, 3], [1, 9]]), ["부정", "긍정"]).text
    assert text.splitlines()[1:] == [
        "      부정  긍정",
        "부정     7     3",
        "긍정     1     9",
    ]


def test_curves_begin_at_the_number_that_they_should():
    text = display.curves({"손실": [3.0, 2.0]}, "손실", "에포크", start=1).text
    assert text.splitlines()[2:] == ["     1  3.000", "     2  2.000"]


def test_show_prints_in_a_terminal(capsys):
    display.table(["글"], [["좋네요"]]).show()
    assert capsys.readouterr().out == "글\n좋네요\n"


def test_neighbours_in_a_plane_have_labels_above_and_below():
    points = {"위": (0, 0.05), "아래": (0, 0), "멀리": (1, 1)}
    svg = display.scatter({"글": points}, "").html
    texts = re.findall(r'<g id="text_\d+">.*?translate\(\S+ (\S+?)\)', svg, re.DOTALL)
    above, below = map(float, texts[-4:-2])  # before the third and the legend
    assert below - above > 20  # points of 8-point lettering; the dots are 12 apart


def test_the_epoch_that_training_chooses_is_marked():
    equal = HISTORY | {"val_accuracy": [0.5, 0.7, 0.7]}
    assert display._best_epoch(equal, "val_accuracy") == 2  # its loss is lower
    lower = HISTORY | {"val_loss": [0.8, 0.6, 0.5]}
    assert display._best_epoch(lower, "val_accuracy") == 2
    assert display._best_epoch(lower, "val_loss") == 3


def test_settings_are_shown_as_they_are_written():
    config = TrainingConfig(learning_rate=3e-4, epochs=None)
    shown = display.settings(config, {"학습률": "learning_rate", "에포크": "epochs"})
    assert [line.split() for line in str(shown).splitlines()] == [
        ["설정", "이름", "값"],
        ["학습률", "learning_rate", "0.0003"],
        ["에포크", "epochs", "None"],
    ]
