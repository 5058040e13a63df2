import pytest

from words_and_images.common.errors import (
    counted,
    did_you_mean,
    nearest,
    percent,
    percent_range,
    printable,
)


def test_nearest_names_come_best_first_and_far_ones_not_at_all():
    assert nearest("widnow", ["dim", "windows", "window"]) == ["window", "windows"]
    assert nearest("zzz", ["dim", "window"]) == []


def test_the_remedy_names_the_nearest_or_else_every_name():
    assert did_you_mean("skipgrm", ["skipgram", "cbow"]) == "did you mean skipgram?"
    assert did_you_mean("zzz", ["skipgram", "cbow"]) == "choose from skipgram, cbow."


@pytest.mark.parametrize("text, shown", [
    ("a\x1b[2J\rb", "a\\x1b[2J\\rb"), ("two\nlines\u2028", "two\\nlines\\u2028"),
    ("\u202egpj.exe", "\\u202egpj.exe"), ("\u2066\u200f\u061c", "\\u2066\\u200f\\u061c"),
    ("\x9b31m\x7f\udc80", "\\x9b31m\\x7f\\udc80"), ("[red]x[/]", "[red]x[/]")])
def test_what_a_terminal_would_obey_is_spelled(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize("text", [
    "é 犬 עברית", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f33e"])
def test_letters_of_all_languages_stay_with_what_joins_and_parts_them(text):
    assert printable(text) == text


def test_what_is_counted_is_in_the_plural_but_for_one():
    told = [counted(number, noun) for noun in ("word", "process") for number in (0, 1, 2000)]
    assert told == ["0 words", "1 word", "2,000 words",
                    "0 processes", "1 process", "2,000 processes"]


def test_shares_are_written_in_percent_with_a_blank_and_one_that_is_not_there_as_a_dash():
    assert [percent(0.4149), percent(1, 0), percent(0.00126, 2)] == ["41.5 %", "100 %", "0.13 %"]
    assert percent(None) == "-"
    assert percent_range((0.8651, 0.97)) == "86.5 to 97.0 %"
