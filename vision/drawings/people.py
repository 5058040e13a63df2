"""People, as far as a picture of food shows them."""

import numpy as np

from vision.drawings.backgrounds import any_colour
from vision.drawings.canvas import Canvas, Paint, mix, vary
from vision.drawings.hands import HANDS
from vision.drawings.shapes import ellipse, polygon, ribbon, smooth, wobble


def draw_person(canvas: Canvas, generator: np.random.Generator) -> None:
    """Head and shoulders, in clothes and hair of any colour."""
    skin = vary(generator, HANDS[generator.integers(len(HANDS))], 8.0)
    hair = vary(
        generator,
        ((60.0, 40.0, 28.0), (30.0, 26.0, 26.0), (190.0, 150.0, 84.0), (150.0, 148.0, 146.0))[
            generator.integers(4)
        ],
    )
    if generator.uniform() < 0.5:
        mane = wobble(ellipse((0.0, -0.5), (0.5, 0.62)), 0.03, generator)
        canvas.fill(mane, Paint(hair, 0.12, 0.8, 0.1, 0.3))
    shoulders = smooth(
        [(-0.22, 0.12), (0.22, 0.12), (0.8, 0.34), (1.05, 1.4), (-1.05, 1.4), (-0.8, 0.34)]
    )
    canvas.fill(shoulders, Paint(any_colour(generator, strongest=1.0), 0.16, 0.8, 0.02, 0.2))
    canvas.fill(ribbon([(0.0, -0.1), (0.0, 0.2)], 0.17), Paint(skin, 0.1, 0.7))
    canvas.fill(ellipse((0.0, -0.45), (0.38, 0.48)), Paint(skin, 0.2, 0.6, 0.08, 0.08))
    fringe = smooth(
        [
            (-0.4, -0.5),
            (-0.36, -0.86),
            (0.0, -1.02),
            (0.36, -0.86),
            (0.4, -0.5),
            (0.2, -0.75),
            (-0.15, -0.76),
        ]
    )
    canvas.fill(fringe, Paint(hair, 0.08, 0.8, 0.1, 0.3))
    _draw_features(canvas, generator, skin)


def _draw_features(
    canvas: Canvas, generator: np.random.Generator, skin: tuple[float, float, float]
) -> None:
    dark = mix(skin, (40.0, 16.0, 10.0), 0.5)
    for x in (-0.15, 0.15):
        canvas.fill(ellipse((x, -0.5), (0.065, 0.035)), Paint((240, 238, 234), 0.0, shadow=0.2))
        canvas.fill(ellipse((x, -0.5), (0.03, 0.033)), Paint((50, 36, 30), 0.0, shadow=0.0))
        brow = ribbon([(x - 0.08, -0.58), (x + 0.08, -0.59)], 0.014)
        canvas.fill(brow, Paint(dark, 0.0, shadow=0.0))
    nose = polygon((-0.03, -0.46), (0.03, -0.46), (0.06, -0.3), (-0.06, -0.3))
    canvas.fill(nose, Paint(mix(skin, dark, 0.25), 0.06, 0.8, 0.1, shadow=0.0))
    lips = ellipse((0.0, -0.18), (0.13, generator.uniform(0.02, 0.07)))
    canvas.fill(lips, Paint(mix(skin, (180.0, 60.0, 60.0), 0.6), 0.03, 0.6, 0.2, shadow=0.0))
