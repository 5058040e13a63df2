"""Two moons: points on two half circles that reach into each other, with noise."""

import numpy as np

from words_and_images.neural.arrays import FloatArray, IntegerArray


def two_moons(
    count: int, noise: float, generator: np.random.Generator
) -> tuple[FloatArray, IntegerArray]:
    """Points (count, 2) and labels (count,), in a random order.

    The first half lies evenly on the upper half of the circle around (0, 0), the other on the
    lower half of that around (1, 1/2), both of radius 1, as in scikit-learn's make_moons; `noise`
    is the deviation of what is added to both coordinates.
    """
    upper = count // 2
    angles = np.concatenate([np.linspace(0, np.pi, upper), np.linspace(0, np.pi, count - upper)])
    labels = np.repeat([0, 1], [upper, count - upper])
    points = np.where(
        labels[:, np.newaxis] == 0,
        np.stack([np.cos(angles), np.sin(angles)], axis=1),
        np.stack([1 - np.cos(angles), 0.5 - np.sin(angles)], axis=1),
    )
    order = generator.permutation(count)
    return points[order] + generator.normal(0, noise, (count, 2)), labels[order]
