"""Words and their vectors as a table: rows, lengths, spellings."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from word2vec.corpus.tokens import composed, lowered
from word2vec.vectors import cosines
from word2vec.vectors.cosines import Doubles, Floats
from word2vec.vectors.queries import Key, Query, is_key, is_row, shown, vector_of
from word2vec.vectors.stored_words import StoredWords
from word2vec.vectors.subword_vectors import SubwordVectors
from words_and_images.common.errors import UserError, counted, nearest

Ids = NDArray[np.int64]

SPELLING_BOUND = 200_000
"""Words among which the near spellings of an unknown one are sought: the most frequent."""
# Words sought in a file's bytes, at milliseconds each, before a dictionary of all pays.
SEARCHES = 30


class UnknownKeyError(UserError, KeyError):
    """What is not there to be looked up; a KeyError too, as dictionaries and gensim raise."""

    __str__ = Exception.__str__  # a KeyError would print its sentence in quotation marks


class UnknownWordError(UnknownKeyError):
    """A word or a row that has no vector."""


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

    def knows(self, word: str) -> bool:
        """Whether there is a row for a word."""
        return self._row(word) >= 0

    def _row(self, word: str) -> int:
        row = self._rows.get(self._fold(word), -1)
        return self._rows.get(self._other(word), -1) if row < 0 else row


class WordTable:
    """Words and their vectors, to look up.

    Parameters
    ----------
    words : each once, most frequent first where that is known.
    vectors : (words, dim) float32, perhaps a read-only memory map; other numbers are converted.
    counts : (words,) how often each occurs in the corpus, where that is known.
    subwords : the vectors of character n-grams, where there are some: of these are made the
        vectors of words that are not among `words`.

    Raises
    ------
    UserError
        For words and vectors that do not fit, and for a word that comes twice or is no str.
    """

    def __init__(
        self, words: Sequence[str], vectors: ArrayLike, counts: ArrayLike | None = None,
        subwords: SubwordVectors | None = None,
    ) -> None:
        if is_row(words):
            raise UserError(f"words is {words!r}; give words and vectors, for none of them "
                            "WordVectors([], numpy.zeros((0, dim))).")
        self._words = words if isinstance(words, StoredWords) else list(words)
        self._vectors = self._table_of(vectors)
        self.subwords = subwords
        self._attributes: dict[str, NDArray[Any]] = {}
        if counts is not None:
            self._attributes["count"] = self._counts_of(counts)
        self._found: dict[str, int | None] = {}  # by searching
        self._spellings: dict[tuple[int, bool], Spellings] = {}
        self._refuse_odd_words()

    @property
    def vectors(self) -> Floats:
        """(words, dim), not to be written into: lengths are kept, which would then be wrong."""
        return self._vectors

    @cached_property
    def index_to_key(self) -> list[str]:
        """The words in the order of the rows."""
        return self._words if isinstance(self._words, list) else self._words[:]

    @cached_property
    def key_to_index(self) -> dict[str, int]:
        """Word to row."""
        return {word: i for i, word in enumerate(self.index_to_key)}

    @property
    def counts(self) -> NDArray[np.int64] | None:
        """(words,) how often each occurs in the corpus, None where that is not known."""
        if "count" not in self._attributes and isinstance(self._words, StoredWords):
            return self._words.counts
        return self._attributes.get("count")

    @property
    def vector_size(self) -> int:
        """Values a vector."""
        return self.vectors.shape[1]

    @cached_property
    def norms(self) -> Doubles:
        """Lengths of the vectors, (words,), with 1 in the place of 0.

        Raises
        ------
        UserError
            Naming the first word whose vector holds a value that is not finite.
        """
        # Norms and not unit vectors are kept: a mapped file stays the only copy of the vectors.
        lengths = cosines.lengths(self.vectors)
        if not np.isfinite(lengths).all():
            self._refuse_infinite(int(np.isfinite(lengths).argmin()))
        lengths[lengths == 0] = 1
        lengths.setflags(write=False)
        return lengths

    def unit_vectors(self, rows: int | Ids | None = None) -> Floats:
        """Vectors at length 1, (rows, dim): all, so many from the beginning, or those of rows."""
        chosen = rows if isinstance(rows, np.ndarray) else slice(rows)
        return cosines.unit_rows(self.vectors[chosen], self.norms[chosen])

    def covering(
        self, words: Iterable[str], bound: int, case_insensitive: bool
    ) -> tuple["WordTable", int]:
        """A table in which an evaluation finds all words that n-grams can give a vector.

        Parameters
        ----------
        words : that are asked for.
        bound : so many of the most frequent words are known without that.
        case_insensitive : whether the spelling of an unknown word counts that is known best.

        Returns
        -------
        table : the words up to the bound and, behind them, those of the others that have vectors;
            this one where there are no n-grams.
        composed : how many of these are not among the words of this table.
        """
        if self.subwords is None:
            return self, 0
        found = self.spellings(bound, case_insensitive)
        missing = [word for word in dict.fromkeys(words) if not found.knows(word)]
        spelled = {word: self._spelled_to_make(word, case_insensitive) for word in missing}
        added = [word for word, spelling in spelled.items() if spelling is not None]
        kept = {word: None for word in added if word not in self._words[:bound]}
        vectors = [self._vector(str(spelled[word])) for word in kept]
        table = WordTable([*self._words[:bound], *kept], np.concatenate(
            [self.vectors[:bound], np.reshape(vectors, (-1, self.vector_size))]))
        return table, sum(spelled[word] not in self for word in kept)

    def _spelled_to_make(self, word: str, case_insensitive: bool) -> str | None:
        """The spelling of a word whose vector counts; None where it has none."""
        if not case_insensitive:
            return word if self.has_vector(word) else None
        known = self.find(word)
        return self.subwords.best_spelling(_spellings(word)) if known is None and self.subwords \
            else known

    def spellings(self, bound: int, case_insensitive: bool) -> Spellings:
        """How an evaluation looks up the first `bound` words; made once for each such rule."""
        rule = (bound, case_insensitive)
        if rule not in self._spellings:
            self._spellings[rule] = Spellings(self._words[:bound], case_insensitive)
        return self._spellings[rule]

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        """The words in the order of the rows, as a dictionary gives its keys."""
        return iter(self._words)

    def __contains__(self, key: object) -> bool:
        return self._row(key) is not None

    def __getitem__(self, keys: Key | Iterable[Key]) -> Floats:
        """The vector of a word or row, (dim,), or of each of several, (words, dim)."""
        if isinstance(keys, str) or is_key(keys):
            return self.get_vector(keys)  # type: ignore[arg-type]
        if isinstance(keys, slice):
            raise UserError(f"{keys} is neither a word nor a row; rows in a stretch are "
                            "vectors.vectors[start:stop].")
        if not isinstance(keys, Iterable):
            raise UserError(f"{shown(keys)} is neither a word nor a row nor a list of them; give a "
                            "word.")
        given = list(keys)
        if self.subwords and not all(key in self for key in given):
            return np.array([self.get_vector(key) for key in given])
        return self.vectors[[self.index(key) for key in given]]

    def index(self, key: object) -> int:
        """The row of a word, or a row that there is.

        Raises
        ------
        UnknownWordError
            With near spellings, for a word without a vector; for a row that there is not.
        UserError
            For what is neither a word nor a row.
        """
        row = self._row(key)
        if row is not None:
            return row
        if isinstance(key, str):
            joined = self.find("_".join(key.split()))
            near = [joined] if joined else near_spellings(key, self._words[:SPELLING_BOUND])
            remedy = f"did you mean {' or '.join(near)}?" if near else "try another one."
            parts = " and none has one of its n-grams" if self.subwords else ""
            raise UnknownWordError(
                f"{key!r} is not among the {counted(len(self), 'word')}{parts}; {remedy}")
        if is_row(key):
            raise UnknownWordError(f"{key} is not among the {counted(len(self), 'row')}, which "
                                   "are counted from 0; give another, or the word.")
        raise UserError(f"{shown(key)} is neither a word nor a row; give a word.")

    def get_index(self, key: object, default: int | None = None) -> int:
        """The same, or the default for a word or row that there is not."""
        return default if default is not None and key not in self else self.index(key)

    def has_index_for(self, key: object) -> bool:
        """Whether there is such a word or row: ``key in vectors``."""
        return key in self

    def get_vector(self, key: Key, norm: bool = False) -> Floats:
        """The vector of a word or row, (dim,), at length 1 if asked; not to be written into."""
        if not norm:
            made = self._made(key)
            return self.vectors[self.index(key)] if made is None else made.astype(np.float32)
        vector = cosines.unit(self._vector(key)).astype(np.float32)
        vector.setflags(write=False)
        return vector

    def find(self, word: str) -> str | None:
        """The word as it stands, lower-cased or capitalised: the first that is known.

        Each in any of Unicode's forms, and with its white space as plain blanks. The answer is
        spelled as the vectors spell it.
        """
        rows = (self._row(spelling) for spelling in _spellings(word))
        found = next((row for row in rows if row is not None), None)
        return None if found is None else self._words[found]

    def spelling(self, word: str) -> str:
        """The same, or else the spelling most of whose n-grams are known; UserError with near
        spellings where nothing of it is known.
        """
        known = self.find(word)
        if known is None and self.subwords:
            known = self.subwords.best_spelling(_spellings(word))
        return known or self._words[self.index(lowered(word))]

    def has_vector(self, key: object) -> bool:
        """Whether a word or row is known, or else the vector of a word can be made of its n-grams.
        """
        return key in self or self._made(key) is not None

    def _name(self, key: Key) -> str:
        """A word as the vectors spell it, one whose vector is made as it stands; errors as `index`.
        """
        return str(key) if self._made(key) is not None else self._words[self.index(key)]

    def _made(self, key: object) -> Doubles | None:
        """The vector of an unknown word, (dim,); None for a known one, and where there is none."""
        if self.subwords is None or not isinstance(key, str) or key in self:
            return None
        return self.subwords.vector(key)

    def _row(self, key: object) -> int | None:
        """A row, or that of a word as it stands or else in another of Unicode's forms."""
        if is_row(key):
            row = int(key)  # type: ignore[call-overload]
            return row if 0 <= row < len(self) else None
        if not isinstance(key, str):
            return None
        found = self._row_as_it_stands(key)
        if found is None and not key.isascii():
            forms = dict.fromkeys(unicodedata.normalize(form, key) for form in ("NFC", "NFD"))
            rows = (self._row_as_it_stands(form) for form in forms if form != key)
            return next((row for row in rows if row is not None), None)
        return found

    def _row_as_it_stands(self, key: str) -> int | None:
        if not isinstance(self._words, StoredWords) or len(self._found) >= SEARCHES:
            return self.key_to_index.get(key)
        if key not in self._found:
            self._found[key] = self._words.row(key)
        return self._found[key]

    def _vector(self, query: Query) -> Doubles:
        """A word's vector, or one that is given, (dim,)."""
        if not is_key(query):
            return vector_of(query, self.vector_size)
        made = self._made(query)
        if made is not None:
            if not np.isfinite(made).all():
                raise UserError(f"an n-gram of {query!r} has a vector with values that are not "
                                "finite; train or convert it anew.")
            return made
        row = self.index(query)
        if not np.isfinite(self.vectors[row]).all():
            self._refuse_infinite(row)
        return self.vectors[row].astype(np.float64)

    def _refuse_infinite(self, row: int) -> None:
        raise UserError(f"the vector of {self._words[row]!r} holds values that are not finite; "
                        "train or convert it anew.")

    def _table_of(self, vectors: ArrayLike) -> Floats:
        """Vectors for the words, in a view that cannot be written into."""
        try:
            with np.errstate(over="ignore"):  # refused with its word when it is asked
                table = np.asarray(vectors, np.float32)
        except (TypeError, ValueError):
            raise UserError(f"vectors is {shown(vectors)}; give an array (words, dim).") from None
        if table.ndim != 2 or len(self._words) != len(table):
            raise UserError(f"{counted(len(self._words), 'word')} and vectors of shape "
                            f"{table.shape} do not fit; give a row for each word.")
        table = table.view()
        table.setflags(write=False)
        return table

    def _counts_of(self, counts: ArrayLike) -> NDArray[np.int64]:
        values = np.array(counts, np.int64)
        if values.shape != (len(self._words),):
            raise UserError(f"counts of shape {values.shape} are given for "
                            f"{counted(len(self._words), 'word')}; give one for each.")
        return values

    def _refuse_odd_words(self) -> None:
        if isinstance(self._words, StoredWords):
            return
        for word in self._words:
            if not isinstance(word, str):
                raise UserError(f"{shown(word)} is given as a word; words are str.")
        if len(self.key_to_index) < len(self._words):
            word = next(word for row, word in enumerate(self._words)
                        if self.key_to_index[word] != row)
            raise UserError(f"the word {word!r} comes twice; give each once.")


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
