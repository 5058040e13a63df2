from words_and_images.common.errors import counted, did_you_mean, nearest


def test_nearest_names_come_best_first_and_far_ones_not_at_all():
    assert nearest("widnow", ["dim", "windows", "window"]) == ["window", "windows"]
    assert nearest("zzz", ["dim", "window"]) == []


def test_the_remedy_names_the_nearest_or_else_every_name():
    assert did_you_mean("skipgrm", ["skipgram", "cbow"]) == "did you mean skipgram?"
    assert did_you_mean("zzz", ["skipgram", "cbow"]) == "choose from skipgram, cbow."


def test_what_is_counted_is_in_the_plural_but_for_one():
    told = [counted(number, noun) for noun in ("word", "process") for number in (0, 1, 2000)]
    assert told == ["0 words", "1 word", "2,000 words",
                    "0 processes", "1 process", "2,000 processes"]
