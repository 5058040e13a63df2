"""The images that a classifier took for something else, as rows and as one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.sheets.cards import RIGHT, WRONG, Card, draw_sheet
from words_and_images.common.errors import counted, percent, percent_range
from words_and_images.retraining.evaluation import Evaluation


@dataclass(frozen=True)
class Mistake:
    """An image whose most probable label is not its own.

    Attributes
    ----------
    path, label, predicted : str
    score, label_score : float
        Of the predicted and of the true label.
    row : int
        The image's place in the evaluation.
    """

    path: str
    label: str
    predicted: str
    score: float
    label_score: float
    row: int


def find_mistakes(evaluation: Evaluation) -> list[Mistake]:
    """All mistakes, the most confident first; equal scores by path."""
    predicted = evaluation.predicted  # once, not once a mistake: it looks at every image
    mistakes = [
        Mistake(str(evaluation.names[row]), evaluation.labels[target], evaluation.labels[guess],
                float(evaluation.probabilities[row, guess]),
                float(evaluation.probabilities[row, target]), row)
        for row in np.flatnonzero(~evaluation.hits).tolist()
        for target, guess in [(evaluation.targets[row], predicted[row])]
    ]
    return sorted(mistakes, key=lambda mistake: (-mistake.score, mistake.path))


def mistake_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The same as plain values: path, label, predicted and score."""
    return [{"path": mistake.path, "label": mistake.label, "predicted": mistake.predicted,
             "score": mistake.score} for mistake in find_mistakes(evaluation)]


def prediction_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Image by image, right or wrong: path, label, predicted label and the score of every label."""
    return [{"path": row.pop("name"), **row} for row in evaluation.predictions()]


def draw_mistakes(
    evaluation: Evaluation,
    images: Path | Sequence[Path | str | bytes],
    path: Path | str,
    most: int = 48,
) -> None:
    """Write a sheet of the mistakes as PNG, the most confident first.

    Parameters
    ----------
    evaluation : Evaluation
    images : the folder that the evaluation's paths begin in, or every image's file or content.
    path : of the sheet; the same mistakes give the same bytes.
    most : thumbnails at most; how many more there are is said below them.
    """
    mistakes = find_mistakes(evaluation)
    shown = mistakes[:most]
    sources = [images / mistake.path if isinstance(images, Path) else images[mistake.row]
               for mistake in shown]
    cards = [Card(source, Path(mistake.path).name, (
                 ("given", mistake.predicted, mistake.score, WRONG),
                 ("true", mistake.label, mistake.label_score, RIGHT)))
             for mistake, source in zip(shown, sources, strict=True)]
    more = len(mistakes) - len(shown)
    draw_sheet(path, _heading(evaluation, len(mistakes)), cards,
               f"and {more:,} more, less confident than these" if more else "")


def _heading(evaluation: Evaluation, mistakes: int) -> tuple[str, str]:
    count = counted(evaluation.count, "image")
    order = ", the most confident first" if mistakes > 1 else ""
    title = f"{counted(mistakes, 'mistake') if mistakes else 'No mistakes'} in {count}{order}"
    return title, (f"{percent(evaluation.accuracy)} right ({evaluation.correct:,} of "
                   f"{evaluation.count:,}), 95 % interval {percent_range(evaluation.interval)}")
