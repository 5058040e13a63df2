"""Valid files changed as broken and hostile ones would be, also within what packs them.

The same edits serve Hypothesis, which draws and shrinks them, and atheris, which mutates by them.
"""

import bz2
import gzip
import io
import json
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from words_and_images.common.streams import zstandard

FLOOD = 60_000  # bytes
LARGEST = 1 << 32  # below which the numbers of an edit are

TOKENS = (
    b"\0", b"\n", b"\r\n", b"\r", b" ", b"\t", b'"', b"'", b"\\", b"{", b"[", b"<", b"&", b"*a",
    b"<!---->", b"<!--", b"<ref", b"[[", b"[[a|", b"{{", b"{|", b'\t"\n', b'"",', b"- ", b": ",
    b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\0\0", b"\xed\xa0\x80", "\u202e".encode(),
    b"\xc3", b"\x1b[2J", b"../../x", b"/x", b"\\u0000", b"\\ud800", b"x" * 5000, b"9" * 5000,
    b"[" * 30_000, b"{" * 9000, b'{"a":' * 9000, b"(" * 5000, b" 1" * 5000, b"\0" * 5000)
NUMBERS = (
    b"0", b"-0", b"1", b"-1", b"-5", b"7", b"255", b"65536", b"2147483648", b"4294967295",
    b"9223372036854775807", b"99999999999999999999", b"1000000000000", b"1e308", b"-1e999",
    b"nan", b"inf", b"0.5", b"1_000", b"true", b"null", b'"x"', b"[]", b"{}", b"")
INTEGERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000000, 1 << 40,
            (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
VALUES = (None, True, -5, 0, 0.5, 1e308, 10**30, "", "x", "\0", "\ud800", "../x", [], [[]], {},
          {"x": []}, [None], ["x"], [0, 1])
_INTEGER_KINDS = ("<B", "<H", ">H", "<I", ">I", "<Q", ">Q")


class Edit(NamedTuple):
    """One change: numbers from 0 to below LARGEST, each taken modulo what there is to choose from.

    `depth` says whether what is packed in a file is changed, and not the file.
    """

    kind: int
    place: int
    length: int
    value: int
    depth: int = 0


def edited(content: bytes, edit: Edit) -> bytes:
    """The content after a change; itself where there is nothing to change."""
    if edit.depth % 3:
        changed = _repacked(content, edit._replace(depth=edit.depth // 3))
        if changed is not None:
            return changed
    kind = _KINDS[edit.kind % len(_KINDS)]
    place = edit.place % (len(content) + 1)
    return kind(content, place, edit)


def _cut(content: bytes, place: int, _: Edit) -> bytes:
    return content[:place]


def _removed(content: bytes, place: int, edit: Edit) -> bytes:
    return content[:place] + content[place + 1 + edit.length % 16 :]


def _repeated(content: bytes, place: int, edit: Edit) -> bytes:
    part = content[place : place + 1 + edit.length % 64]
    return content[:place] + part * (1 + edit.value % 9) + content[place:]


def _flooded(content: bytes, place: int, edit: Edit) -> bytes:
    """A few bytes of it, or a token, so often that what is tried at each place takes its time."""
    part = content[place : place + 1 + edit.length % 8]
    if edit.value % 2 or not part:
        part = TOKENS[edit.value // 2 % len(TOKENS)][:8]
    return content[:place] + part * (FLOOD // len(part)) + content[place:]


def _overwritten(content: bytes, place: int, edit: Edit) -> bytes:
    return content[:place] + bytes([edit.value % 256]) + content[place + 1 :]


def _flipped(content: bytes, place: int, edit: Edit) -> bytes:
    if place == len(content):
        return content
    return content[:place] + bytes([content[place] ^ 1 << edit.value % 8]) + content[place + 1 :]


def _moved(content: bytes, place: int, edit: Edit) -> bytes:
    """A part of it once more at another place."""
    begin = edit.value % (len(content) + 1)
    part = content[begin : begin + edit.length % 256]
    return content[:place] + part + content[place + (edit.depth % 2) * len(part) :]


def _with_token(content: bytes, place: int, edit: Edit) -> bytes:
    return content[:place] + TOKENS[edit.value % len(TOKENS)] + content[place:]


def _with_number(content: bytes, place: int, edit: Edit) -> bytes:
    """Another number in the place of the next one that is written in digits."""
    found = re.compile(rb"-?\d+(\.\d+)?").search(content, place) or re.search(rb"\d+", content)
    if found is None:
        return content
    return content[: found.start()] + NUMBERS[edit.value % len(NUMBERS)] + content[found.end() :]


def _with_integer(content: bytes, place: int, edit: Edit) -> bytes:
    kind = _INTEGER_KINDS[edit.length % len(_INTEGER_KINDS)]
    size = struct.calcsize(kind)
    value = INTEGERS[edit.value % len(INTEGERS)] % (1 << 8 * size)
    return content[:place] + struct.pack(kind, value) + content[place + size :]


_KINDS = (_cut, _removed, _repeated, _flooded, _overwritten, _flipped, _moved, _with_token,
          _with_number, _with_integer, _with_integer)


def _repacked(content: bytes, edit: Edit) -> bytes | None:
    """The content with what is packed in it changed, its checksums right; None where none is."""
    for repack in (_json, _zip, _tar, _png, _packed):
        try:
            if (changed := repack(content, edit)) is not None:
                return changed
        except Exception:  # it is broken already
            continue
    return None


def _json(content: bytes, edit: Edit) -> bytes | None:
    """JSON with one of its parts replaced, or gone."""
    if content.lstrip()[:1] not in (b"{", b"["):
        return None
    value = json.loads(content)
    paths = list(_paths(value))
    path = paths[edit.place % len(paths)]
    strange = VALUES[edit.value % len(VALUES)]
    if not path:
        return json.dumps(strange).encode()
    part = value
    for key in path[:-1]:
        part = part[key]
    if edit.length % 5:
        part[path[-1]] = strange
    else:
        del part[path[-1]]
    return json.dumps(value).encode()


def _paths(value: Any, path: tuple = ()) -> Iterator[tuple]:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(
        value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _paths(part, (*path, key))


def _zip(content: bytes, edit: Edit) -> bytes | None:
    if not content.startswith(b"PK"):
        return None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(each.filename, archive.read(each)) for each in archive.infolist()]
    chosen = edit.value // 256 % len(members)
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for number, (name, member) in enumerate(members):
            if number == chosen:
                name, member = _renamed(name, edit), edited(member, edit)
            archive.writestr(name, member)
    return changed.getvalue()


def _renamed(name: str, edit: Edit) -> str:
    """The name of a member, now and then one that leads elsewhere."""
    names = ("../" + name, "/" + name, "a/../../" + name, "\\..\\" + name, "x" * 300, "\x1b[2J", "")
    return names[edit.length % len(names)] if edit.length % 31 < 3 else name


def _tar(content: bytes, edit: Edit) -> bytes | None:
    """A tar with a change anywhere, and the checksums of its headers."""
    if content[257:262] != b"ustar":
        return None
    changed = bytearray(edited(content, edit))
    for begin in range(0, len(changed) - 511, 512):
        header = changed[begin : begin + 512]
        if header[257:262] == b"ustar":
            checksum = tarfile.calc_chksums(bytes(header))[0]
            changed[begin + 148 : begin + 156] = b"%06o\0 " % checksum
    return bytes(changed)


def _png(content: bytes, edit: Edit) -> bytes | None:
    """A PNG with a change in a chunk, and the chunk's checksum and length."""
    if not content.startswith(b"\x89PNG"):
        return None
    chunks, place = [], 8
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += 12 + size
    chosen = edit.value // 256 % len(chunks)
    kind, data = chunks[chosen]
    chunks[chosen] = kind, edited(data, edit)
    return content[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks)


_PACKERS = {b"\x1f\x8b": (gzip.decompress, gzip.compress), b"BZh": (bz2.decompress, bz2.compress),
            b"\xfd7zXZ": (lzma.decompress, lzma.compress),
            b"\x28\xb5\x2f\xfd": (zstandard().decompress, zstandard().compress)}


def _packed(content: bytes, edit: Edit) -> bytes | None:
    for mark, (unpack, pack) in _PACKERS.items():
        if content.startswith(mark):
            return pack(edited(unpack(content), edit))
    return None
