"""Bytes of files, pipes and standard input: opened once, looked at, and unpacked as they come.

What a stream is packed with is told by its first bytes, never by its name; what is written is
packed as its name ends. A pipe can be read once only, so that a look at its beginning must not cost
it.
"""

import bz2
import gzip
import io
import lzma
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any, cast

from words_and_images.common.errors import UserError

STANDARD_INPUT = Path("-")
_STANDARD_INPUTS = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
LOOK = 1 << 16  # bytes at the beginning by which a stream is told
MOST_LAYERS = 3  # a file can be made that unpacks to itself without end
PACKED_ENDINGS = (".gz", ".bz2", ".xz", ".lzma", ".zst")
BLOCK_BYTES = 1 << 20
_AT_ONCE = 1 << 18
_PACKED_AT_ONCE = 1 << 11  # what is packed may stand for ten thousand times as many bytes


def zstandard() -> Any:
    """The module that packs and unpacks Zstandard: the standard library's, from Python 3.14 on."""
    # Not above: few streams need it.
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _unpack_zstandard() -> Any:
    zstd = zstandard()
    # Windows of up to 2 GB, which `zstd --long=31` makes.
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 31})


_UNPACKERS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b\x08": lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS),
    **{b"BZh%d" % level: bz2.BZ2Decompressor for level in range(1, 10)},
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
    b"\x5d\0\0": lzma.LZMADecompressor,
    b"\x28\xb5\x2f\xfd": _unpack_zstandard,
    # Frames to be skipped, with which pzstd begins a file.
    **{bytes([0x50 + number]) + b"\x2a\x4d\x18": _unpack_zstandard for number in range(16)},
}


def _pack_zstandard(plain: IO[bytes]) -> Any:
    return zstandard().ZstdFile(plain, "wb")


# gzip without a time or name: equal content makes equal bytes.
_PACKERS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda plain: gzip.GzipFile("", "wb", compresslevel=5, fileobj=plain, mtime=0),
    ".bz2": partial(bz2.BZ2File, mode="wb"), ".xz": partial(lzma.LZMAFile, mode="wb", preset=2),
    ".zst": _pack_zstandard}
PACKINGS = tuple(_PACKERS)


class Stream(io.RawIOBase):
    """Bytes that can be looked at before they are read.

    Parameters
    ----------
    pieces : the bytes, as they come.
    file : the same as a file that can be read at any place, where they are one.
    """

    def __init__(self, pieces: Iterator[bytes], file: IO[bytes] | None = None) -> None:
        self._pieces, self._file = pieces, file
        self._ahead, self._place = b"", 0

    def look(self, size: int = LOOK) -> bytes:
        """The bytes that `read` gives next, fewer than `size` at the end only."""
        self._ahead, self._place = self.read(size) + self._ahead[self._place :], 0
        return self._ahead[:size]

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, or all that are left where `size` is negative."""
        taken, missing = [], size
        while missing:
            if self._place == len(self._ahead):
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._ahead, self._place = piece, 0
            end = len(self._ahead) if size < 0 else self._place + missing
            taken.append(self._ahead[self._place : end])
            self._place += len(taken[-1])
            missing -= len(taken[-1])
        return b"".join(taken)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as `io.BufferedReader` asks for."""
        taken = self.read(len(buffer))
        buffer[: len(taken)] = taken
        return len(taken)

    @contextmanager
    def at_any_place(self) -> Iterator[IO[bytes]]:
        """The bytes as a file that can be read at any place, copied to the disk where they must."""
        if self._file is not None:
            self._file.seek(0)
            yield self._file
            return
        with tempfile.TemporaryFile() as copy:
            copyfileobj(self, copy)
            copy.seek(0)
            yield copy


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """A file, a pipe, or standard input for ``-``, not unpacked; it is opened this once.

    Raises
    ------
    UserError
        Where it cannot be opened, or read to its end within the block.
    """
    with told_in_a_sentence(called(path)):
        if path == STANDARD_INPUT:
            if sys.stdin is None:
                raise UserError("standard input is closed; send text to it, or name a file.")
            yield Stream(pieces_of(sys.stdin.buffer))
            return
        with path.open("rb") as file:
            yield Stream(pieces_of(file), file if file.seekable() else None)


def pieces_of(file: IO[bytes] | Stream) -> Iterator[bytes]:
    """What is left of an opened file."""
    while piece := file.read(_AT_ONCE):
        yield piece


def is_standard_input(source: Path | str | None) -> bool:
    """Whether a name stands for standard input."""
    return str(source) in _STANDARD_INPUTS


def refuse_sharing_input(sources: Iterable[Path | str | None]) -> None:
    """Refuse standard input as the source of two things: it can be read once."""
    if sum(map(is_standard_input, sources)) > 1:
        raise UserError("standard input is named for two things and can be read once; name a file "
                        "for one of them.")


def called(path: Path) -> str:
    """What sentences call it."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def unpacked(stream: Stream, name: str) -> Stream:
    """The stream as it was before it was packed by gzip, bzip2, xz or Zstandard.

    Raises
    ------
    UserError
        For what is packed over and over; later, from `told_in_a_sentence`, for what is damaged.
    """
    for _ in range(MOST_LAYERS + 1):
        beginning = stream.look(6)
        unpacker = next((each for mark, each in _UNPACKERS.items()
                         if beginning.startswith(mark)), None)
        if unpacker is None:
            return stream
        stream = Stream(_unpack(stream, unpacker))
    raise UserError(f"{name} is packed more than {MOST_LAYERS} times over; unpack it yourself if "
                    "it is to be trusted.")


def _unpack(source: Stream, begin: Callable[[], Any]) -> Iterator[bytes]:
    """What was packed in one go or in several, one behind the other.

    The packages' own readers take a Zstandard file that was cut short, and a bzip2 or xz file with
    something else behind it, for whole ones.
    """
    unpacker = begin()
    while packed := source.read(_PACKED_AT_ONCE):
        while packed:
            if unpacker.eof:
                packed = packed.lstrip(b"\0")  # with which a file may be filled up
                unpacker = begin() if packed else unpacker
            if packed:
                yield _decompress(unpacker, packed)
                packed = unpacker.unused_data
    if not unpacker.eof:
        raise EOFError("what is packed in it is cut short")


def _decompress(unpacker: Any, packed: bytes) -> bytes:
    try:
        return unpacker.decompress(packed)
    except Exception as error:  # each kind has its own, and there is no other reason
        raise OSError(str(error)) from None


def packing(plain: IO[bytes], ending: str) -> IO[bytes]:
    """A stream that packs what is written to it, to be closed before `plain` is.

    `ending` is one of PACKINGS.
    """
    return io.BufferedWriter(cast(io.RawIOBase, _PACKERS[ending](plain)), BLOCK_BYTES)


@contextmanager
def told_in_a_sentence(name: str) -> Iterator[None]:
    """Tell in one sentence what goes wrong while `name` is opened and read."""
    try:
        yield
    except (EOFError, OSError) as error:
        if reason := getattr(error, "strerror", None):
            raise UserError(f"{name} cannot be read ({reason}); name another.") from None
        raise UserError(f"{name} cannot be read to its end ({error}); make it anew, or name "
                        "another.") from None
