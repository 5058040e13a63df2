"""Documents as sparse rows of numbers: which words they have, and which pairs of neighbours.

A word or a pair weighs (1 + log of how often it comes) log((n + 1) / d) in a document, where n
documents were counted and d of them have it: Salton and Buckley, "Term-weighting approaches in
automatic text retrieval", 1988. The words of a document together have the length 1, its pairs the
length PAIRS: what two words say of each other is worth less than the words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.tokens import words
from words_and_images.neural.sparse_rows import SparseRows

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]

PAIRS = 0.5
LEAST_PAIRS = 2  # documents that have a pair which is kept
AT_ONCE = 4096  # documents that are counted together


@dataclass(frozen=True)
class Tokens:
    """The words of documents one after the other, as numbers.

    Attributes
    ----------
    ids : (tokens,)
        -1 for a word that is not known.
    lengths : (documents,)
        Words of each.
    """

    ids: Ids
    lengths: Ids

    @property
    def documents(self) -> Ids:
        """The document of each word, (tokens,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def unknown(self, *others: "Tokens") -> NDArray[np.float64]:
        """The share of each document's words that nobody knows; nan of one without words.

        `others` are the same documents in the numbers of other vocabularies.
        """
        nowhere = np.all([tokens.ids < 0 for tokens in (self, *others)], axis=0)
        missing = np.bincount(self.documents[nowhere], minlength=len(self.lengths))
        return np.divide(missing, self.lengths, out=np.full(len(missing), np.nan),
                         where=self.lengths > 0)

    def pairs(self, vocabulary: int) -> tuple[Ids, Ids]:
        """The documents and numbers of neighbours that are both known: first * vocabulary + second.
        """
        documents, first, second = self.documents, self.ids[:-1], self.ids[1:]
        kept = (documents[:-1] == documents[1:]) & (first >= 0) & (second >= 0)
        return documents[:-1][kept], first[kept] * vocabulary + second[kept]


class Words:
    """A vocabulary, and documents in its numbers."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = list(known)
        self._ids = {word: number for number, word in enumerate(self.known)}

    def __len__(self) -> int:
        return len(self.known)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Words":
        """All that some texts have, in alphabetical order."""
        return cls(sorted({word for text in texts for word in words(text)}))

    def read(self, texts: Sequence[str]) -> Tokens:
        """The texts as numbers."""
        split = [words(text) for text in texts]
        find = self._ids.get
        ids = np.fromiter((find(word, -1) for each in split for word in each), np.int64)
        return Tokens(ids, np.array([len(each) for each in split], np.int64))


@dataclass(frozen=True, eq=False)
class Ngrams:
    """Words and pairs of words with what they weigh: what makes rows of documents.

    Attributes
    ----------
    words : Words
    pairs : (pairs,), in order
        Kept pairs, as `Tokens.pairs` numbers them.
    rarities : (words + pairs,)
        log((n + 1) / d) of each; 0 of one that is left out.
    """

    words: Words
    pairs: Ids
    rarities: Floats

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Ngrams":
        """All words of the texts, and the pairs that LEAST_PAIRS of them have."""
        known = Words.of(texts)
        in_documents = np.zeros(len(known), np.int64)
        numbers: list[Ids] = []
        for tokens in _portions(known, texts):
            documents, ids = _distinct(tokens.documents, tokens.ids, len(known))
            in_documents += np.bincount(ids, minlength=len(known))
            numbers.append(_distinct(*tokens.pairs(len(known)), len(known) ** 2)[1])
        pairs, of_pairs = np.unique(np.concatenate([*numbers, np.zeros(0, np.int64)]),
                                    return_counts=True)
        kept = of_pairs >= LEAST_PAIRS
        counts = np.concatenate([in_documents, of_pairs[kept]])
        return cls(known, pairs[kept], np.log((len(texts) + 1) / counts).astype(np.float32))

    def __len__(self) -> int:
        return len(self.rarities)

    def rows(self, texts: Sequence[str]) -> SparseRows:
        """(texts, words + pairs), each as the module says; a text without known words is empty."""
        return SparseRows.joined([self._rows(each) for each in _portions(self.words, texts)])

    def only(self, kept: NDArray[np.bool_]) -> "Ngrams":
        """Without the n-grams that are not kept, but for words that a kept pair has."""
        vocabulary = len(self.words)
        pairs = self.pairs[kept[vocabulary:]]
        first, second = np.divmod(pairs, max(vocabulary, 1))
        used = kept[:vocabulary].copy()
        used[first] = used[second] = True
        renumbered = np.cumsum(used) - 1
        rarities = np.where(kept, self.rarities, 0)
        return Ngrams(
            Words([word for word, use in zip(self.words.known, used, strict=True) if use]),
            renumbered[first] * int(used.sum()) + renumbered[second],
            np.concatenate([rarities[:vocabulary][used],
                            self.rarities[vocabulary:][kept[vocabulary:]]]))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` makes the same of."""
        known = "\n".join(self.words.known).encode()
        return {"words": np.frombuffer(known, np.uint8), "pairs": self.pairs,
                "rarities": self.rarities}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Ngrams":
        """ValueError for what is none."""
        known = words_from(arrays["words"])
        pairs = checked(arrays["pairs"], np.int64, (None,))
        rarities = checked(arrays["rarities"], np.float32, (len(known) + len(pairs),))
        if (np.diff(pairs) <= 0).any() or (pairs < 0).any() or (pairs >= len(known) ** 2).any():
            raise ValueError("its pairs are no pairs of its words in order")
        return cls(Words(known), pairs, rarities)

    def _rows(self, tokens: Tokens) -> SparseRows:
        vocabulary = len(self.words)
        documents, numbers = tokens.pairs(vocabulary)
        places = np.searchsorted(self.pairs, numbers)
        found = self._is_pair(places, numbers)
        known = tokens.ids >= 0
        owners = np.concatenate([tokens.documents[known], documents[found]])
        features = np.concatenate([tokens.ids[known], places[found] + vocabulary])
        keys, counts = np.unique(owners * max(len(self), 1) + features, return_counts=True)
        owners, features = np.divmod(keys, max(len(self), 1))
        values = (1 + np.log(counts)) * self.rarities[features]
        for own, length in ((features < vocabulary, 1.0), (features >= vocabulary, PAIRS)):
            squares = np.bincount(owners[own], values[own] ** 2, minlength=len(tokens.lengths))
            values[own] *= length / np.sqrt(np.where(squares > 0, squares, 1))[owners[own]]
        ends = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(tokens.lengths)))])
        return SparseRows(len(self), ends, features, values.astype(np.float32))

    def _is_pair(self, places: Ids, numbers: Ids) -> NDArray[np.bool_]:
        inside = places < len(self.pairs)
        found = np.zeros(len(places), np.bool_)
        found[inside] = self.pairs[places[inside]] == numbers[inside]
        return found


def words_from(stored: NDArray[Any]) -> list[str]:
    """Words that are stored as their bytes, one a line; ValueError for what is none."""
    lines = bytes(checked(stored, np.uint8, (None,))).decode().split("\n")
    known = [] if lines == [""] else lines
    if len(set(known)) < len(known) or "" in known:
        raise ValueError("its words are not different from each other")
    return known


def checked(array: NDArray[Any], dtype: Any, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """The array; ValueError unless of that type and shape (None: any length) and finite."""
    fits = array.ndim == len(shape) and all(
        own is None or own == length for own, length in zip(shape, array.shape, strict=True))
    if array.dtype != dtype or not fits:
        raise ValueError(f"it has {array.dtype} {array.shape} where {np.dtype(dtype)} {shape} "
                         "belongs")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("its numbers are not finite")
    return array


def _portions(known: Words, texts: Sequence[str]) -> Iterator[Tokens]:
    for start in range(0, max(len(texts), 1), AT_ONCE):
        yield known.read(texts[start : start + AT_ONCE])


def _distinct(documents: Ids, numbers: Ids, most: int) -> tuple[Ids, Ids]:
    """Each number below `most` once a document, in order; -1 is left out."""
    known = numbers >= 0
    keys = np.unique(documents[known] * most + numbers[known])
    distinct, once = np.divmod(keys, max(most, 1))
    return distinct, once
