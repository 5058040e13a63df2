"""Vectors of character n-grams, and those that they give to words never seen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from word2vec.corpus.subwords import Subwords
from word2vec.folders import SUBWORDS
from word2vec.vectors.cosines import Doubles, Floats
from words_and_images.common.array_files import open_array
from words_and_images.common.progress import say


@dataclass(frozen=True)
class SubwordVectors:
    """The vectors of the buckets that the n-grams of words fall into.

    Parameters
    ----------
    subwords : which n-grams a word has.
    rows : (buckets, dim) float32.
    words : of the training. Other n-grams than theirs fall into the same buckets, by chance.
    """

    subwords: Subwords
    rows: Floats
    words: Sequence[str]

    def vector(self, word: str) -> Doubles | None:
        """The mean of the vectors of a word's n-grams, (dim,); None where none of them was seen.

        A word of the training has another vector: its own row counts among these.
        """
        if not any(self._seen.among(word)):
            return None
        return self.rows[self.subwords.buckets_of([word]).values].mean(axis=0, dtype=np.float64)

    def best_spelling(self, spellings: Iterable[str]) -> str | None:
        """The spelling of whose n-grams the most were seen, by share, the first of equal ones."""
        best, largest = None, 0.0
        for spelling in spellings:
            seen = list(self._seen.among(spelling))
            share = sum(seen) / max(len(seen), 1)
            if share > largest:
                best, largest = spelling, share
        return best

    def save(self, folder: Path) -> dict[str, Any]:
        """Write a file into a folder of vectors; return what its record is to say of it."""
        np.save(folder / SUBWORDS, np.ascontiguousarray(self.rows))
        return {"subword_lengths": f"{self.subwords.shortest}-{self.subwords.longest}"}

    @classmethod
    def load(
        cls, folder: Path, record: dict[str, Any], words: Sequence[str], dim: int
    ) -> "SubwordVectors | None":
        """What `save` wrote, mapped; None where the record tells of none.

        Raises
        ------
        ValueError, OSError, UserError
            For a file that is none, and one that does not fit the vectors of the words.
        """
        if "subword_lengths" not in record:
            return None
        rows = open_array(folder / SUBWORDS, np.float32, 2)
        if rows.shape[1] != dim or not len(rows):
            raise ValueError(f"{SUBWORDS} has vectors of shape {rows.shape}, and words have "
                             f"vectors of {dim} values")
        return cls(Subwords.of(record["subword_lengths"], len(rows)), rows, words)

    @cached_property
    def _seen(self) -> "SeenNgrams":
        return SeenNgrams(self.subwords.shortest, self.words)


@dataclass(frozen=True)
class SeenNgrams:
    """Which n-grams stand in the words of a training.

    Parameters
    ----------
    size : characters of the shortest n-grams.
    words : of the training.
    """

    size: int
    words: Sequence[str]

    def among(self, word: str) -> Iterator[bool]:
        """Whether each of the shortest n-grams of a word stands in a word of the training.

        Where none of these does, no longer one can.
        """
        spelled, edge = f"<{word}>", int(self.size == 1)  # < and > alone are no n-grams
        for begin in range(edge, len(spelled) - self.size + 1 - edge):
            yield spelled[begin : begin + self.size].encode("utf-8", "surrogatepass") in self._text

    @cached_property
    def _text(self) -> bytes:
        """The words, each between < and >, and a line feed, which no n-gram of a word has."""
        return "".join(f"<{word}>\n" for word in self.words).encode("utf-8", "surrogatepass")


def warn_of_lost_subwords(path: Path, subwords: SubwordVectors | None) -> None:
    """Say that a file of word vectors has no place for those of n-grams."""
    if subwords:
        say(f"warning: {path} does not hold the vectors of n-grams, so that words never seen have "
            "none there; write a folder to keep them.")
