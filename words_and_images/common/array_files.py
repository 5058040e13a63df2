"""NumPy's own files, .npy and .npz: what cannot be read is a ValueError, whatever NumPy raises."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from words_and_images.common.archives import RATIO_CAP, SIZE_CAP
from words_and_images.common.errors import UserError
from words_and_images.common.stored_paths import require_file


def map_array(path: Path | str) -> NDArray[Any]:
    """The array of a .npy file, mapped.

    Raises
    ------
    ValueError
        For a file that is damaged or of another kind.
    OSError
        For one that cannot be opened.
    """
    with _told(path):
        return np.lib.format.open_memmap(path, mode="r")


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
    try:
        array = map_array(path)
    except ValueError:
        raise ValueError(f"{path.name} is cut, or no array") from None
    if array.dtype != np.dtype(dtype) or array.ndim != axes or not array.flags.c_contiguous:
        raise ValueError(f"{path.name} holds {array.dtype} values on {array.ndim} axes, and "
                         f"{np.dtype(dtype)} on {axes} in C order are written")
    if path.stat().st_size != getattr(array, "offset", 0) + array.nbytes:
        raise ValueError(f"{path.name} holds more than its array")
    return array


@contextmanager
def opened_arrays(path: Path | str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of an .npz file by name, each read when it is asked for within the block.

    Errors as of `map_array`, also of what the block itself raises, and for a file that unpacks to
    far more than its size.
    """
    with _told(path), np.load(path, allow_pickle=False) as archive:
        size = sum(member.file_size for member in archive.zip.infolist())
        if size > max(SIZE_CAP, RATIO_CAP * Path(path).stat().st_size):
            raise ValueError(f"it would unpack to {size:,} bytes")
        yield _Arrays(archive)


class _Arrays(Mapping[str, NDArray[Any]]):
    """The arrays of an archive that may hold other files too, which NumPy gives as bytes."""

    def __init__(self, archive: "np.lib.npyio.NpzFile") -> None:
        self._archive = archive

    def __getitem__(self, name: str) -> NDArray[Any]:
        array = self._archive[name]
        if not isinstance(array, np.ndarray):
            raise ValueError(f"its {name} is no array")
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._archive)

    def __len__(self) -> int:
        return len(self._archive)


@contextmanager
def _told(path: Path | str) -> Iterator[None]:
    try:
        require_file(path)
        yield
    except UserError:
        raise
    except OSError as error:
        if error.filename:  # of the machine: a damaged archive leads to a wrong place in the file
            raise
        raise ValueError(str(error)) from None
    # Of a header: TokenError, SyntaxError, RecursionError; MemoryError of a shape that it makes up.
    except Exception as error:
        reason = error.args[0] if error.args else ""  # others are places in a header
        raise ValueError(" ".join(str(reason).split()) or type(error).__name__) from None
