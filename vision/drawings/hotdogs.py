"""Hot dogs: a sausage in a split bun, with what people put on it."""

from dataclasses import dataclass, replace

import numpy as np

from vision.drawings.canvas import FLAT, Canvas, Colour, Paint, Subject, mix, vary
from vision.drawings.hands import HANDS, draw_fingers, draw_palm
from vision.drawings.people import draw_person
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
from vision.drawings.toppings import (
    TOPPINGS,
    along,
    lay_chili,
    lay_crumbs,
    lay_grated_cheese,
    lay_shreds,
)

MUSTARD: Colour = (240.0, 190.0, 30.0)
KETCHUP: Colour = (200.0, 28.0, 20.0)
MAYONNAISE: Colour = (246.0, 240.0, 216.0)
BROWN_SAUCE: Colour = (96.0, 46.0, 26.0)
SAUCES: tuple[Colour, ...] = (MUSTARD, MUSTARD, KETCHUP, KETCHUP, MAYONNAISE, BROWN_SAUCE)
SEEDS: Colour = (236.0, 214.0, 164.0)
WRAPPERS: tuple[Colour, ...] = (
    (240.0, 238.0, 232.0),
    (190.0, 192.0, 198.0),
    (206.0, 176.0, 132.0),
    (214.0, 70.0, 56.0),
)
SKINS: tuple[Colour, ...] = (
    (190.0, 82.0, 50.0),
    (168.0, 62.0, 44.0),
    (208.0, 100.0, 70.0),
    (140.0, 62.0, 38.0),
    (110.0, 50.0, 34.0),
    (214.0, 132.0, 96.0),
)
BREADS: tuple[Colour, ...] = (
    (216.0, 154.0, 82.0),
    (200.0, 132.0, 66.0),
    (228.0, 176.0, 108.0),
    (184.0, 116.0, 58.0),
    (240.0, 206.0, 148.0),
    (146.0, 86.0, 44.0),
)


@dataclass(frozen=True)
class Look:
    """One hot dog: colours, and measures in units of half its length.

    Attributes
    ----------
    path : the sausage's middle line, (points, 2)
    closed : how much of the sausage the near half of the bun hides, 0 to 1
    girth : the sausage's thickness, where 1 is usual
    loaf : the bun's, alike
    reach : length of the bun where that of the sausage is 1
    """

    bread: Colour
    skin: Colour
    path: Points
    closed: float
    girth: float = 1.0
    loaf: float = 1.0
    reach: float = 0.86

    @property
    def bun(self) -> Points:
        """The bun's middle line, (points, 2)."""
        centre = self.path.mean(axis=0)
        return centre + self.reach * (self.path - centre)

    def moved(self, offset: tuple[float, float]) -> "Look":
        """The same hot dog elsewhere."""
        return replace(self, path=self.path + np.array(offset))


def random_look(generator: np.random.Generator) -> Look:
    """A hot dog with its own bread, sausage, bend and opening."""
    bread = vary(generator, BREADS[generator.integers(len(BREADS))])
    skin = vary(generator, SKINS[generator.integers(len(SKINS))])
    path = arch(generator.uniform(0.86, 1.0), generator.uniform(-0.12, 0.16))
    closed, girth, loaf = generator.uniform((0.0, 0.8, 0.85), (1.0, 1.25, 1.25)).tolist()
    return Look(bread, skin, path, closed, girth, loaf, generator.uniform(0.8, 1.08))


def draw_bare(canvas: Canvas, look: Look) -> None:
    """Bun and sausage, before any topping."""
    crumb = mix(look.bread, (255.0, 240.0, 205.0), 0.75)
    _draw_half(canvas, look, side=-1.0)
    width = look.loaf * np.array([0.16, 0.22, 0.22, 0.16])
    canvas.fill(ribbon(look.bun, width), Paint(crumb, 0.06, mottle=0.16))
    if look.closed < 0.5:
        _draw_half(canvas, look, side=1.0)
    draw_sausage(canvas, look)
    if look.closed >= 0.5:
        _draw_half(canvas, look, side=1.0)


def _draw_half(canvas: Canvas, look: Look, side: float) -> None:
    gap = 0.25 - 0.04 * look.closed * (side > 0)
    middle = beside(look.bun, side * look.loaf * gap)
    width = look.loaf * np.array([0.13, 0.165, 0.175, 0.175, 0.165, 0.13])
    crust = Paint(look.bread, 0.12, 0.75, 0.12, 0.1, mix(look.bread, (252.0, 214.0, 150.0), 0.55))
    canvas.fill(ribbon(middle, width), crust)


def draw_sausage(canvas: Canvas, look: Look) -> None:
    """The sausage with its knotted ends and, often, grill marks."""
    width = look.girth * np.array([0.115, 0.15, 0.155, 0.155, 0.15, 0.115])
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
    lay_chili(canvas, generator, look.path)
    lay_grated_cheese(canvas, generator, look.path)


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
        bits = [box(x, y, x + 0.035, y + 0.03) for x, y in along(generator, look.path, 18, 0.1)]
        canvas.fill(bits, Paint(vary(generator, colour, 6.0), 0.012, 0.6, 0.2, shadow=0.4))


def _two_in_tray(canvas: Canvas, generator: np.random.Generator) -> None:
    draw_tray(canvas, generator)
    look = random_look(generator)
    other = random_look(generator)
    for one, offset in ((look, -0.36), (other, 0.36)):
        small = replace(one, path=0.84 * one.path, loaf=0.8, girth=0.9).moved((0.0, offset))
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
    open_look = replace(look, closed=0.2)
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


def _loaded(canvas: Canvas, generator: np.random.Generator) -> None:
    """Up to four toppings and sauces, whatever they are."""
    look = random_look(generator)
    draw_bare(canvas, look)
    _dress(canvas, generator, look)


def _dress(canvas: Canvas, generator: np.random.Generator, look: Look) -> None:
    for index in generator.permutation(len(TOPPINGS))[: generator.integers(1, 4)]:
        TOPPINGS[index](canvas, generator, look.path)
    for _ in range(generator.integers(0, 3)):
        _draw_any_sauce(canvas, generator, look)


def _draw_any_sauce(canvas: Canvas, generator: np.random.Generator, look: Look) -> None:
    colour = SAUCES[generator.integers(len(SAUCES))]
    if generator.uniform() < 0.6:
        draw_sauce(canvas, generator, look, colour, generator.uniform())
        return
    line = beside(part(look.path, 0.08, 0.92), generator.uniform(-0.04, 0.04))
    paint = Paint(vary(generator, colour, 8.0), 0.03, 0.9, 0.6, 0.03, shadow=0.45)
    canvas.line(wave(line, 0.02, 2.0), generator.uniform(0.03, 0.06), paint)


def _split_top(canvas: Canvas, generator: np.random.Generator) -> None:
    """A loaf with a slit on top, out of which the sausage looks."""
    look = random_look(generator)
    crust = Paint(look.bread, 0.18, 0.8, 0.14, 0.12, mix(look.bread, (120.0, 66.0, 28.0), 0.3))
    bun = wobble(
        ribbon(look.bun, look.loaf * np.array([0.3, 0.38, 0.4, 0.38, 0.3])), 0.01, generator
    )
    canvas.fill(bun, crust)
    if generator.uniform() < 0.35:
        lay_crumbs(canvas, generator, along(generator, look.bun, 60, 0.34), 0.012, SEEDS)
    crumb = mix(look.bread, (255.0, 240.0, 205.0), 0.75)
    slit = look.girth * np.array([0.1, 0.17, 0.19, 0.17, 0.1])
    canvas.fill(ribbon(look.bun, slit), Paint(crumb, 0.05, 0.8, mottle=0.16))
    draw_sausage(canvas, replace(look, girth=0.9 * look.girth))
    _dress(canvas, generator, look)


def _wrapped(canvas: Canvas, generator: np.random.Generator) -> None:
    """Half in paper or foil, as stalls hand it out."""
    look = random_look(generator)
    sheet = WRAPPERS[generator.integers(len(WRAPPERS))]
    paper = Paint(vary(generator, sheet, 8.0), 0.05, 0.9, 0.15, 0.14)
    back = wobble(ribbon(part(look.bun, 0.0, 0.9), [0.5, 0.62, 0.5]), 0.05, generator, bumps=14)
    canvas.fill(back, paper)
    draw_bare(canvas, look)
    _dress(canvas, generator, look)
    end = generator.uniform(0.15, 0.35)
    front = beside(part(look.bun, 0.0, end), 0.08)
    canvas.fill(wobble(ribbon(front, [0.42, 0.4, 0.36]), 0.03, generator, bumps=14), paper)


def _bitten(canvas: Canvas, generator: np.random.Generator) -> None:
    """One end is eaten: a round cut through bun and sausage."""
    whole = random_look(generator)
    look = replace(whole, path=part(whole.path, 0.3, 1.0), reach=0.95)
    draw_bare(canvas, look)
    _dress(canvas, generator, look)
    x, y = look.path[0]
    crumb = mix(look.bread, (255.0, 240.0, 205.0), 0.8)
    bite = wobble(ellipse((x, y), (0.1, 0.38 * look.loaf)), 0.02, generator, bumps=7)
    canvas.fill(bite, Paint(crumb, 0.05, 0.9, 0.0, 0.4))
    meat = Paint(mix(look.skin, (236.0, 170.0, 140.0), 0.5), 0.04, 0.6, 0.2, 0.3)
    canvas.fill(ellipse((x, y), (0.06, 0.15 * look.girth)), meat)


def _in_a_row(canvas: Canvas, generator: np.random.Generator) -> None:
    """Three side by side, each with something else on it."""
    for offset in (-0.62, 0.0, 0.62):
        look = random_look(generator)
        small = replace(look, path=0.85 * look.path, loaf=0.75, girth=0.85).moved((0.0, offset))
        draw_bare(canvas, small)
        _dress(canvas, generator, small)


def _in_basket(canvas: Canvas, generator: np.random.Generator) -> None:
    """In a plastic basket, with fries."""
    dye = vary(
        generator,
        ((196.0, 40.0, 36.0), (40.0, 40.0, 44.0), (220.0, 180.0, 60.0))[generator.integers(3)],
        8.0,
    )
    canvas.fill(ellipse((0.0, 0.0), (1.15, 0.82)), Paint(dye, 0.06, 0.9, 0.4))
    lining = wobble(ellipse((0.0, 0.0), (1.05, 0.74)), 0.04, generator, bumps=16)
    canvas.fill(lining, Paint((240.0, 236.0, 226.0), 0.06, 0.9, 0.0, 0.15))
    fries = [(float(x), float(y)) for x, y in generator.normal((0.1, 0.4), (0.4, 0.08), (24, 2))]
    lay_shreds(canvas, generator, fries, 0.17, (236.0, 188.0, 88.0))
    look = random_look(generator)
    small = replace(look, path=0.85 * look.path, loaf=0.9, girth=0.9).moved((0.0, -0.14))
    draw_bare(canvas, small)
    _dress(canvas, generator, small)


def _eaten_by_someone(canvas: Canvas, generator: np.random.Generator) -> None:
    """A person holds it before the chest or the mouth."""
    draw_person(canvas, generator)
    look = random_look(generator)
    place = (generator.uniform(-0.1, 0.2), generator.uniform(-0.1, 0.3))
    small = replace(
        look,
        path=0.62 * rotate(look.path, generator.uniform(-0.5, 0.5)),
        loaf=0.62,
        girth=0.62,
        closed=0.2,
    ).moved(place)
    draw_bare(canvas, small)
    _draw_any_sauce(canvas, generator, small)
    skin = vary(generator, HANDS[generator.integers(len(HANDS))], 8.0)
    draw_fingers(canvas, skin, size=0.55, drop=place[1])


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
    "hotdog_loaded": Subject(_loaded, FLAT, 0.5),
    "hotdog_split_top": Subject(_split_top, FLAT, 0.5),
    "hotdog_wrapped": Subject(_wrapped, FLAT, 0.65),
    "hotdog_bitten": Subject(_bitten, FLAT, 0.5),
    "hotdog_in_a_row": Subject(_in_a_row, FLAT, 1.0),
    "hotdog_in_basket": Subject(_in_basket, FLAT, 0.9),
    "hotdog_and_person": Subject(_eaten_by_someone, 0.2, 1.1),
}
