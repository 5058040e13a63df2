"""From documents to the encoded corpus (encoded_corpus.py)."""

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike, NDArray

from word2vec.corpus.documents.text import can_be_cut, lines
from word2vec.corpus.numbering import (
    LONGEST_WORD,
    TOKENS_AT_ONCE,
    NumberedCorpus,
    Tokens,
    number_documents,
)
from word2vec.corpus.phrases import (
    Pass,
    find_phrases,
    join_phrases,
    phrases_text,
    respelled,
    warn_of_strangers,
)
from word2vec.corpus.reading import Reading
from word2vec.corpus.shards import number_on_workers
from word2vec.corpus.tokens import spelling_of, tokeniser
from word2vec.corpus.vocabulary import Vocabulary, order_words
from word2vec.folders import ENCODED
from word2vec.parameters import TOKENS, EncodeParameters, PhraseParameters
from words_and_images.common.errors import UserError
from words_and_images.common.files import refuse_without_room
from words_and_images.common.own_files import making

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster

DOCUMENTS_A_BATCH = 4096
BEGINNING = 1 << 20  # bytes of a text that tell how many tokens it has
ID_BYTES = np.dtype(np.int32).itemsize


def encode(
    documents: Iterable[str] | Path, folder: Path, parameters: EncodeParameters,
    phrases: Iterable[Pass] | PhraseParameters = (), known: Collection[str] = (),
    cluster: "Cluster | None" = None,
) -> Vocabulary:
    """Write a corpus as ids.npy, bounds.npy and vocabulary.txt, and return its vocabulary.

    One pass gives every word a number in order of appearance and writes these to disk; phrases
    are joined there; then the counts are known, and the numbers are rewritten as ids by falling
    count, documents in random order. Memory holds the distinct words and, while the order is
    drawn, eight bytes a document, never the corpus. How the text was read is written too
    (`Reading`).

    Parameters
    ----------
    documents : texts; or the path of a file of text, of one a line.
    folder : the folder to write.
    parameters : how text becomes ids.
    phrases : whose words are joined, pass by pass; or how to find them.
    known : words of an earlier training, kept and counted however rare they are here.
    cluster : whose workers read the text. What is written is the same to the byte.

    Raises
    ------
    UserError
        When fewer than two words are left, for `max_counted` with a cluster, and without room for
        the files: told by the beginning of a plain text file, and else once the text was read.
    """
    if cluster is not None and parameters.max_counted is not None:
        raise UserError(f"max_counted is {parameters.max_counted} and engine is dask, where no "
                        "worker knows which words are rarest in all; leave max_counted out, or "
                        "give engine local.")
    parameters, kept = parameters.for_corpus(), {word.encode() for word in known}
    with making(folder, ENCODED) as temporary:
        temporary.mkdir()
        corpus = _numbered(documents, temporary / "numbered", parameters, kept, cluster)
        if isinstance(phrases, PhraseParameters):
            passes, corpus = find_phrases(corpus, phrases)
        else:
            passes = respelled(phrases, spelling_of(str(parameters.tokens), parameters.turkish))
            corpus = _joined(corpus, passes, parameters, expected=not known)
        vocabulary = _vocabulary(corpus, parameters, kept)
        refuse_without_room(temporary, vocabulary.total * ID_BYTES + corpus.bounds.nbytes)
        write_ids(temporary, corpus, parameters, vocabulary, vocabulary.total)
        vocabulary.save(temporary / "vocabulary.txt")
        Reading(asdict(parameters), phrases_text(passes) if passes else "").save(temporary)
        corpus.remove()
    return vocabulary


def _numbered(
    documents: Iterable[str] | Path, folder: Path, parameters: EncodeParameters,
    kept: Collection[bytes], cluster: "Cluster | None",
) -> NumberedCorpus:
    tokens = str(parameters.tokens)
    if isinstance(documents, Path) and can_be_cut(documents):
        refuse_without_room(folder, 2 * _bytes_of_ids(documents, tokens, parameters.turkish))
    if cluster is not None:
        return number_on_workers(cluster, documents, folder, tokens, parameters.turkish)
    texts = lines(documents) if isinstance(documents, Path) else documents
    return number_documents(
        texts, folder, tokens, parameters.max_counted, parameters.turkish, kept)


def _bytes_of_ids(text: Path, tokens: str, turkish: bool) -> int:
    """How many bytes a file's tokens may take as ids, if all of it is like its beginning."""
    with text.open("rb") as opened:
        beginning = opened.read(BEGINNING)
    found = Tokens.find(tokeniser(tokens, turkish)(beginning.decode(errors="replace")))
    return len(found) * ID_BYTES * text.stat().st_size // max(len(beginning), 1)


def _joined(
    corpus: NumberedCorpus, passes: list[Pass], parameters: EncodeParameters, expected: bool
) -> NumberedCorpus:
    """The corpus with phrases joined; where they are `expected` in it, it is said if few are."""
    before = corpus.total
    corpus = join_phrases(corpus, passes)
    if expected:
        warn_of_strangers(passes, corpus, before - corpus.total, parameters)
    return corpus


def _vocabulary(
    corpus: NumberedCorpus, parameters: EncodeParameters, kept: Collection[bytes]
) -> Vocabulary:
    if not corpus.words:
        raise UserError(f"the text holds no words with tokens = {parameters.tokens} (of up to "
                        f"{LONGEST_WORD:,} bytes); give other text, or choose from "
                        f"{', '.join(TOKENS)}.")
    counts = corpus.counts()[np.fromiter(corpus.words.values(), np.int64, len(corpus.words))]
    return order_words(corpus.words, counts, parameters.min_count, parameters.max_words, kept)


def _order(corpus: NumberedCorpus, parameters: EncodeParameters) -> NDArray[np.int64]:
    """The documents in the order in which they are to be written."""
    documents = len(corpus.bounds) - 1
    if parameters.shuffle:
        return np.random.default_rng(parameters.seed).permutation(documents)
    return np.arange(documents)


def write_ids(
    folder: Path, corpus: NumberedCorpus, parameters: EncodeParameters, vocabulary: Vocabulary,
    total: int,
) -> None:
    """Write ids.npy and bounds.npy: the documents in their order under their final ids.

    `total` tokens of the corpus are in the vocabulary.
    """
    order = _order(corpus, parameters)
    renumbering = np.full(corpus.words.given, -1, np.int32)  # -1: not in the vocabulary
    renumbering[[corpus.words[word.encode()] for word in vocabulary.words]] = np.arange(
        len(vocabulary))
    starts = corpus.bounds
    with (
        corpus.tokens_file.open("rb") as tokens_file,
        _array_file(folder / "ids.npy", np.int32, total) as ids_file,
        _array_file(folder / "bounds.npy", np.int64, len(order) + 1) as bounds_file,
    ):
        bounds = np.zeros(1, np.int64)
        bounds_file.write(bounds.tobytes())
        for documents in _batches(order, starts):
            ids, lengths = _gather(tokens_file, starts, documents)
            ids = renumbering[ids]
            known = ids >= 0
            ends = np.append(0, np.cumsum(known))[np.cumsum(lengths)]
            bounds = bounds[-1] + ends
            bounds_file.write(bounds.tobytes())
            ids_file.write(ids[known].tobytes())


@contextmanager
def _array_file(path: Path, kind: DTypeLike, length: int) -> Iterator[IO[bytes]]:
    """A file of NumPy's that is written piece by piece."""
    with path.open("wb") as opened:
        np.lib.format.write_array_header_1_0(opened, {
            "descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False,
            "shape": (length,)})
        yield opened


def _batches(
    order: NDArray[np.int64], bounds: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Documents that are written together: not too many, and not of too many tokens."""
    for start in range(0, len(order), DOCUMENTS_A_BATCH):
        documents = order[start : start + DOCUMENTS_A_BATCH]
        ends = np.cumsum(bounds[documents + 1] - bounds[documents])
        cuts = np.flatnonzero(np.diff(ends // TOKENS_AT_ONCE)) + 1
        yield from np.split(documents, cuts)


def _gather(
    opened: IO[bytes], bounds: NDArray[np.int64], documents: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The tokens of some documents one after the other, and how many each has."""
    # Read, not mapped: at random places a page costs more than a call, and stays in memory.
    size = np.dtype(np.int32).itemsize
    starts, lengths = bounds[documents], bounds[documents + 1] - bounds[documents]
    places = zip((lengths * size).tolist(), (starts * size).tolist(), strict=True)
    pieces = [os.pread(opened.fileno(), length, start) for length, start in places]
    return np.frombuffer(b"".join(pieces), np.int32), lengths
