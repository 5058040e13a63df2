import json

import pytest

from words_and_images.common.errors import UserError
from words_and_images.retraining.record import (
    labels_text,
    parameter_rows,
    read_checked,
    rows_text,
    summary_rows,
)


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


def test_parameters_are_told_as_params_yaml_has_them():
    record = {"parameters": {"split": {"test": 0.2}, "retrain": {"steps": 500, "looks": ["a", "b"],
                                                                 "refit": True, "seed": None}}}
    assert parameter_rows(record) == [
        ("split", "test 0.2"), ("retrain", "steps 500, looks a b, refit true, seed null")]


def test_long_values_go_on_below_their_beginning():
    assert rows_text([("name", "one two three"), ("a", "b")], 14) == (
        "name  one two\n      three\na     b")


@pytest.mark.parametrize(("content", "reason"), [
    ([], "it holds no record"),
    ({"labels": ["a"], "not_sure": 2}, "not_sure is 2"),
    ({"labels": []}, "it tells no labels"),
    ({}, "it tells no labels"),
])
def test_a_record_that_lacks_what_is_needed_is_refused(tmp_path, content, reason):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=reason):
        read_checked(path, ("labels",))


def test_labels_are_lines():
    assert labels_text(["ham", "not ham"]) == "ham\nnot ham\n"
    for label in ("", "two\nlines"):
        with pytest.raises(UserError, match="is not one line of text"):
            labels_text(["ham", label])
