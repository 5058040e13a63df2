"""The encoded corpus: word ids on disk, memory-mapped, with the bounds of the documents."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.reading import Reading
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import ENCODED
from words_and_images.common.array_files import open_array
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import check, remedy_for

IDS_AT_ONCE = 1 << 18  # what a processor's cache holds


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
        """Open what `encode` wrote; the ids are looked at once, and not held in memory.

        Raises
        ------
        UserError
            For another folder, and one whose files are damaged or do not belong together: what
            they hold is used as places in memory.
        """
        try:
            corpus = cls(open_array(folder / "ids.npy", np.int32, 1),
                         np.array(open_array(folder / "bounds.npy", np.int64, 1)),
                         Vocabulary.load(folder / "vocabulary.txt"))
            check(folder, ENCODED)
            Reading.load(folder)
            _require_sound(corpus, folder / "ids.npy")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UserError(f"{folder} is no encoded corpus ({Path(error.filename).name} is "
                            "missing); make it with the stage encode_corpus.") from None
        except (OSError, ValueError) as error:
            raise UserError(f"{folder} is broken ({error}); "
                            f"{remedy_for(folder, ENCODED)}.") from None
        return corpus


def _require_sound(corpus: EncodedCorpus, ids_file: Path) -> None:
    """ValueError where ids, bounds and words do not belong together."""
    bounds, words, tokens = corpus.bounds, len(corpus.vocabulary), len(corpus.ids)
    if not len(bounds) or bounds[0] != 0 or bounds[-1] != tokens:
        raise ValueError(f"bounds.npy does not go from 0 to {tokens:,}, the number of ids")
    if (bounds[1:] < bounds[:-1]).any():
        raise ValueError("bounds.npy holds a document that ends before it begins")
    if corpus.vocabulary.total != tokens:
        raise ValueError(f"vocabulary.txt counts {corpus.vocabulary.total:,} words, and ids.npy "
                         f"holds {tokens:,}")
    with ids_file.open("rb") as opened:  # what is looked at through the map would stay in memory
        opened.seek(getattr(corpus.ids, "offset", 0))
        for begin in range(0, tokens, IDS_AT_ONCE):
            ids = np.fromfile(opened, np.int32, min(IDS_AT_ONCE, tokens - begin))
            if ids.min() < 0 or ids.max() >= words:
                wrong = ids[(ids < 0) | (ids >= words)][0]
                raise ValueError(f"ids.npy holds {wrong}, and the vocabulary has {words:,} words")
