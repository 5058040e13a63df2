"""Input vectors that are composed: the mean of a word's own row and those of its n-grams.

    v_w = (z_w + sum over the n-grams g of w of z_g) / (1 + n-grams of w)

The distinct words of a step are composed once, and what the step does with v_w it does with the
composed vector. Its gradient goes to each of the rows undivided, where the derivative of the mean
is divided by their number: v_w then moves as far as it would alone. fastText does so, too.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.subwords import Ragged, Subwords
from word2vec.training.updates import RowUpdater, add_columns, compose

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]


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


class Composer:
    """Looks up and moves the words of a step.

    Parameters
    ----------
    table : (words + buckets + 1, dim), changed in place; the last row is nobody's.
    parts : the rows of each word and of padding (`parts_of_words`).
    updater : of the table.
    """

    def __init__(self, table: Floats, parts: Ragged, updater: RowUpdater) -> None:
        self._table, self._parts, self._updater = table, parts, updater
        self._of_step = parts

    def compose(self, ids: Ids) -> tuple[Floats, Ids]:
        """The vectors of the distinct words among ids, (distinct, dim), and the place of each id.
        """
        words, places = np.unique(ids, return_inverse=True)
        self._of_step = self._parts.take(words)
        vectors = compose(self._table, self._of_step.starts, self._of_step.values)
        return vectors, places.astype(np.int32)

    def add(
        self, places: Ids, gradients: Floats, rate: float, met: Ids | None = None
    ) -> None:
        """Move the rows of the words that were composed last by gradients (ids, dim).

        As `RowUpdater.add`; all that are looked up are met.
        """
        distinct = len(self._of_step.starts) - 1
        sums = np.zeros((distinct, gradients.shape[1]), np.float32)
        add_columns(sums, np.arange(len(places) + 1, dtype=np.int32), places,
                    np.ones(len(places), np.float32), gradients)
        weights = np.bincount(places, minlength=distinct).astype(np.int32)
        self._updater.add_of_parts(self._of_step.starts, self._of_step.values, sums, weights, rate)
