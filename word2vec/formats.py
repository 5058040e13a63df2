"""Files of word vectors: word2vec text and binary, GloVe text, each plain or gzip; and folders.

Text is a header line ``words dim`` and then a line ``word value value ...`` for each word; GloVe
leaves the header out. Binary is the same header line and then, for each word, its UTF-8 bytes, a
space and dim little-endian float32, with or without a line feed after them. Readers tell the kind
by the content; writers take it from the extension. A folder is what training writes.
"""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import refuse_foreign_folder, replacing, write_json
from common.parameters import require
from common.progress import Counter, progress
from word2vec import vector_reader
from word2vec.vector_reader import BLOCK_BYTES
from word2vec.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Writer = Callable[[Path, Sequence[str], Floats], None]

ROWS_A_STEP = 1 << 10  # between two looks at how far it is
RECORD = "record.json"  # marks a folder as ours

_UNWRITABLE = re.compile(r"[ \n\t\r\v\f\0]")


def read_vectors(
    path: Path, limit: int | None = None, binary: bool | None = None
) -> tuple[list[str], Floats]:
    """Read a file of word vectors, whichever of the kinds above it is.

    Parameters
    ----------
    path : the file.
    limit : read no more than so many vectors, from the beginning.
    binary : whether a file with a header is binary or text; None tells by the content.

    Returns
    -------
    words : in the file's order. A word that comes again is left out, and said so.
    vectors : (words, dim) float32.

    Raises
    ------
    UserError
        For a file that does not exist, is cut short or contradicts its header, for a word that is
        not UTF-8 and for a value that is no finite number; names the line or byte (of the
        unpacked content, counted from 0).
    """
    require(limit is None or limit >= 1, "limit", limit, "at least 1")
    try:
        with _opened(path) as stream:
            return vector_reader.read(path, stream, limit, binary)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{path} cannot be unpacked to its end ({error}); make it anew.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}); give a file of word "
                        "vectors.") from None
    except MemoryError:
        raise UserError(f"{path} holds more than there is memory for; convert as many words of it "
                        "as fit with `word2vec convert --limit`.") from None


def write_vectors(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """Write a file of the kind that its extension names, atomically.

    ``.txt`` or ``.vec`` is word2vec text with nine significant digits, which give every float32
    back exactly, ``.bin`` word2vec binary, any with ``.gz`` behind it; ``.tsv`` is what the
    Embedding Projector of TensorFlow loads, with the words in a second file ``..._words.tsv``.

    Raises
    ------
    UserError
        For another extension, for a word that is empty or contains white space, for a value that
        is not finite, and for a path that cannot be written.
    """
    writer_of(path)(path, words, vectors)


def writer_of(path: Path) -> Writer:
    """The function that writes files with that extension; UserError for an unknown one."""
    writers: dict[str, Writer] = {
        ".txt": write_text_vectors, ".vec": write_text_vectors,
        ".bin": write_binary_vectors, ".tsv": write_projector}
    extension = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    if extension not in writers or path.name.endswith(".tsv.gz"):
        raise UserError(f"{path} does not say its format; let the name end in .txt, .vec, "
                        ".bin, any of them with .gz, or in .tsv.")
    return writers[extension]


def refuse_place(path: Path) -> bool:
    """Refuse to write where something else stands; return whether the path names a file.

    A name without extension, as ``vectors`` or ``vectors-1.0``, is a folder's.

    Raises
    ------
    UserError
        For a folder or a file with other content, and for an unknown extension.
    """
    refuse_foreign_folder(path, RECORD)
    if path.is_dir() or not path.suffix or path.suffix[1:].isdigit():
        return False
    writer_of(path)
    # Not every table of values for the Projector can be told from other tables.
    if path.exists() and path.suffix != ".tsv":
        try:
            read_vectors(path, limit=1)
        except UserError:
            raise UserError(f"{path} exists and holds no word vectors; name a new file.") from None
    return True


def write_text_vectors(
    path: Path, words: Sequence[str], vectors: Floats, header: bool = True
) -> None:
    """word2vec text, or GloVe's without the header; gzip where the name ends in .gz."""
    values = " ".join(["%.9g"] * vectors.shape[1])
    _refuse_unwritable(words, vectors)
    with _created(path) as output:
        if header:
            output.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in _told_rows(path, words, vectors):
            output.write(f"{word} {values % tuple(vector.tolist())}\n".encode())


def write_binary_vectors(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """word2vec binary, as word2vec.c writes it: a line feed after each vector."""
    _refuse_unwritable(words, vectors)
    with _created(path) as output:
        output.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in _told_rows(path, words, vectors):
            output.write(b"%b %b\n" % (word.encode(), vector.astype("<f4").tobytes()))


def write_projector(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """Tab-separated values, and the words one a line in ``<name>_words.tsv`` beside them."""
    values = "\t".join(["%.9g"] * vectors.shape[1])
    _refuse_unwritable(words, vectors)
    with _created(path.with_name(f"{path.stem}_words.tsv")) as output:
        output.write("".join(f"{word}\n" for word in words).encode())
    with _created(path) as output:
        output.writelines(f"{values % tuple(vector.tolist())}\n".encode()
                          for _, vector in _told_rows(path, words, vectors))


def _told_rows(path: Path, words: Sequence[str], vectors: Floats) -> Iterator[tuple[str, Floats]]:
    """Words with their vectors, and how far it is."""
    with progress(f"writing {path}", len(words), "words", brief=True) as counter:
        for start in range(0, len(words), ROWS_A_STEP):
            rows = slice(start, start + ROWS_A_STEP)
            yield from zip(words[rows], vectors[rows], strict=True)
            counter.advance(len(words[rows]))


def write_folder(
    path: Path, words: Sequence[str], vectors: Floats, counts: NDArray[np.int64] | None,
    record: dict[str, Any],
) -> None:
    """A folder as training writes it, without the output vectors; it is mapped and not read.

    Parameters
    ----------
    path : a new folder, or one of ours, which is replaced.
    words, vectors, counts : counts that are not known are written as 0.
    record : what record.json says.

    Raises
    ------
    UserError
        For a folder with other content, a path that cannot be written, a word with a line feed,
        and a value that is not finite.
    """
    refuse_foreign_folder(path, RECORD)
    for word in words:
        if "\n" in word:
            raise UserError(f"the word {word!r} contains a line feed; rename or remove it.")
    _refuse_infinite(words, vectors)
    with _told(path), replacing(path) as temporary:
        temporary.mkdir()
        np.save(temporary / "input_vectors.npy", np.ascontiguousarray(vectors, np.float32))
        known = np.zeros(len(words), np.int64) if counts is None else counts
        Vocabulary(list(words), known).save(temporary / "vocabulary.txt")
        write_json(temporary / RECORD, record)


def _refuse_unwritable(words: Sequence[str], vectors: Floats) -> None:
    """Refuse what no reader would take back."""
    for word in words:
        if not word or _UNWRITABLE.search(word):
            raise UserError(f"the word {word!r} is empty or contains white space, which files of "
                            "word vectors cannot hold; rename or remove it.")
    _refuse_infinite(words, vectors)


def _refuse_infinite(words: Sequence[str], vectors: Floats) -> None:
    for start in range(0, len(vectors), 1 << 16):
        finite = np.isfinite(vectors[start : start + (1 << 16)]).all(axis=1)
        if not finite.all():
            word = words[start + int(finite.argmin())]
            raise UserError(f"the vector of {word!r} holds a value that is not finite; train or "
                            "convert it anew.")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell in one sentence where a path cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror or error}); give another "
                        "place.") from None


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    """A buffered file that replaces `path`; gzip without a time or name, so equal bytes again."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a file.")
    with _told(path), replacing(path) as temporary, temporary.open("wb") as plain:
        if path.suffix != ".gz":
            yield plain
            return
        with (
            gzip.GzipFile("", "wb", compresslevel=5, fileobj=plain, mtime=0) as packed,
            io.BufferedWriter(cast(io.RawIOBase, packed), BLOCK_BYTES) as output,
        ):
            yield output


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The content of a plain or gzip file, told apart by the first bytes."""
    size = path.stat().st_size
    with (
        progress(f"reading {path}", size, "bytes", brief=True) as counter,
        _Watched(path, counter) as raw,
        io.BufferedReader(raw, BLOCK_BYTES) as plain,
    ):
        packed = plain.peek(2)[:2] == b"\x1f\x8b"
        if not packed:
            yield plain
            return
        with gzip.open(plain) as unpacked:
            yield cast(IO[bytes], unpacked)


class _Watched(io.FileIO):
    """A file that counts how far it has been read."""

    def __init__(self, path: Path, counter: Counter) -> None:
        super().__init__(path)
        self._counter = counter

    def readinto(self, buffer: Any) -> int | None:
        taken = super().readinto(buffer)
        self._counter.advance(max(0, self.tell() - self._counter.done))  # it may go back
        return taken
