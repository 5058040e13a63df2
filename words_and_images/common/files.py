"""Files that appear whole or not at all."""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from words_and_images.common.errors import UserError, counted
from words_and_images.common.parameters import require
from words_and_images.common.stored_paths import stored_bytes
from words_and_images.common.workspaces import (
    PREVIOUS,
    REPLACING,
    is_temporary,
    place_of,
    workspace,
)

AnyPath = str | PathLike[str]

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MEGABYTES_FROM = 100_000  # bytes that are told as megabytes
BEGINNING = 256  # bytes that tell what a file is
JSON_BEGINNINGS = (b"{", b"[")


def refuse_full_folder(path: Path) -> None:
    """Refuse to replace a folder that holds anything; those that may be are of `own_files`."""
    if path.is_dir() and any(path.iterdir()):
        raise UserError(f"{path} is a folder with other content; name a new folder to write to.")


@contextmanager
def replacing(
    path: AnyPath, refuse: Callable[[Path], None] = refuse_full_folder
) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it onto `path` when the block ends well.

    The block may make a file or a folder there. When it fails, what it wrote is removed and
    what stood at `path` before stays as it was; so it does when the machine loses its power: what
    is moved is on the disk. `refuse` is called before a folder is replaced,
    with the folder as it is then: `own_files.making` gives another one.

    Raises
    ------
    UserError
        Where `path` cannot be written, where a folder would replace a file or a file a folder, and
        for what is neither, such as a pipe or a device.
    """
    path = Path(path)
    refuse_special(path)
    temporary = path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with workspace(path.parent, REPLACING) as folder:
            temporary = folder / path.name
            yield temporary
            temporary.lstat()  # a block that made nothing fails here, before the old one moves
            lasting = not is_temporary(path)
            if lasting:
                _sync(temporary)
            if path.exists() and temporary.is_dir() != path.is_dir():
                there, wanted = ("file", "folder") if temporary.is_dir() else ("folder", "file")
                raise UserError(
                    f"{path} is a {there} and a {wanted} is to be written; name another place.")
            if path.is_dir() and not path.is_symlink():
                refuse(path)
                _replace_folder(temporary, path, folder / f"{path.name}{PREVIOUS}")
            else:
                os.replace(temporary, path)
            if lasting:
                _sync_one(path.parent)
    except OSError as error:
        told = first_of(error)
        if temporary == path or _is_about(told, path, temporary.parent):
            raise _unwritable(path, told) from None
        raise


def _replace_folder(new: Path, path: Path, previous: Path) -> None:
    """A folder cannot be renamed over a full one: the old one steps aside first."""
    os.rename(path, previous)
    try:
        os.replace(new, path)
    except BaseException:  # Ctrl-C among them: the old one would be removed with the workspace
        os.rename(previous, path)
        raise


def _sync(path: Path) -> None:
    """Have the disk hold a file or a folder: a new name might reach it before what it names."""
    for here, _, files in os.walk(path):
        for name in (*files, "."):
            if not os.path.islink(os.path.join(here, name)):  # it is in its folder, and has no more
                _sync_one(Path(here, name))
    if not path.is_dir():
        _sync_one(path)


def _sync_one(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def first_of(error: OSError) -> OSError:
    """The first of the errors that shutil collects of a folder, with what could not be written."""
    listed = error.args[0] if isinstance(error, shutil.Error) and error.args else ()
    for _, target, reason in listed if isinstance(listed, list) else ():
        if number := re.match(r"\[Errno (\d+)\]", str(reason)):
            return OSError(int(number[1]), os.strerror(int(number[1])), str(target))
    if getattr(error, "filename2", None) is not None:  # of a copy from the first to the second
        return OSError(error.errno, error.strerror, error.filename2)
    return error


def _is_about(error: OSError, path: Path, folder: Path) -> bool:
    """Whether the writing failed, and not something else that was read or made meanwhile."""
    if error.filename is None:
        return type(error) is OSError  # no room: others tell their file, and packages their kind
    place = Path(os.fsdecode(error.filename))
    return not isinstance(error, FileNotFoundError) and (
        place == path or place.is_relative_to(folder))


def _unwritable(path: Path, error: OSError) -> UserError:
    reason, path = error.strerror or error, place_of(path)
    if error.filename is None or error.errno in NO_ROOM:
        return UserError(f"{path} cannot be written ({reason}); make room there, or name another "
                         "place.")
    at = place_of(Path(os.fsdecode(error.filename)))
    return UserError(f"{path} cannot be written ({reason} at {at}); name another place.")


def refuse_without_room(path: Path, needed: int) -> None:
    """Refuse, before long work, a place without room for so many bytes."""
    above = next(folder for folder in path.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(above).free
    if free < needed:
        raise UserError(f"{place_of(path)} needs {megabytes(needed)} of room, and "
                        f"{megabytes(free)} are free there; make room, or name another place.")


def megabytes(count: int) -> str:
    """So many bytes in megabytes, for people; a few as they are."""
    return f"{count / 1e6:,.1f} MB" if count >= MEGABYTES_FROM else counted(count, "byte")


def refuse_unwritable(path: Path | str) -> None:
    """Refuse, before any work, a place at which `replacing` would fail after it.

    Raises
    ------
    UserError
        For a place that takes no new file, what is read-only there, what is neither a file nor a
        folder, and the folder one is in.
    """
    path = Path(path)
    # The folder would be taken from under the process, and relative paths with it.
    if path.is_dir() and Path.cwd().is_relative_to(path.resolve()):
        raise UserError(f"{path} is or holds the folder that you are in; name another place.")
    refuse_special(path)
    above = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        # Permissions do not tell of everything: read-only file systems, quotas, /proc.
        with workspace(above):
            pass
    except OSError as error:
        error.filename = above
        raise _unwritable(path, error) from None
    if path.exists() and not os.access(path, os.W_OK):
        raise UserError(f"{path} is there and read-only; name another place, or make it writable.")


def refuse_unwritable_file(path: Path | str) -> None:
    """The same for a file, which does not replace a folder."""
    if Path(path).is_dir():
        raise UserError(f"{path} is a folder and a file is to be written; name another place.")
    refuse_unwritable(path)


def refuse_special(path: Path) -> None:
    """Refuse to replace what is not simply a file or a folder, whatever it leads to."""
    special = path.exists() and not (path.is_file() or path.is_dir())
    if special or path.absolute().parent == Path("/dev"):
        raise UserError(f"{path} is a pipe or a device, which cannot be replaced; name a file or a "
                        "folder.")
    if path.is_symlink():
        raise UserError(f"{path} is a symbolic link; name what it leads to, "
                        f"{os.path.realpath(path)}, or another place.")
    if os.path.ismount(path):
        raise UserError(f"{path} is where a file system is mounted, which cannot be replaced; name "
                        "a folder in it.")


def refuse_standard_output(path: Path | str) -> None:
    """Refuse the name that elsewhere stands for standard output."""
    if Path(path) == Path("-"):
        raise UserError("- stands for standard output, which is for answers; name a place to write "
                        "to.")


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any, indent: int | None = 2) -> None:
    """Write JSON atomically, keys in the order given; on one line where `indent` is None.

    Raises
    ------
    UserError
        Where something else than JSON stands in its place.
    """
    if not begins_with(path, JSON_BEGINNINGS):
        raise UserError(f"{path} exists and holds no JSON; name a new file, or move it away.")
    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False,
                      allow_nan=False)
    write_text(path, text + "\n")


def begins_with(path: Path | str, beginnings: tuple[bytes, ...]) -> bool:
    """Whether a file may be replaced by one that begins so: it is one, is empty, or is not there.

    White space before it does not count.
    """
    path = Path(path)
    if not path.is_file():
        return True
    with path.open("rb") as opened:
        beginning = opened.read(BEGINNING).lstrip()
    return not beginning or beginning.startswith(beginnings)


def read_json(path: Path | str) -> Any:
    """Read a JSON file; ValueError for what is none."""
    try:
        return json.loads(stored_bytes(path).decode("utf-8"))
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None


def known_record(path: Path | str) -> dict[str, Any]:
    """What a JSON object says; nothing where none can be read."""
    try:
        record = read_json(path)
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def read_record(path: Path | str, *needed: str) -> dict[str, Any]:
    """What a stage's record says; UserError where it is none, or says nothing of what is needed."""
    record = known_record(path)
    missing = [name for name in needed if name not in record]
    if missing or not record:
        told = f" with {', '.join(missing)}" if missing else ""
        raise UserError(f"{path} is no record{told}; make it again with `dvc repro`.")
    return record


def path_of(name: str, path: Any) -> Path:
    """A path that is given as str or Path; UserError for anything else, such as a switch."""
    require(isinstance(path, (str, PathLike)), name, path, "a path")
    return Path(path)
