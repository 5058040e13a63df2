"""What may be replaced: folders that list their own files; and whether these are still whole.

A folder that a command makes holds a list of its files with their sizes and sha256, and the version
of its format. What the list does not name is somebody else's, and stays.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import (
    JSON_BEGINNINGS,
    AnyPath,
    begins_with,
    read_json,
    replacing,
    write_json,
)
from words_and_images.common.stored_paths import stored_path
from words_and_images.common.workspaces import workspace

FORMAT = 2  # 1 is what had no list
LIST_FILE = ".files.json"
LIST_KEY = "folder"  # of a record that holds the list
CARD = "README.md"  # people write in it too: no answer depends on it, and what they wrote is theirs
SCRIPTS = ("pipelines", "examples")  # folders of the stages' scripts

# What a desktop puts into any folder that is looked at.
LEFT_BEHIND = ("._*", ".DS_Store", "Thumbs.db", "desktop.ini", "@eaDir")
BEGINNINGS = {".json": JSON_BEGINNINGS, ".png": (b"\x89PNG",), ".svg": (b"<?xml", b"<svg"),
              ".html": (b"<!doctype html", b"<!DOCTYPE html")}

TOLD = 3  # how many files a sentence names

LARGE = 1 << 24  # bytes up to which a file is hashed whole, where the kind of folder has samples
SAMPLES, SAMPLE = 256, 1 << 12  # evenly out of a larger file: how many, and bytes of each


@dataclass(frozen=True)
class Kind:
    """A kind of folder that the project makes.

    Parameters
    ----------
    name : what errors call one: ``a classifier``.
    record : the JSON file in it that holds the list.
    former : patterns of the files that the version without lists wrote.
    mark : the files by which such a folder is told from others; without all of them it is none.
    remedy : what to do about one that is damaged.
    sampled : whether a large file is checked by samples, and not whole: for tables so large that
        reading them would take longer than what is asked of them.
    """

    name: str
    former: tuple[str, ...]
    mark: tuple[str, ...]
    remedy: str
    record: str = LIST_FILE
    sampled: bool = False


class DamagedError(UserError):
    """A folder that is not as it was written: the reason, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; {remedy}.")


@contextmanager
def making(path: AnyPath, kind: Kind) -> Iterator[Path]:
    """Yield the temporary path of a folder; list its files and move it onto `path` in the end.

    As `files.replacing`, but what stood at `path` before is replaced where it is of that
    kind and holds nothing else.

    Raises
    ------
    UserError
        As `refuse_foreign`, when the block begins and again before anything is replaced.
    """
    path = Path(path)
    refuse_foreign(path, kind)
    with replacing(path, partial(refuse_foreign, kind=kind)) as temporary:
        yield temporary
        seal(temporary, kind)


def seal(folder: Path, kind: Kind) -> None:
    """Write the list of a folder's files into its record."""
    path = folder / kind.record
    record = read_json(path) if path.exists() else {}
    record.pop(LIST_KEY, None)
    files = {name: _entry(folder / name, kind) for name in _files(folder) if name != kind.record}
    record[LIST_KEY] = {"kind": kind.name, "format": FORMAT, "stage": _stage(),
                        "record": _digest_of(record), "files": files}
    write_json(path, record)


def refuse_foreign(path: Path, kind: Kind) -> None:
    """Refuse to replace what the project did not make, or made as something else.

    Raises
    ------
    UserError
        For a file, for a folder of another kind, and for one that holds files of somebody else's;
        names them.
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file and a folder is to be written; name another place.")
    foreign = foreign_files(path, kind)
    if not foreign:
        return
    more = f" and {len(foreign) - TOLD:,} more" if len(foreign) > TOLD else ""
    raise UserError(
        f"{path} is a folder with other content ({', '.join(foreign[:TOLD])}{more}), and only what "
        f"was written as {kind.name} is replaced; name a new folder to write to, or move that "
        "elsewhere.")


def foreign_files(folder: Path, kind: Kind) -> list[str]:
    """The files in a folder that are not of its list; those of another kind of folder are none.

    A card that somebody has changed is not of the list.
    """
    names = _files(folder) if folder.is_dir() else []
    try:
        content = _content(folder, kind)
    except DamagedError:
        content = None  # what is left of it is told by the names
    listed = content.get(LIST_KEY) if content else None
    if isinstance(listed, dict):
        files = listed.get("files") if listed.get("kind") == kind.name else None
        own = {*files, kind.record} if isinstance(files, dict) else set()
        if isinstance(files, dict) and _damage(folder / CARD, files.get(CARD), kind):
            own.discard(CARD)
        return [name for name in names if name not in own]
    if not set(kind.mark) <= set(names):
        return names
    return [name for name in names
            if not any(fnmatchcase(name, pattern) for pattern in (*kind.former, kind.record))]


def refuse_input(out: AnyPath, inputs: Iterable[AnyPath]) -> None:
    """Refuse an output that is, or holds, what is read.

    Parameters
    ----------
    out : the file or folder to write.
    inputs : files and folders that are read; what does not exist is passed over.

    Raises
    ------
    UserError
        Naming both.
    """
    place = Path(out)
    if not os.path.lexists(place):
        return
    whole = place.resolve()
    for each in inputs:
        if not os.path.exists(each):
            continue
        same = os.path.samefile(each, place) if place.exists() else False
        if same or Path(each).resolve().is_relative_to(whole):
            named = "" if str(out) == str(each) else f"{'is' if same else 'holds'} {each}, which "
            raise UserError(
                f"{out} {named}is read and would be lost; name another place to write.")


def refuse_among(
    out: AnyPath, source: AnyPath, remedy: str = "name another place to write"
) -> None:
    """Refuse an output that is, or lies in, what is read: the next run would read it as well.

    Parameters
    ----------
    out : the file or folder to write.
    source : what is read; one that does not exist, as a name of the catalogue, is passed over.
    remedy : how the sentence ends.

    Raises
    ------
    UserError
        Naming both.
    """
    read, place = Path(source).resolve(), Path(out).resolve()
    if os.path.exists(source) and place.is_relative_to(read):
        where = "is" if place == read else f"lies in {source}, which is"
        raise UserError(f"{out} {where} read; {remedy}.")


def refuse_tangled(paths: Sequence[str]) -> None:
    """Refuse a stage's paths, inputs before outputs, where one would destroy another.

    Raises
    ------
    UserError
        Where a later path is or holds an earlier one, and for a file that is not of the kind which
        its name tells, and which an output would replace.
    """
    for place, path in enumerate(paths):
        refuse_input(path, paths[:place])
        ending = os.path.splitext(path)[1]
        if not begins_with(path, BEGINNINGS.get(ending, (b"",))):
            raise UserError(f"{path} exists and is no {ending} file; move it away.")


def remove_own(folder: Path, kind: Kind) -> None:
    """Remove a folder, but for what is not of its list: at once where that is all of it."""
    foreign = set(foreign_files(folder, kind))
    if folder.is_dir() and not foreign:
        with workspace(folder.parent) as unwanted:  # a kill would leave some of it as nobody's
            os.rename(folder, unwanted / folder.name)
        return
    for name in _files(folder):
        if name not in foreign:
            (folder / name).unlink(missing_ok=True)
    for here, _, _ in os.walk(folder, topdown=False):
        if not os.listdir(here):
            os.rmdir(here)


def check(folder: Path, kind: Kind, is_used: Callable[[str], bool] = lambda name: True) -> bool:
    """Check a folder's files but its card against its list; return whether it has one.

    Parameters
    ----------
    folder, kind
    is_used : which of the files are looked at, by their names in the list.

    Raises
    ------
    DamagedError
        For a record that is broken or changed, and a file that is missing or has other bytes.
    UserError
        For a folder that a later version wrote.
    """
    content = _content(folder, kind) or {}
    listed = content.pop(LIST_KEY, None)
    if not isinstance(listed, dict):
        return False
    record, remedy = folder / kind.record, _remedy(listed, kind)
    if not isinstance(listed.get("format"), int) or not isinstance(listed.get("files"), dict):
        raise DamagedError(f"{record} is broken (its list of files is none)", remedy)
    if listed["format"] > FORMAT:
        raise UserError(f"{folder} is of format {listed['format']}, and this version reads up to "
                        f"{FORMAT}; use the version that wrote it, or a later one.")
    if listed.get("kind") != kind.name:
        raise UserError(f"{folder} was written as {listed.get('kind')}, and is not {kind.name}; "
                        "name another.")
    if listed.get("record") != _digest_of(content):
        raise DamagedError(f"{record} is not as it was written", remedy)
    for name, entry in listed["files"].items():
        if name == CARD or not is_used(name):
            continue
        if reason := _damage(folder / stored_path(name, record), entry, kind):
            raise DamagedError(f"{folder / name} {reason}", remedy)
    return True


def remedy_for(folder: Path, kind: Kind) -> str:
    """What to do about a folder that is damaged: what fits whoever made it."""
    try:
        content = _content(folder, kind) or {}
    except DamagedError:
        content = {}
    return _remedy(content.get(LIST_KEY), kind)


def _remedy(listed: Any, kind: Kind) -> str:
    stage = listed.get("stage") if isinstance(listed, dict) else None
    return f"make it again with `dvc repro` (its stage is {stage})" if stage else kind.remedy


def _stage() -> str | None:
    """The stage that this process is, if it is one; names the same folder whoever calls it."""
    script = Path(sys.argv[0])
    return script.stem if script.parent.name in SCRIPTS and script.suffix == ".py" else None


def _content(folder: Path, kind: Kind) -> dict[str, Any] | None:
    """The record that holds a folder's list; None where there is no such file."""
    path = folder / kind.record
    try:
        content = read_json(path)
        if not isinstance(content, dict) or not content:  # none was ever written empty
            raise ValueError("it holds no record")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path} is broken ({error})", kind.remedy) from None
    return content


def _files(folder: Path) -> list[str]:
    """The names of all files below a folder, but for what desktops leave there; a link is one."""
    names = []
    for here, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        folders[:] = [name for name in folders if not _is_left_behind(name)]
        names += [Path(here, name).relative_to(folder).as_posix()
                  for name in (*files, *links) if not _is_left_behind(name)]
    return sorted(names)


def _is_left_behind(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in LEFT_BEHIND)


def _entry(path: Path, kind: Kind) -> dict[str, Any]:
    """What the list says of a file."""
    size = path.stat().st_size
    entry = {"bytes": size, "sha256": _sha256(path)}
    if kind.sampled and size > LARGE:
        entry["samples"] = _sha256_of_samples(path, size)
    return entry


def _damage(path: Path, entry: Any, kind: Kind) -> str | None:
    """What is wrong with a file, None where it is as the list says."""
    try:
        if path.exists() and not path.is_file():
            return "is no file"  # a pipe would keep its reader waiting
        size = path.stat().st_size
        written = entry["bytes"]
        if not isinstance(written, int):
            raise TypeError
        if size != written:
            return f"has {counted(size, 'byte')} and was written with {written:,}"
        if kind.sampled and "samples" in entry:
            same = _sha256_of_samples(path, size) == entry["samples"]
        else:
            same = _sha256(path) == entry["sha256"]
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (KeyError, TypeError):
        return "is not told of as it should be in the list of files"
    return None if same else "is not as it was written (it has other bytes)"


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sha256_of_samples(path: Path, size: int) -> str:
    """Of blocks evenly out of a file, its beginning and its end among them."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as opened:
        for number in range(SAMPLES):
            opened.seek(number * (size - SAMPLE) // (SAMPLES - 1))
            digest.update(opened.read(SAMPLE))
    return digest.hexdigest()


def _digest_of(record: dict[str, Any]) -> str:
    """Of the content, whatever white space it is written with."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
