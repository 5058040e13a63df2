"""What heads say of examples that they have not seen: k-fold cross-validation over groups.

Stone, "Cross-validatory choice and assessment of statistical predictions", 1974.
"""

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.progress import progress
from words_and_images.neural.arrays import IntegerArray
from words_and_images.retraining.head import Learning, Part, RetrainParameters, fit_heads

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
    numbers = np.unique(folds)
    with progress("training without a part each", len(numbers), "heads") as counter:
        for start in range(0, len(numbers), SIDE_BY_SIDE):
            some = numbers[start : start + SIDE_BY_SIDE]
            seen = [np.flatnonzero(folds != fold) for fold in some]
            examples = [Learning([Part(bottlenecks, rows, rows, targets[rows])]) for rows in seen]
            heads = fit_heads(examples, labels, parameters)
            for fold, head in zip(some, heads, strict=True):
                held = np.flatnonzero(folds == fold)
                probabilities[held] = head.probabilities(bottlenecks, held)
            counter.advance(len(some))
    return probabilities
