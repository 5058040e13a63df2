"""Keras' files of weights, HDF5 alone or in a zip, looked at before Keras reads them.

What they say of themselves is believed by who reads them: an array of a billion numbers, of which
none is there, takes memory for all, and one may stand in another file.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from words_and_images.common.archives import is_zip, opened_zip, zip_member

WEIGHTS_IN_ZIP = "model.weights.h5"
MOST_OF_THE_NETWORK = 4  # times its numbers: those of an optimiser may be beside them
BYTES_A_NUMBER, OTHER_BYTES = 8, 1 << 26  # of what holds so many numbers
KINDS = "fiu"  # of numbers


def refuse_unsound(path: Path, numbers: int) -> None:
    """Refuse a file that is not of arrays in itself, or of far more numbers than it is to give.

    Parameters
    ----------
    path : of a .h5, .hdf5 or .keras file.
    numbers : of all weights of the network.

    Raises
    ------
    ValueError
        For that, and for what is no such file.
    """
    import h5py

    most = MOST_OF_THE_NETWORK * numbers
    try:
        with _hdf5(path, BYTES_A_NUMBER * most + OTHER_BYTES) as content, h5py.File(
                content, "r") as opened:
            found = _numbers(opened)
    except Exception as error:  # HDF5 meets damage with errors of many kinds.
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from None
    if found > most:
        raise ValueError(f"it holds {found:,} numbers, and the network {numbers:,}")


def _numbers(opened: Any) -> int:
    """How many numbers are in all arrays of a file; ValueError where others are, or elsewhere."""
    import h5py

    links: list[tuple[str, Any]] = []
    opened.visititems_links(lambda name, link: links.append((name, link)))
    if not all(isinstance(link, h5py.HardLink) for _, link in links):
        raise ValueError("a part of it leads elsewhere")
    parts = [opened[name] for name, _ in links]
    arrays = [part for part in parts if isinstance(part, h5py.Dataset)]
    for array in arrays:
        if array.external or array.is_virtual:
            raise ValueError("a part of it is in another file")
        if array.dtype.kind not in KINDS:
            raise ValueError(f"it holds an array of {array.dtype}")
    return sum(array.size or 0 for array in arrays)


@contextmanager
def _hdf5(path: Path, most: int) -> Iterator[Path | IO[bytes]]:
    """What h5py opens: the file, or the one in it that holds the weights."""
    with path.open("rb") as beginning:
        packed = is_zip(beginning.read(4))
    if not packed:
        yield path
        return
    with opened_zip(path, str(path)) as archive:
        content = zip_member(archive, archive.getinfo(WEIGHTS_IN_ZIP), str(path)).read(most + 1)
    if len(content) > most:
        raise ValueError(f"it unpacks to more than {most:,} bytes")
    yield io.BytesIO(content)
