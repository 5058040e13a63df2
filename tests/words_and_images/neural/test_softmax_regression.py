import numpy as np
import pytest

from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.losses import one_hot
from words_and_images.neural.softmax import softmax
from words_and_images.neural.softmax_regression import SoftmaxRegression


@pytest.fixture
def generator():
    return np.random.default_rng(11)


def test_logits_and_probabilities_of_worked_numbers():
    layer = SoftmaxRegression(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.5, 0.0]))
    assert layer.logits([[1, 1], [0, 3]]).tolist() == [[1.5, 2], [0.5, 6]]
    assert layer.logits([1, 1]).tolist() == [1.5, 2]
    assert layer.probabilities([1, 1]).tolist() == softmax([1.5, 2.0]).tolist()


def test_loss_of_worked_numbers_leaves_the_bias_out_of_the_penalty():
    layer = SoftmaxRegression(np.array([[3.0, 3.0]]), np.array([7.0, 7.0]))
    # Even odds: ln 2; (0.5 / 2) (9 + 9)
    assert layer.loss([[1.0]], [[1, 0]], l2=0.5) == pytest.approx(np.log(2) + 4.5, rel=1e-15)


def test_gradients_are_the_closed_form(generator):
    layer = SoftmaxRegression.initialise(generator, 4, 3, np.float64)
    x, t = generator.normal(size=4), one_hot([2], 3)
    by_weights, by_bias = layer.gradients(x[np.newaxis], t)
    p = layer.probabilities(x)
    np.testing.assert_allclose(by_weights, np.outer(x, p - t[0]), rtol=1e-13)
    np.testing.assert_allclose(by_bias, p - t[0], rtol=1e-13)


def test_gradients_agree_with_central_differences(generator):
    inputs, targets = generator.normal(size=(6, 4)), one_hot([0, 1, 2, 2, 1, 0], 3)
    layer = SoftmaxRegression.initialise(generator, 4, 3, np.float64)
    numerical = numerical_gradient(
        lambda weights: SoftmaxRegression(weights, layer.bias).loss(inputs, targets, 0.3),
        layer.weights,
    )
    assert relative_error(layer.gradients(inputs, targets, 0.3)[0], numerical) < 1e-8


def test_first_weights_have_a_deviation_of_one_over_the_root_of_the_features(generator):
    layer = SoftmaxRegression.initialise(generator, 400, 50)
    assert layer.weights.std() == pytest.approx(0.05, rel=0.03)
    assert layer.bias.tolist() == [0] * 50
    assert layer.weights.dtype == layer.bias.dtype == np.float32


def test_inputs_of_another_width_are_refused(generator):
    layer = SoftmaxRegression.initialise(generator, 4, 3)
    with pytest.raises(ValueError, match=r"4 features on the last axis, not \(2, 5\)"):
        layer.logits(np.ones((2, 5)))


@pytest.mark.parametrize("shapes", [((2, 3), (2,)), ((3,), (3,))])
def test_weights_and_bias_that_do_not_agree_are_refused(shapes):
    with pytest.raises(ValueError, match="weights and bias must have the shapes"):
        SoftmaxRegression(np.ones(shapes[0]), np.ones(shapes[1]))
