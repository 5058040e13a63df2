"""Pictures of more than 8 bits a channel as pictures of 8.

Cameras and microscopes write 10, 12 or 14 bits into files of 16, which taken as 16 are almost
black. So white is the largest value of the fewest bits that hold all of the picture.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Values = NDArray[np.float32]

FRACTION, WHITES = 1.0, (255.0, 1023.0, 4095.0, 16383.0, 65535.0)  # of 8 to 16 bits
# Tags of TIFF (version 6.0, section 8), and values of the second and third.
BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339
WHITE_IS_ZERO, UNSIGNED = 0, 1
COLOURS = {"RGB": 3, "RGBA": 3, "RGBX": 3, "L": 1, "LA": 1}  # bands that are no transparency


@dataclass(frozen=True)
class Depth:
    """How a file keeps its pixels, as far as decoding does not tell.

    Attributes
    ----------
    bits : a sample, where the file tells; else 16.
    halved : whether samples are of 16 bits, of which Pillow keeps the upper 8.
    inverted : whether Pillow leaves it to us that 0 is white.
    unsigned : whether integers of 32 bits have no sign, which Pillow gives them.
    """

    bits: int = 16
    halved: bool = False
    inverted: bool = False
    unsigned: bool = False


def depth_of(image: Image.Image) -> Depth:
    """How the file of a picture, which is not decoded yet, keeps its pixels."""
    if not _has_all_bits(image):
        tiles = getattr(image, "tile", ())
        return Depth(halved=any(";16" in str(part) for tile in tiles for part in _parts(tile[3])))
    tags: Any = getattr(image, "tag_v2", {})
    bits = int(tags.get(BITS_PER_SAMPLE, (16,))[0])
    unsigned = tags.get(SAMPLE_FORMAT, (UNSIGNED,))[0] == UNSIGNED and bits == 32
    return Depth(bits, inverted=tags.get(PHOTOMETRIC) == WHITE_IS_ZERO, unsigned=unsigned)


def _has_all_bits(image: Image.Image) -> bool:
    """Whether Pillow keeps more than 8 bits: in greys, but not in colours."""
    return image.mode == "F" or image.mode.startswith("I")


def _parts(arguments: Any) -> tuple[Any, ...]:
    return arguments if isinstance(arguments, tuple) else (arguments,)


def to_8_bits(image: Image.Image, depth: Depth) -> Image.Image:
    """A decoded picture of any mode as one of 8 bits a channel; of 8 bits, as it is."""
    if _has_all_bits(image):
        return _grey(image, depth)
    return _brightened(image) if depth.halved else image


def _grey(image: Image.Image, depth: Depth) -> Image.Image:
    integers = np.asarray(image)
    if depth.unsigned and integers.dtype == np.int32:
        integers = integers.view(np.uint32)
    values = integers.astype(np.float32)
    np.nan_to_num(values, copy=False, posinf=0, neginf=0)
    black, white = _range(values, depth, image.mode == "F")
    values -= black  # in place: of 100 million pixels each copy takes 400 MB
    values /= white - black
    if depth.inverted:
        np.subtract(1, values, out=values)
    values.clip(0, 1, out=values)
    values *= 255
    return Image.fromarray(values.round(out=values).astype(np.uint8))


def _range(values: Values, depth: Depth, fractions: bool) -> tuple[float, float]:
    """What is black and what is white in a picture."""
    if depth.bits < 16:
        return 0, 2**depth.bits - 1
    low, high = min(0.0, float(values.min())), float(values.max())
    whites = (FRACTION, *WHITES) if fractions else WHITES
    fitting = [white for white in whites if low == 0 and high <= white]
    return low, fitting[0] if fitting else max(high, low + FRACTION)


def _brightened(image: Image.Image) -> Image.Image:
    """Colours of 10, 12 or 14 bits, whose upper 8 of 16 reach to 3, 15 or 63, up to 255."""
    bands = image.split()
    colours = COLOURS.get(image.mode, 0)
    high = max((_highest(band) for band in bands[:colours]), default=255)
    white = next(white for white in (3, 15, 63, 255) if high <= white)
    if white == 255 or not high:
        return image
    levels = [min(255, round(255 * value / white)) for value in range(256)]
    scaled = [band.point(levels) for band in bands[:colours]]
    return Image.merge(image.mode, [*scaled, *bands[colours:]])


def _highest(band: Image.Image) -> int:
    histogram = band.histogram()
    return max((value for value, count in enumerate(histogram) if count), default=0)
