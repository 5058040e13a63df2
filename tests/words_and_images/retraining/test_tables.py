import io
import re
import sys

import numpy as np
from rich.cells import cell_len

from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.split import Example, Split
from words_and_images.retraining.tables import (
    accuracy_text,
    evaluation_text,
    split_table,
    sure_text,
)


def image(label, split):
    return Example(f"{label}/x.jpg", label, "0", split)


def test_the_split_is_a_table_with_totals():
    split = Split(["a", "much longer"], [
        *[image("a", "training")] * 1200, image("a", "validation"), image("a", "test"),
        *[image("much longer", "training")] * 9])
    assert split_table(split) == (
        "             training  validation  test\n"
        "a               1,200           1     1\n"
        "much longer         9           0     0\n"
        "all             1,209           1     1")


def test_labels_that_the_output_cannot_hold_are_escaped(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    table = split_table(Split(["\xe9"], [image("\xe9", "test")]))
    told = evaluation_text(Evaluation(["\xe9", "b"], ["x"], np.array([0]), np.array([[0.9, 0.1]])))
    assert (table + told).isascii() and table.splitlines()[1].startswith("\\xe9 ")


def test_an_accuracy_has_count_and_interval():
    assert accuracy_text(0.75, 1200, (0.724, 0.774)) == (
        "75.0 % (900 of 1,200), 95 % interval 72.4 to 77.4 %")


def test_an_evaluation_of_three_labels_one_of_them_without_images():
    probabilities = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.3, 0.7, 0], [0.6, 0.4, 0]])
    evaluation = Evaluation(["a", "b", "never seen"], list("wxyz"), np.array([0, 0, 1, 1]),
                            probabilities, not_sure=0.7, noun="image")
    assert evaluation_text(evaluation) == """\
accuracy 75.0 % (3 of 4), 95 % interval 30.1 to 95.4 %
always answering a would be right for 50.0 %
worst class b 50.0 % (1 of 2)

            images  precision   recall    95 % interval      F1
a                2     66.7 %  100.0 %  34.2 to 100.0 %  80.0 %
b                2    100.0 %   50.0 %    9.5 to 90.5 %  66.7 %
never seen       0          -        -                -       -
never seen: no images of it

true label, and how often it was taken for
            a  b  never seen
a           2  0           0
b           1  1           0
never seen  0  0           0

mean best score 75.0 %, right answers 75.0 %; calibration error 30.0 %
not sure of 1 of 4 images, with a best score below 0.7; 100.0 % of the others are right"""


def test_where_no_answer_is_sure_enough_nothing_is_said_of_the_others():
    doubtful = Evaluation(["a", "b"], list("xy"), np.array([0, 1]), np.array([[0.6, 0.4]] * 2),
                          not_sure=0.9)
    assert sure_text(doubtful) == [
        "not sure of 2 of 2 examples, with a best score below 0.9"]
    assert sure_text(confused()) == []


def confused() -> Evaluation:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]])
    return Evaluation(["ホットドッグ", "cafe\u0301"], list("xyz"), np.array([0, 0, 1]),
                      probabilities)


def test_wide_labels_are_aligned():
    blocks = evaluation_text(confused()).split("\n\n")
    for table in (blocks[1].splitlines(), blocks[2].splitlines()[1:]):
        assert len({cell_len(line) for line in table}) == 1


def test_a_terminal_shows_what_is_right_in_green_and_mistakes_in_red(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", terminal)
    for name, value in (("TERM", "xterm"), ("COLUMNS", "50")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = evaluation_text(confused()).splitlines()
    row, = (line for line in lines if line.startswith("ホットドッグ") and "\x1b" in line)
    assert "\x1b[32m1\x1b[0m" in row and "\x1b[31m1\x1b[0m" in row
    heading, *rows = lines[lines.index(row) - 1 : lines.index(row) + 2]
    assert "\x1b[1;36m" in heading
    counts = re.findall(r"(?:\x1b\[(\d+)m| )(\d)\b", "".join(rows))
    assert counts == [("32", "1"), ("31", "1"), ("", "0"), ("32", "1")]
    assert lines[:2] == ["accuracy 66.7 % (2 of 3), 95 % interval 20.8 to", "93.9 %"]
    assert max(cell_len(line.replace("\x1b[1;36m", "").replace("\x1b[0m", ""))
               for line in lines if "\x1b[3" not in line) <= 50
