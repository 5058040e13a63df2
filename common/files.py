"""Files that appear whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.parameters import require

AnyPath = str | PathLike[str]


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it onto `path` when the block ends well.

    The block may make a file or a folder there. When it fails, what it wrote is removed and
    what stood at `path` before stays as it was.

    Raises
    ------
    UserError
        Where `path` cannot be written, is a pipe or a device, and where a folder would replace a
        file or a file a folder.
    """
    path = Path(path)
    _refuse_device(path)
    workspace = _workspace(path)
    try:
        temporary = workspace / path.name
        yield temporary
        temporary.lstat()  # a block that made nothing fails here, before the old one moves
        if path.exists() and temporary.is_dir() != path.is_dir():
            there, wanted = ("file", "folder") if temporary.is_dir() else ("folder", "file")
            raise UserError(
                f"{path} is a {there} and a {wanted} is to be written; name another place.")
        if path.is_dir() and not path.is_symlink():
            # A folder cannot be renamed over a full one: the old one steps aside first.
            os.rename(path, workspace / f"{path.name}.previous")
        os.replace(temporary, path)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _refuse_device(path: Path) -> None:
    """Refuse to replace a pipe or a device, or the link to one that /dev/stdout is."""
    special = path.exists() and not (path.is_file() or path.is_dir())
    if special or path.absolute().parent == Path("/dev"):
        raise UserError(f"{path} is a pipe or a device, which cannot be replaced; name a file or a "
                        "folder.")


def _workspace(path: Path) -> Path:
    """A folder of our own beside the target: same file system, so the rename is atomic."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror} at {error.filename}); name "
                        "another place.") from None


def refuse_standard_output(path: Path | str) -> None:
    """Refuse the name that elsewhere stands for standard output."""
    if Path(path) == Path("-"):
        raise UserError("- stands for standard output, which is for answers; name a place to write "
                        "to.")


def refuse_foreign_folder(path: Path, mark: str) -> None:
    """Refuse to replace a folder that we did not make: one with content, but without our mark.

    Raises
    ------
    UserError
        Naming the folder, before anything is written.
    """
    if path.is_dir() and any(path.iterdir()) and not (path / mark).exists():
        raise UserError(f"{path} is a folder with other content; name a new folder to write to.")


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any, indent: int | None = 2) -> None:
    """Write JSON atomically, keys in the order given; on one line where `indent` is None."""
    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False,
                      allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path | str) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def path_of(name: str, path: Any) -> Path:
    """A path that is given as str or Path; UserError for anything else, such as a switch."""
    require(isinstance(path, (str, PathLike)), name, path, "a path")
    return Path(path)
