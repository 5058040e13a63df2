"""The encoded corpus: word ids on disk, memory-mapped, with the bounds of the documents."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import ENCODED
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import check


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus as ids.

    Parameters
    ----------
    ids : (tokens,) ids of the words in the vocabulary, document after document; memory-mapped.
    bounds : (documents + 1,) where each document begins, and the end.
    vocabulary : the words behind the ids.
    """

    ids: NDArray[np.int32]
    bounds: NDArray[np.int64]
    vocabulary: Vocabulary

    @classmethod
    def load(cls, folder: Path) -> "EncodedCorpus":
        """Open what `encode` wrote, without reading the ids."""
        try:
            corpus = cls(np.load(folder / "ids.npy", mmap_mode="r"),
                         np.load(folder / "bounds.npy"),
                         Vocabulary.load(folder / "vocabulary.txt"))
        except FileNotFoundError as error:
            raise UserError(f"{folder} is no encoded corpus ({Path(error.filename).name} is "
                            "missing); make it with the stage encode_corpus.") from None
        check(folder, ENCODED)
        return corpus
