"""How good predictions are: counts, rates, curves, calibration and correlation.

Classes are numbers from 0 on. What cannot be computed is no number that could pass for a score:
nan among the scores of several classes or bins, None for a correlation, ValueError for the rest.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from words_and_images.neural.arrays import (
    FloatArray,
    IntegerArray,
    as_floats,
    as_labels,
    require_finite,
)

NOT_COMPUTED = "not_computed"


def named(not_computed: dict[str, str]) -> dict[str, dict[str, str]]:
    """What stands with scores for those that are missing, by their names with the reasons.

    Nothing where none is missing.
    """
    return {NOT_COMPUTED: not_computed} if not_computed else {}


def confusion_matrix(
    labels: ArrayLike, predictions: ArrayLike, classes: int | None = None
) -> IntegerArray:
    """Counts of (label, prediction): rows are the true classes, columns the predicted ones.

    Parameters
    ----------
    labels, predictions : (examples,) integers
    classes : int, optional
        How many there are; by default as many as the numbers ask for.

    Returns
    -------
    (classes, classes) integers.

    Raises
    ------
    ValueError
        For lengths that differ, or a number that is no class.
    """
    rows, columns = _label_pair(labels, predictions)
    largest = int(max(rows.max(), columns.max()))
    size = largest + 1 if classes is None else classes
    if largest >= size:
        raise ValueError(f"labels and predictions must be below {size} classes, not {largest}.")
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


def accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Share of the predictions that are right, of two vectors of class numbers."""
    truths, guesses = _label_pair(labels, predictions)
    return float(np.mean(truths == guesses))


def accuracy_interval(correct: int, examples: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of an accuracy of correct / examples: (low, high).

    (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), where z is the normal
    quantile, 1.96 for 95 %. Wilson, "Probable inference, the law of succession, and statistical
    inference", 1927. ValueError unless 0 <= correct <= examples, examples > 0.
    """
    whole = int(correct) == correct and int(examples) == examples
    if not whole or not 0 <= correct <= examples or examples == 0:
        raise ValueError(
            "correct must be a count between 0 and examples, above 0, not "
            f"{correct} of {examples}."
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}.")
    n, p = examples, correct / examples
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = p + z**2 / (2 * n)
    margin = z * float(np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)))
    scale = 1 + z**2 / n
    return max((centre - margin) / scale, 0.0), min((centre + margin) / scale, 1.0)


def precision(matrix: ArrayLike) -> FloatArray:
    """Of the examples given to a class, the share that belong there: (classes,); nan of none given.
    """
    counts = _square(matrix)
    return _ratio(np.diagonal(counts), counts.sum(axis=0))


def recall(matrix: ArrayLike) -> FloatArray:
    """Of the examples that belong to a class, the share given to it: (classes,); nan of none."""
    counts = _square(matrix)
    return _ratio(np.diagonal(counts), counts.sum(axis=1))


def f1(matrix: ArrayLike) -> FloatArray:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN): (classes,).

    nan of a class that no example belongs to or is given to. van Rijsbergen, "Information
    Retrieval", 1979, chapter 7, with equal weights.
    """
    counts = _square(matrix)
    return _ratio(2 * np.diagonal(counts), counts.sum(axis=0) + counts.sum(axis=1))


def macro_average(scores: ArrayLike) -> float:
    """Mean of a score by class (`precision`, `recall`, `f1`), every class counting the same.

    ValueError where a class has none: whether to leave it out is the caller's to say.
    """
    values = as_floats(scores)
    require_finite("scores", values)
    if values.size == 0:
        raise ValueError("scores must be of at least one class, not of none.")
    return float(np.mean(values))


def micro_average(matrix: ArrayLike) -> float:
    """Score of the counts pooled over all classes, sum TP / sum (TP + FP).

    With one label an example, every mistake is a false positive once and a false negative once:
    precision, recall and F1 pooled so are all the accuracy.
    """
    counts = _square(matrix)
    if counts.sum() == 0:
        raise ValueError("a confusion matrix must count at least one example, not none.")
    return float(np.trace(counts) / counts.sum())


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Rates at every threshold (a score at or above it counts as positive), from high to low.

    Attributes
    ----------
    false_positive_rates, true_positive_rates : (distinct scores + 1,)
        From 0 to 1.
    thresholds : (distinct scores + 1,)
        The first is infinite: nothing is positive.
    """

    false_positive_rates: FloatArray
    true_positive_rates: FloatArray
    thresholds: FloatArray


def roc_curve(labels: ArrayLike, scores: ArrayLike) -> RocCurve:
    """Receiver operating characteristic of one class against the rest.

    Parameters
    ----------
    labels : (examples,) of 0 and 1, or of booleans
        Both must occur.
    scores : (examples,)
        Higher means more likely 1. Equal scores share one point of the curve.

    Notes
    -----
    Fawcett, "An introduction to ROC analysis", 2006, algorithm 1.
    """
    truths, values = _binary_scores(labels, scores)
    thresholds, places = np.unique(values, return_inverse=True)  # ascending
    true_positives = np.bincount(places, weights=truths)[::-1].cumsum()
    false_positives = np.bincount(places, weights=~truths)[::-1].cumsum()
    return RocCurve(
        false_positive_rates=np.append(0, false_positives / false_positives[-1]),
        true_positive_rates=np.append(0, true_positives / true_positives[-1]),
        thresholds=np.append(np.inf, thresholds[::-1]),
    )


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under `roc_curve`: the chance that a 1 scores above a 0, ties counting half.

    AUC = (R - P (P + 1) / 2) / (P N), where R sums the ranks of the P ones among the N zeros.
    Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982.
    """
    truths, values = _binary_scores(labels, scores)
    positives = int(truths.sum())
    negatives = len(truths) - positives
    rank_sum = float(average_ranks(values)[truths].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean of -log p(label), in nats.

    Parameters
    ----------
    labels : (examples,) integers
    probabilities : (examples, classes), or (examples,) for the probability of class 1 of two
        Kept away from 0 and 1 by the rounding unit of their float type.

    Raises
    ------
    ValueError
        For shapes that do not agree, and probabilities that are none: not in [0, 1], or rows that
        do not sum to 1, but for rounding.
    """
    truths, chances = _labels_and_probabilities(labels, probabilities)
    unit = np.finfo(chances.dtype).eps
    kept = np.clip(chances[np.arange(len(truths)), truths], unit, 1 - unit)
    return -float(np.mean(np.log(kept), dtype=np.float64))


def brier_score(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared error of the probabilities, checked as `log_loss` checks them.

    (1 / examples) sum_b sum_c (p_bc - y_bc)^2 for probabilities (examples, classes), from 0 to
    2; for probabilities (examples,) of class 1 of two, the usual half of it, mean (p - y)^2.
    Brier, "Verification of forecasts expressed in terms of probability", 1950, equation 2.
    """
    truths, chances = _labels_and_probabilities(labels, probabilities)
    outcomes = np.arange(chances.shape[1]) == truths[:, np.newaxis]  # (examples, classes)
    total = float(np.sum((chances - outcomes) ** 2, dtype=np.float64)) / len(truths)
    return total / 2 if np.ndim(probabilities) == 1 else total


@dataclass(frozen=True, eq=False)
class CalibrationBins:
    """A reliability diagram.

    Attributes
    ----------
    edges : (bins + 1,)
        Bin i holds confidences above edges[i] and up to edges[i + 1]; the first holds 0 as well.
    confidence, accuracy : (bins,)
        Mean confidence and share of right predictions; nan in a bin that holds nothing.
    count : (bins,)
    """

    edges: FloatArray
    confidence: FloatArray
    accuracy: FloatArray
    count: IntegerArray


def calibration_bins(correct: ArrayLike, confidences: ArrayLike, bins: int = 10) -> CalibrationBins:
    """Sort predictions into bins of equal width by their confidence.

    Parameters
    ----------
    correct : (examples,) of 0 and 1, or of booleans
        Whether the predicted class (or, for one class against the rest, that class) is the true.
    confidences : (examples,)
        The probability given to it, in [0, 1].
    bins : int

    Notes
    -----
    Niculescu-Mizil and Caruana, "Predicting good probabilities with supervised learning", 2005;
    Guo et al., "On calibration of modern neural networks", 2017, section 2.
    """
    right, chances = _zeros_and_ones(correct), np.asarray(confidences, dtype=np.float64)
    _require_same_length(right, chances)
    if bins < 1:
        raise ValueError(f"bins must be 1 or more, not {bins}.")
    if not np.all((chances >= 0) & (chances <= 1)):
        raise ValueError(f"confidences must lie in [0, 1], not {chances.min()} to {chances.max()}.")
    edges = np.linspace(0, 1, bins + 1)
    places = np.searchsorted(edges[1:-1], chances)
    count = np.bincount(places, minlength=bins)
    confidence = _ratio(np.bincount(places, weights=chances, minlength=bins), count)
    hits = _ratio(np.bincount(places, weights=right, minlength=bins), count)
    return CalibrationBins(edges, confidence, hits, count)


def expected_calibration_error(correct: ArrayLike, confidences: ArrayLike, bins: int = 10) -> float:
    """Mean gap between confidence and accuracy, sum_i (count_i / n) |accuracy_i - confidence_i|.

    Arguments as in `calibration_bins`. Guo et al., 2017, equation 3.
    """
    table = calibration_bins(correct, confidences, bins)
    filled = table.count > 0
    gaps = np.abs(table.accuracy - table.confidence)[filled]
    return float(np.average(gaps, weights=table.count[filled]))


def pearson(a: ArrayLike, b: ArrayLike) -> float | None:
    """Linear correlation, sum (a - mean a)(b - mean b) / (|a - mean a| |b - mean b|).

    In [-1, 1]; None where either does not vary. ValueError for fewer than two pairs, or nan.
    """
    first, second = _pairs(a, b)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    from_mean_a, from_mean_b = first - first.mean(), second - second.mean()
    product = np.linalg.norm(from_mean_a) * np.linalg.norm(from_mean_b)
    return float(np.clip(from_mean_a @ from_mean_b / product, -1, 1))


def spearman(a: ArrayLike, b: ArrayLike) -> float | None:
    """Rank correlation: `pearson` of the `average_ranks`; None where either does not vary."""
    first, second = _pairs(a, b)
    return pearson(average_ranks(first), average_ranks(second))


def average_ranks(values: ArrayLike) -> FloatArray:
    """Ranks from 1 for the smallest, equal values sharing the mean of theirs: (examples,)."""
    numbers = np.asarray(values)
    if numbers.ndim != 1:
        raise ValueError(f"values must be a vector, not {numbers.shape}.")
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    return (last - (counts - 1) / 2)[places]


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """numerator / denominator, and nan where the denominator is 0."""
    divisor = as_floats(denominator)
    result = np.full(divisor.shape, np.nan)
    return np.divide(numerator, divisor, out=result, where=divisor != 0)


def _label_pair(labels: ArrayLike, predictions: ArrayLike) -> tuple[IntegerArray, IntegerArray]:
    truths, guesses = as_labels(labels), as_labels(predictions)
    _require_same_length(truths, guesses)
    return truths, guesses


def _labels_and_probabilities(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[IntegerArray, FloatArray]:
    """Labels, and probabilities as (examples, classes)."""
    truths, chances = as_labels(labels), as_floats(probabilities)
    if chances.ndim == 1:
        chances = np.stack([1 - chances, chances], axis=1)
    if chances.ndim != 2 or len(chances) != len(truths) or truths.max() >= chances.shape[1]:
        raise ValueError(
            f"probabilities must have the shape ({len(truths)}, classes), with more than "
            f"{truths.max()} classes, not {np.shape(probabilities)}."
        )
    require_finite("probabilities", chances)
    if chances.min() < 0 or chances.max() > 1:
        raise ValueError(f"probabilities must lie in [0, 1], not {chances.min()} to "
                         f"{chances.max()}.")
    sums = chances.sum(axis=1, dtype=np.float64)
    row = int(np.abs(sums - 1).argmax())
    if abs(sums[row] - 1) > _rounding(chances):
        raise ValueError(f"probabilities of an example must sum to 1, not {sums[row]} in row "
                         f"{row}.")
    return truths, chances


def _rounding(chances: FloatArray) -> float:
    """What the sum of a row may be off: half of the digits of its float type, or four decimals."""
    return max(float(np.sqrt(np.finfo(chances.dtype).eps)), 1e-4)


def _binary_scores(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], FloatArray]:
    truths, values = _zeros_and_ones(labels), as_floats(scores)
    _require_same_length(truths, values)
    if truths.all() or not truths.any():
        raise ValueError(f"labels must hold both 0 and 1, not only {int(truths[0])}.")
    if np.isnan(values).any():
        raise ValueError("scores must be numbers, not nan.")
    return truths, values


def _zeros_and_ones(labels: ArrayLike) -> NDArray[np.bool_]:
    numbers = as_labels(labels)
    if numbers.max() > 1:
        raise ValueError(f"labels must be 0 or 1, not {numbers.max()}.")
    return numbers.astype(np.bool_)


def _pairs(a: ArrayLike, b: ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    _require_same_length(first, second)
    if len(first) < 2 or np.isnan(first).any() or np.isnan(second).any():
        raise ValueError(f"a correlation needs 2 or more pairs without nan, not {first, second}.")
    return first, second


def _require_same_length(first: NDArray[Any], second: NDArray[Any]) -> None:
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            f"both must be vectors of one length, not {first.shape} and {second.shape}."
        )


def _square(matrix: ArrayLike) -> NDArray[Any]:
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a confusion matrix must be square, not {counts.shape}.")
    return counts.astype(np.int64) if counts.dtype.kind in "iu" else counts  # uint8 overflows soon
