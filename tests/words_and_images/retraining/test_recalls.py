import pytest

from words_and_images.retraining.recalls import (
    Recall,
    below,
    constant_answer,
    few_examples,
    hidden_by_accuracy,
    recalls_of,
    shortened,
    warn_of_few,
    worst,
)

# 79 of 88 right, 89.8 %: seven of eight hot dogs are missed.
SKEWED = [Recall("hotdog", 1, 8), Recall("nothotdog", 78, 80)]


def test_the_constant_answer_is_the_label_of_most_images():
    assert constant_answer(SKEWED) == ("nothotdog", pytest.approx(80 / 88))
    assert constant_answer([Recall("a", 0, 3), Recall("b", 3, 3)]) == ("a", 0.5)


def test_the_worst_class_has_the_lowest_recall_and_of_equal_ones_most_images():
    assert worst(SKEWED).label == "hotdog"
    assert worst([Recall("a", 1, 2), Recall("b", 5, 10), Recall("c", 9, 10)]).label == "b"


def test_beside_an_accuracy_stand_the_constant_answer_and_the_worst_class():
    assert hidden_by_accuracy(SKEWED) == [
        "always answering nothotdog would be right for 90.9 %",
        "worst class hotdog 12.5 % (1 of 8)"]
    assert hidden_by_accuracy([Recall("a", 3, 3), Recall("b", 1, 1)]) == [
        "always answering a would be right for 75.0 %", "no class has a mistake"]


@pytest.mark.parametrize("recalls", [[], [Recall("hotdog", 1, 2)]])
def test_nothing_is_compared_with_images_of_one_class_or_none(recalls):
    assert hidden_by_accuracy(recalls) == []


def test_a_label_without_images_has_no_recall():
    assert recalls_of({"a": {"right": 1, "count": 2}, "b": {"right": 0, "count": 0}}) == [
        Recall("a", 1, 2)]


def test_below_a_gate_the_lowest_recall_comes_first():
    recalls = [Recall("a", 17, 20), Recall("b", 16, 20), Recall("c", 1, 20)]
    assert [each.label for each in below(recalls, 0.85)] == ["c", "b"]  # 17 of 20 is 0.85
    alike = [Recall("a", 1, 2), Recall("b", 2, 4), Recall("c", 1, 4)]
    assert [each.label for each in below(alike, 0.85)] == ["c", "b", "a"]


def test_few_images_are_warned_of_with_what_they_can_tell(capsys):
    # Wilson, 2 of 2: 2 / (2 + 3.84) = 0.342
    warn_of_few([Recall("hotdog", 2, 2), Recall("nothotdog", 78, 80)], "text")
    assert capsys.readouterr().err == (
        "warning: fewer than 10 texts to test on, so that chance decides: hotdog (2 texts: "
        "recall 34 to 100 %)\n")
    warn_of_few([Recall(str(number), 1, 1) for number in range(8)])
    assert capsys.readouterr().err.endswith("4 (1 example: recall 21 to 100 %) and 3 more\n")
    warn_of_few([Recall("a", 10, 10)])
    assert capsys.readouterr().err == ""


def test_the_interval_of_few_is_told_in_per_cent():
    # Wilson, 4 of 8: 0.5 -+ 1.96 sqrt(0.03125 + 0.015) / 1.48
    assert few_examples([Recall("a", 4, 8), Recall("b", 10, 10)]) == (
        "fewer than 10 examples to test on, so that chance decides: a (8 examples: "
        "recall 22 to 78 %)")
    assert few_examples([Recall("b", 10, 10)]) is None


def test_a_long_list_is_told_by_its_beginning():
    assert shortened(list("abcde")) == "a, b, c, d, e"
    assert shortened(list("abcdef")) == "a, b, c, d, e and 1 more"
    assert shortened(["a"] * 1005).endswith(" and 1,000 more")
