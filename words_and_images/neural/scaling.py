"""Standardised features, and the same folded into a layer's weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, as_floats, require_finite, require_width
from words_and_images.neural.layers import DenseLayer

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Standardiser:
    """x' = (x - mean) / deviation, feature by feature, with numbers of the training split.

    Attributes
    ----------
    mean, deviation : (features,)
        The deviation is that of the sample itself (divided by n), and 1 for a feature that does
        not vary, which so becomes 0.
    """

    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def fit(cls, inputs: ArrayLike) -> "Standardiser":
        """Mean and deviation of inputs (examples, features), summed in float64."""
        features = as_floats(inputs)
        if features.ndim != 2 or len(features) == 0:
            raise ValueError(
                f"inputs must have the shape (examples, features), not {features.shape}."
            )
        return cls.of_blocks(lambda: (features[start : start + ROWS_AT_ONCE]
                                      for start in range(0, len(features), ROWS_AT_ONCE)))

    @classmethod
    def of_blocks(cls, blocks: Callable[[], Iterable[FloatArray]]) -> "Standardiser":
        """The same of inputs that come some rows at a time, in one block or more.

        `blocks` is called twice, as the mean comes before the deviation.
        """
        rows, total, squares = 0, as_floats(0.0), as_floats(0.0)
        lowest, highest = as_floats(np.inf), as_floats(-np.inf)
        for block in blocks():
            require_finite("inputs", block, rows)
            rows, total = rows + len(block), _added(total, block.astype(np.float64))
            lowest = np.minimum(lowest, block.min(axis=0))
            highest = np.maximum(highest, block.max(axis=0))
        mean = total / rows
        for block in blocks():
            squares = _added(squares, (block - mean) ** 2)
        deviation = np.sqrt(squares / rows)
        # A constant column may have a deviation of 1e-17 by rounding: compare, do not divide
        deviation[highest == lowest] = 1
        return cls(mean.astype(block.dtype), deviation.astype(block.dtype))

    def apply(self, inputs: ArrayLike) -> FloatArray:
        """Standardised inputs, (..., features); float32 stays float32."""
        features = as_floats(inputs)
        require_width("inputs", features, len(self.mean))
        return (features - self.mean) / self.deviation

    def apply_in_place(self, inputs: FloatArray) -> None:
        """The same bits as `apply`, in the memory of the inputs themselves."""
        require_width("inputs", inputs, len(self.mean))
        inputs -= self.mean
        inputs /= self.deviation

    def fold(self, layer: DenseLayer) -> DenseLayer:
        """The layer that puts out, of raw inputs, what `layer` puts out of standardised ones.

        ((x - mean) / deviation) W + b = x (W / deviation) + (b - (mean / deviation) W)
        """
        if len(self.mean) != len(layer.weights):
            raise ValueError(
                f"the layer must take {len(self.mean)} features, not {len(layer.weights)}."
            )
        mean = self.mean.astype(np.float64)
        weights = layer.weights / self.deviation.astype(np.float64)[:, np.newaxis]
        bias = layer.bias - mean @ weights
        dtype = layer.weights.dtype
        return DenseLayer(weights.astype(dtype), bias.astype(dtype), layer.activation)


def _added(sums: FloatArray, terms: FloatArray) -> FloatArray:
    """Sums of float64 terms (rows, features), which are used up, and of those before them.

    In the order of the rows, so that they are the same bits as if all were summed at once.
    """
    terms[0] += sums
    return terms.sum(axis=0)
