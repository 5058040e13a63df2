"""Arrays of our own on disk, read as carefully as they are written."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

# What NumPy raises for a header that is cut, or none.
_BROKEN = (EOFError, ValueError, TypeError, SyntaxError, OverflowError)


def new_array(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> "np.memmap[Any, Any]":
    """A mapped file of zeros that has its room on the disk: a page without would end the process.

    Raises
    ------
    OSError
        Where there is not so much.
    """
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as opened:
            try:
                os.posix_fallocate(opened.fileno(), 0, path.stat().st_size)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from None
    return array


def open_array(path: Path, dtype: DTypeLike, axes: int) -> NDArray[Any]:
    """Map a file of NumPy's, which has to hold values of that type, on so many axes, in C order.

    Other than `numpy.load` it takes nothing else for an array: no zip, no pickle, no file that
    holds more or less than its header says.

    Raises
    ------
    OSError
        Where it is not there or cannot be read.
    ValueError
        For any other file, with its name.
    """
    path.stat()  # a missing one is told as such
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except _BROKEN:
        raise ValueError(f"{path.name} is cut, or no array") from None
    if array.dtype != np.dtype(dtype) or array.ndim != axes or not array.flags.c_contiguous:
        raise ValueError(f"{path.name} holds {array.dtype} values on {array.ndim} axes, and "
                         f"{np.dtype(dtype)} on {axes} in C order are written")
    if path.stat().st_size != getattr(array, "offset", 0) + array.nbytes:
        raise ValueError(f"{path.name} holds more than its array")
    return array
