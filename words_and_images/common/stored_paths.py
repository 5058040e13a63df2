"""Stored files, and paths that they name: lists of images, of answers, of a folder's files."""

from pathlib import Path, PurePosixPath
from typing import Any

from words_and_images.common.errors import UserError


def stored_bytes(path: Path | str) -> bytes:
    """The content of a stored file; errors as of `require_file` and of `open`."""
    require_file(path)
    return Path(path).read_bytes()


def require_file(path: Path | str) -> None:
    """ValueError for what is there and no file: a pipe keeps its reader waiting, and a device need
    not end."""
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError(f"{path} is no file")


def stored_path(name: Any, told_by: Path | str) -> str:
    """A path below the folder that a stored file tells of.

    Parameters
    ----------
    name : as it is stored.
    told_by : the stored file.

    Raises
    ------
    UserError
        For what leads elsewhere: whoever wrote the file would choose what is read and shown.
    """
    if (not isinstance(name, str) or "\0" in name or PurePosixPath(name).is_absolute()
            or ".." in PurePosixPath(name).parts):
        raise UserError(f"{told_by} names {name!r}, and only what lies below its folder is read; "
                        "make that file anew.")
    return name
