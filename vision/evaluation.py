"""How good a classifier's probabilities are on images whose labels are known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neural.arrays import FloatArray, IntegerArray
from neural.metrics import (
    accuracy_interval,
    calibration_bins,
    confusion_matrix,
    expected_calibration_error,
    f1,
    log_loss,
    precision,
    recall,
    roc_auc,
    roc_curve,
)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Probabilities beside the truth, and what follows from them.

    Attributes
    ----------
    labels : list of str
    paths : list of str
        One an image.
    targets : (images,)
        Number of each image's true label.
    probabilities : (images, labels)
    """

    labels: list[str]
    paths: Sequence[str]
    targets: IntegerArray
    probabilities: FloatArray

    @property
    def predicted(self) -> IntegerArray:
        """Number of each image's most probable label, (images,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def correct(self) -> int:
        """How many images have their own label as the most probable one."""
        return int(np.sum(self.predicted == self.targets))

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self.targets)

    @property
    def accuracy(self) -> float:
        """Share of the images that are classified correctly."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return accuracy_interval(self.correct, self.count)

    @property
    def confusion(self) -> IntegerArray:
        """Counts (labels, labels): rows are the true labels, columns the predicted ones."""
        return confusion_matrix(self.targets, self.predicted, len(self.labels))

    def by_label(self) -> dict[str, dict[str, float]]:
        """Precision, recall, F1 and number of images, label by label."""
        matrix = self.confusion
        columns = (precision(matrix), recall(matrix), f1(matrix), matrix.sum(axis=1))
        return {
            label: {"precision": float(a), "recall": float(b), "f1": float(c), "count": int(d)}
            for label, a, b, c, d in zip(self.labels, *columns, strict=True)
        }

    def scores(self) -> dict[str, float]:
        """Log loss, calibration error and, for two classes that both occur, the AUC."""
        hits = (self.predicted == self.targets).astype(np.intp)
        values = {
            "log_loss": log_loss(self.targets, self.probabilities),
            "calibration_error": expected_calibration_error(hits, self.probabilities.max(axis=1)),
        }
        if len(self.labels) == 2 and len(set(self.targets.tolist())) == 2:
            values["auc"] = roc_auc(self.targets, self.probabilities[:, 1])
        return values

    def metrics(self) -> dict[str, float]:
        """Everything in one number a name, for DVC."""
        low, high = self.interval
        values = {"test_accuracy": self.accuracy, "test_count": self.count,
                  "test_interval_low": low, "test_interval_high": high, **self.scores()}
        for label, rates in self.by_label().items():
            for name in ("precision", "recall", "f1"):
                values[f"{name}_{metric_name(label)}"] = rates[name]
        return values

    def report(self) -> dict[str, Any]:
        """The same with structure, and the confusion, for `vision evaluate --json`."""
        rows = dict(zip(self.labels, self.confusion.tolist(), strict=True))
        return {
            "accuracy": self.accuracy,
            "count": self.count,
            "interval": list(self.interval),
            **self.scores(),
            "labels": self.by_label(),
            "confusion": {label: dict(zip(self.labels, row, strict=True))
                          for label, row in rows.items()},
        }

    def predictions(self) -> list[dict[str, Any]]:
        """Image by image: path, label, predicted label and the score of every label."""
        return [
            {"path": path, "label": self.labels[target], "predicted": self.labels[guess],
             "scores": dict(zip(self.labels, row.tolist(), strict=True))}
            for path, target, guess, row in zip(self.paths, self.targets, self.predicted,
                                                self.probabilities, strict=True)
        ]

    def confusion_rows(self) -> list[dict[str, str]]:
        """Image by image: actual and predicted label, for DVC's confusion template."""
        return [{"actual": self.labels[target], "predicted": self.labels[guess]}
                for target, guess in zip(self.targets, self.predicted, strict=True)]

    def roc_rows(self) -> list[dict[str, Any]]:
        """Points of the receiver operating characteristic of each label against the rest.

        Of two labels only the first: the other's is the same curve, mirrored.
        """
        wanted = range(1) if len(self.labels) == 2 else range(len(self.labels))
        return [row for number in wanted for row in self._roc_of(number)]

    def _roc_of(self, number: int) -> list[dict[str, Any]]:
        truths = (self.targets == number).astype(np.intp)
        if truths.all() or not truths.any():
            return []
        curve = roc_curve(truths, self.probabilities[:, number])
        rates = zip(curve.false_positive_rates.tolist(), curve.true_positive_rates.tolist(),
                    strict=True)
        return [{"label": self.labels[number], "false_positive_rate": x, "true_positive_rate": y}
                for x, y in rates]

    def calibration_rows(self) -> list[dict[str, float]]:
        """Confidence of the predicted label beside the share of right ones, bin by bin."""
        hits = (self.predicted == self.targets).astype(np.intp)
        bins = calibration_bins(hits, self.probabilities.max(axis=1))
        columns = zip(bins.confidence.tolist(), bins.accuracy.tolist(), bins.count.tolist(),
                      strict=True)
        return [{"confidence": confidence, "accuracy": accuracy, "count": count}
                for confidence, accuracy, count in columns if count]


def metric_name(label: str) -> str:
    """A label as part of a metric's name: letters and digits of any script, and _."""
    return re.sub(r"\W+", "_", label)
