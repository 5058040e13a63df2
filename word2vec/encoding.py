"""The encoded corpus: word ids on disk, memory-mapped, with the bounds of the documents."""

import itertools
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import replacing
from common.progress import progress
from word2vec.parameters import EncodeParameters
from word2vec.tokens import TOKENISERS, Tokeniser
from word2vec.vocabulary import Vocabulary, order_words

DOCUMENTS_A_BATCH = 4096


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
            return cls(np.load(folder / "ids.npy", mmap_mode="r"), np.load(folder / "bounds.npy"),
                       Vocabulary.load(folder / "vocabulary.txt"))
        except FileNotFoundError as error:
            raise UserError(f"{folder} is no encoded corpus ({Path(error.filename).name} is "
                            "missing); make it with the stage encode_corpus.") from None


def encode(documents: Iterable[str], folder: Path, parameters: EncodeParameters) -> Vocabulary:
    """Write a corpus as ids.npy, bounds.npy and vocabulary.txt, and return its vocabulary.

    One pass gives every word an id in order of appearance and writes these to disk; then the
    counts are known, and the ids are rewritten by falling count, documents in random order.
    Memory holds the distinct words and the bounds of documents, never the corpus.

    Raises
    ------
    UserError
        When fewer than two words reach min_count.
    """
    with replacing(folder) as temporary:
        temporary.mkdir()
        appearance = temporary / "appearance.ids"
        with appearance.open("wb") as output:
            words, bounds = _number_words(documents, output, TOKENISERS[parameters.tokens])
        raw = (np.memmap(appearance, np.int32, "r") if bounds[-1] else np.zeros(0, np.int32))
        counts = _count(raw, len(words))
        vocabulary = order_words(words, counts, parameters.min_count)
        order = np.arange(len(bounds) - 1)
        if parameters.shuffle:
            order = np.random.default_rng(parameters.seed).permutation(len(order))
        _write_ids(temporary, raw, bounds, order, _renumbering(words, vocabulary),
                   vocabulary.total)
        vocabulary.save(temporary / "vocabulary.txt")
        del raw
        appearance.unlink()
    return vocabulary


def _number_words(
    documents: Iterable[str], output: BinaryIO, tokenise: Tokeniser
) -> tuple[list[str], NDArray[np.int64]]:
    """Write each token's number in order of appearance; return the words and document bounds."""
    numbers: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    bounds = [0]
    with progress("counting words", None, "words") as counter:
        for document in documents:
            ids = array("i", map(numbers.__getitem__, tokenise(document)))
            if ids:
                ids.tofile(output)
                bounds.append(bounds[-1] + len(ids))
                counter.advance(len(ids))
    return list(numbers), np.array(bounds)


def _count(ids: NDArray[np.int32], words: int) -> NDArray[np.int64]:
    """How often each id occurs, in pieces so that the ids may be larger than memory."""
    counts = np.zeros(words, np.int64)
    for start in range(0, len(ids), 1 << 22):
        counts += np.bincount(ids[start : start + (1 << 22)], minlength=words)
    return counts


def _renumbering(words: list[str], vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Number of appearance to id; -1 for words that are not in the vocabulary."""
    return np.array([vocabulary.index.get(word, -1) for word in words], dtype=np.int32)


def _write_ids(
    folder: Path, raw: NDArray[np.int32], bounds: NDArray[np.int64], order: NDArray[np.int64],
    renumbering: NDArray[np.int32], total: int,
) -> None:
    """Write the documents in the given order under their final ids, `total` of them."""
    lengths = [np.zeros(1, np.int64)]
    ids = np.lib.format.open_memmap(folder / "ids.npy", "w+", np.int32, (total,))
    written = 0
    for documents in _batches(order):
        batch = np.concatenate([raw[bounds[i] : bounds[i + 1]] for i in documents])
        batch = renumbering[batch]
        known = batch >= 0
        starts = np.cumsum([0, *(bounds[documents + 1] - bounds[documents])[:-1]])
        lengths.append(np.add.reduceat(known.astype(np.int64), starts))
        batch = batch[known]
        ids[written : written + len(batch)] = batch
        written += len(batch)
    ids.flush()
    np.save(folder / "bounds.npy", np.cumsum(np.concatenate(lengths)))


def _batches(order: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(order), DOCUMENTS_A_BATCH):
        yield order[start : start + DOCUMENTS_A_BATCH]
