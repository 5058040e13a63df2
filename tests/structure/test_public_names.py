"""What docs/api shows is everything that is given out, and each name of it is described."""

import ast
import re
from collections.abc import Iterator

import griffe
import pytest
from project_imports import ROOT, project_files

from documentation.docstrings import AsWritten
from documentation.hooks import DIRECTIVE

OURS = ("word2vec", "vision", "texts", "words_and_images")
ROOMS = {file.removesuffix("/__init__.py").replace("/", ".") for file in project_files()
         if file.endswith("/__init__.py") and "on_demand(" in (ROOT / file).read_text()}
SHOWN = {name for page in sorted((ROOT / "docs" / "api").glob("*.md"))
         for name in DIRECTIVE.findall(page.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def code() -> griffe.ModulesCollection:
    """The packages as the site's generator reads them."""
    loader = griffe.GriffeLoader(extensions=griffe.Extensions(AsWritten()), search_paths=[ROOT])
    for package in OURS:
        loader.load(package)
    loader.resolve_aliases(implicit=True, external=False)
    return loader.modules_collection


def public_members(shown: griffe.Object) -> Iterator[griffe.Object]:
    """What a module gives out or a class has, but for what Python itself calls."""
    for name, member in shown.members.items():
        if member.is_public and not (name.startswith("__") or member.is_module):
            yield member.final_target if member.is_alias else member


def is_told(member: griffe.Object, owner: griffe.Object) -> bool:
    """Whether a member is described, where it is or in a class that its own one is made of."""
    bases = owner.mro() if owner.is_class else []
    return member.has_docstring or any(
        member.name in base.members and base.members[member.name].has_docstring for base in bases)


def undescribed(module: griffe.Object) -> list[str]:
    """The public names of a module that have no docstring, and those of its classes' methods.

    The fields of a class are told in its own docstring. What a module only uses itself among its
    constants has no docstring, and is not shown; what a package gives out is meant for others.
    """
    given_out = module.is_init_module
    found = []
    for member in public_members(module):
        if not member.is_attribute or given_out:
            found += [] if is_told(member, module) else [member.path]
        if member.is_class:
            found += [each.path for each in public_members(member)
                      if each.is_function and not is_told(each, member)]
    return found


def test_every_room_that_gives_out_names_is_shown():
    assert ROOMS <= SHOWN


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_every_public_name_is_described(code, name):
    module = code[name]
    assert list(public_members(module)), "nothing of it would be shown"
    assert undescribed(module) == []


def test_a_name_without_a_description_is_found():
    text = ("def told():\n    '''It is.'''\n\ndef untold(): ...\n\nclass Told:\n    '''It is.'''\n"
            "    def method(self): ...\n    def _own(self): ...\n\n"
            "class Derived(Told):\n    '''It is.'''\n    def method(self): ...\n")
    with griffe.temporary_visited_module(text, module_name="some") as module:
        assert undescribed(module) == ["some.untold", "some.Told.method", "some.Derived.method"]


def test_what_the_documents_import_is_shown(code):
    missing = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and str(node.module).startswith(OURS):
                    known = code[node.module].members if node.module in SHOWN else {}
                    missing += [f"{page.name}: {node.module}.{alias.name}"
                                for alias in node.names if alias.name not in known]
    assert missing == []
