"""Softmax regression: one linear layer under a softmax, the network without hidden layers."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.network import Network


class SoftmaxRegression(Network):
    """The softmax layer, p = softmax(x W + b). Bishop, section 4.3.4.

    Its gradients are those of `Network`, here in closed form: of one example with targets t,
    dL / dW_ji = (p_i - t_i) x_j and dL / db_i = p_i - t_i. Bishop, equation 4.109.

    Parameters
    ----------
    weights : (features, classes)
        W.
    bias : (classes,)
        b.
    """

    def __init__(self, weights: FloatArray, bias: FloatArray) -> None:
        super().__init__([DenseLayer(weights, bias)])

    @classmethod
    def initialise(
        cls,
        generator: np.random.Generator,
        features: int,
        classes: int,
        dtype: DTypeLike = np.float32,
    ) -> "SoftmaxRegression":
        """A new layer: weights normal with deviation 1 / sqrt(features), bias 0."""
        layer = DenseLayer.initialise(generator, (features, classes), dtype=dtype)
        return cls(layer.weights, layer.bias)

    @property
    def weights(self) -> FloatArray:
        """W, (features, classes)."""
        return self.layers[0].weights

    @property
    def bias(self) -> FloatArray:
        """b, (classes,)."""
        return self.layers[0].bias

    def logits(self, inputs: ArrayLike) -> FloatArray:
        """z = x W + b: (..., features) to (..., classes)."""
        return self.outputs(inputs)
