"""What light, lens, sensor and compression make of a scene."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from vision.drawings.canvas import Tones, smooth_noise
from vision.drawings.shapes import Points

Range = tuple[float, float]


@dataclass(frozen=True)
class Camera:
    """Ranges from which each picture's own values are drawn evenly.

    Attributes
    ----------
    gain : brightness
    gamma : above 1 darkens the middle tones
    saturation : of the colours, where 1 leaves them
    warmth : red stronger and blue weaker by so much; below 0 the other way
    patches : light and shade that fall unevenly
    bloom : how far bright parts shine over
    blur : radius of a Gaussian in pixels of a picture of 320
    shake : length of the smear of an unsteady hand, in the same pixels
    reduction : how much coarser the sensor is than the picture
    grain : deviation of the noise, of 255
    quality : of the JPEG compression
    """

    gain: Range = (0.85, 1.25)
    gamma: Range = (1.0, 1.0)
    saturation: Range = (1.0, 1.0)
    warmth: Range = (-0.06, 0.06)
    patches: Range = (0.0, 0.0)
    bloom: Range = (0.0, 0.0)
    blur: Range = (0.0, 0.0)
    shake: Range = (0.0, 0.0)
    reduction: Range = (1.0, 1.0)
    grain: Range = (0.5, 4.5)
    quality: Range = (88.0, 94.0)


def photograph(
    picture: Image.Image, camera: Camera, light: Points, generator: np.random.Generator
) -> Image.Image:
    """The picture as the camera takes it."""
    unit = picture.width / 320
    tones = np.asarray(picture, dtype=np.float32) / 255.0
    tones = tones * _falling_light(camera, picture.width, light, generator)[..., None]
    tones = _developed(tones, camera, generator)
    taken = _through_lens(_as_image(tones), camera, unit, generator)
    return _compressed(_with_grain(taken, camera, generator), camera, generator)


def _falling_light(
    camera: Camera, side: int, light: Points, generator: np.random.Generator
) -> Tones:
    """Brighter towards the light, darker in the corners, and uneven: (side, side)."""
    y, x = np.mgrid[-1.0 : 1.0 : side * 1j, -1.0 : 1.0 : side * 1j].astype(np.float32)
    light_x, light_y = light.tolist()
    fall = generator.uniform(0.0, 0.22) * (x * light_x + y * light_y)
    vignette = generator.uniform(0.0, 0.14) * (x**2 + y**2)
    cells = int(generator.integers(2, 6))
    patches = generator.uniform(*camera.patches) * smooth_noise(generator, side, cells)
    return np.clip(1.0 + fall - vignette + patches, 0.1, 2.0).astype(np.float32)


def _developed(tones: Tones, camera: Camera, generator: np.random.Generator) -> Tones:
    """Brightness, tint, contrast and colour, of tones from 0 to 1."""
    warmth = generator.uniform(*camera.warmth)
    tint = np.array([1.0 + warmth, 1.0, 1.0 - warmth]) * generator.normal(1.0, 0.02, 3)
    tones = tones * (generator.uniform(*camera.gain) * tint).astype(np.float32)
    tones = np.clip(tones, 0.0, 1.0) ** np.float32(generator.uniform(*camera.gamma))
    grey = tones.mean(axis=2, keepdims=True)
    tones = grey + np.float32(generator.uniform(*camera.saturation)) * (tones - grey)
    return 0.5 + np.float32(generator.uniform(0.8, 1.12)) * (tones - 0.5)


def _as_image(tones: Tones) -> Image.Image:
    return Image.fromarray(np.clip(255.0 * tones, 0.0, 255.0).astype(np.uint8))


def _through_lens(
    picture: Image.Image, camera: Camera, unit: float, generator: np.random.Generator
) -> Image.Image:
    bloom = generator.uniform(*camera.bloom)
    if bloom > 0.0:
        bright = picture.point([int(bloom * max(0, value - 150)) for value in range(256)] * 3)
        halo = bright.reduce(4).filter(ImageFilter.GaussianBlur(4.0 * unit)).resize(picture.size)
        picture = ImageChops.add(picture, halo)
    shake = generator.uniform(*camera.shake) * unit
    if shake > 1.0:
        picture = _smeared(picture, shake, generator.uniform(0.0, np.pi))
    blur = generator.uniform(*camera.blur) * unit
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur > 0.0 else picture


def _smeared(picture: Image.Image, length: float, angle: float) -> Image.Image:
    """The mean of copies along a line."""
    for fraction in (0.5, 0.25):
        x, y = round(fraction * length * np.cos(angle)), round(fraction * length * np.sin(angle))
        picture = Image.blend(picture, ImageChops.offset(picture, x, y), 0.5)
    return picture


def _with_grain(
    picture: Image.Image, camera: Camera, generator: np.random.Generator
) -> Image.Image:
    """Noise, mostly the same in all colours, at the sensor's own size."""
    size = picture.size
    reduction = generator.uniform(*camera.reduction)
    small = (max(1, round(size[0] / reduction)), max(1, round(size[1] / reduction)))
    sensed = picture.resize(small, Image.Resampling.BOX) if small != size else picture
    grain = generator.uniform(*camera.grain)
    noise = generator.standard_normal((small[1], small[0], 1), dtype=np.float32)
    if grain > 5.0:
        noise = noise + 0.5 * generator.standard_normal((small[1], small[0], 3), dtype=np.float32)
    tones = np.asarray(sensed, dtype=np.float32) + np.float32(grain) * noise
    noisy = Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8))
    return noisy.resize(size, Image.Resampling.BICUBIC) if small != size else noisy


def _compressed(
    picture: Image.Image, camera: Camera, generator: np.random.Generator
) -> Image.Image:
    quality = round(generator.uniform(*camera.quality))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
