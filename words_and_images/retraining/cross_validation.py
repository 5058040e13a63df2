"""What heads say of examples that they have not seen: k-fold cross-validation over groups.

Stone, "Cross-validatory choice and assessment of statistical predictions", 1974.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.progress import progress
from words_and_images.neural.arrays import IntegerArray
from words_and_images.retraining.head import Head, Learning, Part, RetrainParameters, fit_heads

SIDE_BY_SIDE = 2  # heads trained at once: each has most of the bottlenecks in memory


def cross_validate(
    bottlenecks: NDArray[np.float32], targets: IntegerArray, folds: IntegerArray,
    labels: list[str], parameters: RetrainParameters,
) -> NDArray[np.float32]:
    """Probabilities (examples, labels), of each by a head that was trained without its fold.

    Parameters
    ----------
    bottlenecks : (examples, looks, features)
    targets : (examples,), the numbers of their labels.
    folds : (examples,), as `folds.deal_folds` gives them.
    labels : all of them.
    parameters : RetrainParameters
        Of every head; without a validation set, which a patience would need.
    """
    probabilities = np.empty((len(targets), len(labels)), np.float32)
    rows = np.arange(len(targets))
    parts = [Part(bottlenecks, rows, rows, targets)]
    with progress("training without a part each", len(np.unique(folds)), "heads") as counter:
        for held, head in heads_without(parts, folds, labels, parameters):
            probabilities[held] = head.probabilities(bottlenecks, held)
            counter.advance()
    return probabilities


def heads_without(
    parts: Sequence[Part], folds: IntegerArray, labels: list[str], parameters: RetrainParameters,
    side_by_side: int = SIDE_BY_SIDE,
) -> Iterator[tuple[IntegerArray, Head]]:
    """The rows of each fold in turn, and a head that was trained without them.

    Parameters
    ----------
    parts : what there is to learn from; their `rows` are places in the folds.
    folds, labels, parameters : as above.
    side_by_side : heads trained at once.
    """
    numbers = np.unique(folds)
    for start in range(0, len(numbers), side_by_side):
        held = [np.flatnonzero(folds == fold) for fold in numbers[start : start + side_by_side]]
        examples = [Learning([part.without(rows) for part in parts]) for rows in held]
        yield from zip(held, fit_heads(examples, labels, parameters), strict=True)
