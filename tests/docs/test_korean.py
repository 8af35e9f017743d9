from types import SimpleNamespace

import pytest


def anchors(extension, slug, ids):
    """The anchors of a section with a slug, as MyST gives it."""
    from docutils import nodes
    from docutils.utils import new_document

    section = nodes.section(ids=ids, **({"slug": slug} if slug else {}))
    document = new_document("page")
    document += section
    extension("korean").use_titles_as_anchors(SimpleNamespace(), document)
    return section["ids"]


@pytest.mark.parametrize(
    ("slug", "ids", "expected"),
    [
        ("토큰화란", ["id1"], ["토큰화란", "id1"]),
        ("bert와-gpt", ["bert-gpt"], ["bert-gpt"]),  # readable already
        (None, ["id1"], ["id1"]),  # reStructuredText has no slugs
        ("토큰화란", ["id2", "토큰화란"], ["토큰화란", "id2"]),
    ],
)
def test_anchors_are_readable_only_where_there_is_a_slug(
    extension, slug, ids, expected
):
    assert anchors(extension, slug, ids) == expected
