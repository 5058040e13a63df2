"""A table of learned vectors, one for each id."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from words_and_images.neural.arrays import FloatArray, IntegerArray


@dataclass(eq=False)
class Embedding:
    """Vectors that stand for ids; the same as a dense layer on one-hot inputs, without the zeros.

    Bengio et al., "A neural probabilistic language model", 2003, section 2.

    Attributes
    ----------
    table : (ids, width)
        The vector of each id.
    """

    table: FloatArray

    @classmethod
    def zeros(cls, ids: int, width: int, dtype: DTypeLike = np.float32) -> "Embedding":
        """All vectors 0: what training never meets says nothing. The layer above must not be 0."""
        return cls(np.zeros((ids, width), dtype))

    def outputs(self, ids: IntegerArray) -> FloatArray:
        """The vectors of ids, side by side: (batch, places) to (batch, places * width).

        ValueError for an id below 0 or beyond the table.
        """
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < len(self.table):
            raise ValueError(f"ids must be from 0 to {len(self.table) - 1}, not from {ids.min()} "
                             f"to {ids.max()}.")
        return self.table.take(ids.ravel(), 0).reshape(len(ids), ids.shape[1] * self.table.shape[1])

    def gradient(self, ids: IntegerArray, derivative: FloatArray) -> FloatArray:
        """dL / d table from dL / d outputs, (batch, places * width): every vector's own, summed."""
        places = ids.ravel()
        columns = derivative.reshape(len(places), -1).T
        # bincount adds in the order of the places, in float64
        return np.stack([np.bincount(places, column, minlength=len(self.table))
                         for column in columns], axis=1).astype(self.table.dtype)
