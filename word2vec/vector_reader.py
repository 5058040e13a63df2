"""Word vectors out of a stream of bytes, which is believed only as far as it has been read.

The kinds are those of `word2vec.formats`. What a file says of itself takes no memory: a header of
10^12 words is refused where the file ends, a line without end at its longest.
"""

import itertools
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError, counted
from common.progress import say

Floats = NDArray[np.float32]

BLOCK_BYTES = 1 << 20
LONGEST_WORD = 1 << 16
LONGEST_VALUE = 64  # bytes of a number in text and the blank before it
LARGEST_DIM = 100_000
LONGEST_NUMBER = 18  # digits of a number in a header

_HEADER = re.compile(rb"\s*(-?\d+)\s+(-?\d+)\s*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PRINTABLE = bytes([*range(0x20, 0x7F), *b"\t\r\n"])
_CONTROL = bytes({*range(0x20), 0x7F} - {*b"\t\n\v\f\r"})


@dataclass(frozen=True)
class Header:
    """The first line of a word2vec file.

    Parameters
    ----------
    words : vectors that the file says it holds; 0 where it says nothing.
    dim : values a vector.
    """

    words: int
    dim: int

    @property
    def longest_line(self) -> int:
        """Bytes that no line of text passes."""
        return LONGEST_WORD + LONGEST_VALUE * self.dim


class _Rows:
    """Words and vectors as they are read, each word once, and the place in the file of each.

    Of words that are not `wanted` nothing is kept; None wants all.
    """

    def __init__(
        self, path: Path, unit: str, dim: int, wanted: Container[str] | None = None
    ) -> None:
        self.dim = dim
        self._wanted, self._passed_over = wanted, 0
        self.path, self._unit = path, unit
        self._places: dict[str, int] = {}
        self._repeated, self._first_repeated = 0, ("", 0)
        self._values = bytearray()

    def add(self, word: bytes, place: int, values: bytes) -> None:
        """Take a word and its little-endian float32 values; a repeated word is left out."""
        try:
            text = word.decode("utf-8")
        except UnicodeDecodeError:
            raise self.error(place, f"the word {word[:80]!r} is not UTF-8; convert the file's "
                             "words to UTF-8 or write it anew") from None
        if "\0" in text or "\n" in text:
            raise self.error(place, f"the word {word[:80]!r} holds a zero byte or a line feed; the "
                             f"file is damaged, or its dimension is not {self.dim:,}")
        if self._wanted is not None and text not in self._wanted:
            self._passed_over += 1
            return
        if text in self._places:
            self._first_repeated = self._first_repeated if self._repeated else (text, place)
            self._repeated += 1
            return
        self._places[text] = place
        self._values += values

    def error(self, place: int, reason: str) -> UserError:
        """The refusal of one place in the file."""
        return UserError(f"{self.path}, {self._unit} {place:,}: {reason}.")

    def finish(self) -> tuple[list[str], Floats]:
        """The words and their vectors, (words, dim)."""
        if not self._places and not self._passed_over:
            raise UserError(f"{self.path} holds no vectors; give a file with at least one.")
        if self._repeated:
            word, place = self._first_repeated
            say(f"warning: {self.path}: left out {counted(self._repeated, 'repeated word')}, "
                f"first {word!r} in {self._unit} {place:,}; the first vector of each counts.")
        values = np.frombuffer(self._values, "<f4").reshape(-1, self.dim)
        vectors = values.astype(np.float32, copy=False)
        self._refuse_infinite(vectors)
        return list(self._places), vectors

    def _refuse_infinite(self, vectors: Floats) -> None:
        for start in range(0, len(vectors), 1 << 16):
            finite = np.isfinite(vectors[start : start + (1 << 16)]).all(axis=1)
            if not finite.all():
                word, place = list(self._places.items())[start + int(finite.argmin())]
                raise self.error(place, f"the vector of {word[:80]!r} holds a value that is not a "
                                 "finite float32; mend or remove it")


def read(
    path: Path, stream: IO[bytes], limit: int | None, binary: bool | None,
    wanted: Container[str] | None = None,
) -> tuple[list[str], Floats]:
    """Words and vectors of an opened file; parameters and errors as in `formats.read_vectors`."""
    first = stream.readline(Header(0, LARGEST_DIM).longest_line)
    if not first:
        raise UserError(f"{path} is empty; give a file of word vectors.")
    beginning, first = len(first), first.removeprefix(_BYTE_ORDER_MARK)
    header = _parse_header(path, first)
    if header is None:
        if binary:
            raise UserError(f"{path} does not begin with the line 'words dim' of word2vec binary; "
                            "give such a file or leave the kind open.")
        rows = _Rows(path, "line", _first_row_header(path, first).dim, wanted)
        return _read_text(rows, stream, Header(0, rows.dim), first, limit)
    if binary or (binary is None and _is_binary(stream.read(BLOCK_BYTES), header.dim)):
        stream.seek(beginning)
        return _read_binary(_Rows(path, "byte", header.dim, wanted), stream, header, beginning,
                            limit)
    stream.seek(beginning)
    return _read_text(_Rows(path, "line", header.dim, wanted), stream, header, b"", limit)


def _parse_header(path: Path, line: bytes) -> Header | None:
    found = _HEADER.fullmatch(line)
    if not found:
        return None
    absurd = max(map(len, found.groups())) > LONGEST_NUMBER
    words, dim = (0, 0) if absurd else map(int, found.groups())
    if words < 1 or not 1 <= dim <= LARGEST_DIM:
        said = [number.decode()[: LONGEST_NUMBER + 1] for number in found.groups()]
        raise UserError(f"{path}, line 1: the header says {said[0]} words of {said[1]} values; "
                        f"give a file with at least 1 word and 1 to {LARGEST_DIM:,} values each.")
    return Header(words, dim)


def _first_row_header(path: Path, line: bytes) -> Header:
    """What the first row of a file without header says of the rest: its dimension."""
    values = line.split(maxsplit=LARGEST_DIM + 1)[1:]
    if not values or len(values) > LARGEST_DIM or not _is_printable(values[-1]):
        raise UserError(f"{path}, line 1: neither a header 'words dim' nor a word and its values; "
                        "give a file of word2vec text, word2vec binary or GloVe text.")
    # The word may have blanks in it: the values are the numbers that end the line.
    dim = next((count for count, value in enumerate(reversed(values)) if not _is_number(value)), 0)
    return Header(0, dim or len(values))


def _is_binary(sample: bytes, dim: int) -> bool:
    """Whether what follows the header is bytes of floats and not digits."""
    row = sample.partition(b"\n")[0]
    _, blank, values = row.partition(b" ")
    if blank and not values:
        return True  # the first byte of a float may be a line feed
    fields = row.split()[-dim:]
    if len(fields) == dim and all(map(_is_number, fields)):
        return False
    # A damaged row of text, or floats whose first bytes look like it.
    return len(sample.translate(None, _CONTROL)) < len(sample)


def _is_printable(content: bytes) -> bool:
    return not content.translate(None, _PRINTABLE)


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field  # Python would read 1_000


def _read_text(
    rows: _Rows, stream: IO[bytes], header: Header, first: bytes, limit: int | None
) -> tuple[list[str], Floats]:
    """Rows of text; `first` is the row that was read in the search for a header."""
    start = 1 if first else 2
    numbered = enumerate(_lines(first, stream, header.longest_line), start)
    wanted = min((bound for bound in (header.words, limit) if bound), default=None)
    taken, line = 0, b""
    with np.errstate(over="ignore"):  # such values are refused with their line in the end
        for number, line in itertools.islice(numbered, wanted):
            _add_line(rows, number, line, header.longest_line)
            taken += 1
    if limit is None or taken < limit:
        _check_text_end(rows, header, taken, start + taken, line)
        _check_text_rest(rows, header, start + taken, stream)
    return rows.finish()


def _lines(first: bytes, stream: IO[bytes], longest: int) -> Iterator[bytes]:
    if first:
        yield first
    yield from iter(partial(stream.readline, longest), b"")


def _check_text_end(rows: _Rows, header: Header, taken: int, number: int, last: bytes) -> None:
    """Are there as many rows as the header says, and is the last one whole?"""
    if taken < header.words:
        raise rows.error(number, f"the file ends after {taken:,} of the "
                         f"{counted(header.words, 'row')} of its header; make it anew or correct "
                         "the header")
    if last and not last.endswith(b"\n"):
        say(f"warning: {rows.path}, line {number - 1:,}: the last line has no line feed; the file "
            "may have been cut there.")


def _check_text_rest(rows: _Rows, header: Header, number: int, stream: IO[bytes]) -> None:
    """Does nothing but blank lines follow?"""
    for block in iter(partial(stream.read, BLOCK_BYTES), b""):
        blank = block[: len(block) - len(block.lstrip())]
        number += blank.count(b"\n")
        if len(blank) < len(block):
            raise rows.error(number, f"a row more than the {header.words:,} of the header; correct "
                             "the header or the file")


def _add_line(rows: _Rows, number: int, line: bytes, longest: int) -> None:
    if len(line) >= longest and not line.endswith(b"\n"):
        raise rows.error(number, f"no line feed within {longest:,} bytes, where a word and "
                         f"{counted(rows.dim, 'value')} would have ended; the file is damaged")
    word, *fields = line.rsplit(maxsplit=rows.dim) or [b""]
    values = _numbers(rows, number, fields, b"_" in line)
    # GloVe's largest file has words with blanks in them; a number there is a value too many.
    if len(values) != rows.dim or any(map(_is_number, word.split()[1:])):
        found = max(len(line.split()) - 1, 0)
        raise rows.error(number, f"{counted(found, 'value')} where {rows.dim:,} "
                         f"{'is' if rows.dim == 1 else 'are'} expected; the line is cut, or the "
                         "dimension is wrong")
    rows.add(word.strip(), number, np.array(values, "<f4").tobytes())


def _numbers(rows: _Rows, number: int, fields: list[bytes], suspicious: bool) -> list[float]:
    try:
        values = [float(field) for field in fields]
        wrong = next((field for field in fields if b"_" in field), None) if suspicious else None
    except ValueError:
        wrong = next(field for field in fields if not _is_number(field))
    if wrong is None:
        return values
    raise rows.error(number, f"the value {wrong[:40].decode('utf-8', 'replace')!r} is no number; "
                     "mend the line, or the dimension in the header")


def _read_binary(
    rows: _Rows, stream: IO[bytes], header: Header, offset: int, limit: int | None
) -> tuple[list[str], Floats]:
    """Records of binary; `offset` is where they begin in the file."""
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
            raise rows.error(offset + position, f"more than the {counted(header.words, 'vector')} "
                             f"of {counted(header.dim, 'value')} of the header; correct the header "
                             "or the file")
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
        raise rows.error(offset, f"the file ends after {taken:,} of the "
                         f"{counted(header.words, 'vector')} of its header; make it anew or "
                         "correct the header")
