"""Word vectors as word2vec text, word2vec binary, for the Embedding Projector, as safetensors."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from word2vec.vectors.cosines import Floats
from word2vec.vectors.formats import projector, safetensors_file
from word2vec.vectors.formats.found import first_infinite
from word2vec.vectors.formats.not_vectors import is_number
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import replacing
from words_and_images.common.progress import progress, say
from words_and_images.common.streams import PACKINGS, packing

Counts = NDArray[np.int64] | None

ROWS_A_STEP = 1 << 10  # between two looks at how far it is

# What a reader would not take back as it was.
_NOT_IN_TEXT = re.compile(r"^$|[\n\0]|^[ \t\r\v\f]|[ \t\r\v\f]$")
_NOT_IN_BINARY = re.compile(r"^$|[ \n\t\r\v\f\0]")
_NOT_IN_LINES = re.compile(r"[\n]")
_NOT_IN_COLUMN = re.compile(r"^$|[\n\t\r\0]")


def write_text(
    path: Path, words: Sequence[str], vectors: Floats, header: bool = True
) -> None:
    """word2vec text, packed as the name ends; without a header it is GloVe's."""
    refuse_unwritable(words, vectors, _NOT_IN_TEXT, "text")
    _refuse_words_like_values(words, header)
    values = " ".join(["%.9g"] * vectors.shape[1])
    with created(path) as output:
        if header:
            output.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in _told_rows(path, words, vectors):
            output.write(f"{word} {values % tuple(vector.tolist())}\n".encode())


def write_binary(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """word2vec binary, as word2vec.c writes it: a line feed after each vector."""
    refuse_unwritable(words, vectors, _NOT_IN_BINARY, "word2vec binary")
    with created(path) as output:
        output.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in _told_rows(path, words, vectors):
            output.write(b"%b %b\n" % (word.encode(), vector.astype("<f4").tobytes()))


def write_projector(path: Path, words: Sequence[str], vectors: Floats) -> None:
    """Tab-separated values, and the words one a line in ``<name>_words.tsv`` beside them."""
    refuse_unwritable(words, vectors, _NOT_IN_COLUMN, "a column of words")
    values = "\t".join(["%.9g"] * vectors.shape[1])
    with created(projector.words_path(path)) as output:
        output.write("".join(f"{word}\n" for word in words).encode())
    with created(path) as output:
        output.writelines(f"{values % tuple(vector.tolist())}\n".encode()
                          for _, vector in _told_rows(path, words, vectors))


def write_tensors(
    path: Path, words: Sequence[str], vectors: Floats, counts: Counts = None
) -> None:
    """safetensors, in the layout of `word2vec.vectors.formats.safetensors_file`."""
    refuse_unwritable(words, vectors, _NOT_IN_LINES, "a list of lines")
    with created(path) as output:
        safetensors_file.write(output, words, vectors, counts)


def refuse_unwritable(
    words: Sequence[str], vectors: Floats, unwritable: re.Pattern[str] = _NOT_IN_LINES,
    kind: str = "a list of lines",
) -> None:
    """Refuse what no reader would take back.

    Raises
    ------
    UserError
        Naming the first word that such a file cannot hold, or whose vector holds a value that is
        not finite.
    """
    remedy = "" if unwritable is _NOT_IN_LINES else ", or write a folder"
    for word in words:
        if unwritable.search(word):
            raise UserError(f"the word {word!r} is empty, or has white space or a zero byte that "
                            f"{kind} cannot hold there; rename or remove it{remedy}.")
    try:
        "".join(words).encode()
    except UnicodeEncodeError as error:
        raise UserError(f"a word holds {error.object[error.start]!r}, which is half a character; "
                        "rename or remove it.") from None
    row = first_infinite(vectors)
    if row is not None:
        raise UserError(f"the vector of {words[row]!r} holds a value that is not finite; train or "
                        "convert it anew.")


def _refuse_words_like_values(words: Sequence[str], header: bool) -> None:
    """Words with blanks in text: the last values of a line are the vector, the rest is the word.

    What a reader cannot tell from values is refused, and what only some readers can is said.
    """
    spaced = [word for word in words if len(word.encode().split()) > 1]
    if not spaced:
        return
    first_part = -1 if header else 1
    numbered = [word for word in spaced
                if any(map(is_number, word.encode().split()[first_part:]))]
    if len(numbered) == len(words) or (numbered and not header):
        raise UserError(f"the word {numbered[0]!r} ends in a number, which in text would be a "
                        "value; rename or remove it, or write a folder.")
    say(f"warning: {counted(len(spaced), 'word')} with white space, first {spaced[0]!r}: this "
        "project reads such text back, gensim and word2vec.c do not.")


def _told_rows(path: Path, words: Sequence[str], vectors: Floats) -> Iterator[tuple[str, Floats]]:
    """Words with their vectors, and how far it is."""
    with progress(f"writing {path}", len(words), "words", brief=True) as counter:
        for start in range(0, len(words), ROWS_A_STEP):
            rows = slice(start, start + ROWS_A_STEP)
            yield from zip(words[rows], vectors[rows], strict=True)
            counter.advance(len(words[rows]))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell in one sentence where a path cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror or error}); give another "
                        "place.") from None


@contextmanager
def created(path: Path) -> Iterator[IO[bytes]]:
    """A buffered file that replaces `path`, packed as its name ends."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a file.")
    with told(path), replacing(path) as temporary, temporary.open("wb") as plain:
        ending = path.suffix.lower()
        if ending not in PACKINGS:
            yield plain
            return
        with packing(plain, ending) as output:
            yield output
