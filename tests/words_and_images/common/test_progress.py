import io
import re

import pytest
from rich.cells import cell_len

from words_and_images.common import progress as module
from words_and_images.common.progress import Counter, be_quiet, is_quiet, progress, quietly, say

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told to go on."""
    now = [100.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    return now


def test_the_rate_is_work_by_time_in_readable_units(clock):
    counter = Counter(10, "words")
    counter.advance(30)
    clock[0] += 2
    assert counter.rate() == "15.0 words/s"
    counter.advance(5_970)
    assert counter.rate() == "3.00 k words/s"
    counter.advance(4_994_000)
    assert counter.rate() == "2.50 M words/s"


def test_work_away_from_a_terminal_ends_in_one_line_on_standard_error(clock, capsys):
    with progress("reading", 3, "documents") as counter:
        counter.advance(1, "first note")
        counter.advance(2)
        clock[0] += 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "reading: 3 documents in 2.0 s, 1.5 documents/s, first note\n"


def test_long_work_away_from_a_terminal_tells_its_rate_and_the_time_left(clock, capsys):
    with progress("training", 4_000_000, "words") as counter:
        clock[0] += 14
        counter.advance(500_000, "epoch 1")
        assert capsys.readouterr().err == ""
        clock[0] += 6
        counter.advance(500_000)  # a quarter in 20 seconds
        assert capsys.readouterr().err == (
            "training: 25 %, 50.00 k words/s, 60 s left, epoch 1\n")
        clock[0] += 14
        counter.advance(500_000)
        assert capsys.readouterr().err == ""


def test_blocks_that_overlap_are_quiet_until_the_last_has_ended():
    first, second = quietly(), quietly()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert is_quiet()
    second.__exit__(None, None, None)
    assert not is_quiet()


def test_work_that_fails_does_not_tell_that_it_is_done(capsys):
    with pytest.raises(RuntimeError), progress("reading", 3, "documents"):
        raise RuntimeError
    assert capsys.readouterr().err == ""


@pytest.fixture
def quiet():
    be_quiet()


@pytest.fixture
def terminal(monkeypatch):
    """A function that makes standard error a terminal of so many columns."""
    def make(columns: int = 150) -> io.StringIO:
        stream = io.StringIO()
        stream.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(module.sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))
        return stream
    return make


def test_work_on_a_terminal_is_a_bar_with_the_note(terminal):
    shown = terminal()
    with progress("training", 4, "words") as counter:
        counter.advance(4, "loss 0.5")
    for part in ("training", "100 %", "loss 0.5"):
        assert part in shown.getvalue()


def test_a_bar_leaves_what_is_printed_to_standard_output(terminal, capsys):
    shown = terminal()
    with progress("classifying", 1, "images") as counter:
        print("an answer")
        counter.advance()
    assert capsys.readouterr().out == "an answer\n"
    assert "an answer" not in shown.getvalue()


def test_what_is_said_leaves_standard_output_to_the_answers(capsys):
    say("working")
    assert capsys.readouterr() == ("", "working\n")


def test_of_no_work_nothing_is_said(capsys):
    with progress("nothing to do", 0, "images") as counter:
        assert counter.done == 0
    assert capsys.readouterr().err == ""


def test_work_whose_end_is_not_known_tells_what_is_done(clock, terminal):
    shown = terminal()
    with progress("counting", None, "words") as counter:
        counter.advance(1_234_567)
    assert "1,234,567" in shown.getvalue() and "%" not in shown.getvalue()


def test_long_work_without_an_end_says_lines_too(clock, capsys):
    with progress("counting", None, "words") as counter:
        clock[0] += 20
        counter.advance(3_000_000)
        assert capsys.readouterr().err == "counting: 3,000,000 words, 150.00 k words/s\n"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_bar_is_one_line_however_narrow_the_terminal(terminal, columns):
    stream = terminal(columns)
    with progress("fetching https://example.org/[a]/" + 9 * "long/", 100, "bytes") as counter:
        counter.advance(100, "epoch 1, validation loss 0.1234")
    shown = stream.getvalue()
    lines = [line for line in ESCAPES.sub("", shown).splitlines() if line]
    assert max(map(cell_len, lines)) <= columns
    assert lines[-1].startswith("fetching https") and "100 %" in lines[-1]
    assert "\x1b[1A" not in shown  # never a line up: there was no second one


def test_brief_work_leaves_nothing_behind(terminal, monkeypatch, capsys):
    shown = terminal()
    with progress("reading", 3, "words", brief=True) as counter:
        counter.advance(3)
    assert shown.getvalue().endswith("\x1b[2K")  # the line is erased
    monkeypatch.undo()
    with progress("reading", 3, "words", brief=True) as counter:
        counter.advance(3)
    assert capsys.readouterr().err == ""


def test_brief_work_that_takes_long_is_said_after_all(clock, capsys):
    with progress("reading", 4, "words", brief=True) as counter:
        clock[0] += 20
        counter.advance(2)
        counter.advance(2)
    assert capsys.readouterr().err.splitlines() == [
        "reading: 50 %, 0.1 words/s, 20 s left", "reading: 4 words in 20.0 s, 0.2 words/s"]


def test_quietly_nothing_is_said_but_warnings(quiet, terminal):
    shown = terminal()
    assert is_quiet()
    say("a note")
    with progress("training", 4, "words") as counter:
        counter.advance(4)
    say("warning: 3 images are unreadable")
    assert (counter.done, shown.getvalue()) == (4, "warning: 3 images are unreadable\n")


def test_a_message_is_one_line_that_moves_and_paints_nothing(capsys, clock):
    say("no\x1b[2J\u202e\nfile [red]x[/red] [/]")
    with progress("reading \x1b[31m", 2, "files") as counter:
        counter.advance(2, "last \x1b[1A\u202e")
    assert capsys.readouterr().err == (
        "no\\x1b[2J\\u202e\\nfile [red]x[/red] [/]\n"
        "reading \\x1b[31m: 2 files in 0.0 s, 2000.00 M files/s, last \\x1b[1A\\u202e\n")


def test_no_markup_or_escape_of_a_name_reaches_a_bar(terminal):
    shown = terminal()
    with progress("[red]x[/red] [/]", 2, "files") as counter:
        counter.advance(2, "[bold]\x1b[7A")
    assert "[red]x[/red] [/]" in shown.getvalue()
    assert "\x1b[7A" not in shown.getvalue()
