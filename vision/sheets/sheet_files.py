"""PNG files that this project draws, and how they are told from other people's pictures."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, PngImagePlugin

from vision.photos.image_kinds import MARK, SOFTWARE
from words_and_images.common.errors import UserError
from words_and_images.common.files import BEGINNING, AnyPath, refuse_special, replacing
from words_and_images.common.own_files import refuse_input

PAPER = "#f4f4f2"
PAPER_LEVELS = ((244, 244), (244, 244), (242, 242))  # darkest and brightest of each channel
FRAME = 8  # pixels: narrower than the margin of any sheet


def save_sheet(sheet: Image.Image, path: AnyPath) -> None:
    """Write a sheet as PNG with the mark by which it is known; the same pixels, the same bytes."""
    mark = PngImagePlugin.PngInfo()
    mark.add_text("Software", SOFTWARE)
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG", pnginfo=mark)


def is_sheet(path: Path) -> bool:
    """Whether a file is a sheet of this project, an earlier version's among them."""
    with path.open("rb") as opened:
        if MARK in opened.read(BEGINNING):
            return True
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return picture.mode == "RGB" and not picture.info and _is_framed(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _is_framed(picture: Image.Image) -> bool:
    """Whether nothing but paper is along the edges, as in sheets before they had a mark."""
    width, height = picture.size
    edges = ((0, 0, width, FRAME), (0, height - FRAME, width, height),
             (0, 0, FRAME, height), (width - FRAME, 0, width, height))
    return all(picture.crop(edge).getextrema() == PAPER_LEVELS for edge in edges)


def refuse_other_picture(path: Path, option: str, inputs: Iterable[AnyPath]) -> None:
    """Refuse to draw over a file that is read, and over any but a sheet that was drawn before.

    Parameters
    ----------
    path : of the PNG to write.
    option : by which another name is given.
    inputs : files and folders that are read.

    Raises
    ------
    UserError
        Naming the file, before any work is done.
    """
    refuse_input(path, inputs)
    refuse_special(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a PNG file.")
    if path.is_file() and path.stat().st_size and not is_sheet(path):
        raise UserError(f"{path} exists and was not drawn by this project; name another file with "
                        f"{option}, or move it away.")
