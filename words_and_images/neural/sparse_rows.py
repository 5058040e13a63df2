"""Rows of which most numbers are 0, and their products with a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from words_and_images.neural.arrays import IntegerArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Compressed sparse rows.

    Attributes
    ----------
    width : int
        Features that there are.
    ends : (rows + 1,)
        Row i has the entries from ends[i] to below ends[i + 1].
    features : (entries,)
        Each once in a row.
    values : (entries,)
    """

    width: int
    ends: Ids
    features: Ids
    values: Floats

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __iter__(self) -> Iterator[tuple[Ids, Floats]]:
        """The features and values of each row."""
        ends = self.ends.tolist()
        for start, end in zip(ends, ends[1:], strict=False):
            yield self.features[start:end], self.values[start:end]

    @property
    def owners(self) -> Ids:
        """The row of each entry, (entries,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.ends))

    def squared_lengths(self) -> Floats:
        """x_i.x_i of every row, (rows,)."""
        squares = np.square(self.values, dtype=np.float64)
        return np.bincount(self.owners, squares, minlength=len(self)).astype(np.float32)

    def times(self, table: Floats) -> Floats:
        """The product (rows, columns) with a table (width, columns).

        Every row by itself: it must have the same bits alone as among others.
        """
        made = np.zeros((len(self), table.shape[1]), np.float32)
        for row, (features, values) in enumerate(self):
            if len(features):
                made[row] = values @ table.take(features, 0)
        return made

    def take(self, rows: IntegerArray) -> "SparseRows":
        """Those of some numbers, in their order."""
        counts = np.diff(self.ends)[rows]
        ends = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(ends[-1]) + np.repeat(self.ends[:-1][rows] - ends[:-1], counts)
        return SparseRows(self.width, ends, self.features[places], self.values[places])

    def beside(self, dense: Floats) -> "SparseRows":
        """The same with the columns of a dense table (rows, columns) behind."""
        columns = np.arange(self.width, self.width + dense.shape[1])
        ends = self.ends + dense.shape[1] * np.arange(len(self.ends))
        features, values = np.empty(ends[-1], np.int64), np.empty(ends[-1], np.float32)
        own = np.arange(len(self.features)) + dense.shape[1] * self.owners
        features[own], values[own] = self.features, self.values
        for column in range(dense.shape[1]):
            places = ends[1:] - dense.shape[1] + column
            features[places], values[places] = columns[column], dense[:, column]
        return SparseRows(self.width + dense.shape[1], ends, features, values)

    @classmethod
    def joined(cls, parts: Sequence["SparseRows"]) -> "SparseRows":
        """One below the other; of the same width, and one or more."""
        starts = np.cumsum([0, *(len(part.features) for part in parts)])
        ends = [part.ends[1:] + start for part, start in zip(parts, starts, strict=False)]
        return cls(parts[0].width, np.concatenate([[0], *ends]),
                   np.concatenate([part.features for part in parts]),
                   np.concatenate([part.values for part in parts]))
