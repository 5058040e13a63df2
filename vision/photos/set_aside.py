"""Files moved out of a folder into another one, where nothing is ever overwritten."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say


def refuse_taken(paths: Sequence[Path], folder: Path) -> None:
    """UserError, before anything is moved, where the folder has something in a file's place.

    Parameters
    ----------
    paths : of the files, below the folder.
    folder : need not exist.
    """
    taken = [path for path in paths if _is_there(folder / path)]
    if taken:
        are = f" and {len(taken) - 1:,} more are" if len(taken) > 1 else " is"
        raise UserError(f"{folder / taken[0]}{are} there already, and nothing is overwritten; "
                        "name another folder with --move.")


def _is_there(path: Path) -> bool:
    """Also a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def set_aside(files: Sequence[tuple[Path, Path]], folder: Path) -> None:
    """Move files into a folder, which is made, under their paths below it.

    Each is copied before it is removed, so that it is whole in one of the two places at any time.

    Parameters
    ----------
    files : of each, where it is, and its path below the folder.

    Raises
    ------
    UserError
        For a file that cannot be moved; those before it are.
    """
    for number, (path, below) in enumerate(files):
        try:
            _move(path, folder / below)
        except OSError as error:
            raise UserError(f"{path} cannot be moved to {folder / below} ({error.strerror}); "
                            f"{counted(number, 'image')} moved before it.") from None
    say(f"moved {counted(len(files), 'image')} to {folder}")


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as content, target.open("xb") as copy:  # x: never over another file
        try:
            shutil.copyfileobj(content, copy)
            copy.flush()
            shutil.copystat(path, target)
            path.unlink()
        except BaseException:  # Ctrl-C among them: half a copy would be in the way of the next
            if path.exists():
                target.unlink()
            raise
