"""Words and their vectors as a table: rows, lengths, spellings."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError, nearest

Floats = NDArray[np.float32]

# Words among which the near spellings of an unknown one are sought: the most frequent.
SPELLING_BOUND = 200_000


class WordTable:
    """Words and their vectors, to look up.

    Parameters
    ----------
    words : each once, most frequent first where that is known.
    vectors : (words, dim) float32, perhaps a read-only memory map.
    counts : (words,) how often each occurs in the corpus, where that is known.

    Attributes
    ----------
    index_to_key, vectors, counts : the parameters.
    """

    def __init__(
        self, words: Sequence[str], vectors: Floats, counts: NDArray[np.int64] | None = None
    ) -> None:
        if vectors.ndim != 2 or len(words) != len(vectors):
            raise ValueError(f"{len(words)} words do not fit vectors of shape {vectors.shape}.")
        self.index_to_key = list(words)
        self.vectors = vectors
        self.counts = counts

    @cached_property
    def key_to_index(self) -> dict[str, int]:
        """Word to row."""
        return {word: i for i, word in enumerate(self.index_to_key)}

    @property
    def vector_size(self) -> int:
        """Values a vector."""
        return self.vectors.shape[1]

    @cached_property
    def norms(self) -> Floats:
        """Lengths of the vectors, (words,), with 1 in the place of 0."""
        # Norms and not unit vectors are kept: a mapped file stays the only copy of the vectors.
        lengths = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors))
        lengths[lengths == 0] = 1
        return lengths

    def unit_vectors(self, bound: int | None = None) -> Floats:
        """The first `bound` vectors at length 1, (bound, dim)."""
        return self.vectors[:bound] / self.norms[:bound, np.newaxis]

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, word: str) -> bool:
        return word in self.key_to_index

    def __getitem__(self, word: str) -> Floats:
        return self.vectors[self.index(word)]

    def index(self, word: str) -> int:
        """The row of a word; UserError with near spellings where there is none."""
        try:
            return self.key_to_index[word]
        except KeyError:
            near = near_spellings(word, self.index_to_key[:SPELLING_BOUND])
            remedy = f"did you mean {' or '.join(near)}?" if near else "try another one."
            raise UserError(f"{word!r} is not among the {len(self):,} words; {remedy}") from None

    def find(self, word: str) -> str | None:
        """The word as it stands, lower-cased or capitalised: the first that is known."""
        spellings = (word, word.lower(), word.capitalize())
        return next((spelling for spelling in spellings if spelling in self), None)

    def spelling(self, word: str) -> str:
        """The same; UserError with near spellings where none is known."""
        return self.find(word) or self.index_to_key[self.index(word.lower())]


def near_spellings(word: str, words: Iterable[str]) -> list[str]:
    """The words spelled most like `word`, best first."""
    # The full comparison costs microseconds: it sees words of like length that begin or end alike.
    beginning, ending = word[:1], word[-3:]
    lengths = range(len(word) - 2, len(word) + 3)
    candidates = [known for known in words if len(known) in lengths
                  and (known.startswith(beginning) or known.endswith(ending))]
    return nearest(word, candidates)
