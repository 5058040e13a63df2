"""Hot dogs: a sausage in a split bun, with what people put on it."""

from dataclasses import dataclass

import numpy as np

from vision.drawings.canvas import FLAT, Canvas, Colour, Paint, Subject, mix, vary
from vision.drawings.hands import HANDS, draw_fingers, draw_palm
from vision.drawings.shapes import (
    Points,
    arch,
    beside,
    box,
    ellipse,
    part,
    ribbon,
    rotate,
    wave,
    wobble,
)

MUSTARD: Colour = (240.0, 190.0, 30.0)
KETCHUP: Colour = (200.0, 28.0, 20.0)
SKINS: tuple[Colour, ...] = (
    (190.0, 82.0, 50.0),
    (168.0, 62.0, 44.0),
    (208.0, 100.0, 70.0),
    (140.0, 62.0, 38.0),
)
BREADS: tuple[Colour, ...] = (
    (216.0, 154.0, 82.0),
    (200.0, 132.0, 66.0),
    (228.0, 176.0, 108.0),
    (184.0, 116.0, 58.0),
)


@dataclass(frozen=True)
class Look:
    """One hot dog: colours, and measures in units of half its length.

    Attributes
    ----------
    path : the sausage's middle line, (points, 2)
    closed : how much of the sausage the near half of the bun hides, 0 to 1
    """

    bread: Colour
    skin: Colour
    path: Points
    closed: float

    def moved(self, offset: tuple[float, float]) -> "Look":
        """The same hot dog elsewhere."""
        return Look(self.bread, self.skin, self.path + np.array(offset), self.closed)


def random_look(generator: np.random.Generator) -> Look:
    """A hot dog with its own bread, sausage, bend and opening."""
    bread = vary(generator, BREADS[generator.integers(len(BREADS))])
    skin = vary(generator, SKINS[generator.integers(len(SKINS))])
    length = generator.uniform(0.86, 1.0)
    return Look(bread, skin, arch(length, generator.uniform(-0.12, 0.16)), generator.uniform())


def draw_bare(canvas: Canvas, look: Look) -> None:
    """Bun and sausage, before any topping."""
    crumb = mix(look.bread, (255.0, 240.0, 205.0), 0.75)
    inside = part(look.path, 0.06, 0.94)
    _draw_half(canvas, look, side=-1.0)
    canvas.fill(ribbon(inside, [0.16, 0.22, 0.22, 0.16]), Paint(crumb, 0.06, mottle=0.1))
    if look.closed < 0.5:
        _draw_half(canvas, look, side=1.0)
    draw_sausage(canvas, look)
    if look.closed >= 0.5:
        _draw_half(canvas, look, side=1.0)


def _draw_half(canvas: Canvas, look: Look, side: float) -> None:
    gap = 0.25 - 0.04 * look.closed * (side > 0)
    middle = beside(part(look.path, 0.07, 0.93), side * gap)
    width = [0.13, 0.165, 0.175, 0.175, 0.165, 0.13]
    crust = Paint(look.bread, 0.12, 0.75, 0.12, 0.1, mix(look.bread, (252.0, 214.0, 150.0), 0.55))
    canvas.fill(ribbon(middle, width), crust)


def draw_sausage(canvas: Canvas, look: Look) -> None:
    """The sausage with its knotted ends and, often, grill marks."""
    width = [0.115, 0.15, 0.155, 0.155, 0.15, 0.115]
    skin = Paint(look.skin, 0.085, 0.95, 0.5, 0.09, mix(look.skin, (70.0, 15.0, 10.0), 0.35), 0.6)
    canvas.fill(ribbon(look.path, width), skin)
    knot = Paint(mix(look.skin, (60.0, 15.0, 10.0), 0.4), 0.02, shadow=0.0)
    for end, inner in ((0, 2), (-1, -3)):
        outward = look.path[end] - look.path[inner]
        tip = look.path[end] + outward / np.linalg.norm(outward) * 0.11
        canvas.fill(ellipse((tip[0], tip[1]), (0.035, 0.03)), knot)


def draw_grill_marks(canvas: Canvas, look: Look) -> None:
    """Dark slanting stripes across the sausage."""
    char = Paint(mix(look.skin, (35.0, 12.0, 8.0), 0.75), 0.03, shadow=0.0)
    points = look.path[4:-4:5]
    slant = np.array([0.05, 0.08])
    bars = [ribbon(np.array([point - slant, point + slant]), 0.018) for point in points]
    canvas.fill(bars, char)


def draw_sauce(
    canvas: Canvas, generator: np.random.Generator, look: Look, colour: Colour, sharpness: float
) -> None:
    """A line of sauce swinging over the sausage."""
    cycles = float(generator.integers(4, 8))
    path = wave(part(look.path, 0.07, 0.93), generator.uniform(0.06, 0.115), cycles, sharpness)
    paint = Paint(vary(generator, colour, 6.0), 0.03, 0.9, 0.75, 0.03, shadow=0.45)
    canvas.line(path, generator.uniform(0.028, 0.042), paint)


def _mustard(canvas: Canvas, generator: np.random.Generator) -> None:
    look = random_look(generator)
    draw_bare(canvas, look)
    if generator.uniform() < 0.4:
        draw_grill_marks(canvas, look)
    draw_sauce(canvas, generator, look, MUSTARD, sharpness=0.0)


def _ketchup(canvas: Canvas, generator: np.random.Generator) -> None:
    look = random_look(generator)
    draw_bare(canvas, look)
    draw_sauce(canvas, generator, look, KETCHUP, sharpness=0.8)
    if generator.uniform() < 0.4:
        draw_sauce(canvas, generator, look, MUSTARD, sharpness=0.3)


def _grilled(canvas: Canvas, generator: np.random.Generator) -> None:
    look = random_look(generator)
    draw_bare(canvas, look)
    draw_grill_marks(canvas, look)


def _chili_cheese(canvas: Canvas, generator: np.random.Generator) -> None:
    look = random_look(generator)
    draw_bare(canvas, look)
    chili = vary(generator, (122.0, 50.0, 24.0), 8.0)
    spread = wobble(ribbon(part(look.path, 0.12, 0.88), 0.15), 0.025, generator, bumps=26)
    canvas.fill(spread, Paint(chili, 0.05, 0.8, 0.25, 0.2))
    lumps = [
        wobble(ellipse(place, (0.045, 0.035), points=14), 0.008, generator)
        for place in _along(generator, look.path, 46, 0.14)
    ]
    for start in range(0, len(lumps), 12):
        tone = vary(generator, chili, 16.0)
        canvas.fill(lumps[start : start + 12], Paint(tone, 0.025, 1.0, 0.3, 0.1, shadow=0.5))
    _draw_shreds(canvas, generator, look.path, (250.0, 184.0, 50.0), 44)


def _draw_shreds(
    canvas: Canvas, generator: np.random.Generator, path: Points, colour: Colour, count: int
) -> None:
    shreds = []
    for x, y in _along(generator, path, count, 0.11):
        direction = rotate(np.array([[0.06, 0.0]]), generator.uniform(0.0, np.pi))[0]
        shreds.append(ribbon(np.array([(x, y) - direction, (x, y) + direction]), 0.014))
    for start in range(0, count, 15):
        paint = Paint(vary(generator, colour, 9.0), 0.014, 0.8, 0.2, 0.05, shadow=0.5)
        canvas.fill(shreds[start : start + 15], paint)


def _along(
    generator: np.random.Generator, path: Points, count: int, spread: float
) -> list[tuple[float, float]]:
    """Random places beside a path, away from its ends."""
    index = generator.uniform(0.12, 0.88, count) * (len(path) - 1)
    offsets = generator.uniform(-spread, spread, count)
    x = np.interp(index, np.arange(len(path)), path[:, 0])
    y = np.interp(index, np.arange(len(path)), path[:, 1]) + offsets
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _chicago(canvas: Canvas, generator: np.random.Generator) -> None:
    """Mustard, relish, onions, tomatoes and a pickle spear."""
    look = random_look(generator)
    draw_bare(canvas, look)
    spear = beside(part(look.path, 0.1, 0.9), 0.17)
    canvas.fill(ribbon(spear, [0.03, 0.06, 0.06, 0.03]), Paint((112, 140, 50), 0.04, 0.8, 0.3, 0.2))
    for x, y in beside(part(look.path, 0.12, 0.88), -0.19)[::8]:
        wedge = ellipse((x, y), (0.11, 0.085), points=20)
        canvas.fill(wedge, Paint((206, 52, 36), 0.03, 0.7, 0.35, 0.1, (170, 24, 16)))
        canvas.fill(
            ellipse((x, y), (0.05, 0.035), points=12), Paint((232, 130, 84), 0.02, shadow=0)
        )
    draw_sauce(canvas, generator, look, MUSTARD, sharpness=0.0)
    for colour in ((70.0, 130.0, 40.0), (246.0, 244.0, 232.0), (92.0, 150.0, 50.0)):
        bits = [box(x, y, x + 0.035, y + 0.03) for x, y in _along(generator, look.path, 18, 0.1)]
        canvas.fill(bits, Paint(vary(generator, colour, 6.0), 0.012, 0.6, 0.2, shadow=0.4))


def _two_in_tray(canvas: Canvas, generator: np.random.Generator) -> None:
    draw_tray(canvas, generator)
    look = random_look(generator)
    other = random_look(generator)
    for one, offset in ((look, -0.36), (other, 0.36)):
        small = Look(one.bread, one.skin, 0.84 * one.path, one.closed).moved((0.0, offset))
        draw_bare(canvas, small)
        colour = MUSTARD if generator.uniform() < 0.6 else KETCHUP
        draw_sauce(canvas, generator, small, colour, sharpness=0.2)


def draw_tray(canvas: Canvas, generator: np.random.Generator) -> None:
    """A paper tray with a checked or plain lining, seen from above."""
    paper = vary(generator, (238.0, 232.0, 222.0), 8.0)
    dye = [(205.0, 40.0, 40.0), (40.0, 80.0, 170.0), (40.0, 130.0, 80.0)][generator.integers(3)]
    outer, inner = box(-1.12, -0.84, 1.12, 0.84, 0.12), box(-1.0, -0.72, 1.0, 0.72, 0.08)
    canvas.fill(outer, Paint(paper, 0.03, 0.8))
    canvas.fill(inner, Paint(mix(paper, (120, 110, 100), 0.3), 0.1, 0.6, shadow=0.0))
    cell = 0.14
    squares = [
        box(x, y, x + cell, y + cell)
        for column, x in enumerate(np.arange(-1.0, 1.0, cell))
        for row, y in enumerate(np.arange(-0.72, 0.72, cell))
        if (column + row) % 2
    ]
    canvas.fill(squares, Paint(dye, 0.0, mottle=0.04, shadow=0.0), inside=inner)


def _in_hand(canvas: Canvas, generator: np.random.Generator) -> None:
    skin = vary(generator, HANDS[generator.integers(len(HANDS))], 8.0)
    draw_palm(canvas, skin)
    look = random_look(generator)
    open_look = Look(look.bread, look.skin, look.path, 0.2)
    draw_bare(canvas, open_look)
    colour = MUSTARD if generator.uniform() < 0.6 else KETCHUP
    draw_sauce(canvas, generator, open_look, colour, sharpness=0.2)
    draw_fingers(canvas, skin)


def _from_the_side(canvas: Canvas, generator: np.random.Generator) -> None:
    """Seen from the table: the near half of the bun hides the lower part of the sausage."""
    look = random_look(generator)
    crust = Paint(look.bread, 0.16, 0.8, 0.14, 0.1, mix(look.bread, (250, 214, 150), 0.4))
    back = beside(part(look.path, 0.05, 0.95), -0.1)
    canvas.fill(ribbon(back, [0.15, 0.2, 0.2, 0.15]), crust)
    if generator.uniform() < 0.6:
        leaf = wave(part(look.path, 0.05, 0.95), 0.035, 9.0)
        canvas.fill(ribbon(leaf, 0.17), Paint(vary(generator, (110, 170, 60)), 0.05, 0.9, 0.1, 0.2))
    draw_sausage(canvas, look)
    draw_sauce(canvas, generator, look.moved((0.0, -0.05)), MUSTARD, sharpness=0.1)
    front = beside(part(look.path, 0.04, 0.96), 0.25)
    canvas.fill(ribbon(front, [0.15, 0.2, 0.21, 0.2, 0.15]), crust)


def _on_napkin(canvas: Canvas, generator: np.random.Generator) -> None:
    """On a paper napkin, with fries beside it."""
    napkin = rotate(box(-0.95, -0.8, 0.95, 0.8), generator.uniform(-0.3, 0.3))
    canvas.fill(napkin, Paint(vary(generator, (240, 238, 232), 6.0), 0.02, 0.5, 0.0, 0.08))
    for _ in range(11):
        centre = np.array([generator.uniform(-0.6, 0.6), generator.uniform(0.42, 0.68)])
        along = rotate(np.array([[0.2, 0.0]]), generator.uniform(-0.7, 0.7))[0]
        fry = vary(generator, (238, 190, 84))
        canvas.fill(
            ribbon(np.array([centre - along, centre + along]), 0.035), Paint(fry, 0.02, 0.9)
        )
    look = random_look(generator).moved((0.0, -0.15))
    draw_bare(canvas, look)
    draw_sauce(canvas, generator, look, MUSTARD if generator.uniform() < 0.5 else KETCHUP, 0.4)


HOTDOGS: dict[str, Subject] = {
    "hotdog_mustard": Subject(_mustard, FLAT, 0.5),
    "hotdog_ketchup": Subject(_ketchup, FLAT, 0.5),
    "hotdog_grilled": Subject(_grilled, FLAT, 0.5),
    "hotdog_chili_cheese": Subject(_chili_cheese, FLAT, 0.5),
    "hotdog_chicago": Subject(_chicago, FLAT, 0.5),
    "hotdog_two_in_tray": Subject(_two_in_tray, FLAT, 1.1),
    "hotdog_in_hand": Subject(_in_hand, 0.5, 1.1),
    "hotdog_from_the_side": Subject(_from_the_side, 0.3, 0.5),
    "hotdog_on_napkin": Subject(_on_napkin, FLAT, 1.0),
}
