"""Text files of any size, read line by line."""

import glob
from collections.abc import Iterator
from pathlib import Path, PurePath

from word2vec.corpus.documents.decoding import BYTE_ORDER_MARK, Decoder
from words_and_images.common.errors import UserError
from words_and_images.common.streams import (
    LOOK,
    STANDARD_INPUT,
    Stream,
    called,
    opened,
    unpacked,
)
from words_and_images.common.system_folders import is_system_name, leads_out, top_of

# A line longer than this is cut: a file without line breaks must not fill the memory.
LONGEST_LINE = 1 << 20
LARGEST_WHOLE = 1 << 26  # bytes of what is read at once: sets of questions have a few hundred kB


def text_files(source: str) -> list[Path]:
    """The files that a path, a folder or a glob names; none where it names nothing on this disk.

    ``-`` is standard input, and counts as a file.
    """
    path = Path(source)
    if path == STANDARD_INPUT:
        return [path]
    if path.is_dir():
        return sorted(file for file in path.rglob("*")
                      if file.is_file() and is_visible(file.relative_to(path)))
    if path.exists():
        return [path]
    found = _matching(source)
    outside = set(_outside(found, source))
    return sorted(file for file in found if file.is_file() and file.parent not in outside)


def links_out(source: str) -> list[Path]:
    """The links to folders elsewhere that `text_files` does not follow out of a folder or glob."""
    path = Path(source)
    if path == STANDARD_INPUT or path.exists() and not path.is_dir():  # a file or a pipe
        return []
    if path.is_dir():
        return sorted(link for link in path.rglob("*") if link.is_symlink() and link.is_dir()
                      and is_visible(link.relative_to(path)) and leads_out(link, path))
    return _outside(_matching(source), source)


def _matching(pattern: str) -> list[Path]:
    return [Path(file) for file in glob.glob(pattern, recursive=True)]


def _outside(files: list[Path], pattern: str) -> list[Path]:
    top = top_of(pattern)
    return sorted(place for place in {file.parent for file in files} if leads_out(place, top))


def is_visible(path: PurePath) -> bool:
    """Whether no part of a path within a folder or archive is hidden or a system's own."""
    return not any(is_system_name(part) for part in path.parts)


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file without their ends, overlong ones in pieces.

    The file is plain or packed by its content, and UTF-8; UTF-16 and UTF-32 are told by the mark at
    their beginning. Bytes that cannot be decoded become unknown characters.

    Raises
    ------
    UserError
        For a file that is no text, or that is damaged.
    """
    with opened(path) as packed:
        stream = unpacked(packed, called(path))
        decoder = Decoder(stream.look(), None)
        for stretch in stretches(stream, decoder, called(path)):
            yield from lines_of(stretch)


def can_be_cut(path: Path) -> bool:
    """Whether `lines_between` gives of a path what `lines` gives: it is a file that is not packed,
    in UTF-8, with line feeds at the ends of its lines, and does not begin with blanks only."""
    if path == STANDARD_INPUT or not path.is_file():
        return False
    with opened(path) as packed:
        stream = unpacked(packed, called(path))
        decoder = Decoder(stream.look(), None)
        beginning = decoder.beginning(stream.look())
    return (stream is packed and decoder.encoding == "utf-8" and not ends_in_returns(beginning)
            and bool(_without_mark(beginning).strip()))


def cuts(path: Path, size: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Where parts of a file of `size` bytes begin and end: at the ends of lines, each as many
    bytes from the last as `at_once` says, or the first such place behind."""
    begin = 0
    with path.open("rb") as file:
        while begin < size:
            file.seek(begin + at_once - 1)  # a line may end right there
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            end = min(file.tell(), size)
            yield begin, end
            begin = end


def lines_between(path: Path, begin: int, end: int) -> Iterator[str]:
    """The lines that `lines` gives of a file that `can_be_cut`, between two ends of lines.

    Raises
    ------
    UserError
        For text with a zero byte in it.
    OSError, EOFError
        For a file that cannot be read, and one that ends before.
    """
    chunks = _without_zeros(_chunks(path, begin, end), called(path))
    texts = (block.decode("utf-8", "replace") for block in _blocks(chunks))
    for stretch in texts if begin else _unmarked(texts):
        yield from lines_of(stretch)


def _chunks(path: Path, begin: int, end: int) -> Iterator[bytes]:
    """The bytes in pieces that end where those of the whole file do, for where overlong lines are
    cut depends on that."""
    at_once = max(1, LONGEST_LINE // 4)
    with path.open("rb") as file:
        file.seek(begin)
        while begin < end:
            chunk = file.read(min(at_once - begin % at_once, end - begin))
            if not chunk:
                raise EOFError(f"it ends at byte {begin:,}")
            yield chunk
            begin += len(chunk)


def lines_of(stretch: str) -> list[str]:
    """The lines of one of the `stretches`, without their ends."""
    return stretch.removesuffix("\n").split("\n")


def stretches(stream: Stream, decoder: Decoder, name: str) -> Iterator[str]:
    """Text in stretches of whole lines with their ends; overlong lines are cut.

    Raises
    ------
    UserError
        For text with a zero byte in it.
    """
    returns = ends_in_returns(decoder.beginning(stream.look()))
    chunks = _without_zeros(decoder.utf8(stream, max(1, LONGEST_LINE // 4)), name)
    if returns:
        chunks = (chunk.replace(b"\r", b"\n") for chunk in chunks)
    yield from _unmarked(map(decoder.text, _blocks(chunks)))


def ends_in_returns(beginning: str) -> bool:
    """Whether a carriage return alone ends the lines, as old Macs, and Excel for them, write.

    One at the very end may have a line feed behind it.
    """
    return "\r" in beginning[:-1] and "\n" not in beginning


def with_line_feeds(beginning: str) -> str:
    """The beginning of a text with its line ends as `stretches` has them."""
    return beginning.replace("\r", "\n") if ends_in_returns(beginning) else beginning


def _unmarked(texts: Iterator[str]) -> Iterator[str]:
    """A text in stretches without the mark that some editors put at its beginning."""
    begun = False
    for text in texts:
        if not begun:
            text = _without_mark(text)
            begun = bool(text.strip())
        yield text


def _without_mark(text: str) -> str:
    """The beginning of a text without the mark that some editors put there."""
    stripped = text.lstrip()
    return stripped[1:] if stripped.startswith(BYTE_ORDER_MARK) else text


def _without_zeros(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    for chunk in chunks:
        if b"\0" in chunk:
            raise UserError(f"{name} is no text (it holds a NUL byte); give plain text, or take "
                            "the file out.")
        yield chunk


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Stretches of whole lines, each with its end; overlong lines are cut."""
    rest = b""
    for chunk in chunks:
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


def read_whole(path: Path, wanted: str, encoding: str = "utf-8") -> str:
    """All of a small text file, plain or packed.

    Parameters
    ----------
    path : of a file or a pipe.
    wanted : what it should be: "a file of word pairs".
    encoding : of the file, where no mark at its beginning says another.

    Raises
    ------
    UserError
        For a file that cannot be read, and for what cannot be decoded, with its place.
    """
    if path != STANDARD_INPUT and path.is_dir():
        raise UserError(f"{path} is a folder; give {wanted}.")
    if path != STANDARD_INPUT and not path.exists():
        raise UserError(f"{path} cannot be read (no such file or directory); give {wanted}.")
    with opened(path) as packed:
        stream = unpacked(packed, called(path))
        encoding = Decoder(stream.look(LOOK), encoding).encoding
        content = stream.read(LARGEST_WHOLE + 1)
    if len(content) > LARGEST_WHOLE:
        raise UserError(f"{called(path)} has more than {LARGEST_WHOLE:,} bytes; give {wanted}.")
    try:
        text = content.decode(encoding).removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise UserError(f"{called(path)} is not {encoding.upper()} at byte {error.start:,}; "
                        f"convert it, or give {wanted}.") from None
    if "\0" in text:
        raise UserError(f"{called(path)} is no text (it holds a NUL byte); give {wanted}.")
    return with_line_feeds(text)
