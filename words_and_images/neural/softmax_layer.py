"""A softmax layer, h = softmax(x W), and its derivatives with respect to W, by two ways.

The long way multiplies the Jacobians of the chain rule as they stand, and shows where the short
one comes from. The short way is what one computes with. Both give the same numbers:
`examples/softmax_derivatives.py` measures what the long one costs.

The functions of one layer take inputs (features,) or a batch (..., features), weights
(features, classes), and the wanted class probabilities as targets (..., classes).
"""

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, as_floats, require_finite
from words_and_images.neural.softmax import log_softmax, softmax, softmax_jacobian


def softmax_layer(inputs: ArrayLike, weights: ArrayLike) -> FloatArray:
    """h = softmax(x W): inputs (..., features) to probabilities (..., classes)."""
    x, w = _layer(inputs, weights)
    return softmax(x @ w)


def logits_jacobian(inputs: ArrayLike, classes: int) -> FloatArray:
    """Derivative of the logits z = x W by the weights, dz_k / dW_ji = [i = k] x_j.

    Inputs (..., features) to (..., classes, classes, features): by k, i and j. Almost all of it
    is 0, because a weight of one class moves no other class's logit.
    """
    x = as_floats(inputs)
    identity = np.eye(classes, dtype=x.dtype)
    return identity[:, :, np.newaxis] * x[..., np.newaxis, np.newaxis, :]


def layer_jacobian_by_product(inputs: ArrayLike, weights: ArrayLike) -> FloatArray:
    """dh_t / dW_ji the long way: the product of the Jacobians of softmax and of the logits.

    sum_k dh_t/dz_k dz_k/dW_ji, (..., classes, classes, features) by t, i and j. Its matrices have
    classes rows, and classes and classes x features columns: time grows with classes^3 features.
    """
    x, w = _layer(inputs, weights)
    outer = softmax_jacobian(softmax(x @ w))  # (..., classes t, classes k)
    inner = logits_jacobian(x, w.shape[1])  # (..., classes k, classes i, features)
    flat = inner.reshape(*inner.shape[:-2], -1)  # (..., classes k, classes x features)
    return (outer @ flat).reshape(inner.shape)


def layer_jacobian(inputs: ArrayLike, weights: ArrayLike) -> FloatArray:
    """dh_t / dW_ji the short way, h_t ([i = t] - h_i) x_j: the same numbers, shaped alike.

    What is left of the sum over k is the one term that is not 0.
    """
    x, w = _layer(inputs, weights)
    of_logits = softmax_jacobian(softmax(x @ w))  # (..., classes t, classes i)
    return of_logits[..., np.newaxis] * x[..., np.newaxis, np.newaxis, :]


def probability_cross_entropy(probabilities: ArrayLike, targets: ArrayLike) -> FloatArray:
    """xe(h, y) = -sum_i y_i log h_i of probabilities and targets (..., classes): (...), nats.

    Infinite where a wanted class has the probability 0, which `losses.cross_entropy`,
    from logits, never is. Bishop, "Pattern Recognition and Machine Learning", equation 4.108.
    """
    h, y = _alike(probabilities, targets)
    with np.errstate(divide="ignore"):
        terms = np.where(y > 0, y * np.log(np.where(y > 0, h, 1)), 0)
    return -terms.sum(axis=-1)


def probability_cross_entropy_derivative(
    probabilities: ArrayLike, targets: ArrayLike
) -> FloatArray:
    """d xe / dh_i = -y_i / h_i, (..., classes); minus infinity where h_i is 0 and y_i is not."""
    h, y = _alike(probabilities, targets)
    with np.errstate(divide="ignore"):
        return np.where(y > 0, -y / np.where(y > 0, h, 1), np.zeros_like(h))


def loss_derivative_by_product(
    inputs: ArrayLike, weights: ArrayLike, targets: ArrayLike
) -> FloatArray:
    """d xe / dW_ji the long way: sum_t d xe/dh_t dh_t/dW_ji, (..., classes, features) by i and j.

    Needs every probability that is wanted to be above 0: where one underflows, the two factors
    are infinite and 0. The closed form of `loss_derivative` has no such place.
    """
    by_probabilities = probability_cross_entropy_derivative(
        softmax_layer(inputs, weights), targets)  # (..., classes t)
    by_weights = layer_jacobian_by_product(inputs, weights)  # (..., t, i, j)
    return np.einsum("...t,...tij->...ij", by_probabilities, by_weights)


def loss_derivative(inputs: ArrayLike, weights: ArrayLike, targets: ArrayLike) -> FloatArray:
    """d xe / dW_ji in closed form, (h_i - y_i) x_j, for targets that sum to 1.

    A row for each class, (..., classes, features): its transpose has the shape of W. For finite
    inputs and weights it is always finite. Bishop, equation 4.109.
    """
    x, w = _layer(inputs, weights)
    h, y = _alike(softmax(x @ w), targets)
    return (h - y)[..., np.newaxis] * x[..., np.newaxis, :]


def layer_loss(inputs: ArrayLike, weights: ArrayLike, targets: ArrayLike) -> FloatArray:
    """xe of the layer from its logits, -sum_i y_i log softmax(x W)_i: (...), always finite."""
    x, w = _layer(inputs, weights)
    log_h, y = _alike(log_softmax(x @ w), targets)
    return -(y * log_h).sum(axis=-1)


def _layer(inputs: ArrayLike, weights: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, w = as_floats(inputs), as_floats(weights)
    if w.ndim != 2 or x.ndim == 0 or x.shape[-1] != w.shape[0]:
        raise ValueError("inputs and weights must have the shapes (..., features) and (features, "
                         f"classes), not {x.shape} and {w.shape}.")
    require_finite("inputs", x)
    require_finite("weights", w)
    return x, w


def _alike(values: ArrayLike, targets: ArrayLike) -> tuple[FloatArray, FloatArray]:
    a, y = as_floats(values), as_floats(targets)
    if a.ndim == 0 or a.shape != y.shape:
        raise ValueError("probabilities and targets must have one shape (..., classes), not "
                         f"{a.shape} and {y.shape}.")
    return a, y
