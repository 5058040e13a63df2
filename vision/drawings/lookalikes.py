"""Food that is not a hot dog, much of it as long, as brown or as yellow."""

import numpy as np

from vision.drawings.canvas import FLAT, Canvas, Colour, Paint, Subject, mix, vary
from vision.drawings.hands import HANDS, draw_fingers, draw_palm
from vision.drawings.shapes import (
    Points,
    arch,
    beside,
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


def _choose(generator: np.random.Generator, *colours: Colour) -> Colour:
    return vary(generator, colours[generator.integers(len(colours))])


def _banana(canvas: Canvas, generator: np.random.Generator) -> None:
    if generator.uniform() < 0.35:
        _one_banana(canvas, generator, lift=-0.3)
    _one_banana(canvas, generator, lift=0.0)


def _one_banana(canvas: Canvas, generator: np.random.Generator, lift: float) -> None:
    peel = _choose(generator, (246, 208, 56), (238, 196, 40), (226, 204, 84), (196, 196, 70))
    path = arch(0.92, generator.uniform(0.55, 0.85)) + np.array([0.0, lift])
    width = [0.045, 0.06, 0.14, 0.19, 0.205, 0.2, 0.19, 0.15, 0.09, 0.05]
    skin = Paint(peel, 0.13, 0.75, 0.1, 0.08, mix(peel, (150, 140, 30), 0.3))
    canvas.fill(ribbon(path, width), skin)
    ridge = ribbon(beside(part(path, 0.12, 0.92), -0.05), [0.002, 0.012, 0.014, 0.012, 0.002])
    canvas.fill(ridge, Paint(mix(peel, (140, 110, 20), 0.45), 0.01, shadow=0))
    brown = Paint((96, 70, 36), 0.03, 0.8, shadow=0)
    canvas.fill(ribbon(part(path, 0.0, 0.05), [0.058, 0.05]), Paint((140, 130, 50), 0.03, shadow=0))
    canvas.fill(
        [ribbon(part(path, 0.0, 0.012), 0.056), ribbon(part(path, 0.985, 1.0), 0.055)], brown
    )
    _freckle(canvas, generator, part(path, 0.25, 0.85))


def _freckle(canvas: Canvas, generator: np.random.Generator, path: Points) -> None:
    count = int(generator.integers(2, 14))
    spots = []
    for point in path[generator.integers(len(path), size=count)]:
        x, y = point + generator.uniform(-0.12, 0.12, 2)
        spots.append(ellipse((x, y), (generator.uniform(0.01, 0.03), 0.01), points=10))
    canvas.fill(spots, Paint((120, 84, 36), 0.0, shadow=0))


def _burger(canvas: Canvas, generator: np.random.Generator) -> None:
    bread = _choose(generator, (206, 138, 66), (222, 158, 84), (182, 112, 52))
    crust = Paint(bread, 0.2, 0.8, 0.2, 0.08, mix(bread, (250, 210, 140), 0.3))
    lower = smooth(
        [(-0.82, 0.36), (0.82, 0.36), (0.8, 0.62), (0.5, 0.72), (-0.5, 0.72), (-0.8, 0.62)]
    )
    canvas.fill(lower, crust)
    meat = wobble(ribbon([(-0.74, 0.28), (0.74, 0.28)], 0.14), 0.015, generator, bumps=30)
    canvas.fill(meat, Paint(vary(generator, (98, 54, 34), 8), 0.08, 0.8, 0.15, 0.3))
    _lay_cheese(canvas, generator)
    slices = [ribbon([(x - 0.26, 0.06), (x + 0.26, 0.06)], 0.06) for x in (-0.42, 0.42)]
    canvas.fill(slices, Paint(vary(generator, (206, 50, 36), 8), 0.05, 0.8, 0.4))
    leaf = wave(np.array([(-0.88, 0.0), (0.88, 0.0)]), 0.035, 8.0)
    canvas.fill(ribbon(leaf, 0.055), Paint(vary(generator, (104, 168, 54)), 0.03, 0.9, 0.1, 0.2))
    dome = [(-0.84, -0.08), (-0.8, -0.38), (-0.45, -0.7), (0.0, -0.78), (0.45, -0.7), (0.8, -0.38)]
    canvas.fill(smooth([*dome, (0.84, -0.08), (0.0, -0.02)]), crust)
    seeds = [
        ellipse(place, (0.038, 0.022), generator.uniform(-0.6, 0.6), 12)
        for place in scatter(generator, 26, (0.0, -0.44), (0.6, 0.24))
    ]
    canvas.fill(seeds, Paint((250, 230, 180), 0.015, 0.8, 0.2, shadow=0.5))


def _lay_cheese(canvas: Canvas, generator: np.random.Generator) -> None:
    corners = [(-0.84, 0.12), (0.84, 0.12), (0.78, 0.17)]
    for x in (0.45, 0.0, -0.45):
        corners += [(x + 0.2, 0.18), (x + generator.uniform(-0.08, 0.08), 0.36), (x - 0.2, 0.18)]
    cheese = vary(generator, (250, 186, 44), 6)
    canvas.fill(polygon(*corners, (-0.78, 0.17)), Paint(cheese, 0.025, 0.7, 0.2))


def _pizza(canvas: Canvas, generator: np.random.Generator) -> None:
    bread = _choose(generator, (214, 154, 84), (196, 130, 66))
    rim = np.array([(-0.66, -0.72), (-0.3, -0.84), (0.0, -0.87), (0.3, -0.84), (0.66, -0.72)])
    body = np.concatenate([rim, [(0.04, 0.94), (-0.04, 0.94)]])
    canvas.fill(body, Paint(mix(bread, (120, 60, 20), 0.3), 0.03))
    melt = wobble(0.93 * body, 0.008, generator)
    cheese = vary(generator, (246, 200, 96), 8)
    canvas.fill(melt, Paint(cheese, 0.05, 0.5, 0.15, 0.25, (226, 120, 50), 0.1))
    salami = vary(generator, (186, 48, 34), 10)
    for x, y in ((-0.28, -0.5), (0.26, -0.46), (-0.02, -0.05), (0.05, 0.42), (-0.2, 0.1)):
        disc = ellipse((x, y + generator.uniform(-0.05, 0.05)), (0.15, 0.14), points=30)
        paint = Paint(salami, 0.035, 0.6, 0.2, 0.25, mix(salami, (90, 10, 5), 0.5), 0.5)
        canvas.fill(wobble(disc, 0.006, generator), paint, inside=melt)
    leaves = [
        ellipse(place, (0.075, 0.035), generator.uniform(0, np.pi), 16)
        for place in scatter(generator, 6, (0.0, -0.3), (0.3, 0.35))
    ]
    canvas.fill(leaves, Paint((60, 120, 44), 0.02, 0.8, 0.2, shadow=0.4))
    crust = Paint(bread, 0.09, 0.8, 0.1, 0.2, mix(bread, (120, 60, 20), 0.25))
    canvas.fill(ribbon(smooth(rim, closed=False), 0.115), crust)


def _carrot(canvas: Canvas, generator: np.random.Generator) -> None:
    greens = vary(generator, (74, 142, 52))
    for turn in generator.uniform(-0.6, 0.6, 9):
        stalk = rotate(np.array([(0.0, 0.0), (-0.28, 0.02), (-0.52, 0.0)]), turn) + (-0.5, 0.0)
        feathers = wave(stalk, 0.05, 5.0)
        canvas.fill(ribbon(feathers, 0.022), Paint(vary(generator, greens, 10), 0.02, 0.9))
    root = _choose(generator, (236, 126, 36), (226, 108, 30), (244, 144, 56))
    path = arch(0.76, generator.uniform(-0.1, 0.1)) + np.array([0.22, 0.0])
    outline = wobble(ribbon(path, [0.19, 0.2, 0.17, 0.13, 0.08, 0.015]), 0.006, generator, 30)
    canvas.fill(outline, Paint(root, 0.1, 0.85, 0.2, 0.08))
    marks = []
    for index in generator.integers(2, 30, 12):
        x, y = path[index] + np.array([0.0, generator.uniform(-0.1, 0.1)])
        marks.append(ribbon([(x, y - 0.045), (x + 0.012, y), (x, y + 0.045)], 0.006))
    canvas.fill(marks, Paint(mix(root, (120, 50, 10), 0.5), 0.0, shadow=0), inside=outline)


def _taco(canvas: Canvas, generator: np.random.Generator) -> None:
    shell = _choose(generator, (232, 184, 88), (220, 166, 72), (240, 204, 120))
    angles = np.linspace(np.pi, 2.0 * np.pi, 30)
    rim = np.column_stack([0.92 * np.cos(angles), 0.42 + 0.92 * np.sin(angles)])
    paint = Paint(shell, 0.06, 0.6, 0.05, 0.2, mix(shell, (170, 100, 30), 0.3))
    canvas.fill(np.concatenate([rim + (0.04, -0.1), [(0.9, 0.4), (-0.9, 0.4)]]), paint)
    fillings: list[tuple[Colour, int]] = [
        ((112, 60, 36), 24),
        ((108, 172, 60), 22),
        ((212, 56, 40), 15),
        ((250, 196, 60), 18),
    ]
    for colour, count in fillings:
        for _ in range(2):
            places = rim[generator.integers(2, 28, count)] + generator.normal(
                0.0, 0.035, (count, 2)
            )
            bits = [
                wobble(ellipse((x, y), (0.08, 0.05), generator.uniform(0, 3), 14), 0.01, generator)
                for x, y in places.tolist()
            ]
            canvas.fill(bits, Paint(vary(generator, colour), 0.03, 0.9, 0.2, 0.1, shadow=0.45))
    front = np.concatenate(
        [0.96 * rim + (0.0, 0.12), [(0.9, 0.6), (0.8, 0.66), (-0.8, 0.66), (-0.9, 0.6)]]
    )
    canvas.fill(front, paint)
    spots = [
        ellipse(p, (0.03, 0.02), points=10) for p in scatter(generator, 16, (0, 0.2), (0.6, 0.3))
    ]
    canvas.fill(spots, Paint(mix(shell, (150, 80, 20), 0.45), 0.0, shadow=0), inside=front)


def _baguette(canvas: Canvas, generator: np.random.Generator) -> None:
    crust = _choose(generator, (204, 136, 66), (186, 116, 54), (218, 158, 90))
    path = arch(0.95, generator.uniform(-0.1, 0.1))
    paint = Paint(crust, 0.15, 0.85, 0.12, 0.16, mix(crust, (110, 60, 20), 0.3))
    canvas.fill(ribbon(path, [0.06, 0.17, 0.2, 0.205, 0.2, 0.17, 0.06]), paint)
    pale = Paint(mix(crust, (255, 240, 205), 0.75), 0.02, 0.9, 0.0, 0.15, shadow=0.3)
    for point in path[6:-4:7]:
        slash = smooth([(-0.17, 0.12), (0.02, 0.06), (0.17, -0.12), (-0.02, -0.05)])
        canvas.fill(slash + point, pale)


def _ice_cream(canvas: Canvas, generator: np.random.Generator) -> None:
    held = generator.uniform() < 0.4
    skin = vary(generator, HANDS[generator.integers(len(HANDS))], 8)
    if held:
        draw_palm(canvas, skin, size=0.7, drop=0.46)
    _draw_cone(canvas, vary(generator, (222, 166, 96)))
    flavours = [(250, 236, 206), (244, 158, 176), (112, 70, 48), (176, 222, 178), (250, 214, 110)]
    scoops = [(0.0, -0.28)] if generator.uniform() < 0.4 else [(0.0, -0.2), (0.0, -0.62)]
    for x, y in scoops:
        ball = ellipse((x, y), (0.4, 0.37))
        skirt = wobble(ellipse((x, y + 0.24), (0.43, 0.13)), 0.03, generator, bumps=11)
        flavour = vary(generator, flavours[generator.integers(len(flavours))], 6)
        canvas.fill([ball, skirt], Paint(flavour, 0.16, 0.75, 0.12, 0.08))
    top = scoops[-1][1] - 0.36
    if generator.uniform() < 0.6:
        canvas.fill(ellipse((0.03, top), (0.1, 0.095)), Paint((196, 24, 38), 0.05, 0.8, 0.7))
    if held:
        draw_fingers(canvas, skin, size=0.7, drop=0.46)


def _draw_cone(canvas: Canvas, wafer: Colour) -> None:
    cone = polygon((-0.36, -0.08), (0.36, -0.08), (0.03, 1.02), (-0.03, 1.02))
    canvas.fill(cone, Paint(wafer, 0.12, 0.8, 0.05, 0.1, mix(wafer, (140, 80, 30), 0.25)))
    starts = np.arange(-1.4, 1.4, 0.14)
    bars = [ribbon([(x, -0.1), (x + 0.5, 1.0)], 0.012) for x in starts]
    bars += [ribbon([(x, -0.1), (x - 0.5, 1.0)], 0.012) for x in starts]
    canvas.fill(bars, Paint(mix(wafer, (120, 66, 22), 0.5), 0.0, shadow=0), inside=cone)


def _apple(canvas: Canvas, generator: np.random.Generator) -> None:
    skin = _choose(generator, (200, 36, 36), (150, 186, 60), (226, 170, 60), (172, 30, 44))
    outline = smooth(
        [
            (0.0, -0.6),
            (0.35, -0.72),
            (0.72, -0.5),
            (0.8, -0.05),
            (0.58, 0.55),
            (0.25, 0.78),
            (0.0, 0.72),
            (-0.25, 0.78),
            (-0.58, 0.55),
            (-0.8, -0.05),
            (-0.72, -0.5),
            (-0.35, -0.72),
        ]
    )
    blush = mix(skin, (240, 210, 90), generator.uniform(0.0, 0.5))
    canvas.fill(outline, Paint(skin, 0.3, 0.85, 0.35, 0.09, blush))
    canvas.fill(
        ellipse((0.0, -0.56), (0.2, 0.07)), Paint(mix(skin, (50, 40, 10), 0.6), 0.05, shadow=0)
    )
    stem = ribbon(smooth([(0.0, -0.54), (0.02, -0.75), (0.12, -0.95)], closed=False), [0.025, 0.04])
    canvas.fill(stem, Paint((94, 64, 36), 0.02, 0.8))
    if generator.uniform() < 0.7:
        leaf = smooth([(0.06, -0.75), (0.3, -0.98), (0.62, -0.92), (0.4, -0.74)])
        canvas.fill(leaf, Paint(vary(generator, (88, 150, 56)), 0.06, 0.9, 0.2))


FOODS: dict[str, Subject] = {
    "banana": Subject(_banana, FLAT, 0.8),
    "burger": Subject(_burger, 0.25, 0.9),
    "pizza": Subject(_pizza, FLAT, 1.0),
    "carrot": Subject(_carrot, FLAT, 0.5),
    "taco": Subject(_taco, 0.3, 0.9),
    "baguette": Subject(_baguette, FLAT, 0.4),
    "ice_cream": Subject(_ice_cream, 0.3, 1.05),
    "apple": Subject(_apple, 0.4, 0.95),
}
