"""Looks: the ways in which a picture is shown to a backbone when it is classified.

One look is the whole picture. The mean over several, parts of it or its mirror image among them,
errs less: A. Krizhevsky et al., "ImageNet classification with deep convolutional neural
networks", 2012, section 4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from vision.photos.image import Box, Pixels, as_pixels
from words_and_images.common.errors import UserError, did_you_mean

CROP = 0.6  # of each side, that a look at a part takes


class Look(Protocol):
    """One way to show a picture.

    `name` tells it from every other in the cache: equal names must give equal pixels.
    """

    @property
    def name(self) -> str: ...

    def __call__(self, picture: Image.Image, height: int, width: int, sha256: str) -> Pixels:
        """The picture, whose file has that sha256, as float32 (height, width, 3) in [0, 1]."""
        ...


@dataclass(frozen=True)
class View:
    """A part of the picture, as shares of its sides, or all of it.

    `square` takes the largest square in the middle, which keeps its shape where the whole picture
    is squeezed; `mirrored` turns left to right.
    """

    name: str
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0
    square: bool = False
    mirrored: bool = False

    def __call__(self, picture: Image.Image, height: int, width: int, sha256: str = "") -> Pixels:
        pixels = as_pixels(picture, height, width, self._box(*picture.size))
        return np.ascontiguousarray(pixels[:, ::-1]) if self.mirrored else pixels

    def _box(self, width: int, height: int) -> Box:
        """Left, top, right and bottom in a picture of that size, in pixels."""
        if self.square:
            side = min(width, height)
            left, top = (width - side) / 2, (height - side) / 2
            return left, top, left + side, top + side
        return self.left * width, self.top * height, self.right * width, self.bottom * height


def _crop(name: str, left: float, top: float) -> View:
    """A view of CROP of each side, `left` and `top` of the rest away from that corner."""
    x, y = left * (1 - CROP), top * (1 - CROP)
    return View(name, x, y, x + CROP, y + CROP)


# One that comes to show something else needs another name, by which kept bottlenecks are found.
VIEWS = {view.name: view for view in (
    View("whole"),
    View("mirror", mirrored=True),
    View("square", square=True),
    _crop("centre", 0.5, 0.5),
    _crop("top_left", 0, 0),
    _crop("top_right", 1, 0),
    _crop("bottom_left", 0, 1),
    _crop("bottom_right", 1, 1),
)}


def prediction_looks(names: Sequence[str]) -> list[View]:
    """The looks of those names.

    Raises
    ------
    UserError
        For an unknown name, the same one twice, and none.
    """
    if not names:
        raise UserError(f"there are no looks; name one or more of {', '.join(VIEWS)}.")
    for number, name in enumerate(names):
        if name not in VIEWS:
            raise UserError(f"looks holds {name!r}; {did_you_mean(str(name), list(VIEWS))}")
        if name in names[:number]:
            raise UserError(f"looks holds {name!r} twice; name it once.")
    return [VIEWS[name] for name in names]
