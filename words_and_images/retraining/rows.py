"""The rows that a head learns from, left where they are until they are asked for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.paged import forget
from words_and_images.neural.arrays import IntegerArray
from words_and_images.neural.scaling import ROWS_AT_ONCE, Standardiser
from words_and_images.neural.training import Table


class Part(NamedTuple):
    """Some examples of bottlenecks (examples, looks, features), and their labels' numbers.

    `examples` are their places in the array, `rows` those in the split.
    """

    bottlenecks: NDArray[np.float32]
    examples: IntegerArray
    rows: IntegerArray
    targets: IntegerArray

    def without(self, rows: IntegerArray) -> "Part":
        """The same but for the examples at those places of the split."""
        kept = ~np.isin(self.rows, rows)
        return Part(self.bottlenecks, self.examples[kept], self.rows[kept], self.targets[kept])


class Rows(Table):
    """Every look and every variant of the examples of some parts as a row of a table.

    Rows are copied out of the parts' arrays only where they are asked for: of many examples, a copy
    of all is gigabytes, and most trainings see less than each row once.

    Parameters
    ----------
    parts : one or more, of the same features.
    standardiser : what rows are scaled by, if by anything.

    Attributes
    ----------
    shape : (rows, features)
    targets : number of each row's label, (rows,).
    """

    def __init__(self, parts: Sequence[Part], standardiser: Standardiser | None = None) -> None:
        self._parts, self._standardiser = parts, standardiser
        looks = [part.bottlenecks.shape[1] for part in parts]
        self._ends = np.cumsum([len(part.examples) * count
                                for part, count in zip(parts, looks, strict=True)])
        self.shape = int(self._ends[-1]), parts[0].bottlenecks.shape[2]
        self.targets = np.concatenate([np.repeat(part.targets, count)
                                       for part, count in zip(parts, looks, strict=True)])

    def standardised(self, standardiser: Standardiser) -> "Rows":
        """The same rows, scaled."""
        return Rows(self._parts, standardiser)

    def __getitem__(self, rows: IntegerArray) -> NDArray[np.float32]:
        """Copies of the rows of those numbers, (numbers, features)."""
        copies = np.empty((len(rows), self.shape[1]), np.float32)
        owners = np.searchsorted(self._ends, rows, side="right")
        for number, part in enumerate(self._parts):
            places = np.flatnonzero(owners == number)
            begin = self._ends[number - 1] if number else 0
            examples, looks = np.divmod(rows[places] - begin, part.bottlenecks.shape[1])
            copies[places] = part.bottlenecks[part.examples[examples], looks]
            forget(part.bottlenecks)
        if self._standardiser:
            self._standardiser.apply_in_place(copies)
        return copies

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All rows in their order, some at a time."""
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield self[np.arange(start, min(start + ROWS_AT_ONCE, len(self)))]
