"""README.md, what lies beside it, and docs/: their links lead to what is there, imports work."""

import ast
import re
import shlex
from importlib import import_module
from pkgutil import resolve_name

import pytest
from project_imports import ROOT

PAGES = [*(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")),
         *sorted((ROOT / "docs").glob("*.md"))]
OURS = ("word2vec", "vision", "texts", "words_and_images", "pipelines", "benchmarks", "examples",
        "app")


def of_pages(pattern: str) -> list[tuple[str, str]]:
    """What a pattern finds, with the page's path from the root; no heading of another page."""
    return [(str(page.relative_to(ROOT)), found) for page in PAGES
            for found in re.findall(pattern, page.read_text(encoding="utf-8"), re.DOTALL)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_links_to_exists(page):
    links = re.findall(r'\]\(([^)#\s]+)|(?:src|srcset)="([^"]+)"', page.read_text("utf-8"))
    names = [one or other for one, other in links if "://" not in (one or other)]
    assert [name for name in names if not (page.parent / name).exists()] == []


@pytest.mark.parametrize(("page", "file", "test"), [
    (page, *names) for page, names in of_pages(r"(tests/[\w/]+\.py)::(\w+)")])
def test_every_test_that_a_page_names_is_there(page, file, test):
    assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), page


@pytest.mark.parametrize(("page", "block"), of_pages(r"```python\n(.*?)```"))
def test_every_import_that_a_page_shows_works(page, block):
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in OURS:
            for alias in node.names:
                assert hasattr(import_module(str(node.module)), alias.name), page


@pytest.mark.parametrize(
    ("page", "name"), of_pages(r"`((?:word2vec|vision|words_and_images)\.\w[\w.]*)`"))
def test_every_dotted_name_that_a_page_shows_is_there(page, name):
    if name == "word2vec.c":  # the program
        return
    resolve_name(name)  # whatever else has been imported


@pytest.mark.parametrize(("page", "command"), of_pages(r"python -m ([\w.]+)"))
def test_every_module_that_a_page_runs_is_there(page, command):
    parts = shlex.split(command.rstrip("."))[0].split(".")
    if parts[0] in OURS and parts != ["pipelines", "count_words"]:  # that the page shows how to add
        place = ROOT.joinpath(*parts)
        assert any(file.is_file() for file in (
            place.with_suffix(".py"), place / "__init__.py", place / "__main__.py")), page
