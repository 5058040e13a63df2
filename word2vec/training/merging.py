"""Making one table of the replicas' tables: when, and how far each row goes.

Let d_i be what replica i has added to a row since the last merge, of the m replicas that moved it.
Their mean would be too little for all but the most frequent words, and their sum too much for
these:

    row += sum of d_i / D,    D = min(m, 1 + far(sum of p_i) (m - 1) c + far(mean of p_i))

    c = (|sum of d_i|^2 - sum of |d_i|^2) / ((m - 1) sum of |d_i|^2), at least 0
    far(p) = p^2 / (0.3^2 + p^2)

c is the cosine of two replicas' moves, on average. Moves that have nothing in common, as those of
rare words, are added, as if one replica had made them all; equal ones become their mean, where
their sum would overshoot. That is Adasum (S. Maleki et al., Scaling Distributed Training with
Adaptive Summation, 2021) of all replicas at once, and whatever their order. But only far moves
overshoot; short ones in a common direction are on their way, and would be slowed down by it. p_i is
how far the learning of a round has moved replica i's row: the sum over its steps of
rate * sqrt(the row's gradients).

A frequent word is soon at its place, and then wanders about it by chance: with the sum over
1 + (m - 1) c as far as with one replica, whatever m and the length of a round. The 1 more halves
the variance of that where rounds are short, and leaves 0.5 to 0.9 of it where they are long. Rare
words have yet to come to their places, and must not be held back. docs/trainer.md has what was
tried.

Early in the training all words move the same way and fast, and what a replica does not know of the
others is soon wrong. So the rounds grow with what has been learned, and the rate of replicas rises
to what it is to be.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = slice | NDArray[np.intp]


class Table(Protocol):
    """Whatever gives rows of (rows, dim)."""

    def __getitem__(self, rows: Rows, /) -> Floats: ...


STRETCH = 1 << 10  # rows that stay in the cache
FAR = 0.3  # how far a row has moved that counts as far by half
GROWTH = 0.4  # of a replica's share of the tokens read so far, to the next merge
WARM = 0.01  # of the training, in which the rate of replicas rises from a tenth
LONGEST = 1 << 18  # tokens that each learns from between two merges, at most
FEW = 4  # replicas; fewer learn from as much as so many together


def ends_of_rounds(tokens: int, epochs: int, replicas: int, step: int) -> list[list[float]]:
    """After which share of each epoch the replicas are merged; the last is always 1.

    Parameters
    ----------
    tokens : of an epoch.
    replicas : which share them.
    step : tokens that a replica learns from at least.
    """
    longest = LONGEST * max(replicas, FEW)
    ends = []
    for epoch in range(epochs):
        ends.append([0.0])
        while ends[-1][-1] < 1:
            read = (epoch + ends[-1][-1]) * tokens
            length = min(max(step * replicas, GROWTH / replicas * read), longest)
            length /= max(tokens, 1)
            left = 1 - ends[-1][-1]
            ends[-1].append(1.0 if left < 1.5 * length else ends[-1][-1] + length)
        del ends[-1][0]
    return ends


def warm(done: float, replicas: int) -> float:
    """What the rate is multiplied by when so large a share of the training is done."""
    return min(1.0, 0.1 + 0.9 * done / WARM) if replicas > 1 else 1.0


def merge(
    tables: Sequence[Floats] | Floats, base: Floats, learnt: Floats,
    share: tuple[int, int] = (0, 1),
) -> None:
    """Give every row that has moved its place in all of the tables.

    Parameters
    ----------
    tables : of (rows, dim), changed in place.
    base : (rows, dim), as all of them were after the last merge; changed in place.
    learnt : (tables, rows), how far each has moved each row since then (`RowUpdater`), 0 where it
        has not; 0 afterwards.
    share : (i, n) does every n-th stretch of rows from the i-th on; the result is the same for any.
    """
    merge_into((base, *tables), tables, base, learnt, share)
    learnt[:, _own(len(base), share)] = 0


def merge_into(
    places: Sequence[Floats], tables: Sequence[Table] | Floats, base: Floats, learnt: Floats,
    share: tuple[int, int],
) -> NDArray[np.intp]:
    """Write the rows of a share that have moved to their common place; return which these are.

    Where most rows of a stretch have moved, all go through the formula, which leaves those that
    have not as they are; elsewhere what one alone has moved is only copied.

    Parameters
    ----------
    places : of (rows, dim), in which the rows are written.
    tables, base, learnt, share : as of `merge`; only read.
    """
    movers = np.count_nonzero(learnt, axis=0) * _own(len(base), share)
    found = np.flatnonzero(movers)
    moved = np.bincount(np.arange(len(base)) // STRETCH, movers > 0)
    for begin in STRETCH * np.flatnonzero(moved > STRETCH / 2):  # faster than row by row
        stretch = slice(begin, min(begin + STRETCH, len(base)))
        _merge_rows(places, tables, base, learnt[:, stretch], stretch)
        movers[stretch] = 0
    for table, far in zip(tables, learnt, strict=True):  # what one alone has moved
        rows = np.flatnonzero((movers == 1) & (far > 0))
        _give(_taken(table, rows), rows, places)
    shared = np.flatnonzero(movers > 1)
    for place in range(0, len(shared), STRETCH):
        rows = shared[place : place + STRETCH]
        _merge_rows(places, tables, base, learnt[:, rows], rows)
    return found


def _own(rows: int, share: tuple[int, int]) -> NDArray[np.bool_]:
    """Which rows are of a share, (rows,)."""
    own: NDArray[np.bool_] = np.arange(rows) // STRETCH % share[1] == share[0]
    return own


def _merge_rows(
    places: Sequence[Floats], tables: Sequence[Table] | Floats, base: Floats, learnt: Floats,
    rows: Rows,
) -> None:
    """Merge some rows; learnt is of these."""
    begun = _taken(base, rows)
    total, squares = _moves(tables, begun, rows)
    count = np.count_nonzero(learnt, axis=0).astype(np.float32)
    together: Floats = learnt.sum(axis=0)
    mean = together / np.maximum(count, 1)
    less = 1 + _far(together) * _common(total, squares) + _far(mean)
    total *= (1 / np.clip(less, 1, np.maximum(count, 1)))[:, np.newaxis]
    total += begun
    _give(total, rows, places)


def _taken(table: Table | Floats, rows: Rows) -> Floats:
    """Some rows of a table; `take` is twice as fast as an index of numbers."""
    if isinstance(rows, slice) or not isinstance(table, np.ndarray):
        return table[rows]
    return np.take(table, rows, axis=0, mode="clip")


def _give(values: Floats, rows: Rows, tables: Sequence[Floats]) -> None:
    for table in tables:
        table[rows] = values


def _moves(
    tables: Sequence[Table] | Floats, begun: Floats, rows: Rows
) -> tuple[Floats, Floats]:
    """What all tables have added to some rows, (rows, dim), and the sum of its squares, (rows,)."""
    total, squares = np.zeros_like(begun), np.zeros(len(begun), np.float32)
    added = np.empty_like(begun)
    for table in tables:
        np.subtract(_taken(table, rows), begun, out=added)  # 0 where the table has not moved it
        total += added
        squares += np.vecdot(added, added)
    return total, squares


def _common(total: Floats, squares: Floats) -> Floats:
    """(m - 1) c of the formula, (rows,); 0 where nothing has moved."""
    common: Floats = np.maximum(np.vecdot(total, total) - squares, 0)
    common /= np.maximum(squares, np.float32(1e-30))
    return common


def _far(learnt: Floats) -> Floats:
    """far(p) of the formula, (rows,)."""
    return learnt**2 / (np.float32(FAR) ** 2 + learnt**2)
