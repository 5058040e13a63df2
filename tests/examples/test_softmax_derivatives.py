"""What the example of the softmax layer writes and measures."""

import numpy as np

from examples.softmax_derivatives import (
    WAYS,
    SoftmaxParameters,
    largest_difference,
    measure,
    worked_numbers,
)


def test_both_ways_give_the_worked_numbers():
    numbers = worked_numbers()
    assert numbers["loss"] == 1.5279347484961026
    np.testing.assert_allclose(numbers["loss_by_probabilities"], [0, 0, -4.60864, 0, 0], atol=1e-5)
    assert largest_difference(numbers) < 1e-15


def test_the_matrices_of_the_picture_are_factors_and_their_product():
    numbers = worked_numbers()
    np.testing.assert_allclose(
        numbers["softmax_jacobian"] @ numbers["logits_by_weights"],
        numbers["probabilities_by_weights"], atol=1e-16)


def test_the_long_way_needs_more_memory_the_larger_the_layer():
    parameters = SoftmaxParameters(features=16, classes=(40, 80), repeats=1)
    rows = measure(parameters)
    assert set(rows) == set(WAYS)
    assert all(row["seconds"] > 0 for measured in rows.values() for row in measured)
    megabytes = {way: [row["megabytes"] for row in measured] for way, measured in rows.items()}
    # (classes, classes, features) floats of 8 bytes, twice: four times as many at twice the classes
    small, large = megabytes["of the loss, by the product"]
    assert 2 * 80 * 80 * 16 * 8 / 1e6 <= large < 3 * 80 * 80 * 16 * 8 / 1e6
    assert 3.3 < large / small < 4.5
    assert max(megabytes["of the loss, closed form"]) < large / 10
