"""The score from which the first look at an example is enough, by cross-validation.

An example may be seen in several looks, as a photo is, whole and in part. Most are as plain in the
first look as in the mean over all, and each further look costs as much time again. A cascade asks
the others only where the first leaves doubt: P. Viola and M. Jones, "Rapid object detection using a
boosted cascade of simple features", 2001; that a classifier's best score tells the doubtful ones is
what T. Bolukbasi, J. Wang, O. Dekel and V. Saligrama use in "Adaptive neural networks for efficient
inference", 2017.
"""

import math

import numpy as np
from numpy.typing import NDArray

from words_and_images.neural.arrays import FloatArray, IntegerArray

FOLDS = 5
LEAST_EXAMPLES = 200  # of fewer, the score of a single one would decide
LOSS = 0.001  # share of the examples that may be lost, however the score is rounded


def enough_of(first: FloatArray, full: FloatArray, targets: IntegerArray) -> float:
    """The lowest score from which the first look is as good as all of them.

    Parameters
    ----------
    first, full : (examples, labels)
        Probabilities by the first look and by all, of heads that did not see the examples.
    targets : (examples,)
        Number of each example's label.

    Returns
    -------
    So that with it, and with every higher one, no more than LOSS of the examples are lost;
    infinity where there are fewer examples than LEAST_EXAMPLES.
    """
    if len(targets) < LEAST_EXAMPLES:
        return math.inf
    scores = first.max(axis=1)
    lost = _right(full, targets).astype(int) - _right(first, targets)  # 1 lost, -1 won, by example
    order = np.argsort(-scores, kind="stable")
    # Examples of one score come together: what is lost from each score on, best first.
    losses = np.cumsum(lost[order])
    last = np.append(np.diff(scores[order]) != 0, True)
    bearable = losses[last] <= LOSS * len(targets)
    count = len(bearable) if bearable.all() else int(bearable.argmin())
    return float(scores[order][last][count - 1]) if count else math.inf


def _right(probabilities: FloatArray, targets: IntegerArray) -> NDArray[np.bool_]:
    return probabilities.argmax(axis=1) == targets
