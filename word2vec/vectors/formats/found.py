"""What a file of word vectors holds, and its words as they are read, whichever kind it is of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from word2vec.vectors.cosines import Floats
from word2vec.vectors.formats.not_vectors import is_number
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.subword_vectors import SubwordVectors
from words_and_images.common.errors import UserError, counted


@dataclass(frozen=True)
class Found:
    """What a file holds.

    Parameters
    ----------
    words : in the file's order, each once.
    vectors : (words, dim) float32.
    warnings : sentences on what was left out or changed.
    counts : (words,) how often each occurs, where the file says that.
    certain : whether no other table of words and numbers looks like it.
    subwords : the vectors of n-grams, where the file has some.
    """

    words: Sequence[str]
    vectors: Floats
    warnings: tuple[str, ...] = ()
    counts: NDArray[np.int64] | None = None
    certain: bool = True
    subwords: SubwordVectors | None = None


def first_infinite(vectors: Floats) -> int | None:
    """The first row with a value that is not finite."""
    for start in range(0, len(vectors), 1 << 16):
        finite = np.isfinite(vectors[start : start + (1 << 16)]).all(axis=1)
        if not finite.all():
            return start + int(finite.argmin())
    return None


class _Tally:
    """How many words something was met with, and which was the first.

    `sentence` says so, with their number and the first of them in its gaps.
    """

    def __init__(self, sentence: str, noun: str = "word") -> None:
        self.count, self._sentence, self._noun = 0, sentence, noun
        self.word, self.place = "", 0

    def add(self, word: str, place: int) -> None:
        if not self.count:
            self.word, self.place = word, place
        self.count += 1

    def sentence(self, path: Path, unit: str) -> str:
        told = self._sentence.format(counted(self.count, self._noun),
                                     f"first {self.word[:80]!r} in {unit} {self.place:,}")
        return f"{path}: {told}."


class Rows:
    """Words and vectors as they are read, each word once, and the place in the file of each."""

    def __init__(
        self, path: Path, unit: str, dim: int, options: ReadOptions, headed: bool = True
    ) -> None:
        self.dim = dim
        self._headed = headed
        self.path, self._unit, self._options = path, unit, options
        self._places: dict[str, int] = {}
        self._values, self._passed_over = bytearray(), 0
        changed = "replaced by U+FFFD" if options.errors == "replace" else "left out"
        self._foreign = _Tally(f"{{}} with bytes that are not {options.spelled_encoding}, {{}}; "
                               f"these bytes are {changed}")
        self._merged = _Tally("left out {}, equal to an earlier one but for such bytes, {}")
        self._repeated = _Tally("left out {}, {}; the first vector of each counts",
                                "repeated word")
        self._empty = _Tally("left out {}, {}", "empty word")
        self.ending_in_numbers = _Tally("{} with blanks and a number at the end, {}; if it belongs "
                                        "to the vector, the dimension in the header is wrong")
        self.some_without_numbers = False

    def add(self, word: bytes, place: int, values: bytes) -> None:
        """Take a word and its little-endian float32 values; a repeated word is left out."""
        try:
            text, again = word.decode(self._options.encoding), self._repeated
        except UnicodeError:
            text, again = self._mended(word, place), self._merged
        if "\0" in text or "\n" in text:
            blank = ", or a word has a blank" if self._unit == "byte" else ""
            raise self.error(place, f"the word {word[:80]!r} holds a zero byte or a line feed; the "
                             f"file is damaged, or its dimension is not {self.dim:,}{blank}")
        if text and self._options.wanted is not None and text not in self._options.wanted:
            self._passed_over += 1
        elif text in self._places:
            again.add(text, place)
        elif not text:
            self._empty.add(text, place)
        else:
            self._places[text] = place
            self._values += values

    @property
    def places(self) -> list[int]:
        """Where each of the words stands in the file."""
        return list(self._places.values())

    def _mended(self, word: bytes, place: int) -> str:
        """A word that is not of the encoding, as far as the options want it."""
        options = self._options
        if options.errors == "strict":
            raise self.error(place, f"the word {word[:80]!r} is not {options.spelled_encoding}; "
                             "read such words with --errors replace or --errors ignore, or the "
                             "file with the --encoding that it has, such as latin-1")
        text = word.decode(options.encoding, options.errors)
        self._foreign.add(text, place)
        return text

    def error(self, place: int, reason: str) -> UserError:
        """The refusal of one place in the file."""
        return UserError(f"{self.path}, {self._unit} {place:,}: {reason}.")

    def wrong_count(self, place: int, found: int) -> UserError:
        """The refusal of a row with so many values."""
        return self.error(place, f"{counted(found, 'value')} where {self.dim:,} "
                          f"{'is' if self.dim == 1 else 'are'} expected; the line is cut"
                          + (", or line 1 says a wrong dimension" if self._headed else ""))

    def numbers(self, place: int, fields: list[bytes], suspicious: bool) -> list[float]:
        """The values of fields; `suspicious` are those with an underscore among them."""
        try:
            values = [float(field) for field in fields]
            wrong = next((field for field in fields if b"_" in field), None) if suspicious else None
        except ValueError:
            wrong = next(field for field in fields if not is_number(field))
        if wrong is None:
            return values
        raise self.error(place, f"the value {wrong[:40].decode('utf-8', 'replace')!r} is no "
                         "number; mend the line"
                         + (", or the dimension in line 1" if self._headed else ""))

    def finish(self, *warnings: str) -> Found:
        """The words and their vectors; `warnings` are said with what was met here."""
        if not self._places and not self._passed_over:
            raise UserError(f"{self.path} holds no vectors; give a file with at least one.")
        values = np.frombuffer(self._values, "<f4").reshape(-1, self.dim)
        vectors = values.astype(np.float32, copy=False)
        self._refuse_infinite(vectors)
        tallies = (self._foreign, self._merged, self._repeated, self._empty,
                   self.ending_in_numbers)
        met = (tally.sentence(self.path, self._unit) for tally in tallies if tally.count)
        return Found(list(self._places), vectors, (*warnings, *met))

    def _refuse_infinite(self, vectors: Floats) -> None:
        row = first_infinite(vectors)
        if row is not None:
            word, place = list(self._places.items())[row]
            raise self.error(place, f"the vector of {word[:80]!r} holds a value that is not a "
                             "finite float32; mend or remove it")
