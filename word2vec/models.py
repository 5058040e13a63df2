"""CBOW and skip-gram with negative sampling, as banded matrix products.

Notation: sigma is the logistic function, v the input vectors, u the output vectors. For a centre
c and a context o, skip-gram maximises (Mikolov et al. 2013, equation 4)

    log sigma(u_o . v_c) + sum over n noise words k of log sigma(-u_k . v_c)

and CBOW the same with the mean of the contexts' input vectors in the place of v_c and the centre
in the place of o. By a positive score s the derivative is 1 - sigma(s), by a negative one
-sigma(s); everything else is a product of these with the vectors.

A block of centres meets its surroundings in one matrix product, of which a mask keeps the band of
contexts. Negatives are shared by the tokens of a group: a centre that should see n negatives for
each of its positives sees all K of its group, each weighted by n * positives / K, so the expected
objective is the same.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from word2vec.batches import Chunk, Slab
from word2vec.parameters import BLOCK

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tables:
    """What is learnt.

    Parameters
    ----------
    inputs : (words, dim) v, the word vectors.
    outputs : (words, dim) u, the words as contexts (skip-gram) or as centres (CBOW).
    """

    inputs: Floats
    outputs: Floats


@dataclass(frozen=True)
class Ascent:
    """The gradient of a chunk's log-likelihood by the rows it looked up, and its loss.

    Parameters
    ----------
    inputs : (rows, dim) arrays, one after the other in the order of the model's `input_ids`.
    outputs : (rows, dim) arrays, in the order of its `output_ids`.
    loss : the negative log-likelihood, summed; 0 where it was not asked for.
    """

    inputs: tuple[Floats, ...]
    outputs: tuple[Floats, ...]
    loss: float


class Model(ABC):
    """What a model predicts, and from what.

    Parameters
    ----------
    negative : n, negatives for each positive.
    divided : CBOW only: whether each context gets the gradient divided by the number of contexts,
        which is the true derivative of the mean, or all of it, as in word2vec.c.
    """

    def __init__(self, negative: int, divided: bool = False) -> None:
        self._negative, self._divided = negative, divided

    @abstractmethod
    def ascent(self, tables: Tables, chunk: Chunk, masks: Floats, with_loss: bool) -> Ascent:
        """The gradient of a chunk, from tables that it does not change.

        Parameters
        ----------
        tables : the vectors.
        chunk : ids and reaches.
        masks : band masks (batches.mask_table).
        with_loss : whether to compute the loss as well.
        """

    @abstractmethod
    def input_ids(self, slab: Slab) -> NDArray[np.int32]:
        """Rows of the input table that each step looks up, (steps, rows)."""

    @abstractmethod
    def output_ids(self, slab: Slab) -> NDArray[np.int32]:
        """Rows of the output table that each step looks up, (steps, rows)."""

    @abstractmethod
    def predictions(self, positives: Floats) -> float:
        """How many predictions a step makes, given each centre's number of contexts."""


class Skipgram(Model):
    """Each centre predicts every context in its window."""

    def ascent(self, tables: Tables, chunk: Chunk, masks: Floats, with_loss: bool) -> Ascent:
        centres = _blocks(_rows(tables.inputs, chunk.centres))  # (segments, blocks, BLOCK, dim)
        contexts = _rows(tables.outputs, chunk.surroundings)  # (segments, segment + 2 window, dim)
        noise = _rows(tables.outputs, chunk.negatives)  # (groups, K, dim)
        windows = _windows(contexts, chunk.window)  # (segments, blocks, BLOCK + 2 window, dim)
        weights = chunk.positives * np.float32(self._negative / noise.shape[1])

        attraction = _one_minus_sigmoid(np.matmul(centres, _transposed(windows)))
        attraction *= _band(masks, chunk)
        repulsion, noise_loss = _repel(centres, noise, weights, with_loss)

        by_centres = np.matmul(attraction, windows)
        _grouped(by_centres, noise)[...] += np.matmul(repulsion, noise)
        by_windows = np.matmul(_transposed(attraction), centres)
        by_noise = np.matmul(_transposed(repulsion), _grouped(centres, noise))
        return Ascent(
            (_flat(by_centres),),
            (_flat(_unfold(by_windows, chunk.window)), _flat(by_noise)),
            noise_loss + _loss(attraction) if with_loss else 0.0,
        )

    def input_ids(self, slab: Slab) -> NDArray[np.int32]:
        return slab.centres.reshape(slab.steps, -1)

    def output_ids(self, slab: Slab) -> NDArray[np.int32]:
        return _side_by_side(slab.surroundings, slab.negatives)

    def predictions(self, positives: Floats) -> float:
        return float(positives.sum(dtype=np.float64))


class Cbow(Model):
    """The mean of the contexts in a window predicts the centre."""

    def ascent(self, tables: Tables, chunk: Chunk, masks: Floats, with_loss: bool) -> Ascent:
        contexts = _rows(tables.inputs, chunk.surroundings)  # (segments, segment + 2 window, dim)
        centres = _blocks(_rows(tables.outputs, chunk.centres))  # (segments, blocks, BLOCK, dim)
        noise = _rows(tables.outputs, chunk.negatives)  # (groups, K, dim)
        windows = _windows(contexts, chunk.window)  # (segments, blocks, BLOCK + 2 window, dim)
        counts = _blocks(chunk.positives)[..., None]  # (segments, blocks, BLOCK, 1)
        predicts = (counts > 0).astype(np.float32)  # a centre without contexts teaches nothing
        weights = predicts * np.float32(self._negative / noise.shape[1])

        band = _band(masks, chunk)
        mean = band / np.maximum(counts, 1)
        hidden = np.matmul(mean, windows)  # (segments, blocks, BLOCK, dim)
        scores = np.einsum("...d,...d->...", hidden, centres)[..., None]
        attraction = _one_minus_sigmoid(scores) * predicts
        repulsion, noise_loss = _repel(hidden, noise, weights, with_loss)

        by_hidden = attraction * centres
        _grouped(by_hidden, noise)[...] += np.matmul(repulsion, noise)
        by_windows = np.matmul(_transposed(mean if self._divided else band), by_hidden)
        by_noise = np.matmul(_transposed(repulsion), _grouped(hidden, noise))
        return Ascent(
            (_flat(_unfold(by_windows, chunk.window)),),
            (_flat(attraction * hidden), _flat(by_noise)),
            noise_loss + _loss(attraction) if with_loss else 0.0,
        )

    def input_ids(self, slab: Slab) -> NDArray[np.int32]:
        return slab.surroundings.reshape(slab.steps, -1)

    def output_ids(self, slab: Slab) -> NDArray[np.int32]:
        return _side_by_side(slab.centres, slab.negatives)

    def predictions(self, positives: Floats) -> float:
        return float((positives > 0).sum())


def _side_by_side(first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int32]:
    """Ids (steps, chunks, ...) of two kinds as (steps, rows), chunk after chunk."""
    steps, chunks = first.shape[:2]
    both = [first.reshape(steps, chunks, -1), second.reshape(steps, chunks, -1)]
    return np.concatenate(both, axis=2).reshape(steps, -1)


def _repel(
    vectors: Floats, noise: Floats, weights: Floats, with_loss: bool
) -> tuple[Floats, float]:
    """Derivatives by the scores of negatives, -weight sigma(s), (groups, group, K); their loss."""
    grouped = _grouped(vectors, noise)
    weights = weights.reshape(*grouped.shape[:2], 1)
    probabilities = _sigmoid(np.matmul(grouped, _transposed(noise)))
    loss = _loss(probabilities, weights) if with_loss else 0.0
    probabilities *= -weights
    return probabilities, loss


def _loss(errors: Floats, weights: Floats | float = 1.0) -> float:
    """Sum of -weight log(1 - error), in float64; error is 1 - sigma(s), or sigma(s) of noise."""
    smallest = np.finfo(np.float32).tiny
    return -float(np.sum(weights * np.log(np.maximum(1 - errors, smallest)), dtype=np.float64))


def _sigmoid(scores: Floats, half: float = 0.5) -> Floats:
    """tanh(s / 2) / 2 + 1 / 2, in the place of the scores: three times the speed of exp."""
    scores *= half
    np.tanh(scores, out=scores)
    scores *= 0.5
    scores += 0.5
    return scores


def _one_minus_sigmoid(scores: Floats) -> Floats:
    """sigma(-s), in the place of the scores."""
    return _sigmoid(scores, half=-0.5)


def _rows(table: Floats, ids: NDArray[np.int32]) -> Floats:
    """The rows of a table, (*ids.shape, dim)."""
    return np.take(table, ids, axis=0, mode="clip")  # half the time of table[ids]


def _blocks(by_token: NDArray[Any]) -> NDArray[Any]:
    """(segments, segment, ...) as (segments, blocks, BLOCK, ...)."""
    return by_token.reshape(len(by_token), -1, BLOCK, *by_token.shape[2:])


def _band(masks: Floats, chunk: Chunk) -> Floats:
    """Masks of the chunk's centres, (segments, blocks, BLOCK, BLOCK + 2 window)."""
    return np.take(masks, _blocks(chunk.reaches), axis=0, mode="clip")


def _grouped(vectors: Floats, noise: Floats) -> Floats:
    """(segments, blocks, BLOCK, dim) as (groups, group, dim)."""
    return vectors.reshape(len(noise), -1, vectors.shape[-1])


def _flat(vectors: Floats) -> Floats:
    return vectors.reshape(-1, vectors.shape[-1])


def _transposed(matrices: Floats) -> Floats:
    return matrices.swapaxes(-1, -2)


def _windows(contexts: Floats, window: int) -> Floats:
    """Each block's surroundings, (segments, blocks, BLOCK + 2 window, dim), without a copy."""
    segments, length, dim = contexts.shape
    by_segment, by_token, by_value = contexts.strides
    blocks = (length - 2 * window) // BLOCK
    return as_strided(
        contexts, (segments, blocks, BLOCK + 2 * window, dim),
        (by_segment, BLOCK * by_token, by_token, by_value), writeable=False)


def _unfold(by_windows: Floats, window: int) -> Floats:
    """Add what the overlapping windows say of each token, (segments, segment + 2 window, dim).

    A token stands in its own block's window and, near an edge, in its neighbours' halos.
    """
    segments, blocks, _, dim = by_windows.shape
    segment = blocks * BLOCK
    by_token = np.empty((segments, segment + 2 * window, dim), by_windows.dtype)
    before, block, after = np.split(by_windows, [window, window + BLOCK], axis=2)
    by_token[:, :window] = by_token[:, -window:] = 0
    _blocks(by_token[:, window:-window])[...] = block
    _blocks(by_token[:, :segment])[:, :, :window] += before
    _blocks(by_token[:, 2 * window :])[:, :, -window:] += after
    return by_token
