"""A multi-layer perceptron of any depth: what it puts out, its loss, its gradients, its file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from words_and_images.common.array_files import opened_arrays
from words_and_images.common.errors import UserError
from words_and_images.common.files import replacing
from words_and_images.neural.arrays import FloatArray, as_floats
from words_and_images.neural.layers import DenseLayer, Deviation
from words_and_images.neural.losses import LOSSES
from words_and_images.neural.softmax import softmax

LEVELS = 1 << 16
"""Of a random number that decides whether a unit is dropped."""
Masks = Sequence[FloatArray | None]
"""For each layer the factors of its inputs, (batch, inputs), or None where all are 1."""


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout: each input or hidden unit is 0 with the rate p, else divided by 1 - p.

    So that the expectation of what the next layer takes is that of the whole network, and
    nothing is to be done once it is trained. Srivastava et al., "Dropout", 2014, sections 4 and
    10. Rates are rounded to 1 / 65,536.

    Attributes
    ----------
    inputs, hidden : float
        Rates from 0 (none) to below 1, of the network's inputs and of all its hidden units.
    """

    inputs: float = 0.0
    hidden: float = 0.0

    def __post_init__(self) -> None:
        for name in ("inputs", "hidden"):
            rate = getattr(self, name)
            if not 0 <= rate < 1 or round(rate * LEVELS) == LEVELS:
                raise ValueError(f"dropout of {name} must be at least 0 and below 1, not {rate}.")

    def masks(
        self, network: "Network", batch: int, generator: np.random.Generator
    ) -> list[FloatArray | None]:
        """New masks for a batch; a rate of 0 draws nothing."""
        rates = [self.inputs, *[self.hidden] * (len(network.layers) - 1)]
        return [
            _mask(generator, (batch, len(layer.weights)), rate, layer.weights.dtype)
            for layer, rate in zip(network.layers, rates, strict=True)
        ]


def _mask(
    generator: np.random.Generator, shape: tuple[int, int], rate: float, dtype: DTypeLike
) -> FloatArray | None:
    if rate == 0:
        return None
    # 16 bits a unit come three times as fast as a random float
    dropped = round(rate * LEVELS)
    kept = generator.integers(0, LEVELS, shape, dtype=np.uint16) >= dropped
    return kept * np.asarray(LEVELS / (LEVELS - dropped), dtype=dtype)


@dataclass(eq=False)
class Network:
    """Dense layers, each on what the one before puts out, and the loss they are trained by.

    Bishop, "Pattern Recognition and Machine Learning", section 5.1; Goodfellow, Bengio and
    Courville, "Deep Learning", chapter 6.

    Attributes
    ----------
    layers : list of DenseLayer
        At least one.
    loss_name : str
        "cross_entropy" takes the last layer's outputs for logits, with the softmax inside the
        loss; "squared_error" takes them as they are.
    """

    layers: list[DenseLayer]
    loss_name: str = "cross_entropy"

    def __post_init__(self) -> None:
        shapes = [layer.weights.shape for layer in self.layers]
        fits = all(a[1] == b[0] for a, b in zip(shapes, shapes[1:], strict=False))
        if not shapes or not fits:
            raise ValueError(
                "layers must be at least one, each taking as many inputs as the one before has "
                f"units, not of the shapes {shapes}."
            )
        if self.loss_name not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}, not {self.loss_name!r}.")
        if self.loss_name == "cross_entropy" and self.classes < 2:
            raise ValueError("the softmax of cross_entropy needs two outputs or more, not "
                             f"{self.classes}; one goes with squared_error.")

    @classmethod
    def of_widths(
        cls,
        generator: np.random.Generator,
        widths: Sequence[int],
        hidden: str = "relu",
        deviation: Deviation | None = None,
        dtype: DTypeLike = np.float32,
        output: str = "identity",
        loss_name: str = "cross_entropy",
    ) -> "Network":
        """A new network, as wide at each level as `widths` says; for softmax, if not told else.

        Parameters
        ----------
        generator : numpy.random.Generator
            Draws the weights, from the first layer to the last.
        widths : sequence of int
            Inputs, units of each hidden layer, classes: [784, 512, 10].
        hidden : str
            Activation of the hidden layers.
        deviation : function, optional
            Of a layer's first weights by its inputs, see `DenseLayer.initialise`.
        dtype : float32 or float64
        output : str
            Activation of the last layer: the identity for "cross_entropy", which holds the
            softmax; "sigmoid", for example, for "squared_error".
        loss_name : str

        Raises
        ------
        ValueError
            For fewer than two widths, or one below 1.
        """
        if len(widths) < 2 or min(widths) < 1:
            raise ValueError(f"widths must be two or more numbers above 0, not {list(widths)}.")
        activations = [*[hidden] * (len(widths) - 2), output]
        shapes = zip(widths, widths[1:], strict=False)
        return Network(
            [
                DenseLayer.initialise(generator, shape, activation, deviation, dtype)
                for shape, activation in zip(shapes, activations, strict=True)
            ],
            loss_name,
        )

    @property
    def parameters(self) -> list[FloatArray]:
        """The arrays an optimiser changes in place: weights and bias, layer by layer."""
        return [array for layer in self.layers for array in (layer.weights, layer.bias)]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Float type of the parameters."""
        return self.layers[0].weights.dtype

    @property
    def classes(self) -> int:
        """Units of the last layer."""
        return len(self.layers[-1].bias)

    def outputs(self, inputs: ArrayLike, masks: Masks | None = None) -> FloatArray:
        """What the last layer puts out: (..., features) to (..., classes)."""
        return self._forward(inputs, masks)[1][-1]

    def outputs_of_one(self, inputs: ArrayLike) -> FloatArray:
        """The same of one example, (features,) to (classes,), with bits that never vary."""
        outputs = as_floats(inputs)
        for layer in self.layers:
            outputs = layer.outputs_of_one(outputs)
        return outputs

    def probabilities(self, inputs: ArrayLike) -> FloatArray:
        """softmax of the outputs, where those are logits, else the outputs."""
        outputs = self.outputs(inputs)
        return softmax(outputs) if self.loss_name == "cross_entropy" else outputs

    def loss(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        l2: float = 0.0,
        class_weights: ArrayLike | None = None,
        masks: Masks | None = None,
    ) -> float:
        """Mean loss of the batch + (l2 / 2) sum W^2 over all layers; the biases go free.

        Inputs (batch, features), targets (batch, classes), class weights (classes,). As a step of
        gradient descent multiplies W by 1 - rate l2, this is weight decay; where the literature
        writes lambda / n, l2 is that. Goodfellow et al., equations 7.2 to 7.5.
        """
        squares = [np.sum(np.square(layer.weights), dtype=np.float64) for layer in self.layers]
        loss = LOSSES[self.loss_name].value(self.outputs(inputs, masks), targets, class_weights)
        return loss + l2 / 2 * float(np.sum(squares))

    def gradients(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        l2: float = 0.0,
        class_weights: ArrayLike | None = None,
        masks: Masks | None = None,
    ) -> list[FloatArray]:
        """Derivatives of `loss` by `parameters`, by back-propagation.

        From the last layer to the first: dL / da of a layer is dL/dz W^T of the one above it,
        times the mask between them. Rumelhart, Hinton and Williams, "Learning representations by
        back-propagating errors", 1986; Goodfellow et al., algorithm 6.4.
        """
        taken, given = self._forward(inputs, masks)
        derivative = LOSSES[self.loss_name].derivative(given[-1], targets, class_weights)
        return self._backward(taken, given, derivative, l2, masks)[0]

    def gradients_by(
        self, inputs: ArrayLike, derivative: Callable[[FloatArray], FloatArray]
    ) -> tuple[list[FloatArray], FloatArray]:
        """Derivatives of any loss, by `parameters` and by the inputs, (batch, features).

        `derivative` takes what the last layer puts out, (batch, classes), to the derivative of
        the loss by it. That by the inputs is for what lies below, such as an embedding.
        """
        taken, given = self._forward(inputs, None)
        gradients, error = self._backward(taken, given, derivative(given[-1]), 0.0, None)
        return gradients, error @ self.layers[0].weights.T

    def _backward(
        self, taken: list[FloatArray], given: list[FloatArray], derivative: FloatArray, l2: float,
        masks: Masks | None,
    ) -> tuple[list[FloatArray], FloatArray]:
        """The gradients, and dL / dz of the first layer."""
        gradients: list[FloatArray] = []
        for number in reversed(range(len(self.layers))):
            layer = self.layers[number]
            found = layer.gradients(taken[number], given[number], derivative)
            if l2:
                found.weights[...] += l2 * layer.weights
            gradients[:0] = [found.weights, found.bias]
            if number > 0:
                derivative = _masked(found.error @ layer.weights.T, masks, number)
        return gradients, found.error

    def _forward(
        self, inputs: ArrayLike, masks: Masks | None
    ) -> tuple[list[FloatArray], list[FloatArray]]:
        """What each layer takes and what it gives."""
        taken: list[FloatArray] = []
        given: list[FloatArray] = []
        outputs = as_floats(inputs)
        for number, layer in enumerate(self.layers):
            taken.append(_masked(outputs, masks, number))
            outputs = layer.outputs(taken[-1])
            given.append(outputs)
        return taken, given

    def arrays(self) -> dict[str, np.ndarray]:
        """All there is to keep, by name: weights_1, bias_1, ..., activations, loss."""
        named: dict[str, np.ndarray] = {}
        for number, layer in enumerate(self.layers, start=1):
            named |= {f"weights_{number}": layer.weights, f"bias_{number}": layer.bias}
        named["activations"] = np.array([layer.activation for layer in self.layers])
        named["loss"] = np.array(self.loss_name)
        return named

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "Network":
        """The network that `arrays` came from; KeyError or ValueError for any other arrays."""
        layers = []
        for number, activation in enumerate(arrays["activations"].tolist(), start=1):
            weights, bias = arrays[f"weights_{number}"], arrays[f"bias_{number}"]
            for array in (weights, bias):
                _require_finite_floats(array)
            layers.append(DenseLayer(weights, bias, activation))
        return Network(layers, arrays["loss"].item())

    def save(self, path: str | Path) -> None:
        """Write all arrays, in their own float type, as an npz file of exactly that name."""
        # Given a name, savez would add .npz to it
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **self.arrays())  # type: ignore[arg-type]

    @staticmethod
    def load(path: str | Path) -> "Network":
        """Read what `save` wrote, bit by bit the same; nothing in the file is executed.

        Raises
        ------
        UserError
            For any other file.
        """
        try:
            with opened_arrays(path) as arrays:
                return Network.from_arrays(arrays)
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path} is not a saved network ({error}): name an npz file with the arrays "
                "activations, loss, weights_1, bias_1 and so on, or train again."
            ) from error


def _masked(values: FloatArray, masks: Masks | None, number: int) -> FloatArray:
    mask = None if masks is None else masks[number]
    return values if mask is None else values * mask


def _require_finite_floats(array: np.ndarray) -> None:
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"an array of {array.dtype} {array.shape} that is not of finite floats")
