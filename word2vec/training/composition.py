"""Input vectors that are composed: the mean of a word's own row and those of its n-grams.

    v_w = (z_w + sum over the n-grams g of w of z_g) / (1 + n-grams of w)

The distinct words of a stretch of text are composed once, and what the steps do with v_w they do
with the composed vector. What it is to move by goes to each of the rows undivided, where the
derivative of the mean is divided by their number: v_w then moves as far as it would alone. fastText
does so, too.

A stretch is a step in skip-gram (`StepComposer`), which learns best so. CBOW, which is fast and
thins the text out less, would spend most of its time on it; its stretch is a piece of the corpus
(`PieceComposer`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.subwords import Ragged, Subwords
from word2vec.training.updates import RowUpdater, add_columns, compose

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]

MOST_MEANS = 16.0  # of its gradients that a row, one of many of its words, moves by in a step
MOST_MEANS_OF_WORDS = 4.0  # the same of words that move by themselves
DAMPING = 0.75  # of moves in a common direction: 0 adds them up, 1 takes their mean


def parts_of_words(words: Sequence[str], subwords: Subwords) -> Ragged:
    """The rows of each word's vector, and, behind the last word, none for padding.

    A word's own row stands first and has the number of the word; the buckets' stand behind those
    of all words.
    """
    buckets = subwords.buckets_of(words)
    starts = buckets.starts + np.arange(len(words) + 1, dtype=np.int32)
    values = np.empty(len(buckets.values) + len(words), np.int32)
    own = np.zeros(len(values), np.bool_)
    own[starts[:-1]] = True
    values[own] = np.arange(len(words))
    values[~own] = buckets.values + len(words)
    return Ragged(np.append(starts, starts[-1:]), values)


class Composer(ABC):
    """Looks up and moves the words of a stretch of text.

    Parameters
    ----------
    table : (words + buckets + 1, dim), changed in place; the last row is nobody's.
    parts : the rows of each word and of padding (`parts_of_words`).
    exponent : of the updates (`RowUpdater`).
    learnt : (rows,) to which is added how far the learning moves each row of the table.
    """

    whole_piece: bool
    "Whether a stretch is a piece of the corpus, or a step."

    def __init__(
        self, table: Floats, parts: Ragged, exponent: float, learnt: Floats | None = None
    ) -> None:
        self._table, self._parts, self._exponent, self._learnt = table, parts, exponent, learnt
        self._numbering = _Numbering(len(parts.starts) - 1)
        self.vectors = np.zeros((0, table.shape[1]), np.float32)
        "Of the distinct words of the stretch, (distinct, dim)."

    def begin(self, ids: Ids) -> None:
        """Compose the words of a stretch, given once or more often."""
        self._of_words = self._parts.take(self._numbering.number(ids))
        self.vectors = compose(self._table, self._of_words.starts, self._of_words.values)

    def places(self, ids: Ids) -> Ids:
        """The rows of `vectors` that words of the stretch have."""
        return self._numbering.numbers(ids)

    @abstractmethod
    def add(self, places: Ids, gradients: Floats, rate: float, met: Ids | None = None) -> None:
        """Move words by the gradients of a step, (places, dim), as `RowUpdater.add`.

        All that are looked up are met.
        """

    @abstractmethod
    def end(self) -> None:
        """End the stretch: all that it has learned is in the table then."""


class StepComposer(Composer):
    """Hands the gradients of each step, which is a stretch, on to the rows."""

    whole_piece = False

    def __init__(
        self, table: Floats, parts: Ragged, exponent: float, learnt: Floats | None = None
    ) -> None:
        super().__init__(table, parts, exponent, learnt)
        self._updater = RowUpdater(table, exponent, MOST_MEANS, learnt)

    def add(self, places: Ids, gradients: Floats, rate: float, met: Ids | None = None) -> None:
        sums = np.zeros_like(self.vectors)
        add_columns(sums, np.arange(len(places) + 1, dtype=np.int32), places,
                    np.ones(len(places), np.float32), gradients)
        weights = np.bincount(places, minlength=len(sums)).astype(np.int32)
        self._updater.add_of_parts(self._of_words.starts, self._of_words.values, sums, weights,
                                   rate)

    def end(self) -> None:
        """Nothing to do: the rows have moved."""


class PieceComposer(Composer):
    """Lets words move by themselves for a stretch, and then their rows by what they moved.

    Of the words of a row, d_w is what w has moved by since the stretch began, and

        z += sum of d_w / max(1, c)^0.75,    c = |sum of d_w|^2 / sum of |d_w|^2

    Moves that have nothing in common (c = 1) are added up. n equal ones (c = n) come to n^0.25
    times their mean: each was made without the others. With the exponent 1 it would be their mean,
    as where replicas are merged (merging.py).
    """

    whole_piece = True

    def __init__(
        self, table: Floats, parts: Ragged, exponent: float, learnt: Floats | None = None
    ) -> None:
        super().__init__(table, parts, exponent, learnt)
        self._numbering_of_rows = _Numbering(len(table))
        self._begun = self.vectors

    def begin(self, ids: Ids) -> None:
        super().begin(ids)
        self._begun = self.vectors.copy()
        self._far = np.zeros(len(self._begun), np.float32)
        self._updater = RowUpdater(self.vectors, self._exponent, MOST_MEANS_OF_WORDS, self._far)

    def add(self, places: Ids, gradients: Floats, rate: float, met: Ids | None = None) -> None:
        self._updater.add(places, gradients, rate, met)

    def end(self) -> None:
        starts, lengths = self._of_words.starts, np.diff(self._of_words.starts)
        moves = self.vectors - self._begun
        rows = self._numbering_of_rows.number(self._of_words.values)
        places = self._numbering_of_rows.numbers(self._of_words.values)
        sums = np.zeros((len(rows), moves.shape[1]), np.float32)
        add_columns(sums, starts, places, np.ones(len(places), np.float32), moves)

        def summed(values: Floats) -> Floats:  # those of each row's words
            return np.bincount(places, np.repeat(values, lengths), len(rows)).astype(np.float32)

        squares = np.maximum(summed(np.vecdot(moves, moves)), np.finfo(np.float32).tiny)
        shares = np.maximum(np.vecdot(sums, sums) / squares, 1) ** -DAMPING
        add_columns(self._table, np.arange(len(rows) + 1, dtype=np.int32), rows, shares, sums)
        if self._learnt is not None:
            self._learnt[rows] += shares * summed(self._far)


COMPOSERS: dict[str, type[Composer]] = {"skipgram": StepComposer, "cbow": PieceComposer}


class _Numbering:
    """Small numbers for some of many things.

    Parameters
    ----------
    count : of all things.
    """

    def __init__(self, count: int) -> None:
        self._there = np.zeros(count, np.bool_)
        self._numbers = np.zeros(count, np.int32)

    def number(self, ids: Ids) -> Ids:
        """Number the distinct ones among ids from 0 on; return them in that order, which is theirs.
        """
        self._there[ids] = True
        distinct = np.flatnonzero(self._there)
        self._there[distinct] = False
        self._numbers[distinct] = np.arange(len(distinct), dtype=np.int32)
        return distinct.astype(np.int32)

    def numbers(self, ids: Ids) -> Ids:
        """The numbers of things that `number` was given last."""
        return np.take(self._numbers, ids)
