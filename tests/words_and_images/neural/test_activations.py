import warnings

import numpy as np
import pytest
from scipy.special import expit

from words_and_images.neural.activations import ACTIVATIONS, sigmoid
from words_and_images.neural.gradient_check import numerical_gradient


def test_sigmoid_of_worked_numbers():
    # 1 / (1 + e^-ln 3) = 3 / 4
    assert sigmoid([0.0, np.log(3), -np.log(3)]) == pytest.approx([0.5, 0.75, 0.25], abs=1e-15)


def test_sigmoid_agrees_with_the_logistic_function():
    values = np.linspace(-50, 50, 1001).reshape(7, 143)
    np.testing.assert_allclose(sigmoid(values), expit(values), rtol=0, atol=3e-16)


def test_sigmoid_saturates_without_overflow_and_keeps_float32():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extreme = sigmoid(np.array([-3e38, 3e38], np.float32))
    assert extreme.tolist() == [0.0, 1.0]
    assert extreme.dtype == np.float32


def test_activations_of_worked_numbers():
    values = np.array([-np.log(3), 0.0, np.log(3)])
    expected = {
        "identity": values,
        # (3 - 1/3) / (3 + 1/3)
        "tanh": [-0.8, 0, 0.8],
        "sigmoid": [0.25, 0.5, 0.75],
        "relu": [0, 0, np.log(3)],
    }
    assert expected.keys() == ACTIVATIONS.keys()
    for name, wanted in expected.items():
        np.testing.assert_allclose(ACTIVATIONS[name].function(values), wanted, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_agree_with_central_differences(name):
    function, derivative = ACTIVATIONS[name]
    values = np.random.default_rng(1).normal(size=(3, 5))
    numerical = numerical_gradient(lambda z: float(function(z).sum()), values)
    np.testing.assert_allclose(derivative(function(values)), numerical, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_derivatives_keep_float32(name):
    outputs = ACTIVATIONS[name].function(np.ones(3, np.float32))
    assert outputs.dtype == ACTIVATIONS[name].derivative(outputs).dtype == np.float32


def test_the_corner_of_relu_has_no_slope():
    assert ACTIVATIONS["relu"].derivative(np.zeros(2)).tolist() == [0, 0]
