"""Values between tabs, and the words of their rows in a second file, as TensorFlow's Embedding
Projector loads them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from word2vec.vectors.formats.found import Found, Rows
from word2vec.vectors.formats.not_vectors import is_number
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.formats.vector_reader import BYTE_ORDER_MARK
from words_and_images.common.errors import UserError, counted

ENDING = ".tsv"
LONGEST_LINE = 1 << 23  # bytes
WORD_COLUMNS = ("word", "words", "token", "label", "name")


def words_path(path: Path) -> Path:
    """Where the words go that belong to a file of values."""
    return path.with_name(f"{path.stem}_words{ENDING}")


def find_words(path: Path) -> Path | None:
    """The file of words beside a file of values, as this project, gensim and TensorFlow call it.

    None for a file of another kind, and where there is none.
    """
    if path.suffix.lower() != ENDING or not path.is_file() or not _begins_with_values(path):
        return None
    stem = path.stem.removesuffix("_tensor")
    names = [words_path(path).name, f"{path.stem}_metadata{path.suffix}",
             f"{stem}_metadata{path.suffix}"]
    if path.stem in ("vectors", "tensors"):
        names.append(f"metadata{path.suffix}")
    return next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)


def _begins_with_values(path: Path) -> bool:
    """Whether numbers only stand in the first line, and behind a header no word in the second."""
    with path.open("rb") as opened:
        first, second = (opened.readline(LONGEST_LINE).split() for _ in range(2))
    return bool(first) and all(map(is_number, first + second[:1]))


def read(path: Path, words_file: Path, options: ReadOptions) -> Found:
    """Read values and words.

    Raises
    ------
    UserError
        For another number of words than of rows, and as `formats.read_vectors` does.
    """
    with path.open("rb") as lines:
        total = sum(not line.isspace() for line in lines)
    words = _words(words_file, total)
    if len(words) != total:
        raise UserError(f"{path} holds {counted(total, 'row')} and {words_file} "
                        f"{counted(len(words), 'word')}; give a word for each row.")
    with path.open("rb") as lines:
        return _rows(path, zip(words[: options.limit], lines, strict=False), options)


def _rows(path: Path, pairs: Iterator[tuple[bytes, bytes]], options: ReadOptions) -> Found:
    """Words with their lines of values, of which the first tells the dimension."""
    rows: Rows | None = None
    for number, (word, line) in enumerate(pairs, 1):
        fields = line.split()
        rows = rows or Rows(path, "line", len(fields), options, headed=False)
        values = rows.numbers(number, fields, b"_" in line)
        if len(values) != rows.dim:
            raise rows.wrong_count(number, len(values))
        rows.add(word, number, np.array(values, "<f4").tobytes())
    assert rows  # who calls has seen rows of numbers
    return rows.finish()


def _words(path: Path, rows: int) -> list[bytes]:
    """The words of a file; where a first line names columns, those of the column of words."""
    lines = path.read_bytes().removeprefix(BYTE_ORDER_MARK).removesuffix(b"\n").split(b"\n")
    cells = [line.removesuffix(b"\r").split(b"\t") for line in lines]
    names = [name.decode("utf-8", "replace").lower() for name in cells[0]]
    column = next((names.index(name) for name in WORD_COLUMNS if name in names), 0)
    if len(cells) == rows + 1 and (len(names) > 1 or names[0] in WORD_COLUMNS):
        cells = cells[1:]
    else:
        column = 0
    return [row[column] if column < len(row) else b"" for row in cells]
