"""Words and their vectors as a table: rows, lengths, spellings."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError, counted, nearest
from word2vec.stored_words import StoredWords
from word2vec.tokens import composed, lowered

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

# Words among which the near spellings of an unknown one are sought: the most frequent.
SPELLING_BOUND = 200_000
# Words sought in a file's bytes, at milliseconds each, before a dictionary of all pays.
SEARCHES = 30


class Spellings:
    """Words as an evaluation spells them to rows of vectors, with or without regard to case.

    Both are compared in NFC, in which é is one character however it was typed.

    Parameters
    ----------
    words : the words of the rows.
    case_insensitive : whether words that differ in case only are one word: those whose lower case
        is one. In upper case (gensim's rule) Maße and Masse, and the Turkish ı and i, would be.

    Attributes
    ----------
    first : (words,) for each row the first row of the same word.
    """

    def __init__(self, words: Sequence[str], case_insensitive: bool) -> None:
        self._fold: Callable[[str], str] = lowered if case_insensitive else composed
        # Where the plain rule finds no word, that of Turkish may: Isparta is ısparta.
        self._other = partial(lowered, turkish=True) if case_insensitive else self._fold
        self._rows: dict[str, int] = {}
        self.first: Ids = np.array(
            [self._rows.setdefault(self._fold(word), row) for row, word in enumerate(words)],
            dtype=np.int64)

    def ids(self, groups: Sequence[Sequence[str]], width: int) -> Ids:
        """Rows of groups of `width` words, (groups, width); -1 for unknown words."""
        rows = [[self._row(word) for word in group] for group in groups]
        return np.array(rows, np.int64).reshape(-1, width)

    def _row(self, word: str) -> int:
        row = self._rows.get(self._fold(word), -1)
        return self._rows.get(self._other(word), -1) if row < 0 else row


class WordTable:
    """Words and their vectors, to look up.

    Parameters
    ----------
    words : each once, most frequent first where that is known.
    vectors : (words, dim) float32, perhaps a read-only memory map.
    counts : (words,) how often each occurs in the corpus, where that is known.

    Attributes
    ----------
    vectors : the parameter.
    """

    def __init__(
        self, words: Sequence[str], vectors: Floats, counts: NDArray[np.int64] | None = None
    ) -> None:
        if vectors.ndim != 2 or len(words) != len(vectors):
            raise ValueError(f"{len(words)} words do not fit vectors of shape {vectors.shape}.")
        self._words = words if isinstance(words, StoredWords) else list(words)
        self.vectors = vectors
        self._counts = counts
        self._found: dict[str, int | None] = {}  # by searching
        self._spellings: dict[tuple[int, bool], Spellings] = {}

    @cached_property
    def index_to_key(self) -> list[str]:
        """The words in the order of the rows."""
        return list(self._words)

    @cached_property
    def key_to_index(self) -> dict[str, int]:
        """Word to row."""
        return {word: i for i, word in enumerate(self.index_to_key)}

    @property
    def counts(self) -> NDArray[np.int64] | None:
        """(words,) how often each occurs in the corpus, None where that is not known."""
        if self._counts is None and isinstance(self._words, StoredWords):
            return self._words.counts
        return self._counts

    @property
    def vector_size(self) -> int:
        """Values a vector."""
        return self.vectors.shape[1]

    @cached_property
    def norms(self) -> Floats:
        """Lengths of the vectors, (words,), with 1 in the place of 0.

        Raises
        ------
        UserError
            Naming the first word whose vector holds a value that is not finite.
        """
        # Norms and not unit vectors are kept: a mapped file stays the only copy of the vectors.
        lengths = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors))
        if not np.isfinite(lengths).all():
            word = self._words[int(np.isfinite(lengths).argmin())]
            raise UserError(f"the vector of {word!r} holds values that are not finite or too large "
                            "to compare; train or convert it anew.")
        lengths[lengths == 0] = 1
        return lengths

    def unit_vectors(self, bound: int | None = None) -> Floats:
        """The first `bound` vectors at length 1, (bound, dim)."""
        return self.vectors[:bound] / self.norms[:bound, np.newaxis]

    def spellings(self, bound: int, case_insensitive: bool) -> Spellings:
        """How an evaluation looks up the first `bound` words; made once for each such rule."""
        rule = (bound, case_insensitive)
        if rule not in self._spellings:
            self._spellings[rule] = Spellings(self._words[:bound], case_insensitive)
        return self._spellings[rule]

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: str) -> bool:
        return self._row(word) is not None

    def __getitem__(self, words: str | Sequence[str]) -> Floats:
        """The vector of a word, (dim,), or of each of several, (words, dim)."""
        if isinstance(words, str):
            return self.vectors[self.index(words)]
        return self.vectors[[self.index(word) for word in words]]

    def index(self, word: str) -> int:
        """The row of a word; UserError with near spellings where there is none."""
        row = self._row(word)
        if row is None:
            joined = self.find("_".join(word.split()))
            near = [joined] if joined else near_spellings(word, self._words[:SPELLING_BOUND])
            remedy = f"did you mean {' or '.join(near)}?" if near else "try another one."
            raise UserError(f"{word!r} is not among the {counted(len(self), 'word')}; {remedy}")
        return row

    def find(self, word: str) -> str | None:
        """The word as it stands, lower-cased or capitalised: the first that is known.

        Each in any of Unicode's forms, and with its white space as plain blanks. The answer is
        spelled as the vectors spell it.
        """
        rows = (self._row(spelling) for spelling in _spellings(word))
        found = next((row for row in rows if row is not None), None)
        return None if found is None else self._words[found]

    def spelling(self, word: str) -> str:
        """The same; UserError with near spellings where none is known."""
        return self.find(word) or self._words[self.index(lowered(word))]

    def _row(self, word: str) -> int | None:
        """The row of a word, as it stands or else in another of Unicode's forms."""
        row = self._row_as_it_stands(word)
        if row is None and not word.isascii():
            forms = dict.fromkeys(unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
            rows = (self._row_as_it_stands(form) for form in forms if form != word)
            return next((found for found in rows if found is not None), None)
        return row

    def _row_as_it_stands(self, word: str) -> int | None:
        if not isinstance(self._words, StoredWords) or len(self._found) >= SEARCHES:
            return self.key_to_index.get(word)
        if word not in self._found:
            self._found[word] = self._words.row(word)
        return self._found[word]


def near_spellings(word: str, words: Iterable[str]) -> list[str]:
    """The words spelled most like `word`, best first; none that only looks like it."""
    word = _visible(word)
    # The full comparison costs microseconds: it sees words of like length that begin or end alike.
    beginning, ending = word[:1], word[-3:]
    lengths = range(len(word) - 2, len(word) + 3)
    candidates = [known for known in words if len(known) in lengths
                  and (known.startswith(beginning) or known.endswith(ending))
                  and (known.isascii() or _visible(known) != word)]
    return nearest(word, candidates)


def _spellings(word: str) -> Iterator[str]:
    """The spellings by which a word is sought, each once."""
    plain = " ".join(composed(word).split())
    yield from dict.fromkeys((word, plain, word.lower(), lowered(plain), plain.capitalize(),
                              lowered(plain, turkish=True), lowered(_visible(word))))


def _visible(word: str) -> str:
    """What a reader sees: in NFC, with plain blanks, without what takes no room."""
    shown = (each for each in composed(word) if unicodedata.category(each) != "Cf")
    return " ".join("".join(shown).split())
