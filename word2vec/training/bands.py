"""Which words of a block's window of text are contexts of which of its centres.

A centre's reach is one whole number: where the centre stands in its block, and how many contexts
it has to the left and to the right. What follows from reaches alone has a table for each window
up to TABLED; as a table grows with the cube of its window, it is made anew beyond that.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from word2vec.parameters import BLOCK

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
Followed = Callable[[Ids, int], Floats]  # of reaches and their window

TABLED = BLOCK


def reaches_of(left: Ids, right: Ids, window: Ids) -> Ids:
    """The reaches of the centres of blocks, (blocks, BLOCK).

    Parameters
    ----------
    left, right : (blocks, BLOCK) contexts of each centre on its two sides.
    window : (blocks, 1) the window of each block, no smaller than these.
    """
    centres = np.arange(BLOCK, dtype=np.int32)
    return (centres * (window + 1) + left) * (window + 1) + right


def all_reaches(window: int) -> Ids:
    """Every reach of a window, in order."""
    return np.arange(BLOCK * (window + 1) ** 2, dtype=np.int32)


def masks(reaches: Ids, window: int) -> Floats:
    """Ones where a block's centre meets its contexts, (*reaches.shape, BLOCK + 2 window).

    At the centre itself there is a zero.
    """
    centres, left, right = (each[..., np.newaxis] for each in _parts(reaches, window))
    distances = np.arange(-window, BLOCK + window, dtype=np.int32) - centres
    within = (distances >= -left) & (distances <= right) & (distances != 0)
    return within.astype(np.float32)


def contexts(reaches: Ids, window: int) -> Floats:
    """How many contexts each centre has."""
    _, left, right = _parts(reaches, window)
    return (left + right).astype(np.float32)


def _parts(reaches: Ids, window: int) -> tuple[Ids, Ids, Ids]:
    """Places of centres in their blocks, and contexts to the left and to the right."""
    sides, right = np.divmod(reaches, np.int32(window + 1))
    centres, left = np.divmod(sides, np.int32(window + 1))
    return centres, left, right


class ByReach:
    """Values that follow from reaches, of every window up to the largest.

    Parameters
    ----------
    window : the largest.
    follow : the values, (*reaches.shape, ...).
    """

    def __init__(self, window: int, follow: Followed) -> None:
        self._follow = follow
        self._tables = [follow(all_reaches(size), size) for size in range(min(window, TABLED) + 1)]

    def __call__(self, reaches: Ids, window: int) -> Floats:
        """The values of reaches of a window."""
        if window < len(self._tables):
            return np.take(self._tables[window], reaches, axis=0, mode="clip")
        return self._follow(reaches, window)
