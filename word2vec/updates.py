"""Adding a step's gradients to the tables."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]

try:  # SciPy's own kernel adds in place: a fifth of the time of the public product below.
    from scipy.sparse._sparsetools import csc_matvecs
except ImportError:  # pragma: no cover
    csc_matvecs = None


class RowScales:
    """The step that each row can stand: rate / m^exponent for a row that occurs m times.

    A row that is looked up m times in one step receives m gradients, all taken at the same
    point. Added up they overshoot, which is what makes large steps diverge; their sum divided by
    sqrt(m) grows like that of m independent draws.

    Parameters
    ----------
    words : rows of the table.
    exponent : 0 adds the gradients up, 0.5 divides by the square root, 1 takes their mean.
    """

    def __init__(self, words: int, exponent: float) -> None:
        self._counts = np.zeros(words, np.int64)
        self._exponent = float(exponent)  # NumPy takes no integers to negative integers

    def of(self, ids: NDArray[np.int32], rate: float) -> Floats:
        """The scale of each looked-up row, (rows,)."""
        np.add.at(self._counts, ids, 1)
        counts = self._counts[ids]
        self._counts[ids] = 0
        return (rate * counts**-self._exponent).astype(np.float32)


def add_rows(table: Floats, ids: NDArray[np.int32], scales: Floats, gradients: Floats) -> None:
    """table[ids[i]] += scales[i] * gradients[i], in the order of i, repeated ids included.

    Parameters
    ----------
    table : (words, dim), changed in place.
    ids : (rows,) rows of the table.
    scales : (rows,).
    gradients : (rows, dim).
    """
    if csc_matvecs is None:
        add_rows_by_product(table, ids, scales, gradients)
        return
    columns = np.arange(len(ids) + 1, dtype=np.int32)  # one entry a column: row ids[i], column i
    csc_matvecs(len(table), len(ids), table.shape[1], columns, ids, scales, gradients.ravel(),
                table.ravel())


def add_rows_by_product(
    table: Floats, ids: NDArray[np.int32], scales: Floats, gradients: Floats
) -> None:
    """The same with public functions: equal up to the rounding of sums."""
    rows, places = np.unique(ids, return_inverse=True)
    columns = np.arange(len(ids) + 1)
    spread = sparse.csc_array((scales, places, columns), shape=(len(rows), len(ids)))
    table[rows] += spread @ gradients
