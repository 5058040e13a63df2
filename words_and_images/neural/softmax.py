"""Softmax, its logarithm and its derivative."""

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, as_floats


def softmax(logits: ArrayLike) -> FloatArray:
    """Probabilities of the classes, softmax(z)_i = e^(z_i) / sum_j e^(z_j).

    Parameters
    ----------
    logits : (..., classes)
        Scores; every vector along the last axis is normalised by itself.

    Returns
    -------
    (..., classes), of the logits' float type, at least 0, summing to 1 along the last axis. What
    is infinite has its limit: +inf takes all, equals share, and -inf gets nothing; nan gives nan.

    Raises
    ------
    ValueError
        Where there is no class to normalise over.

    Notes
    -----
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    Goodfellow, Bengio and Courville, "Deep Learning", equations 4.1 and 6.29.
    """
    exponentials = np.exp(_less_largest(logits))  # (..., classes)
    return (exponentials / _sums(exponentials)).astype(exponentials.dtype, copy=False)


def log_softmax(logits: ArrayLike) -> FloatArray:
    """Logarithm of softmax, log softmax(z)_i = z_i - log sum_j e^(z_j), shaped as `logits`.

    Finite for every finite input, also where the probability itself has vanished.
    """
    shifted = _less_largest(logits)  # (..., classes)
    return (shifted - np.log(_sums(np.exp(shifted)))).astype(shifted.dtype, copy=False)


def softmax_jacobian(probabilities: ArrayLike) -> FloatArray:
    """Derivative of softmax: ds_i / dz_j = s_i (delta_ij - s_j), or diag(s) - s s^T.

    Parameters
    ----------
    probabilities : (..., classes)
        s, what `softmax` returned.

    Returns
    -------
    (..., classes, classes), symmetric; every row sums to 0.
    """
    s = as_floats(probabilities)
    _require_classes(s)
    identity = np.eye(s.shape[-1], dtype=s.dtype)
    return s[..., :, np.newaxis] * (identity - s[..., np.newaxis, :])


def _less_largest(logits: ArrayLike) -> FloatArray:
    """z - max(z), which leaves softmax as it is and keeps every exponential in [0, 1]."""
    scores = as_floats(logits)
    _require_classes(scores)
    largest = scores.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = np.where(scores == largest, 0, scores - largest)  # inf - inf would be nan
    # Two finite logits can lie further apart than a float reaches. At -inf, a target of 0 times
    # its log-probability would be nan.
    return np.maximum(shifted, np.finfo(shifted.dtype).min)


def _sums(exponentials: FloatArray) -> FloatArray:
    """Over the last axis, in a type where many float16 do not overflow."""
    wide = np.result_type(exponentials.dtype, np.float32)
    return exponentials.sum(axis=-1, keepdims=True, dtype=wide)


def _require_classes(scores: FloatArray) -> None:
    if scores.ndim == 0 or scores.shape[-1] == 0:
        raise ValueError(f"softmax needs at least one class on the last axis, not {scores.shape}.")
