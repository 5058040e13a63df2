"""The score from which the first look at a picture is enough, by cross-validation.

Most pictures are as plain in the first look as in the mean over all, and each further look costs as
much time again. A cascade asks the others only where the first leaves doubt: P. Viola and
M. Jones, "Rapid object detection using a boosted cascade of simple features", 2001; that a
classifier's best score tells the doubtful ones is what T. Bolukbasi, J. Wang, O. Dekel and
V. Saligrama use in "Adaptive neural networks for efficient inference", 2017.
"""

import math

import numpy as np
from numpy.typing import NDArray

from neural.arrays import FloatArray, IntegerArray

FOLDS = 5
LEAST_IMAGES = 200  # of fewer, the score of a single one would decide
LOSS = 0.001  # share of the images that may be lost, however the score is rounded


def enough_of(first: FloatArray, full: FloatArray, targets: IntegerArray) -> float:
    """The lowest score from which the first look is as good as all of them.

    Parameters
    ----------
    first, full : (images, labels)
        Probabilities by the first look and by all, of heads that did not see the images.
    targets : (images,)
        Number of each image's label.

    Returns
    -------
    So that with it, and with every higher one, no more than LOSS of the images are lost;
    infinity where there are fewer images than LEAST_IMAGES.
    """
    if len(targets) < LEAST_IMAGES:
        return math.inf
    scores = first.max(axis=1)
    lost = _right(full, targets).astype(int) - _right(first, targets)  # 1 lost, -1 won, by image
    order = np.argsort(-scores, kind="stable")
    # Images of one score come together: what is lost from each score on, best first.
    losses = np.cumsum(lost[order])
    last = np.append(np.diff(scores[order]) != 0, True)
    bearable = losses[last] <= LOSS * len(targets)
    count = len(bearable) if bearable.all() else int(bearable.argmin())
    return float(scores[order][last][count - 1]) if count else math.inf


def _right(probabilities: FloatArray, targets: IntegerArray) -> NDArray[np.bool_]:
    return probabilities.argmax(axis=1) == targets
