"""PNG files that this project draws, and how they are told from other people's pictures."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, PngImagePlugin

from common.errors import UserError
from common.files import AnyPath, replacing

SOFTWARE = "words-and-images"
MARK = b"tEXtSoftware\0" + SOFTWARE.encode()
BEGINNING = 256  # bytes that the mark is looked for in


def save_sheet(sheet: Image.Image, path: AnyPath) -> None:
    """Write a sheet as PNG with the mark by which it is known; the same pixels, the same bytes."""
    mark = PngImagePlugin.PngInfo()
    mark.add_text("Software", SOFTWARE)
    with replacing(Path(path)) as temporary:
        sheet.save(temporary, "PNG", pnginfo=mark)


def is_sheet(path: Path) -> bool:
    """Whether a file is a sheet of this project."""
    with path.open("rb") as opened:
        return MARK in opened.read(BEGINNING)


def refuse_other_picture(path: Path, option: str, inputs: Iterable[AnyPath]) -> None:
    """Refuse to draw over any file but a sheet that was drawn before, and into what is read.

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
    refuse_among(path, inputs, option)
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a PNG file with {option}.")
    if path.exists() and not is_sheet(path):
        raise UserError(f"{path} exists and was not drawn by this project; name another file with "
                        f"{option}, or move it away.")


def refuse_among(path: Path, inputs: Iterable[AnyPath], option: str) -> None:
    """UserError for a path that is, or lies in, one of the files and folders that are read."""
    for each in inputs:
        read = Path(each).resolve()
        if read == path.resolve() or read in path.resolve().parents:
            where = "is" if read == path.resolve() else f"lies in {each}, which is"
            raise UserError(f"{path} {where} read; name another place with {option}.")
