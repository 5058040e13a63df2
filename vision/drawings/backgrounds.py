"""What the subject lies on or stands before: drawn alike for every label."""

import colorsys
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from vision.drawings.canvas import Colour, mix, rounded, smooth_noise, soften
from vision.drawings.shapes import ellipse

Background = Callable[[np.random.Generator, int], Image.Image]


def background(generator: np.random.Generator, side: int) -> Image.Image:
    """A random background of `side` by `side` pixels, now and then with a plate on it."""
    kind = KINDS[generator.integers(len(KINDS))]
    picture = _stained(generator, kind(generator, side))
    if generator.uniform() < 0.15:
        _lay_plate(generator, picture)
    return picture


def any_colour(
    generator: np.random.Generator, lightest: float = 1.0, strongest: float = 0.75
) -> Colour:
    """Any hue, from grey to strong and from dark to light."""
    hue = generator.uniform()
    strength = generator.uniform(0.0, strongest)
    red, green, blue = colorsys.hsv_to_rgb(hue, strength, generator.uniform(0.3, lightest))
    return 255.0 * red, 255.0 * green, 255.0 * blue


def _plain(generator: np.random.Generator, side: int) -> Image.Image:
    return Image.new("RGB", (side, side), rounded(any_colour(generator)))


def _gradient(generator: np.random.Generator, side: int) -> Image.Image:
    first, last = (np.array(any_colour(generator)) for _ in range(2))
    angle = generator.uniform(0.0, 2.0 * np.pi)
    x, y = np.meshgrid(*[np.linspace(-0.5, 0.5, 40)] * 2)
    share = np.clip(0.5 + 0.8 * (x * np.cos(angle) + y * np.sin(angle)), 0.0, 1.0)[..., None]
    tones = (first + share * (last - first)).astype(np.uint8)
    return Image.fromarray(tones).resize((side, side), Image.Resampling.BICUBIC)


def _checked(generator: np.random.Generator, side: int) -> Image.Image:
    """A tablecloth: where both bands cross, the dye is full."""
    cloth = np.array(mix((255.0, 255.0, 255.0), any_colour(generator), 0.12))
    dye = np.array(any_colour(generator, strongest=1.0))
    x, y = _turned_grid(generator, side)
    width = side / generator.uniform(5.0, 12.0)
    # With bands in both directions the cloth is gingham; with one, striped.
    second = 0.0 if generator.uniform() < 0.3 else 0.5
    share = 0.5 * (x // width % 2) + second * (y // width % 2)
    tones = cloth + share[..., None] * (dye - cloth)
    return Image.fromarray(tones.astype(np.uint8))


def _turned_grid(generator: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    angle = np.float32(generator.uniform(0.0, np.pi))
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _boards(generator: np.random.Generator, side: int) -> Image.Image:
    """Wooden boards, painted in any colour half of the time."""
    woods = [(176.0, 128.0, 82.0), (120.0, 82.0, 54.0), (205.0, 170.0, 125.0), (96.0, 84.0, 76.0)]
    wood = woods[generator.integers(len(woods))]
    if generator.uniform() < 0.5:
        wood = any_colour(generator)
    picture = Image.new("RGB", (side, side))
    draw = ImageDraw.Draw(picture)
    width = side / generator.uniform(3.0, 7.0)
    for top in np.arange(-generator.uniform() * width, side, width):
        board = mix(wood, (20.0, 12.0, 8.0), generator.uniform(0.0, 0.25))
        draw.rectangle((0, top, side, top + width), fill=rounded(board))
        _draw_grain(generator, draw, board, (top, width, side))
        draw.line((0, top, side, top), fill=rounded(mix(board, (0, 0, 0), 0.6)), width=2)
    return picture.rotate(90) if generator.uniform() < 0.5 else picture


def _draw_grain(
    generator: np.random.Generator,
    draw: ImageDraw.ImageDraw,
    board: Colour,
    place: tuple[float, float, int],
) -> None:
    top, width, side = place
    x = np.linspace(0, side, 12)
    for height in generator.uniform(top + 2, top + width - 1, 7):
        y = height + np.cumsum(generator.normal(0.0, 0.8, 12))
        tone = mix(board, (30.0, 15.0, 5.0), generator.uniform(0.08, 0.25))
        draw.line(np.column_stack([x, y]).ravel().tolist(), fill=rounded(tone), width=1)


def _grass(generator: np.random.Generator, side: int) -> Image.Image:
    base = (generator.uniform(60, 120), generator.uniform(110, 160), generator.uniform(40, 70))
    picture = Image.new("RGB", (side, side), rounded(mix(base, (0.0, 30.0, 0.0), 0.35)))
    draw = ImageDraw.Draw(picture)
    roots = generator.uniform(0, side, (900, 2))
    tips = roots + generator.normal((0.0, -0.06 * side), 0.025 * side, (900, 2))
    lightness = generator.uniform(-0.35, 0.35, 900)
    for root, tip, light in zip(roots, tips, lightness, strict=True):
        tone = mix(base, (235.0, 245.0, 140.0) if light > 0 else (10.0, 40.0, 10.0), abs(light))
        draw.line((*root, *tip), fill=rounded(tone), width=2)
    return picture


def _blobs(generator: np.random.Generator, side: int) -> Image.Image:
    """Things far behind the subject, out of focus."""
    small = 160
    picture = Image.new("RGB", (small, small), rounded(any_colour(generator)))
    draw = ImageDraw.Draw(picture)
    for x, y in generator.uniform(0, small, (14, 2)):
        radius = generator.uniform(10, 40)
        shape = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(shape, fill=rounded(any_colour(generator)))
    blurred = picture.filter(ImageFilter.GaussianBlur(generator.uniform(4.0, 12.0)))
    return blurred.resize((side, side), Image.Resampling.BICUBIC)


def _speckled(generator: np.random.Generator, side: int) -> Image.Image:
    """Stone or sand."""
    base = np.array(any_colour(generator, strongest=0.4))
    grain = generator.normal(0.0, 1.0, (side // 2, side // 2, 1))
    tones = np.clip(base + generator.uniform(8.0, 28.0) * grain, 0.0, 255.0).astype(np.uint8)
    return Image.fromarray(tones).resize((side, side), Image.Resampling.BILINEAR)


def _horizon(generator: np.random.Generator, side: int) -> Image.Image:
    """A table or a floor before a wall."""
    wall, floor = _gradient(generator, side), _plain(generator, side)
    edge = int(side * generator.uniform(0.35, 0.75))
    wall.paste(floor.crop((0, edge, side, side)), (0, edge))
    return wall.filter(ImageFilter.BoxBlur(2))


def _stained(generator: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Slow unevenness, as every real surface has, and a little out of focus."""
    stains = smooth_noise(generator, picture.width, 9)
    strength = generator.uniform(0.0, 0.16)
    tones = np.asarray(picture) * (1.0 + strength * stains)[..., None]
    uneven = Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8))
    blur = generator.uniform(0.5, 1.6) * picture.width / 320
    return uneven.filter(ImageFilter.GaussianBlur(blur))


def _lay_plate(generator: np.random.Generator, picture: Image.Image) -> None:
    side = picture.width
    glaze = mix((250.0, 250.0, 246.0), any_colour(generator), generator.uniform(0.0, 0.4))
    centre = side * (0.5 + generator.uniform(-0.05, 0.05, 2))
    radius = side * generator.uniform(0.4, 0.52)
    flatness = generator.uniform(0.75, 1.0)
    rings = [
        (1.0, glaze),
        (0.96, mix(glaze, (255, 255, 255), 0.5)),
        (0.72, mix(glaze, (0, 0, 0), 0.14)),
    ]
    rings += [(0.7, glaze)]
    _paste_disc(picture, centre + 0.03 * side, radius * np.array([1.02, flatness]), None)
    for share, tone in rings:
        _paste_disc(picture, centre, share * radius * np.array([1.0, flatness]), tone)


def _paste_disc(
    picture: Image.Image, centre: np.ndarray, radii: np.ndarray, tone: Colour | None
) -> None:
    mask = Image.new("L", picture.size)
    disc = ellipse((centre[0], centre[1]), (radii[0], radii[1]), points=90)
    ImageDraw.Draw(mask).polygon(disc.ravel().tolist(), fill=110 if tone is None else 255)
    blurred = soften(mask, 0.02 * picture.width if tone is None else 1.0)
    picture.paste(rounded(tone or (10.0, 8.0, 8.0)), (0, 0, *picture.size), blurred)


KINDS: tuple[Background, ...] = (
    _plain,
    _gradient,
    _checked,
    _boards,
    _grass,
    _blobs,
    _speckled,
    _horizon,
)
