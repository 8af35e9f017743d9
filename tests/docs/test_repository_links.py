"""Links to files outside docs/, and the numbers that README quotes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_a_link_out_of_the_folder_leads_to_the_repository(extension):
    links = extension("repository_links")
    repository = extension("notebooks").repository()
    text = "[a](../../setup.cfg) [b](../../tests) [c](../images/a.svg) [d](own-data.md)"
    assert links.with_repository_links(text, "howto/page") == (
        f"[a]({repository}/blob/main/setup.cfg) [b]({repository}/tree/main/tests) "
        "[c](../images/a.svg) [d](own-data.md)"
    )
    with pytest.raises(Exception, match="page: the repository has no none.py"):
        links.with_repository_links("[a](../none.py)", "page")


def test_every_score_of_the_readme_is_among_the_results():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    results = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    scores = set(re.findall(r"0\.\d{3}", readme))
    assert len(scores) > 5
    assert {score for score in scores if score not in results} == set()


def test_the_chapters_of_the_readme_lead_to_the_site(extension):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    site = extension("notebooks").site_url()
    stems = sorted(path.stem for path in (ROOT / "chapters").glob("ch*.py"))
    for stem in stems:
        assert f"]({site}chapters/{stem}.html)" in readme
        assert f"](docs/chapters/{stem}.ipynb)" in readme
