"""Lines of text and pictures that fit their place, in fonts that every installation has."""

import unicodedata
from functools import cache
from pathlib import Path

from PIL import Image, ImageFont

# Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian and Georgian.
FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf"
SYSTEM_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
                "/Library/Fonts", "/System/Library/Fonts", "~/Library/Fonts")
FONT_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
NO_LETTER = "\uffff"  # for which each font draws what stands for the letters that it lacks
PROBE_SIZE = 20
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
    written = "".join(letter if _has_letter(path, letter) else _number(letter)
                      for letter in shown)
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


def _font_file(text: str, bold: bool) -> Path:
    """The font that comes along, or one of this machine that has letters it lacks."""
    own = BOLD if bold else REGULAR
    return own if _has(own, text) else _system_font(text) or own


@cache
def _system_font(text: str) -> Path | None:
    return next((path for path in _system_fonts() if _has(path, text)), None)


def _system_fonts() -> list[Path]:
    """Of this machine, in the order of their names."""
    return sorted(path for folder in SYSTEM_FONTS for path in Path(folder).expanduser().rglob("*")
                  if path.suffix.lower() in FONT_ENDINGS)


def _has(path: Path, text: str) -> bool:
    return all(_has_letter(path, letter) for letter in text)


@cache
def _has_letter(path: Path, letter: str) -> bool:
    """Whether a font draws a letter as none that it lacks; a file that is no font has none."""
    try:
        return _drawn(path, letter) != _drawn(path, NO_LETTER)
    except OSError:
        return False


def _drawn(path: Path, letter: str) -> tuple[bytes, float]:
    """Its pixels and its width, alone: laid out by a script's rules, an accent would have none."""
    font = ImageFont.truetype(path, PROBE_SIZE, layout_engine=ImageFont.Layout.BASIC)
    return bytes(font.getmask(letter)), font.getlength(letter)


@cache
def _font(path: Path, size: int) -> Font:
    return ImageFont.truetype(path, size)
