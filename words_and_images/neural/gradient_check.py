"""Derivatives by finite differences, to hold against those worked out by hand."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray


def numerical_gradient(
    function: Callable[[FloatArray], float], array: ArrayLike, step: float = 1e-6
) -> FloatArray:
    """Central differences, df / dx_i = (f(x + h e_i) - f(x - h e_i)) / 2h, in float64.

    Parameters
    ----------
    function
        From an array shaped as `array` to a number. It must not keep the array.
    array : any shape
        The point x; a copy is varied, `array` itself is left alone.
    step : float
        h. The error is of the order h^2 from the formula plus 1e-16 / h from rounding.

    Returns
    -------
    Shaped as `array`.
    """
    point = np.array(array, dtype=np.float64)
    gradient = np.empty_like(point)
    for index in np.ndindex(point.shape):
        centre = point[index]
        above, below = centre + step, centre - step
        point[index] = above
        risen = float(function(point))
        point[index] = below
        fallen = float(function(point))
        point[index] = centre
        # The distance between the two points as stored, which is not quite 2h
        gradient[index] = (risen - fallen) / (above - below)
    return gradient


def relative_error(a: ArrayLike, b: ArrayLike) -> float:
    """|a - b| / max(|a|, |b|) in Euclidean norms; 0 where both are 0. At most 2."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"a and b must have one shape, not {first.shape} and {second.shape}.")
    largest = max(np.linalg.norm(first), np.linalg.norm(second))
    # Compared with 0 and not with > 0, so that nan is no agreement
    return 0.0 if largest == 0 else float(np.linalg.norm(first - second) / largest)
