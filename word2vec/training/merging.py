"""Making one table of the replicas' tables: when, and how far each row goes.

Two replicas are merged after every half million words of each, and a row that both have moved
becomes the mean of the two. Of more replicas the mean would be too little for all but the most
frequent words, and the sum too much for these. Let d_i be what replica i has added to a row since
the last merge, of the m replicas that moved it:

    row += sum of d_i / (1 + (m - 1) s),    s = max(c, h)

    c = (|sum of d_i|^2 - sum of |d_i|^2) / ((m - 1) sum of |d_i|^2), at least 0
    h = p^2 / (1 + p^2)

c is the cosine of two replicas' moves, on average. Moves that have nothing in common, as those of
rare words, are added, as if one replica had made them all; equal ones become their mean, where
their sum would overshoot. That is Adasum (S. Maleki et al., Scaling Distributed Training with
Adaptive Summation, 2021) of all replicas at once, and whatever their order. p is how far the
learning of a round has moved the row, the mean of the replicas' sums of rate * sqrt(m) over their
steps. A word that each of them met often has come to its place in each, and wanders about it by
chance: the mean takes the chance away. docs/trainer.md has what was tried.

Early in the training all words move the same way and fast, and what a replica does not know of the
others is soon wrong. So the rounds of many replicas grow with what has been learned.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MERGED_ROWS = 1 << 9  # a stretch that stays in the cache
PAIR = 2  # replicas up to which rounds are alike, and rows become means
ROUND = 1 << 19  # tokens that each of a pair learns from between two merges, at most
GROWTH = 0.4  # of a replica's share of the tokens read so far, to the next merge
LONGEST = 1 << 18  # tokens that each of many learns from between two merges, at most


def ends_of_rounds(tokens: int, epochs: int, replicas: int, step: int) -> list[list[float]]:
    """After which share of each epoch the replicas are merged; the last is always 1.

    Parameters
    ----------
    tokens : of an epoch.
    replicas : which share them.
    step : tokens that a replica learns from at least.
    """
    if replicas <= PAIR:
        rounds = max(1, -(-tokens // (ROUND * replicas)))
        return [[(number + 1) / rounds for number in range(rounds)]] * epochs
    ends = []
    for epoch in range(epochs):
        ends.append([0.0])
        while ends[-1][-1] < 1:
            read = (epoch + ends[-1][-1]) * tokens
            length = min(max(step * replicas, GROWTH / replicas * read), LONGEST * replicas)
            length /= max(tokens, 1)
            left = 1 - ends[-1][-1]
            ends[-1].append(1.0 if left < 1.5 * length else ends[-1][-1] + length)
        del ends[-1][0]
    return ends


def merge_pair(
    tables: Sequence[Floats] | Floats, moved: NDArray[np.bool_], share: tuple[int, int] = (0, 1)
) -> None:
    """Give every row its mean over the tables in which it has moved, in all of the tables.

    A row that moved in one table only is taken over from there; one that moved nowhere is equal
    in all, and stays.

    Parameters
    ----------
    tables : of (rows, dim), changed in place.
    moved : (tables, rows).
    share : (i, n) does the i-th of n shares of the work, which touch no row in common.
    """
    movers = moved.sum(axis=0)
    for table, here in zip(tables, moved, strict=True):
        for rows in _stretches(here & (movers == 1), share):
            alone = np.take(table, rows, axis=0, mode="clip")
            for other in tables:
                if other is not table:
                    other[rows] = alone
    for rows in _stretches(movers > 1, share):
        mean = _moved_rows(tables[0], moved[0], rows)
        for table, here in zip(tables[1:], moved[1:], strict=True):
            mean += _moved_rows(table, here, rows)
        mean /= movers[rows].astype(np.float32)[:, np.newaxis]
        for table in tables:
            table[rows] = mean


def _moved_rows(table: Floats, moved: NDArray[np.bool_], rows: NDArray[np.int64]) -> Floats:
    """Some rows of a table, with zeros for those that have not moved."""
    found = np.take(table, rows, axis=0, mode="clip")
    found[~moved[rows]] = 0
    return found


def merge_many(
    tables: Sequence[Floats] | Floats, base: Floats, learnt: Floats,
    share: tuple[int, int] = (0, 1),
) -> None:
    """Give every row that has moved its place in all of the tables.

    A row that moved in one table only is taken over from there; one that moved nowhere is equal
    in all, and stays.

    Parameters
    ----------
    tables : of (rows, dim), changed in place.
    base : (rows, dim), as all of them were after the last merge; changed in place.
    learnt : (tables, rows), how far each has moved each row (`RowUpdater`), 0 where it has not.
    share : as of `merge_pair`; the result is the same for any.
    """
    moved = learnt > 0
    movers = moved.sum(axis=0)
    for table, here in zip(tables, moved, strict=True):
        for rows in _stretches(here & (movers == 1), share):
            _give(np.take(table, rows, axis=0, mode="clip"), rows, (base, *tables))
    for rows in _stretches(movers > 1, share):
        count = movers[rows].astype(np.float32)
        begun = np.take(base, rows, axis=0, mode="clip")
        total, squares = _moves(tables, begun, rows)
        saturation = _saturation(learnt[:, rows].sum(axis=0) / count)
        together = np.maximum(_cosine(total, squares, count), saturation)
        total /= (1 + (count - 1) * together)[:, np.newaxis]
        _give(begun + total, rows, (base, *tables))


def _moves(
    tables: Sequence[Floats] | Floats, begun: Floats, rows: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """What all tables have added to some rows, (rows, dim), and the sum of its squares, (rows,)."""
    total, squares = np.zeros_like(begun), np.zeros(len(rows), np.float32)
    added = np.empty_like(begun)
    for table in tables:
        np.take(table, rows, axis=0, out=added, mode="clip")
        added -= begun  # exactly 0 where the table has not moved the row
        total += added
        squares += _squares(added)
    return total, squares


def _squares(moves: Floats) -> Floats:
    """The squared length of each row, (rows,)."""
    lengths: Floats = np.einsum("rd,rd->r", moves, moves)
    return lengths


def _cosine(total: Floats, squares: Floats, count: Floats) -> Floats:
    """c of the formula, (rows,), from 0 to 1; 0 where nothing has moved."""
    common = (_squares(total) - squares) / np.maximum((count - 1) * squares, np.float32(1e-30))
    return np.clip(common, 0, 1)


def _saturation(learnt: Floats) -> Floats:
    """h of the formula, (rows,)."""
    return learnt**2 / (1 + learnt**2)


def _give(values: Floats, rows: NDArray[np.int64], tables: Sequence[Floats]) -> None:
    for table in tables:
        table[rows] = values


def _stretches(
    rows: NDArray[np.bool_], share: tuple[int, int]
) -> Iterator[NDArray[np.int64]]:
    """The numbers of a share of the rows, some at a time."""
    numbers = np.flatnonzero(rows)[share[0] :: share[1]]
    for begin in range(0, len(numbers), MERGED_ROWS):
        yield numbers[begin : begin + MERGED_ROWS]
