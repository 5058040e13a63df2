"""Mini-batch training of a network: its settings, the loop, and the record it leaves."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from words_and_images.common.errors import UserError, did_you_mean
from words_and_images.neural.arrays import FloatArray, IntegerArray, as_type, require_finite
from words_and_images.neural.losses import LOSSES, one_hot, smooth
from words_and_images.neural.network import Dropout, Network
from words_and_images.neural.optimisers import (
    Adam,
    GradientDescent,
    Optimiser,
    Schedule,
    constant,
    cosine,
    exponential,
    stepped,
)

SCHEDULES = ("constant", "cosine", "step", "exponential")
OPTIMISERS = ("momentum", "nesterov", "adam")
MEASURED_ROWS = 1000
"""At most so many training rows, evenly spaced, are measured for a record."""


class DivergedError(UserError):
    """A loss that is no number any more."""


@dataclass(frozen=True)
class TrainingSettings:
    """How `train` goes about it; UserError for a value out of range.

    Attributes
    ----------
    steps : int
        Updates, each on one batch.
    batch_size : int
        Rows an update.
    learning_rate : float
        Before the schedule.
    optimiser : str
        "momentum", "nesterov" (both `GradientDescent`) or "adam".
    momentum : float
        From 0 (with "momentum": plain gradient descent) to below 1; Adam's beta_1.
    l2 : float
        Weight of the penalty (l2 / 2) sum W^2.
    label_smoothing : float
        Share of each target that is spread over all classes.
    class_weights : sequence of float, optional
        Cost of missing each class, see `losses.balanced_class_weights`.
    input_dropout, hidden_dropout : float
        Rates of `network.Dropout`.
    schedule : str
        "constant"; "cosine", down to 0 after the last step; "step", times `decay` after every
        `decay_steps`; "exponential", the same evenly.
    warm_up : int
        First steps over which the rate rises linearly.
    decay : float
        Above 0 and at most 1, for the schedules "step" and "exponential".
    decay_steps : int
        0: a third of the steps after the warm-up.
    evaluate_every : int
        Steps from one record of the history to the next; the last step is always recorded.
    patience : int
        Training ends after so many records without a lower validation loss, and the parameters
        of the lowest are kept, whether it ended so or not; 0: never, and the last are kept.
        Prechelt, "Early stopping - but when?", 1998, third class of criteria.
    pieces : int
        Of each batch, whose gradients are computed side by side, in a thread each, and averaged
        in a fixed order: with one BLAS thread, the bits depend on this number and not on that of
        the cores.
    """

    steps: int = 500
    batch_size: int = 100
    learning_rate: float = 0.01
    optimiser: str = "momentum"
    momentum: float = 0.9
    l2: float = 0.0
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    input_dropout: float = 0.0
    hidden_dropout: float = 0.0
    schedule: str = "constant"
    warm_up: int = 0
    decay: float = 0.1
    decay_steps: int = 0
    evaluate_every: int = 10
    patience: int = 0
    pieces: int = 1

    def __post_init__(self) -> None:
        for name, (holds, remedy) in self._rules().items():
            if not holds:
                raise UserError(f"{name} is {getattr(self, name)!r}: give {remedy}.")
        for name, known in (("schedule", SCHEDULES), ("optimiser", OPTIMISERS)):
            value = getattr(self, name)
            if value not in known:
                raise UserError(f"{name} is {value!r}: {did_you_mean(str(value), known)}")
        if self.optimiser == "nesterov" and self.momentum == 0:
            raise UserError("momentum is 0: give a number above 0 for nesterov.")

    def _rules(self) -> dict[str, tuple[bool, str]]:
        """By setting: whether it holds, and what it must be."""
        whole, below_one = "a whole number from ", "a number from 0 to below 1"
        rules = {
            name: (_is_whole(getattr(self, name), least), f"{whole}{least}")
            for name, least in (("steps", 1), ("batch_size", 1), ("evaluate_every", 1),
                                ("pieces", 1), ("decay_steps", 0), ("patience", 0))
        }
        for name in ("momentum", "input_dropout", "hidden_dropout"):
            rules[name] = (_is_number(getattr(self, name), below=1), below_one)
        warm = _is_whole(self.warm_up, 0) and _is_whole(self.steps, self.warm_up + 1)
        weights = () if self.class_weights is None else self.class_weights
        return rules | {
            "warm_up": (warm, "a whole number from 0 to below steps"),
            "learning_rate": (_is_number(self.learning_rate) and self.learning_rate > 0,
                              "a number above 0"),
            "l2": (_is_number(self.l2), "a number from 0"),
            "label_smoothing": (_is_number(self.label_smoothing) and self.label_smoothing <= 1,
                                "a number from 0 to 1"),
            "decay": (_is_number(self.decay) and 0 < self.decay <= 1,
                      "a number above 0 and at most 1"),
            "class_weights": (all(map(_is_number, weights)), "numbers from 0, one a class"),
        }

    def learning_rates(self) -> Schedule:
        """The schedule by its name."""
        if self.schedule == "constant":
            return constant(self.learning_rate, self.warm_up)
        if self.schedule == "cosine":
            return cosine(self.learning_rate, self.steps, self.warm_up)
        every = self.decay_steps or math.ceil((self.steps - self.warm_up) / 3)
        falling = stepped if self.schedule == "step" else exponential
        return falling(self.learning_rate, every, self.decay, self.warm_up)

    def new_optimiser(self) -> Optimiser:
        """The optimiser by its name, before its first update."""
        if self.optimiser == "adam":
            return Adam(self.learning_rates(), self.momentum)
        return GradientDescent(self.learning_rates(), self.momentum, self.optimiser == "nesterov")


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and int(value) >= least


def _is_number(value: object, below: float = math.inf) -> bool:
    """Whether it is a real number from 0 to below a bound."""
    return isinstance(value, Real) and 0 <= float(value) < below


@dataclass(frozen=True)
class TrainingRecord:
    """The network after `step` updates.

    Losses are plain means, without l2, dropout, smoothing or class weights, so that the two
    compare; accuracies are shares in [0, 1]. Of the training split at most `MEASURED_ROWS` rows
    are measured, of the validation split all. Without one, its two are None.
    """

    step: int
    training_loss: float
    training_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None


OnStep = Callable[[int, TrainingRecord | None], None]
"""Called with the updates made so far and, where one was due, the record."""


class Table(ABC):
    """Inputs (examples, features) whose rows are made when they are asked for by their numbers.

    They are finite, and in the network's float type.
    """

    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.shape[0]

    @abstractmethod
    def __getitem__(self, rows: IntegerArray, /) -> FloatArray: ...


Split = tuple[ArrayLike, ArrayLike]
"""Inputs (examples, features), and labels (examples,) or targets (examples, classes).

A network of one output has no labels: its targets have the shape (examples, 1).
"""
Rows = tuple[FloatArray | Table, FloatArray]
"""Inputs and targets (examples, classes) in the network's float type."""


def train(
    network: Network,
    training: Split | tuple[Table, ArrayLike],
    validation: Split | None,
    settings: TrainingSettings,
    generator: np.random.Generator,
    on_step: OnStep | None = None,
) -> list[TrainingRecord]:
    """Change a network's parameters, in place, by mini-batch gradient descent.

    Parameters
    ----------
    network : Network
        Or SoftmaxRegression. It stays in its own float type; float32 is fastest.
    training, validation : (inputs, labels or targets)
        Inputs standardised by the caller; class numbers, or wanted outputs. Those of the training
        may be a `Table`. The validation split is only measured, never trained on, and may be None.
    settings : TrainingSettings
    generator : numpy.random.Generator
        Draws the order of each epoch and the masks of the dropout.
    on_step : function, optional
        Called after each update with the number of updates made and the record of that step, or
        None where none was due.

    Returns
    -------
    Records by rising step, also those after the one that is kept, see `kept_record`.

    Raises
    ------
    ValueError
        For shapes that do not agree, patience without a validation split, and label smoothing
        of another loss than cross-entropy.
    UserError
        For features and targets that are not finite, and when the loss stops being so.
    """
    if settings.patience and validation is None:
        raise ValueError("patience needs a validation split, not None.")
    if settings.label_smoothing and network.loss_name != "cross_entropy":
        raise ValueError(f"label_smoothing needs cross_entropy, not {network.loss_name}.")
    rows, held_out = _as_rows("training", training, network), None
    if validation is not None:
        held_out = _as_split("validation", validation, network)
    measured = _evenly_spaced(rows)
    stopping = EarlyStopping(settings.patience)
    history: list[TrainingRecord] = []
    for step in _updates(network, rows, settings, generator):
        record = None
        if step % settings.evaluate_every == 0 or step == settings.steps:
            record = _measure(network, step, measured, held_out)
            history.append(record)
        if on_step is not None:
            on_step(step, record)
        if record is not None and stopping.ends(record, network):
            break
    stopping.restore(network)
    return history


def kept_record(history: list[TrainingRecord], settings: TrainingSettings) -> TrainingRecord:
    """The record of the parameters that `train` left in the network."""
    if not settings.patience:
        return history[-1]
    return min(history, key=_validation_loss)


def validation_losses(history: list[TrainingRecord]) -> list[float]:
    """The validation loss of every record; ValueError where one has none."""
    losses = [record.validation_loss for record in history if record.validation_loss is not None]
    if len(losses) != len(history):
        raise ValueError("history must be of a training with a validation split, not without.")
    return losses


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


class EarlyStopping:
    """Remembers the parameters of the lowest validation loss; with a patience of 0, nothing."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.lowest = math.inf
        self.waited = 0
        self.best: list[FloatArray] = []

    def ends(self, record: TrainingRecord, network: Network) -> bool:
        """Whether as many records as the patience have passed without a lower loss."""
        if not self.patience:
            return False
        self.waited += 1
        if _validation_loss(record) < self.lowest:
            self.lowest, self.waited = _validation_loss(record), 0
            self.best = [parameter.copy() for parameter in network.parameters]
        return self.waited >= self.patience

    def restore(self, network: Network) -> None:
        """Put the remembered parameters back, in place."""
        for parameter, best in zip(network.parameters, self.best, strict=False):
            parameter[...] = best


def _validation_loss(record: TrainingRecord) -> float:
    return math.inf if record.validation_loss is None else record.validation_loss


def _updates(
    network: Network,
    rows: Rows,
    settings: TrainingSettings,
    generator: np.random.Generator,
) -> Iterator[int]:
    """Make one update after the other, and tell how many there have been."""
    targets = smooth(rows[1], settings.label_smoothing) if settings.label_smoothing else rows[1]
    optimiser = settings.new_optimiser()
    batches = shuffled_batches(len(rows[0]), settings.batch_size, generator)
    with ThreadPoolExecutor(settings.pieces) as pool:
        gradients = _BatchGradients(network, (rows[0], targets), settings, generator, pool)
        for step, batch in enumerate(islice(batches, settings.steps), start=1):
            # A loss that overflows is reported once, by _measure, and not by a warning an update
            with np.errstate(over="ignore", invalid="ignore"):
                optimiser.update(network.parameters, gradients.of(batch))
            yield step


class _BatchGradients:
    """The gradients of a batch, in one piece or in several side by side."""

    def __init__(
        self,
        network: Network,
        rows: Rows,
        settings: TrainingSettings,
        generator: np.random.Generator,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.network, self.settings, self.pool = network, settings, pool
        self.inputs, self.targets = rows
        self.dropout = Dropout(settings.input_dropout, settings.hidden_dropout)
        # Of several pieces none waits for another's masks
        alone = settings.pieces == 1
        self.generators = [generator] if alone else generator.spawn(settings.pieces)

    def of(self, batch: IntegerArray) -> list[FloatArray]:
        """Those of the mean loss of these rows, as the sum of its pieces in their order."""
        pieces = np.array_split(batch, min(self.settings.pieces, len(batch)))
        shares = [len(piece) / len(batch) for piece in pieces]
        side_by_side = self.pool.map if len(pieces) > 1 else map
        found = list(side_by_side(self._of_piece, pieces, shares, self.generators))
        for total, *others in zip(*found, strict=True):
            for other in others:
                total += other
        return found[0]

    def _of_piece(
        self, piece: IntegerArray, share: float, generator: np.random.Generator
    ) -> list[FloatArray]:
        """Those of the piece's share in the batch's loss: every term of it weighs so much."""
        l2, weights = self.settings.l2, self.settings.class_weights
        if share < 1:
            alike = (1.0,) * self.network.classes
            weights = tuple(share * weight for weight in (alike if weights is None else weights))
        masks = self.dropout.masks(self.network, len(piece), generator)
        with np.errstate(over="ignore", invalid="ignore"):  # a thread has its own state
            return self.network.gradients(
                self.inputs[piece], self.targets[piece], share * l2, weights, masks
            )


def _as_rows(name: str, split: Split | tuple[Table, ArrayLike], network: Network) -> Rows:
    """Inputs and targets in the network's float type, all of them finite."""
    inputs, wanted = split
    if isinstance(inputs, Table):
        return inputs, _as_targets(name, inputs.shape, wanted, network)
    return _as_split(name, (inputs, wanted), network)


def _as_split(name: str, split: Split, network: Network) -> tuple[FloatArray, FloatArray]:
    """The same of what is in memory."""
    inputs = _numbers(name, split[0])
    targets = _as_targets(name, inputs.shape, split[1], network)
    return _in_type(f"{name} features", inputs, network.dtype), targets


def _as_targets(
    name: str, shape: tuple[int, ...], wanted: ArrayLike, network: Network
) -> FloatArray:
    """Targets (examples, classes) of inputs of that shape."""
    targets = _numbers(name, wanted)
    if targets.ndim == 1 and network.classes > 1:
        targets = one_hot(targets, network.classes)
    features, examples = len(network.layers[0].weights), shape[0] if shape else 0
    if not examples or (shape, targets.shape) != (
            (examples, features), (examples, network.classes)):
        raise ValueError(
            f"{name} inputs and targets must have the shapes (examples, {features}) and "
            f"(examples, {network.classes}), with at least one example, not {shape} and "
            f"{targets.shape}."
        )
    if network.loss_name == "cross_entropy" and targets.min() < 0:
        raise ValueError(f"{name} targets of cross-entropy must be 0 or more, not {targets.min()}.")
    return _in_type(f"{name} targets", targets, network.dtype)


def _numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} inputs and targets must be numbers, not {array.dtype}.")
    return array


def _in_type(name: str, values: NDArray[Any], dtype: DTypeLike) -> FloatArray:
    """Finite values in a float type that reaches them; UserError for others."""
    try:
        require_finite(name, values)
        converted = as_type(values, dtype)
        if converted is not values:
            require_finite(f"{name}, in {np.dtype(dtype)},", converted)
    except ValueError as error:
        raise UserError(str(error)) from None
    return converted


def _evenly_spaced(split: Rows) -> tuple[FloatArray, FloatArray]:
    """At most `MEASURED_ROWS` rows, so that measuring never takes longer than training."""
    inputs, targets = split
    count = min(len(inputs), MEASURED_ROWS)
    rows = np.linspace(0, len(inputs) - 1, count).astype(np.intp)
    return inputs[rows], targets[rows]


def _measure(
    network: Network,
    step: int,
    training: tuple[FloatArray, FloatArray],
    validation: tuple[FloatArray, FloatArray] | None,
) -> TrainingRecord:
    loss, accuracy = _loss_and_accuracy(network, *training)
    _refuse_divergence("training", loss, step)
    if validation is None:
        return TrainingRecord(step, loss, accuracy, None, None)
    validation_loss, validation_accuracy = _loss_and_accuracy(network, *validation)
    _refuse_divergence("validation", validation_loss, step)
    return TrainingRecord(step, loss, accuracy, validation_loss, validation_accuracy)


def _refuse_divergence(split: str, loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise DivergedError(
            f"The {split} loss is {loss} after {step} steps: lower learning_rate or l2."
        )


def _loss_and_accuracy(
    network: Network, inputs: FloatArray, targets: FloatArray
) -> tuple[float, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = network.outputs(inputs)  # (examples, classes)
        right = _choices(outputs) == _choices(targets)
        return LOSSES[network.loss_name].value(outputs, targets, None), float(right.mean())


def _choices(outputs: FloatArray) -> IntegerArray:
    """The class of the highest output; of a single output, whether it is above one half."""
    return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(int)
