"""A text numbered in shards by the workers of a cluster: the files of one read at a stretch.

A worker numbers the words of its shard by their first appearance in it. The shards are merged in
their order, so that each word gets the number that it gets where one process reads all the text.
"""

import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.documents.text import can_be_cut, cuts, lines, lines_between
from word2vec.corpus.numbering import (
    CorpusWriter,
    NumberedCorpus,
    WordNumbers,
    Words,
    numbered,
    together,
)
from word2vec.corpus.token_check import TokenCheck
from word2vec.corpus.tokens import tokeniser
from words_and_images.common.errors import UserError
from words_and_images.common.progress import progress

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster

# Characters, or bytes of a file. With half as many a worker takes a seventh longer, for its table
# of words is empty at the beginning; what is on the way takes memory, two shards a worker.
SHARD = 1 << 23
ANSWER = 15  # seconds in which a worker says whether it has a file; else it says so later


@dataclass(frozen=True)
class FilePart:
    """Lines of a file that a worker reads itself.

    Parameters
    ----------
    path : under which this process and the workers have it.
    size : bytes of the whole file.
    begin, end : bytes at the ends of lines.
    """

    path: str
    size: int
    begin: int
    end: int

    def texts(self) -> Iterator[str]:
        """Stretches of the lines; UserError where this machine does not have them."""
        if reason := hindrance(self.path, self.size):
            raise _unlike_here(platform.node(), self.path, reason)
        try:
            yield from together(lines_between(Path(self.path), self.begin, self.end))
        except (EOFError, OSError) as error:
            raise _unlike_here(platform.node(), self.path, str(error)) from None


@dataclass(frozen=True)
class Shard:
    """A part of a text, and how it is read.

    Parameters
    ----------
    part : stretches of text as from `together`, or where they are read.
    tokens, turkish : as in `number_documents`.
    """

    part: list[str] | FilePart
    tokens: str
    turkish: bool

    def texts(self) -> Iterable[str]:
        """Its stretches of text."""
        return self.part.texts() if isinstance(self.part, FilePart) else self.part


@dataclass(frozen=True)
class NumberedShard:
    """A shard as numbers of its words.

    Parameters
    ----------
    words : (words,) in the order of their numbers.
    numbers : (tokens,)
    ends : (documents,) how many tokens there are up to the end of each.
    check : what was seen of the text.
    """

    words: list[bytes]
    numbers: NDArray[np.int32]
    ends: NDArray[np.int64]
    check: TokenCheck


def number_on_workers(
    cluster: "Cluster", documents: Iterable[str] | Path, folder: Path, tokens: str,
    turkish: bool = False,
) -> NumberedCorpus:
    """What `number_documents` writes and says, by the workers of a cluster.

    Memory holds the distinct words and a few shards. Where workers read the text themselves, its
    stretches begin anew with each shard, so that a warning may have slightly other figures and
    examples.

    Parameters
    ----------
    documents : texts; or the path of a file that `lines` reads, from which workers read their
        parts, if they share its file system and it is plain.
    folder, tokens, turkish : as in `number_documents`.

    Raises
    ------
    UserError
        For a worker that does not have the file.
    """
    parts: Iterable[list[str]] | Iterable[FilePart]
    if isinstance(documents, Path) and cluster.shared and can_be_cut(documents):
        parts, sent = _of_file(documents, cluster), False
    else:
        texts = lines(documents) if isinstance(documents, Path) else documents
        parts, sent = _of_text(texts), True
    shards = (Shard(part, tokens, turkish) for part in parts)
    return merge(cluster.in_order(number_shard, shards, sent), folder, tokens)


def number_shard(shard: Shard) -> NumberedShard:
    """Number the words of a shard by their first appearance in it."""
    numbers, check = WordNumbers(), TokenCheck(shard.tokens)
    blank = tokeniser(shard.tokens, shard.turkish)
    found, ends = zip(*numbered(shard.texts(), numbers, check, blank), strict=True)
    starts = np.cumsum([0, *map(len, found[:-1])])
    return NumberedShard(list(numbers.words), np.concatenate(found),
                         np.concatenate([*map(np.add, starts, ends)]), check)


def merge(shards: Iterable[NumberedShard], folder: Path, tokens: str) -> NumberedCorpus:
    """Write the shards of a text, in their order, as one corpus."""
    words, check = Words(), TokenCheck(tokens)
    with CorpusWriter(folder) as output, progress("counting words", None, "words") as counter:
        for shard in shards:
            renumbering = np.fromiter(map(words.__getitem__, shard.words), np.int32)
            output.write(renumbering[shard.numbers], shard.ends)
            check.add(shard.check)
            counter.advance(len(shard.numbers))
    check.warn()
    return NumberedCorpus(folder, words)


def hindrance(path: str, size: int) -> str | None:
    """Why a file cannot be read here, or is not the one of that size; None where nothing is."""
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno()).st_size
    except OSError as error:
        return error.strerror or str(error)
    return None if found == size else f"it has {found:,} bytes there and {size:,} here"


def _of_text(documents: Iterable[str]) -> Iterator[list[str]]:
    """Documents in parts of some SHARD characters, of the same stretches as without a cluster."""
    waiting: list[str] = []
    size = 0
    for text in together(documents):
        waiting.append(text)
        size += len(text)
        if size >= SHARD:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _of_file(path: Path, cluster: "Cluster") -> Iterator[FilePart]:
    """A file in parts, if all workers have it."""
    name, size = str(path.absolute()), path.stat().st_size
    asked = {worker: cluster.submit(hindrance, name, size, only=worker)
             for worker in cluster.workers()}
    for worker, reason in cluster.answers(asked, ANSWER).items():
        if reason:
            raise _unlike_here(worker, name, reason)
    for begin, end in cuts(path, size, SHARD):
        yield FilePart(name, size, begin, end)


def _unlike_here(worker: str, path: str, reason: str) -> UserError:
    return UserError(f"the worker {worker} cannot read the {path} of this process ({reason}); have "
                     "both read the same file under this path, or send it with --engine-files "
                     "sent (engine.files in params.yaml).")
