"""Array types, and the two conversions that every module here begins with."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]
IntegerArray = NDArray[np.integer[Any]]


def as_floats(values: ArrayLike) -> FloatArray:
    """`values` as they are where they are floats already (float32 stays float32), else float64."""
    array = np.asarray(values)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def as_labels(labels: ArrayLike) -> IntegerArray:
    """`labels` as a vector of class numbers from 0 on, at least one; ValueError otherwise."""
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "biu":
        raise ValueError(
            f"labels must be a non-empty vector of integers, not {array.dtype} {array.shape}."
        )
    if array.min() < 0:
        raise ValueError(f"labels must be 0 or more, not {array.min()}.")
    return array.astype(np.intp)
