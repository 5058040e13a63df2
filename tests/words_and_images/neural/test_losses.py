import re

import numpy as np
import pytest
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight

from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.losses import (
    balanced_class_weights,
    cross_entropy,
    cross_entropy_derivative,
    one_hot,
    smooth,
    squared_error,
    squared_error_derivative,
)
from words_and_images.neural.softmax import softmax

INPUTS = np.array([0.1, 0.5, 0.4])
WEIGHTS = np.array(
    [[0.1, 0.2, 0.3, 0.4, 0.5], [0.6, 0.7, 0.8, 0.9, 0.1], [0.11, 0.12, 0.13, 0.14, 0.15]]
)
LOGITS = (INPUTS @ WEIGHTS)[np.newaxis]
THIRD = one_hot([2], 5)


@pytest.fixture
def generator():
    return np.random.default_rng(3)


def test_cross_entropy_of_the_worked_example():
    assert cross_entropy(LOGITS, THIRD) == pytest.approx(1.5279347484961026, abs=1e-15)


def test_derivative_of_the_worked_example():
    by_weights = np.outer(cross_entropy_derivative(LOGITS, THIRD), INPUTS)  # W transposed
    np.testing.assert_allclose(by_weights[0], [0.01909135, 0.09545676, 0.07636541], atol=5e-9)
    np.testing.assert_allclose(by_weights[2], [-0.07830167, -0.39150833, -0.31320667], atol=5e-9)


def test_cross_entropy_of_even_odds_is_the_logarithm_of_the_classes():
    assert cross_entropy(np.zeros((3, 4)), one_hot([0, 1, 3], 4)) == pytest.approx(np.log(4))


def test_cross_entropy_agrees_with_log_loss(generator):
    logits, labels = generator.normal(size=(20, 3)), np.arange(20) % 3
    expected = metrics.log_loss(labels, softmax(logits))
    assert cross_entropy(logits, one_hot(labels, 3)) == pytest.approx(expected, rel=1e-13)


def test_derivative_is_softmax_less_targets_over_the_batch(generator):
    logits, targets = generator.normal(size=(4, 3)), one_hot([0, 2, 1, 1], 3)
    derivative = cross_entropy_derivative(logits, targets)
    np.testing.assert_allclose(derivative, (softmax(logits) - targets) / 4, rtol=1e-13)


def test_class_weights_multiply_the_loss_of_their_class():
    logits, targets = np.log([[0.25, 0.75], [0.5, 0.5]]), one_hot([0, 1], 2)
    # (3 * -ln 0.25 + 5 * -ln 0.5) / 2 = (6 + 5) ln 2 / 2
    assert cross_entropy(logits, targets, [3, 5]) == pytest.approx(5.5 * np.log(2), rel=1e-15)


@pytest.mark.parametrize("class_weights", [None, [0.5, 2.0, 7.0]])
@pytest.mark.parametrize("amount", [0.0, 0.3])
def test_derivative_agrees_with_central_differences(generator, class_weights, amount):
    logits, targets = generator.normal(size=(4, 3)), smooth(one_hot([0, 2, 1, 1], 3), amount)
    numerical = numerical_gradient(lambda z: cross_entropy(z, targets, class_weights), logits)
    derivative = cross_entropy_derivative(logits, targets, class_weights)
    assert relative_error(derivative, numerical) < 1e-8


def test_derivative_allows_targets_that_do_not_sum_to_one(generator):
    logits, targets = generator.normal(size=(4, 3)), generator.random((4, 3))
    numerical = numerical_gradient(lambda z: cross_entropy(z, targets), logits)
    assert relative_error(cross_entropy_derivative(logits, targets), numerical) < 1e-8


def test_a_class_without_a_share_costs_nothing_however_unlikely():
    assert cross_entropy([[1.7e308, -1.7e308]], [[1.0, 0.0]]) == 0


def test_float32_logits_keep_the_derivative_in_float32():
    derivative = cross_entropy_derivative(LOGITS.astype(np.float32), THIRD, np.ones(5))
    assert derivative.dtype == np.float32


def test_one_hot_marks_each_label():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_smoothing_moves_a_share_to_all_classes():
    assert smooth([1, 0, 0, 0], 0.2) == pytest.approx([0.85, 0.05, 0.05, 0.05])
    assert smooth([[1, 0]], 0).tolist() == [[1, 0]]
    assert smooth([[1, 0]], 1).tolist() == [[0.5, 0.5]]


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="below the 3 classes, not 3"):
        one_hot([0, 3], 3)


@pytest.mark.parametrize("amount", [-0.1, 1.1])
def test_smoothing_outside_zero_to_one_is_refused(amount):
    with pytest.raises(ValueError, match=f"not {amount}"):
        smooth([[1, 0]], amount)


@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_derivative])
@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4))),
        (np.zeros((2, 3)), np.zeros(2)),
        (np.zeros(3), np.zeros(3)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_shapes_that_do_not_agree_are_refused(function, logits, targets):
    with pytest.raises(ValueError, match="logits and targets must have one shape"):
        function(logits, targets)


def test_class_weights_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"\(5,\), not \(2,\)"):
        cross_entropy(LOGITS, THIRD, [1, 2])


def test_squared_error_of_worked_numbers():
    outputs, targets = [[1.0, 2.0], [0.0, 4.0]], [[0.0, 2.0], [0.0, 1.0]]
    # (1 + 9) / (2 * 2); weighted (3 * 1 + 5 * 9) / 4
    assert squared_error(outputs, targets) == 2.5
    assert squared_error(outputs, targets, [3, 5]) == 12
    assert squared_error_derivative(outputs, targets).tolist() == [[0.5, 0], [0, 1.5]]


@pytest.mark.parametrize("class_weights", [None, [0.5, 2.0, 7.0]])
def test_squared_error_derivative_agrees_with_central_differences(generator, class_weights):
    outputs, targets = generator.normal(size=(4, 3)), generator.random((4, 3))
    numerical = numerical_gradient(lambda a: squared_error(a, targets, class_weights), outputs)
    derivative = squared_error_derivative(outputs, targets, class_weights)
    assert relative_error(derivative, numerical) < 1e-8


def test_float32_outputs_keep_the_squared_error_in_float32():
    assert squared_error_derivative(LOGITS.astype(np.float32), THIRD).dtype == np.float32


def test_losses_of_float32_are_summed_in_float64():
    logits = np.array([[1e8, 0], [0, 0]], np.float32)
    assert cross_entropy(logits, one_hot([1, 0], 2)) == (1e8 + np.log(np.float32(2))) / 2
    # float32 has no 100,000,001
    assert squared_error(np.array([[1e4], [1]], np.float32), np.zeros((2, 1))) == (1e8 + 1) / 4


def test_balanced_class_weights_of_worked_numbers_and_of_scikit_learn():
    labels = [0, 0, 0, 1]
    # 4 / (2 * 3), 4 / (2 * 1)
    weights = balanced_class_weights(labels, 2)
    assert weights == pytest.approx([2 / 3, 2])
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)
    np.testing.assert_allclose(weights, expected)
    assert weights[labels].mean() == pytest.approx(1)


@pytest.mark.parametrize(("labels", "counts"), [
    ([0, 2], [1, 0, 1]), ([0, 1, 3], [1, 1, 0, 1]), ([0, 1, 1], [1, 2, 0])])
def test_a_class_without_an_example_has_no_weight(labels, counts):
    with pytest.raises(ValueError, match=re.escape(f"3 classes needs an example, not {counts} of")):
        balanced_class_weights(labels, 3)
