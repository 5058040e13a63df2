"""Tables for terminals, pipes and every encoding."""

import io

import pytest
from rich.cells import cell_len

from words_and_images.common.tables import columns_of, print_lines, shown, table, wrapped


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A function that gives a terminal of so many columns."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def make(columns: int) -> Terminal:
        monkeypatch.setenv("COLUMNS", str(columns))
        return Terminal()

    return make


def test_a_table_has_columns_as_wide_as_their_cells():
    assert table([["", "images", "F1"], ["a", "1,200", "0.5"], ["longer", "7", "-"]]) == (
        "        images   F1\n"
        "a        1,200  0.5\n"
        "longer       7    -")


def test_signs_count_as_many_cells_as_a_terminal_gives_them():
    names = ["犬と猫", "고양이", "🌭", "cafe\u0301", "plain"]
    lines = table([["", "score"], *([name, "0.5"] for name in names)]).splitlines()
    assert {cell_len(line) for line in lines} == {6 + 2 + 5}
    assert lines[1] == "犬と猫    0.5" and lines[4] == "cafe\u0301      0.5"


def test_a_table_too_wide_for_a_terminal_is_cut_into_some_that_fit(terminal):
    cells = [["", *(f"class {number}" for number in range(5))], ["class 0", *"12345"]]
    assert table(cells, terminal(30), lambda row, column: "") == (
        "         class 0  class 1\nclass 0        1        2\n\n"
        "         class 2  class 3\nclass 0        3        4\n\n"
        "         class 4\nclass 0        5")
    assert len(table(cells, io.StringIO()).splitlines()) == 2  # a pipe has no width


def test_colours_are_for_terminals_only(terminal, monkeypatch):
    cells = [["", "a"], ["b", "1"]]
    assert table(cells, terminal(80)) == "   \x1b[1;36ma\x1b[0m\nb  1"
    assert table(cells) == table(cells, io.StringIO()) == "   a\nb  1"
    monkeypatch.setenv("NO_COLOR", "1")
    assert table(cells, terminal(80)) == "   a\nb  1"


def test_a_cell_shows_what_its_stream_cannot_hold_and_no_control_signs():
    ascii_stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert shown("é 犬", ascii_stream) == "\\xe9 \\u72ac"
    assert table([["é"], ["abcd"]], ascii_stream) == "\\xe9\nabcd"
    assert shown("a\x1b[31m\nb\udcf1") == "a\\x1b[31m\\nb\\udcf1"
    assert table([["\u202e\x9b"], ["b"]]) == "\\u202e\\x9b\nb"


def test_lines_are_printed_one_each(capsys):
    print_lines("a\nb", "\x1b[31mred \u202e")
    assert capsys.readouterr().out == "a\\nb\n\\x1b[31mred \\u202e\n"


def test_words_are_wrapped_by_cells():
    assert wrapped("犬と猫 and a cat", 10) == ["犬と猫 and", "a cat"]
    assert wrapped("one-very-long-word is", 5) == ["one-very-long-word", "is"]
    assert wrapped("as long as it is", None) == ["as long as it is"]


def test_only_a_terminal_has_a_width(terminal):
    assert columns_of(terminal(60)) == 60
    assert columns_of(io.StringIO()) is columns_of(None) is None
