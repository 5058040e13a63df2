"""Image files as arrays: the one place of preprocessing, for training and prediction alike."""

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from common.errors import UserError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
PIXEL_CAP = 100_000_000
BYTES_CAP = 2**30  # of a file: nothing within the other cap is larger
# Part of every backbone's fingerprint: a change here must not meet features of the old way.
PREPROCESSING = "upright, on white, whole image, bilinear with antialiasing, 1"

Pixels = NDArray[np.float32]
Box = tuple[float, float, float, float]

# Pillow warns of odd metadata, and of sizes above a cap below ours: neither concerns a reader.
warnings.filterwarnings("ignore", module=r"PIL\.")


class UnreadableImageError(UserError):
    """A file that is no image one can decode; `name` and `reason` tell which and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be read as an image ({reason}); mend it or take it out.")
        self.name = name
        self.reason = reason


def read_image(
    source: Path | str | bytes, height: int, width: int, name: str = "the image"
) -> Pixels:
    """An image file as a backbone takes it, all of it: `open_image`, then `as_pixels`.

    The aspect is not kept, as in TensorFlow's retrain.py.

    Parameters
    ----------
    source : a path, or the content of a file.
    height, width : in pixels, of the result.
    name : how errors call a content without a path.

    Returns
    -------
    float32 (height, width, 3), RGB in [0, 1].

    Raises
    ------
    UnreadableImageError
        As `open_image`.
    """
    return as_pixels(open_image(source, enough_for(height, width), name), height, width)


def enough_for(height: int, width: int) -> int:
    """Pixels a side that a picture needs when it becomes height x width, or a crop of it does."""
    return 2 * max(height, width)


def open_image(source: Path | str | bytes, enough: int, name: str = "the image") -> Image.Image:
    """An image file as a picture: the first frame, upright, in RGB.

    Turned by its EXIF orientation, transparent parts on white.

    Parameters
    ----------
    source : a path, or the content of a file.
    enough : pixels a side; a larger JPEG may be decoded at a fraction that has them.
    name : how errors call a content without a path.

    Raises
    ------
    UnreadableImageError
        For a file that is missing, empty, cut short, not a JPEG, PNG, GIF, WebP or BMP image, or
        of more than 100 million pixels.
    """
    content, name = (source, name) if isinstance(source, bytes) else _read(Path(source))
    if not content:
        raise UnreadableImageError(name, "the file is empty")
    try:
        return _decode(content, enough)
    except Image.DecompressionBombError:
        raise UnreadableImageError(name, f"more than {PIXEL_CAP:,} pixels") from None
    except Exception as error:  # Decoders meet broken files with errors of every kind.
        raise UnreadableImageError(name, _reason(error)) from None


def as_pixels(picture: Image.Image, height: int, width: int, box: Box | None = None) -> Pixels:
    """A picture, or the part of it in a box (left, top, right, bottom, in pixels), resized.

    float32 (height, width, 3) in [0, 1].
    """
    resized = picture.resize((width, height), Image.Resampling.BILINEAR, box)
    return np.asarray(resized, np.float32) / np.float32(255)


def _read(path: Path) -> tuple[bytes, str]:
    try:
        if path.stat().st_size > BYTES_CAP:
            raise UnreadableImageError(str(path), f"more than {BYTES_CAP:,} bytes")
        return path.read_bytes(), str(path)
    except OSError as error:
        raise UnreadableImageError(str(path), (error.strerror or "no file").lower()) from None


def _decode(content: bytes, enough: int) -> Image.Image:
    """The first frame as upright RGB, not necessarily larger than `enough` pixels a side."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > PIXEL_CAP:
            raise Image.DecompressionBombError
        # A JPEG decodes to a half, a quarter or an eighth for a fraction of the time.
        image.draft(None, (enough, enough))
        image.load()
        return _to_rgb(_upright(image))


def _upright(image: Image.Image) -> Image.Image:
    """Turned and mirrored as its EXIF orientation says."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # A photo with broken EXIF data is still a photo.
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode as RGB: 16-bit grey scaled to 8, transparent parts on white."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_8_bit(image)
    if image.has_transparency_data:
        visible = image.convert("RGBA")
        white = Image.new("RGBA", visible.size, "white")
        image = Image.alpha_composite(white, visible)
    return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits; Pillow's own conversion cuts everything above 255 off."""
    return Image.fromarray((np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8))


def _reason(error: Exception) -> str:
    """Why it does not decode, in a few words."""
    if isinstance(error, Image.UnidentifiedImageError):
        return "not a JPEG, PNG, GIF, WebP or BMP image"
    text = str(error).split(":")[0].strip()
    return "the file is cut short" if "truncated" in text.lower() else text or "broken data"
