"""The canvas: filled shapes that look round, catch the light and throw shadows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from vision.drawings.shapes import Points, normals, rotate

Colour = tuple[float, float, float]
Tones = NDArray[np.floating[Any]]  # float32, (rows, columns) or (rows, columns, 3)
Box = tuple[int, int, int, int]

# Light varies slowly, so shading is computed on every fourth pixel and enlarged.
COARSE = 4
# The tilt of a subject that may lie in any direction.
FLAT = float(np.pi)
# Of the sheet of roughness, for a mottle of 1: a mottle of 0.25 gives 160 of 255.
ROUGHNESS = 640.0


@dataclass(frozen=True)
class Paint:
    """How a surface looks; lengths in units of half the subject's width.

    Attributes
    ----------
    colour : red, green and blue, 0 to 255
    roundness : how far from its edge the surface curves; 0 is flat and even
    depth : strength of light and dark on the curved part
    gloss : strength of the highlight
    mottle : strength of the slow random stains
    rim : the colour towards the edge, where it differs
    shadow : darkness of the shadow thrown on the parts underneath
    """

    colour: Colour
    roundness: float = 0.08
    depth: float = 0.5
    gloss: float = 0.0
    mottle: float = 0.06
    rim: Colour | None = None
    shadow: float = 0.35


@dataclass(frozen=True)
class Pose:
    """Where the subject stands: pixels = points @ matrix + centre."""

    matrix: Points
    centre: Points

    @property
    def unit(self) -> float:
        """Pixels in one unit of the subject."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))

    def nearer(self, scale: float, offset: tuple[float, float]) -> "Pose":
        """So much larger, at a place in the subject's own units."""
        return Pose(scale * self.matrix, np.array(offset) @ self.matrix + self.centre)


def vary(generator: np.random.Generator, colour: Colour, amount: float = 12.0) -> Colour:
    """A colour near the given one: mostly lighter or darker, a little another hue."""
    shift = generator.normal(0.0, amount) + generator.normal(0.0, 0.5 * amount, 3)
    red, green, blue = np.clip(np.array(colour) + shift, 0.0, 255.0).tolist()
    return red, green, blue


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = ((1.0 - share) * a + share * b for a, b in zip(first, second, strict=True))
    return red, green, blue


def rounded(colour: Colour) -> tuple[int, int, int]:
    """The colour in whole numbers, as Pillow wants it."""
    red, green, blue = (int(min(255.0, max(0.0, value))) for value in colour)
    return red, green, blue


def smooth_noise(generator: np.random.Generator, side: int, cells: int) -> Tones:
    """Slow random stains, (side, side), about -1 to 1."""
    coarse = generator.normal(0.0, 0.5, (cells, cells)).astype(np.float32)
    enlarged = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(enlarged)


class Canvas:
    """A transparent sheet on which a subject is put together, back to front.

    Where nothing is painted the picture stays black, so that picture and alpha together are
    a premultiplied image and can be reduced as they are.

    Parameters
    ----------
    side : pixels; the sheet is square
    pose : places the subject's own coordinates, about -1 to 1, on the sheet
    light : unit vector in the sheet towards the light
    generator : for the stains
    """

    def __init__(
        self, side: int, pose: Pose, light: Points, generator: np.random.Generator
    ) -> None:
        self.side = side
        self.pose = pose
        self.light = light
        self.picture = Image.new("RGB", (side, side))
        self.alpha = Image.new("L", (side, side))
        self.roughness = Image.new("L", (side, side))
        coarse_side = side // COARSE + 2
        broad = smooth_noise(generator, coarse_side, 12)
        fine = smooth_noise(generator, coarse_side, 48)
        self._stains = broad + 0.7 * fine

    def fill(
        self, shapes: Points | Sequence[Points], paint: Paint, inside: Points | None = None
    ) -> None:
        """Fill one shape, or several as one surface, in one paint; `inside` cuts them off."""
        outlines = [shapes] if isinstance(shapes, np.ndarray) else list(shapes)
        placed = [self._place(outline) for outline in outlines]
        radius = paint.roundness * self.pose.unit
        area = self._area(placed, margin=2.0 * radius + 0.12 * self.pose.unit * (paint.shadow > 0))
        if area is None:
            return
        mask = _mask(placed, area)
        if inside is not None:
            mask = ImageChops.multiply(mask, _mask([self._place(inside)], area))
        if paint.shadow > 0.0:
            self._throw_shadow(mask, area, paint.shadow)
        if paint.roundness == 0.0:
            self.picture.paste(rounded(paint.colour), area, mask)
        else:
            self.picture.paste(self._tones(mask, area, paint, radius), area, mask)
        self.alpha.paste(255, area, mask)
        self.roughness.paste(min(255, round(ROUGHNESS * paint.mottle)), area, mask)

    def line(
        self, path: Points, half_width: float, paint: Paint, inside: Points | None = None
    ) -> None:
        """A stroke of even width, which may cross itself."""
        across = normals(path) * half_width
        quads = np.stack([path[:-1], path[1:]], axis=1)  # (pieces, 2, 2)
        pieces = [
            np.concatenate([quads[k] + across[k : k + 2], (quads[k] - across[k : k + 2])[::-1]])
            for k in range(len(quads))
        ]
        angles = np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False)
        dot = half_width * np.column_stack([np.cos(angles), np.sin(angles)])
        self.fill(pieces + [dot + point for point in path], paint, inside)

    def _place(self, points: Points) -> Points:
        return points @ self.pose.matrix + self.pose.centre

    def _area(self, placed: list[Points], margin: float) -> Box | None:
        corners = np.concatenate(placed)
        first = np.floor((corners.min(axis=0) - margin) / COARSE).astype(int) * COARSE
        last = np.ceil((corners.max(axis=0) + margin) / COARSE).astype(int) * COARSE
        left, top = np.clip(first, 0, self.side).tolist()
        right, bottom = np.clip(last, 0, self.side).tolist()
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _throw_shadow(self, mask: Image.Image, area: Box, strength: float) -> None:
        reach = 0.035 * self.pose.unit
        shadow = soften(mask, reach, strength, -self.light * reach)
        # Only on what is painted already: the shadow on the ground comes from the whole subject.
        shadow = ImageChops.multiply(shadow, self.alpha.crop(area))
        self.picture.paste((30, 14, 8), area, shadow)

    def _tones(self, mask: Image.Image, area: Box, paint: Paint, radius: float) -> Image.Image:
        left, top, right, bottom = area
        height = _coarse_blur(mask, radius)  # (rows, columns), 0.5 at the edge, 1 inside
        colour = np.asarray(paint.colour, dtype=np.float32)
        tones: Tones = np.broadcast_to(colour, (*height.shape, 3))
        if paint.rim is not None:
            edge = np.clip(2.0 - 2.0 * height, 0.0, 1.0)[..., None]
            tones = tones + edge * (np.asarray(paint.rim, dtype=np.float32) - colour)
        rows, columns = top // COARSE, left // COARSE
        stains = self._stains[rows : rows + height.shape[0], columns : columns + height.shape[1]]
        tones = tones * (1.0 + paint.mottle * stains)[..., None]
        tones = _light(tones, height, radius, self.light, paint)
        image = Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8))
        return image.resize((right - left, bottom - top), Image.Resampling.BILINEAR)


def _mask(placed: list[Points], area: Box) -> Image.Image:
    left, top, right, bottom = area
    mask = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(mask)
    for outline in placed:
        draw.polygon((outline - (left, top)).ravel().tolist(), fill=255)
    return mask


def _coarse_blur(mask: Image.Image, radius: float) -> Tones:
    coarse = mask.reduce(COARSE).filter(ImageFilter.GaussianBlur(radius / COARSE))
    return np.asarray(coarse, dtype=np.float32) / 255.0


def soften(
    mask: Image.Image, radius: float, strength: float = 1.0, shift: Points | None = None
) -> Image.Image:
    """The mask blurred by a Gaussian, weakened and moved by `shift` pixels, computed coarsely."""
    coarse = mask.reduce(COARSE).filter(ImageFilter.GaussianBlur(radius / COARSE))
    if shift is not None:
        coarse = ImageChops.offset(coarse, *np.round(shift / COARSE).astype(int).tolist())
    coarse = coarse.point([int(strength * value) for value in range(256)])
    return coarse.resize(mask.size, Image.Resampling.BILINEAR)


def _light(tones: Tones, height: Tones, radius: float, light: Points, paint: Paint) -> Tones:
    if min(height.shape) < 2:
        return tones
    slope_y, slope_x = np.gradient(height)
    # The edge of a blurred step has slope 1 / (sqrt(2 pi) radius): scaled, normals reach 1.
    scale = 2.5 * radius / COARSE
    normal_x, normal_y = -scale * slope_x, -scale * slope_y
    light_x, light_y = light.tolist()  # Python's floats leave float32 as it is
    lambert = normal_x * light_x + normal_y * light_y
    hollow = np.clip(1.0 - height, 0.0, 0.5)
    tones = tones * (1.0 + paint.depth * (0.55 * lambert - 0.5 * hollow))[..., None]
    if paint.gloss > 0.0:
        miss = (normal_x - 0.55 * light_x) ** 2 + (normal_y - 0.55 * light_y) ** 2
        tones = tones + (200.0 * paint.gloss * np.exp(-miss / 0.045))[..., None]
    return tones


def random_pose(generator: np.random.Generator, side: int, tilt: float, half_height: float) -> Pose:
    """A pose in a square of `side` pixels.

    Parameters
    ----------
    tilt : the largest turn, in radians
    half_height : the subject's extent in y where that in x is 1
    """
    mirror = np.diag([generator.choice([-1.0, 1.0]), 1.0])
    turned = rotate(np.eye(2), generator.uniform(-tilt, tilt))
    # Shorter along one random direction, as if seen at a slant.
    axes = rotate(np.eye(2), generator.uniform(0.0, np.pi))
    slant = axes.T @ np.diag([1.0, generator.uniform(0.85, 1.0)]) @ axes
    # One picture in five shows a subject that leaves the frame.
    leaves = generator.uniform() < 0.2
    reach = 0.25 if leaves else 0.06
    scale = side * generator.uniform(0.34, 0.48) / max(1.0, half_height)
    scale *= 1.25 if leaves else 1.0
    centre = side * (0.5 + generator.uniform(-reach, reach, 2))
    return Pose(scale * mirror @ turned @ slant, centre)


@dataclass(frozen=True)
class Subject:
    """Something to draw.

    Attributes
    ----------
    paint : puts it together on a canvas
    tilt : the largest turn in radians, `FLAT` for any
    half_height : its extent in y where that in x is 1
    """

    paint: Callable[[Canvas, np.random.Generator], None]
    tilt: float
    half_height: float
