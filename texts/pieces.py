"""Vectors of character n-grams, for the words of documents that have none of their own.

Vectors that were learnt with n-grams (Bojanowski, Grave, Joulin and Mikolov, "Enriching word
vectors with subword information", 2017) give a word that they have never seen the mean of those of
its n-grams. Its place among whitened words is

    L W v / |W v|,    v = the sum of the vectors of its n-grams

with the whitening W of bottlenecks.py, and L the root of the mean square of the lengths that
whitened words have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from texts.ngrams import checked
from texts.packing import in_parts, packed, unpacked, width
from word2vec.corpus.subwords import Subwords

if TYPE_CHECKING:
    from word2vec.vectors.subword_vectors import SubwordVectors

Floats = NDArray[np.float32]

AT_ONCE = 1 << 16  # rows that are whitened together


@dataclass(frozen=True, eq=False)
class Pieces:
    """Whitened vectors of the buckets that words' n-grams fall into.

    Attributes
    ----------
    lengths : (2,)
        Characters of the shortest and of the longest n-gram.
    rows : (buckets, dim) int8
        Each in parts of its own (packing.py).
    parts : (buckets, 1)
    length : float
        L.
    """

    lengths: tuple[int, int]
    rows: NDArray[np.int8]
    parts: Floats
    length: float

    @classmethod
    def of(cls, source: "SubwordVectors", whitening: Floats, length: float) -> "Pieces":
        """Those of vectors, whitened by a matrix (dim, dim)."""
        found = [in_parts(source.rows[start : start + AT_ONCE] @ whitening)
                 for start in range(0, len(source.rows), AT_ONCE)]
        own = source.subwords
        return cls((own.shortest, own.longest), np.concatenate([rows for rows, _ in found]),
                   np.concatenate([parts for _, parts in found]), length)

    @property
    def size(self) -> int:
        """Bytes of their arrays."""
        return len(self.rows) * (width(self.rows.shape[1]) + 4) + 24

    def vector(self, word: str) -> Floats:
        """(dim,) of the length L; 0 where nothing is known of the n-grams of a word."""
        buckets = self._subwords.buckets_of([word]).values
        total = (self.rows[buckets] * self.parts[buckets]).sum(axis=0, dtype=np.float32)
        length = np.linalg.norm(total)
        return np.asarray(total * np.float32(self.length / length) if length > 0 else total)

    @cached_property
    def _subwords(self) -> Subwords:
        return Subwords(*self.lengths, len(self.rows))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` makes the same of."""
        return {"piece_lengths": np.array(self.lengths), "pieces": packed(self.rows),
                "piece_parts": self.parts, "piece_length": np.array(self.length)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], dim: int) -> "Pieces | None":
        """None where there are none; ValueError for what is none."""
        if "pieces" not in arrays:
            return None
        shortest, longest = checked(arrays["piece_lengths"], np.int64, (2,)).tolist()
        length = float(checked(arrays["piece_length"], np.float64, ()))
        stored = checked(arrays["pieces"], np.uint8, (None, width(dim)))
        if not (0 < shortest <= longest and length > 0 and len(stored)):
            raise ValueError(f"it has n-grams of {shortest} to {longest} characters, vectors of "
                             f"length {length} and {len(stored)} of them")
        return cls((shortest, longest), unpacked(stored, dim),
                   checked(arrays["piece_parts"], np.float32, (len(stored), 1)), length)
