"""Array types, and the checks and conversions that every module here begins with."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

FloatArray = NDArray[np.floating[Any]]
IntegerArray = NDArray[np.integer[Any]]


def as_floats(values: ArrayLike) -> FloatArray:
    """`values` as they are where they are floats already (float32 stays float32), else float64."""
    array = np.asarray(values)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def as_type(values: ArrayLike, dtype: DTypeLike) -> FloatArray:
    """`values` in that float type; what it does not reach becomes infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=dtype)


def require_width(name: str, values: FloatArray, width: int) -> None:
    """ValueError unless the last axis of `values` has that many numbers."""
    if values.ndim == 0 or values.shape[-1] != width:
        raise ValueError(f"{name} must have {width} features on the last axis, not {values.shape}.")


def require_finite(name: str, values: ArrayLike, before: int = 0) -> None:
    """ValueError that names the first number of `values` that is infinite or nan, and its place.

    `before` is how many rows of the same came before these.
    For what comes from outside: functions of single numbers, such as softmax, hand nan on as
    NumPy does, and whoever trains with them reports what they come to.
    """
    array = np.asarray(values)
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(map(int, np.unravel_index(finite.argmin(), array.shape)))
        told = (place[0] + before, *place[1:]) if place else place
        raise ValueError(f"{name} must be finite numbers, not {array[place]} at {told}.")


def as_labels(labels: ArrayLike) -> IntegerArray:
    """`labels` as a vector of class numbers from 0 on, at least one; ValueError otherwise."""
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "biu":
        raise ValueError(
            f"labels must be a non-empty vector of integers, not {array.dtype} {array.shape}."
        )
    if array.min() < 0:
        raise ValueError(f"labels must be 0 or more, not {array.min()}.")
    if array.max() > np.iinfo(np.intp).max:
        raise ValueError(f"labels must be numbers of classes, not {array.max()}.")
    return array.astype(np.intp)
