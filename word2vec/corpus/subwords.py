"""The character n-grams of words, hashed into buckets.

A word stands in < and >, so that its beginning and its end are told from its middle: of where, the
n-grams of 3 are <wh, whe, her, ere and re>. Each is hashed into one of so many buckets, whose
vector it shares with the others that fall there: Bojanowski, Grave, Joulin and Mikolov, Enriching
Word Vectors with Subword Information, 2017, section 3.2. Buckets, and their order, are fastText's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from word2vec.parameters import subword_lengths

Ids = NDArray[np.int32]

END_OF_SENTENCE = b"</s>"  # fastText's word for it, which has no n-grams
AT_ONCE = 1 << 14  # words, whose n-grams take a few megabytes
_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)  # FNV-1a of 32 bits


@dataclass(frozen=True)
class Ragged:
    """Several numbers of each of many things, one after the other.

    Parameters
    ----------
    starts : (things + 1,) where those of each begin; at the end, where the last ones end.
    values : the numbers of all.
    """

    starts: Ids
    values: Ids

    def take(self, places: NDArray[np.integer[Any]]) -> "Ragged":
        """Those of some things, in the order of `places`."""
        begins = np.take(self.starts, places)
        lengths = np.take(self.starts, places + 1) - begins
        starts = np.zeros(len(places) + 1, np.int32)
        np.cumsum(lengths, out=starts[1:])
        inside = np.arange(starts[-1], dtype=np.int32)
        inside += np.repeat(begins - starts[:-1], lengths)
        return Ragged(starts, np.take(self.values, inside))


@dataclass(frozen=True)
class Subwords:
    """Which n-grams a word has.

    Parameters
    ----------
    shortest, longest : characters of an n-gram, with < and > among them.
    buckets : that they are hashed into.
    """

    shortest: int
    longest: int
    buckets: int

    @classmethod
    def of(cls, lengths: str, buckets: int) -> Self:
        """Those of parameters as ``3-6``, which are checked already."""
        return cls(*subword_lengths(lengths), buckets)

    def buckets_of(self, words: Sequence[str]) -> Ragged:
        """The buckets of the n-grams of each word, in the order in which these begin and grow.

        A bucket comes as often as n-grams of the word fall into it. < and > alone are no n-grams.
        """
        return self.buckets_of_bytes([word.encode("utf-8", "surrogatepass") for word in words])

    def buckets_of_bytes(self, words: Sequence[bytes]) -> Ragged:
        """The same of words in UTF-8."""
        parts = [self._of_some(words[begin : begin + AT_ONCE])
                 for begin in range(0, len(words), AT_ONCE)]
        counts = np.concatenate([np.zeros(1, np.int64), *(counts for counts, _ in parts)])
        values = np.concatenate([np.zeros(0, np.int32), *(values for _, values in parts)])
        return Ragged(np.cumsum(counts).astype(np.int32), values)

    def _of_some(self, words: Sequence[bytes]) -> tuple[NDArray[np.int64], Ids]:
        """How many n-grams each word has, (words,), and the buckets of all."""
        encoded = [b"" if word == END_OF_SENTENCE else b"<" + word + b">" for word in words]
        lengths = np.array([len(word) for word in encoded])
        ends = np.repeat(np.cumsum(lengths), lengths)  # of the word that each byte is of
        owners = np.repeat(np.arange(len(words)), lengths)
        content = np.frombuffer(b"".join(encoded), np.uint8)
        leads = np.append((content & 0xC0) != 0x80, True)  # where a character begins
        # fastText's bytes are signed: from 128 on, all higher bits are set before they are hashed.
        signed = content.astype(np.int8).astype(np.uint32)

        begins = np.flatnonzero(leads[:-1])
        places, sizes = begins.copy(), np.zeros(len(begins), np.int64)
        hashes = np.full(len(begins), _BASIS)
        found: list[tuple[NDArray[np.int64], NDArray[np.uint32]]] = []
        while len(begins):
            hashes = (hashes ^ signed[places]) * _PRIME
            places = places + 1
            whole, ended = leads[places], places == ends[begins]
            sizes = sizes + whole
            at_edge = (sizes == 1) & (ended | (begins == ends[begins] - lengths[owners[begins]]))
            taken = whole & (sizes >= self.shortest) & ~at_edge
            found.append((begins[taken], hashes[taken]))
            left = ~ended & ~(whole & (sizes == self.longest))
            begins, places, sizes, hashes = begins[left], places[left], sizes[left], hashes[left]
        origins = np.concatenate([np.zeros(0, np.int64), *(begins for begins, _ in found)])
        values = np.concatenate([np.zeros(0, np.uint32), *(hashes for _, hashes in found)])
        order = np.argsort(origins, kind="stable")  # the shorter ones were found first
        buckets = (values[order] % np.uint32(self.buckets)).astype(np.int32)
        return np.bincount(owners[origins], minlength=len(words)), buckets
