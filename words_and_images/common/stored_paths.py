"""Paths that stored files name: lists of images, of answers, of a folder's files."""

from pathlib import Path, PurePosixPath
from typing import Any

from words_and_images.common.errors import UserError


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
