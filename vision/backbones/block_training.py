"""The training of a network's upper part and of a softmax layer on it, by TensorFlow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from vision.backbones.runtime import Tensor, tf
from vision.backbones.unfreezing import CutNetwork

# Kingma and Ba, "Adam: A method for stochastic optimization", 2015, algorithm 1.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
MEASURED_AT_ONCE = 64


class Examples(NamedTuple):
    """Activations at the cut (rows, ...), an array or a file of one, and labels (rows,)."""

    activations: NDArray[np.floating]
    targets: NDArray[np.intp]


class Measure(NamedTuple):
    """How a network does on the validation images."""

    loss: float
    accuracy: float


class Settings(Protocol):
    """How a block learns: `vision.backbones.fine_tuning.FineTuneParameters`."""

    @property
    def epochs(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def l2(self) -> float: ...
    @property
    def patience(self) -> int: ...


@dataclass
class BlockTrainer:
    """The upper part of a network and a softmax layer, and one update of both.

    Parameters
    ----------
    network : the network.
    weights, bias : of the softmax layer on its features at first.
    settings : how it learns.
    """

    network: CutNetwork
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    settings: Settings
    variables: list = field(init=False)

    def __post_init__(self) -> None:
        values = [*self.network.kernels.values(), self.weights, self.bias]
        self.variables = [tf.Variable(value) for value in values]
        self._start = [tf.constant(value) for value in values]
        self._moments = [(tf.Variable(tf.zeros_like(value)), tf.Variable(tf.zeros_like(value)))
                         for value in values]
        self._step = tf.Variable(0.0)
        signature = [tf.TensorSpec((None, *self.network.shape), tf.float32),
                     tf.TensorSpec((None,), tf.int64)]
        self.update = tf.function(self._update, input_signature=signature)
        self.losses = tf.function(self._losses, input_signature=signature)

    def kernels(self) -> dict[str, NDArray[np.float32]]:
        """The kernels as they are now."""
        return {name: variable.numpy()
                for name, variable in zip(self.network.kernels, self.variables, strict=False)}

    def _losses(self, activations: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The cross-entropy (batch,) and whether the answer is right (batch,)."""
        values = [tf.convert_to_tensor(variable) for variable in self.variables]
        return self._losses_by(values, activations, targets)

    def _losses_by(
        self, values: list[Tensor], activations: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The same by values of the variables."""
        *kernels, weights, bias = values
        named = dict(zip(self.network.kernels, kernels, strict=True))
        logits = tf.linalg.matmul(self.network.upper(activations, named), weights) + bias
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        return losses, tf.equal(tf.argmax(logits, axis=1), targets)

    def _update(self, activations: Tensor, targets: Tensor) -> None:
        """One step of Adam, with a pull back to the first weights.

        They hold what the network knows of a million images: X. Li, Y. Grandvalet and
        F. Davoine, "Explicit inductive bias for transfer learning", 2018. The pull is beside the
        gradient, as in I. Loshchilov and F. Hutter, "Decoupled weight decay", 2019.
        """
        values = [tf.convert_to_tensor(variable) for variable in self.variables]
        loss = tf.reduce_mean(self._losses_by(values, activations, targets)[0])
        # No GradientTape: it does not see the operations of a graph that was not traced under it.
        gradients = tf.gradients(loss, values)
        step = self._step.assign_add(1.0)
        rate = self.settings.learning_rate
        for variable, gradient, start, (first, second) in zip(
                self.variables, gradients, self._start, self._moments, strict=True):
            m = first.assign(BETA_1 * first + (1 - BETA_1) * gradient)
            v = second.assign(BETA_2 * second + (1 - BETA_2) * tf.square(gradient))
            unbiased = m / (1 - BETA_1**step)
            deviation = tf.sqrt(v / (1 - BETA_2**step)) + EPSILON
            pull = self.settings.l2 * (variable - start)
            variable.assign_sub(rate * (unbiased / deviation + pull))

    def measure(self, examples: Examples) -> Measure:
        """Loss and accuracy on examples."""
        answers = [self.losses(*batch) for batch in _batches(
            examples, np.arange(len(examples.targets)), MEASURED_AT_ONCE)]
        losses, right = (np.concatenate([each.numpy() for each in part])
                         for part in zip(*answers, strict=True))
        return Measure(float(losses.mean()), float(right.mean()))


@contextmanager
def repeatable() -> Iterator[None]:
    """Let TensorFlow add up in the same order every time, and as it likes afterwards."""
    from tensorflow.python.framework import config  # type: ignore[import-untyped]

    already = config.is_op_determinism_enabled()
    config.enable_op_determinism()
    try:
        yield
    finally:
        if not already:
            config.disable_op_determinism()


def features_of(network: CutNetwork, activations: NDArray[np.floating]) -> NDArray[np.float32]:
    """Features (rows, width) of activations at the cut, by the kernels as they are."""
    upper = tf.function(
        lambda batch: network.upper(batch, {}),
        input_signature=[tf.TensorSpec((None, *network.shape), tf.float32)])
    return np.concatenate([
        upper(tf.constant(np.asarray(activations[start:start + MEASURED_AT_ONCE], np.float32)))
        for start in range(0, len(activations), MEASURED_AT_ONCE)])


def _batches(
    examples: Examples, order: Sequence[int] | NDArray[np.intp], size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, len(order), size):
        rows = order[start:start + size]
        yield (tf.constant(np.asarray(examples.activations[rows], np.float32)),
               tf.constant(examples.targets[rows].astype(np.int64)))


def train_block(
    trainer: BlockTrainer,
    training: Examples,
    validation: Examples,
    generator: np.random.Generator,
) -> Iterator[Measure]:
    """Train for the settings' epochs; the validation images before the first and after each.

    It ends early after `patience` epochs without a lower loss, and leaves the trainer with the
    variables of the lowest. Inside `repeatable`, the same generator gives the same variables.
    """
    best = trainer.measure(validation)
    kept, waited = [variable.numpy() for variable in trainer.variables], 0
    yield best
    for _epoch in range(trainer.settings.epochs):
        order = generator.permutation(len(training.targets))
        for batch in _batches(training, order, trainer.settings.batch_size):
            trainer.update(*batch)
        measure = trainer.measure(validation)
        waited += 1
        if measure.loss < best.loss:
            best, kept = measure, [variable.numpy() for variable in trainer.variables]
            waited = 0
        yield measure
        if waited >= trainer.settings.patience:
            break
    for variable, value in zip(trainer.variables, kept, strict=True):
        variable.assign(value)
