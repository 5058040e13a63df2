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
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from word2vec.batches import Batch, Geometry, mask_tables
from word2vec.parameters import BLOCK

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Number = TypeVar("Number", bound=np.generic)


class Model(ABC):
    """From the words around and in a block to its hidden vectors, and back.

    Parameters
    ----------
    geometry : the sizes of a step.
    divided : CBOW only: whether each context gets the gradient divided by the number of contexts,
        which is the true derivative of the mean, or all of it, as in word2vec.c.
    """

    meetings: int
    "Groups of hidden vectors, all of which meet the same target words."
    target_words: int
    "Target words of a meeting, at most."
    input_rows: int
    "Rows of the input table that a chunk looks up, at most."

    @abstractmethod
    def __init__(self, geometry: Geometry, divided: bool = False) -> None: ...

    @abstractmethod
    def input_ids(self, batch: Batch) -> Ids:
        """Rows of the input table that a chunk looks up, (rows,)."""

    @abstractmethod
    def target_ids(self, batch: Batch) -> Ids:
        """Words that hidden vectors may predict, in the order of meetings, two axes."""

    @abstractmethod
    def hidden(self, inputs: Floats, batch: Batch) -> Floats:
        """Hidden vectors of a chunk, (blocks, BLOCK, dim), from the input table (words, dim)."""

    @abstractmethod
    def half_targets(self, batch: Batch) -> Floats:
        """A half where a hidden vector is to predict a target, and 0 elsewhere.

        (meetings, hidden vectors of a meeting, target_words)
        """

    @abstractmethod
    def half_predictions(self, batch: Batch) -> Floats:
        """Half of how many words each hidden vector predicts, (blocks, BLOCK)."""

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

    def __init__(self, geometry: Geometry, divided: bool = False) -> None:
        self.meetings, self.target_words = geometry.blocks, geometry.span
        self.input_rows = geometry.tokens
        self._half_masks = [masks * np.float32(0.5) for masks in mask_tables(geometry.window)]
        self._half_contexts = [half_masks.sum(axis=1) for half_masks in self._half_masks]

    def input_ids(self, batch: Batch) -> Ids:
        return batch.centres.ravel()

    def target_ids(self, batch: Batch) -> Ids:
        return batch.windows

    def hidden(self, inputs: Floats, batch: Batch) -> Floats:
        return rows(inputs, batch.centres)

    def half_targets(self, batch: Batch) -> Floats:
        return rows(self._half_masks[batch.window], batch.reaches)

    def half_predictions(self, batch: Batch) -> Floats:
        return rows(self._half_contexts[batch.window], batch.reaches)

    def room(self, out: Floats) -> Floats:
        return out.reshape(-1, BLOCK, out.shape[-1])

    def spread(self, by_hidden: Floats, batch: Batch, out: Floats) -> None:
        """Nothing to do: the hidden vectors are the input rows."""


class Cbow(Model):
    """The mean of the contexts in a window predicts the centre."""

    def __init__(self, geometry: Geometry, divided: bool = False) -> None:
        self.meetings, self.target_words = geometry.tokens, 1
        self.input_rows = geometry.blocks * geometry.span
        masks = mask_tables(geometry.window)
        contexts = [each.sum(axis=1) for each in masks]
        self._means: list[Floats] = [each / np.maximum(counts, 1)[:, np.newaxis]
                                     for each, counts in zip(masks, contexts, strict=True)]
        self._spreads = self._means if divided else masks
        # A centre without contexts has no hidden vector and predicts nothing.
        self._half_predictions = [np.minimum(counts, 1) * np.float32(0.5) for counts in contexts]

    def input_ids(self, batch: Batch) -> Ids:
        return batch.windows.ravel()

    def target_ids(self, batch: Batch) -> Ids:
        return batch.centres

    def hidden(self, inputs: Floats, batch: Batch) -> Floats:
        means = rows(self._means[batch.window], batch.reaches)  # (blocks, BLOCK, span)
        return np.matmul(means, rows(inputs, batch.windows))

    def half_targets(self, batch: Batch) -> Floats:
        return self.half_predictions(batch).reshape(-1, 1, 1)

    def half_predictions(self, batch: Batch) -> Floats:
        return rows(self._half_predictions[batch.window], batch.reaches)

    def room(self, out: Floats) -> Floats:
        return np.empty((self.meetings // BLOCK, BLOCK, out.shape[-1]), out.dtype)

    def spread(self, by_hidden: Floats, batch: Batch, out: Floats) -> None:
        spreads = rows(self._spreads[batch.window], batch.reaches)  # (blocks, BLOCK, span)
        by_windows = out.reshape(len(spreads), -1, out.shape[-1])  # (blocks, span, dim)
        np.matmul(transposed(spreads), by_hidden, out=by_windows)


MODELS: dict[str, type[Model]] = {"skipgram": Skipgram, "cbow": Cbow}


def rows(table: NDArray[Number], ids: Ids) -> NDArray[Number]:
    """The rows of a table, (*ids.shape, ...)."""
    return np.take(table, ids, axis=0, mode="clip")  # half the time of table[ids]


def transposed(matrices: Floats) -> Floats:
    """Stacked matrices, each transposed."""
    return matrices.swapaxes(-1, -2)
