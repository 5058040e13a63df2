import io
import json
import sys

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.record import (
    labels_text,
    parameter_rows,
    read_checked,
    record_facts,
    rows_text,
    summary_rows,
)


def test_a_record_keeps_parameters_and_what_the_test_showed():
    evaluation = Evaluation(["a", "b"], list("xyz"), np.array([0, 1, 1]),
                            np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]))
    facts = record_facts({"split": {"test": 0.2}}, evaluation)
    assert facts == {"parameters": {"split": {"test": 0.2}}, "test": evaluation.summary()}
    assert facts["test"].keys() == {"accuracy", "count", "interval", "score_ranges", "labels"}
    assert facts["test"]["interval"] == list(evaluation.interval)
    assert facts["test"]["labels"] == {"a": {"right": 1, "count": 1}, "b": {"right": 1, "count": 2}}


def test_a_record_is_told_in_words():
    record = {"labels": ["ham", "spam"], "not_sure": 0.75, "test": {
        "accuracy": 0.875, "count": 8, "interval": [0.5, 0.97],
        "labels": {"ham": {"right": 6, "count": 6}, "spam": {"right": 1, "count": 2}}}}
    assert summary_rows(record) == [
        ("labels", "ham, spam"),
        ("test accuracy", "87.5 % (7 of 8), 95 % interval 50.0 to 97.0 %; always answering ham "
                          "would be right for 75.0 %; worst class spam 50.0 % (1 of 2)"),
        ("not sure", "where the best score is below 0.75")]
    assert summary_rows({"labels": ["a"]})[1:] == [("test accuracy", "not recorded"),
                                                  ("not sure", "never")]
    old = {"labels": ["a"], "test": {"accuracy": 0.5, "count": 8, "interval": [0.2, 0.8]}}
    assert summary_rows(old)[1][1] == "50.0 % (4 of 8), 95 % interval 20.0 to 80.0 %"


def test_parameters_are_told_as_params_yaml_has_them():
    record = {"parameters": {"split": {"test": 0.1 + 0.2}, "retrain": {
        "steps": 1234567, "looks": ["a", "b"], "refit": True, "first": False, "seed": None,
        "widths": (3, 2), "by": {"a": 1, "b": [2, 3]}}}}
    assert parameter_rows(record) == [
        ("split", "test 0.3"),
        ("retrain", "steps 1234567, looks a b, refit true, first false, seed null, widths 3 2, "
                    "by (a 1, b 2 3)")]
    assert parameter_rows({}) == []


def test_long_values_go_on_below_their_beginning():
    assert rows_text([("name", "one two three"), ("a", "b")], 14) == (
        "name  one two\n      three\na     b")


def test_what_the_output_cannot_hold_is_escaped(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert rows_text([("\xe9", "\xe8 a"), ("b", "c")], 14) == "\\xe9  \\xe8 a\nb     c"


@pytest.mark.parametrize(("content", "reason"), [
    ([], "^it holds no record$"),
    ({"labels": ["a"], "not_sure": 2}, "^not_sure is 2$"),
    ({"labels": ["a"], "not_sure": -0.1}, "^not_sure is -0.1$"),
    ({"labels": []}, "^it tells no labels$"),
    ({}, "^it tells no labels$"),
    ({"labels": "ab"}, "^its labels are no list of names$"),
    ({"labels": ["a", 3]}, "^its labels are no list of names$"),
])
def test_a_record_that_lacks_what_is_needed_is_refused(tmp_path, content, reason):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=reason):
        read_checked(path, ("labels",))


@pytest.mark.parametrize("content", [
    {"labels": ["a"], "not_sure": 0}, {"labels": ["a"], "not_sure": 1}, {"labels": ["a", "b"]}])
def test_a_sound_record_is_given_as_it_is(tmp_path, content):
    (tmp_path / "record.json").write_text(json.dumps(content))
    assert read_checked(tmp_path / "record.json", ("labels",)) == content
    (tmp_path / "record.json").write_text("{}")
    assert read_checked(tmp_path / "record.json", ()) == {}


def test_labels_are_lines():
    assert labels_text(["ham", "not ham"]) == "ham\nnot ham\n"
    for label in ("", "two\nlines"):
        with pytest.raises(UserError) as refused:
            labels_text(["ham", label])
        assert str(refused.value) == (
            f"the label {label!r} is not one line of text, and programs read the labels line by "
            "line; rename its folder and train again.")
