"""Adding a step's gradients to a table, and making one table of several."""

import importlib.machinery
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]

MERGED_ROWS = 1 << 11  # a stretch that stays in the cache


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
    sqrt(m) grows like that of m independent draws.

    Parameters
    ----------
    table : (words, dim), changed in place.
    exponent : a row's gradients are divided by m^exponent: 0 adds them up, 1 takes their mean.
    """

    def __init__(self, table: Floats, exponent: float) -> None:
        self._table, self._exponent = table, float(exponent)
        self._counts = np.zeros(len(table), np.int64)
        self._powers = np.ones(1, np.float32)  # max(m, 1)^-exponent for m = 0, 1, ...

    def add(self, ids: Ids, gradients: Floats, rate: float, met: Ids | None = None) -> None:
        """table[ids[i]] += rate / m_i^exponent * gradients[i], in the order of i.

        Parameters
        ----------
        ids : (rows,) rows of the table.
        gradients : (rows, dim).
        rate : the learning rate.
        met : m_i is how often ids[i] stands here, and at least 1; None stands for `ids`.
        """
        scales = self._scales(ids, rate, ids if met is None else met)
        if csc_matvecs is None:
            add_rows_by_product(self._table, ids, scales, gradients)
            return
        columns = np.arange(len(ids) + 1, dtype=np.int32)  # one entry a column: row ids[i]
        csc_matvecs(len(self._table), len(ids), gradients.shape[1], columns, ids, scales,
                    gradients.ravel(), self._table.ravel())

    def _scales(self, ids: Ids, rate: float, met: Ids) -> Floats:
        """rate / m^exponent for each of the looked-up rows, (rows,)."""
        if len(met) >= len(self._powers):
            m = np.maximum(np.arange(len(met) + 1), 1.0)
            self._powers = (m**-self._exponent).astype(np.float32)
        np.add.at(self._counts, met, 1)
        scales = np.take(self._powers, np.take(self._counts, ids, mode="clip"), mode="clip")
        self._counts[met] = 0
        scales *= np.float32(rate)
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


def merge_tables(tables: list[Floats], moved: NDArray[np.bool_]) -> None:
    """Give every row its mean over the tables in which it has moved, in all of the tables.

    A row that moved in one table only is taken over from there; one that moved nowhere is equal
    in all, and stays.

    Parameters
    ----------
    tables : of (rows, dim), changed in place.
    moved : (tables, rows).
    """
    movers = moved.sum(axis=0)
    for table, here in zip(tables, moved, strict=True):
        for rows in _stretches(here & (movers == 1)):
            alone = np.take(table, rows, axis=0, mode="clip")
            for other in tables:
                other[rows] = alone
    for rows in _stretches(movers > 1):
        mean = np.zeros((len(rows), tables[0].shape[1]), np.float32)
        for table, here in zip(tables, moved, strict=True):
            share = here[rows] / movers[rows].astype(np.float32)
            mean += np.take(table, rows, axis=0, mode="clip") * share[:, np.newaxis]
        for table in tables:
            table[rows] = mean


def _stretches(rows: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """The numbers of the rows, some at a time."""
    numbers = np.flatnonzero(rows)
    for begin in range(0, len(numbers), MERGED_ROWS):
        yield numbers[begin : begin + MERGED_ROWS]
