"""Words that stay in the bytes of their file, and are taken out when someone asks for them."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.numbering import Tokens, hashes_of
from words_and_images.common.errors import UserError
from words_and_images.common.stored_paths import stored_bytes

LONGEST_COUNT = 19  # digits of the largest int64
_ROOM = bytes(8)  # behind the last word, as `Tokens.part` reads


class StoredWords(Sequence[str]):
    """Words that stand one a line, each once.

    A million words are a million objects, which take a second to make: here one is looked for in
    the bytes of the file, and only a slice makes the objects that it asks for.

    Parameters
    ----------
    content : of the lines, UTF-8.
    name : what sentences call it.
    remedy : what they end with.

    Raises
    ------
    UserError
        Naming the first byte that is not UTF-8, or a word that comes twice with its lines.
    """

    _behind = b"\n"  # what follows a word

    def __init__(self, content: bytes, name: str, remedy: str = "write it anew") -> None:
        self._name, self._remedy = name, remedy
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"{name} is not UTF-8 at byte {error.start:,}; {remedy}.") from None
        # Every line then stands between two line feeds.
        end = b"" if content.endswith(b"\n") or not content else b"\n"
        self._content = b"\n" + content + end + _ROOM
        self._breaks = np.flatnonzero(np.frombuffer(self._content, np.uint8) == ord("\n"))
        self._ends = self._word_ends()
        self._refuse_repeated()

    def __len__(self) -> int:
        return len(self._breaks) - 1

    @overload
    def __getitem__(self, key: int) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> list[str]: ...
    def __getitem__(self, key: int | slice) -> str | list[str]:
        rows = range(len(self))[key]
        if isinstance(rows, int):
            return self._content[self._breaks[rows] + 1 : self._ends[rows]].decode("utf-8")
        if rows.step != 1:
            return [self[row] for row in rows]
        return self._words_of(self._lines(rows.start, rows.stop))

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def row(self, word: str) -> int | None:
        """The row of a word, None where there is none."""
        if "\n" in word:
            return None  # two lines look like one word with a line feed in it
        # What a terminal passes on that is no UTF-8 is found nowhere.
        sought = word.encode("utf-8", "surrogatepass")
        place = self._content.find(b"\n" + sought + self._behind)
        while place >= 0:
            row = int(np.searchsorted(self._breaks, place))
            if self._ends[row] == place + 1 + len(sought):
                return row
            # "new" stands in "new york 7" too.
            place = self._content.find(b"\n" + sought + self._behind, place + 1)
        return None

    @property
    def counts(self) -> NDArray[np.int64] | None:
        """(words,) how often each occurs; None where that is unknown."""
        return None

    def _word_ends(self) -> NDArray[np.int64]:
        """Where the word of each line ends, (words,)."""
        return self._breaks[1:]

    def _words_of(self, lines: list[str]) -> list[str]:
        return lines

    def _lines(self, start: int, stop: int) -> list[str]:
        if start >= stop:
            return []
        text = self._content[self._breaks[start] + 1 : self._breaks[stop]].decode("utf-8")
        return text.split("\n")

    def _refuse_repeated(self) -> None:
        starts = self._breaks[:-1] + 1
        content = np.frombuffer(self._content, np.uint8)
        tokens = Tokens(self._content, content, starts, self._ends - starts)
        hashes = hashes_of(tokens.parts())
        ordered = np.sort(hashes)
        alike = np.flatnonzero(np.isin(hashes, ordered[1:][ordered[1:] == ordered[:-1]]))
        rows: dict[bytes, int] = {}  # words may share a hash
        for row, word in zip(alike.tolist(), tokens.slices(alike), strict=True):
            if (first := rows.setdefault(word, row)) != row:
                raise UserError(f"{self._name} holds the word {word.decode()[:80]!r} twice, in "
                                f"lines {first + 1:,} and {row + 1:,}; {self._remedy}.")


class CountedWords(StoredWords):
    """The words of lines ``word count``, most frequent first: a vocabulary.txt.

    Parameters
    ----------
    path : of the file, UTF-8.

    Raises
    ------
    UserError
        As `StoredWords`, and naming the first line that does not end in a count.
    FileNotFoundError, ValueError
        As `stored_bytes`.
    """

    _behind = b" "

    def __init__(self, path: Path | str) -> None:
        super().__init__(stored_bytes(path), str(path), "train it anew")

    @cached_property
    def counts(self) -> NDArray[np.int64] | None:
        """(words,) how often each occurs; None where all are 0, which stands for unknown."""
        counts = [line.rpartition(" ")[2] for line in self._lines(0, len(self))]
        try:
            values = np.array([int(count) for count in counts], np.int64)
        except (ValueError, OverflowError) as error:
            raise UserError(f"{self._name} cannot be read ({error}); {self._remedy}.") from None
        return values if values.any() else None

    def _words_of(self, lines: list[str]) -> list[str]:
        return [line.rpartition(" ")[0] for line in lines]

    def _word_ends(self) -> NDArray[np.int64]:
        """Where the blank stands that parts each word from the digits of its count, (words,)."""
        content = np.frombuffer(self._content, np.uint8)
        ends = np.zeros(len(self), np.int64)
        lines = np.arange(len(self))  # those of which the blank is still sought
        for back in range(1, LONGEST_COUNT + 2):
            places = self._breaks[lines + 1] - back
            byte = content[places]
            digit = (byte >= ord("0")) & (byte <= ord("9"))
            wrong = ~digit & ((byte != ord(" ")) | (back == 1))
            if wrong.any():
                raise self._malformed(int(lines[wrong.argmax()]))
            ends[lines[~digit]] = places[~digit]
            lines = lines[digit]
        if len(lines):
            raise self._malformed(int(lines[0]))
        return ends

    def _malformed(self, row: int) -> UserError:
        ends = " but a carriage return at its end" if b"\r\n" in self._content else ""
        return UserError(f"{self._name}, line {row + 1:,}: no word with its count{ends}; "
                         f"{self._remedy}, or mend it: a word, a blank, a count and a line feed.")
