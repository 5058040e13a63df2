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


def _load_kernels() -> Any:
    """SciPy's own kernels, which add in place: a fifth of the time of its public products.

    They are loaded without the package around them, which would take 20 megabytes in every process.
    None where this version of SciPy has them no more.
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
            return module
    return None


_kernels = _load_kernels()
csc_matvecs: Callable[..., None] | None = getattr(_kernels, "csc_matvecs", None)
csr_matvecs: Callable[..., None] | None = getattr(_kernels, "csr_matvecs", None)


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
        columns = np.arange(len(ids) + 1, dtype=np.int32)  # one entry a column: row ids[i]
        add_columns(self._table, columns, ids, scales, gradients)

    def add_of_parts(
        self, columns: Ids, ids: Ids, gradients: Floats, weights: Ids, rate: float
    ) -> None:
        """The same where the gradient of one thing is for several rows: its parts.

        Parameters
        ----------
        columns, ids : the parts of the i-th thing are ids[columns[i]:columns[i + 1]].
        gradients : (things, dim) the sum of so many of each:
        weights : (things,) int32; m of a row is the sum of those of the things whose part it is.
        rate : the learning rate.
        """
        met = np.repeat(weights, np.diff(columns))
        add_columns(self._table, columns, ids,
                    self._scales(ids.astype(np.intp), rate, ids.astype(np.intp), met), gradients)

    def _scales(
        self, ids: NDArray[np.intp], rate: float, met: NDArray[Any], times: Ids | None = None
    ) -> Floats:
        """rate * min(m^-exponent, most / m) for each of the looked-up rows, (rows,).

        m is how often a row stands in `met`, or the sum of its `times` there.
        """
        np.add.at(self._counts, met, np.int32(1) if times is None else times)  # of its own type:
        m = np.take(self._counts, ids, mode="clip")                            # 30 times as fast
        self._counts[met] = 0
        longest = len(met) if times is None else int(m.max(initial=0))
        if longest >= len(self._powers):
            all_m = np.maximum(np.arange(longest + 1), 1.0)
            self._powers = np.minimum(all_m**-self._exponent, self._most / all_m).astype(np.float32)
        scales: Floats = np.take(self._powers, m, mode="clip")
        scales *= np.float32(rate)
        if self._learnt is not None:
            np.add.at(self._learnt, ids, scales if times is None else scales * times)
        return scales


def compose(table: Floats, columns: Ids, ids: Ids) -> Floats:
    """The means of rows ids[columns[i]:columns[i + 1]] of a table, (things, dim); zeros of none."""
    lengths = np.diff(columns)
    shares = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    if csr_matvecs is None:
        from scipy import sparse

        return np.asarray(sparse.csr_array(
            (shares, ids, columns), shape=(len(lengths), len(table))) @ table)
    means = np.zeros((len(lengths), table.shape[1]), np.float32)
    csr_matvecs(len(lengths), len(table), table.shape[1], columns, ids, shares, table.ravel(),
                means.ravel())
    return means


def add_columns(
    table: Floats, columns: Ids, ids: Ids, scales: Floats, gradients: Floats
) -> None:
    """table[ids[j]] += scales[j] * gradients[i] for all j from columns[i] to columns[i + 1]."""
    if csc_matvecs is None:
        add_rows_by_product(table, columns, ids, scales, gradients)
        return
    csc_matvecs(len(table), len(gradients), gradients.shape[1], columns, ids, scales,
                gradients.ravel(), table.ravel())


def add_rows_by_product(
    table: Floats, columns: Ids, ids: Ids, scales: Floats, gradients: Floats
) -> None:
    """The same with public functions of SciPy, equal up to the rounding of sums."""
    from scipy import sparse

    rows, places = np.unique(ids, return_inverse=True)
    spread = sparse.csc_array((scales, places, columns), shape=(len(rows), len(gradients)))
    table[rows] += spread @ gradients
