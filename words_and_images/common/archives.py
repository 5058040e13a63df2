"""Unpacking of zip and tar archives that come from elsewhere, and reading of their members."""

import contextlib
import errno
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar, cast

from words_and_images.common.errors import UserError, printable
from words_and_images.common.parameters import briefly
from words_and_images.common.streams import Stream, pieces_of

# More than both is no archive of photos or texts: those unpack to a few times their size.
SIZE_CAP = 2**30  # bytes
RATIO_CAP = 50
MOST_ENTRIES = 200_000  # that are unpacked: a folder of so many files is no longer handled well
LIST_CAP = 160 * MOST_ENTRIES  # bytes of a zip's list of files, all of which is read at once
LONGEST_NAME = 4096  # bytes: no file can be called so
HEADER_CAP = 1 << 20  # bytes of a tar's header with a long name or with attributes

_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EIO)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_UTF_8 = 0x800  # the flag of a zip's member whose name is UTF-8
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

AnyMember = TypeVar("AnyMember", zipfile.ZipInfo, tarfile.TarInfo)


class NoRoomError(UserError):
    """An archive for which there is no room on the disk."""


class _TarInfo(tarfile.TarInfo):
    """A header of a tar; tarfile reads what belongs to it at once, however much it is."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_TarInfo":
        header = super().frombuf(buf, encoding, errors)
        if not (header.isreg() or header.isdir()) and header.size > HEADER_CAP:
            raise tarfile.StreamError(f"a header of {header.size:,} bytes")
        return header


def is_archive(path: Path) -> bool:
    """Whether the file's content, not its name, is a zip or tar archive, perhaps a broken one."""
    try:
        return path.is_file() and (_begins_as_zip(path) or zipfile.is_zipfile(path)
                                   or _is_tar(path))
    except Exception:  # of compressed files that are cut short
        return True


def _is_tar(path: Path) -> bool:
    try:
        tarfile.open(path, tarinfo=_TarInfo).close()
    except tarfile.ReadError:
        return False
    return True


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as opened:
        return is_zip(opened.read(len(_ZIP[0])))


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar (plain, gz, bz2, xz) into an existing folder.

    Raises
    ------
    UserError
        For a file that is no archive or is cut short; for a member with an absolute path, a
        ``..``, the name of another one, or that is encrypted, packed in an unknown way, a link or
        a device; and for an archive that unpacks to more than its own size suggests or than the
        disk holds (NoRoomError), or holds too many files or too long a name. Nothing is written
        outside `folder`, and nothing at all of an archive with such members. A link of a tar to an
        earlier file in it, as tar writes for a file of two names, becomes that file.
    """
    with _told(str(archive)):
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, folder)
        elif _is_tar(archive):
            _unpack_tar(archive, folder)
        elif _begins_as_zip(archive):
            raise UserError(f"{archive} is a zip archive that is cut short: the list of its files, "
                            "which ends it, is missing; fetch it again.")
        else:
            raise UserError(f"{archive} is neither a zip nor a tar archive; give one of these.")


def _unpack_zip(archive: Path, folder: Path) -> None:
    with opened_zip(archive, str(archive)) as opened:
        members = _of_bearable_size(archive, opened.infolist(), folder)
        for member in members:
            member.filename = name_in_zip(member)
            _refuse_outside(archive, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise UserError(f"{archive} holds the link {member.filename!r}; remove it.")
            _refuse_unknown_packing(str(archive), member)
        _refuse_same_names(archive, [each.filename for each in members if not each.is_dir()])
        for member in members:
            opened.extract(member, folder)


def name_in_zip(member: zipfile.ZipInfo) -> str:
    """The name of a zip's member, with slashes between folders.

    Without the flag for UTF-8 the zipfile module takes a name for code page 437 of DOS, as the
    format has it; but macOS writes UTF-8 without the flag. Some programs of Windows write
    backslashes.
    """
    name = member.filename
    if not member.flag_bits & _UTF_8:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")


def shown_name(name: str) -> str:
    """The name of a member for a sentence: on one line, and not too long."""
    return briefly(printable(name))


def _refuse_unknown_packing(archive: str, member: zipfile.ZipInfo) -> None:
    name = shown_name(name_in_zip(member))
    if member.flag_bits & 1:
        raise UserError(f"{archive} holds {name!r} encrypted; unpack it yourself and give the "
                        "folder.")
    if member.compress_type not in _PACKINGS:
        raise UserError(f"{archive} holds {name!r} packed by {_method(member.compress_type)}, "
                        "which is not read; unpack it yourself and give the folder.")


def _method(number: int) -> str:
    known = {9: "Deflate64", 93: "Zstandard", 95: "xz", 96: "JPEG", 98: "PPMd"}
    return f"{known[number]} (method {number})" if number in known else f"method {number}"


def _refuse_same_names(archive: Path, names: Iterable[str]) -> None:
    """One of two files of a name would replace the other."""
    known: set[PurePosixPath] = set()
    for name in names:
        if PurePosixPath(name) in known:
            raise UserError(f"{archive} holds two files called {name!r}; rename one of them, or "
                            "unpack it yourself and give the folder.")
        known.add(PurePosixPath(name))


def _unpack_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive, tarinfo=_TarInfo) as opened:
        members = _of_bearable_size(archive, opened, folder)
        files: list[str] = []
        earlier: set[str] = set()
        for member in members:
            member.name = member.name.replace("\\", "/")
            member.linkname = member.linkname.replace("\\", "/")
            _refuse_outside(archive, member.name)
            if member.isfile() or (member.islnk() and member.linkname in earlier):
                files.append(member.name)
                earlier.add(member.name)
            elif not member.isdir():
                raise UserError(
                    f"{archive} holds the link or device {member.name!r}; remove it."
                )
        _refuse_same_names(archive, files)
        opened.extractall(folder, members=members, filter="data")


def _of_bearable_size(archive: Path, members: Iterable[AnyMember], folder: Path) -> list[AnyMember]:
    """The members, unless they are too many or too large; those of a tar are read one by one."""
    free = shutil.disk_usage(folder).free
    most = max(SIZE_CAP, RATIO_CAP * archive.stat().st_size)
    total = 0
    borne: list[AnyMember] = []
    for member in members:
        if len(borne) == MOST_ENTRIES:
            raise UserError(f"{archive} holds more than {MOST_ENTRIES:,} files and folders; unpack "
                            "it yourself and give the folder.")
        total += member.file_size if isinstance(member, zipfile.ZipInfo) else member.size
        if total > most:
            raise UserError(f"{archive} would unpack to more than {most:,} bytes, which is above "
                            f"{RATIO_CAP} times its own size; unpack it yourself if it is to be "
                            "trusted.")
        if total > free:
            raise NoRoomError(f"{archive} unpacks to more than the {free:,} bytes that are free at "
                              f"{folder}; make room, or unpack it elsewhere and give the folder.")
        borne.append(member)
    return borne


def _refuse_outside(archive: Path, name: str) -> None:
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST_NAME:
        raise UserError(f"{archive} holds a name of more than {LONGEST_NAME:,} bytes, which no "
                        f"file can have ({name[:40]!r}...); remove it.")
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
        raise UserError(f"{archive} holds {name!r}, which leads out of the folder; remove it.")


def is_zip(beginning: bytes) -> bool:
    """Whether a file with this beginning is a zip archive, an empty one too."""
    return beginning.startswith(_ZIP)


def is_tar(beginning: bytes) -> bool:
    """Whether a file with this beginning, of 512 bytes or more, is a tar archive."""
    try:
        tarfile.TarInfo.frombuf(beginning[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:  # the header's checksum
        return False
    return True


def zip_members(
    stream: Stream, name: str, check: Callable[[list[str]], None]
) -> Iterator[tuple[str, Stream]]:
    """Name and content of each file of a zip archive, by name; each to be read before the next.

    Parameters
    ----------
    stream : the archive.
    name : what sentences call it.
    check : gets the names of all members before the first is read, and may refuse them.

    Raises
    ------
    UserError
        For an archive that is damaged, or unpacks to more than its own size suggests, and a
        member that is encrypted or packed in a way that the zipfile module does not know.
    """
    with stream.at_any_place() as file, opened_zip(file, name) as archive:
        check([name_in_zip(member) for member in archive.infolist()])
        _refuse_bomb(archive, name, file.seek(0, 2))
        for member in sorted(archive.infolist(), key=name_in_zip):
            if not name_in_zip(member).endswith("/"):
                yield name_in_zip(member), zip_member(archive, member, name)


@contextmanager
def opened_zip(file: Path | IO[bytes], name: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive; UserError where it is none or damaged, or its list of files is too long."""
    with _told(name):
        _refuse_long_list(file, name)
        archive = zipfile.ZipFile(file)
    with archive:
        yield archive


def _refuse_long_list(file: Path | IO[bytes], name: str) -> None:
    if isinstance(file, Path):
        with file.open("rb") as opened:
            _refuse_long_list(opened, name)
        return
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > LIST_CAP:  # type: ignore[attr-defined]
        raise UserError(f"{name} has a list of files of more than {LIST_CAP:,} bytes; unpack it "
                        "yourself and give the folder.")


def zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Stream:
    """The content of a member of the archive `name`; errors as of `zip_members`, when it is read.
    """
    return Stream(_member(archive, member, name))


def _refuse_bomb(opened: zipfile.ZipFile, name: str, size: int) -> None:
    most = max(SIZE_CAP, RATIO_CAP * size)
    if sum(member.file_size for member in opened.infolist()) > most:
        raise UserError(f"{name} would unpack to more than {most:,} bytes, which is above "
                        f"{RATIO_CAP} times its own size; unpack it yourself if it is to be "
                        "trusted.")


def _member(opened: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    _refuse_unknown_packing(name, member)
    with _told(f"{name}, {shown_name(name_in_zip(member))}"), opened.open(member) as content:
        yield from pieces_of(content)


def tar_members(stream: Stream, name: str) -> Iterator[tuple[str, Stream]]:
    """Name and content of each file of a tar archive, in its order; each to be read before the
    next.

    Raises
    ------
    UserError
        For an archive that is damaged or cut short.
    """
    with _told(name), tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|",
                                   tarinfo=_TarInfo) as opened:
        for member in opened:
            opened.members.clear()  # type: ignore[attr-defined]  # tarfile keeps all of them
            content = opened.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, Stream(_content(content, f"{name}, {shown_name(member.name)}"))


def _content(content: IO[bytes], name: str) -> Iterator[bytes]:
    with _told(name):
        yield from pieces_of(content)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell in one sentence what goes wrong while an archive is read: the packages meet damage with
    errors of many kinds."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        if getattr(error, "errno", None) in _OF_THE_MACHINE:
            raise  # the archive may be whole
        reason = briefly(printable(str(error))) or type(error).__name__
        raise UserError(f"{name} cannot be unpacked ({reason}); make it anew, or unpack it "
                        "yourself.") from None
