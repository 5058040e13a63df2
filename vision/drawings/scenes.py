"""Scenes: a subject with what stands around it, on a background, in its light."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from vision.drawings.backgrounds import background
from vision.drawings.canvas import Canvas, Pose, Subject, random_pose, soften
from vision.drawings.shapes import Points
from vision.drawings.styles import Style
from vision.drawings.texture import bending, bent, fractal_noise, relief
from vision.drawings.things import PROPS

SUPERSAMPLING = 1.5  # the subject is painted larger and reduced: its edges come out smooth


@dataclass(frozen=True)
class Layer:
    """What stands in front of the background: premultiplied colours, alpha, and roughness."""

    picture: Image.Image
    alpha: Image.Image
    roughness: Image.Image


def compose(
    subject: Subject, style: Style, light: Points, generator: np.random.Generator, side: int
) -> Image.Image:
    """The subject, what is around it, their shadows and the background, (side, side)."""
    behind = ImageEnhance.Color(background(generator, side)).enhance(generator.uniform(*style.tint))
    layer = _paint(subject, style, light, generator, side)
    if style.slant or style.wobble:
        mesh = bending(generator, side, style.slant, style.wobble)
        layer = Layer(*(bent(part, mesh) for part in (layer.picture, layer.alpha, layer.roughness)))
    strength = generator.uniform(*style.relief)
    if strength > 0.0:
        noise = fractal_noise(generator, side, generator.uniform(0.45, 0.85))
        layer = _textured(layer, noise, light, strength)
        flat = Image.new("L", behind.size, 64)
        turned = noise[::-1].T
        behind = _textured(Layer(behind, layer.alpha, flat), turned, light, strength).picture
    blur = generator.uniform(*style.defocus) * side / 320
    if blur > 0.5:
        behind = behind.filter(ImageFilter.GaussianBlur(blur))
    return _laid(layer, behind, light, generator)


def _paint(
    subject: Subject, style: Style, light: Points, generator: np.random.Generator, side: int
) -> Layer:
    """Things behind, the subject once or a few times, and now and then a thing before it."""
    large = round(SUPERSAMPLING * side)
    pose = _pose(subject, style, generator, large)
    canvas = Canvas(large, pose, light, generator)
    count = int(generator.integers(style.props[0], style.props[1] + 1))
    before = int(count > 2 and generator.uniform() < 0.4)
    for _ in range(count - before):
        _paint_prop(canvas, generator)
    for _ in range(int(generator.integers(1, style.copies + 1)) - 1):
        canvas.pose = _pose(subject, style, generator, large)
        subject.paint(canvas, generator)
    canvas.pose = pose
    subject.paint(canvas, generator)
    for _ in range(before):
        _paint_prop(canvas, generator)
    return Layer(
        *(
            part.resize((side, side), Image.Resampling.BILINEAR)
            for part in (canvas.picture, canvas.alpha, canvas.roughness)
        )
    )


def _pose(subject: Subject, style: Style, generator: np.random.Generator, side: int) -> Pose:
    pose = random_pose(generator, side, subject.tilt, subject.half_height)
    if style.scale == (1.0, 1.0):
        return pose
    shift = side * generator.uniform(-style.reach, style.reach, 2)
    # A subject may leave the frame, but its middle stays where it can be seen.
    centre = np.clip(pose.centre + shift, 0.25 * side, 0.75 * side)
    return Pose(generator.uniform(*style.scale) * pose.matrix, centre)


def _paint_prop(canvas: Canvas, generator: np.random.Generator) -> None:
    """Some other thing towards the edge of the frame, often cut off by it."""
    turn = generator.uniform(0.0, 2.0 * np.pi)
    centre = 0.5 + generator.uniform(0.3, 0.6) * np.array([np.cos(turn), np.sin(turn)])
    size = canvas.side * generator.uniform(0.08, 0.26)
    angle = generator.uniform(-0.6, 0.6)
    matrix = size * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    canvas.pose = Pose(matrix, canvas.side * centre)
    PROPS[generator.integers(len(PROPS))](canvas, generator)


def _textured(layer: Layer, noise: np.ndarray, light: Points, strength: float) -> Layer:
    """Stains and bumps, as strong as each surface is rough."""
    tones = np.asarray(layer.picture, dtype=np.float32)
    rough = np.asarray(layer.roughness, dtype=np.float32) / 128.0
    change = np.float32(strength) * rough * (0.35 * noise + 0.65 * relief(noise, light))
    tones = tones * (1.0 + np.clip(change, -0.5, 0.5))[..., None]
    picture = Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8))
    return Layer(picture, layer.alpha, layer.roughness)


def _laid(
    layer: Layer, behind: Image.Image, light: Points, generator: np.random.Generator
) -> Image.Image:
    side = behind.width
    for reach, strength in ((0.05, generator.uniform(0.3, 0.7)), (0.015, 0.45)):
        _throw_shadow(behind, layer.alpha, -reach * side * light, strength)
    seen = Image.merge("RGB", [ImageChops.invert(layer.alpha)] * 3)
    return ImageChops.add(ImageChops.multiply(behind, seen), layer.picture)


def _throw_shadow(picture: Image.Image, alpha: Image.Image, shift: Points, strength: float) -> None:
    # Pasted on a sheet of its own: ImageChops.offset would wrap around the frame.
    moved = Image.new("L", alpha.size)
    moved.paste(alpha, (round(0.7 * shift[0]), round(0.7 * shift[1])))
    shadow = soften(moved, 0.5 * float(np.hypot(*shift)), strength)
    picture.paste((8, 6, 10), (0, 0, *picture.size), shadow)
