"""CBOW and skip-gram as banded matrix products.

A model makes a hidden vector of each centre, and says which words that is to predict:

    skip-gram   h = v_c, the centre's input vector        predicts every context in its window
    CBOW        h = the mean of its contexts' v           predicts the centre

Sixteen neighbouring centres are a block. Its window of text holds the contexts of all of them,
so that one matrix product meets them all, of which a mask keeps the band: in skip-gram the
products of centres and contexts, in CBOW the means. How a prediction is scored and learnt is the
matter of losses.py.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from word2vec.parameters import BLOCK
from word2vec.training.bands import ByReach, contexts, masks
from word2vec.training.batches import Batch, Geometry

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Number = TypeVar("Number", bound=np.generic)

# All gradients of a centre are taken at the same point: with wide windows their sum would overshoot
# (docs/trainer.md). In windows wider than this, or never narrower than the widest, a centre's
# contexts together weigh no more than:
SKIPGRAM_WHOLE_WINDOW, SKIPGRAM_WHOLE = 5, 8.0
# With more contexts than this, each gets so much less of CBOW's undivided gradient:
CBOW_WHOLE = 32.0


class Model(ABC):
    """From the words around and in a block to its hidden vectors, and back.

    Parameters
    ----------
    geometry : the sizes of a step.
    divided : CBOW only: whether each context gets the gradient divided by the number of contexts,
        which is the true derivative of the mean, or all of it, as in word2vec.c (of up to
        CBOW_WHOLE contexts).
    dynamic_window : whether the size of the windows is drawn.
    """

    meetings: int
    "Groups of hidden vectors, all of which meet the same target words."
    target_words: int
    "Target words of a meeting, at most."
    input_rows: int
    "Rows of the input table that a chunk looks up, at most."

    @abstractmethod
    def __init__(
        self, geometry: Geometry, divided: bool = False, dynamic_window: bool = True
    ) -> None: ...

    @abstractmethod
    def input_ids(self, batch: Batch) -> Ids:
        """Rows of the input table that a chunk looks up, (rows,)."""

    @abstractmethod
    def renumbered(self, batch: Batch, ids: Ids) -> Batch:
        """The chunk with other numbers of the rows that it looks up, (rows,), for `hidden`."""

    @abstractmethod
    def target_ids(self, batch: Batch) -> Ids:
        """Words that hidden vectors may predict, in the order of meetings, two axes."""

    @abstractmethod
    def hidden(self, inputs: Floats, batch: Batch) -> Floats:
        """Hidden vectors of a chunk, (blocks, BLOCK, dim), from the input table (words, dim)."""

    @abstractmethod
    def half_targets(self, batch: Batch) -> Floats:
        """Half of the weight with which a hidden vector is to predict a target, 0 elsewhere.

        (meetings, hidden vectors of a meeting, target_words)
        """

    @abstractmethod
    def half_predictions(self, batch: Batch) -> Floats:
        """Half of how many words each hidden vector predicts, by weight, (blocks, BLOCK)."""

    @abstractmethod
    def room(self, out: Floats) -> Floats:
        """Where a loss is to put its gradient by the hidden vectors, (blocks, BLOCK, dim)."""

    @abstractmethod
    def spread(self, by_hidden: Floats, batch: Batch, out: Floats) -> None:
        """Hand the gradient by the hidden vectors on to the input rows.

        Parameters
        ----------
        by_hidden : (blocks, BLOCK, dim), in the array that `room` gave.
        batch : ids and reaches.
        out : (rows, dim), overwritten, in the order of `input_ids`.
        """


class Skipgram(Model):
    """Each centre predicts every context in its window."""

    def __init__(
        self, geometry: Geometry, divided: bool = False, dynamic_window: bool = True
    ) -> None:
        self.meetings, self.target_words = geometry.blocks, geometry.span
        self.input_rows = geometry.tokens
        wide = geometry.window > SKIPGRAM_WHOLE_WINDOW or not dynamic_window
        most = SKIPGRAM_WHOLE if wide else 2.0 * geometry.window
        self._halves = ByReach(geometry.window, partial(_halves, most=most))
        self._half_weights = ByReach(geometry.window, partial(_half_weights, most=most))

    def input_ids(self, batch: Batch) -> Ids:
        return batch.centres.ravel()

    def renumbered(self, batch: Batch, ids: Ids) -> Batch:
        return replace(batch, centres=ids.reshape(batch.centres.shape))

    def target_ids(self, batch: Batch) -> Ids:
        return batch.windows

    def hidden(self, inputs: Floats, batch: Batch) -> Floats:
        return rows(inputs, batch.centres)

    def half_targets(self, batch: Batch) -> Floats:
        return self._halves(batch.reaches, batch.window)

    def half_predictions(self, batch: Batch) -> Floats:
        return self._half_weights(batch.reaches, batch.window)

    def room(self, out: Floats) -> Floats:
        return out.reshape(-1, BLOCK, out.shape[-1])

    def spread(self, by_hidden: Floats, batch: Batch, out: Floats) -> None:
        """Nothing to do: the hidden vectors are the input rows."""


class Cbow(Model):
    """The mean of the contexts in a window predicts the centre."""

    def __init__(
        self, geometry: Geometry, divided: bool = False, dynamic_window: bool = True
    ) -> None:
        self.meetings, self.target_words = geometry.tokens, 1
        self.input_rows = geometry.blocks * geometry.span
        self._means = ByReach(geometry.window, _means)
        self._spreads = self._means if divided else ByReach(geometry.window, _undivided)
        self._half_predictions = ByReach(geometry.window, _half_predictions)

    def input_ids(self, batch: Batch) -> Ids:
        return batch.windows.ravel()

    def renumbered(self, batch: Batch, ids: Ids) -> Batch:
        return replace(batch, windows=ids.reshape(batch.windows.shape))

    def target_ids(self, batch: Batch) -> Ids:
        return batch.centres

    def hidden(self, inputs: Floats, batch: Batch) -> Floats:
        means = self._means(batch.reaches, batch.window)  # (blocks, BLOCK, span)
        return np.matmul(means, rows(inputs, batch.windows))

    def half_targets(self, batch: Batch) -> Floats:
        return self.half_predictions(batch).reshape(-1, 1, 1)

    def half_predictions(self, batch: Batch) -> Floats:
        return self._half_predictions(batch.reaches, batch.window)

    def room(self, out: Floats) -> Floats:
        return np.empty((self.meetings // BLOCK, BLOCK, out.shape[-1]), out.dtype)

    def spread(self, by_hidden: Floats, batch: Batch, out: Floats) -> None:
        spreads = self._spreads(batch.reaches, batch.window)  # (blocks, BLOCK, span)
        by_windows = out.reshape(len(spreads), -1, out.shape[-1])  # (blocks, span, dim)
        np.matmul(transposed(spreads), by_hidden, out=by_windows)


def _halves(reaches: Ids, window: int, most: float) -> Floats:
    """Half of what each context of a centre weighs; all of them together weigh `most` at most."""
    counts = contexts(reaches, window)[..., np.newaxis]
    return masks(reaches, window) * _share(counts, most) * np.float32(0.5)


def _half_weights(reaches: Ids, window: int, most: float) -> Floats:
    """The same, of all contexts together."""
    return np.minimum(contexts(reaches, window), np.float32(most)) * np.float32(0.5)


def _means(reaches: Ids, window: int) -> Floats:
    """Ones over the number of contexts, where these are."""
    counts: Floats = np.maximum(contexts(reaches, window), 1)
    return masks(reaches, window) / counts[..., np.newaxis]


def _undivided(reaches: Ids, window: int) -> Floats:
    """The part of a centre's gradient that each of its contexts gets."""
    counts = contexts(reaches, window)[..., np.newaxis]
    return masks(reaches, window) * _share(counts, CBOW_WHOLE)


def _half_predictions(reaches: Ids, window: int) -> Floats:
    """A half where there are contexts: a centre without them has no hidden vector."""
    return np.minimum(contexts(reaches, window), 1) * np.float32(0.5)


def _share(counts: Floats, most: float) -> Floats:
    """1 for up to `most` contexts, and so much less for more that their sum stays the same."""
    share: Floats = np.minimum(1, np.float32(most) / np.maximum(counts, 1))
    return share


MODELS: dict[str, type[Model]] = {"skipgram": Skipgram, "cbow": Cbow}


def rows(table: NDArray[Number], ids: Ids) -> NDArray[Number]:
    """The rows of a table, (*ids.shape, ...)."""
    return np.take(table, ids, axis=0, mode="clip")  # half the time of table[ids]


def transposed(matrices: Floats) -> Floats:
    """Stacked matrices, each transposed."""
    return matrices.swapaxes(-1, -2)
