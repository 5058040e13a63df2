"""Animals and things that are not hot dogs, two of them hot dogs by name or shape only."""

import numpy as np

from vision.drawings.backgrounds import any_colour
from vision.drawings.canvas import FLAT, Canvas, Colour, Paint, Subject, mix, vary
from vision.drawings.hotdogs import MUSTARD
from vision.drawings.shapes import (
    arch,
    box,
    ellipse,
    part,
    polygon,
    ribbon,
    rotate,
    smooth,
    wave,
)

COATS: tuple[Colour, ...] = (
    (156, 84, 44),
    (120, 64, 38),
    (58, 46, 44),
    (196, 140, 84),
    (104, 92, 88),
)


def _dachshund(canvas: Canvas, generator: np.random.Generator) -> None:
    coat = vary(generator, COATS[generator.integers(len(COATS))], 8)
    tan = mix(coat, (214, 150, 90), 0.5)
    fur = Paint(coat, 0.11, 0.8, 0.1, 0.1)
    far = Paint(mix(coat, (0, 0, 0), 0.35), 0.05, 0.7)
    canvas.fill([_leg(0.3), _leg(-0.56)], far)
    tail = smooth([(-0.68, 0.0), (-0.85, -0.08), (-1.0, -0.34)], closed=False)
    canvas.fill(ribbon(tail, [0.07, 0.045, 0.015]), fur)
    canvas.fill(
        [
            ribbon(arch(0.58, 0.02) + np.array([-0.08, 0.06]), [0.19, 0.185, 0.18, 0.19, 0.215]),
            ribbon([(0.48, 0.02), (0.68, -0.34)], [0.2, 0.13]),
        ],
        fur,
    )
    canvas.fill([_leg(0.44), _leg(-0.66)], Paint(mix(coat, tan, 0.5), 0.05, 0.8))
    _draw_dog_head(canvas, generator, coat, tan)


def _leg(x: float) -> np.ndarray:
    """A short leg with its foot to the right."""
    return smooth(
        [
            (x - 0.09, 0.1),
            (x + 0.1, 0.1),
            (x + 0.07, 0.34),
            (x + 0.15, 0.4),
            (x + 0.14, 0.45),
            (x - 0.06, 0.45),
            (x - 0.07, 0.3),
        ]
    )


def _draw_dog_head(
    canvas: Canvas, generator: np.random.Generator, coat: Colour, tan: Colour
) -> None:
    fur = Paint(coat, 0.08, 0.8, 0.1, 0.1, shadow=0.2)
    collar = vary(generator, (200, 40, 44) if generator.uniform() < 0.5 else (50, 100, 190))
    canvas.fill(ribbon([(0.47, -0.19), (0.74, -0.1)], 0.035), Paint(collar, 0.02, 0.8, 0.3))
    muzzle = ribbon([(0.72, -0.4), (0.9, -0.36), (1.06, -0.31)], [0.16, 0.1, 0.07])
    canvas.fill([ellipse((0.68, -0.42), (0.19, 0.17)), muzzle], fur)
    canvas.fill(ribbon([(0.9, -0.28), (1.06, -0.27)], 0.03), Paint(tan, 0.02, 0.6, shadow=0))
    canvas.fill(ellipse((1.11, -0.34), (0.055, 0.045)), Paint((24, 20, 22), 0.025, 0.8, 0.6))
    draw_eye(canvas, (0.79, -0.46), 0.036)
    ear = smooth(
        [(0.58, -0.54), (0.68, -0.48), (0.68, -0.2), (0.58, -0.06), (0.46, -0.14), (0.48, -0.4)]
    )
    canvas.fill(ear, Paint(mix(coat, (30, 14, 8), 0.3), 0.06, 0.9, 0.1, 0.1))


def draw_eye(canvas: Canvas, centre: tuple[float, float], radius: float) -> None:
    """A dark eye with a glint."""
    x, y = centre
    canvas.fill(ellipse(centre, (radius, radius)), Paint((26, 18, 16), 0.0, shadow=0))
    glint = ellipse((x - 0.3 * radius, y - 0.35 * radius), (0.35 * radius, 0.35 * radius))
    canvas.fill(glint, Paint((250, 250, 250), 0.0, shadow=0))


def _cat(canvas: Canvas, generator: np.random.Generator) -> None:
    coats: list[Colour] = [(222, 146, 70), (128, 122, 118), (54, 50, 54), (236, 224, 204)]
    coat = vary(generator, coats[generator.integers(len(coats))], 8)
    fur, dark = Paint(coat, 0.14, 0.75, 0.03, 0.12), mix(coat, (40, 20, 8), 0.45)
    tail = smooth([(0.3, 0.78), (0.75, 0.75), (0.84, 0.35), (0.66, 0.1)], closed=False)
    canvas.fill(ribbon(tail, [0.1, 0.09, 0.075]), fur)
    body = smooth(
        [
            (0.0, -0.2),
            (0.34, 0.0),
            (0.52, 0.55),
            (0.4, 0.92),
            (-0.4, 0.92),
            (-0.52, 0.55),
            (-0.34, 0.0),
        ]
    )
    canvas.fill(body, fur)
    canvas.fill(
        ellipse((0.0, 0.34), (0.2, 0.32)), Paint(mix(coat, (255, 250, 240), 0.6), 0.12, shadow=0)
    )
    paws = [ellipse((x, 0.86), (0.17, 0.11)) for x in (-0.18, 0.18)]
    canvas.fill(paws, Paint(mix(coat, (255, 250, 240), 0.4), 0.06, 0.8))
    for side in (-1, 1):
        ear = polygon((side * 0.46, -0.4), (side * 0.46, -0.98), (side * 0.1, -0.72))
        canvas.fill(ear, fur)
        canvas.fill(0.6 * ear + (side * 0.15, -0.3), Paint((232, 160, 156), 0.05, shadow=0))
    canvas.fill(ellipse((0.0, -0.42), (0.5, 0.42)), fur)
    bars = [ribbon([(x, -0.8), (0.8 * x, -0.64)], 0.022) for x in (-0.14, 0.0, 0.14)]
    sides = [
        ribbon([(s * 0.48, y), (s * 0.3, y + 0.03)], 0.02)
        for s in (-1, 1)
        for y in (0.3, 0.46, 0.62)
    ]
    canvas.fill(bars + sides, Paint(dark, 0.01, shadow=0))
    _draw_cat_face(canvas, generator)


def _draw_cat_face(canvas: Canvas, generator: np.random.Generator) -> None:
    iris = vary(generator, (150, 190, 70) if generator.uniform() < 0.6 else (90, 150, 210))
    for x in (-0.2, 0.2):
        canvas.fill(ellipse((x, -0.48), (0.115, 0.105)), Paint(iris, 0.03, 0.6, shadow=0))
        canvas.fill(ellipse((x, -0.48), (0.035, 0.095)), Paint((20, 18, 18), 0.0, shadow=0))
        canvas.fill(
            ellipse((x - 0.03, -0.52), (0.022, 0.022)), Paint((255, 255, 255), 0.0, shadow=0)
        )
    muzzle = [ellipse((x, -0.24), (0.12, 0.09)) for x in (-0.08, 0.08)]
    canvas.fill(muzzle, Paint((250, 244, 234), 0.05, 0.6, shadow=0))
    nose = smooth([(-0.06, -0.33), (0.06, -0.33), (0.0, -0.26)])
    canvas.fill(nose, Paint((220, 120, 124), 0.02, shadow=0))
    ink = Paint((60, 44, 40), 0.0, shadow=0)
    mouth = smooth([(-0.1, -0.2), (-0.05, -0.18), (0.0, -0.24), (0.05, -0.18), (0.1, -0.2)], False)
    whiskers = [
        ribbon([(s * 0.16, -0.24 + dy), (s * 0.62, -0.28 + 2.5 * dy)], 0.006)
        for s in (-1, 1)
        for dy in (-0.02, 0.02, 0.06)
    ]
    canvas.fill([ribbon(mouth, 0.009), *whiskers], ink)


def _sunflower(canvas: Canvas, generator: np.random.Generator) -> None:
    green = vary(generator, (82, 138, 50))
    stem = smooth([(0.0, 0.2), (0.06, 0.8), (0.0, 2.2)], closed=False)
    canvas.fill(ribbon(stem, 0.055), Paint(green, 0.04, 0.8))
    for side in (-1, 1):
        leaf = smooth([(0.03, 1.05), (side * 0.35, 0.72), (side * 0.8, 0.82), (side * 0.4, 1.05)])
        canvas.fill(leaf, Paint(vary(generator, green, 8), 0.08, 0.9, 0.1))
    petal_colour = vary(generator, (248, 192, 30), 8)
    count = int(generator.integers(15, 20))
    for ring, share in ((0.0, 0.3), (0.5, 0.0)):
        tone = mix(petal_colour, (220, 130, 10), share)
        for k in range(count):
            turn = 2.0 * np.pi * (k + ring) / count + generator.normal(0.0, 0.05)
            petal = np.array(
                [(0.28, 0.0), (0.5, 0.12), (0.72, 0.1), (0.93, 0.0), (0.72, -0.1), (0.5, -0.12)]
            )
            paint = Paint(tone, 0.045, 0.8, 0.0, 0.05, mix(tone, (190, 110, 10), 0.2), 0.3)
            canvas.fill(rotate(smooth(petal, steps=4), turn), paint)
    canvas.fill(ellipse((0.0, 0.0), (0.42, 0.42)), Paint((86, 54, 28), 0.12, 0.8, 0.0, 0.25))
    _draw_seeds(canvas)


def _draw_seeds(canvas: Canvas) -> None:
    """Seeds on Vogel's spiral: each a golden angle further (Vogel 1979, equation 1)."""
    index = np.arange(150)
    radius = 0.395 * np.sqrt(index / 150)
    angle = index * np.pi * (3.0 - np.sqrt(5.0))
    places = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]).tolist()
    dark = [ellipse((x, y), (0.02, 0.02), points=8) for x, y in places[:60]]
    light = [ellipse((x, y), (0.018, 0.018), points=8) for x, y in places[60:]]
    canvas.fill(dark, Paint((48, 30, 18), 0.01, shadow=0))
    canvas.fill(light, Paint((150, 98, 44), 0.01, shadow=0))


def _hotdog_car(canvas: Canvas, generator: np.random.Generator) -> None:
    """A car in the shape of a hot dog: bun for a body, sausage on top, wheels below."""
    bread = vary(generator, (232, 168, 78), 8)
    skin = vary(generator, (196, 74, 40), 8)
    sausage = arch(1.0, 0.14) + np.array([0.0, -0.25])
    canvas.fill(ribbon(sausage, [0.14, 0.2, 0.21, 0.21, 0.2, 0.14]), Paint(skin, 0.12, 0.9, 0.6))
    sauce = wave(part(sausage, 0.06, 0.5), 0.05, 4.0)
    canvas.line(sauce + (0.0, -0.1), 0.035, Paint(MUSTARD, 0.03, 0.9, 0.6, 0.03, shadow=0.4))
    cabin = smooth(
        [(0.12, -0.2), (0.2, -0.46), (0.5, -0.48), (0.72, -0.24), (0.74, -0.02), (0.1, -0.02)]
    )
    canvas.fill(cabin, Paint(skin, 0.06, 0.7, 0.4))
    glass = Paint((166, 208, 230), 0.03, 0.6, 0.5, 0.1)
    canvas.fill(
        smooth([(0.46, -0.4), (0.56, -0.38), (0.68, -0.2), (0.67, -0.1), (0.46, -0.1)]), glass
    )
    canvas.fill(box(0.2, -0.38, 0.4, -0.1, 0.05), glass)
    chassis = smooth(
        [
            (-0.78, -0.02),
            (-0.4, -0.1),
            (0.4, -0.1),
            (0.78, -0.02),
            (0.85, 0.22),
            (0.66, 0.36),
            (-0.66, 0.36),
            (-0.85, 0.22),
        ]
    )
    canvas.fill(chassis, Paint(bread, 0.16, 0.75, 0.35, 0.04, mix(bread, (250, 220, 150), 0.3)))
    stripe = ribbon([(-0.8, 0.17), (0.8, 0.17)], 0.025)
    canvas.fill(stripe, Paint(any_colour(generator, strongest=1.0), 0.015, 0.6, 0.3, shadow=0.1))
    canvas.fill(ellipse((0.8, 0.08), (0.055, 0.075)), Paint((255, 246, 200), 0.03, 0.6, 0.6))
    canvas.fill(ribbon([(0.7, 0.34), (0.9, 0.32)], 0.035), Paint((190, 194, 200), 0.03, 0.9, 0.6))
    for x in (-0.48, 0.48):
        draw_wheel(canvas, (x, 0.38), 0.19)


def draw_wheel(canvas: Canvas, centre: tuple[float, float], radius: float) -> None:
    """A tyre with its hub cap."""
    rings: list[tuple[float, Colour, float]] = [
        (1.0, (38, 38, 42), 0.1),
        (0.58, (196, 200, 206), 0.5),
        (0.2, (90, 92, 98), 0.3),
    ]
    for share, tone, gloss in rings:
        disc = ellipse(centre, (share * radius, share * radius))
        canvas.fill(disc, Paint(tone, 0.25 * share * radius, 0.9, gloss, 0.03))


def _pencil(canvas: Canvas, generator: np.random.Generator) -> None:
    lacquer = any_colour(generator, strongest=1.0) if generator.uniform() < 0.6 else (242, 186, 40)
    for shade, top, bottom in ((0.12, -0.13, -0.045), (0.0, -0.05, 0.05), (0.3, 0.045, 0.13)):
        facet = Paint(mix(lacquer, (0, 0, 0), shade), 0.03, 0.4, 0.25, 0.03, shadow=0)
        canvas.fill(box(-0.72, top, 0.62, bottom), facet)
    canvas.fill(box(-0.98, -0.13, -0.84, 0.13, 0.06), Paint((232, 136, 136), 0.08, 0.8, 0.1))
    canvas.fill(box(-0.88, -0.14, -0.7, 0.14), Paint((196, 198, 200), 0.08, 0.9, 0.6, shadow=0.1))
    bands = [box(x, -0.14, x + 0.015, 0.14) for x in (-0.85, -0.8, -0.75)]
    canvas.fill(bands, Paint((120, 122, 126), 0.0, shadow=0))
    wood = [
        (0.6, -0.13),
        (0.98, 0.0),
        (0.6, 0.13),
        (0.56, 0.09),
        (0.6, 0.045),
        (0.55, 0.0),
        (0.6, -0.045),
        (0.56, -0.09),
    ]
    canvas.fill(polygon(*wood), Paint((230, 190, 140), 0.06, 0.7, 0.0, 0.12, shadow=0.1))
    lead = mix(lacquer, (20, 20, 20), 0.0 if generator.uniform() < 0.4 else 0.9)
    canvas.fill(
        polygon((0.86, -0.041), (0.99, -0.005), (0.99, 0.005), (0.86, 0.041)),
        Paint(lead, 0.02, shadow=0),
    )


def _house(canvas: Canvas, generator: np.random.Generator) -> None:
    wall = mix(any_colour(generator), (250, 240, 226), generator.uniform(0.2, 0.8))
    roof = vary(generator, [(164, 70, 52), (92, 80, 84), (120, 84, 60)][generator.integers(3)])
    canvas.fill(box(0.34, -0.92, 0.54, -0.3), Paint(mix(roof, (190, 90, 70), 0.5), 0.03, 0.7))
    canvas.fill(box(-0.7, -0.2, 0.7, 0.86), Paint(wall, 0.05, 0.6, 0.0, 0.08))
    gable = polygon((-0.92, -0.12), (0.0, -0.88), (0.92, -0.12))
    canvas.fill(gable, Paint(roof, 0.05, 0.7, 0.0, 0.12))
    rows = [ribbon([(-0.95, y), (0.95, y)], 0.009) for y in np.arange(-0.8, -0.12, 0.11)]
    canvas.fill(rows, Paint(mix(roof, (0, 0, 0), 0.3), 0.0, shadow=0), inside=gable)
    canvas.fill(box(-0.16, 0.3, 0.16, 0.86), Paint(any_colour(generator, 0.8), 0.03, 0.8, 0.1))
    canvas.fill(
        ellipse((0.09, 0.6), (0.025, 0.025)), Paint((236, 200, 90), 0.01, 0.8, 0.5, shadow=0)
    )
    for x in (-0.44, 0.44):
        _draw_window(canvas, (x, 0.14), lit=generator.uniform() < 0.4)


def _draw_window(canvas: Canvas, centre: tuple[float, float], lit: bool) -> None:
    x, y = centre
    frame = Paint((246, 244, 240), 0.015, 0.6, shadow=0.2)
    canvas.fill(box(x - 0.17, y - 0.19, x + 0.17, y + 0.19), frame)
    pane = Paint((252, 222, 130) if lit else (120, 164, 196), 0.04, 0.6, 0.2, 0.15, shadow=0)
    canvas.fill(
        [
            box(x + dx, y + dy, x + dx + 0.125, y + dy + 0.145)
            for dx in (-0.14, 0.015)
            for dy in (-0.16, 0.015)
        ],
        pane,
    )


OTHERS: dict[str, Subject] = {
    "dachshund": Subject(_dachshund, 0.25, 0.7),
    "hotdog_car": Subject(_hotdog_car, 0.2, 0.6),
    "sunflower": Subject(_sunflower, 0.5, 1.0),
    "cat": Subject(_cat, 0.2, 1.05),
    "pencil": Subject(_pencil, FLAT, 0.3),
    "house": Subject(_house, 0.12, 1.0),
}
