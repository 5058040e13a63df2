"""Documents as bottlenecks: weighted means of the vectors of their words.

    b(d) = sum over the words w of d of (1 + log n_w) a / (a + p(w)) W v_w / |v_w|

with n_w how often w comes in d, and p(w) the share of w in the text that the vectors were learnt
from, so that common words weigh little; what all documents have in common, the first principal
direction of those that were learnt from, is taken out, and the length made 1: smooth inverse
frequency, of Arora, Liang and Ma, "A simple but tough-to-beat baseline for sentence embeddings",
2017, sections 3 and 4.1.

W whitens. A few directions have most of the variance of all words' vectors and say little of what
one document has that another has not; with the covariance Q diag(e) Q^T of their directions

    W = diag((e + s mean(e))^(-1/2)) Q^T

makes their variances equal, but for those far below the mean, which are not blown up (Artetxe,
Labaka, Lopez-Gazpio and Agirre, "Uncovering divergent linguistic information in word embeddings",
2018, section 2; Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance
matrices", 2004, for the sum with a multiple of the identity).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from texts.ngrams import Words, checked, words_from
from texts.packing import in_parts, packed, unpacked, width
from texts.pieces import Pieces
from word2vec.corpus.tokens import words as split_words

if TYPE_CHECKING:
    from word2vec.vectors.subword_vectors import SeenNgrams
    from word2vec.vectors.vectors import WordVectors

Floats = NDArray[np.float32]

SMOOTH = 1e-3  # a: a word of that share weighs half
SHRINKAGE = 0.3  # s
MOST_WORDS = 100_000  # of the most frequent, whose vectors a classifier keeps
SHORTEST = 1e-6  # below it nothing but rounding is left of a mean


@dataclass(frozen=True, eq=False)
class Bottlenecks:
    """Word vectors that are weighted, and the direction that documents have in common.

    Attributes
    ----------
    words : Words
    vectors : (words, dim) int8
        Whitened directions of the vectors, each in parts of its own (packing.py).
    weights : (words,)
        By which these are multiplied: smooth inverse frequency times the part.
    common : (dim,)
        Of length 1, or 0 where it is not known.
    pieces : Pieces, optional
        For other words that have an n-gram in common with these; they weigh as the rarest, 1.
    """

    words: Words
    vectors: NDArray[np.int8]
    weights: Floats
    common: Floats
    pieces: Pieces | None = None

    @classmethod
    def of(cls, source: "WordVectors", most: int = MOST_WORDS) -> "Bottlenecks":
        """With the vectors of a source, of `most` words at most, and nothing in common yet."""
        count = min(len(source), most)
        directions = _directions(np.asarray(source.vectors[:count], np.float32))
        whitening = whitening_of(directions)
        white = directions @ whitening
        whole, parts = in_parts(white)
        weights = parts[:, 0] * SMOOTH / (SMOOTH + shares(source)[:count])
        pieces = None
        if source.subwords:
            length = math.sqrt((white.astype(np.float64) ** 2).sum() / max(count, 1))
            pieces = Pieces.of(source.subwords, whitening, length)
        return cls(Words(source.index_to_key[:count]), whole, weights.astype(np.float32),
                   np.zeros(whole.shape[1], np.float32), pieces)

    def only(self, most: int) -> "Bottlenecks":
        """The same of the first `most` words."""
        if most >= len(self.words):
            return self
        return replace(self, words=Words(self.words.known[:most]), vectors=self.vectors[:most],
                       weights=self.weights[:most])

    def fitting(self, size: float) -> "Bottlenecks":
        """The same in arrays of `size` bytes at most, or of one word.

        Of fewer words, the first, and without pieces where these take more than half of it.
        """
        pieces = self.pieces if self.pieces and self.pieces.size <= size / 2 else None
        of_words = [len(word.encode()) + 1 for word in self.words.known]
        dim = len(self.common)
        sizes = np.cumsum(of_words) + (width(dim) + 4) * np.arange(1, len(of_words) + 1)
        left = size - 4 * dim - (pieces.size if pieces else 0)
        fitting = max(1, int(np.searchsorted(sizes, left, side="right")))
        if fitting >= len(self.words) and pieces is self.pieces:
            return self
        return replace(self.only(fitting), pieces=pieces)

    def with_common(self, means: Floats) -> "Bottlenecks":
        """With what the `means` of some documents, (documents, dim), have in common."""
        directions = np.linalg.eigh(means.T.astype(np.float64) @ means)[1]
        common = directions[:, -1] if means.any() else np.zeros(means.shape[1])
        return replace(self, common=common.astype(np.float32))

    def means(self, texts: Sequence[str]) -> Floats:
        """(texts, dim) of length 1, with what is common; 0 for a text without a known word.

        Every text by itself: it must have the same bits alone as among others.
        """
        made = np.zeros((len(texts), len(self.common)), np.float32)
        tokens = self.words.read(texts)
        for row, ids in enumerate(np.split(tokens.ids, np.cumsum(tokens.lengths))[:-1]):
            found, counts = np.unique(ids[ids >= 0], return_counts=True)
            weights = (1 + np.log(counts)).astype(np.float32) * self.weights[found]
            total = weights @ self.vectors[found].astype(np.float32)
            if self.pieces and (ids < 0).any():
                total += self._of_others(texts[row], self.pieces)
            made[row] = _of_length_1(total)
        return made

    def _of_others(self, text: str, pieces: Pieces) -> Floats:
        """The weighted sum of the vectors that pieces give to the words that are not known."""
        total = np.zeros(len(self.common), np.float32)
        for word, count in Counter(split_words(text)).items():
            if word not in self.words and any(self._seen.among(word)):
                total += np.float32(1 + math.log(count)) * pieces.vector(word)
        return total

    @cached_property
    def _seen(self) -> "SeenNgrams":
        from word2vec.vectors.subword_vectors import SeenNgrams

        assert self.pieces
        return SeenNgrams(self.pieces.lengths[0], self.words.known)

    def without_common(self, means: Floats) -> Floats:
        """The same without what documents have in common, and of length 1 again."""
        made = np.empty_like(means)
        for row, mean in enumerate(means):
            made[row] = _of_length_1(mean - (mean @ self.common) * self.common)
        return made

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` makes the same of."""
        known = "\n".join(self.words.known).encode()
        return {"known": np.frombuffer(known, np.uint8), "vectors": packed(self.vectors),
                "word_weights": self.weights, "common": self.common,
                **(self.pieces.arrays() if self.pieces else {})}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Bottlenecks":
        """ValueError for what is none."""
        known = words_from(arrays["known"])
        common = checked(arrays["common"], np.float32, (None,))
        vectors = checked(arrays["vectors"], np.uint8, (len(known), width(len(common))))
        return cls(Words(known), unpacked(vectors, len(common)),
                   checked(arrays["word_weights"], np.float32, (len(known),)), common,
                   Pieces.from_arrays(arrays, len(common)))


def whitening_of(directions: Floats) -> Floats:
    """W, transposed, of vectors of length 1, (dim, dim): each row of these times it is whitened."""
    covariance = directions.T.astype(np.float64) @ directions / max(len(directions), 1)
    variances, axes = np.linalg.eigh(covariance)
    variances = variances + SHRINKAGE * variances.mean()
    return np.asarray(axes / np.sqrt(np.where(variances > 0, variances, 1)), np.float32)


def shares(source: "WordVectors") -> NDArray[np.float64]:
    """The share of each word in the text that vectors were learnt from, (words,).

    Where nobody counted, by Zipf's law: in proportion to 1 / rank, as files of vectors have their
    words in the order of frequency.
    """
    counts = source.counts
    made = 1 / np.arange(1.0, len(source) + 1) if counts is None or not counts.any() else counts
    return np.asarray(made / max(made.sum(), 1))


def _of_length_1(vector: Floats) -> Floats:
    """The same direction; 0 of what is 0 but for rounding."""
    length = np.linalg.norm(vector)
    return vector / length if length > SHORTEST else np.zeros_like(vector)


def _directions(vectors: Floats) -> Floats:
    """v / |v| of each row v; 0 of a row that is 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
