"""fastText's .bin: a model of words and their character n-grams, skip-gram or CBOW.

Little-endian, one after the other: a mark and a version; the settings; the dictionary's numbers and
its words, each with a zero byte, its count and its kind; the input matrix, words first and then
buckets of n-grams; and the output matrix, which is passed over. A matrix is one byte, whether it is
quantised, its rows and columns and its float32 values. The vector of a word is the mean of its own
row and those of its n-grams (`word2vec.corpus.subwords`).
"""

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.subwords import Ragged, Subwords
from word2vec.parameters import LONGEST_SUBWORD, MOST_BUCKETS
from word2vec.vectors.cosines import Floats
from word2vec.vectors.formats.found import Found, Rows, first_infinite
from word2vec.vectors.formats.not_vectors import LARGEST_DIM
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.subword_vectors import SubwordVectors
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require
from words_and_images.common.streams import BLOCK_BYTES

MAGIC = struct.pack("<i", 793712314)
VERSION = 12
SUPERVISED = 3
LONGEST_WORD = 1 << 16  # bytes
COMPOSED_AT_ONCE = 1 << 10  # words
_RETRAIN = "make it anew, or give the .vec file beside it"


@dataclass(frozen=True)
class _Head:
    """What a file says of itself before its words.

    Parameters
    ----------
    dim : values a vector.
    subwords : which n-grams words have; None for none.
    buckets : rows of the input matrix behind those of the words.
    words : entries of the dictionary.
    """

    dim: int
    subwords: Subwords | None
    buckets: int
    words: int


class _Reader:
    """Takes a stream's bytes in order, and knows where it is."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self.path, self._stream, self.place = path, stream, 0
        self._rest = b""

    def take(self, size: int, what: str) -> bytearray:
        """So many bytes; memory grows only with what the file has."""
        taken = bytearray(self._rest[:size])
        self._rest = self._rest[size:]
        while len(taken) < size:
            more = self._stream.read(min(BLOCK_BYTES, size - len(taken)))
            if not more:
                raise self.error(f"the file ends within {what}; {_RETRAIN}")
            taken += more
        self.place += size
        return taken

    def numbers(self, layout: str, what: str) -> tuple[int, ...]:
        return struct.unpack(f"<{layout}", self.take(struct.calcsize(f"<{layout}"), what))

    def word(self) -> bytes:
        """Bytes up to a zero byte, which is passed over."""
        end = self._rest.find(b"\0")
        while end < 0 and len(self._rest) <= LONGEST_WORD:
            more = self._stream.read(BLOCK_BYTES)
            if not more:
                raise self.error(f"the file ends within a word; {_RETRAIN}")
            self._rest += more
            end = self._rest.find(b"\0")
        if not 0 <= end <= LONGEST_WORD:
            raise self.error(f"no word of at most {LONGEST_WORD:,} bytes; {_RETRAIN}")
        word, self._rest = self._rest[:end], self._rest[end + 1 :]
        self.place += end + 1
        return word

    def refuse_rest(self) -> None:
        if self._rest or self._stream.read(1):
            raise self.error(f"more than the model; {_RETRAIN}")

    def error(self, reason: str) -> UserError:
        return UserError(f"{self.path}, byte {self.place:,}: {reason}.")


def read(path: Path, stream: IO[bytes], options: ReadOptions) -> Found:
    """Words, their vectors and those of n-grams out of a stream that begins with MAGIC.

    Raises
    ------
    UserError
        For another version, a classifier, a model that is pruned or quantised, one that is cut or
        contradicts itself, and errors as of `formats.read_vectors`.
    """
    require(options.is_utf8, "encoding", options.encoding, "utf-8 for fastText's .bin")
    if options.binary is False or options.header is not None:
        raise UserError(f"{path} is a fastText model and no text or file with a header; leave the "
                        "kind open.")
    reader = _Reader(path, stream)
    head = _read_head(reader)
    words, counts, places = _read_words(reader, head)
    table = _read_matrix(reader, "the input matrix", head.words + head.buckets, head.dim)
    _pass_over_outputs(reader, head)
    reader.refuse_rest()
    infinite = first_infinite(table)
    if infinite is not None:
        raise UserError(f"{path}: row {infinite:,} of the input matrix holds a value that is not a "
                        f"finite number; {_RETRAIN}.")

    parts = (head.subwords.buckets_of_bytes(words) if head.subwords
             else Ragged(np.zeros(len(words) + 1, np.int32), np.zeros(0, np.int32)))
    rows = Rows(path, "byte", head.dim, options)
    bound = len(words) if options.limit is None else min(options.limit, len(words))
    for begin in range(0, bound, COMPOSED_AT_ONCE):
        some = range(begin, min(begin + COMPOSED_AT_ONCE, bound))
        vectors = _composed(table, parts, np.arange(some.start, some.stop), head.words)
        for row, vector in zip(some, vectors, strict=True):
            rows.add(words[row], places[row], vector.tobytes())
    found = rows.finish()
    spelled = [word.decode("utf-8", "replace") for word in words]
    subwords = (SubwordVectors(head.subwords, table[head.words :], spelled)
                if head.subwords else None)
    return replace(found, counts=_counts_of(rows, places, counts), subwords=subwords)


def _read_head(reader: _Reader) -> _Head:
    _, version = reader.numbers("2i", "its version")
    if version != VERSION:
        raise UserError(f"{reader.path} is a fastText model of version {version}, and version "
                        f"{VERSION} is read; {_RETRAIN}.")
    dim, *_, model, buckets, shortest, longest, _ = reader.numbers("12i", "the settings")
    reader.take(8, "the settings")  # the threshold of subsampling
    if model == SUPERVISED:
        raise UserError(f"{reader.path} is a classifier of fastText's; give a model that skipgram "
                        "or cbow has trained.")
    words, ordinary, labels = reader.numbers("3i", "the dictionary")
    _, pruned = reader.numbers("2q", "the dictionary")
    if pruned >= 0:
        raise UserError(f"{reader.path} has a pruned dictionary, as small models have: most of its "
                        "n-grams are gone; give the model from before it was made smaller.")
    if not (1 <= dim <= LARGEST_DIM and model in (1, 2) and 0 <= buckets <= MOST_BUCKETS
            and words == ordinary > 0 and labels == 0
            and 0 <= shortest <= LONGEST_SUBWORD and 0 <= longest <= LONGEST_SUBWORD):
        raise reader.error(f"settings that no model has ({words:,} words, {labels:,} labels, dim "
                           f"{dim:,}, {buckets:,} buckets, n-grams of {shortest} to {longest}); "
                           f"{_RETRAIN}")
    shortest = max(shortest, 1)
    has_parts = buckets > 0 and shortest <= longest
    return _Head(dim, Subwords(shortest, longest, buckets) if has_parts else None, buckets, words)


def _read_words(
    reader: _Reader, head: _Head
) -> tuple[list[bytes], list[int], list[int]]:
    """The words, how often each occurs, and where it stands in the file."""
    words, counts, places = [], [], []
    for _ in range(head.words):
        places.append(reader.place)
        words.append(reader.word())
        count, kind = reader.numbers("qb", "the dictionary")
        if kind != 0 or count < 0:
            raise reader.error(f"the entry {bytes(words[-1][:80])!r} is no word with its count; "
                               f"{_RETRAIN}")
        counts.append(count)
    return words, counts, places


def _read_matrix(reader: _Reader, what: str, rows: int, dim: int) -> Floats:
    _check_matrix(reader, what, rows, dim)
    values = np.frombuffer(reader.take(4 * rows * dim, what), "<f4")
    return values.astype(np.float32, copy=False).reshape(rows, dim)


def _check_matrix(reader: _Reader, what: str, rows: int, dim: int) -> None:
    """Read what stands before a matrix, and refuse what is not to be expected."""
    (quantised,) = reader.numbers("b", what)
    if quantised:
        raise UserError(f"{reader.path} is quantised: its vectors are codes of others; give the "
                        ".bin file from before fastText quantize, or the .vec file.")
    said = reader.numbers("2q", what)
    if said != (rows, dim):
        raise reader.error(f"{what} has {said[0]:,} rows of {said[1]:,} values, where its settings "
                           f"come to {rows:,} of {dim:,}; {_RETRAIN}")


def _pass_over_outputs(reader: _Reader, head: _Head) -> None:
    what = "the output matrix"
    _check_matrix(reader, what, head.words, head.dim)
    left = 4 * head.words * head.dim
    while left:
        left -= len(reader.take(min(left, BLOCK_BYTES), what))


def _composed(table: Floats, parts: Ragged, words: NDArray[np.int64], behind: int) -> Floats:
    """The means of the rows of words, (words, dim); buckets stand behind so many rows."""
    buckets = parts.take(words)
    lengths = np.diff(buckets.starts)
    sums = table[words].astype(np.float64)
    filled = np.flatnonzero(lengths)
    if len(filled):
        sums[filled] += np.add.reduceat(
            table[behind + buckets.values.astype(np.int64)], buckets.starts[:-1][filled],
            axis=0, dtype=np.float64)
    return (sums / (1 + lengths)[:, np.newaxis]).astype("<f4")


def _counts_of(rows: Rows, places: list[int], counts: list[int]) -> NDArray[np.int64]:
    by_place = dict(zip(places, counts, strict=True))
    return np.array([by_place[place] for place in rows.places], np.int64)
