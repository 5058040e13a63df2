"""Spaces: what is read, what is refused, and what becomes of values."""

import json
from dataclasses import dataclass

import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require
from words_and_images.tuning.space import (
    Choice,
    Range,
    described,
    read_space,
    space_as_described,
    space_of,
    values_of,
    with_values,
)

FixedTrial = pytest.importorskip("optuna", reason="Optuna is an extra").trial.FixedTrial


@dataclass(frozen=True)
class Head:
    hidden: int = 128
    l2: float = 0.05
    looks: tuple[str, ...] = ("whole",)

    def __post_init__(self):
        require(self.l2 < 10, "l2", self.l2, "below 10")


GROUPS = {"head": Head()}
WRITTEN = {"head.hidden": [0, 128], "head.l2": {"low": "1e-3", "high": 1, "log": True},
           "head.looks": [["whole"], ["whole", "centre"]]}


def test_lists_and_ranges_are_read_and_told_as_they_are_written(tmp_path):
    (tmp_path / "space.yaml").write_text("head.hidden: [0, 128]\n"
                                         "head.l2: {low: 1e-3, high: 1, log: true}\n")
    space = read_space(tmp_path / "space.yaml", GROUPS, ("head.",))
    assert space == {"head.hidden": Choice((0, 128)), "head.l2": Range(0.001, 1, None, True)}
    assert described(space) == {"head.hidden": [0, 128],
                                "head.l2": {"low": 0.001, "high": 1, "log": True}}


@pytest.mark.parametrize("dimension", [
    Range(0, 5), Range(0.0, 0.5, 0.1), Range(-1.0, 0.0), Range(0.001, 1, None, True),
    Choice((0, None, "a"))])
def test_a_space_is_the_same_after_it_was_told(dimension):
    space = {"head.l2": dimension}
    assert space_as_described(json.loads(json.dumps(described(space)))) == space


@pytest.mark.parametrize(("dimension", "drawn", "value"), [
    (Range(0.0, 1.0), 0.123456, 0.123), (Range(0.0, 0.9996), 0.9996, 0.9996),
    (Range(0.0012345, 1.0), 0.0012345, 0.0012345), (Range(0.0, 1.0, 0.0625), 0.1875, 0.1875),
    (Range(0.0, 1.0, 0.1), 0.1 + 2 * 0.1, 0.3)])
def test_a_number_is_short_and_within_its_range_and_steps(dimension, drawn, value):
    found = dimension.suggest(FixedTrial({"head.l2": drawn}), "head.l2")
    assert found == value and dimension.known(found) == value


def test_values_of_groups_and_back():
    space = space_of(WRITTEN, GROUPS, ("head.",), "space")
    values = values_of(GROUPS, space)
    assert values == {"head.hidden": 128, "head.l2": 0.05, "head.looks": ["whole"]}
    changed = with_values(GROUPS, {**values, "head.looks": ["whole", "centre"], "head.hidden": 0})
    assert changed == {"head": Head(0, 0.05, ("whole", "centre"))}


@pytest.mark.parametrize(("written", "sentence"), [
    ({}, "space is {}; write a space"),
    (["head.l2"], "write a space as lines"),
    ({"head.12": [1, 2]}, "'head.12' is no parameter of this search; did you mean head.l2?"),
    ({"head.looks": ["whole"]}, "head.looks is 'whole'; it must be list"),
    ({"head.hidden": []}, "give values that differ"),
    ({"head.hidden": [1, 1]}, "give values that differ"),
    ({"head.hidden": 3}, "give a list of values, or low and high"),
    ({"head.hidden": {"low": 1, "hihg": 2}}, "give a list of values, or low and high"),
    ({"head.hidden": {"low": 5, "high": 5}}, "low has to be below high"),
    ({"head.hidden": {"low": 0, "high": 5, "log": True}}, "low has to be above 0"),
    ({"head.hidden": {"low": 0, "high": 5, "step": 6}}, "within the range"),
    ({"head.hidden": {"low": 1, "high": 5, "step": 1, "log": True}}, "without a step"),
    ({"head.l2": {"low": "much", "high": 5}}, "head.l2.low is 'much'; it must be a number"),
    ({"head.l2": {"low": 1, "high": float("inf")}}, "it must be a number"),
    ({"head.l2": {"low": 1, "high": 20}}, "l2 is 20.0; it must be below 10"),
    ({"head.hidden": {"low": 0.5, "high": 2}}, "head.hidden is 0.5; it must be int"),
])
def test_what_cannot_be_is_refused_in_a_sentence(written, sentence):
    with pytest.raises(UserError) as told:
        space_of(written, GROUPS, ("head.",), "space")
    assert sentence in str(told.value)


def test_a_parameter_that_the_search_does_not_reach_is_refused():
    with pytest.raises(UserError, match="'head.l2' is no parameter of this search"):
        space_of({"head.l2": [1, 2]}, GROUPS, ("head.hidden",), "space")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="there is no space"):
        read_space(tmp_path / "none.yaml", GROUPS, ("head.",))


def test_grids_of_steps_and_of_ends_by_the_logarithm():
    assert Range(100, 400, 100).grid() == [100, 200, 300, 400]
    assert Range(1, 10000, None, True).grid() == [1, 10, 100, 1000, 10000]
    assert Range(0.0, 1.0).grid() == [0, 0.25, 0.5, 0.75, 1]
    assert Choice((1, "a")).grid() == ["1", '"a"']


@pytest.mark.parametrize(("dimension", "value"), [
    (Range(1, 5), 6), (Range(1, 5), 2.5), (Range(1, 5, 2), 2), (Range(1.0, 5.0), True),
    (Choice((1, 2)), 3)])
def test_values_outside_the_space_are_none_of_it(dimension, value):
    with pytest.raises(ValueError):
        dimension.known(value)


def test_values_of_the_space_are_known():
    assert Range(1, 5, 2).known(3) == 3 and Range(0.5, 1).known(0.75) == 0.75
    assert Choice((1, [2])).known([2]) == "[2]"
