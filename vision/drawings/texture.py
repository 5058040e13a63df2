"""Texture: fractal noise, the relief it gives a surface, and outlines that are not quite even."""

import numpy as np
from PIL import Image

from vision.drawings.canvas import Tones, smooth_noise
from vision.drawings.shapes import Points

# Boxes of the picture that comes out, and for each the corners of what is seen in it.
Mesh = list[tuple[tuple[int, int, int, int], tuple[float, ...]]]

MESH = 6  # cells a side of the grid that bends a picture


def fractal_noise(
    generator: np.random.Generator, side: int, roughness: float, coarsest: int = 6
) -> Tones:
    """Noise of many scales, (side, side), of mean 0 and deviation 1.

    Parameters
    ----------
    roughness : strength of a scale where that of one twice as coarse is 1
    coarsest : cells a side of the coarsest scale
    """
    total = np.zeros((side, side), np.float32)
    strength, cells = 1.0, coarsest
    while cells <= side:
        total += np.float32(strength) * smooth_noise(generator, side, cells)
        strength, cells = strength * roughness, 2 * cells
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def relief(noise: Tones, light: Points) -> Tones:
    """Light and dark of a surface as bumpy as the noise, about -1 to 1."""
    slope_y, slope_x = np.gradient(noise)
    light_x, light_y = light.tolist()
    slopes = -(slope_x * light_x + slope_y * light_y)
    return np.clip(slopes / (2.0 * max(float(slopes.std()), 1e-6)), -1.5, 1.5)


def bending(generator: np.random.Generator, side: int, slant: float, wobble: float) -> Mesh:
    """A mesh for `Image.transform`: seen at a slant, and all outlines a little uneven.

    Parameters
    ----------
    slant : how much smaller the far side may be
    wobble : how far a point moves, as a share of the side
    """
    steps = np.linspace(-0.5, 0.5, MESH + 1)
    x, y = np.meshgrid(steps, steps)
    tilt_x, tilt_y = generator.uniform(-slant, slant, 2)
    depth = 1.0 + tilt_x * x + tilt_y * y
    moved = np.stack([x / depth, y / depth]) + generator.normal(0.0, wobble, (2, *x.shape))
    # Nearer, where that is needed to see nothing from outside of the picture.
    moved /= max(1.0, 2.0 * float(np.abs(moved).max()))
    corners = (0.5 + moved) * side  # (2, rows, columns)
    edges = np.round((0.5 + steps) * side).astype(int).tolist()
    mesh: Mesh = []
    for row in range(MESH):
        for column in range(MESH):
            target = (edges[column], edges[row], edges[column + 1], edges[row + 1])
            order = ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1))
            mesh.append(
                (target, tuple(float(corners[axis][place]) for place in order for axis in (0, 1)))
            )
    return mesh


def bent(picture: Image.Image, mesh: Mesh) -> Image.Image:
    """The picture through the mesh; what comes from outside is black."""
    return picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
