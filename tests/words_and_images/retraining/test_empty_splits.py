import pytest

from words_and_images.retraining.empty_splits import Move, Unit, moves_into_empty_splits

RANGES = {"test": (0.0, 0.2), "training": (0.3, 1.0), "validation": (0.2, 0.3)}


def unit(place: float, *labels: str) -> Unit:
    split = next(name for name, (low, high) in RANGES.items() if low <= place < high)
    return Unit(frozenset(labels or ["ode"]), place, split)


@pytest.mark.parametrize(("places", "moved"), [
    ((0.1, 0.25, 0.5), []),
    # 0.35 is nearest to the test's range from above, then 0.9 to the validation's
    ((0.35, 0.9, 0.95), [Move("0.35", "ode", "test"), Move("0.9", "ode", "validation")]),
    # 0.19 is nearest to the training's range from below, then 0.15 to the validation's
    ((0.01, 0.15, 0.19), [Move("0.19", "ode", "training"), Move("0.15", "ode", "validation")]),
    # The only one of the validation set stays there, though it is nearest
    ((0.25, 0.5, 0.9), [Move("0.5", "ode", "test")]),
    ((0.5, 0.9), []),
])
def test_the_nearest_of_those_that_can_be_spared_moves_into_an_empty_split(places, moved):
    units = {str(place): unit(place) for place in places}
    assert moves_into_empty_splits(units, RANGES) == moved


def test_of_equally_near_ones_the_name_decides():
    units = {"b": unit(0.5), "a": unit(0.5), "c": unit(0.25)}
    assert moves_into_empty_splits(units, RANGES) == [Move("a", "ode", "test")]


def test_what_another_class_cannot_spare_stays():
    # m is nearest, and the only elegy of the training set
    units = {"m": unit(0.4, "ode", "elegy"), "n": unit(0.5), "o": unit(0.25),
             "p": unit(0.1, "elegy"), "q": unit(0.25, "elegy")}
    assert moves_into_empty_splits(units, RANGES) == [Move("n", "ode", "test")]


def test_what_moves_for_one_class_counts_for_its_others():
    # m fills the test set of both classes; the next one leaves the training set of both behind
    units = {"m": unit(0.4, "ode", "elegy"), "n": unit(0.5, "ode", "elegy"),
             "o": unit(0.25, "ode"), "p": unit(0.25, "elegy")}
    assert moves_into_empty_splits(units, RANGES) == [Move("m", "elegy", "test")]


def test_what_has_moved_counts_where_it_is_now():
    # m fills the elegies' test set. Then the odes' has two, m and z; of the odes in the training
    # set n alone is left, and stays, though it is nearer to the validation's range than z.
    units = {"m": unit(0.4, "ode", "elegy"), "n": unit(0.35, "ode"), "z": unit(0.01, "ode"),
             "e": unit(0.6, "elegy"), "p": unit(0.25, "elegy")}
    assert moves_into_empty_splits(units, RANGES) == [Move("m", "elegy", "test"),
                                                      Move("z", "ode", "validation")]
    # With another ode in the training set, m is all that the odes' test set needs.
    units = {"m": unit(0.4, "ode", "elegy"), "n": unit(0.5), "o": unit(0.25), "r": unit(0.6),
             "e": unit(0.6, "elegy"), "p": unit(0.25, "elegy")}
    assert moves_into_empty_splits(units, RANGES) == [Move("m", "elegy", "test")]


def test_what_lies_above_a_range_is_nearer_the_lower_it_lies():
    units = {"a": unit(0.9), "b": unit(0.35), "c": unit(0.25)}
    assert moves_into_empty_splits(units, RANGES) == [Move("b", "ode", "test")]


def test_classes_are_filled_in_their_order():
    units = {f"{label}{place}": unit(place, label) for label in "zax"
             for place in (0.25, 0.5, 0.9)}
    assert [move.label for move in moves_into_empty_splits(units, RANGES)] == ["a", "x", "z"]
