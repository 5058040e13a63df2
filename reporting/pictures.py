"""Images inside the page, as data URIs."""

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from vision.photos import read_image

THUMBNAIL = 160  # pixels a side


def thumbnail(path: Path) -> str:
    """A small JPEG of an image, upright and square, as the backbone sees it."""
    pixels = 255 * read_image(path, THUMBNAIL, THUMBNAIL)
    content = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(content, "JPEG", quality=80)
    return _uri(content.getvalue())


def as_it_is(path: Path) -> str:
    """A JPEG file."""
    return _uri(path.read_bytes())


def _uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
