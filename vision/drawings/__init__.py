"""The project's own drawings: hot dogs and what could be taken for one.

They are drawings, made to try the pipeline on a machine without the internet; figures
reached on them say nothing about photos.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from common.errors import UserError, did_you_mean
from common.own_files import making
from common.progress import progress
from vision.drawings.backgrounds import background
from vision.drawings.canvas import Canvas, Subject, random_pose, soften
from vision.drawings.hotdogs import HOTDOGS
from vision.drawings.lookalikes import FOODS
from vision.drawings.others import OTHERS
from vision.drawings.shapes import Points
from vision.folders import IMAGES

__all__ = ["SMALLEST_SIZE", "SUBJECTS", "draw", "render_drawings"]

SUBJECTS: dict[str, tuple[str, ...]] = {
    "hotdog": tuple(HOTDOGS),
    "nothotdog": (*FOODS, *OTHERS),
}
SMALLEST_SIZE = 16

_PAINTERS: dict[str, Subject] = HOTDOGS | FOODS | OTHERS
_SMALLEST_FRAME = 160
_JPEG_QUALITY = 90


def draw(subject: str, generator: np.random.Generator, size: int = 320) -> Image.Image:
    """Draw one picture of a subject; pose, colours, light and background are random.

    Parameters
    ----------
    subject : a name out of `SUBJECTS`
    generator : decides everything; the same state gives the same picture
    size : width and height in pixels

    Returns
    -------
    An RGB image, `size` by `size`.

    Raises
    ------
    UserError
        For a subject that is not known or a size below `SMALLEST_SIZE`.
    """
    if subject not in _PAINTERS:
        remedy = did_you_mean(subject, _PAINTERS)
        raise UserError(f"there is no drawing of {subject!r}: {remedy}")
    if size < SMALLEST_SIZE:
        raise UserError(f"size is {size}: a drawing needs at least {SMALLEST_SIZE} pixels.")
    # Small pictures are composed larger and reduced, so that the strokes keep their share.
    reduction = -(-_SMALLEST_FRAME // size)
    angle = generator.uniform(0.0, 2.0 * np.pi)
    light = np.array([np.cos(angle), np.sin(angle)])
    picture = _compose(_PAINTERS[subject], light, generator, reduction * size)
    return _expose(picture.reduce(reduction), light, generator)


def _compose(
    subject: Subject, light: Points, generator: np.random.Generator, side: int
) -> Image.Image:
    """The subject and its shadow on a background, (side, side)."""
    picture = background(generator, side)
    # The subject is painted at twice the size and reduced: its edges come out smooth.
    pose = random_pose(generator, 2 * side, subject.tilt, subject.half_height)
    canvas = Canvas(2 * side, pose, light, generator)
    subject.paint(canvas, generator)
    alpha = canvas.alpha.reduce(2)
    for reach, strength in ((0.05, generator.uniform(0.3, 0.7)), (0.015, 0.45)):
        _throw_shadow(picture, alpha, -reach * side * light, strength)
    behind = ImageChops.multiply(picture, Image.merge("RGB", [ImageChops.invert(alpha)] * 3))
    return ImageChops.add(behind, canvas.picture.reduce(2))


def _throw_shadow(picture: Image.Image, alpha: Image.Image, shift: Points, strength: float) -> None:
    # Pasted on a sheet of its own: ImageChops.offset would wrap around the frame.
    moved = Image.new("L", alpha.size)
    moved.paste(alpha, (round(0.7 * shift[0]), round(0.7 * shift[1])))
    shadow = soften(moved, 0.5 * float(np.hypot(*shift)), strength)
    picture.paste((8, 6, 10), (0, 0, *picture.size), shadow)


def _expose(picture: Image.Image, light: Points, generator: np.random.Generator) -> Image.Image:
    """What light and camera add: falling light, brightness, tint, contrast and noise."""
    side = picture.width
    tones = np.asarray(picture, dtype=np.float32)  # (side, side, 3)
    y, x = np.mgrid[-1.0 : 1.0 : side * 1j, -1.0 : 1.0 : side * 1j].astype(np.float32)
    light_x, light_y = light.tolist()
    fall = generator.uniform(0.0, 0.22) * (x * light_x + y * light_y)
    vignette = generator.uniform(0.0, 0.14) * (x**2 + y**2)
    gain = generator.uniform(0.85, 1.25) * generator.normal(1.0, 0.04, 3)
    tones = tones * ((1.0 + fall - vignette)[..., None] * gain).astype(np.float32)
    contrast = generator.uniform(0.8, 1.12)
    grain = generator.standard_normal((side, side, 1), dtype=np.float32)
    tones = 128.0 + contrast * (tones - 128.0) + generator.uniform(0.5, 4.5) * grain
    return Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8))


def render_drawings(
    folder: Path, count_per_class: int, generator_seed: int, size: int = 320
) -> None:
    """Write a data set of drawings, one folder a label, replacing what was there.

    The subjects of a label take turns. Each image has a generator of its own, so that a
    larger set begins with the images of a smaller one.

    Parameters
    ----------
    folder : receives files such as hotdog/hotdog_mustard_0001.jpg
    count_per_class : images for each label
    generator_seed : the same seed gives the same bytes
    size : width and height in pixels

    Raises
    ------
    UserError
        For a count below 1, a negative seed or a size below `SMALLEST_SIZE`.
    """
    if count_per_class < 1:
        raise UserError(f"count_per_class is {count_per_class}: ask for at least 1 drawing.")
    if generator_seed < 0:
        raise UserError(f"generator_seed is {generator_seed}: give 0 or a positive whole number.")
    with (
        making(folder, IMAGES) as temporary,
        progress("drawing pictures", len(SUBJECTS) * count_per_class, "pictures") as counter,
    ):
        for label_index, (label, subjects) in enumerate(SUBJECTS.items()):
            (temporary / label).mkdir(parents=True)
            for index in range(count_per_class):
                subject = subjects[index % len(subjects)]
                generator = np.random.default_rng([generator_seed, label_index, index])
                path = temporary / label / f"{subject}_{index + 1:04}.jpg"
                draw(subject, generator, size).save(path, quality=_JPEG_QUALITY)
                counter.advance()
