"""The vocabulary: words, their counts, and what follows from the counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import write_text

UNIGRAM_TABLE_SIZE = 10_000_000


@dataclass(frozen=True)
class Vocabulary:
    """Words by falling count; a word's place is its id.

    Parameters
    ----------
    words : the words, most frequent first, words of one count in alphabetical order.
    counts : (words,) how often each occurs in the corpus.
    """

    words: list[str]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """Word to id."""
        return {word: i for i, word in enumerate(self.words)}

    @property
    def total(self) -> int:
        """Tokens of the corpus that are in the vocabulary."""
        return int(self.counts.sum())

    def save(self, path: Path) -> None:
        """Write ``word count`` lines, atomically."""
        pairs = zip(self.words, self.counts.tolist(), strict=True)
        write_text(path, "".join(f"{word} {count}\n" for word, count in pairs))

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read what `save` wrote."""
        pairs = [line.rsplit(" ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        words, counts = zip(*pairs, strict=True) if pairs else ((), ())
        return cls(list(words), np.array(counts, dtype=np.int64))


def order_words(words: Iterable[str], counts: NDArray[np.int64], min_count: int) -> Vocabulary:
    """The vocabulary of the words that occur at least `min_count` times.

    Raises
    ------
    UserError
        When fewer than two words are left: there is nothing to predict.
    """
    frequent = [(-count, word) for word, count in zip(words, counts.tolist(), strict=True)
                if count >= min_count]
    if len(frequent) < 2:
        raise UserError(
            f"{len(frequent)} of {len(counts)} words occur at least min_count = {min_count} times "
            "and two are needed; lower min_count or give more text."
        )
    frequent.sort()
    return Vocabulary([word for _, word in frequent],
                      np.array([-count for count, _ in frequent], dtype=np.int64))


def keep_probabilities(counts: NDArray[np.int64], sample: float) -> NDArray[np.float32]:
    """Probability that subsampling keeps an occurrence of each word, (words,).

    With f = count / total: min(1, sqrt(t / f) + t / f), as word2vec.c computes it; Mikolov et al.,
    Distributed Representations of Words and Phrases, 2013, section 2.3, give 1 - sqrt(t / f) for
    dropping. `sample` 0 keeps everything.
    """
    if sample == 0:
        return np.ones(len(counts), np.float32)
    ratio = sample * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio).astype(np.float32)


def unigram_table(counts: NDArray[np.int64], exponent: float) -> NDArray[np.int32]:
    """Word ids, each as often as its share of the noise distribution count^exponent.

    A uniform draw from the table is a draw from the distribution (Mikolov et al. 2013, section
    2.2), ten times faster than searching the cumulated one.
    """
    weights = counts**exponent
    size = max(UNIGRAM_TABLE_SIZE, 20 * len(counts))
    bounds = np.round(np.cumsum(weights) / weights.sum() * size).astype(np.int64)
    return np.repeat(np.arange(len(counts), dtype=np.int32), np.diff(bounds, prepend=0))
