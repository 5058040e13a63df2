"""Tables in 4 bits a number: what a classifier's weights and word vectors are stored as.

Each row is in parts of its own, a LEVELS-th of its largest number, so that its numbers are whole
and from -LEVELS to LEVELS, which 4 bits hold.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Whole = NDArray[np.int8]

LEVELS = 7
BITS = 4


def in_parts(table: Floats) -> tuple[Whole, Floats]:
    """Whole numbers of each row's parts, (rows, columns), and these parts, (rows, 1)."""
    parts = np.abs(table).max(axis=1, keepdims=True, initial=0) / np.float32(LEVELS)
    whole = np.rint(table / np.where(parts > 0, parts, 1)).astype(np.int8)
    return whole, parts.astype(np.float32)


def packed(whole: Whole) -> NDArray[np.uint8]:
    """Two numbers of a row a byte, (rows, columns / 2 rounded up): the second in its upper half."""
    codes = np.pad(whole, ((0, 0), (0, whole.shape[1] % 2))).view(np.uint8)
    low, high = codes[:, ::2] & 15, codes[:, 1::2] << BITS
    return np.asarray(low | high, np.uint8)


def unpacked(stored: NDArray[Any], columns: int) -> Whole:
    """What `packed` made the same of; ValueError for a number that is none of the levels."""
    made = np.empty((len(stored), 2 * stored.shape[1]), np.int8)
    made[:, ::2] = (stored << BITS).view(np.int8) >> BITS  # as signed: its sign is kept
    made[:, 1::2] = stored.view(np.int8) >> BITS
    if (made < -LEVELS).any() or made[:, columns:].any():
        raise ValueError("it has numbers that are not whole parts")
    return made[:, :columns]


def width(columns: int) -> int:
    """The bytes of a row of so many numbers."""
    return (columns + 1) // 2
