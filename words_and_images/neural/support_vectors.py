"""Linear support vector machines, one for each class against the rest, on sparse rows.

A class has weights w and signs s_i, 1 for its examples and -1 for all others. It minimises

    |w|^2 / 2 + C sum_i max(0, 1 - s_i w.x_i)^2

which is done on the dual, where every example has one number a_i >= 0 and w = sum_i a_i s_i x_i:

    minimise sum_ij a_i a_j s_i s_j x_i.x_j / 2 + sum_i a_i^2 / (4 C) - sum_i a_i

one example after the other, by the exact minimum along its own a_i (Hsieh, Chang, Lin, Keerthi and
Sundararajan, "A dual coordinate descent method for large-scale linear SVM", 2008, algorithm 1):

    g = s_i w.x_i - 1 + a_i / (2 C)                      the derivative
    a_i <- max(0, a_i - g / (x_i.x_i + 1 / (2 C)))

No step size, and no order but that of a permutation an epoch. All classes visit an example
together: what it costs is to fetch the weights of its few features, which is then done once.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from words_and_images.neural.arrays import IntegerArray
from words_and_images.neural.sparse_rows import SparseRows

Floats = NDArray[np.float32]

STILL = 1e-4  # a step below this is none


def fit_support_vectors(
    rows: SparseRows, targets: IntegerArray, classes: int, cost: float = 3.0, epochs: int = 10,
    seed: int = 1, on_epoch: Callable[[], None] = lambda: None,
) -> tuple[Floats, Floats]:
    """The weights (features, classes) and bias (classes,) of a machine for each class.

    Parameters
    ----------
    rows : (examples, features)
    targets : (examples,)
        Number of each example's class.
    classes : int
    cost : float, above 0
        C: what violated margins cost beside the length of the weights.
    epochs : int, 1 or more
        Times that every example is visited, at most; fewer where nothing moves any more.
    seed : int
        Of the order in which they are visited.
    on_epoch : called after each.

    Raises
    ------
    ValueError
        For shapes that do not agree, and a target that is no class.

    Notes
    -----
    The bias is the weight of a feature that is 1 in every row, and is kept small as all weights
    are.
    """
    if len(targets) != len(rows):
        raise ValueError(f"there are {len(rows)} rows and {len(targets)} targets.")
    if len(targets) and not 0 <= min(targets) <= max(targets) < classes:
        raise ValueError(f"targets must be from 0 to {classes - 1}.")
    weights = np.zeros((rows.width, classes), np.float32)
    bias = np.zeros(classes, np.float32)
    signs = np.full((len(targets), classes), -1, np.float32)
    signs[np.arange(len(targets)), targets] = 1
    duals = np.zeros_like(signs)
    slack = np.float32(1 / (2 * cost))
    curvatures = rows.squared_lengths() + 1 + slack  # 1: of the feature that is the bias
    entries = list(rows)
    generator = np.random.default_rng(seed)
    for _ in range(epochs):
        still = True
        for row in generator.permutation(len(targets)).tolist():
            features, x = entries[row]
            fetched = weights.take(features, 0)
            derivatives = signs[row] * (x @ fetched + bias) - 1 + duals[row] * slack
            moved = np.maximum(0, duals[row] - derivatives / curvatures[row])
            steps = moved - duals[row]
            if np.abs(steps).max(initial=0) < STILL:
                continue
            still, duals[row] = False, moved
            steps *= signs[row]
            fetched += np.multiply.outer(x, steps)
            weights[features] = fetched
            bias += steps
        on_epoch()
        if still:
            break
    return weights, bias
