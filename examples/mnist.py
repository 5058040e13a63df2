"""The MNIST database of handwritten digits, from a folder with its four files, as arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.idx import read_idx
from words_and_images.common.errors import UserError
from words_and_images.neural.arrays import FloatArray, IntegerArray

TRAINING, TEST = 60_000, 10_000
SIDE, CLASSES = 28, 10
SHAPES: dict[str, tuple[int, ...]] = {
    "train-images-idx3-ubyte": (TRAINING, SIDE, SIDE),
    "train-labels-idx1-ubyte": (TRAINING,),
    "t10k-images-idx3-ubyte": (TEST, SIDE, SIDE),
    "t10k-labels-idx1-ubyte": (TEST,),
}
"""Its four files, and what each holds."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Images (count, 28, 28) of unsigned bytes, 0 for paper and 255 for ink, and their digits."""

    images: NDArray[np.uint8]
    labels: IntegerArray

    def inputs(self) -> FloatArray:
        """The pixels in [0, 1], (count, 784)."""
        return self.images.reshape(len(self.images), -1).astype(np.float32) / 255


def read_in_folder(folder: Path, name: str) -> bytes:
    """One of the four files, plain or gzipped; UserError where it is missing."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path.read_bytes()
    raise UserError(f"{folder} holds neither {name} nor {name}.gz; give a folder with the four "
                    f"files {', '.join(SHAPES)}.")


def load_digits(folder: Path) -> tuple[Digits, Digits]:
    """Training and test digits of a folder with the four files, checked.

    Raises
    ------
    UserError
        For a file that is missing, cut, of another kind or size, and labels that are no digits.
    """
    arrays = {name: read_idx(read_in_folder(folder, name), name, shape)
              for name, shape in SHAPES.items()}
    return tuple(_digits(arrays, half) for half in ("train", "t10k"))  # type: ignore[return-value]


def _digits(arrays: dict[str, NDArray[np.uint8]], half: str) -> Digits:
    labels = arrays[f"{half}-labels-idx1-ubyte"]
    if labels.max() >= CLASSES:
        raise UserError(f"{half}-labels-idx1-ubyte holds the label {labels.max()}, and digits go "
                        f"from 0 to {CLASSES - 1}; give the file of that name.")
    return Digits(arrays[f"{half}-images-idx3-ubyte"], labels.astype(np.intp))
