from words_and_images.common.errors import did_you_mean, nearest


def test_nearest_names_come_best_first_and_far_ones_not_at_all():
    assert nearest("widnow", ["dim", "windows", "window"]) == ["window", "windows"]
    assert nearest("zzz", ["dim", "window"]) == []


def test_the_remedy_names_the_nearest_or_else_every_name():
    assert did_you_mean("skipgrm", ["skipgram", "cbow"]) == "did you mean skipgram?"
    assert did_you_mean("zzz", ["skipgram", "cbow"]) == "choose from skipgram, cbow."
