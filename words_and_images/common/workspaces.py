"""Folders for files that are gone when the work is, however it ends.

A workspace is locked as long as its process lives. What a killed one left has no lock any more, and
the next workspace beside it removes it first; that of a living process stays, whoever looks. On a
file system without locks all stay.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from words_and_images.common.errors import UserError

PREFIX = ".words-and-images-"
REPLACING = f"{PREFIX}replacing-"  # holds NAME, which is to be beside it
PREVIOUS = ".previous"  # NAME.previous is what stood there


@contextmanager
def workspace(
    parent: Path | None = None, prefix: str = PREFIX, out: Path | None = None
) -> Iterator[Path]:
    """Make a hidden folder, and remove it in the end with all that is in it.

    Parameters
    ----------
    parent : a folder, which is there; None: that of temporary files.
    prefix : its name begins so.
    out : what is to be written in the end, by one process at a time.

    Raises
    ------
    UserError
        Where another process has the workspace of `out`.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    _sweep(parent)
    folder, lock = _new(parent, prefix, out)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def temporary_files(out: Path | None = None) -> Iterator[Path]:
    """A workspace that takes the temporary files of this process and of those that it starts.

    Those of libraries are among them, of which TensorFlow leaves some behind where it is killed.

    Parameters
    ----------
    out : what is to be written in the end: beside it there has to be room for as much. None: where
        temporary files are otherwise.

    Raises
    ------
    UserError
        Where another process is about to write `out`.
    """
    above = out and next(folder for folder in out.absolute().parents if folder.is_dir())
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    with workspace(above, out=out) as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir, variable = before
            if variable is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = variable


def is_temporary(path: Path) -> bool:
    """Whether it lies in a workspace, and will be gone."""
    return any(folder.name.startswith(PREFIX) for folder in path.absolute().parents)


def place_of(path: Path) -> Path:
    """What someone knows of a path: what it is to be, the folder of its workspace, or itself."""
    for number, name in enumerate(path.parts):
        if name.startswith(PREFIX):
            written = path.parts[number + 1 : number + 2] if name.startswith(REPLACING) else ()
            return Path(*path.parts[:number], *written)
    return path


def _new(parent: Path, prefix: str, out: Path | None) -> tuple[Path, int]:
    """A new folder, and the open file that holds its lock."""
    while True:
        folder = _made_for(out, parent) if out else Path(tempfile.mkdtemp(
            prefix=prefix, dir=parent))
        with contextlib.suppress(FileNotFoundError):  # swept before it was locked
            lock = os.open(folder, os.O_RDONLY)
            if _lock(lock) is not False and os.path.samestat(os.fstat(lock), folder.stat()):
                return folder, lock
            os.close(lock)


def _made_for(out: Path, parent: Path) -> Path:
    """A new folder whose name is given by what is to be written."""
    key = hashlib.sha256(os.fsencode(os.path.realpath(out))).hexdigest()[:16]
    folder = parent / f"{PREFIX}{key}"
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        raise UserError(f"{out} is being written by another process; wait until it has ended, or "
                        f"name another place (where there is none, remove {folder}).") from None
    return folder


def _sweep(parent: Path) -> None:
    """Remove what killed processes left in a folder, as far as it may be removed."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            if _lock(lock):
                if folder.name.startswith(REPLACING):
                    _finish(folder)
                shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _lock(opened: int) -> bool | None:
    """Whether the lock is ours now; None where there are no locks."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _finish(folder: Path) -> None:
    """Put the new one in its place where a kill came when the old one had stepped aside."""
    for previous in folder.glob(f"*{PREVIOUS}"):
        name = previous.name.removesuffix(PREVIOUS)
        if (folder / name).exists() and not os.path.lexists(folder.parent / name):
            os.rename(folder / name, folder.parent / name)
