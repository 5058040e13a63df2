"""Styles of drawing: how a subject is placed, lit, taken and printed.

A classifier that learns from one style learns that style as well as its subjects. Several that
differ in what does not matter leave it the subject alone: the domain randomisation of J. Tobin et
al., "Domain randomization for transferring deep neural networks from simulation to the real
world", 2017.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from vision.drawings.camera import Camera, Range

Finish = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class Style:
    """Ranges from which each picture's own values are drawn evenly.

    Attributes
    ----------
    props : how many other things stand around the subject, fewest and most
    scale : size of the subject, where 1 fills the frame
    reach : how far it is from the middle, as a share of the frame
    copies : the most that are seen of it
    relief : strength of the texture
    slant : how much smaller the far side is at most
    wobble : unevenness of outlines, as a share of the frame
    tint : strength of the background's colours, where 1 leaves them
    defocus : radius of the blur behind the subject, in pixels of a picture of 320
    camera : what takes the picture
    finish : what becomes of it afterwards
    """

    props: tuple[int, int] = (0, 0)
    scale: Range = (1.0, 1.0)
    reach: float = 0.06
    copies: int = 1
    relief: Range = (0.0, 0.0)
    slant: float = 0.0
    wobble: float = 0.0
    tint: Range = (1.0, 1.0)
    defocus: Range = (0.0, 0.0)
    camera: Camera = field(default_factory=Camera)
    finish: Finish | None = None


def _grey(picture: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Black and white, at times toned like an old print."""
    dark = (int(generator.uniform(0, 50)), int(generator.uniform(0, 30)), 0)
    light = (255, int(generator.uniform(225, 255)), int(generator.uniform(180, 255)))
    return ImageOps.colorize(picture.convert("L"), dark, light)


def _painted(picture: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Even patches of few tones, as of a brush."""
    brush = picture.reduce(2).filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.ModeFilter(3))
    patches = ImageOps.posterize(brush, int(generator.integers(3, 6)))
    return patches.resize(picture.size, Image.Resampling.BICUBIC)


def _sketched(picture: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Dark outlines on pale colours."""
    soft = picture.convert("L").filter(ImageFilter.GaussianBlur(2.0 * picture.width / 320))
    edges = soft.filter(ImageFilter.FIND_EDGES).point(
        [max(0, 255 - 9 * max(0, v - 4)) for v in range(256)]
    )
    pale = Image.blend(
        picture, Image.new("RGB", picture.size, (250, 248, 240)), generator.uniform(0.2, 0.7)
    )
    return ImageChops.multiply(pale, Image.merge("RGB", [edges] * 3))


STYLES: dict[str, Style] = {
    "studio": Style(),
    "table": Style(
        props=(1, 6),
        scale=(0.65, 1.05),
        reach=0.14,
        copies=2,
        relief=(0.15, 0.5),
        slant=0.5,
        wobble=0.008,
        tint=(0.0, 0.9),
        defocus=(0.0, 3.0),
        camera=Camera(
            gamma=(0.8, 1.3),
            saturation=(0.6, 1.15),
            warmth=(-0.08, 0.22),
            patches=(0.0, 0.4),
            bloom=(0.0, 0.3),
            blur=(0.0, 0.9),
            reduction=(1.0, 1.6),
            grain=(1.0, 6.0),
            quality=(50.0, 92.0),
        ),
    ),
    "close": Style(
        scale=(1.1, 1.8),
        reach=0.18,
        copies=2,
        relief=(0.25, 0.7),
        slant=0.7,
        wobble=0.01,
        tint=(0.0, 0.9),
        defocus=(3.0, 9.0),
        camera=Camera(
            gain=(0.9, 1.4),
            gamma=(0.7, 1.2),
            saturation=(0.7, 1.3),
            warmth=(-0.05, 0.2),
            patches=(0.0, 0.5),
            bloom=(0.0, 0.6),
            blur=(0.0, 1.2),
            grain=(0.5, 4.0),
            quality=(60.0, 94.0),
        ),
    ),
    "far": Style(
        props=(3, 9),
        scale=(0.32, 0.6),
        reach=0.26,
        copies=2,
        relief=(0.1, 0.5),
        slant=0.5,
        wobble=0.006,
        tint=(0.0, 0.9),
        defocus=(0.0, 2.0),
        camera=Camera(
            gamma=(0.8, 1.3),
            saturation=(0.5, 1.1),
            warmth=(-0.12, 0.16),
            patches=(0.1, 0.5),
            blur=(0.0, 0.6),
            grain=(1.0, 6.0),
            quality=(50.0, 92.0),
        ),
    ),
    "evening": Style(
        props=(0, 4),
        scale=(0.55, 1.1),
        reach=0.16,
        copies=2,
        relief=(0.15, 0.5),
        slant=0.5,
        wobble=0.008,
        tint=(0.0, 0.9),
        defocus=(1.0, 6.0),
        camera=Camera(
            gain=(0.7, 1.2),
            gamma=(0.9, 1.4),
            saturation=(0.5, 1.0),
            warmth=(0.05, 0.4),
            patches=(0.3, 0.8),
            bloom=(0.2, 0.8),
            blur=(0.3, 1.5),
            shake=(0.0, 6.0),
            reduction=(1.0, 2.2),
            grain=(4.0, 12.0),
            quality=(30.0, 80.0),
        ),
    ),
    "grey": Style(
        props=(0, 5),
        scale=(0.5, 1.3),
        reach=0.16,
        copies=2,
        relief=(0.1, 0.6),
        slant=0.4,
        wobble=0.008,
        defocus=(0.0, 4.0),
        camera=Camera(gamma=(0.7, 1.5), patches=(0.0, 0.5), blur=(0.0, 1.2), grain=(1.0, 10.0)),
        finish=_grey,
    ),
    "painted": Style(
        props=(0, 5),
        scale=(0.55, 1.3),
        reach=0.16,
        copies=2,
        relief=(0.0, 0.5),
        slant=0.4,
        wobble=0.015,
        camera=Camera(saturation=(0.7, 1.4), warmth=(-0.25, 0.25)),
        finish=_painted,
    ),
    "sketched": Style(
        props=(0, 5),
        scale=(0.55, 1.3),
        reach=0.16,
        copies=2,
        wobble=0.012,
        slant=0.3,
        camera=Camera(saturation=(0.3, 1.2)),
        finish=_sketched,
    ),
}
"""How drawings can look, by name: the background, the light and what else is in the picture."""
SHARES: dict[str, int] = {
    "table": 4,
    "close": 4,
    "evening": 3,
    "studio": 2,
    "far": 2,
    "grey": 1,
    "painted": 1,
    "sketched": 1,
}
"""How often a set of drawings has each style: what is nearer to photos more often."""
