"""A dense layer: its first weights, what it puts out, and its gradients."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from words_and_images.neural.activations import ACTIVATIONS
from words_and_images.neural.arrays import FloatArray, as_floats, require_width

Deviation = Callable[[int], float]
"""From the number of inputs of a unit to the deviation of its first weights."""


def lecun(fan_in: int) -> float:
    """1 / sqrt(fan-in): inputs of variance 1 give weighted sums of variance 1.

    So that tanh and sigmoid begin where they are steep. LeCun et al., "Efficient BackProp",
    1998, equation 16.
    """
    return 1 / math.sqrt(fan_in)


def he(fan_in: int) -> float:
    """sqrt(2 / fan-in), which makes up for the half of its inputs that a ReLU sets to 0.

    He et al., "Delving deep into rectifiers", 2015, equation 10; as there, for the first layer
    as well, where the factor does no harm.
    """
    return math.sqrt(2 / fan_in)


class LayerGradients(NamedTuple):
    """Derivatives of a loss by what a layer has and by what it takes."""

    weights: FloatArray  # (inputs, units)
    bias: FloatArray  # (units,)
    error: FloatArray  # dL / dz, (batch, units)


@dataclass(eq=False)
class DenseLayer:
    """Units that all take all inputs, a = f(x W + b).

    Attributes
    ----------
    weights : (inputs, units)
        W.
    bias : (units,)
        b.
    activation : str
        f, a name of `activations.ACTIVATIONS`.
    """

    weights: FloatArray
    bias: FloatArray
    activation: str = "identity"

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.bias.shape != self.weights.shape[1:]:
            raise ValueError(
                "weights and bias must have the shapes (inputs, units) and (units,), not "
                f"{self.weights.shape} and {self.bias.shape}."
            )
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}, not {self.activation!r}."
            )

    @classmethod
    def initialise(
        cls,
        generator: np.random.Generator,
        shape: tuple[int, int],
        activation: str = "identity",
        deviation: Deviation | None = None,
        dtype: DTypeLike = np.float32,
    ) -> "DenseLayer":
        """A new layer of the shape (inputs, units): normal weights, bias 0.

        The deviation is by default that of `he` for ReLU and of `lecun` for all others.
        """
        if not np.issubdtype(dtype, np.floating):
            raise ValueError(f"weights must be of a float type, not {np.dtype(dtype)}.")
        spread = deviation or (he if activation == "relu" else lecun)
        weights = generator.standard_normal(shape) * spread(shape[0])
        return cls(weights.astype(dtype), np.zeros(shape[1], dtype), activation)

    def outputs(self, inputs: ArrayLike) -> FloatArray:
        """a = f(x W + b): (..., inputs) to (..., units)."""
        x = self._checked(inputs)
        return ACTIVATIONS[self.activation].function(x @ self.weights + self.bias)

    def outputs_of_one(self, inputs: ArrayLike) -> FloatArray:
        """The same of a single example, (inputs,) to (units,), with bits that never vary.

        Those of a product of matrices depend on how many rows it has, and those of a product
        with a vector on the library and its threads. This sums in one fixed order.
        """
        x = np.ascontiguousarray(self._checked(inputs))
        if x.ndim != 1:
            raise ValueError(f"inputs must be of one example, (features,), not {x.shape}.")
        z = np.einsum("i,iu->u", x, self.weights) + self.bias
        return ACTIVATIONS[self.activation].function(z)

    def gradients(
        self, inputs: FloatArray, outputs: FloatArray, derivative: FloatArray
    ) -> LayerGradients:
        """Back-propagation through the layer.

        Parameters
        ----------
        inputs : (batch, inputs)
            x.
        outputs : (batch, units)
            a, what `outputs` gave of them.
        derivative : (batch, units)
            dL / da.

        Notes
        -----
        dL / dz = dL / da f'(z); dL / dW = x^T dL/dz; dL / db = sum_b dL/dz_b. Goodfellow, Bengio
        and Courville, "Deep Learning", algorithm 6.4; Bishop, equations 5.53 and 5.56.
        """
        error = derivative * ACTIVATIONS[self.activation].derivative(outputs)  # (batch, units)
        return LayerGradients(inputs.T @ error, error.sum(axis=0), error)

    def _checked(self, inputs: ArrayLike) -> FloatArray:
        x = as_floats(inputs)
        require_width("inputs", x, len(self.weights))
        return x
