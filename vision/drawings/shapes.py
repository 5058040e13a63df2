"""Outlines: closed polygons and open paths as arrays of points, x to the right, y down."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]  # (points, 2)
Pair = tuple[float, float]


def polygon(*corners: Pair) -> Points:
    """The polygon through the corners."""
    return np.array(corners, dtype=np.float64)


def ellipse(centre: Pair, radii: Pair, turn: float = 0.0, points: int = 48) -> Points:
    """An ellipse with its first axis turned by `turn` radians."""
    angles = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    outline = np.column_stack([radii[0] * np.cos(angles), radii[1] * np.sin(angles)])
    return rotate(outline, turn) + np.array(centre)


def rotate(points: Points, turn: float) -> Points:
    """The points turned by `turn` radians around the origin."""
    cosine, sine = np.cos(turn), np.sin(turn)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Points:
    """A rectangle, its corners rounded with radius `corner`."""
    if corner == 0.0:
        return polygon((left, top), (right, top), (right, bottom), (left, bottom))
    angles = np.linspace(0.0, 0.5 * np.pi, 8)
    quarter = corner * np.column_stack([np.cos(angles), np.sin(angles)])
    inner = [
        (right - corner, bottom - corner),
        (left + corner, bottom - corner),
        (left + corner, top + corner),
        (right - corner, top + corner),
    ]
    return np.concatenate([rotate(quarter, 0.5 * np.pi * k) + inner[k] for k in range(4)])


def smooth(controls: Sequence[Pair] | Points, closed: bool = True, steps: int = 8) -> Points:
    """The Catmull-Rom curve through the control points."""
    points = np.asarray(controls, dtype=np.float64)
    if closed:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([points[:1], points, points[-1:]])
    before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[None, :, None]
    slope_start = (0.5 * (end - before))[:, None]
    slope_end = (0.5 * (after - start))[:, None]
    start, end = start[:, None], end[:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * slope_start
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * slope_end
    ).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, points[-1:]])


def arch(half_length: float, sag: float, points: int = 40) -> Points:
    """A path from left to right whose middle hangs `sag` below its ends."""
    x = np.linspace(-half_length, half_length, points)
    y = sag * (1.0 - (x / half_length) ** 2) - 0.5 * sag
    return np.column_stack([x, y])


def normals(path: Points) -> Points:
    """Unit vectors across the path: below it where it runs to the right."""
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return np.column_stack([-along[:, 1], along[:, 0]])


def beside(path: Points, offset: ArrayLike) -> Points:
    """The path moved sideways by `offset`, one number or one for each point."""
    distance = np.broadcast_to(np.asarray(offset, dtype=np.float64), len(path))
    return path + normals(path) * distance[:, None]


def wave(path: Points, height: float, cycles: float, sharpness: float = 0.0) -> Points:
    """A sauce line that swings across the path; sharpness 1 turns the sine into a zigzag."""
    fine = resample(path, int(28 * cycles))
    phase = np.linspace(0.0, 2.0 * np.pi * cycles, len(fine))
    sine = np.sin(phase)
    zigzag = 2.0 / np.pi * np.arcsin(sine)
    return beside(fine, height * ((1.0 - sharpness) * sine + sharpness * zigzag))


def resample(path: Points, points: int) -> Points:
    """The same path with another number of points."""
    old = np.linspace(0.0, 1.0, len(path))
    new = np.linspace(0.0, 1.0, points)
    return np.column_stack([np.interp(new, old, path[:, axis]) for axis in range(2)])


def part(path: Points, start: float, end: float) -> Points:
    """The piece of a path between two fractions of it."""
    positions = np.linspace(start, end, len(path)) * (len(path) - 1)
    index = np.arange(len(path))
    return np.column_stack([np.interp(positions, index, path[:, axis]) for axis in range(2)])


def ribbon(path: Points | Sequence[Pair], half_width: ArrayLike) -> Points:
    """The outline of a band around a path, with round ends.

    Parameters
    ----------
    path : (points, 2)
    half_width : one number, or values spread evenly along the path
    """
    path = np.asarray(path, dtype=np.float64)
    if len(path) < 8:
        path = resample(path, 8)
    given = np.atleast_1d(np.asarray(half_width, dtype=np.float64))
    places = np.linspace(0.0, 1.0, len(given))
    widths = np.interp(np.linspace(0.0, 1.0, len(path)), places, given)
    across = normals(path)
    lower = path + across * widths[:, None]
    upper = path - across * widths[:, None]
    end_cap = _cap(path[-1], across[-1], widths[-1])
    start_cap = _cap(path[0], -across[0], widths[0])
    return np.concatenate([lower, end_cap, upper[::-1], start_cap])


def _cap(centre: Points, across: Points, radius: float) -> Points:
    angles = np.linspace(0.0, np.pi, 10)[1:-1, None]
    along = np.array([across[1], -across[0]])
    return centre + radius * (np.cos(angles) * across + np.sin(angles) * along)


def wobble(
    outline: Points, amount: float, generator: np.random.Generator, bumps: int = 9
) -> Points:
    """The closed outline with gentle random bumps, so that nothing looks machine-made."""
    heights = generator.normal(0.0, amount, bumps)
    places = np.linspace(0.0, bumps, len(outline), endpoint=False)
    looped = np.append(heights, heights[0])
    return beside(outline, np.interp(places, np.arange(bumps + 1), looped))


def scatter(generator: np.random.Generator, count: int, centre: Pair, radii: Pair) -> list[Pair]:
    """Random places inside an ellipse, evenly spread."""
    angles = generator.uniform(0.0, 2.0 * np.pi, count)
    distances = np.sqrt(generator.uniform(0.0, 1.0, count))
    x = centre[0] + radii[0] * distances * np.cos(angles)
    y = centre[1] + radii[1] * distances * np.sin(angles)
    return list(zip(x.tolist(), y.tolist(), strict=True))
