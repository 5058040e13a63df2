"""Unpacking of zip and tar archives that come from elsewhere."""

import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from common.errors import UserError

# RuntimeError is what zipfile raises for encrypted members.
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, zlib.error,
               lzma.LZMAError)


def is_archive(path: Path) -> bool:
    """Whether the file's content, not its name, is a zip or tar archive."""
    try:
        return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))
    except _UNREADABLE:  # is_tarfile fails on compressed files that are cut short
        return False


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar (plain, gz, bz2, xz) into an existing folder.

    Raises
    ------
    UserError
        For a file that is no archive or is cut short, and for a member with an absolute path,
        a ``..``, or that is a link or a device; nothing is written outside `folder`.
    """
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, folder)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, folder)
        else:
            raise UserError(f"{archive} is neither a zip nor a tar archive; give one of these.")
    except _UNREADABLE as error:
        raise UserError(f"{archive} cannot be unpacked ({error}); fetch it again.") from None


def _unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            _refuse_outside(archive, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise UserError(f"{archive} holds the link {member.filename!r}; remove it.")
        opened.extractall(folder)


def _unpack_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
        for member in members:
            _refuse_outside(archive, member.name)
            if not (member.isfile() or member.isdir()):
                raise UserError(
                    f"{archive} holds the link or device {member.name!r}; remove it."
                )
        opened.extractall(folder, members=members, filter="data")


def _refuse_outside(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
        raise UserError(f"{archive} holds {name!r}, which leads out of the folder; remove it.")
