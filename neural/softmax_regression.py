"""Softmax regression: one linear layer under a softmax, trained by mini-batch descent."""

import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from common.errors import UserError, did_you_mean
from neural.arrays import FloatArray, IntegerArray, as_floats, as_labels
from neural.losses import cross_entropy, cross_entropy_derivative, one_hot, smooth
from neural.optimisers import GradientDescent, Schedule, constant, cosine
from neural.softmax import softmax


class Gradients(NamedTuple):
    """Derivatives of the loss, in the order of `SoftmaxRegression.parameters`."""

    weights: FloatArray
    bias: FloatArray


@dataclass(eq=False)
class SoftmaxRegression:
    """The softmax layer, p = softmax(x W + b). Bishop, section 4.3.4.

    Attributes
    ----------
    weights : (features, classes)
        W.
    bias : (classes,)
        b.
    """

    weights: FloatArray
    bias: FloatArray

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.bias.shape != self.weights.shape[1:]:
            raise ValueError(
                "weights and bias must have the shapes (features, classes) and (classes,), not "
                f"{self.weights.shape} and {self.bias.shape}."
            )

    @classmethod
    def initialise(
        cls,
        generator: np.random.Generator,
        features: int,
        classes: int,
        dtype: DTypeLike = np.float32,
    ) -> "SoftmaxRegression":
        """A new layer: weights normal with deviation 1 / sqrt(features), bias 0.

        So that standardised features give logits of variance 1: LeCun et al., "Efficient
        BackProp", 1998, equation 16.
        """
        weights = generator.standard_normal((features, classes)) / np.sqrt(features)
        return cls(weights.astype(dtype), np.zeros(classes, dtype))

    @property
    def parameters(self) -> list[FloatArray]:
        """The arrays an optimiser changes in place: weights, bias."""
        return [self.weights, self.bias]

    def logits(self, inputs: ArrayLike) -> FloatArray:
        """z = x W + b: (..., features) to (..., classes)."""
        features = as_floats(inputs)
        if features.ndim == 0 or features.shape[-1] != len(self.weights):
            raise ValueError(
                f"inputs must have {len(self.weights)} features on the last axis, "
                f"not {features.shape}."
            )
        return features @ self.weights + self.bias

    def probabilities(self, inputs: ArrayLike) -> FloatArray:
        """softmax(x W + b): (..., features) to (..., classes)."""
        return softmax(self.logits(inputs))

    def loss(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        l2: float = 0.0,
        class_weights: ArrayLike | None = None,
    ) -> float:
        """Mean cross-entropy + (l2 / 2) sum W^2; the bias goes free.

        Inputs (batch, features), targets (batch, classes), class weights (classes,).
        """
        penalty = l2 / 2 * float(np.sum(np.square(self.weights), dtype=np.float64))
        return cross_entropy(self.logits(inputs), targets, class_weights) + penalty

    def gradients(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        l2: float = 0.0,
        class_weights: ArrayLike | None = None,
    ) -> Gradients:
        """Derivatives of `loss`: dL / dW = x^T dL/dz + l2 W, dL / db = sum_b dL/dz_b."""
        features = as_floats(inputs)
        derivative = cross_entropy_derivative(self.logits(features), targets, class_weights)
        return Gradients(
            weights=features.T @ derivative + l2 * self.weights,
            bias=derivative.sum(axis=0),
        )

    def save(self, path: str | Path) -> None:
        """Write both arrays, in their own float type, as an npz file of exactly that name."""
        # Given a name, savez would add .npz to it
        with open(path, "wb") as file:
            np.savez(file, weights=self.weights, bias=self.bias)

    @classmethod
    def load(cls, path: str | Path) -> "SoftmaxRegression":
        """Read what `save` wrote, bit by bit the same; nothing in the file is executed."""
        try:
            with np.load(path, allow_pickle=False) as archive:
                return cls(archive["weights"], archive["bias"])
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{path} is not a saved softmax layer ({error}): "
                "name an npz file with the arrays weights and bias, or train again."
            ) from error


SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class TrainingSettings:
    """How `train_softmax_regression` goes about it; UserError for a value out of range.

    Attributes
    ----------
    steps : int
        Updates to make.
    batch_size : int
        Examples an update, drawn without replacement; the last batch of an epoch may be smaller.
    learning_rate, momentum, nesterov
        As in `GradientDescent`; the rate is for standardised features.
    l2 : float
        Weight decay, as in `SoftmaxRegression.loss`.
    label_smoothing : float
        Amount for `smooth`, applied to the training targets.
    class_weights : tuple of float, optional
        One a class, as in `cross_entropy`.
    schedule : str
        "constant" or "cosine" (down to 0 at the last step).
    warm_up : int
        First steps over which the rate rises linearly.
    evaluate_every : int
        Steps from one record of the history to the next; the last step is always recorded.
    """

    steps: int = 500
    batch_size: int = 100
    learning_rate: float = 0.01
    momentum: float = 0.9
    nesterov: bool = False
    l2: float = 0.0
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    schedule: str = "constant"
    warm_up: int = 0
    evaluate_every: int = 10

    def __post_init__(self) -> None:
        rules = {
            "steps": (_is_whole(self.steps, 1), "a whole number from 1"),
            "batch_size": (_is_whole(self.batch_size, 1), "a whole number from 1"),
            "evaluate_every": (_is_whole(self.evaluate_every, 1), "a whole number from 1"),
            "warm_up": (
                _is_whole(self.warm_up, 0) and _is_whole(self.steps, self.warm_up + 1),
                "a whole number from 0 to below steps",
            ),
            "learning_rate": (
                _is_number(self.learning_rate) and self.learning_rate > 0,
                "a number above 0",
            ),
            "momentum": (
                _is_number(self.momentum) and self.momentum < 1,
                "a number from 0 to below 1",
            ),
            "nesterov": (
                not self.nesterov or self.momentum != 0,
                "false, or a momentum above 0",
            ),
            "l2": (_is_number(self.l2), "a number from 0"),
            "label_smoothing": (
                _is_number(self.label_smoothing) and self.label_smoothing <= 1,
                "a number from 0 to 1",
            ),
        }
        for name, (holds, remedy) in rules.items():
            if not holds:
                raise UserError(f"{name} is {getattr(self, name)!r}: give {remedy}.")
        if self.schedule not in SCHEDULES:
            raise UserError(
                f"schedule is {self.schedule!r}: {did_you_mean(str(self.schedule), SCHEDULES)}"
            )

    def learning_rates(self) -> Schedule:
        """The schedule by its name."""
        if self.schedule == "cosine":
            return cosine(self.learning_rate, self.steps, self.warm_up)
        return constant(self.learning_rate, self.warm_up)


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and int(value) >= least


def _is_number(value: object) -> bool:
    """Whether it is a real number from 0 up, and finite."""
    return isinstance(value, Real) and 0 <= float(value) < math.inf


@dataclass(frozen=True)
class TrainingRecord:
    """The layer after `step` updates, measured on all of each split.

    Losses are plain mean cross-entropies, without l2, smoothing or class weights, so that the
    two compare; accuracies are shares in [0, 1]. Without a validation split, its two are None.
    """

    step: int
    training_loss: float
    training_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None


OnStep = Callable[[int, TrainingRecord | None], None]
"""Called with the updates made so far and, where one was due, the record."""
Split = tuple[ArrayLike, ArrayLike]
"""Inputs, and labels or targets."""


def train_softmax_regression(
    inputs: ArrayLike,
    labels_or_targets: ArrayLike,
    validation: Split | None,
    settings: TrainingSettings,
    generator: np.random.Generator,
    on_step: OnStep | None = None,
) -> tuple[SoftmaxRegression, list[TrainingRecord]]:
    """Train a float32 softmax layer by mini-batch gradient descent with momentum.

    Parameters
    ----------
    inputs : (examples, features)
        Standardised by the caller; float32 is fastest.
    labels_or_targets : (examples,) integers or (examples, classes)
        Class numbers, or class probabilities. With numbers, there are as many classes as the
        largest of both splits asks for.
    validation : (inputs, labels or targets), optional
        Only measured, never trained on.
    settings : TrainingSettings
    generator : numpy.random.Generator
        Draws the first weights, then the order of each epoch.
    on_step : function, optional
        Called after each update with the number of updates made and the record of that step, or
        None where none was due.

    Returns
    -------
    The layer, and its records by rising step.

    Raises
    ------
    ValueError
        For shapes that do not agree.
    UserError
        When the loss stops being finite.
    """
    classes = _class_count(labels_or_targets, validation)
    training = _as_split((inputs, labels_or_targets), classes)
    held_out = None if validation is None else _as_split(validation, classes)
    features, targets = training[0], smooth(training[1], settings.label_smoothing)
    layer = SoftmaxRegression.initialise(generator, features.shape[1], classes)
    optimiser = GradientDescent(settings.learning_rates(), settings.momentum, settings.nesterov)
    history: list[TrainingRecord] = []
    batches = shuffled_batches(len(features), settings.batch_size, generator)
    for step, rows in enumerate(islice(batches, settings.steps), start=1):
        # A loss that overflows is reported once, by _measure, and not by a warning an update
        with np.errstate(over="ignore", invalid="ignore"):
            gradients = layer.gradients(
                features[rows], targets[rows], settings.l2, settings.class_weights
            )
            optimiser.update(layer.parameters, gradients)
        record = None
        if step % settings.evaluate_every == 0 or step == settings.steps:
            record = _measure(layer, step, training, held_out)
            history.append(record)
        if on_step is not None:
            on_step(step, record)
    return layer, history


def shuffled_batches(
    examples: int, batch_size: int, generator: np.random.Generator
) -> Iterator[IntegerArray]:
    """Row numbers, a batch at a time without end, in a new order every epoch.

    Every epoch holds every row once; its last batch is smaller where the sizes do not divide.
    """
    while True:
        order = generator.permutation(examples)
        for start in range(0, examples, batch_size):
            yield order[start : start + batch_size]


def _class_count(labels_or_targets: ArrayLike, validation: Split | None) -> int:
    classes = _classes_of(labels_or_targets)
    return classes if validation is None else max(classes, _classes_of(validation[1]))


def _classes_of(labels_or_targets: ArrayLike) -> int:
    array = np.asarray(labels_or_targets)
    return array.shape[1] if array.ndim == 2 else int(as_labels(array).max()) + 1


def _as_split(split: Split, classes: int) -> tuple[FloatArray, FloatArray]:
    inputs, labels_or_targets = as_floats(split[0]), np.asarray(split[1])
    targets = labels_or_targets if labels_or_targets.ndim == 2 else one_hot(split[1], classes)
    if inputs.ndim != 2 or len(inputs) == 0 or targets.shape != (len(inputs), classes):
        raise ValueError(
            "inputs and targets must have the shapes (examples, features) and (examples, "
            f"{classes}), with at least one example, not {inputs.shape} and {targets.shape}."
        )
    return inputs, targets


def _measure(
    layer: SoftmaxRegression,
    step: int,
    training: tuple[FloatArray, FloatArray],
    validation: tuple[FloatArray, FloatArray] | None,
) -> TrainingRecord:
    loss, accuracy = _loss_and_accuracy(layer, *training)
    _require_finite("training", loss, step)
    if validation is None:
        return TrainingRecord(step, loss, accuracy, None, None)
    validation_loss, validation_accuracy = _loss_and_accuracy(layer, *validation)
    _require_finite("validation", validation_loss, step)
    return TrainingRecord(step, loss, accuracy, validation_loss, validation_accuracy)


def _require_finite(split: str, loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise UserError(
            f"The {split} loss is {loss} after {step} steps: lower learning_rate or l2, or look "
            f"for {split} features that are not finite."
        )


def _loss_and_accuracy(
    layer: SoftmaxRegression, inputs: FloatArray, targets: FloatArray
) -> tuple[float, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        logits = layer.logits(inputs)  # (examples, classes)
        right = logits.argmax(axis=1) == targets.argmax(axis=1)
        return cross_entropy(logits, targets), float(right.mean())
