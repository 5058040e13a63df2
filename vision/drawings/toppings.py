"""What people put on a hot dog, laid along a path; much of it serves for other food as well."""

from collections.abc import Callable

import numpy as np

from vision.drawings.canvas import Canvas, Colour, Paint, mix, vary
from vision.drawings.shapes import (
    Points,
    beside,
    box,
    ellipse,
    part,
    ribbon,
    rotate,
    wave,
    wobble,
)

Topping = Callable[[Canvas, np.random.Generator, Points], None]

LAYERS = 3  # in which crumbs are laid, so that those on top throw shadows on those below


def along(
    generator: np.random.Generator, path: Points, count: int, spread: float
) -> list[tuple[float, float]]:
    """Random places beside a path, away from its ends."""
    index = generator.uniform(0.12, 0.88, count) * (len(path) - 1)
    offsets = generator.uniform(-spread, spread, count)
    x = np.interp(index, np.arange(len(path)), path[:, 0])
    y = np.interp(index, np.arange(len(path)), path[:, 1]) + offsets
    return list(zip(x.tolist(), y.tolist(), strict=True))


def lay_crumbs(
    canvas: Canvas,
    generator: np.random.Generator,
    places: list[tuple[float, float]],
    size: float,
    colour: Colour,
) -> None:
    """Lumps of a colour at the places."""
    lumps = [
        wobble(ellipse(place, (size, 0.75 * size), points=12), 0.18 * size, generator)
        for place in places
    ]
    for layer in range(LAYERS):
        tone = vary(generator, colour, 14.0)
        paint = Paint(tone, 0.6 * size, 0.9, 0.25, 0.12, shadow=0.45)
        canvas.fill(lumps[layer::LAYERS] or lumps[:1], paint)


def lay_shreds(
    canvas: Canvas,
    generator: np.random.Generator,
    places: list[tuple[float, float]],
    size: float,
    colour: Colour,
) -> None:
    """Bent strips of a colour at the places, in every direction."""
    shreds = []
    for place in places:
        bend = generator.uniform(-0.5, 0.5) * size
        strip = np.array([(-size, 0.0), (0.0, bend), (size, 0.0)])
        turned = rotate(strip, generator.uniform(0.0, np.pi)) + np.array(place)
        shreds.append(ribbon(turned, 0.22 * size))
    for layer in range(LAYERS):
        tone = vary(generator, colour, 10.0)
        canvas.fill(shreds[layer::LAYERS] or shreds[:1], Paint(tone, 0.014, 0.8, 0.2, 0.06))


def lay_rings(
    canvas: Canvas,
    generator: np.random.Generator,
    places: list[tuple[float, float]],
    size: float,
    colour: Colour,
) -> None:
    """Slices with a paler middle: jalapenos, onions, olives, gherkins."""
    pale = mix(colour, (250.0, 245.0, 220.0), 0.55)
    for place in places:
        turn = generator.uniform(0.0, np.pi)
        canvas.fill(ellipse(place, (size, 0.8 * size), turn, 20), Paint(colour, 0.02, 0.8, 0.3))
        hole = ellipse(place, (0.68 * size, 0.5 * size), turn, 16)
        canvas.fill(hole, Paint(pale, 0.02, 0.5, 0.2, shadow=0.0))


def lay_chili(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    """Minced meat in its sauce."""
    meat = vary(generator, (122.0, 50.0, 24.0), 12.0)
    spread = wobble(ribbon(part(path, 0.1, 0.9), 0.16), 0.03, generator, bumps=26)
    canvas.fill(spread, Paint(meat, 0.05, 0.8, 0.25, 0.25))
    lay_crumbs(canvas, generator, along(generator, path, 40, 0.15), 0.042, meat)


def _cheese_sauce(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    cheese = vary(generator, (246.0, 182.0, 52.0), 12.0)
    width = generator.uniform(0.05, 0.16, 9)
    melt = wobble(ribbon(part(path, 0.1, 0.9), width), 0.02, generator, bumps=30)
    canvas.fill(melt, Paint(cheese, 0.04, 0.8, 0.45, 0.06, shadow=0.45))


def lay_grated_cheese(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    """Yellow or white shreds."""
    cheese = (250.0, 190.0, 60.0) if generator.uniform() < 0.6 else (246.0, 232.0, 190.0)
    lay_shreds(canvas, generator, along(generator, path, 44, 0.13), 0.06, cheese)


def _onions(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    onion = (244.0, 238.0, 226.0) if generator.uniform() < 0.6 else (196.0, 130.0, 170.0)
    bits = [box(x, y, x + 0.05, y + 0.04) for x, y in along(generator, path, 40, 0.13)]
    for layer in range(LAYERS):
        canvas.fill(bits[layer::LAYERS], Paint(vary(generator, onion, 8.0), 0.015, 0.7, 0.25))


def _fried_onions(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    brown = vary(generator, (176.0, 112.0, 50.0), 12.0)
    lay_shreds(canvas, generator, along(generator, path, 50, 0.14), 0.055, brown)


def _sauerkraut(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    cabbage = vary(generator, (228.0, 216.0, 168.0), 10.0)
    lay_shreds(canvas, generator, along(generator, path, 60, 0.15), 0.09, cabbage)


def _slaw(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    for colour in ((236.0, 238.0, 214.0), (226.0, 132.0, 52.0), (132.0, 84.0, 134.0)):
        places = along(generator, path, 22, 0.15)
        lay_shreds(canvas, generator, places, 0.075, vary(generator, colour))


def _relish(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    green = vary(generator, (104.0, 136.0, 44.0), 14.0)
    lay_crumbs(canvas, generator, along(generator, path, 46, 0.11), 0.028, green)


def _jalapenos(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    green = vary(generator, (92.0, 138.0, 50.0), 12.0)
    lay_rings(canvas, generator, along(generator, path, 9, 0.1), 0.07, green)


def _bacon(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    meat = vary(generator, (156.0, 62.0, 44.0), 14.0)
    strip = wave(part(path, 0.08, 0.92), 0.03, 6.0)
    canvas.fill(ribbon(strip, 0.1), Paint(meat, 0.05, 0.9, 0.35, 0.25))
    fat = Paint(mix(meat, (250.0, 214.0, 176.0), 0.7), 0.02, 0.7, 0.3, 0.2, shadow=0.0)
    canvas.fill([ribbon(beside(strip, offset), 0.018) for offset in (-0.045, 0.03)], fat)


def _lettuce(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    green = vary(generator, (112.0, 168.0, 62.0), 14.0)
    for offset in (-0.14, 0.13):
        edge = wave(beside(part(path, 0.05, 0.95), offset), 0.045, 9.0)
        canvas.fill(ribbon(edge, 0.07), Paint(vary(generator, green, 8.0), 0.04, 0.9, 0.1, 0.25))


def _tomatoes(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    red = vary(generator, (204.0, 54.0, 38.0), 10.0)
    lay_crumbs(canvas, generator, along(generator, path, 18, 0.13), 0.06, red)


def _herbs(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    lay_crumbs(canvas, generator, along(generator, path, 30, 0.15), 0.018, (64.0, 116.0, 44.0))


def _guacamole(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    green = vary(generator, (154.0, 176.0, 84.0), 10.0)
    lump = wobble(ribbon(part(path, 0.12, 0.88), 0.12), 0.03, generator, bumps=22)
    canvas.fill(lump, Paint(green, 0.07, 0.9, 0.2, 0.25))


def _gherkins(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    green = vary(generator, (126.0, 146.0, 60.0), 12.0)
    lay_rings(canvas, generator, along(generator, path, 6, 0.08), 0.11, green)


TOPPINGS: tuple[Topping, ...] = (
    lay_chili,
    _cheese_sauce,
    lay_grated_cheese,
    _onions,
    _fried_onions,
    _sauerkraut,
    _slaw,
    _relish,
    _jalapenos,
    _bacon,
    _lettuce,
    _tomatoes,
    _herbs,
    _guacamole,
    _gherkins,
)
