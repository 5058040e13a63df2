"""Files of word vectors and folders of them: which kind a path is, read and written.

Text is a header line ``words dim`` and then a line ``word value value ...`` for each word; GloVe
leaves the header out. Binary is the same header line and then, for each word, its UTF-8 bytes, a
space and dim little-endian float32, with or without a line feed after them. Either may be packed,
or be in a zip archive. Besides there are safetensors (safetensors_file.py) and the two files of the
Embedding Projector (projector.py). Readers tell the kind by the content; writers take it from the
extension. A folder is what training writes.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import VECTORS
from word2vec.vectors.cosines import Floats
from word2vec.vectors.formats import (
    projector,
    safetensors_file,
    vector_reader,
    vector_writer,
    zipped,
)
from word2vec.vectors.formats.found import Found
from word2vec.vectors.formats.read_options import DEFAULTS, ReadOptions
from word2vec.vectors.formats.vector_writer import Counts
from word2vec.vectors.subword_vectors import SubwordVectors
from words_and_images.common.archives import shown_name
from words_and_images.common.errors import UserError
from words_and_images.common.files import (
    AnyPath,
    refuse_standard_output,
    refuse_unwritable,
    refuse_unwritable_file,
    write_json,
)
from words_and_images.common.own_files import making, refuse_foreign, refuse_input
from words_and_images.common.progress import Counter, progress, say
from words_and_images.common.streams import (
    PACKINGS,
    STANDARD_INPUT,
    Stream,
    called,
    opened,
    pieces_of,
    told_in_a_sentence,
    unpacked,
)

Writer = Callable[[Path, Sequence[str], Floats], None]

_WRITERS: dict[str, Writer] = {
    ".txt": vector_writer.write_text, ".vec": vector_writer.write_text,
    ".bin": vector_writer.write_binary, ".tsv": vector_writer.write_projector,
    ".safetensors": vector_writer.write_tensors}
_PACKED = (".txt", ".vec", ".bin")
ENDINGS = (f"{', '.join(_PACKED)}, any of them with {', '.join(PACKINGS[:-1])} or {PACKINGS[-1]} "
           "behind it, .tsv or .safetensors")


def read_vectors(path: Path, options: ReadOptions = DEFAULTS) -> tuple[list[str], Floats]:
    """Read a file of word vectors, whichever of the kinds above it is.

    Parameters
    ----------
    path : the file, or a pipe, ``-`` for standard input; ``archive.zip/member`` for one of several
        in an archive.
    options : what to make of it.

    Returns
    -------
    words : in the file's order. A word that comes again or is empty is left out, and said so.
    vectors : (words, dim) float32.

    Raises
    ------
    UserError
        For a file that does not exist, is cut short or contradicts its header, for what is no
        file of word vectors, named as what it is, for a word that is not of the encoding unless
        the options want it, and for a value that is no finite number; names the line or byte (of
        the unpacked content, counted from 0).
    """
    found = read_found(path, options)
    return list(found.words), found.vectors


def read_found(path: Path, options: ReadOptions = DEFAULTS) -> Found:
    """The same with the counts of the words, where the file has them."""
    found = _read(path, options)
    for warning in found.warnings:
        say(f"warning: {warning}")
    return found


def holds_vectors(path: Path) -> bool:
    """Whether a file holds vectors beyond doubt, as far as its first one tells."""
    try:
        return _read(path, ReadOptions(limit=1, errors="replace")).certain
    except UserError:
        return False


def write_vectors(
    path: Path, words: Sequence[str], vectors: Floats, counts: Counts = None
) -> None:
    """Write a file of the kind that its extension names, atomically.

    ``.txt`` or ``.vec`` is word2vec text with nine significant digits, which give every float32
    back exactly, ``.bin`` word2vec binary, any with ``.gz``, ``.bz2``, ``.xz`` or ``.zst`` behind
    it; ``.tsv`` is what the Embedding Projector of TensorFlow loads, with the words in a second
    file ``..._words.tsv``; ``.safetensors`` is mapped by who reads it, and has the counts too.

    Raises
    ------
    UserError
        For another extension, for a word that the format cannot hold, for a value that is not
        finite, and for a path that cannot be written.
    """
    writer = writer_of(path)
    if writer is vector_writer.write_tensors:
        vector_writer.write_tensors(path, words, vectors, counts)
    else:
        writer(path, words, vectors)


def writer_of(path: Path) -> Writer:
    """The function that writes files with that extension; UserError for an unknown one."""
    ending = path.suffix.lower()
    inner = Path(path.stem).suffix.lower()
    if ending in _WRITERS:
        return _WRITERS[ending]
    if ending in PACKINGS and inner in _PACKED:
        return _WRITERS[inner]
    raise UserError(f"{path} does not say its format; let the name end in {ENDINGS}; a folder's "
                    f"has no ending, or a slash behind it ({path}/).")


def refuse_place(out: Path | str, inputs: Iterable[AnyPath] = ()) -> bool:
    """Refuse to write where something else stands; return whether the path names a file.

    A name that ends in a slash or has no extension, as ``vectors`` or ``vectors-1.0``, is a
    folder's. `Path` drops the slash: only a str has it.

    Parameters
    ----------
    out : the file or folder to write.
    inputs : files and folders that are read.

    Raises
    ------
    UserError
        For ``-``, for a folder or a file with other content, for one that is or holds an input,
        for a place that cannot be written, and for an unknown extension.
    """
    refuse_standard_output(out)
    path = Path(out)
    for written in (path, _words_of(path)):
        refuse_input(written, inputs)
    if path.is_dir():
        refuse_foreign(path, VECTORS)
    refuse_unwritable(path)
    slash = str(out).endswith(tuple(filter(None, (os.sep, os.altsep))))
    if slash or path.is_dir() or not path.suffix or path.suffix[1:].isdigit():
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is a file and a folder is to be written; name another place.")
        return False
    writer_of(path)
    _refuse_foreign_phrases(path)
    return True


def _words_of(path: Path) -> Path:
    """The second file, of words, that is written with a file of vectors; itself where there is
    none."""
    return projector.words_path(path) if path.suffix.lower() == projector.ENDING else path


def _refuse_foreign_phrases(path: Path) -> None:
    """Refuse to replace what cannot be read as vectors, with the words that belong to it."""
    words = _words_of(path)
    if path.exists() and not (path.is_file() and holds_vectors(path)):
        raise UserError(f"{path} exists and holds no word vectors; name a new file.")
    refuse_unwritable_file(words)
    if words.exists() and not path.exists():
        raise UserError(f"{words} exists and belongs to no vectors; name a new file.")


def write_folder(
    path: Path, words: Sequence[str], vectors: Floats, counts: Counts, record: dict[str, Any],
    subwords: SubwordVectors | None = None,
) -> None:
    """A folder as training writes it, without the output vectors; it is mapped and not read.

    Parameters
    ----------
    path : a new folder, or one of ours, which is replaced.
    words, vectors, counts : counts that are not known are written as 0.
    record : what record.json says.
    subwords : the vectors of n-grams, where there are some.

    Raises
    ------
    UserError
        For a folder with other content, a path that cannot be written, a word with a line feed,
        and a value that is not finite.
    """
    refuse_foreign(path, VECTORS)
    vector_writer.refuse_unwritable(words, vectors)
    with vector_writer.told(path), making(path, VECTORS) as temporary:
        temporary.mkdir()
        np.save(temporary / "input_vectors.npy", np.ascontiguousarray(vectors, np.float32))
        known = np.zeros(len(words), np.int64) if counts is None else counts
        Vocabulary(list(words), known).save(temporary / "vocabulary.txt")
        kept = subwords.save(temporary) if subwords else {}
        write_json(temporary / VECTORS.record, {**record, **kept})


def _read(path: Path, options: ReadOptions) -> Found:
    """What a file holds, without a word said."""
    with _told(path):
        if path == STANDARD_INPUT:
            with opened(path) as raw:
                return vector_reader.read(Path(called(path)), unpacked(raw, called(path)), options)
        if archive := zipped.archive_of(path):
            return _read_zipped(*archive, options)
        if safetensors_file.is_tensor_file(path):
            return safetensors_file.read(path, options)
        if words := projector.find_words(path):
            return projector.read(path, words, options)
        with _opened(path) as content:
            return vector_reader.read(path, content, options)


def _read_zipped(archive: Path, member: str, options: ReadOptions) -> Found:
    def read(name: str, options: ReadOptions) -> Found:
        with zipped.opened(archive, name) as content:
            return vector_reader.read(archive / shown_name(name), content, options)

    def holds(name: str) -> bool:
        try:
            return bool(read(name, replace(options, limit=1, errors="replace")))
        except UserError:
            return False

    return read(zipped.choose(archive, member, holds), options)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell in one sentence where a path cannot be read."""
    with told_in_a_sentence(str(path)):
        try:
            yield
        except FileNotFoundError:
            raise UserError(f"{path} does not exist; give a folder of trained vectors or a file of "
                            "word vectors.") from None
        except MemoryError:
            raise UserError(f"{path} holds more than there is memory for; convert as many words of "
                            "it as fit with `word2vec convert --limit`.") from None


@contextmanager
def _opened(path: Path) -> Iterator[Stream]:
    """The content of a plain or packed file or of a pipe."""
    status = path.stat()
    size = status.st_size if stat.S_ISREG(status.st_mode) else None
    with progress(f"reading {path}", size, "bytes", brief=True) as counter, opened(path) as raw:
        yield unpacked(Stream(_watched(raw, counter)), str(path))


def _watched(content: Stream, counter: Counter) -> Iterator[bytes]:
    for piece in pieces_of(content):
        counter.advance(len(piece))
        yield piece
