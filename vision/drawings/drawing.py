"""One drawing of a subject, and whole class folders of them."""

from pathlib import Path

import numpy as np
from PIL import Image

from vision.drawings.camera import photograph
from vision.drawings.canvas import Subject
from vision.drawings.dishes import DISHES
from vision.drawings.hotdogs import HOTDOGS
from vision.drawings.lookalikes import FOODS
from vision.drawings.others import OTHERS
from vision.drawings.scenes import compose
from vision.drawings.styles import SHARES, STYLES
from vision.drawings.things import THINGS
from vision.folders import IMAGES
from words_and_images.common.errors import UserError, did_you_mean
from words_and_images.common.own_files import making
from words_and_images.common.progress import progress
from words_and_images.common.workers import in_order

SUBJECTS: dict[str, tuple[str, ...]] = {
    "hotdog": tuple(HOTDOGS),
    "nothotdog": (*FOODS, *OTHERS, *DISHES, *THINGS),
}
"""What is drawn of each class, by the names that `draw` takes."""
SMALLEST_SIZE = 16
"""Pixels a side."""

_PAINTERS: dict[str, Subject] = HOTDOGS | FOODS | OTHERS | DISHES | THINGS
_SMALLEST_FRAME = 160
_JPEG_QUALITY = 90


def draw(
    subject: str, generator: np.random.Generator, size: int = 320, style: str = "studio"
) -> Image.Image:
    """Draw one picture of a subject; pose, colours, light and background are random.

    Parameters
    ----------
    subject : a name out of `SUBJECTS`
    generator : decides everything; the same state gives the same picture
    size : width and height in pixels
    style : a name out of `vision.drawings.styles.STYLES`

    Returns
    -------
    An RGB image, `size` by `size`.

    Raises
    ------
    UserError
        For a subject or style that is not known or a size below `SMALLEST_SIZE`.
    """
    if subject not in _PAINTERS:
        remedy = did_you_mean(subject, _PAINTERS)
        raise UserError(f"there is no drawing of {subject!r}: {remedy}")
    if style not in STYLES:
        raise UserError(f"there is no style {style!r}: {did_you_mean(style, STYLES)}")
    if size < SMALLEST_SIZE:
        raise UserError(f"size is {size}: a drawing needs at least {SMALLEST_SIZE} pixels.")
    # Small pictures are composed larger and reduced, so that the strokes keep their share.
    reduction = -(-_SMALLEST_FRAME // size)
    angle = generator.uniform(0.0, 2.0 * np.pi)
    light = np.array([np.cos(angle), np.sin(angle)])
    kind = STYLES[style]
    scene = compose(_PAINTERS[subject], kind, light, generator, reduction * size)
    taken = photograph(scene.reduce(reduction), kind.camera, light, generator)
    return kind.finish(taken, generator) if kind.finish else taken


def render_drawings(
    folder: Path, count_per_class: int, generator_seed: int, size: int = 320
) -> None:
    """Write a data set of drawings, one folder a label, replacing what was there.

    The subjects of a label take turns. Each image has a generator of its own, so that a
    larger set begins with the images of a smaller one.

    Parameters
    ----------
    folder : receives files such as hotdog/hotdog_mustard_table_0001.jpg
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
        for label in SUBJECTS:
            (temporary / label).mkdir(parents=True)

        def render(place: tuple[int, int]) -> None:
            _render(temporary, place, generator_seed, size)

        places = [
            (label, index) for label in range(len(SUBJECTS)) for index in range(count_per_class)
        ]
        for _ in in_order(render, places):
            counter.advance()


def _render(folder: Path, place: tuple[int, int], seed: int, size: int) -> None:
    """Draw the picture of that label's number and index into its class folder."""
    number, index = place
    label, subjects = list(SUBJECTS.items())[number]
    generator = np.random.default_rng([seed, number, index])
    styles = [style for style, share in SHARES.items() for _ in range(share)]
    subject, style = subjects[index % len(subjects)], styles[generator.integers(len(styles))]
    picture = draw(subject, generator, size, style)
    path = folder / label / f"{subject}_{style}_{index + 1:04}.jpg"
    picture.save(path, quality=_JPEG_QUALITY)
