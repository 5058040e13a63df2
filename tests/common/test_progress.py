import io

import pytest

from common import progress as module
from common.progress import Counter, progress, say


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


def test_work_that_fails_does_not_tell_that_it_is_done(capsys):
    with pytest.raises(RuntimeError), progress("reading", 3, "documents"):
        raise RuntimeError
    assert capsys.readouterr().err == ""


def test_work_on_a_terminal_is_a_bar_with_the_note(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(module.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    with progress("training", 4, "words") as counter:
        counter.advance(4, "loss 0.5")
    assert "training" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert "loss 0.5" in terminal.getvalue()


def test_a_bar_leaves_what_is_printed_to_standard_output(monkeypatch, capsys):
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(module.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("classifying", 1, "images") as counter:
        print("an answer")
        counter.advance()
    assert capsys.readouterr().out == "an answer\n"
    assert "an answer" not in terminal.getvalue()


def test_what_is_said_leaves_standard_output_to_the_answers(capsys):
    say("working")
    assert capsys.readouterr() == ("", "working\n")


def test_of_no_work_nothing_is_said(capsys):
    with progress("nothing to do", 0, "images") as counter:
        assert counter.done == 0
    assert capsys.readouterr().err == ""
