"""Files that appear whole or not at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.parameters import require

AnyPath = str | PathLike[str]

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
    what stood at `path` before stays as it was. `refuse` is called before a folder is replaced,
    with the folder as it is then: `common.own_files.making` gives another one.

    Raises
    ------
    UserError
        Where `path` cannot be written, where a folder would replace a file or a file a folder, and
        for what is neither, such as a pipe or a device.
    """
    path = Path(path)
    refuse_special(path)
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
            refuse(path)
            _replace_folder(temporary, path, workspace / f"{path.name}.previous")
        else:
            os.replace(temporary, path)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _replace_folder(new: Path, path: Path, previous: Path) -> None:
    """A folder cannot be renamed over a full one: the old one steps aside first."""
    os.rename(path, previous)
    try:
        os.replace(new, path)
    except BaseException:  # Ctrl-C among them: the old one would be removed with the workspace
        os.rename(previous, path)
        raise


def refuse_special(path: Path) -> None:
    """Refuse a pipe or a device, or the link to one that /dev/stdout is: a rename would take it
    away from everyone."""
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
    if str(path) == "-":
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
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def path_of(name: str, path: Any) -> Path:
    """A path that is given as str or Path; UserError for anything else, such as a switch."""
    require(isinstance(path, (str, PathLike)), name, path, "a path")
    return Path(path)
