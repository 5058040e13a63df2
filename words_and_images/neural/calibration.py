"""Temperature scaling: how sharp probabilities may be, told by examples that were not learned.

Guo et al., "On calibration of modern neural networks", 2017, section 4.2.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from words_and_images.neural.arrays import IntegerArray, as_floats, as_labels, require_finite
from words_and_images.neural.losses import cross_entropy, one_hot
from words_and_images.neural.softmax import softmax

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 20.0
HALVINGS = 60  # of a bracket around the answer: as near as float64 comes


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """The temperature T at which softmax(logits / T) is most likely to give the labels.

    Parameters
    ----------
    logits : (examples, classes)
        Of examples that the logits' maker did not learn from.
    labels : (examples,) integers

    Returns
    -------
    T > 0, which minimises the mean of -log softmax(z / T)_label: above 1 where the probabilities
    are too sure, below 1 where they are not sure enough. 1 where no logit differs from another.

    Raises
    ------
    ValueError
        For shapes that do not agree, no examples, logits that are not finite, or labels that are
        no class.

    Notes
    -----
    The loss is convex in 1 / T, so its derivative changes sign once at most; the place is
    bracketed by halving. T stays within [0.05, 20]. Where every answer is right, the likelihood
    would grow without end as T goes to 0, though n right answers do not show that the next is
    certain: T falls below 1 only until the mean confidence is (n + 1) / (n + 2), the chance of
    one more right answer by Laplace's rule of succession. With mistakes among the examples, the
    minimum hardly ever lies beyond that.
    """
    scores, numbers = _checked_pair(logits, labels)
    if np.all(scores == scores[:, :1]):
        return 1.0
    sharpest = _sharpest(scores)
    lowest = 1 / HIGHEST_TEMPERATURE
    return 1 / _crossing(lambda b: scaled_loss_derivative(scores, numbers, b), lowest, sharpest)


def scaled_loss(logits: ArrayLike, labels: ArrayLike, sharpness: float) -> float:
    """Mean of -log softmax(b z)_label, in nats, of logits z and a sharpness b = 1 / T."""
    scores, numbers = _checked_pair(logits, labels)
    return cross_entropy(sharpness * scores, one_hot(numbers, scores.shape[1]))


def scaled_loss_derivative(logits: ArrayLike, labels: ArrayLike, sharpness: float) -> float:
    """Derivative of `scaled_loss` with respect to the sharpness b.

    dL / db = (1 / n) sum_i (sum_c p_ic z_ic - z_i,label), where p = softmax(b z): the mean logit
    that the probabilities expect less the one that came. Its own derivative is the variance of z
    under p, which is never negative.
    """
    scores, numbers = _checked_pair(logits, labels)
    probabilities = softmax(sharpness * scores)  # (examples, classes)
    expected = np.sum(probabilities * scores, axis=1)
    came = scores[np.arange(len(scores)), numbers]
    return float(np.mean(expected - came))


def _sharpest(scores: NDArray[np.float64]) -> float:
    """The largest 1 / T that so few examples can support, at least 1."""
    examples = len(scores)
    supported = (examples + 1) / (examples + 2)

    def excess(sharpness: float) -> float:
        return float(np.mean(softmax(sharpness * scores).max(axis=1))) - supported

    return _crossing(excess, 1.0, 1 / LOWEST_TEMPERATURE)


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that never falls reaches 0; an end of the bracket if it lies beyond.

    Of a function that is 0 all over, the upper end: what rounding has left nothing of was sure.
    """
    if rising(high) <= 0:
        return high
    if rising(low) >= 0:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def _checked_pair(
    logits: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], IntegerArray]:
    """Logits in float64, each row less its largest, which changes nothing but the rounding."""
    scores = as_floats(logits).astype(np.float64)
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"logits must have the shape (examples, classes), not {scores.shape}.")
    require_finite("logits", scores)
    numbers = as_labels(labels)
    one_hot(numbers, scores.shape[1])  # refuses labels that are no class
    if len(numbers) != len(scores):
        raise ValueError(f"there must be as many labels as logits, not {len(numbers)} and "
                         f"{len(scores)}.")
    with np.errstate(over="ignore"):
        apart = scores - scores.max(axis=1, keepdims=True)
    # So that they stay finite when they are divided by a temperature
    return np.maximum(apart, np.finfo(np.float64).min * LOWEST_TEMPERATURE), numbers
