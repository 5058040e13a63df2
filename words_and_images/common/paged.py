"""Large arrays in a file without a name: memory holds what is in use of them, and no more."""

import math
import mmap
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError
from words_and_images.common.files import megabytes
from words_and_images.common.workspaces import place_of

WRITTEN_AT_ONCE = 1 << 24  # bytes


def paged(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Zeros in a file in the folder of temporary files, which goes with the array.

    Raises
    ------
    UserError
        Where there is no room for it.
    """
    size = math.prod(shape) * np.dtype(np.float32).itemsize
    if not size:
        return np.zeros(shape, np.float32)  # nothing cannot be mapped
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            # Written, not left out: a hole for which there is no room later would end the process.
            for start in range(0, size, WRITTEN_AT_ONCE):
                file.write(bytes(min(WRITTEN_AT_ONCE, size - start)))
            return np.memmap(file, np.float32, "r+", shape=shape)
    except OSError as error:
        folder = Path(tempfile.gettempdir())
        place = place_of(folder)  # beside what is written, in a command or a stage
        remedy = "set TMPDIR to another folder" if place == folder else "name another place"
        raise UserError(f"{place} has no room for {megabytes(size)} of numbers ({error.strerror}); "
                        f"make room there, or {remedy}.") from None


def forget(array: NDArray[Any]) -> None:
    """Take what a process has read and written of an array in a file out of its memory.

    It stays in the file, and comes back when it is asked for. Other arrays are left alone.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap):
        owner.madvise(mmap.MADV_DONTNEED)
