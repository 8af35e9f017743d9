import pytest

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.errors import InputError


@pytest.mark.parametrize(
    "name",
    [
        "ch04",
        "CH04",
        "4",
        "04",
        "ch04_document_classification",
        "document_classification",
    ],
)
def test_a_chapter_has_several_names(name):
    assert registry.find(name).number == 4


def test_an_unknown_chapter_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="no chapter 'ch99'.*ch04"):
        registry.find("ch99")
