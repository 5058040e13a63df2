"""Lengths and cosines of vectors of any scale.

The square of 1e20 is infinite in float32 and that of 1e-30 is 0. So squares that leave the safe
range are summed in float64, whose range holds the square of every float32, and vectors of other
types are scaled first.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

ROWS = 1 << 12  # in float64 at once
# Sums of squares between these bounds, and products of vectors whose lengths lie between those,
# have lost nothing that float32 holds.
SAFE_SQUARES = (1e-30, 1e37)
SAFE_LENGTHS = (1e-28, 1e37)


def lengths(vectors: Floats) -> Doubles:
    """Lengths of the rows, (rows,); what is not finite there is not finite here."""
    squares = np.empty(len(vectors))
    for start in range(0, len(vectors), ROWS):
        block = vectors[start : start + ROWS]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            sums = np.einsum("ij,ij->i", block, block).astype(np.float64)
        unsure = ~_within(sums, SAFE_SQUARES)  # a NaN too
        wide = block[unsure].astype(np.float64)
        sums[unsure] = np.einsum("ij,ij->i", wide, wide)
        squares[start : start + ROWS] = sums
    return np.sqrt(squares, out=squares)


def unit(vectors: ArrayLike) -> Doubles:
    """Vectors (..., dim) at length 1, those of zeros as they are."""
    values = np.asarray(vectors, np.float64)
    values = values / _divisors(np.abs(values).max(axis=-1, keepdims=True, initial=0))
    return values / _divisors(np.sqrt((values * values).sum(axis=-1, keepdims=True)))


def unit_rows(vectors: Floats, divisors: Doubles) -> Floats:
    """Rows (rows, dim) over their lengths (rows,), at which 1 stands for 0."""
    quotients = np.empty(vectors.shape, np.float32)
    return np.divide(vectors, divisors[:, np.newaxis], out=quotients, casting="same_kind")


def cosine(a: ArrayLike, b: ArrayLike) -> float:
    """Cosine of two vectors (dim,): exact to float32, and 1 for the same vector."""
    return float(np.float32(unit(a) @ unit(b)).clip(-1, 1))


def cosines(vectors: Floats, divisors: Doubles, direction: Doubles) -> Floats:
    """Cosines of rows with a unit vector, (rows,), -1 to 1.

    Parameters
    ----------
    vectors, divisors : (rows, dim) and (rows,), as for `unit_rows`.
    direction : (dim,) of length 1, or of zeros.
    """
    narrow = direction.astype(np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        products = vectors @ narrow
        np.divide(products, divisors, out=products, casting="same_kind")
    unsafe = np.flatnonzero(~_within(divisors, SAFE_LENGTHS))
    for start in range(0, len(unsafe), ROWS):
        rows = unsafe[start : start + ROWS]
        products[rows] = unit_rows(vectors[rows], divisors[rows]) @ narrow
    return np.clip(products, -1, 1, out=products)


def _within(values: Doubles, bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return (values > bounds[0]) & (values < bounds[1])


def _divisors(values: Doubles) -> Doubles:
    return np.where(values == 0, 1, values)
