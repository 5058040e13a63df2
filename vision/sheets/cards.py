"""A sheet of cards: pictures side by side, each with two labels, their scores and its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from vision.photos.image import UnreadableImageError, open_image
from vision.sheets.lettering import fitted, lettered
from vision.sheets.sheet_files import PAPER, save_sheet

COLUMNS, FEWEST_COLUMNS = 6, 3
THUMBNAIL = 224  # pixels a side
PADDING, GAP, MARGIN = 12, 20, 32
HEADER, FOOTER = 72, 40
LINE, ROLE = 22, 42  # from one line of a caption to the next; the place of its first words
CAPTION = 3 * LINE + PADDING
TILE = (THUMBNAIL + 2 * PADDING, THUMBNAIL + 2 * PADDING + CAPTION)
LARGE, MIDDLE, SMALL = 24, 14, 12  # sizes of the text
CARD, MAT, EDGE = "#ffffff", "#ececea", "#d8d8d4"
INK, FAINT, WRONG, RIGHT = "#1c1c1a", "#6b6b66", "#b3320b", "#006b4f"


@dataclass(frozen=True)
class Card:
    """A picture on a sheet, and what is written below it.

    Attributes
    ----------
    source : file or content of the picture.
    name : the last line.
    answers : tuple of (role, label, score, colour)
        Two lines.
    """

    source: Path | str | bytes
    name: str
    answers: tuple[tuple[str, str, float, str], ...]


def draw_sheet(
    path: Path | str, heading: tuple[str, str], cards: Sequence[Card], footer: str = ""
) -> None:
    """Write cards under a title and a line about it as PNG; the same cards give the same bytes."""
    sheet = _empty_sheet(len(cards), bool(footer))
    width = sheet.width - 2 * MARGIN
    _write(sheet, (MARGIN, MARGIN + 20), heading[0], width, LARGE, INK, bold=True)
    _write(sheet, (MARGIN, MARGIN + 48), heading[1], width, MIDDLE, FAINT)
    columns = _columns(len(cards))
    for number, card in enumerate(cards):
        row, column = divmod(number, columns)
        place = (MARGIN + column * (TILE[0] + GAP), MARGIN + HEADER + row * (TILE[1] + GAP))
        sheet.paste(_tile(card), place)
    if footer:
        _write(sheet, (MARGIN, sheet.height - MARGIN - 4), footer, width, MIDDLE, FAINT)
    save_sheet(sheet, path)


def _columns(shown: int) -> int:
    """Side by side: as many as there are, within bounds that leave the header its place."""
    return min(max(shown, FEWEST_COLUMNS), COLUMNS)


def _empty_sheet(shown: int, more: bool) -> Image.Image:
    columns, rows = _columns(shown), -(-shown // _columns(shown))
    width = 2 * MARGIN + columns * TILE[0] + (columns - 1) * GAP
    height = 2 * MARGIN + HEADER + rows * (TILE[1] + GAP) - GAP + (FOOTER if more else 0)
    return Image.new("RGB", (width, height), PAPER)


def _tile(card: Card) -> Image.Image:
    """The picture, its labels with their scores, and its name."""
    tile = Image.new("RGB", TILE, CARD)
    draw = ImageDraw.Draw(tile)
    draw.rectangle((0, 0, TILE[0] - 1, TILE[1] - 1), outline=EDGE)
    tile.paste(_thumbnail(card.source), (PADDING, PADDING))
    base = 2 * PADDING + THUMBNAIL + LINE - 6
    for number, answer in enumerate(card.answers):
        _write_label(tile, base + number * LINE, *answer)
    _write(tile, (PADDING, base + 2 * LINE), card.name, THUMBNAIL, SMALL, FAINT)
    return tile


def _thumbnail(source: Path | str | bytes) -> Image.Image:
    """The whole picture on a square mat, its aspect kept."""
    mat = Image.new("RGB", (THUMBNAIL, THUMBNAIL), MAT)
    try:
        picture = open_image(source, 2 * THUMBNAIL)
    except UnreadableImageError:
        _write(mat, (PADDING, THUMBNAIL // 2), "cannot be read", THUMBNAIL, MIDDLE, FAINT)
        return mat
    small = fitted(picture, THUMBNAIL)
    mat.paste(small, ((THUMBNAIL - small.width) // 2, (THUMBNAIL - small.height) // 2))
    return mat


def _write_label(
    tile: Image.Image, base: int, role: str, label: str, score: float, colour: str
) -> None:
    """A line of a caption: what the label is, the label, and its score at the right."""
    right = PADDING + THUMBNAIL
    number = _write(tile, (right, base), f"{score:.3f}", THUMBNAIL, MIDDLE, INK, anchor="rs")
    _write(tile, (PADDING, base), role, ROLE, SMALL, FAINT)
    room = THUMBNAIL - ROLE - number - 8
    _write(tile, (PADDING + ROLE, base), label, room, MIDDLE, colour, bold=True)


def _write(
    picture: Image.Image, place: tuple[int, int], text: str, width: float, size: int,
    colour: str, bold: bool = False, anchor: str = "ls",
) -> float:
    """Write one line, its baseline at the height of `place`; how wide it has become."""
    line, font = lettered(text, size, width, bold)
    ImageDraw.Draw(picture).text(place, line, colour, font, anchor)
    return font.getlength(line)
