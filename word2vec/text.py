"""Text files of any size, read line by line."""

import bz2
import glob
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from common.errors import UserError
from common.progress import say

# A line longer than this is cut: a file without line breaks must not fill the memory.
LONGEST_LINE = 1 << 20
BYTE_ORDER_MARK = "\ufeff"
_OPENERS = {b"\x1f\x8b\x08": gzip.open, b"BZh": bz2.open}
# The marks of UTF-32 begin with those of UTF-16, so they are asked for first.
_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
          b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def text_files(source: str) -> list[Path]:
    """The files that a path, a folder or a glob names; none where it names nothing on this disk."""
    path = Path(source)
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and _visible(file, path))
    if path.exists():
        return [path]
    return sorted(Path(file) for file in glob.glob(source, recursive=True) if Path(file).is_file())


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file without their ends, overlong ones in pieces.

    The file is plain, gzip or bzip2 by its content, and UTF-8; UTF-16 and UTF-32 are told by the
    mark at their beginning. Bytes that are no UTF-8 are replaced, and said to be.

    Raises
    ------
    UserError
        For a file that is no text, or that is damaged.
    """
    replaced, begun = False, False
    for block in _blocks(path):
        text = block.decode("utf-8", errors="replace")
        if not replaced and "\ufffd" in text and b"\xef\xbf\xbd" not in block:
            replaced = True
            say(f"warning: {path}: bytes that are not UTF-8 are read as unknown characters; if it "
                "is in another encoding, convert it, for example with iconv.")
        if not begun:
            text = _without_mark(text)
            begun = bool(text.strip())
        yield from text.removesuffix("\n").split("\n")


def _without_mark(text: str) -> str:
    """The beginning of a text without the mark that some editors put there."""
    stripped = text.lstrip()
    return stripped[1:] if stripped.startswith(BYTE_ORDER_MARK) else text


def _blocks(path: Path) -> Iterator[bytes]:
    """Stretches of whole lines, each with its end; overlong lines are cut."""
    rest = b""
    for chunk in _chunks(path):
        rest += chunk
        end = rest.rfind(b"\n") + 1
        if not end and len(rest) >= LONGEST_LINE:
            end = _cutting_place(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _cutting_place(line: bytes) -> int:
    """Behind the last white space of a line that goes on, or else before its last character."""
    end = max(line.rfind(space) for space in (b" ", b"\t")) + 1
    if end:
        return end
    starts = (len(line) - back for back in range(1, 5) if line[-back] & 0xC0 != 0x80)
    return next(starts, len(line))


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in UTF-8, as they come."""
    size = max(1, LONGEST_LINE // 4)
    try:
        with _open(path) as opened:
            while chunk := opened.read(size):
                chunk = chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "replace")
                if b"\0" in chunk:
                    raise UserError(f"{path} is no text (it holds a NUL byte); give plain text in "
                                    "UTF-8, or take the file out.")
                yield chunk
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path} cannot be read to its end ({error}); make it anew.") from None


def _open(path: Path) -> IO[bytes] | io.TextIOWrapper:
    """The unpacked file: bytes of UTF-8, or text where its mark tells of another encoding."""
    with path.open("rb") as opened:
        opener = _OPENERS.get(opened.read(3), open)
    unpacked = opener(path, "rb")  # type: ignore[operator]
    beginning = unpacked.peek(4)
    for mark, encoding in _MARKS.items():
        if beginning.startswith(mark):
            return io.TextIOWrapper(unpacked, encoding, errors="replace", newline="\n")
    return unpacked


def _visible(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)
