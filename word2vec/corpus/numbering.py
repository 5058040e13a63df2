"""Words as numbers: the first pass over a text, and the files that it leaves.

To look every token up in a dict costs more than all the rest of reading a text. So a stretch of
text is taken at once: a token's first bytes, eight by eight, are whole numbers, and their hash
is a place in a table that holds the number of the word seen there first. Only what the table does
not have is looked up in a dict, so that the result is exact.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.token_check import TokenCheck
from word2vec.corpus.tokens import BLANK, LINE_END, Tokeniser, tokeniser
from words_and_images.common.progress import progress

TEXT_AT_ONCE = 1 << 18  # characters: what belongs to a stretch of text stays in the cache
TOKENS_AT_ONCE = 1 << 20
LONGEST_WORD = 1000  # bytes; what is longer is no word, and a file full of it fills no memory
_PARTS, _PART = 4, 8  # words of up to 32 bytes are in the table
_SLOT_BITS = 19
_MASKS = np.array([(1 << 8 * width) - 1 for width in range(_PART + 1)], np.uint64)
# Odd multipliers without a pattern spread what they multiply over the upper bits.
_SPREAD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                    0xD6E8FEB86659FD93], np.uint64)

Parts = list[tuple[NDArray[np.int64] | slice, NDArray[np.uint64]]]


@dataclass(frozen=True)
class Tokens:
    """Where the tokens of a stretch of text are.

    Parameters
    ----------
    text : the text, tokens between blanks.
    content : (length,) its bytes.
    starts : (tokens,) where each begins.
    lengths : (tokens,) bytes of each.
    """

    text: bytes
    content: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def find(cls, blanked: bytes) -> "Tokens":
        """The tokens of what a tokeniser returned."""
        text = b" " + blanked + b" " * (_PARTS * _PART)
        content = np.frombuffer(text, np.uint8)
        inside = content > BLANK
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        starts, lengths = edges[::2], edges[1::2] - edges[::2]
        if len(lengths) and lengths.max() > LONGEST_WORD:
            starts, lengths = (array[lengths <= LONGEST_WORD] for array in (starts, lengths))
        return cls(text, content, starts, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    def slices(self, chosen: NDArray[np.int64]) -> list[bytes]:
        """The chosen tokens themselves."""
        starts = self.starts[chosen]
        ends = starts + self.lengths[chosen]
        return [self.text[start:end]
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

    def part(self, number: int, chosen: NDArray[np.int64] | slice) -> NDArray[np.uint64]:
        """Eight bytes of each of the chosen tokens as one whole number, zeros behind its end."""
        eights = np.ndarray(len(self.content) - _PART + 1, "<u8", self.content, strides=(1,))
        left = self.lengths[chosen] - _PART * number
        return eights[self.starts[chosen] + _PART * number] & _MASKS[left.clip(0, _PART)]

    def parts(self) -> Parts:
        """The first bytes of the tokens, eight by eight: which tokens are so long, and `part`."""
        parts: Parts = [(slice(None), self.part(0, slice(None)))]
        for number in range(1, _PARTS):
            long = np.flatnonzero(self.lengths > _PART * number)
            parts.append((long, self.part(number, long)))
        return parts

    def document_ends(self) -> NDArray[np.int64]:
        """How many tokens there are up to the end of each line."""
        return np.searchsorted(self.starts, np.flatnonzero(self.content == LINE_END))


def hashes_of(parts: Parts) -> NDArray[np.uint64]:
    """A hash of the `Tokens.parts` of each token, (tokens,)."""
    hashes = parts[0][1] * _SPREAD[0]
    for (chosen, part), odd in zip(parts[1:], _SPREAD[1:], strict=True):
        hashes[chosen] ^= part * odd
    hashes ^= hashes >> np.uint64(32)
    return hashes


class Words(dict[bytes, int]):
    """Words and their numbers; a word that is asked for the first time gets the next one."""

    given = 0  # how many numbers are in use, those of forgotten words included

    def __missing__(self, word: bytes) -> int:
        number = self[word] = self.given
        self.given += 1
        return number


class WordNumbers:
    """Gives each distinct word a number.

    Parameters
    ----------
    max_counted : when more distinct words than this are held, the rarest are forgotten: those that
        have occurred at most `bar` times, and the bar rises until few enough are left (as
        word2vec.c's ReduceVocab). One that comes back gets a new number, so that a number stands
        for one word only. None forgets nothing.
    kept : words that are never forgotten; they are held besides the others.
    """

    def __init__(self, max_counted: int | None = None, kept: Collection[bytes] = ()) -> None:
        self.words = Words()
        self.bar = 0
        self._kept = kept
        self._max_counted = None if max_counted is None else max_counted + len(kept)
        self._counts = np.zeros(0, np.int64)
        self._clear_table()

    def number(self, tokens: Tokens) -> NDArray[np.int32]:
        """The number of each token."""
        slots, known = self._find(tokens)
        numbers = self._numbers[slots]
        missed = np.flatnonzero(~known)
        numbers[missed] = [*map(self.words.__getitem__, tokens.slices(missed))]
        self._remember(tokens, missed, slots[missed], numbers[missed])
        if self._max_counted is not None:
            self._count(numbers)
            if len(self.words) > self._max_counted:
                self._forget(self._max_counted)
        return numbers

    def _clear_table(self) -> None:
        self._numbers = np.zeros(1 << _SLOT_BITS, np.int32)
        self._lengths = np.zeros(1 << _SLOT_BITS, np.uint8)  # 0: nothing there yet
        self._parts = np.zeros((_PARTS, 1 << _SLOT_BITS), np.uint64)

    def _find(self, tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Each token's place in the table, and whether it is the word that stands there."""
        parts = tokens.parts()
        hashes = hashes_of(parts)
        slots = (hashes * _SPREAD[0] >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        known = self._lengths[slots] == tokens.lengths
        for number, (chosen, part) in enumerate(parts):
            known[chosen] &= self._parts[number][slots[chosen]] == part
        return slots, known

    def _remember(
        self, tokens: Tokens, missed: NDArray[np.int64], slots: NDArray[np.int64],
        numbers: NDArray[np.int32],
    ) -> None:
        """Put words that were not in the table into their places, where these are empty."""
        fitting = (self._lengths[slots] == 0) & (tokens.lengths[missed] <= _PARTS * _PART)
        places, first = np.unique(slots[fitting], return_index=True)
        chosen = missed[fitting][first]
        self._numbers[places] = numbers[fitting][first]
        self._lengths[places] = tokens.lengths[chosen]
        for number in range(_PARTS):
            self._parts[number][places] = tokens.part(number, chosen)

    def _count(self, numbers: NDArray[np.int32]) -> None:
        if self.words.given > len(self._counts):
            self._counts.resize(self.words.given * 9 // 8, refcheck=False)  # in place, with zeros
        np.add.at(self._counts, numbers, 1)

    def _forget(self, most: int) -> None:
        """Raise the bar until at most so many words are above it, and forget the others."""
        held = np.fromiter(self.words.values(), np.int32, len(self.words))
        counts = self._counts[held]
        if self._kept:
            counts[[word in self._kept for word in self.words]] = np.iinfo(np.int64).max
        while np.count_nonzero(counts > self.bar) > most:
            self.bar += 1
        kept = Words(compress(self.words.items(), (counts > self.bar).tolist()))
        kept.given = self.words.given
        self.words = kept
        self._clear_table()


@dataclass(frozen=True)
class NumberedCorpus:
    """A corpus as numbers of words on disk, in documents that have at least one.

    Parameters
    ----------
    folder : holds tokens.int32 (the numbers) and bounds.int64 (where each document begins, and
        the end).
    words : words and their numbers. The numbers of forgotten words are in the files all the same.
    """

    folder: Path
    words: Words

    @property
    def tokens_file(self) -> Path:
        """The file of the numbers."""
        return self.folder / "tokens.int32"

    @property
    def total(self) -> int:
        """How many numbers there are."""
        return self.tokens_file.stat().st_size // np.dtype(np.int32).itemsize

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Where each document begins, and the end, memory-mapped."""
        return np.asarray(np.memmap(self.folder / "bounds.int64", np.int64, "r"))

    @property
    def tokens(self) -> NDArray[np.int32]:
        """The numbers, memory-mapped."""
        if not self.tokens_file.stat().st_size:
            return np.zeros(0, np.int32)
        return np.asarray(np.memmap(self.tokens_file, np.int32, "r"))

    def pieces(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Stretches of whole documents: their numbers, and bounds that begin with 0."""
        bounds, start = self.bounds, 0
        with self.tokens_file.open("rb") as opened:
            while start < len(bounds) - 1:
                stop = int(np.searchsorted(bounds, bounds[start] + TOKENS_AT_ONCE, "right")) - 1
                stop = max(stop, start + 1)
                count = int(bounds[stop] - bounds[start])
                yield (np.fromfile(opened, np.int32, count),
                       bounds[start : stop + 1] - bounds[start])
                start = stop

    def counts(self) -> NDArray[np.int64]:
        """How often each number occurs."""
        counts = np.zeros(self.words.given, np.int64)
        for tokens, _ in self.pieces():
            np.add.at(counts, tokens, 1)
        return counts

    def remove(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder)


class CorpusWriter:
    """Writes the files of a `NumberedCorpus`, piece by piece."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.total = folder, 0
        self._tokens = (folder / "tokens.int32").open("wb")
        self._bounds = (folder / "bounds.int64").open("wb")
        self._bounds.write(np.zeros(1, np.int64).tobytes())

    def __enter__(self) -> "CorpusWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._tokens.close()
        self._bounds.close()

    def write(self, tokens: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        """Add documents: their numbers, and where each ends. One without a token is left out."""
        ends = ends[np.diff(ends, prepend=0) > 0]
        self._tokens.write(tokens.data)
        self._bounds.write((self.total + ends).tobytes())
        self.total += len(tokens)


def number_documents(
    documents: Iterable[str], folder: Path, tokens: str, max_counted: int | None = None,
    turkish: bool = False, kept: Collection[bytes] = (),
) -> NumberedCorpus:
    """Write each token of the documents as the number of its word.

    Memory holds the distinct words, and eight bytes for each that was forgotten. A text that the
    tokens do not suit is said.

    Parameters
    ----------
    documents : texts.
    folder : a folder to make.
    tokens : a name of TOKENISERS.
    max_counted, kept : as in `WordNumbers`.
    turkish : as in `word2vec.corpus.tokens.lowered`.
    """
    numbers, check = WordNumbers(max_counted, kept), TokenCheck(tokens)
    texts = together(documents)
    with CorpusWriter(folder) as output, progress("counting words", None, "words") as counter:
        for found, ends in numbered(texts, numbers, check, tokeniser(tokens, turkish)):
            output.write(found, ends)
            counter.advance(len(found), f"rarer than {numbers.bar + 1} times is forgotten"
                            if numbers.bar else "")
    check.warn()
    return NumberedCorpus(folder, numbers.words)


def numbered(
    texts: Iterable[str], numbers: WordNumbers, check: TokenCheck, blank: Tokeniser
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """Of each stretch of text the numbers of its tokens, and where each of its documents ends."""
    for text in texts:
        found = Tokens.find(blank(text))
        check.see(text, int(found.lengths.sum()))
        yield numbers.number(found), found.document_ends()


def together(documents: Iterable[str]) -> Iterator[str]:
    """Documents in stretches of text, a line each."""
    waiting: list[str] = []
    size = 0
    for document in documents:
        waiting.append(document.replace("\n", " "))
        size += len(document)
        if size >= TEXT_AT_ONCE:
            yield "\n".join(waiting) + "\n"
            waiting, size = [], 0
    yield "\n".join([*waiting, ""])
