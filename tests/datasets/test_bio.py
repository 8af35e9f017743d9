import pytest

from kerasnlp_tutorial.datasets.bio import (
    BrokenTagsError,
    Span,
    TagScheme,
    UnknownTagsError,
    tag_spans,
)


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([], []),
        (["B-A", "B-A", "I-A"], [Span(0, 1, "A"), Span(1, 3, "A")]),
        (
            ["I-A", "I-B", "O", "I-B"],
            [Span(0, 1, "A"), Span(1, 2, "B"), Span(3, 4, "B")],
        ),
        (["B-A", "O", "I-A"], [Span(0, 1, "A"), Span(2, 3, "A")]),
    ],
)
def test_tags(tags, spans):
    assert tag_spans(tags) == spans
    assert TagScheme(set(tags)).spans(tags) == spans


@pytest.mark.parametrize(
    "tags",
    [
        "B-A I-A I-A O B-A B-B I-B B-B",  # BIO, IOB2
        "I-A I-A I-A O I-A I-B I-B B-B",  # IOB1
        "B-A I-A E-A O S-A B-B E-B S-B",  # BIOES, IOBES
        "B-A I-A L-A O U-A B-B L-B U-B",  # BILOU
        "B-A I-A I-A O S-A B-B I-B S-B",  # no mark of the end
        "B-A I-A E-A O B-A B-B E-B B-B",  # no mark of a single one
        "B_A I_A I_A O B_A B_B I_B B_B",
        "A_B A_I A_I - A_B B_B B_I B_B",
        "A-B A-I A-I _ A-B B-B B-I B-B",
        "b-A i-A i-A o b-A b-B i-B b-B",
    ],
)
def test_every_scheme_has_the_same_spans(tags):
    tags = tags.split()
    spans = [Span(0, 3, "A"), Span(4, 5, "A"), Span(5, 7, "B"), Span(7, 8, "B")]
    assert TagScheme(set(tags)).spans(tags) == spans


@pytest.mark.parametrize(
    ("tags", "label"),
    [
        (["B-PS_NAME", "I-PS_NAME"], "PS_NAME"),
        (["B_PS_NAME", "I_PS_NAME"], "PS_NAME"),
        (["PS_NAME_B", "PS_NAME_I"], "PS_NAME"),
        (["B-PS-X", "I-PS-X"], "PS-X"),
        (["B-사람", "I-사람"], "사람"),
        (["B-\u200bper\u200b", " I-per"], "per"),
        # Labels with a letter that could be a mark.
        (["I-PHONE_B", "I-PHONE_I"], "I-PHONE"),
        (["E-MAIL_B", "E-MAIL_I"], "E-MAIL"),
        (["B-S", "I-S"], "S"),
        (["B-B", "I-B"], "B"),
        (["B-I", "I-I"], "I"),
        (["S-B", "S-I"], "S"),
        (["B-TMI_S", "I-TMI_S"], "TMI_S"),
    ],
)
def test_labels_are_free_names(tags, label):
    scheme = TagScheme({*tags, "O"})
    assert scheme.labels == {label}
    assert scheme.spans([*tags, "O"]) == [Span(0, 2, label)]


@pytest.mark.parametrize(
    ("tags", "unknown", "example"),
    [
        ({"O", "PER"}, {"PER"}, "B-PER"),
        ({"O", "B-PER", "LOC_B"}, {"LOC_B"}, "B-PER"),
        ({"LOC_B", "LOC_I", "B_LOC"}, {"B_LOC"}, "LOC_B"),
        ({"O", "B-LOC", "0"}, {"0"}, "B-LOC"),
        ({"O", "-", "B-LOC"}, {"-"}, "B-LOC"),
        ({"B-\u200b", "O"}, {"B-\u200b"}, "B-PER"),
        ({"B-PER O O", "B-LOC"}, {"B-PER O O"}, "B-LOC"),  # of a whole sentence
        ({"_"}, {"_"}, "B-PER"),  # any empty column looks so
    ],
)
def test_what_is_no_tag_as_the_others_are(tags, unknown, example):
    with pytest.raises(UnknownTagsError) as error:
        TagScheme(tags)
    assert (error.value.tags, error.value.example) == (unknown, example)


def test_marks_of_two_schemes_are_named():
    with pytest.raises(ValueError, match="the marks B, E, L together"):
        TagScheme({"B-A", "E-A", "L-A", "O"})


def test_marks_that_could_be_labels():
    assert TagScheme({"B-B"}).spans(["B-B"]) == [Span(0, 1, "B")]
    for tags in ({"I-S"}, {"B-B", "I-B", "B-I", "I-I"}):
        with pytest.raises(ValueError, match="cannot tell mark and label"):
            TagScheme(tags)


@pytest.mark.parametrize(
    ("tags", "position", "message"),
    [
        (["S-A", "B-A", "O", "B-A", "E-A"], 1, "expected after 'B-A' an I or E"),
        (["B-A", "I-A", "O", "B-A", "E-A"], 1, "expected after 'I-A' an I or E"),
        (["U-A", "B-A", "B-A", "L-A"], 1, "expected after 'B-A' an I or L"),
        (["S-A", "E-A"], 1, "'E-A' continues no entity"),
        (["B-A", "E-A", "I-A", "E-A"], 2, "'I-A' continues no entity"),
        (["S-A", "B-A", "I-B"], 2, "'I-B' continues no entity"),
    ],
)
def test_tags_that_break_their_scheme(tags, position, message):
    with pytest.raises(BrokenTagsError, match=message) as error:
        TagScheme(set(tags)).spans(tags)
    assert error.value.position == position
