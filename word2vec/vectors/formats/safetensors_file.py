"""Word vectors in a safetensors file: no code in it, and mapped.

safetensors holds tensors and no lists of words, so the layout is this project's own: ``vectors``,
(words, dim) of F32; ``words``, U8, the UTF-8 bytes of the words, each with a line feed behind it;
and, where they are known, ``counts``, (words,) of I64.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from word2vec.vectors.cosines import Floats
from word2vec.vectors.formats.found import Found
from word2vec.vectors.formats.not_vectors import briefly, is_tensor_head
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.stored_words import StoredWords
from words_and_images.common.errors import UserError, counted
from words_and_images.common.parameters import require

ENDING = ".safetensors"
ROWS_A_STEP = 1 << 12
TOLD_TENSORS = 5

_KINDS = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "F64": "<f8", "I64": "<i8", "U8": "u1"}


def is_tensor_file(path: Path) -> bool:
    """Whether a path is a file on the disk, and safetensors."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return is_tensor_head(opened.read(9))


def read(path: Path, options: ReadOptions) -> Found:
    """Map what `write` wrote; vectors of F16, BF16 and F64 are read and become float32.

    Raises
    ------
    UserError
        For a file that is damaged or of another layout, with the names of its tensors.
    """
    require(options.is_utf8, "encoding", options.encoding, "utf-8, as in all safetensors")
    shapes = _shapes(path)
    if not {"vectors", "words"} <= set(shapes) or len(shapes["vectors"]) != 2:
        raise UserError(f"{path} holds {_described(shapes)}, and not the tensors 'vectors' (words, "
                        "dim) and 'words' (UTF-8, one a line) of word vectors; write these with "
                        "`word2vec convert`, or bring matrix and words together in Python: "
                        f"word2vec.vectors.formats.write_vectors(Path('vectors{ENDING}'), words, "
                        "matrix).")
    if 0 in shapes["vectors"]:
        raise UserError(f"{path} holds no vectors; give a file with at least one.")
    tensors = _Mapped(path)
    words = _words(path, tensors.array("words", "U8"), shapes["vectors"][0])
    if shapes.get("counts", [len(words)]) != [len(words)]:
        raise UserError(f"{path} holds {counted(len(words), 'word')} and counts of shape "
                        f"{tuple(shapes['counts'])}, which do not fit; write it anew.")
    counts = tensors.array("counts", "I64") if "counts" in shapes else None
    if options.limit is None:
        return Found(words, tensors.floats("vectors"), counts=counts)
    taken = slice(options.limit)
    return Found(words[taken], tensors.floats("vectors")[taken],
                 counts=None if counts is None else counts[taken])


def write(
    output: IO[bytes], words: Sequence[str], vectors: Floats, counts: NDArray[np.int64] | None
) -> None:
    """Write that layout, the vectors in steps, so that mapped ones are never whole in memory."""
    stored = "".join(f"{word}\n" for word in words).encode()
    tensors: dict[str, tuple[str, tuple[int, ...], int]] = {
        "vectors": ("F32", vectors.shape, 4 * vectors.size), "words": ("U8", (len(stored),),
                                                                       len(stored))}
    if counts is not None:  # first, so that all of them are aligned
        tensors = {"counts": ("I64", counts.shape, 8 * counts.size), **tensors}
    output.write(_header(tensors))
    if counts is not None:
        output.write(counts.astype("<i8").tobytes())
    for start in range(0, len(vectors), ROWS_A_STEP):
        output.write(vectors[start : start + ROWS_A_STEP].astype("<f4").tobytes())
    output.write(stored)


def _header(tensors: dict[str, tuple[str, tuple[int, ...], int]]) -> bytes:
    """Kinds, shapes and places of tensors that follow one another."""
    entries: dict[str, Any] = {"__metadata__": {"words": "UTF-8, one a line, in 'words'"}}
    begin = 0
    for name, (kind, shape, size) in tensors.items():
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, begin + size]}
        begin += size
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header


def _shapes(path: Path) -> dict[str, list[int]]:
    """The tensors of a file that its own library finds whole and sound."""
    from safetensors import SafetensorError, safe_open  # which only these files need: 30 ms

    try:
        with safe_open(path, "numpy") as opened:
            return {name: opened.get_slice(name).get_shape() for name in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise UserError(f"{path} is no whole safetensors file ({briefly(error)}); make it or fetch "
                        "it anew.") from None


def _described(shapes: dict[str, list[int]]) -> str:
    told = [f"{briefly(name)} {tuple(shapes[name])}" for name in list(shapes)[:TOLD_TENSORS]]
    untold = len(shapes) - len(told)
    rest = f" and {counted(untold, 'tensor')} more" if untold else ""
    return f"the tensors {', '.join(told)}{rest}" if told else "no tensors"


class _Mapped:
    """The tensors of a sound file, mapped where they lie."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as opened:
            length = struct.unpack("<Q", opened.read(8))[0]
            self._entries = json.loads(opened.read(length))
        self._begin = 8 + length

    def array(self, name: str, *kinds: str) -> NDArray[Any]:
        """A tensor of one of some kinds."""
        entry = self._entries[name]
        if entry["dtype"] not in kinds:
            raise UserError(f"{self._path} holds the tensor {name!r} as {entry['dtype']}; it must "
                            f"be {' or '.join(kinds)}.")
        kind = np.dtype(_KINDS[entry["dtype"]])
        if 0 in entry["shape"]:  # nothing can be mapped
            return np.zeros(entry["shape"], kind)
        return np.memmap(self._path, kind, "r", self._begin + entry["data_offsets"][0],
                         tuple(entry["shape"]))

    def floats(self, name: str) -> Floats:
        """A tensor as float32, mapped where it is that already."""
        values = self.array(name, "F32", "F16", "BF16", "F64")
        if self._entries[name]["dtype"] == "BF16":  # the upper half of a float32
            return (values.astype(np.uint32) << 16).view(np.float32)
        with np.errstate(over="ignore"):  # who asks is told of values that are not finite
            return np.asarray(values.astype(np.float32, copy=False))


def _words(path: Path, stored: NDArray[np.uint8], rows: int) -> StoredWords:
    """The words of their bytes, as many as there are rows."""
    words = StoredWords(stored.tobytes(), f"the tensor 'words' of {path}")
    if len(words) != rows:
        raise UserError(f"{path} holds {counted(len(words), 'word')} and {counted(rows, 'vector')}"
                        ", which do not fit; write it anew.")
    return words
