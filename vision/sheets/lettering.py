"""Lines of text and pictures that fit their place, in fonts that every installation has."""

import unicodedata
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageFont

# Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian and Georgian, in matplotlib's own folder.
REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
ELLIPSIS = "…"

Font = ImageFont.FreeTypeFont


def lettered(text: str, size: int, width: float, bold: bool = False) -> tuple[str, Font]:
    """A line of text as it can be written, no wider than `width` pixels, and the font for it.

    Where the font that comes along lacks a letter, another one of this machine is taken that
    has them all; without one, the letter is written as its number, \\u70ed. A line that is too
    long ends in an ellipsis.
    """
    line = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    path = _font_file(shown, bold)
    known = _letters(path)
    written = "".join(letter if ord(letter) in known else _number(letter) for letter in shown)
    font = _font(path, size)
    return shorten(written, font, width), font


def shorten(line: str, font: Font, width: float) -> str:
    """The line itself where it fits, else as much of its beginning as does, and an ellipsis."""
    if font.getlength(line) <= width:
        return line
    kept = len(line)
    while kept and font.getlength(_cut(line, kept)) > width:
        kept -= 1
    return _cut(line, kept)


def fitted(picture: Image.Image, side: int) -> Image.Image:
    """The picture scaled to a longer side of so many pixels, its aspect kept."""
    scale = side / max(picture.size)
    width, height = (max(1, round(scale * length)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _cut(line: str, kept: int) -> str:
    """The first letters and an ellipsis; an accent is not parted from its letter."""
    while kept and kept < len(line) and unicodedata.combining(line[kept]):
        kept -= 1
    return line[:kept].rstrip() + ELLIPSIS


def _number(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _font_file(text: str, bold: bool) -> str:
    """The font that comes along, or one of this machine that has letters it lacks."""
    own = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / (BOLD if bold else REGULAR))
    return own if _has(own, text) else _system_font(text) or own


@cache
def _system_font(text: str) -> str | None:
    from matplotlib.font_manager import findSystemFonts

    return next((path for path in sorted(findSystemFonts()) if _has(path, text)), None)


def _has(path: str, text: str) -> bool:
    return {ord(letter) for letter in text} <= _letters(path)


@cache
def _letters(path: str) -> frozenset[int]:
    """Numbers of the letters of a font; none of a file that is no font."""
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@cache
def _font(path: str, size: int) -> Font:
    return ImageFont.truetype(path, size)
