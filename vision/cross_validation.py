"""Parts of the images, each of which is held out once while a head learns from the others."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from neural.arrays import IntegerArray
from vision.split import Split

FOLDS = 5


def folds(split: Split, rows: Iterable[int], count: int = FOLDS) -> list[IntegerArray]:
    """Some of a split's images in so many parts, with every class dealt out evenly.

    Images that belong together stay together. Like the split, the parts follow from the content of
    the files alone.

    Parameters
    ----------
    split : Split
    rows : places of the images in it.
    count : 2 or more.

    Returns
    -------
    The places of each part's images, ascending; none twice.
    """
    units: dict[str, list[int]] = defaultdict(list)
    for row in sorted(rows):
        image = split.images[row]
        units[image.group or image.sha256].append(row)

    def place(unit: str) -> tuple[str, str]:
        label = split.images[units[unit][0]].label
        return label, hashlib.sha256(unit.encode()).hexdigest()

    dealt = sorted(units, key=place)
    return [np.array(sorted(row for unit in dealt[part::count] for row in units[unit]), np.intp)
            for part in range(count)]
