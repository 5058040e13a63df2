"""A site is built whole or not at all; the pages of this one are complete."""

import sys

import pytest
import yaml
from project_imports import ROOT

from documentation.__main__ import main
from documentation.hooks import PLACE, formulas, on_page_content, outside, relinked, shown
from documentation.site import build_site
from words_and_images.common.errors import UserError

CONFIGURATION = """
site_name: Small
docs_dir: docs
use_directory_urls: false
plugins: []
theme: {name: mkdocs, highlightjs: false, locale: en}
validation: {anchors: warn}
"""


@pytest.fixture
def small(tmp_path):
    """The configuration of a site of two pages."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# One\n\n[two](two.md#two)\n")
    (tmp_path / "docs" / "two.md").write_text("# Two\n")
    (tmp_path / "mkdocs.yml").write_text(CONFIGURATION)
    return tmp_path / "mkdocs.yml"


def test_a_site_is_built_and_replaces_the_former_one(small, tmp_path):
    build_site(small, tmp_path / "site")
    (tmp_path / "docs" / "two.md").write_text("# Two\n\nanother sentence\n")
    build_site(small, tmp_path / "site")
    assert "another sentence" in (tmp_path / "site" / "two.html").read_text()
    assert not (tmp_path / "site" / "sitemap.xml").exists()


@pytest.mark.parametrize("page", ["# One\n\n[two](three.md)\n", "# One\n\n[two](two.md#three)\n",
                                  '# One\n\n<a href="three.html">three</a>\n',
                                  '# One\n\n<img src="https://example.org/a.png">\n'])
def test_a_site_with_a_broken_link_is_refused_and_the_former_one_stays(small, tmp_path, page):
    build_site(small, tmp_path / "site")
    former = (tmp_path / "site" / "index.html").read_bytes()
    (tmp_path / "docs" / "index.md").write_text(page)
    with pytest.raises(UserError, match=r"the site has (warnings|broken links)"):
        build_site(small, tmp_path / "site")
    assert (tmp_path / "site" / "index.html").read_bytes() == former


def test_a_folder_of_somebody_else_is_not_replaced(small, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match=r"mine\.txt"):
        build_site(small, tmp_path / "site")
    assert (tmp_path / "site" / "mine.txt").read_text() == "mine"


def test_what_is_to_be_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "mkdocstrings_handlers.python", None)
    with pytest.raises(UserError, match=r"pip install '\.\[documentation\]'"):
        main()


def test_every_page_is_in_the_navigation():
    def pages(entry) -> set[str]:
        if isinstance(entry, str):
            return {entry}
        values = entry.values() if isinstance(entry, dict) else entry
        return {page for value in values for page in pages(value)}

    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages(navigation) == there | {"security.md"}


def test_nothing_is_loaded_from_other_hosts():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["theme"]["font"] is False and "://" not in text


@pytest.mark.parametrize(("page", "link", "expected"), [
    ("words.md", "trainer.md#small-texts", "trainer.md#small-texts"),
    ("words.md", "cores.png", "cores.png"),
    ("words.md", "../texts/ngrams.py", "source/texts/ngrams.py.md"),
    ("words.md", "../vision/drawings", "source/vision/drawings/index.md"),
    ("words.md", "../examples/dvc.lock", "source/examples/dvc.lock"),
    ("words.md", "../SECURITY.md", "security.md"),
    ("api/index.md", "../words.md", "../words.md"),
    ("api/index.md", "../../params.yaml", "../source/params.yaml.md"),
    ("security.md", "docs/page.md#limits", "page.md#limits"),
    ("security.md", "data/sources.yaml", "source/data/sources.yaml.md"),
    ("words.md", "https://example.org/a.py", "https://example.org/a.py"),
])
def test_links_of_the_repository_lead_to_pages_of_the_site(page, link, expected):
    assert relinked(f"see [it]({link}).", page) == f"see [it]({expected})."


def test_what_is_not_there_is_left_for_mkdocs_to_complain_of():
    assert outside("../vision/nothing.py", "docs/words.md") is None


def test_a_file_is_shown_with_its_content_and_the_place_where_it_is_described():
    page = shown("words_and_images/neural/softmax.py")
    assert "(../../../api/neural.md#words_and_images.neural.softmax)" in page
    assert (ROOT / "words_and_images/neural/softmax.py").read_text(encoding="utf-8") in page


def test_formulas_come_back_where_they_were():
    class Page:
        class file:  # noqa: N801
            src_uri = "some.md"

    formulas["some.md"] = [f"<math>{number}</math>" for number in range(12)]
    html = f"<p>{PLACE.format(1)}</p><p>{PLACE.format(11)} behind {PLACE.format(1)}</p>"
    assert on_page_content(html, Page(), None, None) == (
        '<div class="formula"><math>1</math></div><p><math>11</math> behind <math>1</math></p>')
