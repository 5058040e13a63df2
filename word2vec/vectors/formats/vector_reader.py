"""Word vectors out of a stream of bytes, which is believed only as far as it has been read.

The kinds are those of vector_files.py. What a file says of itself takes no memory: a header of
10^12 words is refused where the file ends, a line without end at its longest. Nothing is sought, so
that a pipe will do.
"""

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from word2vec.vectors.formats import fasttext_file
from word2vec.vectors.formats.found import Found, Rows
from word2vec.vectors.formats.not_vectors import (
    CONTROL,
    LARGEST_DIM,
    SAMPLE_ROWS,
    dimension_of_rows,
    is_number,
    refusal_of_text,
    refuse_other_kinds,
)
from word2vec.vectors.formats.read_options import ReadOptions
from words_and_images.common.errors import UserError, counted
from words_and_images.common.streams import BLOCK_BYTES, Stream

LONGEST_WORD = 1 << 16
LONGEST_VALUE = 64  # bytes of a number in text and the blank before it
SURE_DIM = 10  # values that no table but of vectors has
LONGEST_NUMBER = 18  # digits of a number in a header

_HEADER = re.compile(rb"\s*(-?\d+)\s+(-?\d+)\s*")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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


def read(path: Path, content: Stream, options: ReadOptions) -> Found:
    """Words and vectors of an opened file; errors as in `formats.read_vectors`."""
    sample = content.look(BLOCK_BYTES)
    if not sample:
        raise UserError(f"{path} is empty; give a file of word vectors.")
    refuse_other_kinds(path, sample)
    stream = io.BufferedReader(content, BLOCK_BYTES)
    if sample.startswith(fasttext_file.MAGIC):
        return fasttext_file.read(path, stream, options)
    first = stream.readline(Header(0, LARGEST_DIM).longest_line)
    beginning, first = len(first), first.removeprefix(BYTE_ORDER_MARK)
    header = None if options.header is False else _parse_header(path, first)
    if header is None:
        if options.binary or options.header:
            kind = "word2vec binary" if options.binary else "a file with a header"
            raise UserError(f"{path} does not begin with the line 'words dim' of {kind}; give such "
                            "a file or leave the kind open.")
        return _read_without_header(path, stream, first, options)
    binary = options.binary
    if binary is None:
        binary = _is_binary(sample[beginning:], header.dim)
    if binary:
        return _read_binary(path, stream, header, beginning, options)
    rows = Rows(path, "line", header.dim, options)
    return _read_text(rows, _lines(stream, header.longest_line), 2, header, options)


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


def _is_binary(sample: bytes, dim: int) -> bool:
    """Whether what follows the header is bytes of floats and not digits."""
    row = sample.partition(b"\n")[0]
    _, blank, values = row.partition(b" ")
    if blank and not values:
        return True  # the first byte of a float may be a line feed
    fields = row.split()[-dim:]
    if len(fields) == dim and all(map(is_number, fields)):
        return False
    # A damaged row of text, or floats whose first bytes look like it.
    return len(sample.translate(None, CONTROL)) < len(sample)


def _read_without_header(
    path: Path, stream: IO[bytes], first: bytes, options: ReadOptions
) -> Found:
    """Rows of text that alone tell their dimension; `first` was read in search of a header."""
    longest = Header(0, LARGEST_DIM).longest_line
    if len(first) >= longest and not first.endswith(b"\n"):
        raise refusal_of_text(path, [first])
    sample, size = [first], len(first)
    while len(sample) < SAMPLE_ROWS and size < BLOCK_BYTES and (row := stream.readline(longest)):
        sample.append(row)
        size += len(row)
    header = Header(0, dimension_of_rows(path, sample, options.header is False))
    rows = Rows(path, "line", header.dim, options, headed=False)
    lines = itertools.chain(sample, _lines(stream, header.longest_line))
    found = _read_text(rows, lines, 1, header, options)
    if options.header is False or header.dim >= SURE_DIM:
        return found
    doubt = (f"{path} has no header, and its lines are read as words with vectors of "
             f"{counted(header.dim, 'value')}.")
    return replace(found, warnings=(doubt, *found.warnings), certain=False)


def _lines(stream: IO[bytes], longest: int) -> Iterator[bytes]:
    return iter(partial(stream.readline, longest), b"")


def _read_text(
    rows: Rows, lines: Iterator[bytes], start: int, header: Header, options: ReadOptions
) -> Found:
    """Rows of text, of which the first is line `start`."""
    numbered = enumerate(lines, start)
    wanted = min((bound for bound in (header.words, options.limit) if bound), default=None)
    taken, last = 0, b""
    with np.errstate(over="ignore"):  # such values are refused with their line in the end
        for number, line in itertools.islice(numbered, wanted):
            if line.isspace() and not header.words:
                if not all(rest.isspace() for _, rest in numbered):
                    raise rows.wrong_count(number, 0)
                break
            _add_line(rows, number, line, header)
            taken, last = taken + 1, line
    warnings = []
    if options.limit is None or taken < options.limit:
        warnings = _check_text_end(rows, header, taken, start + taken, last)
        _refuse_rest(rows, header, numbered)
    _refuse_wrong_dimension(rows, numbered)
    return rows.finish(*warnings)


def _check_text_end(
    rows: Rows, header: Header, taken: int, number: int, last: bytes
) -> list[str]:
    """Are there as many rows as the header says, and is the last one whole? What is to be said."""
    if taken < header.words:
        raise rows.error(number, f"the file ends after {taken:,} of the "
                         f"{counted(header.words, 'row')} of its header; make it anew or correct "
                         "the header")
    if last and not last.endswith(b"\n"):
        return [f"{rows.path}, line {number - 1:,}: the last line has no line feed; the file may "
                "have been cut there."]
    return []


def _refuse_rest(rows: Rows, header: Header, numbered: Iterator[tuple[int, bytes]]) -> None:
    """Does nothing but blank lines follow?"""
    number = next((number for number, line in numbered if not line.isspace()), None)
    if number is not None:
        raise rows.error(number, f"a row more than the {header.words:,} of the header; correct the "
                         "header or the file")


def _refuse_wrong_dimension(rows: Rows, numbered: Iterator[tuple[int, bytes]]) -> None:
    """Refuse the header's dimension where every word of the file ends in a number.

    A word such as 'area 51' may; where all do, the header leaves out a value. The rows behind the
    limit are asked too, so that no limit changes the answer.
    """
    if not rows.ending_in_numbers.count or rows.some_without_numbers:
        return
    for _, line in numbered:
        word = (line.rsplit(maxsplit=rows.dim) or [b""])[0].split()
        if len(word) == 1 or (word and not is_number(word[-1])):
            return
    first = rows.ending_in_numbers
    raise rows.wrong_count(first.place, rows.dim + len(first.word.split()) - 1)


def _add_line(rows: Rows, number: int, line: bytes, header: Header) -> None:
    if len(line) >= header.longest_line and not line.endswith(b"\n"):
        raise rows.error(number, f"no line feed within {header.longest_line:,} bytes, where a word "
                         f"and {counted(rows.dim, 'value')} would have ended; the file is damaged")
    word, *fields = line.rsplit(maxsplit=rows.dim) or [b""]
    if len(fields) < rows.dim and line[:1].isspace() and len(line.split()) == rows.dim:
        word, fields = b"", line.split()
    values = rows.numbers(number, fields, b"_" in line)
    parts = word.split()
    # GloVe's largest file has words with blanks in them; a number there is a value too many.
    numbers_in_word = not header.words and any(map(is_number, parts[1:]))
    if len(values) != rows.dim or numbers_in_word:
        raise rows.wrong_count(number, max(len(line.split()) - 1, 0))
    if len(parts) > 1 and is_number(parts[-1]):
        rows.ending_in_numbers.add(word.strip().decode("utf-8", "replace"), number)
    else:
        rows.some_without_numbers = True
    rows.add(word.strip(), number, np.array(values, "<f4").tobytes())


def _read_binary(
    path: Path, stream: IO[bytes], header: Header, offset: int, options: ReadOptions
) -> Found:
    """Records of binary; `offset` is where they begin in the file."""
    rows = Rows(path, "byte", header.dim, options)
    size = 4 * header.dim
    buffer, position = b"", 0
    wanted = min(header.words, options.limit or header.words)
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
    rows: Rows, header: Header, taken: int, offset: int, buffer: bytes, end: int, more: bool
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
