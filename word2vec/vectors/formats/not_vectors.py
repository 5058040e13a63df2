"""What a file is that holds no word vectors: told by its first bytes, or by its first rows."""

import re
import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from words_and_images.common.errors import UserError

LARGEST_DIM = 100_000
LARGEST_TENSOR_HEADER = 100_000_000  # bytes, as the format has it
CONTROL = bytes({*range(0x20), 0x7F} - {*b"\t\n\v\f\r"})  # what no text has
SAMPLE_ROWS = 100  # of a file without header, from which is told what it holds
LONGEST_TOLD = 100  # characters
HEADINGS = 3  # rows in which a table begins, whatever stands above it
ENOUGH_ROWS = 10  # before one column of whole numbers is no accident

_UNPACK = "unpack it and give the file of vectors in it"
_WRITE_TEXT = "write its vectors as text, a word and its values a line"
_FROM_PYTHON = ("bring words and matrix together in Python: "
                "word2vec.vectors.formats.write_vectors(Path('vectors.bin'), words, matrix)")
_TO_UTF8 = "make UTF-8 of it, for example with iconv"

_FASTTEXT = ("a fastText model from before version 12",
             "give the .vec file that fastText writes beside it, or train it with a later version")
_SETTINGS = "<12i"
_NUMPY = b"\x93NUMPY"
_BEGINNINGS = {
    b"PK\x03\x04": ("a zip archive", _UNPACK),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file", _WRITE_TEXT),
    b"PAR1": ("a Parquet table", _WRITE_TEXT),
    b"ARROW1": ("an Arrow table", _WRITE_TEXT),
    b"SQLite format 3\0": ("an SQLite database", _WRITE_TEXT),
    b"GGUF": ("a language model in GGUF", "give a file of word vectors"),
    b"%PDF": ("a PDF document", "give a file of word vectors"),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!": ("a RAR archive", _UNPACK),
    b"\x1f\x9d": ("packed with compress", "unpack it, for example with gzip -d"),
    b"\xff\xfe\0\0": ("text in UTF-32", _TO_UTF8), b"\0\0\xfe\xff": ("text in UTF-32", _TO_UTF8),
    b"\xff\xfe": ("text in UTF-16", _TO_UTF8), b"\xfe\xff": ("text in UTF-16", _TO_UTF8),
}
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95c(}\]]|[}\]]q\0|\([dl]p?\d*\n"
                     rb"|c(?:gensim|copy_reg|numpy)\S*\n")
_PICKLED = ("opening one can run code, so it stays closed: load it in gensim and write its "
            "vectors, model.wv, with save_word2vec_format('vectors.bin', binary=True)")

_DECIMAL_COMMA = re.compile(rb"-?\d+,\d+")
_PHRASE = re.compile(rb"\S+ \S+\t[-+.\de]+(?:\t\d+){3}\s*")


def refuse_other_kinds(path: Path, head: bytes) -> None:
    """Refuse what its first bytes tell to be something else; `head` are at least 512 of them.

    Raises
    ------
    UserError
        Naming what the file is, and how vectors are had of it.
    """
    found = next((kind for magic, kind in _BEGINNINGS.items() if head.startswith(magic)), None)
    if head.startswith(_NUMPY):
        found = _kind_of_array(path)
    if _is_old_fasttext(head):
        found = _FASTTEXT
    if is_tensor_head(head):
        found = "safetensors, which is mapped", "give it as a file of its own, not packed or piped"
    if head[257:262] == b"ustar":
        found = "a tar archive", _UNPACK
    if _PICKLE.match(head):
        kind = "of gensim" if b"gensim" in head else "as gensim's .model and .kv are"
        found = f"a Python pickle {kind}", _PICKLED
    if found:
        raise _other(path, *found)


def is_tensor_head(head: bytes) -> bool:
    """Whether bytes are the beginning of safetensors: a length, and then a header in JSON."""
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= LARGEST_TENSOR_HEADER


def _is_old_fasttext(head: bytes) -> bool:
    """Whether bytes begin like a fastText model from before its mark: with its settings.

    They are dim, window, epochs, min_count, noise words, longest n-gram of words, loss and model
    (1 to 3), buckets, shortest and longest piece of a word, and words between two looks at the
    rate, each in four bytes.
    """
    if len(head) < struct.calcsize(_SETTINGS):
        return False
    dim, *counts, loss, model, buckets, shortest, longest, rate = struct.unpack_from(
        _SETTINGS, head)
    return (0 < dim <= LARGEST_DIM and all(0 <= count < 1 << 16 for count in counts)
            and loss in (1, 2, 3) and model in (1, 2, 3) and buckets >= 0
            and 0 <= shortest <= longest < 100 and rate >= 0)


def dimension_of_rows(path: Path, rows: Sequence[bytes], believed: bool) -> int:
    """The values a row on which the first rows of a file without header agree.

    A word may have blanks in it: the values are the numbers that end a line.

    Parameters
    ----------
    path : of the file.
    rows : its first, at most SAMPLE_ROWS.
    believed : whether any table of words and numbers passes.

    Raises
    ------
    UserError
        For rows that are no words with vectors, naming what they seem to be.
    """
    filled = [row for row in rows if not row.isspace()]
    counts = Counter(map(_numbers_at_end, filled))
    dim = max(counts, key=lambda numbers: (counts[numbers], numbers), default=0)
    if not 1 <= dim <= LARGEST_DIM:
        raise refusal_of_text(path, filled)
    if not believed:
        whole = [row for row in filled if _numbers_at_end(row) == dim]
        _refuse_tables(path, whole, dim)
    return dim


def refusal_of_text(path: Path, rows: Sequence[bytes]) -> UserError:
    """The refusal of rows that do not end in numbers, naming what they seem to be."""
    return _other(path, *_kind_of_text(rows))


def briefly(told: object) -> str:
    """What a file says of itself, or an error of it, on one line and short enough to repeat."""
    return repr(" ".join(str(told).split())[:LONGEST_TOLD])[1:-1]


def is_number(field: bytes) -> bool:
    """Whether a field is a number as files have them."""
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field  # Python would read 1_000


def _other(path: Path, kind: str, remedy: str) -> UserError:
    return UserError(f"{path} is {kind}; {remedy}.")


def _kind_of_array(path: Path) -> tuple[str, str]:
    """What a NumPy array belongs to, and what to do instead."""
    if (path.parent / "vocabulary.txt").exists():
        return "part of a folder of vectors", f"give the folder {path.parent}"
    parts = path.name.split(".")
    owners = (path.with_name(".".join(parts[:end])) for end in range(1, len(parts)))
    owner = next((each for each in owners if each.is_file()), None)
    if owner:
        return f"part of {owner}, as gensim stores a model", _PICKLED
    return "a NumPy array, which has no words", _FROM_PYTHON


def _numbers_at_end(row: bytes) -> int:
    """How many numbers end a row; its first field is a word, whatever it looks like."""
    fields = row.split(maxsplit=LARGEST_DIM + 1)[1:]
    return next((count for count, field in enumerate(reversed(fields)) if not is_number(field)),
                len(fields))


def _refuse_tables(path: Path, rows: Sequence[bytes], dim: int) -> None:
    """Refuse numbers that are no vectors; all rows end in `dim` of them."""
    header = "put a line before them with the number of words and the number of values"
    words = [row.rsplit(maxsplit=dim)[0].split() for row in rows]
    if all(len(word) == 1 and is_number(word[0]) for word in words):
        raise UserError(f"{path} holds numbers and no words, and there is no file "
                        f"{path.stem}_words.tsv or {path.stem}_metadata.tsv beside it with a "
                        "word for each row; give one, or, if each line begins with a word, "
                        f"{header}.")
    if dim == 1:
        raise _other(path, *_kind_of_list(path, rows, words))
    if all(map(_PHRASE.fullmatch, rows)):
        raise _other(path, "a list of phrases", "it is for `word2vec train --phrases`")
    if _holds_counts(rows, dim):
        raise _other(path, "a table with whole numbers, as counts are",
                     f"if these are vectors, {header}")


def _holds_counts(rows: Sequence[bytes], dim: int) -> bool:
    """Whether all columns are whole numbers, or one of many rows, with more than 0 and 1 in it."""
    columns = list(zip(*(row.rsplit(maxsplit=dim)[1:] for row in rows), strict=True))
    whole = [column for column in columns if all(map(bytes.isdigit, column))]
    return len(whole) == dim or (len(rows) >= ENOUGH_ROWS and any(
        set(column) - {b"0", b"1"} for column in whole))


def _kind_of_list(
    path: Path, rows: Sequence[bytes], words: Sequence[list[bytes]]
) -> tuple[str, str]:
    """What one number a line is, and what to do instead."""
    if separated := _separated(rows):
        return separated
    if (path.parent / "input_vectors.npy").exists():
        return "the vocabulary of a folder of vectors", f"give the folder {path.parent}"
    if all(len(word) == 2 and not any(map(is_number, word)) for word in words):
        return ("a list of word pairs with a number, and no vectors",
                "it is for `word2vec evaluate --pairs`")
    if all(row.split()[-1].isdigit() for row in rows):
        return "a list of words with counts, and no vectors", "give the vectors of these words"
    return "a list with one number a line, and no vectors", "give a file of word vectors"


def _kind_of_text(rows: Sequence[bytes]) -> tuple[str, str]:
    """What the rows are, and what to do instead."""
    text = b"".join(row[:4096] for row in rows[:20]).removeprefix(b"\xef\xbb\xbf").lstrip()
    first = text.partition(b"\n")[0]
    beginning = text[:512].lower()
    if re.match(rb"<(?:!doctype html|html|head|body)", beginning) or b"<html" in beginning:
        return ("an HTML page, such as one to log in or of an error, in the place of a download",
                "fetch the file again")
    if re.match(rb"<[a-zA-Z?!]", text):
        return "XML", "give a file of word vectors"
    if text.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS in the place of the file", "fetch it with git lfs pull"
    if re.match(rb"""[{\[]\s*["{\[}\d-]""", text):
        return "JSON", _WRITE_TEXT
    if text.startswith(b": "):
        return "a list of analogy questions", "it is for `word2vec evaluate --questions`"
    if separated := _separated(rows):
        return separated
    if any(map(_DECIMAL_COMMA.fullmatch, first.split()[1:])):
        return "a table of numbers with decimal commas", "write them with points"
    if not first or text.translate(None, CONTROL) != text:
        return ("neither text nor word2vec binary, which begins with a line 'words dim'",
                "give a file of word vectors")
    shown = first[:40].decode("utf-8", "replace")
    return (f"text without vectors, line 1 being neither a header 'words dim' nor a word and its "
            f"values ({shown!r})", "give a file of vectors, or make some of a text with "
            "`word2vec train`")


def _separated(rows: Sequence[bytes]) -> tuple[str, str] | None:
    """A table with other marks than blanks between its values, and what to do with it."""
    for mark, name in ((b",", "commas"), (b";", "semicolons")):
        for values in (row.split(mark)[1:] for row in rows[:HEADINGS]):
            if len(values) > 1 and all(map(is_number, values)):
                return f"a table with {name} between its values", "put blanks in their place"
    return None
