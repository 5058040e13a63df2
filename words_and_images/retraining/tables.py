"""What the commands print for people: tables and sentences of numbers."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from words_and_images.common.errors import percent, percent_range
from words_and_images.common.tables import (
    GREEN,
    RED,
    columns_of,
    heading,
    print_lines,
    table,
    wrapped,
)

if TYPE_CHECKING:
    from words_and_images.retraining.evaluation import Evaluation
    from words_and_images.retraining.split import Split


def print_classifier(made_of: "Split", evaluation: "Evaluation", out: Path) -> None:
    """What a classifier was made of, and how good it is."""
    from words_and_images.retraining.recalls import hidden_by_accuracy  # not above: it takes NumPy

    print(split_table(made_of))
    accuracy = accuracy_text(evaluation.accuracy, evaluation.count, evaluation.interval)
    print_lines(f"test accuracy {accuracy}", *hidden_by_accuracy(evaluation.recalls),
                f"classifier in {out}")


def split_table(split: "Split") -> str:
    """Examples by label and split."""
    from words_and_images.retraining.split import SPLITS

    counts = split.counts()
    rows = [[counts[label][name] for name in SPLITS] for label in split.labels]
    totals = [sum(column) for column in zip(*rows, strict=True)]
    cells = [["", *SPLITS]]
    cells += [[label, *(f"{count:,}" for count in row)]
              for label, row in zip([*split.labels, "all"], [*rows, totals], strict=True)]
    return table(cells, sys.stdout)


def accuracy_text(accuracy: float, count: int, interval: Sequence[float]) -> str:
    """An accuracy with its count and interval, in words."""
    return (f"{percent(accuracy)} ({round(accuracy * count):,} of {count:,}), "
            f"95 % interval {percent_range(interval)}")


def evaluation_text(evaluation: "Evaluation") -> str:
    """Accuracy and what it hides, rates by label, confusion and calibration."""
    from words_and_images.retraining.recalls import hidden_by_accuracy  # not above: it takes NumPy

    accuracy = accuracy_text(evaluation.accuracy, evaluation.count, evaluation.interval)
    hidden = hidden_by_accuracy(evaluation.recalls)
    blocks = ["\n".join(map(_lines, [f"accuracy {accuracy}", *hidden])), _rates_text(evaluation),
              "true label, and how often it was taken for\n"
              + _confusion_text(evaluation),
              "\n".join(map(_lines, [calibration_text(evaluation), *sure_text(evaluation)]))]
    return "\n\n".join(blocks)


def _lines(sentence: str) -> str:
    """A sentence in as many lines as a terminal needs."""
    return "\n".join(wrapped(sentence, columns_of(sys.stdout), sys.stdout))


def _confusion_text(evaluation: "Evaluation") -> str:
    """True labels down, answers across; on a terminal what is right is green, what is not red."""
    labels, counts = evaluation.labels, evaluation.confusion.tolist()
    cells = [["", *labels]]
    cells += [[label, *(f"{count:,}" for count in row)]
              for label, row in zip(labels, counts, strict=True)]

    def style(row: int, column: int) -> str:
        if not row or not column or not counts[row - 1][column - 1]:
            return heading(row, column)
        return GREEN if row == column else RED

    return table(cells, sys.stdout, style)


def _rates_text(evaluation: "Evaluation") -> str:
    """Label by label; what cannot be told is a dash, and a label without examples says so."""
    cells, notes = [["", f"{evaluation.noun}s", "precision", "recall", "95 % interval", "F1"]], []
    for label, rates in evaluation.by_label().items():
        interval = rates["recall_interval"]
        shown = "-" if interval is None else percent_range(interval)
        cells.append([label, f"{rates['count']:,}", percent(rates["precision"]),
                      percent(rates["recall"]), shown, percent(rates["f1"])])
        if note := rates.get("note"):
            notes.append(f"{label}: {note}")
    return "\n".join([table(cells, sys.stdout), *map(_lines, notes)])


def calibration_text(evaluation: "Evaluation") -> str:
    """How far the scores can be taken as probabilities, in one line."""
    mean = float(evaluation.confidences.mean())
    error = evaluation.scores()["calibration_error"]
    return (f"mean best score {percent(mean)}, right answers {percent(evaluation.accuracy)}; "
            f"calibration error {percent(error)}")


def sure_text(evaluation: "Evaluation") -> list[str]:
    """What the threshold of "not sure" does, in one line; nothing where there is none."""
    if not evaluation.not_sure:
        return []
    sure = evaluation.sure()
    doubtful = round((1 - sure["coverage"]) * evaluation.count)
    rest = f"; {percent(sure['covered_accuracy'])} of the others are right" if (
        "covered_accuracy" in sure) else ""
    return [f"not sure of {doubtful:,} of {evaluation.count:,} {evaluation.noun}s, with a best "
            f"score below {evaluation.not_sure:g}{rest}"]
