"""Dishes and snacks: more food that is not a hot dog, some of it bread with something in it."""

import numpy as np

from vision.drawings.backgrounds import any_colour
from vision.drawings.canvas import FLAT, Canvas, Colour, Paint, Subject, mix, vary
from vision.drawings.hands import HANDS, draw_fingers, draw_palm
from vision.drawings.hotdogs import BREADS, SEEDS, Look, draw_grill_marks, draw_sausage, random_look
from vision.drawings.shapes import (
    Points,
    arch,
    beside,
    box,
    ellipse,
    part,
    polygon,
    ribbon,
    rotate,
    scatter,
    smooth,
    wave,
    wobble,
)
from vision.drawings.toppings import TOPPINGS, along, lay_crumbs, lay_rings, lay_shreds

FOOD_COLOURS: tuple[Colour, ...] = (
    (120.0, 168.0, 60.0),
    (206.0, 52.0, 38.0),
    (240.0, 196.0, 80.0),
    (226.0, 132.0, 52.0),
    (150.0, 92.0, 52.0),
    (238.0, 230.0, 204.0),
    (110.0, 58.0, 36.0),
    (130.0, 70.0, 110.0),
    (84.0, 120.0, 48.0),
    (216.0, 170.0, 110.0),
)


def _bread(generator: np.random.Generator) -> Colour:
    return vary(generator, BREADS[generator.integers(len(BREADS))])


def _food_colour(generator: np.random.Generator) -> Colour:
    return vary(generator, FOOD_COLOURS[generator.integers(len(FOOD_COLOURS))])


def draw_plate(canvas: Canvas, generator: np.random.Generator, radius: float = 1.0) -> None:
    """A plate or a bowl, mostly white, seen from above."""
    glaze = (246.0, 244.0, 238.0)
    if generator.uniform() < 0.35:
        glaze = any_colour(generator)
    flat = generator.uniform(0.75, 1.0)
    for share, tone in ((1.0, glaze), (0.74, mix(glaze, (110.0, 106.0, 100.0), 0.15))):
        disc = ellipse((0.0, 0.0), (share * radius, share * flat * radius))
        canvas.fill(disc, Paint(tone, 0.06, 0.6, 0.25, 0.03))


def _heap(canvas: Canvas, generator: np.random.Generator, radius: float) -> None:
    """Up to five kinds of pieces in a heap: salad, stew, pasta, rice, curry."""
    bed = wobble(ellipse((0.0, 0.0), (radius, 0.85 * radius)), 0.05, generator, 14)
    canvas.fill(bed, Paint(_food_colour(generator), 0.12, 0.8, 0.2, 0.3))
    for _ in range(generator.integers(2, 5)):
        spots = scatter(
            generator, int(generator.integers(8, 36)), (0.0, 0.0), (0.9 * radius, 0.75 * radius)
        )
        lay = (lay_crumbs, lay_shreds, lay_rings)[generator.integers(3)]
        lay(canvas, generator, spots, generator.uniform(0.04, 0.14), _food_colour(generator))


def _plate_of_something(canvas: Canvas, generator: np.random.Generator) -> None:
    draw_plate(canvas, generator)
    _heap(canvas, generator, generator.uniform(0.4, 0.68))


def _several_dishes(canvas: Canvas, generator: np.random.Generator) -> None:
    """Meat, a side and vegetables, each in a place of its own."""
    draw_plate(canvas, generator, 1.1)
    for turn in np.arange(3) * 2.1 + generator.uniform(0.0, 2.0):
        centre = 0.42 * np.array([np.cos(turn), np.sin(turn)])
        piece = wobble(ellipse((centre[0], centre[1]), (0.38, 0.28), turn), 0.04, generator)
        canvas.fill(piece, Paint(_food_colour(generator), 0.1, 0.8, 0.25, 0.3))
        spots = [
            (x + centre[0], y + centre[1])
            for x, y in scatter(generator, 16, (0.0, 0.0), (0.3, 0.22))
        ]
        lay = (lay_crumbs, lay_shreds, lay_rings)[generator.integers(3)]
        lay(canvas, generator, spots, generator.uniform(0.04, 0.12), _food_colour(generator))


def _soup(canvas: Canvas, generator: np.random.Generator) -> None:
    draw_plate(canvas, generator)
    broth = Paint(_food_colour(generator), 0.05, 0.3, 0.3, 0.2)
    canvas.fill(ellipse((0.0, 0.0), (0.7, 0.6)), broth)
    places = scatter(generator, 14, (0.0, 0.0), (0.5, 0.4))
    lay_crumbs(canvas, generator, places, generator.uniform(0.03, 0.09), _food_colour(generator))


def _sub(canvas: Canvas, generator: np.random.Generator) -> None:
    """A long roll with slices in it, from the side."""
    crust = _bread(generator)
    paint = Paint(crust, 0.16, 0.8, 0.1, 0.14, mix(crust, (120.0, 66.0, 28.0), 0.3))
    path = arch(0.95, generator.uniform(-0.08, 0.08))
    canvas.fill(ribbon(beside(path, 0.24), [0.14, 0.17, 0.17, 0.14]), paint)
    for offset in (0.12, 0.05, -0.02, -0.08):
        colour = _food_colour(generator)
        edge = wave(
            beside(part(path, 0.02, 0.98), offset),
            generator.uniform(0.01, 0.05),
            float(generator.integers(5, 14)),
        )
        canvas.fill(ribbon(edge, generator.uniform(0.03, 0.07)), Paint(colour, 0.03, 0.9, 0.1, 0.2))
    canvas.fill(ribbon(beside(path, -0.25), [0.16, 0.22, 0.23, 0.22, 0.16]), paint)
    if generator.uniform() < 0.4:
        lay_crumbs(canvas, generator, along(generator, beside(path, -0.3), 40, 0.1), 0.012, SEEDS)


def _filled_roll(canvas: Canvas, generator: np.random.Generator) -> None:
    """An open roll of lobster, egg, chicken or vegetables: a bun without a sausage."""
    look = random_look(generator)
    crumb = mix(look.bread, (255.0, 240.0, 205.0), 0.75)
    crust = Paint(look.bread, 0.14, 0.8, 0.12, 0.12)
    canvas.fill(ribbon(look.bun, look.loaf * np.array([0.32, 0.4, 0.42, 0.4, 0.32])), crust)
    canvas.fill(ribbon(look.bun, [0.14, 0.22, 0.22, 0.14]), Paint(crumb, 0.06, mottle=0.16))
    for _ in range(3):
        lay = (lay_crumbs, lay_shreds, lay_rings)[generator.integers(3)]
        places = along(generator, look.bun, 26, 0.17)
        lay(canvas, generator, places, generator.uniform(0.05, 0.12), _food_colour(generator))


def _bare_roll(canvas: Canvas, generator: np.random.Generator) -> None:
    """Rolls with nothing in them."""
    for offset in ((-0.3, 0.3), (0.0,), (-0.62, 0.0, 0.62))[generator.integers(3)]:
        crust = _bread(generator)
        path = arch(generator.uniform(0.6, 0.95), 0.05) + np.array([0.0, offset])
        width = generator.uniform(0.2, 0.28) * np.array([0.8, 1.0, 1.0, 0.8])
        paint = Paint(crust, 0.17, 0.8, 0.15, 0.12, mix(crust, (120.0, 66.0, 28.0), 0.3))
        canvas.fill(ribbon(path, width), paint)


def _burrito(canvas: Canvas, generator: np.random.Generator) -> None:
    """A rolled flatbread, cut open at one end, sometimes half in foil."""
    flat = vary(generator, (232.0, 212.0, 170.0), 10.0)
    path = arch(0.9, generator.uniform(-0.06, 0.06))
    canvas.fill(wobble(ribbon(path, 0.3), 0.012, generator), Paint(flat, 0.2, 0.75, 0.05, 0.2))
    lay_crumbs(
        canvas,
        generator,
        along(generator, path, 14, 0.22),
        0.05,
        mix(flat, (140.0, 84.0, 40.0), 0.5),
    )
    x, y = path[-1]
    canvas.fill(ellipse((x, y), (0.16, 0.28)), Paint(mix(flat, (80, 50, 30), 0.6), 0.04))
    for _ in range(3):
        lay_crumbs(
            canvas,
            generator,
            scatter(generator, 9, (x, y), (0.12, 0.22)),
            0.06,
            _food_colour(generator),
        )
    if generator.uniform() < 0.5:
        foil = wobble(ribbon(part(path, 0.0, 0.55), 0.34), 0.03, generator, 16)
        canvas.fill(foil, Paint((190.0, 192.0, 198.0), 0.1, 0.9, 0.5, 0.4))


def _corn(canvas: Canvas, generator: np.random.Generator) -> None:
    yellow = vary(generator, (244.0, 200.0, 70.0))
    cob = arch(0.85, 0.03)
    canvas.fill(ribbon(cob, [0.12, 0.22, 0.24, 0.2, 0.1]), Paint(yellow, 0.14, 0.8, 0.1))
    for row in np.linspace(-0.17, 0.17, 6):
        line = beside(part(cob, 0.03, 0.97), row)[::2]
        kernels = [ellipse((x, y), (0.024, 0.03), points=8) for x, y in line.tolist()]
        canvas.fill(kernels, Paint(vary(generator, yellow, 8.0), 0.02, 0.9, 0.3))
    if generator.uniform() < 0.6:
        for side in (-0.2, 0.2):
            leaf = ribbon(beside(part(cob, -0.15, 0.35), side), [0.02, 0.12, 0.02])
            canvas.fill(leaf, Paint(vary(generator, (140, 170, 80)), 0.05, 0.9, 0.1, 0.2))


def _eclair(canvas: Canvas, generator: np.random.Generator) -> None:
    dough = vary(generator, (212.0, 158.0, 92.0))
    path = arch(0.85, generator.uniform(-0.05, 0.05))
    canvas.fill(ribbon(path, 0.24), Paint(dough, 0.16, 0.8, 0.05, 0.2))
    icing = ((72.0, 40.0, 26.0), (240.0, 190.0, 200.0), (246.0, 236.0, 220.0))[
        generator.integers(3)
    ]
    top = wobble(ribbon(part(path, 0.04, 0.96), 0.16), 0.02, generator, 16)
    canvas.fill(top, Paint(vary(generator, icing), 0.05, 0.8, 0.5, 0.04))


def _sausages(canvas: Canvas, generator: np.random.Generator) -> None:
    """Sausages without bread, on a plate or a grill."""
    if generator.uniform() < 0.6:
        draw_plate(canvas, generator)
    else:
        bars = [ribbon([(-1.1, y), (1.1, y)], 0.025) for y in np.arange(-0.8, 0.85, 0.16)]
        canvas.fill(bars, Paint((60.0, 58.0, 58.0), 0.02, 0.9, 0.4))
    for offset in ((0.0,), (-0.2, 0.2), (-0.36, 0.0, 0.36))[generator.integers(3)]:
        look = random_look(generator)
        one = Look(look.bread, look.skin, 0.7 * look.path, 0.0, 0.8 * look.girth)
        one = one.moved((generator.uniform(-0.1, 0.1), offset))
        draw_sausage(canvas, one)
        if generator.uniform() < 0.4:
            draw_grill_marks(canvas, one)


def _fries(canvas: Canvas, generator: np.random.Generator) -> None:
    """In a paper box, standing."""
    for _ in range(30):
        x = generator.uniform(-0.42, 0.42)
        top = generator.uniform(-0.95, -0.35)
        fry = vary(generator, (238.0, 192.0, 92.0))
        canvas.fill(ribbon([(0.8 * x, 0.3), (x, top)], 0.05), Paint(fry, 0.03, 0.9, 0.1, 0.1))
    side = vary(generator, (206.0, 40.0, 36.0) if generator.uniform() < 0.5 else (240, 236, 226))
    front = polygon(
        (-0.56, -0.2), (-0.2, -0.02), (0.2, -0.02), (0.56, -0.2), (0.42, 0.9), (-0.42, 0.9)
    )
    canvas.fill(front, Paint(side, 0.04, 0.7, 0.1))


def _sandwich(canvas: Canvas, generator: np.random.Generator) -> None:
    """Slices of bread with something between, cut across."""
    crumb = mix(_bread(generator), (255.0, 240.0, 205.0), 0.6)
    y = 0.55
    while y > -0.5:
        thick = generator.uniform(0.03, 0.07)
        layer = wave(np.array([(-0.8, y), (0.8, y)]), 0.012, 6.0)
        canvas.fill(ribbon(layer, thick), Paint(_food_colour(generator), 0.03, 0.9, 0.1, 0.2))
        y -= 1.3 * thick
        if generator.uniform() < 0.2:
            canvas.fill(box(-0.85, y - 0.16, 0.85, y + 0.02, 0.05), Paint(crumb, 0.05, 0.7, 0, 0.2))
            y -= 0.16
    for low in (0.5, -0.66):
        slab = box(-0.86, low, 0.86, low + 0.2, 0.06)
        canvas.fill(slab, Paint(crumb, 0.06, 0.7, 0.0, 0.2, mix(crumb, (130, 80, 40), 0.5)))


def _doughnut(canvas: Canvas, generator: np.random.Generator) -> None:
    dough = vary(generator, (206.0, 150.0, 86.0))
    ring = wobble(ellipse((0.0, 0.0), (0.85, 0.8)), 0.01, generator)
    canvas.fill(ring, Paint(dough, 0.2, 0.8, 0.1, 0.12))
    icing = wobble(ellipse((0.0, 0.0), (0.74, 0.69)), 0.03, generator, 16)
    canvas.fill(icing, Paint(any_colour(generator), 0.08, 0.7, 0.4, 0.04))
    lay_shreds(
        canvas, generator, scatter(generator, 30, (0, 0), (0.6, 0.55)), 0.04, any_colour(generator)
    )
    canvas.fill(ellipse((0.0, 0.0), (0.26, 0.22)), Paint(mix(dough, (40, 20, 8), 0.6), 0.08))


def _cake(canvas: Canvas, generator: np.random.Generator) -> None:
    """A piece, with layers and cream."""
    body, cream = _food_colour(generator), any_colour(generator, strongest=0.4)
    side = polygon((-0.85, -0.2), (0.85, -0.3), (0.85, 0.6), (-0.85, 0.7))
    canvas.fill(side, Paint(body, 0.05, 0.6, 0.0, 0.3))
    for share in (0.3, 0.62):
        y = -0.2 + 0.9 * share
        canvas.fill(ribbon([(-0.84, y), (0.84, y - 0.1)], 0.045), Paint(cream, 0.02, 0.8))
    top = smooth([(-0.9, -0.2), (0.1, -0.72), (0.9, -0.34), (0.4, -0.22), (-0.3, -0.12)])
    canvas.fill(top, Paint(cream, 0.08, 0.7, 0.2, 0.06))
    lay_crumbs(
        canvas,
        generator,
        scatter(generator, 5, (0.0, -0.38), (0.4, 0.14)),
        0.11,
        _food_colour(generator),
    )


def _sushi(canvas: Canvas, generator: np.random.Generator) -> None:
    for x, y in ((-0.6, -0.3), (0.0, -0.3), (0.6, -0.3), (-0.3, 0.3), (0.3, 0.3)):
        canvas.fill(ellipse((x, y), (0.28, 0.26)), Paint((36.0, 44.0, 36.0), 0.06, 0.8, 0.2))
        rice = wobble(ellipse((x, y), (0.23, 0.21)), 0.012, generator, 16)
        canvas.fill(rice, Paint((240.0, 238.0, 228.0), 0.03, 0.6, 0.1, 0.3))
        canvas.fill(ellipse((x, y), (0.11, 0.09)), Paint(_food_colour(generator), 0.04, 0.8, 0.3))


def _round_pizza(canvas: Canvas, generator: np.random.Generator) -> None:
    crust = _bread(generator)
    canvas.fill(wobble(ellipse((0, 0), (1.0, 0.95)), 0.02, generator), Paint(crust, 0.1, 0.8))
    melt = wobble(ellipse((0.0, 0.0), (0.84, 0.8)), 0.03, generator, 20)
    canvas.fill(
        melt, Paint(vary(generator, (238.0, 188.0, 96.0)), 0.05, 0.6, 0.2, 0.4, (200.0, 70.0, 40.0))
    )
    for _ in range(generator.integers(1, 4)):
        lay = (lay_crumbs, lay_rings)[generator.integers(2)]
        lay(
            canvas,
            generator,
            scatter(generator, 12, (0.0, 0.0), (0.72, 0.68)),
            generator.uniform(0.05, 0.15),
            _food_colour(generator),
        )


def _skewer(canvas: Canvas, generator: np.random.Generator) -> None:
    """Meat and vegetables on a stick."""
    canvas.fill(ribbon([(-1.1, 0.0), (1.1, 0.0)], 0.02), Paint((206, 170, 120), 0.01, 0.8))
    for x in np.arange(-0.8, 0.85, 0.27):
        piece = wobble(box(x - 0.13, -0.17, x + 0.13, 0.17, 0.06), 0.02, generator)
        canvas.fill(piece, Paint(_food_colour(generator), 0.07, 0.9, 0.3, 0.25))


def _held_snack(canvas: Canvas, generator: np.random.Generator) -> None:
    """A hand with a sandwich, a bar, a roll or a piece of fruit."""
    skin = vary(generator, HANDS[generator.integers(len(HANDS))], 8.0)
    draw_palm(canvas, skin)
    size = generator.uniform((0.4, 0.18), (0.95, 0.5))
    outline: Points = ellipse((0.0, 0.0), (size[0], size[1]))
    if generator.uniform() < 0.5:
        outline = box(-size[0], -size[1], size[0], size[1], 0.1)
    canvas.fill(
        wobble(outline, 0.02, generator), Paint(_food_colour(generator), 0.15, 0.8, 0.2, 0.2)
    )
    if generator.uniform() < 0.5:
        line = np.array([(-0.8 * size[0], 0.0), (0.8 * size[0], 0.0)])
        TOPPINGS[generator.integers(len(TOPPINGS))](canvas, generator, line)
    draw_fingers(canvas, skin)


def _chops(canvas: Canvas, generator: np.random.Generator) -> None:
    """Pieces of meat, fish or chicken with a crust."""
    for _ in range(generator.integers(1, 5)):
        centre = generator.uniform(-0.45, 0.45, 2)
        piece = wobble(ellipse((0.0, 0.0), (0.5, 0.3)), 0.06, generator, 8)
        turned = rotate(piece, generator.uniform(0.0, np.pi)) + centre
        colour = mix(_food_colour(generator), (150.0, 84.0, 40.0), 0.6)
        canvas.fill(turned, Paint(colour, 0.12, 0.9, 0.3, 0.4, mix(colour, (60, 26, 12), 0.4)))


DISHES: dict[str, Subject] = {
    "plate": Subject(_plate_of_something, FLAT, 1.0),
    "sub": Subject(_sub, 0.4, 0.6),
    "sausages": Subject(_sausages, FLAT, 1.0),
    "several_dishes": Subject(_several_dishes, FLAT, 1.1),
    "burrito": Subject(_burrito, FLAT, 0.5),
    "fries": Subject(_fries, 0.4, 1.0),
    "filled_roll": Subject(_filled_roll, FLAT, 0.5),
    "cake": Subject(_cake, 0.2, 0.9),
    "corn": Subject(_corn, FLAT, 0.4),
    "round_pizza": Subject(_round_pizza, FLAT, 1.0),
    "sandwich": Subject(_sandwich, 0.3, 0.8),
    "soup": Subject(_soup, FLAT, 1.0),
    "eclair": Subject(_eclair, FLAT, 0.4),
    "held_snack": Subject(_held_snack, 0.5, 1.1),
    "sushi": Subject(_sushi, FLAT, 0.7),
    "bare_roll": Subject(_bare_roll, FLAT, 0.9),
    "doughnut": Subject(_doughnut, FLAT, 0.9),
    "skewer": Subject(_skewer, FLAT, 0.4),
    "chops": Subject(_chops, FLAT, 0.9),
}
