"""Files of word vectors: word2vec text and binary, GloVe text, each plain or gzip.

Text is a header line ``words dim`` and then a line ``word value value ...`` for each word; GloVe
leaves the header out. Binary is the same header line and then, for each word, its UTF-8 bytes, a
space and dim little-endian float32, with or without a line feed after them. Readers tell the kind
by the content; writers take it from the extension.
"""

import gzip
import io
import itertools
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import replacing
from common.parameters import require
from common.progress import say

Floats = NDArray[np.float32]
Writer = Callable[[Path, Sequence[str], Floats], None]

BLOCK_BYTES = 1 << 20
LONGEST_LINE = 1 << 26
LONGEST_WORD = 1 << 16
LARGEST_DIM = 100_000

_HEADER = re.compile(rb"\s*(\d{1,18})\s+(\d{1,18})\s*")
_PRINTABLE = bytes([*range(0x20, 0x7F), *b"\t\r\n"])


@dataclass(frozen=True)
class Header:
    """The first line of a word2vec file.

    Parameters
    ----------
    words : vectors that the file says it holds.
    dim : values a vector.
    """

    words: int
    dim: int


class _Rows:
    """Words and vectors as they are read, each word once, and the place in the file of each."""

    def __init__(self, path: Path, unit: str, dim: int) -> None:
        self.dim = dim
        self.path, self._unit = path, unit
        self._places: dict[str, int] = {}
        self._repeated: list[tuple[str, int]] = []
        self._values = bytearray()

    def add(self, word: bytes, place: int, values: bytes) -> None:
        """Take a word and its little-endian float32 values; a repeated word is left out."""
        try:
            text = word.decode("utf-8")
        except UnicodeDecodeError:
            raise self.error(place, f"the word {word[:80]!r} is not UTF-8; convert the file's "
                             "words to UTF-8 or write it anew") from None
        if text in self._places:
            self._repeated.append((text, place))
            return
        self._places[text] = place
        self._values += values

    def error(self, place: int, reason: str) -> UserError:
        """The refusal of one place in the file."""
        return UserError(f"{self.path}, {self._unit} {place:,}: {reason}.")

    def finish(self) -> tuple[list[str], Floats]:
        """The words and their vectors, (words, dim)."""
        if not self._places:
            raise UserError(f"{self.path} holds no vectors; give a file with at least one.")
        if self._repeated:
            word, place = self._repeated[0]
            say(f"{self.path}: left out {len(self._repeated):,} repeated words, the first of "
                f"them {word!r} in {self._unit} {place:,}; the first vector of each counts.")
        values = np.frombuffer(self._values, "<f4").reshape(-1, self.dim)
        vectors = values.astype(np.float32, copy=False)
        self._refuse_infinite(vectors)
        return list(self._places), vectors

    def _refuse_infinite(self, vectors: Floats) -> None:
        for start in range(0, len(vectors), 1 << 16):
            finite = np.isfinite(vectors[start : start + (1 << 16)]).all(axis=1)
            if not finite.all():
                word, place = list(self._places.items())[start + int(finite.argmin())]
                raise self.error(place, f"the vector of {word!r} holds a value that is not a "
                                 "finite float32; mend or remove it")


def read_vectors(
    path: Path, limit: int | None = None, binary: bool | None = None
) -> tuple[list[str], Floats]:
    """Read a file of word vectors, whichever of the kinds above it is.

    Parameters
    ----------
    path : the file.
    limit : read no more than so many vectors, from the beginning.
    binary : whether a file with a header is binary or text; None tells by the content.

    Returns
    -------
    words : in the file's order. A word that comes again is left out, and said so.
    vectors : (words, dim) float32.

    Raises
    ------
    UserError
        For a file that does not exist, is cut short or contradicts its header, for a word that is
        not UTF-8 and for a value that is no finite number; names the line or byte (of the
        unpacked content, counted from 0).
    """
    require(limit is None or limit >= 1, "limit", limit, "at least 1")
    try:
        with _opened(path) as stream:
            return _read(path, stream, limit, binary)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path} cannot be unpacked to its end ({error}); make it anew.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}); give a file of word "
                        "vectors.") from None


def write_vectors(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """Write a file of the kind that its extension names, atomically.

    ``.txt`` or ``.vec`` is word2vec text with nine significant digits, which give every float32
    back exactly, ``.bin`` word2vec binary, any with ``.gz`` behind it; ``.tsv`` is what the
    Embedding Projector of TensorFlow loads, with the words in a second file ``..._words.tsv``.

    Raises
    ------
    UserError
        For another extension, for a word that is empty or contains white space, and for a path
        that cannot be written.
    """
    write = writer_of(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a file.")
    for word in words:
        if not word or any(space in word for space in " \n\t\r\v\f"):
            raise UserError(f"the word {word!r} is empty or contains white space, which files of "
                            "word vectors cannot hold; rename or remove it.")
    try:
        write(path, words, vectors)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror or error}); give another "
                        "place.") from None


def writer_of(path: Path) -> Writer:
    """The function that writes files with that extension; UserError for an unknown one."""
    writers: dict[str, Writer] = {
        ".txt": write_text_vectors, ".vec": write_text_vectors,
        ".bin": write_binary_vectors, ".tsv": write_projector}
    extension = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    if extension not in writers or path.name.endswith(".tsv.gz"):
        raise UserError(f"{path} does not say its format; let the name end in .txt, .vec, "
                        ".bin, any of them with .gz, or in .tsv.")
    return writers[extension]


def write_text_vectors(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """word2vec text, gzip where the name ends in .gz."""
    values = " ".join(["%.9g"] * vectors.shape[1])
    with _created(path) as output:
        output.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in zip(words, vectors, strict=True):
            output.write(f"{word} {values % tuple(vector.tolist())}\n".encode())


def write_binary_vectors(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """word2vec binary, as word2vec.c writes it: a line feed after each vector."""
    with _created(path) as output:
        output.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in zip(words, vectors, strict=True):
            output.write(b"%b %b\n" % (word.encode(), vector.astype("<f4").tobytes()))


def write_projector(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """Tab-separated values, and the words one a line in ``<name>_words.tsv`` beside them."""
    values = "\t".join(["%.9g"] * vectors.shape[1])
    with _created(path.with_name(f"{path.stem}_words.tsv")) as output:
        output.write("".join(f"{word}\n" for word in words).encode())
    with _created(path) as output:
        output.writelines(f"{values % tuple(vector.tolist())}\n".encode() for vector in vectors)


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    """A buffered file that replaces `path`; gzip without a time or name, so equal bytes again."""
    with replacing(path) as temporary, temporary.open("wb") as plain:
        if path.suffix != ".gz":
            yield plain
            return
        with (
            gzip.GzipFile("", "wb", compresslevel=5, fileobj=plain, mtime=0) as packed,
            io.BufferedWriter(cast(io.RawIOBase, packed), BLOCK_BYTES) as output,
        ):
            yield output


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The content of a plain or gzip file, told apart by the first bytes."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if not packed:
            yield plain
            return
        with gzip.open(plain) as unpacked:
            yield cast(IO[bytes], unpacked)


def _read(
    path: Path, stream: IO[bytes], limit: int | None, binary: bool | None
) -> tuple[list[str], Floats]:
    first = stream.readline(LONGEST_LINE)
    header = _parse_header(path, first)
    if header is None:
        if binary:
            raise UserError(f"{path} does not begin with the line 'words dim' of word2vec binary; "
                            "give such a file or leave the kind open.")
        return _read_text(path, stream, _first_row_header(path, first), first, limit)
    if binary or (binary is None and _is_binary(stream.read(BLOCK_BYTES))):
        stream.seek(len(first))
        return _read_binary(path, stream, header, len(first), limit)
    stream.seek(len(first))
    return _read_text(path, stream, header, b"", limit)


def _parse_header(path: Path, line: bytes) -> Header | None:
    found = _HEADER.fullmatch(line)
    if not found:
        return None
    header = Header(int(found[1]), int(found[2]))
    if header.words < 1 or not 1 <= header.dim <= LARGEST_DIM:
        raise UserError(f"{path}, line 1: the header says {header.words:,} words of {header.dim:,} "
                        f"values; give a file with at least 1 word and 1 to {LARGEST_DIM:,} "
                        "values each.")
    return header


def _first_row_header(path: Path, line: bytes) -> Header:
    """What the first row of a file without header says of the rest: its dimension."""
    values = line.split()[1:]
    if not values or len(values) > LARGEST_DIM or not _is_printable(b" ".join(values)):
        raise UserError(f"{path}, line 1: neither a header 'words dim' nor a word and its values; "
                        "give a file of word2vec text, word2vec binary or GloVe text.")
    return Header(0, len(values))


def _is_binary(sample: bytes) -> bool:
    """Whether what follows the first word is bytes of floats and not digits."""
    values = sample.partition(b"\n")[0].partition(b" ")[2]
    # A float's first byte may be a line feed: then nothing is left of the line.
    return not values or not _is_printable(values)


def _is_printable(content: bytes) -> bool:
    return not content.translate(None, _PRINTABLE)


def _read_text(
    path: Path, stream: IO[bytes], header: Header, first: bytes, limit: int | None
) -> tuple[list[str], Floats]:
    """Rows of text; `first` is the row that was read in the search for a header."""
    rows = _Rows(path, "line", header.dim)
    numbered = enumerate(_lines(first, stream), start=1 if first else 2)
    wanted = min((bound for bound in (header.words, limit) if bound), default=None)
    taken, line = 0, b""
    with np.errstate(over="ignore"):  # such values are refused with their line in the end
        for number, line in itertools.islice(numbered, wanted):
            _add_line(rows, number, line)
            taken += 1
    if limit is None or taken < limit:
        _check_text_end(rows, header, taken, line, next(numbered, (0, b"")))
    return rows.finish()


def _lines(first: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from iter(partial(stream.readline, LONGEST_LINE), b"")


def _check_text_end(
    rows: _Rows, header: Header, taken: int, last: bytes, following: tuple[int, bytes]
) -> None:
    """Are there as many rows as the header says, and is the last one whole?"""
    number, line = following
    if line.strip():
        raise rows.error(number, f"a row more than the {header.words:,} of the header; correct "
                         "the header or the file")
    if taken < header.words:
        raise rows.error(taken + 2, f"the file ends after {taken:,} of the {header.words:,} rows "
                         "of its header; make it anew or correct the header")
    if last and not last.endswith(b"\n"):
        say(f"{rows.path}: the last line has no line feed; the file may have been cut there.")


def _add_line(rows: _Rows, number: int, line: bytes) -> None:
    word, *fields = line.rsplit(maxsplit=rows.dim) or [b""]
    # GloVe's largest file has words with blanks in them; a number there is a value too many.
    values = [_number(rows, number, field) for field in fields]
    if len(values) != rows.dim or any(_is_number(part) for part in word.split()[1:]):
        raise rows.error(number, f"{max(len(line.split()) - 1, 0):,} values where {rows.dim:,} "
                         "are expected; the line is cut, or the dimension is wrong")
    rows.add(word.strip(), number, np.array(values, "<f4").tobytes())


def _number(rows: _Rows, number: int, field: bytes) -> float:
    try:
        return float(field)
    except ValueError:
        raise rows.error(number, f"the value {field[:40].decode('utf-8', 'replace')!r} is no "
                         "number; mend the line, or the dimension in the header") from None


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _read_binary(
    path: Path, stream: IO[bytes], header: Header, offset: int, limit: int | None
) -> tuple[list[str], Floats]:
    """Records of binary; `offset` is where they begin in the file."""
    rows = _Rows(path, "byte", header.dim)
    size = 4 * header.dim
    buffer, position = b"", 0
    wanted = min(header.words, limit or header.words)
    for taken in range(wanted):
        end = buffer.find(b" ", position)
        while end < 0 or len(buffer) < end + 1 + size:
            more = stream.read(BLOCK_BYTES)
            offset, buffer, position = offset + position, buffer[position:] + more, 0
            end = buffer.find(b" ")
            _check_record(rows, header, taken, offset, buffer, end, bool(more))
        word = buffer[position:end].lstrip(b"\n")
        rows.add(word, offset + end - len(word), buffer[end + 1 : end + 1 + size])
        position = end + 1 + size
    if wanted == header.words:
        rest = (buffer[position:] + stream.read(BLOCK_BYTES)).strip(b"\n")
        if rest:
            raise rows.error(offset + position, f"more than the {header.words:,} vectors of "
                             f"{header.dim:,} values of the header; correct the header or the file")
    return rows.finish()


def _check_record(
    rows: _Rows, header: Header, taken: int, offset: int, buffer: bytes, end: int, more: bool
) -> None:
    """Refuse the record at the beginning of the buffer where no reading on will complete it."""
    if end > LONGEST_WORD or (end < 0 and len(buffer) > LONGEST_WORD):
        raise rows.error(offset, f"no word of fewer than {LONGEST_WORD:,} bytes; the header's "
                         f"dimension {header.dim:,} may be wrong")
    complete = end >= 0 and len(buffer) >= end + 1 + 4 * header.dim
    if not more and not complete:
        raise rows.error(offset, f"the file ends after {taken:,} of the {header.words:,} vectors "
                         "of its header; make it anew or correct the header")
