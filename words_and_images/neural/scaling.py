"""Standardised features, and the same folded into a layer's weights."""

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
        require_finite("inputs", features)
        mean = features.mean(axis=0, dtype=np.float64)
        deviation = _deviation(features, mean)
        # A constant column may have a deviation of 1e-17 by rounding: compare, do not divide
        deviation[features.max(axis=0) == features.min(axis=0)] = 1
        return cls(mean.astype(features.dtype), deviation.astype(features.dtype))

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


def _deviation(features: FloatArray, mean: FloatArray) -> FloatArray:
    """Deviations of (examples, features), as `numpy.std` has them in float64.

    Some rows at a time: it would copy all of them in float64.
    """
    squares = np.zeros(features.shape[1])
    for start in range(0, len(features), ROWS_AT_ONCE):
        terms = (features[start : start + ROWS_AT_ONCE] - mean) ** 2
        terms[0] += squares  # so that all rows are summed in their order, as if at once
        squares = terms.sum(axis=0)
    return np.sqrt(squares / len(features))
