"""Activation functions, elementwise and without overflow, with their derivatives."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, as_floats


class Activation(NamedTuple):
    """A function a = f(z) of any shape, and f'(z) written as a function of a.

    So a layer that keeps its outputs needs nothing else for its gradients.
    """

    function: Callable[[ArrayLike], FloatArray]
    derivative: Callable[[ArrayLike], FloatArray]


def identity(values: ArrayLike) -> FloatArray:
    """f(z) = z."""
    return as_floats(values)


def tanh(values: ArrayLike) -> FloatArray:
    """f(z) = (e^z - e^-z) / (e^z + e^-z), between -1 and 1."""
    return np.tanh(as_floats(values))


def sigmoid(values: ArrayLike) -> FloatArray:
    """The logistic function, 1 / (1 + e^-x) = tanh(x / 2) / 2 + 1 / 2, of any shape.

    Written with tanh, which saturates where e^-x would overflow. The error is absolute, about
    one unit in the last place of 1, so that below x = -38 (in float64) the result is exactly 0.
    """
    return 0.5 * np.tanh(as_floats(values) / 2) + 0.5


def relu(values: ArrayLike) -> FloatArray:
    """f(z) = max(0, z). Glorot, Bordes and Bengio, "Deep sparse rectifier networks", 2011."""
    return np.maximum(as_floats(values), 0)


def identity_derivative(outputs: ArrayLike) -> FloatArray:
    """f' = 1."""
    return np.ones_like(as_floats(outputs))


def tanh_derivative(outputs: ArrayLike) -> FloatArray:
    """f' = 1 - a^2. Bishop, "Pattern Recognition and Machine Learning", equation 5.60."""
    return 1 - np.square(as_floats(outputs))


def sigmoid_derivative(outputs: ArrayLike) -> FloatArray:
    """f' = a (1 - a). Bishop, equation 4.88."""
    a = as_floats(outputs)
    return a * (1 - a)


def relu_derivative(outputs: ArrayLike) -> FloatArray:
    """f' = 1 where a > 0, else 0, also at the corner. Goodfellow et al., section 6.3.1."""
    a = as_floats(outputs)
    return (a > 0).astype(a.dtype)


ACTIVATIONS = {
    "identity": Activation(identity, identity_derivative),
    "tanh": Activation(tanh, tanh_derivative),
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "relu": Activation(relu, relu_derivative),
}
"""By the names that `DenseLayer` takes."""
