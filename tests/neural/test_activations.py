import warnings

import numpy as np
import pytest
from scipy.special import expit

from neural.activations import sigmoid


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
