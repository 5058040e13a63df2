"""What kind of image a file is, told by its first bytes."""

import re
from dataclasses import dataclass

BEGINNING = 96  # bytes that tell every kind, and whether this project drew it
READ_KINDS = "JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC or AVIF"
"""The kinds of images that are read, as a sentence names them."""
RAW_PHOTO = "a camera's raw photo, which is not read"
SOFTWARE = "words-and-images"  # what pictures that this project draws are marked with
MARK = b"tEXtSoftware\0" + SOFTWARE.encode()  # first in their metadata


@dataclass(frozen=True)
class ImageKind:
    """A kind of image file.

    Attributes
    ----------
    name : what sentences call it.
    format : Pillow's name of it; empty for a kind that is known and not read.
    module : what lets Pillow read it; empty where Pillow knows it from the start.
    raw : whether it is what a camera's sensor saw, of which a picture is yet to be made.
    shown : whether browsers show it.
    """

    name: str
    format: str = ""
    module: str = ""
    raw: bool = False
    shown: bool = False


WEBP = ImageKind("WebP", "WEBP", "PIL.WebPImagePlugin", shown=True)
BMP = ImageKind("BMP", "BMP", shown=True)
TIFF = ImageKind("TIFF", "TIFF", "PIL.TiffImagePlugin")
HEIC = ImageKind("HEIC", "HEIF", "pillow_heif")
AVIF = ImageKind("AVIF", "AVIF", "PIL.AvifImagePlugin", shown=True)
RAW = ImageKind("raw", raw=True)
JPEG_XL = ImageKind("JPEG XL")
JPEG_2000 = ImageKind("JPEG 2000")

_SIGNATURES = {
    b"\xff\xd8\xff": ImageKind("JPEG", "JPEG", shown=True),
    b"\x89PNG\r\n\x1a\n": ImageKind("PNG", "PNG", shown=True),
    b"GIF87a": ImageKind("GIF", "GIF", shown=True), b"GIF89a": ImageKind("GIF", "GIF", shown=True),
    b"II*\0": TIFF, b"MM\0*": TIFF, b"II+\0": TIFF, b"MM\0+": TIFF,  # the last two: BigTIFF
    b"\xff\x0a": JPEG_XL, b"\0\0\0\x0cJXL \r\n\x87\n": JPEG_XL,
    b"\0\0\0\x0cjP  \r\n\x87\n": JPEG_2000, b"\xff\x4f\xff\x51": JPEG_2000,
    b"8BPS\0": ImageKind("Photoshop"), b"II\xbc\x01": ImageKind("JPEG XR"),
    b"\x76\x2f\x31\x01": ImageKind("OpenEXR"),
    # Fujifilm, Olympus, Panasonic, Sigma
    b"FUJIFILMCCD-RAW": RAW, b"IIRO": RAW, b"IIRS": RAW, b"MMOR": RAW, b"IIU\0": RAW, b"FOVb": RAW,
}
_PORTABLE = re.compile(rb"P[1-6]\s+(#|\d+\s)")  # the headers of .pbm, .pgm and .ppm
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # lengths, by version
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1",
                b"msf1"}


def kind_of(beginning: bytes) -> ImageKind | None:
    """The kind of image that begins like this; None where no image is known to.

    Parameters
    ----------
    beginning : of a file, `BEGINNING` bytes where it has so many.
    """
    if beginning.startswith(b"II*\0") and beginning[8:10] == b"CR":
        return RAW  # Canon's, within a TIFF
    for signature, kind in _SIGNATURES.items():
        if beginning.startswith(signature):
            return kind
    if beginning.startswith(b"RIFF") and beginning[8:12] == b"WEBP":
        return WEBP
    if beginning.startswith(b"BM") and int.from_bytes(beginning[14:18], "little") in _BMP_HEADERS:
        return BMP
    if _PORTABLE.match(beginning):
        return ImageKind("PBM, PGM or PPM")
    return _kind_of_box(beginning) if beginning[4:8] == b"ftyp" else None


def _kind_of_box(beginning: bytes) -> ImageKind | None:
    """The kind of a file in the container of MPEG-4, by its brands: ISO/IEC 14496-12, 4.3."""
    end = min(int.from_bytes(beginning[:4]), BEGINNING)
    brands = {beginning[at:at + 4] for at in (8, *range(16, end, 4))}
    if b"crx " in brands:
        return RAW  # Canon's newer one
    if brands & _AVIF_BRANDS:
        return AVIF
    return HEIC if brands & _HEIC_BRANDS else None


def is_text(beginning: bytes) -> bool:
    """Whether a file begins like a text, or is empty: UTF-8 without control characters."""
    try:
        text = beginning.decode()
    except UnicodeDecodeError as error:
        # What is cut off at the end of the beginning is no fault.
        if error.start < len(beginning) - 3:
            return False
        text = beginning[:error.start].decode()
    return all(letter >= " " or letter in "\t\n\r\f" for letter in text)
