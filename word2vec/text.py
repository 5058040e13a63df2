"""Text files of any size, read line by line."""

import bz2
import glob
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from common.errors import UserError

# A line longer than this is cut: a file without line breaks must not fill the memory.
LONGEST_LINE = 1 << 20
_OPENERS = {b"\x1f\x8b\x08": gzip.open, b"BZh": bz2.open}


def text_files(source: str) -> list[Path]:
    """The files that a path, a folder or a glob names; none where it names nothing on this disk."""
    path = Path(source)
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and _visible(file, path))
    if path.exists():
        return [path]
    return sorted(Path(file) for file in glob.glob(source, recursive=True) if Path(file).is_file())


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, plain, gzip or bzip2 by its content; overlong ones in pieces."""
    rest = b""
    for piece in _pieces(path):
        # A piece that ends inside a word hands that word to the next one.
        whole, rest = _cut(rest + piece)
        yield whole.decode("utf-8", errors="replace")
    if rest:
        yield rest.decode("utf-8", errors="replace")


def _pieces(path: Path) -> Iterator[bytes]:
    """The lines of a file, or as much of an overlong one as a document may hold."""
    try:
        with _open(path) as opened:
            while piece := opened.readline(LONGEST_LINE):
                if b"\0" in piece:
                    raise UserError(f"{path} is no text (it holds a NUL byte); give plain text, "
                                    "or take the file out.")
                yield piece
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path} cannot be read to its end ({error}); make it anew.") from None


def _cut(piece: bytes) -> tuple[bytes, bytes]:
    """The piece up to its last white space, and what follows if it goes on in the next piece."""
    if piece.endswith(b"\n") or len(piece) < LONGEST_LINE:
        return piece, b""
    end = max(piece.rfind(space) for space in (b" ", b"\t")) + 1
    return (piece[:end], piece[end:]) if end else (piece, b"")


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as opened:
        opener = _OPENERS.get(opened.read(3), open)
    return opener(path, "rb")  # type: ignore[operator]


def _visible(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)
