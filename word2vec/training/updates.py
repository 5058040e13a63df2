"""Adding a step's gradients to a table."""

import importlib.machinery
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]


def _load_kernel() -> Callable[..., None] | None:
    """SciPy's own kernel, which adds in place: a fifth of the time of its public product.

    It is loaded without the package around it, which would take 20 megabytes in every process.
    None where this version of SciPy has it no more.
    """
    scipy = importlib.util.find_spec("scipy")
    folders = [Path(place) / "sparse" for place in scipy.submodule_search_locations or []
               ] if scipy else []
    for path in (folder / f"_sparsetools{suffix}" for folder in folders
                 for suffix in importlib.machinery.EXTENSION_SUFFIXES):
        spec = importlib.util.spec_from_file_location("_sparsetools", path)
        if path.exists() and spec and spec.loader:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return getattr(module, "csc_matvecs", None)
    return None


csc_matvecs = _load_kernel()


class RowUpdater:
    """Adds gradients to the rows of a table.

    A row that is looked up m times in one step receives m gradients, all taken at the same
    point. Added up they overshoot, which is what makes large steps diverge; their sum divided by
    sqrt(m) grows like that of m independent draws. The rows that every step meets often cannot
    stand that either, and move by no more than a few times the mean of their gradients.

    Parameters
    ----------
    table : (words, dim), changed in place.
    exponent : a row's gradients are divided by m^exponent: 0 adds them up, 1 takes their mean.
    most : means of its gradients that a row moves by, at most.
    learnt : (words,) to which is added how far the learning moves each row: the sum of what its
        gradients are multiplied by, its move where all are equal and of length 1.
    """

    def __init__(
        self, table: Floats, exponent: float, most: float = np.inf, learnt: Floats | None = None
    ) -> None:
        self._table, self._exponent, self._most = table, float(exponent), most
        self._learnt = learnt
        self._counts = np.zeros(len(table), np.int32)
        self._powers = np.ones(1, np.float32)  # of max(m, 1) for m = 0, 1, ...

    def add(self, ids: Ids, gradients: Floats, rate: float, met: Ids | None = None) -> None:
        """table[ids[i]] += rate * min(m_i^-exponent, most / m_i) * gradients[i], in the order of i.

        Parameters
        ----------
        ids : (rows,) rows of the table.
        gradients : (rows, dim).
        rate : the learning rate.
        met : m_i is how often ids[i] stands here, and at least 1; None stands for `ids`.
        """
        places = ids.astype(np.intp)  # once, where every look-up would convert them
        scales = self._scales(places, rate, places if met is None else met)
        if csc_matvecs is None:
            add_rows_by_product(self._table, ids, scales, gradients)
            return
        columns = np.arange(len(ids) + 1, dtype=np.int32)  # one entry a column: row ids[i]
        csc_matvecs(len(self._table), len(ids), gradients.shape[1], columns, ids, scales,
                    gradients.ravel(), self._table.ravel())

    def _scales(self, ids: NDArray[np.intp], rate: float, met: NDArray[Any]) -> Floats:
        """rate * min(m^-exponent, most / m) for each of the looked-up rows, (rows,)."""
        if len(met) >= len(self._powers):
            m = np.maximum(np.arange(len(met) + 1), 1.0)
            self._powers = np.minimum(m**-self._exponent, self._most / m).astype(np.float32)
        np.add.at(self._counts, met, np.int32(1))  # its own type: 30 times as fast
        m = np.take(self._counts, ids, mode="clip")
        self._counts[met] = 0
        scales = np.take(self._powers, m, mode="clip")
        scales *= np.float32(rate)
        if self._learnt is not None:
            np.add.at(self._learnt, ids, scales)
        return scales


def add_rows_by_product(table: Floats, ids: Ids, scales: Floats, gradients: Floats) -> None:
    """table[ids[i]] += scales[i] * gradients[i] with public functions of SciPy.

    Equal to its own kernel up to the rounding of sums.
    """
    from scipy import sparse

    rows, places = np.unique(ids, return_inverse=True)
    columns = np.arange(len(ids) + 1)
    spread = sparse.csc_array((scales, places, columns), shape=(len(rows), len(ids)))
    table[rows] += spread @ gradients
