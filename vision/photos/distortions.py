"""Distortions: random variants of the training photos, so that the head sees more of the world.

As in TensorFlow's retrain.py (mirrored, cropped, scaled, brightened) with rotation and light of
another colour; but drawn once and for all from the seed, so that their bottlenecks can be kept.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.photos.image import Pixels
from words_and_images.common.parameters import require

HEX_DIGITS = 16  # of the file's sha256, that go into the seed
LARGEST_INSET = 0.9  # of the sides


@dataclass(frozen=True)
class DistortionParameters:
    """How variants differ from their photo; everything is drawn evenly from its range.

    Attributes
    ----------
    variants : int, 0 or more
        How many of each training photo; 0 for none.
    flip : bool
        Half of the variants are mirrored left to right.
    crop : float, from 0 to below 1
        The largest share of each side that is cut away.
    scale : float, from 0 to below 1
        Seen from up to so much nearer or farther; what lies beyond the border is the picture
        mirrored.
    brightness : float, from 0 to below 1
        Up to so much brighter or darker.
    colour : float, from 0 to below 1
        Red, green and blue each up to so much stronger or weaker: light of another colour.
    rotation : float, from 0 to 180
        Degrees to either side.
    insets : int, 0 or more
        How many more variants of each training photo show it small within a photo of the class
        that means none of the others, where there is one (`vision.photos.variants`).
    inset_size : float, above 0, up to 0.9
        The smallest share of the sides that an inset takes.
    seed : int
    """

    variants: int = 1
    flip: bool = True
    crop: float = 0.3
    scale: float = 0.2
    brightness: float = 0.3
    colour: float = 0.15
    rotation: float = 15.0
    insets: int = 1
    inset_size: float = 0.5
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.variants >= 0, "variants", self.variants, "0 or more")
        for name in ("crop", "scale", "brightness", "colour"):
            value = getattr(self, name)
            require(0 <= value < 1, name, value, "from 0 to below 1")
        require(0 <= self.rotation <= 180, "rotation", self.rotation, "from 0 to 180 degrees")
        require(self.insets >= 0, "insets", self.insets, "0 or more")
        require(0 < self.inset_size <= LARGEST_INSET, "inset_size", self.inset_size,
                f"above 0, up to {LARGEST_INSET}")
        require(self.seed >= 0, "seed", self.seed, "0 or more")

    def changes_nothing(self) -> bool:
        """Whether all ranges are empty, and every variant would be the photo itself."""
        return not any(getattr(self, each.name) for each in fields(self)
                       if each.name not in ("variants", "insets", "inset_size", "seed"))


@dataclass(frozen=True)
class Distortion:
    """The variant of that number of every photo: a look, see `vision.photos.looks`."""

    number: int
    parameters: DistortionParameters = field(repr=False)

    @property
    def name(self) -> str:
        """Number and ranges: all that the pixels depend on besides the photo."""
        ranges: dict[str, Any] = asdict(self.parameters)
        for count in ("variants", "insets", "inset_size"):
            del ranges[count]  # more variants leave the first ones as they are
        return f"distortion {self.number} {json.dumps(ranges)}"

    def __call__(self, picture: Image.Image, height: int, width: int, sha256: str) -> Pixels:
        ranges = self.parameters
        seed = (ranges.seed, self.number, int(sha256[:HEX_DIGITS], 16))
        generator = np.random.default_rng(seed)
        seen = 1 - ranges.crop * generator.random()
        seen *= (1 + ranges.scale) ** generator.uniform(-1, 1)
        place = generator.random(2)
        angle = generator.uniform(-ranges.rotation, ranges.rotation)
        part = part_of(picture, height, width, seen, (place[0], place[1]), angle)
        return relit(part, ranges, generator)


def distorted_looks(parameters: DistortionParameters) -> list[Distortion]:
    """The looks that show each photo distorted."""
    if parameters.changes_nothing():
        require(parameters.variants == 0, "variants", parameters.variants,
                "0 where flip, crop, scale, brightness, colour and rotation are all off")
    return [Distortion(number, parameters) for number in range(parameters.variants)]


def relit(
    picture: NDArray[np.uint8], ranges: DistortionParameters, generator: np.random.Generator
) -> Pixels:
    """A picture (height, width, 3) in another light, and perhaps mirrored: float32 in [0, 1]."""
    mirrored = ranges.flip and generator.random() < 0.5
    light = 1 + generator.uniform(-ranges.brightness, ranges.brightness)
    colour = 1 + generator.uniform(-ranges.colour, ranges.colour, 3)
    pixels = np.clip(picture * (light * colour / 255), 0, 1).astype(np.float32)
    return np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels


def part_of(
    picture: Image.Image, height: int, width: int, seen: float,
    place: tuple[float, float], angle: float,
) -> NDArray[np.uint8]:
    """A part of a picture, turned, as it would be seen through a window.

    Parameters
    ----------
    seen : share of each side in the window; above 1 the mirrored surroundings are seen as well.
    place : where the window is, vertically and horizontally: from 0 to 1, as far as it fits.
    angle : degrees, counter-clockwise.

    Returns
    -------
    uint8 (height, width, 3).
    """
    size = max(1, round(width / seen)), max(1, round(height / seen))
    resized = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    # A square that holds the window in every position: its half side is half the diagonal.
    half = int(np.ceil(np.hypot(height, width) / 2)) + 1
    rows = _around(place[0], height, len(resized), half)
    columns = _around(place[1], width, resized.shape[1], half)
    square = Image.fromarray(resized[rows][:, columns])
    turned = np.asarray(square.rotate(angle, Image.Resampling.BILINEAR))
    top, left = half - height // 2, half - width // 2
    return turned[top:top + height, left:left + width]


def _around(place: float, window: int, length: int, half: int) -> NDArray[np.intp]:
    """2 half indices around the window's middle, mirrored where they leave 0 .. length - 1."""
    middle = length / 2 + (place - 0.5) * max(length - window, 0)
    indices = np.arange(int(middle) - half, int(middle) + half) % (2 * length)
    return np.where(indices < length, indices, 2 * length - 1 - indices)
