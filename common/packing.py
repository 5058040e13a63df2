"""Streams packed by gzip, bzip2, xz or Zstandard: told by their first bytes, written by ending."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from functools import partial
from typing import IO, Any, cast

import zstandard

BLOCK_BYTES = 1 << 20
# Of Zstandard, 4 bytes may stand for 128 KB.
ZSTANDARD_BYTES = 256

# What a stream raises that is damaged or ends too early; bz2 has an OSError without a number.
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstandard.ZstdError)


class Lookahead(io.RawIOBase):
    """A stream whose beginning can be looked at before it is read, by which no pipe is sought.

    Parameters
    ----------
    stream : what is read; `look` and the first reads take from it in order.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._ahead = bytearray()

    def look(self, size: int) -> bytes:
        """The next bytes, which are read again; fewer than `size` only where the stream ends."""
        while len(self._ahead) < size:
            block = bytearray(size - len(self._ahead))
            taken = self._stream.readinto(block)  # type: ignore[attr-defined]
            if not taken:
                break
            self._ahead += block[:taken]
        return bytes(self._ahead[:size])

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as the base class asks for."""
        if not self._ahead:
            return self._stream.readinto(buffer)  # type: ignore[attr-defined, no-any-return]
        taken = min(len(self._ahead), len(buffer))
        buffer[:taken] = self._ahead[:taken]
        del self._ahead[:taken]
        return taken


class _Zstandard(io.RawIOBase):
    """Frames of Zstandard unpacked. zstandard's own stream ends in silence where a frame is cut."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun, self._packed = False, b""
        self._unpacked = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._unpacked:
            if not self._advance():
                return 0
        taken = min(len(self._unpacked), len(buffer))
        buffer[:taken] = self._unpacked[:taken]
        self._unpacked = self._unpacked[taken:]
        return taken

    def _advance(self) -> bool:
        """Unpack a little more; False at the end."""
        packed = self._packed or self._stream.read(ZSTANDARD_BYTES)
        if not packed:
            if self._begun:
                raise EOFError("it ends within a frame")
            return False
        self._unpacked = memoryview(self._frame.decompress(packed))
        self._begun, self._packed = not self._frame.eof, self._frame.unused_data
        if self._frame.eof:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        return True


_OPENERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open,
    b"\x28\xb5\x2f\xfd": _Zstandard}

# gzip without a time or name: equal content makes equal bytes.
_PACKERS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda plain: gzip.GzipFile("", "wb", compresslevel=5, fileobj=plain, mtime=0),
    ".bz2": partial(bz2.BZ2File, mode="wb"), ".xz": partial(lzma.LZMAFile, mode="wb", preset=2),
    ".zst": lambda plain: zstandard.ZstdCompressor().stream_writer(plain, closefd=False)}

PACKINGS = tuple(_PACKERS)


def unpacked(stream: IO[bytes]) -> Lookahead:
    """The content of a plain or packed stream; reading it raises one of DAMAGED where it is cut."""
    packed = Lookahead(stream)
    head = packed.look(max(map(len, _OPENERS)))
    opener = next((each for magic, each in _OPENERS.items() if head.startswith(magic)), None)
    if opener is None:
        return packed
    return Lookahead(opener(io.BufferedReader(packed, BLOCK_BYTES)))


def packing(plain: IO[bytes], ending: str) -> IO[bytes]:
    """A stream that packs what is written to it, to be closed before `plain` is."""
    return io.BufferedWriter(cast(io.RawIOBase, _PACKERS[ending](plain)), BLOCK_BYTES)
