"""Losses with their derivatives, and the targets and weights that they compare with."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, as_floats, as_labels, as_type
from words_and_images.neural.softmax import log_softmax, softmax


def cross_entropy(
    logits: ArrayLike, targets: ArrayLike, class_weights: ArrayLike | None = None
) -> float:
    """Mean cross-entropy, L = -(1 / batch) sum_b sum_c w_c t_bc log softmax(z_b)_c.

    Parameters
    ----------
    logits : (batch, classes)
        z, the scores before softmax.
    targets : (batch, classes)
        t, the wanted class probabilities: `one_hot`, `smooth`, or a teacher's.
    class_weights : (classes,), optional
        w, the cost of missing a class. The mean stays one over the batch, not over the weights.

    Returns
    -------
    Nats, summed in float64 whatever the float type of the logits.

    Raises
    ------
    ValueError
        For an empty batch, or shapes that do not agree.

    Notes
    -----
    Bishop, "Pattern Recognition and Machine Learning", equation 4.108.
    """
    log_probabilities = log_softmax(logits)  # (batch, classes)
    weighted = _weighted_targets(log_probabilities, targets, class_weights)
    return -float(np.sum(weighted * log_probabilities, dtype=np.float64)) / len(weighted)


def cross_entropy_derivative(
    logits: ArrayLike, targets: ArrayLike, class_weights: ArrayLike | None = None
) -> FloatArray:
    """Derivative of `cross_entropy` with respect to the logits, (batch, classes).

    dL / dz_b = (softmax(z_b) - t_b) / batch. With weights, u_bc = w_c t_bc takes the place of t
    and sum_c u_bc multiplies softmax(z_b); without them, that sum is 1. Bishop, equation 4.109.
    """
    probabilities = softmax(logits)  # (batch, classes)
    weighted = _weighted_targets(probabilities, targets, class_weights)
    totals = weighted.sum(axis=-1, keepdims=True)  # (batch, 1)
    return (totals * probabilities - weighted) / len(weighted)


def squared_error(
    outputs: ArrayLike, targets: ArrayLike, class_weights: ArrayLike | None = None
) -> float:
    """Mean squared error, E = (1 / 2 batch) sum_b sum_c w_c (a_bc - t_bc)^2.

    Outputs a and targets t (batch, outputs), weights w (outputs,); summed in float64. Bishop,
    "Pattern Recognition and Machine Learning", equation 5.11, divided by the batch.
    """
    predictions = as_floats(outputs)
    wanted, weights = _matching(predictions, targets, class_weights)
    squares = weights * np.square(predictions - wanted)  # (batch, outputs)
    return float(np.sum(squares, dtype=np.float64)) / (2 * len(squares))


def squared_error_derivative(
    outputs: ArrayLike, targets: ArrayLike, class_weights: ArrayLike | None = None
) -> FloatArray:
    """Derivative of `squared_error`, dE / da_bc = w_c (a_bc - t_bc) / batch: (batch, outputs)."""
    predictions = as_floats(outputs)
    wanted, weights = _matching(predictions, targets, class_weights)
    return weights * (predictions - wanted) / len(wanted)


class Loss(NamedTuple):
    """A loss of what a network's last layer puts out, and its derivative by that.

    Both take outputs (batch, outputs), targets of that shape and class weights or None.
    """

    value: Callable[[ArrayLike, ArrayLike, ArrayLike | None], float]
    derivative: Callable[[ArrayLike, ArrayLike, ArrayLike | None], FloatArray]


LOSSES = {
    "cross_entropy": Loss(cross_entropy, cross_entropy_derivative),
    "squared_error": Loss(squared_error, squared_error_derivative),
}
"""By name. Cross-entropy holds the softmax, so that its outputs are logits."""


def balanced_class_weights(labels: ArrayLike, classes: int) -> FloatArray:
    """Weights that let every class count the same, w_c = n / (classes n_c): (classes,).

    n_c of the n labels are c. Their mean over the examples is 1, so that a learning rate keeps
    its meaning. King and Zeng, "Logistic regression in rare events data", 2001, section 4.2.
    """
    numbers = as_labels(labels)
    counts = np.bincount(numbers, minlength=classes)
    if len(counts) != classes or counts.min() == 0:
        raise ValueError(
            f"each of the {classes} classes needs an example, not {counts.tolist()} of them."
        )
    return len(numbers) / (classes * counts)


def one_hot(labels: ArrayLike, classes: int) -> FloatArray:
    """Targets with 1 at each label and 0 elsewhere: (batch,) integers to (batch, classes)."""
    numbers = as_labels(labels)
    if numbers.max() >= classes:
        raise ValueError(f"labels must be below the {classes} classes, not {numbers.max()}.")
    targets = np.zeros((len(numbers), classes))
    targets[np.arange(len(numbers)), numbers] = 1
    return targets


def smooth(targets: ArrayLike, amount: float) -> FloatArray:
    """Label smoothing, t' = (1 - amount) t + amount / classes, shaped as `targets`.

    `amount` lies in [0, 1]: 0 leaves the targets as they are, 1 makes all classes alike.
    Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016, section 7.
    """
    if not 0 <= amount <= 1:
        raise ValueError(f"amount of smoothing must lie between 0 and 1, not {amount}.")
    probabilities = as_floats(targets)
    return (1 - amount) * probabilities + amount / probabilities.shape[-1]


def _weighted_targets(
    scores: FloatArray, targets: ArrayLike, class_weights: ArrayLike | None
) -> FloatArray:
    """w_c t_bc."""
    wanted, weights = _matching(scores, targets, class_weights)
    return wanted if class_weights is None else weights * wanted


def _matching(
    scores: FloatArray, targets: ArrayLike, class_weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Targets and weights in the float type of the scores, so that float32 networks stay so."""
    wanted = as_type(targets, scores.dtype)
    if scores.ndim != 2 or len(scores) == 0 or wanted.shape != scores.shape:
        raise ValueError(
            "logits and targets must have one shape (batch, classes), with a batch of at least "
            f"1, not {scores.shape} and {wanted.shape}."
        )
    if class_weights is None:
        return wanted, np.ones(scores.shape[1], scores.dtype)
    weights = as_type(class_weights, scores.dtype)
    if weights.shape != scores.shape[1:]:
        raise ValueError(
            f"class_weights must have the shape {scores.shape[1:]}, not {weights.shape}."
        )
    return wanted, weights
