"""The tokens of an encoded corpus, as training processes read them: without the words."""

import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.encoded_corpus import EncodedCorpus


@dataclass(frozen=True)
class TokenStream:
    """Tokens, where their documents begin, and how often each word occurs.

    Parameters
    ----------
    ids : (tokens,) ids of words, perhaps memory-mapped.
    bounds : (documents + 1,) where each document begins, and the end.
    counts : (words,) occurrences.
    """

    ids: NDArray[np.int32]
    bounds: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def read(self, start: int, stop: int) -> NDArray[np.int32]:
        """A copy of the tokens from start to stop.

        Of a mapped file it is read from the file: what is once looked at through the map would
        stay in this process's memory.
        """
        if not isinstance(self.ids, np.memmap) or not self.file:
            return np.array(self.ids[start:stop])
        offset = self.ids.offset + start * self.ids.itemsize
        return np.fromfile(self.file, np.int32, stop - start, offset=offset)

    @property
    def file(self) -> str:
        """The file that holds the ids and nothing else behind them; empty where there is none."""
        ids = self.ids
        if not isinstance(ids, np.memmap) or not isinstance(ids.base, mmap.mmap):
            return ""
        return str(Path(ids.filename).resolve()) if ids.filename else ""

    @classmethod
    def of(cls, corpus: EncodedCorpus) -> "TokenStream":
        """The tokens of an encoded corpus."""
        return cls(corpus.ids, corpus.bounds, corpus.vocabulary.counts)

    def share(self, folder: Path) -> str:
        """Write what another process needs in order to `open` the same tokens.

        Returns
        -------
        The path of the ids: the mapped file itself, or a copy in the folder.
        """
        np.save(folder / "bounds.npy", self.bounds)
        np.save(folder / "counts.npy", self.counts)
        if self.file:
            return self.file
        np.save(folder / "ids.npy", self.ids)
        return str(folder / "ids.npy")

    @classmethod
    def open(cls, ids: str, folder: Path) -> "TokenStream":
        """Open what `share` wrote."""
        return cls(np.load(ids, mmap_mode="r"), np.load(folder / "bounds.npy", mmap_mode="r"),
                   np.load(folder / "counts.npy"))
