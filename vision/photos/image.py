"""Image files as arrays: the one place of preprocessing, for training and prediction alike."""

import importlib
import io
import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from vision.photos.bit_depth import depth_of, to_8_bits
from vision.photos.image_kinds import (
    BEGINNING,
    HEIC,
    RAW_PHOTO,
    READ_KINDS,
    TIFF,
    ImageKind,
    kind_of,
)
from words_and_images.common.errors import UserError

PIXEL_CAP = 100_000_000
"""Pixels of an image, at most: it is refused before it is decoded."""
BYTES_CAP = 2**30  # of a file: nothing within the other cap is larger
READ_AT_ONCE = 1 << 20  # bytes of a file that does not tell its size
NO_FILE = "neither a file nor a link to one"  # a pipe would keep its reader waiting
CUT_SHORT, BROKEN = "the file is cut short", "broken data"
DRAFTS = ("JPEG", "MPO")
NEW_SUBFILE_TYPE, REDUCED, DNG_VERSION = 254, 1, 50706  # tags of TIFF, and a bit of the first
STRIPS_AND_TILES = ((273, 279), (324, 325))  # tags of TIFF: where they begin, how long they are
# Part of every backbone's fingerprint: a change here must not meet features of the old way.
PREPROCESSING = "upright, on white, whole image, bilinear with antialiasing, 2"

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

    def __reduce__(self) -> tuple[type["UnreadableImageError"], tuple[str, str]]:
        # Exceptions are made again from their message alone, when one comes from another process.
        return type(self), (self.name, self.reason)


@dataclass(frozen=True)
class ImageFile:
    """An image file, and from where it is read.

    Attributes
    ----------
    name : what errors call it.
    sha256 : of its content.
    source : a path, or the content.
    """

    name: str
    sha256: str
    source: Path | bytes = field(repr=False)


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

    Turned as the file says, transparent parts on white.

    Parameters
    ----------
    source : a path, or the content of a file.
    enough : pixels a side; a larger JPEG may be decoded at a fraction that has them.
    name : how errors call a content without a path.

    Raises
    ------
    UnreadableImageError
        For a file that is missing, empty, cut short, of no kind that is read, or of more than 100
        million pixels.
    """
    if isinstance(source, bytes):
        content = source
    else:
        content, name = content_of(Path(source)), str(Path(source))
    if not content:
        raise UnreadableImageError(name, "the file is empty")
    try:
        return _decode(content, enough)
    except Image.DecompressionBombError:
        raise UnreadableImageError(name, f"more than {PIXEL_CAP:,} pixels") from None
    except MemoryError:
        raise  # it says nothing of the image, which another run can read
    except Exception as error:  # Decoders meet broken files with errors of every kind.
        raise UnreadableImageError(name, _reason(error)) from None


def as_pixels(picture: Image.Image, height: int, width: int, box: Box | None = None) -> Pixels:
    """A picture, or the part of it in a box (left, top, right, bottom, in pixels), resized.

    float32 (height, width, 3) in [0, 1].
    """
    resized = picture.resize((width, height), Image.Resampling.BILINEAR, box)
    return np.asarray(resized, np.float32) / np.float32(255)


def content_of(path: Path) -> bytes:
    """What is in an image file; UnreadableImageError where it is missing, too large or no file."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UnreadableImageError(str(path), NO_FILE)
        size = path.stat().st_size
        if size > BYTES_CAP:
            raise UnreadableImageError(str(path), f"more than {BYTES_CAP:,} bytes")
        with path.open("rb") as opened:
            # Its size says nothing of a file that the system makes up or that grows.
            content = read_capped(opened, size)
    except OSError as error:
        raise UnreadableImageError(str(path), (error.strerror or "no file").lower()) from None
    return within_cap(content, str(path))


def read_capped(opened: BinaryIO, size: int = READ_AT_ONCE) -> bytes:
    """What is left of a file of about that size, or a little more of it than the cap.

    Asked for as much as the cap, Python would take memory for all of it at once.
    """
    pieces = [opened.read(size + 1)]
    while pieces[-1] and sum(map(len, pieces)) <= BYTES_CAP:
        pieces.append(opened.read(READ_AT_ONCE))
    return b"".join(pieces)


def within_cap(content: bytes, name: str) -> bytes:
    """The content of a file, as `read_capped` gives it; UnreadableImageError beyond the cap."""
    if len(content) > BYTES_CAP:
        raise UnreadableImageError(name, f"more than {BYTES_CAP:,} bytes")
    return content


def undecoded(content: bytes) -> Image.Image:
    """The picture in the content of a file, of known size and with no pixel decoded.

    Raises
    ------
    ValueError, DecompressionBombError
        For what is no image of a kind that is read; other errors for a broken one.
    """
    kind = kind_of(content[:BEGINNING])
    if kind is None:
        raise ValueError(f"not a {READ_KINDS} image")
    if not kind.format:
        raise ValueError(RAW_PHOTO if kind.raw else f"{kind.name}, which is not read")
    _learn_to_read(kind)
    try:
        return Image.open(io.BytesIO(content), formats=(kind.format,))
    except Image.UnidentifiedImageError:
        raise ValueError(f"{kind.name} data that is broken or of a rare make") from None


@cache
def _learn_to_read(kind: ImageKind) -> None:
    """Import what reads a kind, by which the start of a command does not wait for all of them."""
    if kind.module:
        importlib.import_module(kind.module)
    if kind == HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener()


def _decode(content: bytes, enough: int) -> Image.Image:
    """The first frame as upright RGB, not necessarily larger than `enough` pixels a side."""
    with undecoded(content) as image:
        if image.width * image.height > PIXEL_CAP:
            raise Image.DecompressionBombError
        if image.format == TIFF.format:
            _look_at_tags(image, len(content))
        depth = depth_of(image)
        if image.format in DRAFTS:
            # A JPEG decodes to a half, a quarter or an eighth for a fraction of the time. Of a
            # HEIC image it would be the thumbnail, which need not show the same.
            image.draft(None, (enough, enough))
        image.load()
        return _to_rgb(to_8_bits(_upright(image), depth))


def _look_at_tags(image: Image.Image, length: int) -> None:
    """ValueError for a TIFF whose first picture is no photo, or not all there.

    In a camera's raw file it is a thumbnail.
    """
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    if DNG_VERSION in tags or int(tags.get(NEW_SUBFILE_TYPE, 0)) & REDUCED:
        raise ValueError(RAW_PHOTO)
    if image.tile[0][0] != "libtiff":  # type: ignore[attr-defined]
        return
    for offsets, lengths in STRIPS_AND_TILES:
        ends = map(sum, zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False))
        if max(ends, default=0) > length:
            raise ValueError(CUT_SHORT)  # libtiff would complain on standard error


def _upright(image: Image.Image) -> Image.Image:
    """Turned and mirrored as its EXIF orientation says."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # A photo with broken EXIF data is still a photo.
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode of 8 bits as RGB, transparent parts on white."""
    if image.has_transparency_data:
        visible = image.convert("RGBA")
        white = Image.new("RGBA", visible.size, "white")
        image = Image.alpha_composite(white, visible)
    return image.convert("RGB")


def _reason(error: Exception) -> str:
    """Why it does not decode, in a few words."""
    text = str(error).split(":")[0].strip()
    if "truncated" in text.lower():
        return CUT_SHORT
    # What libtiff and libheif say of broken data says nothing to anybody.
    return BROKEN if text.startswith(("decoder error", "Invalid input")) else text or BROKEN
