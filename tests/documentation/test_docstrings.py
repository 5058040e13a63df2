"""Docstrings as they are written here, read as they are meant."""

import griffe
import pytest

from documentation.docstrings import in_numpy_style

FUNCTION = '''
def function(
    first: int = 1, second: bool = False, third: float = 0.5, data: list[int] | None = None
) -> tuple[int, str]:
    """{docstring}"""
'''


def sections(docstring: str) -> dict:
    """What Griffe finds in a function's docstring, by the kind of section."""
    text = FUNCTION.format(docstring=in_numpy_style(docstring))
    with griffe.temporary_visited_module(text, docstring_parser="numpy") as module:
        return {each.kind.value: each.value for each in module["function"].docstring.parsed}


def parameters(lines: str) -> list[tuple[str, str, str, str]]:
    found = sections(f"Do it.\n\nParameters\n----------\n{lines}\n")["parameters"]
    return [(each.name, str(each.annotation), each.value, each.description) for each in found]


def test_a_description_on_the_line_of_the_name_is_no_type():
    assert parameters("first : how many.\ndata : (n,) of them.") == [
        ("first", "int", "1", "how many."), ("data", "list[int] | None", "None", "(n,) of them.")]


def test_a_long_description_goes_on_below():
    line = "first : how many of those that come after the one that was read before all others there"
    assert parameters(f"{line}\n    are.") == [
        ("first", "int", "1", f"{line.partition(' : ')[2]}\nare.")]


def test_a_short_line_above_a_description_is_a_type():
    assert parameters("data : (n,) integers\n    What is counted.") == [
        ("data", "(n,) integers", "None", "What is counted.")]


@pytest.mark.parametrize("lines", ["first, second, third : both of them.",
                                   "first, second, third\n    both of them."])
def test_names_of_one_line_keep_their_own_defaults(lines):
    found = parameters(lines)
    assert [(name, default) for name, _, default, _ in found] == [
        ("first", "1"), ("second", "False"), ("third", "0.5")]


def test_what_is_returned_may_be_told_in_sentences():
    returned = sections("Do it.\n\nReturns\n-------\nA number, and what\nis said of it.")["returns"]
    assert [(each.name, each.description) for each in returned] == [
        ("", "A number, and what\nis said of it.")]


def test_what_is_returned_may_have_names():
    returned = sections("Do it.\n\nReturns\n-------\ncount : of it.\ntext : about it.")["returns"]
    assert [(each.name, each.annotation.canonical_name, each.description) for each in returned] == [
        ("count", "int", "of it."), ("text", "str", "about it.")]


def test_a_summary_is_one_line_and_a_picture_in_letters_stays():
    assert in_numpy_style("One sentence on\ntwo lines.\n\nMore.") == (
        "One sentence on two lines.\n\nMore.")
    drawn = "Of these:\n\n    a   b\n    c   d"
    assert in_numpy_style(drawn) == drawn


def test_a_page_that_a_docstring_names_becomes_a_link():
    assert in_numpy_style("See docs/words.md, and `docs/words.md`.") == (
        "See [docs/words.md](../words.md), and `docs/words.md`.")
