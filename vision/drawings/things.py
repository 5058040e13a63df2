"""Things, people and places without food."""

import numpy as np

from vision.drawings.backgrounds import any_colour
from vision.drawings.canvas import FLAT, Canvas, Paint, Subject, mix, vary
from vision.drawings.hands import HANDS, draw_fingers, draw_palm
from vision.drawings.people import draw_person
from vision.drawings.shapes import arch, box, ellipse, polygon, ribbon, rotate, smooth, wave, wobble


def draw_cup(canvas: Canvas, generator: np.random.Generator) -> None:
    """A mug, a paper cup or a glass."""
    colour = any_colour(generator)
    wide = generator.uniform(0.35, 0.6)
    body = polygon((-wide, -0.6), (wide, -0.6), (0.8 * wide, 0.85), (-0.8 * wide, 0.85))
    if generator.uniform() < 0.4:
        handle = ellipse((wide, 0.1), (0.3, 0.36))
        canvas.fill(handle, Paint(mix(colour, (0, 0, 0), 0.2), 0.06, 0.8, 0.3))
    canvas.fill(body, Paint(colour, 0.2, 0.8, 0.4, 0.04))
    canvas.fill(ellipse((0.0, -0.6), (wide, 0.14)), Paint(mix(colour, (255, 255, 255), 0.4), 0.03))
    drink = vary(generator, ((70, 42, 26), (190, 110, 40), (220, 220, 214))[generator.integers(3)])
    canvas.fill(ellipse((0.0, -0.59), (0.88 * wide, 0.11)), Paint(drink, 0.02, 0.5, 0.3))


def draw_bottle(canvas: Canvas, generator: np.random.Generator) -> None:
    """A bottle or a jar with its label."""
    glass, label = any_colour(generator, strongest=1.0), any_colour(generator)
    wide = generator.uniform(0.2, 0.36)
    side = [(wide, 0.95), (wide, -0.2), (0.4 * wide, -0.55), (0.36 * wide, -0.98)]
    outline = smooth([*side, *[(-x, y) for x, y in reversed(side)]])
    canvas.fill(outline, Paint(glass, 0.14, 0.9, 0.7, 0.03))
    canvas.fill(box(-0.95 * wide, 0.0, 0.95 * wide, 0.6), Paint(label, 0.03, 0.4, 0.1))
    cap = Paint(any_colour(generator), 0.03, 0.8, 0.4)
    canvas.fill(box(-0.4 * wide, -1.05, 0.4 * wide, -0.9), cap)


def draw_cutlery(canvas: Canvas, generator: np.random.Generator) -> None:
    """A knife, a fork or a spoon."""
    metal = Paint(vary(generator, (186.0, 188.0, 194.0)), 0.03, 0.9, 0.7, 0.06)
    canvas.fill(ribbon([(-0.95, 0.0), (0.4, 0.0)], [0.07, 0.05, 0.04]), metal)
    if generator.uniform() < 0.5:
        canvas.fill(ellipse((0.65, 0.0), (0.3, 0.15)), metal)
        return
    canvas.fill(
        [ribbon([(0.4, 0.6 * y), (0.95, y)], 0.025) for y in (-0.1, -0.03, 0.04, 0.11)], metal
    )


def draw_napkin(canvas: Canvas, generator: np.random.Generator) -> None:
    """A folded cloth or paper."""
    outline = wobble(box(-0.8, -0.6, 0.8, 0.6), 0.02, generator, 12)
    canvas.fill(outline, Paint(any_colour(generator, strongest=0.5), 0.04, 0.7, 0.0, 0.15))


def draw_anything(canvas: Canvas, generator: np.random.Generator) -> None:
    """Some thing of a few parts that has no name: boxes, discs and bars of any colour."""
    for _ in range(generator.integers(2, 7)):
        x, y = generator.uniform(-0.5, 0.5, 2)
        wide, high = generator.uniform(0.08, 0.6, 2).tolist()
        outline = [
            box(-wide, -high, wide, high, 0.02),
            ellipse((0.0, 0.0), (wide, high)),
            ribbon([(-wide, 0.0), (wide, 0.0)], 0.4 * high),
            smooth(generator.uniform(-0.6, 0.6, (6, 2))),
        ][generator.integers(4)]
        turned = rotate(outline, generator.uniform(0.0, np.pi)) + (x, y)
        roundness, depth, gloss, mottle = generator.uniform(
            (0.02, 0.2, 0.0, 0.02), (0.2, 0.9, 0.7, 0.4)
        ).tolist()
        paint = Paint(any_colour(generator, strongest=1.0), roundness, depth, gloss, mottle)
        canvas.fill(turned, paint)


def _face(canvas: Canvas, generator: np.random.Generator) -> None:
    draw_person(canvas, generator)


def _group(canvas: Canvas, generator: np.random.Generator) -> None:
    """People side by side."""
    pose = canvas.pose
    for x, y in ((-0.55, -0.1), (0.55, -0.15), (0.0, 0.2)):
        canvas.pose = pose.nearer(0.6, (x, y))
        draw_person(canvas, generator)
    canvas.pose = pose


def _scenery(canvas: Canvas, generator: np.random.Generator) -> None:
    """Sky, hills, trees, water."""
    sky = mix((170.0, 206.0, 236.0), any_colour(generator), generator.uniform(0.0, 0.5))
    canvas.fill(box(-3.0, -3.0, 3.0, 0.2), Paint(sky, 0.0, mottle=0.2, shadow=0.0))
    for low in (-0.2, 0.1, 0.4):
        ridge = np.column_stack([np.linspace(-3, 3, 12), low + generator.normal(0, 0.15, 12)])
        hill = np.concatenate([smooth(ridge, closed=False), [(3.0, 3.0), (-3.0, 3.0)]])
        green = mix((90.0, 130.0, 60.0), any_colour(generator), generator.uniform(0.0, 0.6))
        canvas.fill(hill, Paint(mix(green, sky, 0.4 - low), 0.05, 0.5, 0.0, 0.4))
    for _ in range(generator.integers(0, 7)):
        _draw_tree(canvas, generator)


def _draw_tree(canvas: Canvas, generator: np.random.Generator) -> None:
    x, y = generator.uniform((-0.9, 0.2), (0.9, 0.9)).tolist()
    size = generator.uniform(0.15, 0.45)
    canvas.fill(
        ribbon([(x, y), (x, y - size)], 0.12 * size), Paint((90, 66, 46), 0.03, 0.8, 0, 0.3)
    )
    crown = wobble(ellipse((x, y - 1.4 * size), (0.6 * size, 0.7 * size)), 0.12 * size, generator)
    canvas.fill(crown, Paint(vary(generator, (70.0, 112.0, 46.0), 16.0), 0.1, 0.9, 0.0, 0.5))


def _street(canvas: Canvas, generator: np.random.Generator) -> None:
    """Houses in a row, with windows."""
    canvas.fill(box(-3.0, 0.5, 3.0, 3.0), Paint((110.0, 108.0, 106.0), 0.0, mottle=0.3))
    left = -1.4
    while left < 1.4:
        wide, top = generator.uniform((0.3, -1.1), (0.8, -0.1)).tolist()
        wall = any_colour(generator, strongest=0.5)
        canvas.fill(box(left, top, left + wide, 0.55), Paint(wall, 0.03, 0.5, 0.0, 0.2))
        panes = [
            box(x, y, x + 0.08, y + 0.11)
            for x in np.arange(left + 0.06, left + wide - 0.1, 0.16)
            for y in np.arange(top + 0.1, 0.4, 0.22)
        ]
        if panes:
            canvas.fill(panes, Paint(mix(wall, (30.0, 40.0, 60.0), 0.7), 0.01, 0.5, 0.3, shadow=0))
        left += wide


def _page(canvas: Canvas, generator: np.random.Generator) -> None:
    """A page, a sign or a screen with lines of writing."""
    paper = any_colour(generator, strongest=0.5)
    ink = mix(paper, (10.0, 10.0, 20.0), 0.8)
    canvas.fill(box(-0.8, -0.95, 0.8, 0.95, 0.05), Paint(paper, 0.02, 0.5, 0.05))
    if generator.uniform() < 0.5:
        canvas.fill(box(-0.65, -0.8, 0.65, -0.1), Paint(any_colour(generator), 0.05, 0.5, 0, 0.4))
    for y in np.arange(0.05, 0.85, 0.13):
        words = [
            box(x, y, x + generator.uniform(0.05, 0.2), y + 0.06)
            for x in np.arange(-0.65, generator.uniform(0.1, 0.55), 0.24)
        ]
        canvas.fill(words, Paint(ink, 0.0, shadow=0.0))


def _car(canvas: Canvas, generator: np.random.Generator) -> None:
    paint = Paint(any_colour(generator, strongest=1.0), 0.12, 0.8, 0.5, 0.03)
    cabin = smooth([(-0.5, 0.0), (-0.3, -0.4), (0.25, -0.42), (0.55, 0.0)])
    canvas.fill(cabin, Paint((90.0, 110.0, 126.0), 0.05, 0.8, 0.5))
    body = smooth(
        [
            (-1.0, 0.05),
            (-0.5, -0.06),
            (0.55, -0.06),
            (0.98, 0.08),
            (1.0, 0.32),
            (0.0, 0.36),
            (-1.0, 0.32),
        ]
    )
    canvas.fill(body, paint)
    for x in (-0.55, 0.55):
        canvas.fill(ellipse((x, 0.34), (0.19, 0.19)), Paint((36.0, 36.0, 40.0), 0.05, 0.9))
        canvas.fill(ellipse((x, 0.34), (0.1, 0.1)), Paint((190.0, 192.0, 198.0), 0.03, 0.9, 0.5))


def _tube(canvas: Canvas, generator: np.random.Generator) -> None:
    """A cylinder: a battery, a torch, a pen, a lipstick, a pipe."""
    half = generator.uniform(0.06, 0.24)
    paint = Paint(any_colour(generator, strongest=1.0), 0.8 * half, 0.9, 0.5, 0.05)
    path = arch(0.9, generator.choice([0.0, 0.0, 0.25]))
    canvas.fill(ribbon(path, half), paint)
    for x in generator.uniform(-0.8, 0.8, generator.integers(0, 4)):
        band = box(x, -half, x + generator.uniform(0.02, 0.3), half)
        canvas.fill(
            band, Paint(any_colour(generator), 0.6 * half, 0.9, 0.4), inside=ribbon(path, half)
        )


def _ball(canvas: Canvas, generator: np.random.Generator) -> None:
    outline = ellipse((0.0, 0.0), (0.85, 0.85))
    canvas.fill(outline, Paint(any_colour(generator, strongest=1.0), 0.35, 0.9, 0.4, 0.06))
    for turn in generator.uniform(0.0, np.pi, 3):
        seam = rotate(arch(0.9, generator.uniform(-0.6, 0.6)), turn)
        canvas.fill(ribbon(seam, 0.02), Paint((40.0, 38.0, 38.0), 0.0, shadow=0), inside=outline)


def _shoe(canvas: Canvas, generator: np.random.Generator) -> None:
    leather = any_colour(generator, strongest=1.0)
    sole = ribbon([(-0.9, 0.42), (0.9, 0.42)], 0.08)
    canvas.fill(sole, Paint(any_colour(generator, strongest=0.3), 0.03, 0.8))
    upper = smooth(
        [
            (-0.9, 0.35),
            (-0.85, -0.45),
            (-0.35, -0.5),
            (-0.1, -0.15),
            (0.5, 0.0),
            (0.92, 0.2),
            (0.9, 0.38),
        ]
    )
    canvas.fill(upper, Paint(leather, 0.14, 0.8, 0.2, 0.12))
    laces = [
        ribbon([(x, -0.1 + 0.3 * x), (x + 0.18, -0.24 + 0.4 * x)], 0.02)
        for x in (-0.25, -0.1, 0.05)
    ]
    canvas.fill(laces, Paint((240.0, 238.0, 232.0), 0.01, 0.8))


def _animal(canvas: Canvas, generator: np.random.Generator) -> None:
    """Something with fur on four legs, from the side, or a bird."""
    coat = vary(
        generator,
        ((150, 100, 60), (60, 54, 52), (220, 206, 184), (130, 126, 124))[generator.integers(4)],
        14.0,
    )
    fur = Paint(coat, 0.12, 0.8, 0.0, 0.4)
    length, high = generator.uniform((0.4, 0.2), (0.75, 0.4)).tolist()
    legs = generator.uniform(0.2, 0.6)
    for x in (-0.8, -0.55, 0.5, 0.75):
        canvas.fill(ribbon([(x * length, 0.1), (x * length, 0.3 + legs)], 0.07), fur)
    canvas.fill(wobble(ellipse((0.0, 0.0), (length, high)), 0.02, generator), fur)
    canvas.fill(ribbon([(-length, 0.0), (-length - 0.3, generator.uniform(-0.4, 0.3))], 0.05), fur)
    canvas.fill(ellipse((length + 0.1, -0.3), (0.26, 0.22)), fur)
    canvas.fill(ellipse((length + 0.3, -0.24), (0.14, 0.1)), fur)
    canvas.fill(polygon((length, -0.4), (length + 0.06, -0.7), (length + 0.18, -0.46)), fur)
    canvas.fill(ellipse((length + 0.16, -0.34), (0.03, 0.03)), Paint((20, 16, 14), 0.0, shadow=0))


def _flowers(canvas: Canvas, generator: np.random.Generator) -> None:
    for _ in range(generator.integers(3, 9)):
        x, y = generator.uniform(-0.75, 0.5, 2).tolist()
        stem = wave(np.array([(x, y), (0.3 * x, 1.2)]), 0.02, 1.0)
        canvas.fill(ribbon(stem, 0.025), Paint((84, 132, 60), 0.02, 0.8))
        colour, count = any_colour(generator, strongest=1.0), int(generator.integers(5, 11))
        petals = [
            rotate(ellipse((0.15, 0.0), (0.14, 0.06), points=16), 2 * np.pi * k / count) + (x, y)
            for k in range(count)
        ]
        canvas.fill(petals, Paint(colour, 0.04, 0.8, 0.05, 0.1))
        canvas.fill(ellipse((x, y), (0.07, 0.07)), Paint((230, 190, 60), 0.03, 0.8))


def _hand_with_thing(canvas: Canvas, generator: np.random.Generator) -> None:
    """A hand that holds a telephone, a pen or a card."""
    skin = vary(generator, HANDS[generator.integers(len(HANDS))], 8.0)
    draw_palm(canvas, skin)
    wide, high = generator.uniform((0.2, 0.06), (0.9, 0.5)).tolist()
    canvas.fill(box(-wide, -high, wide, high, 0.04), Paint(any_colour(generator), 0.03, 0.8, 0.4))
    inner = box(-0.88 * wide, -0.8 * high, 0.88 * wide, 0.8 * high)
    canvas.fill(inner, Paint(any_colour(generator), 0.02, 0.3, 0.2, 0.3))
    draw_fingers(canvas, skin)


THINGS: dict[str, Subject] = {
    "face": Subject(_face, 0.2, 1.2),
    "scenery": Subject(_scenery, 0.05, 1.0),
    "anything": Subject(draw_anything, FLAT, 1.0),
    "cup": Subject(draw_cup, 0.2, 1.0),
    "street": Subject(_street, 0.05, 1.0),
    "tube": Subject(_tube, FLAT, 0.4),
    "page": Subject(_page, 0.4, 1.0),
    "animal": Subject(_animal, 0.2, 1.0),
    "bottle": Subject(draw_bottle, 0.5, 1.05),
    "car": Subject(_car, 0.1, 0.6),
    "group": Subject(_group, 0.1, 1.1),
    "shoe": Subject(_shoe, 0.5, 0.6),
    "flowers": Subject(_flowers, 0.3, 1.1),
    "hand_with_thing": Subject(_hand_with_thing, 0.5, 1.1),
    "ball": Subject(_ball, FLAT, 0.9),
}
PROPS = (draw_cup, draw_bottle, draw_cutlery, draw_napkin, draw_anything, draw_anything)
"""What may stand around a subject of either label."""
