"""IDX files, the format of the MNIST database: a magic number, the sizes, then unsigned bytes.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits": big-endian integers
of 4 bytes; the magic number is 0, 0, 8 (unsigned bytes) and the number of dimensions.
"""

import gzip
import io
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from words_and_images.common.errors import UserError

UNSIGNED_BYTES = 0x08
LONGEST_HEADER = 4 + 4 * 255  # bytes
GZIP = b"\x1f\x8b"


def read_idx(content: bytes, name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The array in an IDX file, also a gzipped one.

    Parameters
    ----------
    content : of the file.
    name : how errors call it.
    shape : that it must have.

    Raises
    ------
    UserError
        For a file that is none, holds something else, has another shape, or is cut or too long.
    """
    content = _unpacked(content, name, math.prod(shape) + LONGEST_HEADER)
    dimensions = _dimensions(content, name)
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise UserError(f"{name} is cut short: {len(content):,} bytes, and its header alone has "
                        f"{header}; fetch it again.")
    found = struct.unpack(f">{dimensions}I", content[4:header])
    if found != shape:
        raise UserError(f"{name} says that it holds {_sizes(found)}, not {_sizes(shape)}; give "
                        "the file of that name.")
    size = header + math.prod(shape)
    if len(content) != size:
        raise UserError(f"{name} has {len(content):,} bytes, not {size:,}; fetch it again.")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def write_idx(array: NDArray[np.uint8]) -> bytes:
    """The content of an IDX file of unsigned bytes."""
    header = struct.pack(f">I{array.ndim}I", UNSIGNED_BYTES << 8 | array.ndim, *array.shape)
    return header + array.tobytes()


def _unpacked(content: bytes, name: str, most: int) -> bytes:
    """The content, of which a byte more than `most` is enough to tell that it is too long."""
    if not content.startswith(GZIP):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            return packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{name} is a broken gzip file ({error}); fetch it again.") from None


def _dimensions(content: bytes, name: str) -> int:
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTES:
        raise UserError(f"{name} is no IDX file of unsigned bytes: it begins with "
                        f"{content[:4].hex(' ') or 'nothing'}, not 00 00 08; fetch it again.")
    return content[3]


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)
