"""How good a classifier's probabilities are on examples whose labels are known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.metrics import (
    RocCurve,
    accuracy_interval,
    brier_score,
    calibration_bins,
    confusion_matrix,
    expected_calibration_error,
    f1,
    log_loss,
    named,
    precision,
    recall,
    roc_auc,
    roc_curve,
)
from words_and_images.neural.softmax import softmax
from words_and_images.retraining.head import Head
from words_and_images.retraining.recalls import Recall, constant_answer, recalls_of, worst
from words_and_images.retraining.split import TEST, Split

RATES = ("precision", "recall", "f1")
AS_ANSWERED, BEFORE_SCALING = "as answered", "before temperature scaling"
BEFORE = "_before_scaling"  # ends the names of metrics of the uncalibrated probabilities


@dataclass(frozen=True)
class ClassifyParameters:
    """How a classifier answers: "not sure" where the best score is below `not_sure`; 0: never."""

    not_sure: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.not_sure <= 1, "not_sure", self.not_sure, "from 0 to 1")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Probabilities beside the truth, and what follows from them.

    Attributes
    ----------
    labels : list of str
    names : list of str
        One an example.
    targets : (examples,)
        Number of each example's true label.
    probabilities : (examples, labels)
    uncalibrated : (examples, labels), optional
        The same before temperature scaling, which changes no answer but how sure it is.
    not_sure : float
        An answer with a score below this one counts as none: the classifier says "not sure".
    noun : str
        What a message calls an example.

    Raises
    ------
    UserError
        Where there is no example.
    """

    labels: list[str]
    names: Sequence[str]
    targets: IntegerArray
    probabilities: FloatArray
    uncalibrated: FloatArray | None = None
    not_sure: float = 0.0
    noun: str = "example"

    def __post_init__(self) -> None:
        if len(self.targets) == 0:
            raise UserError(f"there are 0 {self.noun}s to evaluate; give some with known labels.")

    @property
    def predicted(self) -> IntegerArray:
        """Number of each example's most probable label, (examples,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidences(self) -> FloatArray:
        """Score of each example's most probable label, (examples,)."""
        return self.probabilities.max(axis=1)

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Whether each example has its own label as the most probable one, (examples,)."""
        return self.predicted == self.targets

    @property
    def correct(self) -> int:
        """How many examples have their own label as the most probable one."""
        return int(np.sum(self.hits))

    @property
    def count(self) -> int:
        """Number of examples."""
        return len(self.targets)

    @property
    def accuracy(self) -> float:
        """Share of the examples that are classified correctly."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return accuracy_interval(self.correct, self.count)

    @property
    def confusion(self) -> IntegerArray:
        """Counts (labels, labels): rows are the true labels, columns the predicted ones."""
        return confusion_matrix(self.targets, self.predicted, len(self.labels))

    def score_ranges(self) -> list[dict[str, Any]]:
        """How often answers were right, by their score, in the ten bins of `calibration_bins`.

        A row holds `low` (below every score in it) and `high`, the `count` of examples, how many
        were answered `right`, and Wilson's 95 % `interval` of their share. Ranges without examples
        are left out.
        """
        bins = calibration_bins(self.hits, self.confidences)
        rows = []
        for number in np.flatnonzero(bins.count).tolist():
            count = int(bins.count[number])
            right = round(float(bins.accuracy[number]) * count)
            low, high = (round(float(edge), 6) for edge in bins.edges[number:number + 2])
            rows.append({"low": low, "high": high, "count": count, "right": right,
                         "interval": list(accuracy_interval(right, count))})
        return rows

    def summary(self) -> dict[str, Any]:
        """What a classifier's record keeps: accuracy, count, interval, `score_ranges`, recalls."""
        return {"accuracy": self.accuracy, "count": self.count, "interval": list(self.interval),
                "score_ranges": self.score_ranges(), "labels": self.found()}

    def found(self) -> dict[str, dict[str, int]]:
        """Of each label, how many examples it has (`count`) and how many were answered `right`."""
        matrix = self.confusion
        return {label: {"right": int(matrix[number, number]), "count": int(matrix[number].sum())}
                for number, label in enumerate(self.labels)}

    @property
    def recalls(self) -> list[Recall]:
        """Of the labels that have examples."""
        return recalls_of(self.found())

    def by_label(self) -> dict[str, dict[str, Any]]:
        """Precision, recall with its 95 % interval, F1 and number of examples, label by label.

        A rate that cannot be computed is None, and a `note` says why: all of them for a label
        without examples, and the precision of a label that was given to none.
        """
        matrix = self.confusion
        columns = zip(precision(matrix), recall(matrix), f1(matrix), strict=True)
        answers = {}
        for number, rates in enumerate(columns):
            values: dict[str, Any] = dict(zip(RATES, map(float, rates), strict=True))
            values |= {"recall_interval": None, "count": int(matrix[number].sum())}
            if matrix[:, number].sum() == 0:
                values |= {"precision": None, "note": f"no {self.noun} was answered with it"}
            if values["count"] == 0:
                values |= {**dict.fromkeys(RATES), "note": f"no {self.noun}s of it"}
            else:
                right = int(matrix[number, number])
                values["recall_interval"] = list(accuracy_interval(right, values["count"]))
            answers[self.labels[number]] = values
        return answers

    def areas(self) -> dict[str, float]:
        """Area under each label's curve of `roc_rows`, of the labels that have one."""
        areas = {}
        for number, label in enumerate(self.labels):
            truths = self._is(number)
            if truths.any() and not truths.all():
                areas[label] = roc_auc(truths, self.probabilities[:, number])
        return areas

    def scores(self) -> dict[str, float]:
        """Log loss, Brier score, calibration error, balanced accuracy, and the mean AUC.

        The first three also as they were before temperature scaling, where that is known. The
        balanced accuracy is the mean recall of the labels that have examples; the AUC, the mean
        of `areas`, which of two labels are the same.
        """
        values = self._errors(self.probabilities)
        if self.uncalibrated is not None:
            before = self._errors(self.uncalibrated)
            values |= {f"{name}{BEFORE}": value for name, value in before.items()}
        values["balanced_accuracy"] = float(np.mean([recall.share for recall in self.recalls]))
        areas = self.areas()
        if areas:
            values["auc"] = float(np.mean(list(areas.values())))
        return values

    def sure(self) -> dict[str, float]:
        """What the threshold `not_sure` does: share of examples answered, and accuracy on those.

        The accuracy is left out where no example is answered.
        """
        answered = self.confidences >= self.not_sure
        values = {"not_sure": self.not_sure, "coverage": float(np.mean(answered))}
        if answered.any():
            values["covered_accuracy"] = float(np.mean(self.hits[answered]))
        return values

    def metrics(self) -> dict[str, Any]:
        """Everything in one number a name, for DVC, with what is `not_computed` below that name.
        """
        low, high = self.interval
        values: dict[str, Any] = {
            "test_accuracy": self.accuracy, "test_count": self.count, "test_interval_low": low,
            "test_interval_high": high, "constant_accuracy": constant_answer(self.recalls)[1],
            "worst_recall": worst(self.recalls).share, **self.scores(), **self.sure()}
        names = metric_names(self.labels)
        for label, rates in self.by_label().items():
            for name in RATES:
                if rates[name] is not None:
                    values[f"{name}_{names[label]}"] = rates[name]
            if rates["recall_interval"]:
                low, high = rates["recall_interval"]
                values[f"interval_low_recall_{names[label]}"] = low
                values[f"interval_high_recall_{names[label]}"] = high
        return values | named(self.not_computed())

    def not_computed(self) -> dict[str, str]:
        """Why scores are missing from `metrics`, by their names."""
        reasons = {}
        if not self.areas():
            reasons["auc"] = f"all {self.noun}s have one label"
        if not np.any(self.confidences >= self.not_sure):
            reasons["covered_accuracy"] = f"no {self.noun} has a score of {self.not_sure:g}"
        names = metric_names(self.labels)
        for label, rates in self.by_label().items():
            reasons |= {f"{name}_{names[label]}": rates["note"] for name in RATES
                        if rates[name] is None}
        return reasons

    def report(self) -> dict[str, Any]:
        """The same with structure, and the confusion, for ``evaluate --json``."""
        rows = dict(zip(self.labels, self.confusion.tolist(), strict=True))
        constant, share = constant_answer(self.recalls)
        lowest = worst(self.recalls)
        return {
            "accuracy": self.accuracy,
            "count": self.count,
            "interval": list(self.interval),
            "constant_answer": {"label": constant, "accuracy": share},
            "worst_class": {"label": lowest.label, "recall": lowest.share},
            **self.scores(),
            **self.sure(),
            **named(self.not_computed()),
            "labels": self.by_label(),
            "areas": self.areas(),
            "confusion": {label: dict(zip(self.labels, row, strict=True))
                          for label, row in rows.items()},
        }

    def predictions(self) -> list[dict[str, Any]]:
        """Example by example: name, label, predicted label and the score of every label."""
        return [
            {"name": name, "label": self.labels[target], "predicted": self.labels[guess],
             "scores": dict(zip(self.labels, row.tolist(), strict=True))}
            for name, target, guess, row in zip(self.names, self.targets, self.predicted,
                                                self.probabilities, strict=True)
        ]

    def confusion_rows(self) -> list[dict[str, str]]:
        """Example by example: actual and predicted label, for DVC's confusion template."""
        return [{"actual": self.labels[target], "predicted": self.labels[guess]}
                for target, guess in zip(self.targets, self.predicted, strict=True)]

    def roc_rows(self) -> list[dict[str, Any]]:
        """Points of the receiver operating characteristic of each label against the rest.

        Of two labels only the first: the other's is the same curve, mirrored. None of a label
        without examples, or without others.
        """
        wanted = range(1) if len(self.labels) == 2 else range(len(self.labels))
        return [
            {"label": self.labels[number], "false_positive_rate": x, "true_positive_rate": y}
            for number in wanted for curve in self._curves(number)
            for x, y in zip(curve.false_positive_rates.tolist(),
                            curve.true_positive_rates.tolist(), strict=True)
        ]

    def precision_recall_rows(self) -> list[dict[str, Any]]:
        """Precision beside recall at every threshold, of each label that `roc_rows` can draw.

        Of two labels both: other than the ROC, these are different curves.
        """
        return [row for number in range(len(self.labels)) for curve in self._curves(number)
                for row in self._precisions(number, curve)]

    def calibration_rows(self) -> list[dict[str, Any]]:
        """Confidence of the predicted label beside the share of right ones, bin by bin.

        `scores` tells the probabilities as answered from those before temperature scaling.
        """
        rows = self._reliability(AS_ANSWERED, self.probabilities)
        if self.uncalibrated is not None:
            rows += self._reliability(BEFORE_SCALING, self.uncalibrated)
        return rows

    def coverage_rows(self) -> list[dict[str, float]]:
        """Share of examples answered beside the accuracy on those, at every threshold.

        From the surest example on to all of them; examples of one score come together. El-Yaniv and
        Wiener, "On the foundations of noise-free selective classification", 2010.
        """
        thresholds, places, counts = np.unique(self.confidences, return_inverse=True,
                                               return_counts=True)  # ascending
        right = np.bincount(places, weights=self.hits)[::-1].cumsum()
        answered = counts[::-1].cumsum()
        columns = (thresholds[::-1], answered / self.count, right / answered)
        return [{"threshold": a, "coverage": b, "accuracy": c}
                for a, b, c in zip(*(column.tolist() for column in columns), strict=True)]

    def _is(self, number: int) -> NDArray[np.bool_]:
        return self.targets == number

    def _errors(self, probabilities: FloatArray) -> dict[str, float]:
        """How far probabilities are from the truth, (examples, labels)."""
        return {
            "log_loss": log_loss(self.targets, probabilities),
            "brier": brier_score(self.targets, probabilities),
            "calibration_error": expected_calibration_error(*_certainty(self, probabilities)),
        }

    def _reliability(self, scores: str, probabilities: FloatArray) -> list[dict[str, Any]]:
        bins = calibration_bins(*_certainty(self, probabilities))
        columns = zip(bins.confidence.tolist(), bins.accuracy.tolist(), bins.count.tolist(),
                      strict=True)
        return [{"scores": scores, "confidence": confidence, "accuracy": accuracy, "count": count}
                for confidence, accuracy, count in columns if count]

    def _curves(self, number: int) -> list[RocCurve]:
        """The curve of one label against the rest; none unless both occur."""
        truths = self._is(number)
        if truths.all() or not truths.any():
            return []
        return [roc_curve(truths, self.probabilities[:, number])]

    def _precisions(self, number: int, curve: RocCurve) -> list[dict[str, Any]]:
        positives = int(np.sum(self._is(number)))
        # At the first, infinite threshold nothing is given the label.
        true = curve.true_positive_rates[1:] * positives
        false = curve.false_positive_rates[1:] * (self.count - positives)
        columns = (curve.true_positive_rates[1:].tolist(), (true / (true + false)).tolist())
        return [{"label": self.labels[number], "recall": x, "precision": y}
                for x, y in zip(*columns, strict=True)]


def evaluate_head(
    head: Head, bottlenecks: FloatArray, split: Split, parameters: ClassifyParameters
) -> Evaluation:
    """The head's answers to the test examples of a split.

    `bottlenecks` are those of all its examples, (examples, looks, features) or (examples,
    features).
    """
    rows = split.rows(TEST)
    uncalibrated = None if head.temperature == 1 else softmax(head.logits(bottlenecks, rows))
    names = [split.examples[row].name for row in rows]
    return Evaluation(split.labels, names, split.targets[rows],
                      head.probabilities(bottlenecks, rows), uncalibrated, parameters.not_sure,
                      split.noun)


def metric_names(labels: Sequence[str]) -> dict[str, str]:
    """Each label as part of a metric's name; labels that would share one are numbered."""
    names: dict[str, str] = {}
    for label in labels:
        name, number = metric_name(label), 2
        while name in names.values():
            name, number = f"{metric_name(label)}_{number}", number + 1
        names[label] = name
    return names


def metric_name(label: str) -> str:
    """A label as part of a metric's name: letters and digits of any script, and _."""
    return re.sub(r"\W+", "_", label)


def _certainty(
    evaluation: Evaluation, probabilities: FloatArray
) -> tuple[NDArray[np.bool_], FloatArray]:
    """Whether each example's most probable label is right, and how probable it is."""
    return probabilities.argmax(axis=1) == evaluation.targets, probabilities.max(axis=1)
