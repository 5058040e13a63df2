"""Which parts of a picture a classifier's answer rests on: what is lost when they are covered.

Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, section 4.2.
"""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from vision.sheets.lettering import fitted, lettered
from vision.sheets.sheet_files import PAPER, save_sheet
from words_and_images.common.parameters import require
from words_and_images.common.progress import progress
from words_and_images.neural.arrays import FloatArray

Pixels = NDArray[np.float32]
Classify = Callable[[list[Pixels]], FloatArray]
Place = tuple[slice, slice]

AT_ONCE = 32  # covered pictures in memory
PANEL, MARGIN, GAP = 420, 32, 24  # pixels: the longer side of a picture, and what is around it
HEADER, BAR, NUMBERS = 72, 18, 72
LARGE, MIDDLE = 24, 14  # sizes of the text
INK, FAINT = "#1c1c1a", "#6b6b66"
NARROWEST = 480  # pixels, so that the caption has its place beside a tall picture too
# Viridis (Smith and van der Walt, 2015), whose steps look even: every 17th of its 256 colours.
COLOURS = np.array([tuple(bytes.fromhex(colour)) for colour in (
    "440154", "48196b", "462f7c", "404387", "38568b", "30678d", "29788e", "23888d",
    "1e988a", "22a784", "35b778", "53c567", "79d151", "a5da35", "d2e11b", "fde724")])
OPACITY = 0.7  # of the colours over the picture
SOFTNESS = 0.03  # of the map as drawn, a share of its sides: the squares' edges mean nothing
SMALLEST = 0.01  # drop that the brightest colour stands for: nothing decides where all are less
TICKS = 5


def occlusion_map(
    classify: Classify,
    picture: Pixels,
    label_number: int,
    square: float = 0.2,
    stride: float = 0.1,
) -> Pixels:
    """How much the score of a label falls where the picture is covered.

    Parameters
    ----------
    classify
        From pictures shaped as `picture` to probabilities (pictures, labels). It is asked for a
        few dozen at a time, 82 in all with the defaults.
    picture : (height, width, 3), in [0, 1]
    label_number : int
        The label to explain.
    square : float
        Sides of the covering rectangle, as a share of the picture's.
    stride : float
        From one place of it to the next, likewise.

    Returns
    -------
    (height, width): the score of the whole picture less that of the covered one, averaged over the
    squares that cover the pixel. Below 0 where the score rises, because what is covered speaks
    against the label.

    Raises
    ------
    UserError
        For a square not between 0 and 1, or a stride that is not above 0 and up to the square.

    Notes
    -----
    The square has the picture's mean colour, which is the least of a new object there.
    """
    require(0 < square < 1, "square", square, "between 0 and 1, a share of the picture's sides")
    require(0 < stride <= square, "stride", stride,
            f"above 0 and at most the square, {square}, so that no part is left out")
    whole = float(classify([picture])[0, label_number])
    places = _places(picture.shape[0], picture.shape[1], square, stride)
    total = np.zeros(picture.shape[:2])
    count = np.zeros(picture.shape[:2])
    with progress("covering parts", len(places), "parts", brief=True) as counter:
        for start in range(0, len(places), AT_ONCE):
            batch = places[start : start + AT_ONCE]
            scores = classify([_covered(picture, place) for place in batch])[:, label_number]
            for place, score in zip(batch, scores.tolist(), strict=True):
                total[place] += whole - score
                count[place] += 1
            counter.advance(len(batch))
    return (total / count).astype(np.float32)


def draw_occlusion(
    picture: Image.Image | Pixels,
    drops: Pixels,
    path: Path | str,
    label: str = "",
    score: float | None = None,
) -> None:
    """Write what `occlusion_sheet` draws, as PNG; the same picture and map give the same bytes."""
    save_sheet(occlusion_sheet(picture, drops, label, score), path)


def occlusion_sheet(
    picture: Image.Image | Pixels, drops: Pixels, label: str = "", score: float | None = None
) -> Image.Image:
    """The picture, and beside it the map of `occlusion_map` over it.

    Parameters
    ----------
    picture
        As it is to be seen, of any size; the map is stretched over it.
    drops : (rows, columns)
    label, score : what the map explains, for the caption; no caption where there is no label.
    """
    seen = picture if isinstance(picture, Image.Image) else as_image(picture)
    seen = fitted(seen.convert("RGB"), PANEL)
    values = _stretched(drops, seen.size)
    bounds = min(float(values.min()), 0.0), max(float(values.max()), SMALLEST)
    top = MARGIN + (HEADER if label else 0)
    second = MARGIN + seen.width + GAP
    bar = second + seen.width + GAP
    width = max(bar + BAR + NUMBERS + MARGIN, NARROWEST)
    sheet = Image.new("RGB", (width, top + seen.height + MARGIN), PAPER)
    if label:
        _write_caption(sheet, label, score)
    sheet.paste(seen, (MARGIN, top))
    sheet.paste(_overlaid(seen, values, bounds), (second, top))
    _draw_bar(sheet, (bar, top), seen.height, bounds)
    return sheet


def as_image(pixels: Pixels) -> Image.Image:
    """Pixels (height, width, 3) in [0, 1] as a picture."""
    return Image.fromarray((255 * pixels).round().clip(0, 255).astype(np.uint8))


def _places(height: int, width: int, square: float, stride: float) -> list[Place]:
    """Rows and columns of each square, row by row; the last ones end where the picture ends."""
    return list(product(_spans(height, square, stride), _spans(width, square, stride)))


def _spans(side: int, square: float, stride: float) -> list[slice]:
    length = max(1, round(square * side))
    step = min(max(1, round(stride * side)), length)
    starts = [*range(0, side - length, step), side - length]
    return [slice(start, start + length) for start in starts]


def _covered(picture: Pixels, place: Place) -> Pixels:
    covered = picture.copy()
    covered[place] = picture.mean(axis=(0, 1))
    return covered


def _stretched(drops: Pixels, size: tuple[int, int]) -> Pixels:
    """The map as large as the picture (width, height), without the edges of its squares."""
    sigma = [SOFTNESS * side for side in drops.shape]
    soft = gaussian_filter(drops.astype(np.float32), sigma, mode="nearest")
    return np.asarray(Image.fromarray(soft).resize(size, Image.Resampling.BILINEAR))


def _overlaid(seen: Image.Image, values: Pixels, bounds: tuple[float, float]) -> Image.Image:
    """The picture in a pale grey under the colours of the map, which stay readable so."""
    grey = np.asarray(seen.convert("L"), np.float32)
    pale = Image.fromarray((64 + grey / 2).round().astype(np.uint8)).convert("RGB")
    return Image.blend(pale, _colours(values, *bounds), OPACITY)


def _colours(values: Pixels, low: float, high: float) -> Image.Image:
    """Values (height, width) in the colours of the map, `low` at its beginning."""
    places = (values - low) / (high - low) * (len(COLOURS) - 1)
    channels = [np.interp(places, np.arange(len(COLOURS)), channel) for channel in COLOURS.T]
    return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))


def _draw_bar(
    sheet: Image.Image, corner: tuple[int, int], height: int, bounds: tuple[float, float]
) -> None:
    """The colours from the highest value at the top to the lowest, with numbers beside them."""
    (low, high), (left, top) = bounds, corner
    values = np.linspace(high, low, height, dtype=np.float32)
    sheet.paste(_colours(np.repeat(values[:, np.newaxis], BAR, axis=1), low, high), corner)
    draw = ImageDraw.Draw(sheet)
    for value, text in _ticks(low, high):
        y = top + round((height - 1) * (high - value) / (high - low))
        draw.line((left + BAR, y, left + BAR + 5, y), INK)
        line, font = lettered(text, MIDDLE, NUMBERS)
        draw.text((left + BAR + 10, y), line, INK, font, "lm")


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round numbers between two bounds, with as many digits as tell them apart."""
    power = np.floor(np.log10((high - low) / TICKS))
    step = next(step for step in np.array([1, 2, 5, 10]) * 10.0**power
                if high - low <= TICKS * step)
    numbers = np.arange(np.ceil(low / step), np.floor(high / step) + 1)
    digits = max(0, int(np.ceil(-np.log10(step) - 1e-9)))
    return [(float(tick), f"{round(tick, digits) + 0.0:.{digits}f}") for tick in numbers * step]


def _write_caption(sheet: Image.Image, label: str, score: float | None) -> None:
    """The label in bold, its score if given, and what the colours mean."""
    draw, room = ImageDraw.Draw(sheet), sheet.width - 2 * MARGIN
    number, plain = lettered("" if score is None else f"{score:.3f}", LARGE, room)
    line, bold = lettered(label, LARGE, room - plain.getlength(number) - GAP, bold=True)
    draw.text((MARGIN, MARGIN + 20), line, INK, bold, "ls")
    place = (MARGIN + bold.getlength(line) + 16, MARGIN + 20)
    draw.text(place, number, FAINT, plain, "ls")
    below, small = lettered("how far the score falls where the picture is covered", MIDDLE, room)
    draw.text((MARGIN, MARGIN + 48), below, FAINT, small, "ls")
