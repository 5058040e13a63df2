"""The words of a vocabulary.txt, taken out of its bytes when someone asks for them."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError

LONGEST_COUNT = 19  # digits of the largest int64


class StoredWords(Sequence[str]):
    """The words of lines ``word count``, most frequent first.

    A million words are a million objects, which take a second to make: here one is looked for in
    the bytes of the file, and only a slice makes the objects that it asks for.

    Parameters
    ----------
    path : of the file, UTF-8.

    Raises
    ------
    UserError
        Naming the first byte that is not UTF-8 or the first line that does not end in a count.
    FileNotFoundError
        As `open` does.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        content = Path(path).read_bytes()
        # Every line then stands between two line feeds.
        self._content = b"\n" + content + (b"" if content.endswith(b"\n") or not content else b"\n")
        self._breaks = np.flatnonzero(np.frombuffer(self._content, np.uint8) == ord("\n"))
        self._refuse_malformed(content)

    def __len__(self) -> int:
        return len(self._breaks) - 1

    @overload
    def __getitem__(self, key: int) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> list[str]: ...
    def __getitem__(self, key: int | slice) -> str | list[str]:
        rows = range(len(self))[key]
        if isinstance(rows, int):
            return self._lines(rows, rows + 1)[0].rpartition(" ")[0]
        if rows.step != 1:
            return [self[row] for row in rows]
        return [line.rpartition(" ")[0] for line in self._lines(rows.start, rows.stop)]

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def row(self, word: str) -> int | None:
        """The first row of a word, None where there is none."""
        if "\n" in word:
            return None  # two lines look like one word with a line feed in it
        # What a terminal passes on that is no UTF-8 is found nowhere.
        beginning = b"\n" + word.encode("utf-8", "surrogatepass") + b" "
        place = self._content.find(beginning)
        while place >= 0:
            end = self._content.index(b"\n", place + 1)
            if self._content[place + len(beginning) : end].isdigit():
                return int(np.searchsorted(self._breaks, place))
            place = self._content.find(beginning, end)  # "new" stands in "new york 7" too
        return None

    @cached_property
    def counts(self) -> NDArray[np.int64] | None:
        """(words,) how often each occurs; None where all are 0, which stands for unknown."""
        counts = [line.rpartition(" ")[2] for line in self._lines(0, len(self))]
        try:
            values = np.array([int(count) for count in counts], np.int64)
        except (ValueError, OverflowError) as error:
            raise UserError(f"{self._path} cannot be read ({error}); train it anew.") from None
        return values if values.any() else None

    def _lines(self, start: int, stop: int) -> list[str]:
        if start >= stop:
            return []
        text = self._content[self._breaks[start] + 1 : self._breaks[stop]].decode("utf-8")
        return text.split("\n")

    def _refuse_malformed(self, content: bytes) -> None:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"{self._path} is not UTF-8 at byte {error.start:,}; train it "
                            "anew.") from None
        line = self._first_without_count()
        if line is not None:
            ends = " but a carriage return at its end" if b"\r\n" in content else ""
            raise UserError(f"{self._path}, line {line:,}: no word with its count{ends}; train it "
                            "anew, or mend it: a word, a blank, a count and a line feed.")

    def _first_without_count(self) -> int | None:
        """The first line that does not end in a blank and digits, counted from 1."""
        content = np.frombuffer(self._content, np.uint8)
        lines = np.arange(len(self))  # those of which the blank is still sought
        for back in range(1, LONGEST_COUNT + 2):
            place = self._breaks[lines + 1] - back
            byte = content[place]
            digit = (byte >= ord("0")) & (byte <= ord("9"))
            wrong = ~digit & ((byte != ord(" ")) | (back == 1))
            if wrong.any():
                return int(lines[wrong.argmax()]) + 1
            lines = lines[digit]
        return int(lines[0]) + 1 if len(lines) else None
