"""What a text has: its words and its hashed n-grams, as weighted rows of a sparse matrix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from word2vec.corpus.tokens import blank_but_words

Numbers = NDArray[np.int64]
Matrix = Any  # scipy.sparse.csr_array, of float32 with int32 indices

WORD_BITS = 32  # of a word's own hash
# Odd numbers with bits all over: products with them spread over all 64 bits (splitmix64's and
# xxHash's).
_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_KIND = np.uint64(0xD6E8FEB86659FD93)  # sets n-grams of characters apart from those of words


@dataclass(frozen=True)
class Grams:
    """Which n-grams are taken beside the words.

    Attributes
    ----------
    words : the longest run of words; 1: none but the words themselves.
    characters : shortest and longest run of characters within a word and its two boundaries; None
        for none.
    buckets : numbers that n-grams are hashed to.
    """

    words: int
    characters: tuple[int, int] | None
    buckets: int


class Features:
    """The words and n-grams that have a row, and what each weighs in a text.

    A text's row of the matrix has (1 + ln n) w at a feature that it has n times, where w is the
    weight, and is then divided by its Euclidean length. The weight is the inverse frequency, that
    of an n-gram times `ngram_weight`.

    Parameters
    ----------
    words : known words in UTF-8; the first rows are theirs.
    buckets : (n-grams,) hashes of the n-grams that have the rows behind, rising.
    documents : (rows,) training texts that each stands in.
    texts : training texts in all.
    grams : the n-grams that are taken.
    ngram_weight : above 0.
    """

    def __init__(
        self, words: Sequence[bytes], buckets: Numbers, documents: Numbers, texts: int,
        grams: Grams, ngram_weight: float,
    ) -> None:
        self.words, self.buckets, self.documents = list(words), buckets, documents
        self.texts, self.grams, self.ngram_weight = texts, grams, ngram_weight
        self.weights = inverse_frequencies(documents, texts)
        self.weights[len(self.words) :] *= np.float32(ngram_weight)
        self._row = {word: row for row, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.weights)

    def subset(self, rows: Numbers) -> "Features":
        """Some of the rows only, which are given rising."""
        words = len(self.words)
        return Features([self.words[row] for row in rows[rows < words].tolist()],
                        self.buckets[rows[rows >= words] - words], self.documents[rows],
                        self.texts, self.grams, self.ngram_weight)

    def with_words(self, more: Sequence[bytes]) -> "Features":
        """With rows for words that no training text has, behind those of the known words."""
        words = len(self.words)
        documents = np.insert(self.documents, np.full(len(more), words), 0)
        return Features([*self.words, *more], self.buckets, documents, self.texts, self.grams,
                        self.ngram_weight)

    @cached_property
    def _bucket_row(self) -> NDArray[np.int32]:
        """The row of each bucket, (buckets,); -1 where it has none."""
        rows = np.full(self.grams.buckets, -1, np.int32)
        rows[self.buckets] = np.arange(len(self.words), len(self.weights), dtype=np.int32)
        return rows

    def matrix(self, texts: Sequence[str]) -> Matrix:
        """The weighted features of texts, (texts, rows); of a text without any, zeros."""
        split = Split(texts)
        found = split.rows_of(self._row)
        known = found >= 0
        grams, documents = split.hashed(self.grams)
        rows = self._bucket_row[grams]
        kept = rows >= 0
        counts = _counted(np.concatenate([split.documents[known], documents[kept]]),
                          np.concatenate([found[known], rows[kept]]),
                          (len(texts), len(self.weights)))
        return weighted(counts, self.weights)

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of each text's words that have no row, (texts,); nan where it has no word."""
        split = Split(texts)
        missing = np.bincount(split.documents[split.rows_of(self._row) < 0], minlength=len(texts))
        sizes = np.diff(split.bounds)
        return np.divide(missing, sizes, out=np.full(len(texts), np.nan), where=sizes > 0)


class Split:
    """Texts as one run of words.

    Attributes
    ----------
    tokens : the words of all texts, in UTF-8.
    bounds : (texts + 1,) where each text begins among them.
    documents : (tokens,) the text that each stands in.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        split = [blank_but_words(text).split() for text in texts]
        sizes = np.array([len(tokens) for tokens in split], np.int64)
        self.tokens = list(chain.from_iterable(split))
        self.bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.documents = np.repeat(np.arange(len(split), dtype=np.int32), sizes)

    def rows_of(self, row: dict[bytes, int]) -> NDArray[np.int32]:
        """The row of each word, (tokens,); -1 for words that have none."""
        return np.fromiter((row.get(token, -1) for token in self.tokens), np.int32,
                           len(self.tokens))

    def hashed(self, grams: Grams) -> tuple[Numbers, NDArray[np.int32]]:
        """The bucket of each n-gram of all texts, and the text that it stands in."""
        found = [self._of_words(length, grams.buckets) for length in range(2, grams.words + 1)]
        if grams.characters:
            found.append(self._of_characters(grams.characters, grams.buckets))
        if not found:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        return (np.concatenate([buckets for buckets, _ in found]),
                np.concatenate([documents for _, documents in found]))

    @cached_property
    def _hashes(self) -> NDArray[np.uint64]:
        return np.fromiter(map(crc32, self.tokens), np.uint64, len(self.tokens))

    def _of_words(self, length: int, buckets: int) -> tuple[Numbers, NDArray[np.int32]]:
        """Runs of so many words that lie within one text."""
        size = max(len(self.tokens) - length + 1, 0)
        runs = self._hashes[:size].copy()
        for place in range(1, length):
            runs *= _STEP
            runs += self._hashes[place : place + size]
        inside = self.documents[:size] == self.documents[length - 1 :]
        return _buckets(runs[inside], buckets), self.documents[:size][inside]

    def _of_characters(
        self, lengths: tuple[int, int], buckets: int
    ) -> tuple[Numbers, NDArray[np.int32]]:
        """Runs of characters of each word, ``<word>`` with its boundaries."""
        number: dict[bytes, int] = {}
        places = np.array([number.setdefault(token, len(number)) for token in self.tokens],
                          np.int64)
        parts = [[crc32(part.encode()) for part in character_grams(word.decode(), *lengths)]
                 for word in number]
        sizes = np.array([len(part) for part in parts], np.int64)
        hashes = np.array(list(chain.from_iterable(parts)), np.uint64)
        each = sizes[places]  # n-grams of every token
        starts = (np.cumsum(sizes) - sizes)[places]
        order = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        runs = hashes[np.repeat(starts, each) + order]
        return _buckets(runs * _KIND, buckets), np.repeat(self.documents, each)


def character_grams(word: str, shortest: int, longest: int) -> list[str]:
    """Runs of characters of ``<word>``, as fastText takes them: without its boundaries alone.

    Bojanowski et al., "Enriching word vectors with subword information", 2017, section 3.2.
    """
    bounded = f"<{word}>"
    return [bounded[start : start + length] for length in range(shortest, longest + 1)
            for start in range(len(bounded) - length + 1)]


def learn_features(
    texts: Sequence[str], grams: Grams, ngram_weight: float, least: int, most: int
) -> tuple[Features, Matrix]:
    """The words and n-grams that texts have often enough to learn from.

    Parameters
    ----------
    texts : to learn from.
    grams, ngram_weight : as of `Features`.
    least : texts that a feature stands in, at least.
    most : features in all, at most; those in the most texts are kept.

    Returns
    -------
    The features, the words in the most texts first; and their weighted matrix, (texts, rows).
    """
    split = Split(texts)
    number: dict[bytes, int] = {}
    ids = np.array([number.setdefault(token, len(number)) for token in split.tokens], np.int64)
    hashed, where = split.hashed(grams)
    # Most n-grams come once: without them there is less to sort.
    often = np.bincount(hashed, minlength=grams.buckets) >= least
    buckets, kept = np.flatnonzero(often), often[hashed]
    places = (np.cumsum(often) - 1)[hashed[kept]]  # among those buckets
    counts = _counted(np.concatenate([split.documents, where[kept]]),
                      np.concatenate([ids, places + len(number)]),
                      (len(texts), len(number) + len(buckets)))
    words = list(number)
    documents = np.bincount(counts.indices, minlength=counts.shape[1])
    chosen = _chosen(documents, len(words), least, most)
    row = np.full(counts.shape[1], -1, np.int32)
    row[chosen] = np.arange(len(chosen))
    features = Features([words[place] for place in chosen[chosen < len(words)].tolist()],
                        buckets[chosen[chosen >= len(words)] - len(words)], documents[chosen],
                        len(texts), grams, ngram_weight)
    return features, weighted(_columns(counts, row, len(chosen)), features.weights)


def _chosen(documents: Numbers, words: int, least: int, most: int) -> Numbers:
    """The features that stay: the words, most frequent first, and then the n-grams as they are."""
    order = np.argsort(-documents, kind="stable")
    order = order[documents[order] >= least][:most]
    return np.concatenate([order[order < words], np.sort(order[order >= words])])


def inverse_frequencies(documents: Numbers, texts: int) -> NDArray[np.float32]:
    """Weights 1 + ln((1 + texts) / (1 + documents)) of features in so many of the texts.

    Spärck Jones, "A statistical interpretation of term specificity and its application in
    retrieval", 1972; with one more text that has every feature, so that none is divided by 0.
    """
    return (1 + np.log((1 + texts) / (1 + documents))).astype(np.float32)


def weighted(counts: Matrix, weights: NDArray[np.float32]) -> Matrix:
    """Rows (1 + ln n) w at length 1, from rows of counts n."""
    values = (1 + np.log(counts.data)) * weights[counts.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    squares = np.bincount(rows, values.astype(np.float64) ** 2, minlength=counts.shape[0])
    values /= np.sqrt(squares)[rows]
    return sparse.csr_array((values.astype(np.float32), counts.indices, counts.indptr),
                            shape=counts.shape)


def _counted(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Matrix:
    """How often each pair of a row and a column comes, as a matrix with sorted columns."""
    ones = np.ones(len(rows), np.float32)
    pairs = sparse.coo_array((ones, (rows.astype(np.int32), columns.astype(np.int32))), shape=shape)
    counts = pairs.tocsr()
    counts.sum_duplicates()
    return counts


def _columns(counts: Matrix, row: NDArray[np.int32], size: int) -> Matrix:
    """The matrix with its columns moved to `row`, without those that are moved to -1."""
    columns = row[counts.indices]
    kept = columns >= 0
    bounds = np.concatenate([[0], np.cumsum(kept)])[counts.indptr].astype(np.int32)
    moved = sparse.csr_array((counts.data[kept], columns[kept], bounds),
                             shape=(counts.shape[0], size))
    moved.sort_indices()
    return moved


def _buckets(runs: NDArray[np.uint64], buckets: int) -> Numbers:
    """Hashes of 64 bits as numbers below `buckets`, by their upper half, which is mixed best."""
    return ((runs * _MIX >> np.uint64(WORD_BITS)) % np.uint64(buckets)).astype(np.int64)
