"""A softmax layer's derivatives: worked numbers, both ways, and central differences."""

import numpy as np
import pytest

from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.losses import one_hot
from words_and_images.neural.softmax import softmax_jacobian
from words_and_images.neural.softmax_layer import (
    layer_jacobian,
    layer_jacobian_by_product,
    layer_loss,
    logits_jacobian,
    loss_derivative,
    loss_derivative_by_product,
    probability_cross_entropy,
    probability_cross_entropy_derivative,
    softmax_layer,
)

X = np.array([0.1, 0.5, 0.4])
W = np.array([
    [0.1, 0.2, 0.3, 0.4, 0.5],
    [0.6, 0.7, 0.8, 0.9, 0.1],
    [0.11, 0.12, 0.13, 0.14, 0.15],
])
THIRD = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
BOTH_JACOBIANS = [layer_jacobian_by_product, layer_jacobian]
BOTH_DERIVATIVES = [loss_derivative_by_product, loss_derivative]


@pytest.fixture
def batch():
    generator = np.random.default_rng(5)
    return generator.standard_normal((4, 6, 3)), generator.standard_normal((3, 5))


def test_probabilities_of_the_worked_example():
    np.testing.assert_allclose(
        softmax_layer(X, W), [0.19091352, 0.20353145, 0.21698333, 0.23132428, 0.15724743],
        atol=5e-9)


def test_loss_and_its_derivative_by_probabilities_of_the_worked_example():
    h = softmax_layer(X, W)
    assert layer_loss(X, W, THIRD) == pytest.approx(1.5279347484961026, abs=1e-15)
    assert probability_cross_entropy(h, THIRD) == pytest.approx(1.5279347484961026, abs=1e-15)
    np.testing.assert_allclose(probability_cross_entropy_derivative(h, THIRD),
                               [0, 0, -4.60864, 0, 0], atol=1e-5)


def test_softmax_jacobian_of_the_worked_examples():
    np.testing.assert_allclose(
        softmax_jacobian(softmax_layer(X, W))[0],
        [0.154465, -0.038856, -0.041425, -0.044162, -0.030020], atol=1e-6)
    s = [0.16205871, 0.15308274, 0.22661096, 0.22634251, 0.23190508]
    np.testing.assert_allclose(
        softmax_jacobian(s)[0],
        [0.13579568, -0.02480839, -0.03672428, -0.03668077, -0.03758224], atol=1e-8)


@pytest.mark.parametrize("derivative", BOTH_DERIVATIVES)
def test_loss_by_weights_of_the_worked_example(derivative):
    by_weights = derivative(X, W, THIRD)
    assert by_weights.shape == W.T.shape
    np.testing.assert_allclose(by_weights[0], [0.01909135, 0.09545676, 0.07636541], atol=5e-9)
    np.testing.assert_allclose(by_weights[2], [-0.07830167, -0.39150833, -0.31320667], atol=5e-9)


def test_a_weight_moves_the_logit_of_its_own_class_only():
    by_weights = logits_jacobian([2.0, 3.0], 2)
    np.testing.assert_array_equal(by_weights, [[[2, 3], [0, 0]], [[0, 0], [2, 3]]])
    assert logits_jacobian(np.ones(2, np.float32), 2).dtype == np.float32


@pytest.mark.parametrize("jacobian", BOTH_JACOBIANS)
def test_layer_jacobian_agrees_with_central_differences(jacobian):
    found = jacobian(X, W)
    for t in range(W.shape[1]):
        expected = numerical_gradient(lambda w, t=t: float(softmax_layer(X, w)[t]), W)
        assert relative_error(found[t].T, expected) < 1e-8


@pytest.mark.parametrize("derivative", BOTH_DERIVATIVES)
def test_loss_derivative_agrees_with_central_differences(derivative):
    targets = np.array([0.1, 0.2, 0.4, 0.3, 0.0])
    expected = numerical_gradient(lambda w: float(layer_loss(X, w, targets)), W)
    assert relative_error(derivative(X, W, targets).T, expected) < 1e-8


def test_both_ways_agree_on_a_batch_of_any_shape(batch):
    x, w = batch
    y = one_hot(np.arange(24) % 5, 5).reshape(4, 6, 5)
    np.testing.assert_allclose(layer_jacobian_by_product(x, w), layer_jacobian(x, w), atol=1e-14)
    by_product, short = loss_derivative_by_product(x, w, y), loss_derivative(x, w, y)
    np.testing.assert_allclose(by_product, short, atol=1e-13)
    assert short.shape == (4, 6, 5, 3)
    np.testing.assert_allclose(short[1, 2], loss_derivative(x[1, 2], w, y[1, 2]), atol=1e-15)
    losses, h = layer_loss(x, w, y), softmax_layer(x, w)
    assert losses.shape == (4, 6) and losses[1, 2] == pytest.approx(layer_loss(x[1, 2], w, y[1, 2]))
    np.testing.assert_allclose(probability_cross_entropy(h, y), losses, rtol=1e-12)


def test_the_closed_form_is_finite_where_a_probability_vanishes():
    x, w = np.array([1.0]), np.array([[1000.0, -1000.0]])
    np.testing.assert_allclose(loss_derivative(x, w, [0.0, 1.0]), [[1], [-1]])
    assert layer_loss(x, w, [0.0, 1.0]) == 2000
    assert probability_cross_entropy(softmax_layer(x, w), [0.0, 1.0]) == np.inf
    assert probability_cross_entropy(softmax_layer(x, w), [1.0, 0.0]) == 0


@pytest.mark.parametrize("call", [
    lambda: softmax_layer([1.0, 2.0], W), lambda: loss_derivative(X, W[0], THIRD),
    lambda: loss_derivative(X, W, THIRD[:4]), lambda: layer_loss(X, W, np.stack([THIRD] * 2)),
    lambda: softmax_layer(1.0, W)])
def test_shapes_that_do_not_agree_are_refused(call):
    with pytest.raises(ValueError, match="shape"):
        call()
