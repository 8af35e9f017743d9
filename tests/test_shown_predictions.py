"""What readers see the default models predict, beside what a person says."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from kerasnlp_tutorial import metrics, registry
from kerasnlp_tutorial.demo import example_inputs
from kerasnlp_tutorial.trained import load_trained

ROOT = Path(__file__).parents[1]
SHOWN = tomllib.loads(
    (Path(__file__).parent / "shown_predictions.toml").read_text(encoding="utf-8")
)
FILES = [ROOT / "README.md", *sorted((ROOT / "docs" / "howto").glob("*.md"))]
FILES += [path for name in SHOWN for path in (ROOT / "chapters").glob(f"{name}_*.py")]
HANGUL_TEXT = re.compile(r"[가-힣]+ .*[가-힣]")


def inputs(chapter):
    return [tuple(entry["input"]) for entry in SHOWN[chapter]]


def words(text):
    """A text without what may stand between its parts in a file: quotes, breaks."""
    return re.sub(r"[^\w%\[\]]+", "", text)


@pytest.mark.parametrize("chapter", SHOWN)
def test_each_stands_where_the_list_says(chapter):
    for entry in SHOWN[chapter]:
        for name in entry["files"]:
            text = (ROOT / name).read_text(encoding="utf-8")
            text = re.sub(r'^ *(#|context \+=|_PASSAGE)|"\n *"', "", text, flags=re.M)
            for part in entry["input"]:
                assert words(part) in words(text), (part, name)
        if "explained" in entry:
            text = (ROOT / entry["files"][0]).read_text(encoding="utf-8")
            assert words(entry["explained"]) in words(text), entry["explained"]


@pytest.mark.parametrize(
    ("chapter", "examples"),
    [
        ("ch04", example_inputs.REVIEWS),
        (
            "ch05",
            [
                *example_inputs.PAIRS,
                *example_inputs.HARD_PAIRS,
                tuple(example_inputs.PAIR_REQUEST.values()),
            ],
        ),
        ("ch06", [*example_inputs.SENTENCES, *example_inputs.HARD_SENTENCES]),
        (
            "ch07",
            [
                *example_inputs.QUESTIONS,
                *example_inputs.HARD_QUESTIONS,
                tuple(example_inputs.QUESTION_REQUEST.values()),
            ],
        ),
    ],
)
def test_the_list_has_each_example_of_the_demo(chapter, examples):
    assert {*examples} <= {*inputs(chapter)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_list_has_each_command_of_the_pages(path):
    text = path.read_text(encoding="utf-8")
    for chapter, arguments in re.findall(
        r"kerasnlp-tutorial predict runs/(ch0[4-7])-1((?: \"[^\"]+\")+)", text
    ):
        command = tuple(re.findall(r"\"([^\"]+)\"", arguments))
        own = path.stem == "own-data"  # shows models of a reader's own
        assert own or command in inputs(chapter), command


@pytest.mark.parametrize("chapter", SHOWN)
def test_the_list_has_each_example_of_the_chapter(chapter):
    """Cells that load the trained model give it texts of their own."""
    (path,) = (ROOT / "chapters").glob(f"{chapter}_*.py")
    listed = words(" ".join(part for given in inputs(chapter) for part in given))
    for cell in ast.parse(path.read_text(encoding="utf-8")).body:
        if "predict(load" not in ast.unparse(cell):
            continue
        for node in ast.walk(cell):
            if isinstance(node, ast.Assign | ast.AugAssign):
                for value in ast.walk(node.value):
                    text = getattr(value, "value", None)
                    if isinstance(text, str) and HANGUL_TEXT.search(text):
                        assert words(text) in listed, text


def answer_of(chapter, prediction):
    """What a prediction says, in the form of the list's `person`."""
    if chapter == "ch06":
        return [[e["text"], e["label"]] for e in prediction["entities"]]
    return prediction["answer" if chapter == "ch07" else "label"]


def is_right(chapter, answer, person):
    if chapter == "ch07":  # a word more or less is no mistake in the eyes of a reader
        return metrics.answer_f1(answer, [person]) >= 0.5
    return answer == person


@pytest.mark.slow
@pytest.mark.parametrize("chapter", ["ch04", "ch05", "ch06", "ch07"])
def test_the_default_model_is_right_where_nothing_is_explained(chapter, tmp_path):
    module = registry.find(chapter).load_task()
    trained = module.train(module.Config(output=str(tmp_path / "trained")))
    given = inputs(chapter)
    if chapter in ("ch04", "ch06"):
        given = [text for (text,) in given]
    predictions = module.predict(load_trained(trained.path), given)
    wrong = [
        (entry["input"][0], entry["person"], answer_of(chapter, prediction))
        for entry, prediction in zip(SHOWN[chapter], predictions, strict=True)
        if "explained" not in entry
        and not is_right(chapter, answer_of(chapter, prediction), entry["person"])
    ]
    assert not wrong
