"""Activation functions, elementwise and without overflow."""

import numpy as np
from numpy.typing import ArrayLike

from neural.arrays import FloatArray, as_floats


def sigmoid(values: ArrayLike) -> FloatArray:
    """The logistic function, 1 / (1 + e^-x) = tanh(x / 2) / 2 + 1 / 2, of any shape.

    Written with tanh, which saturates where e^-x would overflow. The error is absolute, about
    one unit in the last place of 1, so that below x = -37 (in float64) the result is exactly 0.
    """
    return 0.5 * np.tanh(as_floats(values) / 2) + 0.5
