"""Documents that are files in a folder for each class."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from texts.document import LARGEST, NOUN, Found, part_called
from word2vec.corpus.documents.text import read_whole
from word2vec.corpus.documents.text_kinds import ending_of
from words_and_images.common.errors import UserError, counted, printable
from words_and_images.common.progress import WARNING, Counter, say
from words_and_images.common.system_folders import is_system_name
from words_and_images.retraining.labels import comparable
from words_and_images.retraining.recalls import shortened
from words_and_images.retraining.split import TEST, TRAINING, VALIDATION

WANTED = f"a text of up to {LARGEST:,} bytes, and its encoding with --encoding"
NO_TEXT, NO_CLASS, LINK, HIDDEN, NO_FILE = (
    "not called .txt", "in no class folder", "behind a link to a folder", "hidden",
    "a link to nothing, or no file")
REMEDY = "give a folder with a folder of .txt files for each class"

Parts = tuple[str, ...]


def read_folder(
    folder: Path, source: str, known: Collection[str], encoding: str | None, found: Found,
    counter: Counter,
) -> None:
    """Add the documents below a folder to those that are found.

    The top folders are the classes, with all that is below them. A folder around all of them is
    seen through; of the folders train/ and test/, each has the classes inside.

    Parameters
    ----------
    folder : which.
    source : what sentences call it.
    known : labels that are sought: a folder called so is a class, and not around the classes.
    encoding : of the files; None: UTF-8.
    found : gets the documents, called by their paths below the folder.
    counter : is told of each.

    Raises
    ------
    UserError
        For a folder without class folders, and what cannot be read or decoded.
    """
    files = list(_files(folder, found))
    before = _wrapper(files, {comparable(label) for label in known})
    inside = [parts[len(before):] for parts in files if _is_inside(parts, before)]
    parted = _parts_of(inside, source)
    classes = {}
    for parts in files:
        own = _own(parts, before, parted)
        if len(own) < 2:
            found.pass_over(_named(parts), NO_CLASS)
        else:
            classes[parts] = own[0], part_called(parts[len(before)]) if parted else None
    if not classes:
        raise UserError(f"{source} holds {_instead(files, found)}; {REMEDY}, or a file of them.")
    filled = {parts[:len(parts) - len(_own(parts, before, parted)) + 1] for parts in classes}
    _refuse_lost_classes(filled, found, source)
    _tell_of_empty_folders(folder, filled, source)
    for parts, (label, split) in classes.items():
        found.add(_named(parts), label, _read(folder.joinpath(*parts), f"{source}/{_named(parts)}",
                                              encoding), split)
        counter.advance()


def _files(folder: Path, found: Found) -> Iterator[Parts]:
    """The documents' paths below a folder, sorted; what is passed over is kept with its reason."""
    for here, folders, files in os.walk(folder, onerror=_refuse):
        below = Path(here).relative_to(folder).parts
        for name in sorted(folders):
            if os.path.islink(os.path.join(here, name)):
                found.pass_over(_named((*below, name)), LINK)
        folders[:] = sorted(name for name in folders if not is_system_name(name))
        for name in sorted(files):
            parts = (*below, name)
            if not os.path.isfile(os.path.join(here, name)):
                if not is_system_name(name):  # a pipe would keep its reader waiting
                    found.pass_over(_named(parts), NO_FILE)
            elif is_system_name(name):
                if ending_of(name) == ".txt":
                    found.pass_over(_named(parts), HIDDEN)
            elif _is_text(name):
                yield parts
            else:
                found.pass_over(_named(parts), NO_TEXT)


def _is_text(name: str) -> bool:
    """Called .txt, or without an ending, as mails and news are: 53068."""
    ending = ending_of(name)
    return ending == ".txt" or ending in ("", ".") or ending[1:].isdecimal()


def _refuse(error: OSError) -> None:
    """A folder passed over in silence would be documents missing in silence."""
    reason = (error.strerror or "no access").lower()
    raise UserError(f"the folder {error.filename} cannot be read ({reason}); mend its permissions "
                    "or take it out.")


def _wrapper(files: list[Parts], known: Collection[str]) -> Parts:
    """The folders around all class folders."""
    before: Parts = ()
    while True:
        inside = [parts for parts in files if _is_inside(parts, before)]
        tops = {parts[len(before)] for parts in inside}
        deeper = any(len(parts) > len(before) + 2 for parts in inside)
        if len(tops) != 1 or not deeper or comparable(*tops) in known:
            return before
        before = (*before, *tops)


def _is_inside(parts: Parts, before: Parts) -> bool:
    """Whether a file is in a folder within these."""
    return parts[:len(before)] == before and len(parts) > len(before) + 1


def _parts_of(files: Collection[Parts], source: str) -> bool:
    """Whether the top folders are the parts of a set that is divided already.

    They are called so: for training and test; or for training and validation, with folders inside.
    """
    tops = {parts[0] for parts in files}
    called = {name: part_called(name) for name in tops}
    found = set(called.values())
    deep = all(len(parts) > 2 for parts in files)
    if TRAINING not in found or not (TEST in found or (VALIDATION in found and deep)):
        return False
    others = sorted(name for name, part in called.items() if part is None)
    if others:
        raise UserError(f"{source} holds folders for the parts of a set, and beside them "
                        f"{shortened(list(map(repr, others)))}; take them out, or rename what is "
                        "no part of the set.")
    say(f"the folders {shortened(sorted(map(repr, tops)))} are taken for parts of one set, with "
        "its classes inside")
    return True


def _own(parts: Parts, before: Parts, parted: bool) -> Parts:
    """A path from its class on; nothing of what is outside of the class folders."""
    return parts[len(before) + parted:] if parts[:len(before)] == before else ()


def _refuse_lost_classes(classes: Collection[Parts], found: Found, source: str) -> None:
    """UserError for a folder beside class folders in which nothing is called as a document is."""
    around = {folder[:-1] for folder in classes}
    for name in found.passed_over.get(NO_TEXT, []):
        parts = PurePosixPath(name).parts
        for depth in range(1, len(parts)):
            if parts[:depth - 1] in around and parts[:depth] not in classes:
                raise UserError(f"the folder {_named(parts[:depth])} of {source} is beside class "
                                f"folders and holds no document that is read, but {name} "
                                f"({NO_TEXT}); call its texts .txt, or take it out.")


def _tell_of_empty_folders(folder: Path, classes: Collection[Parts], source: str) -> None:
    """A class without a document is none, and is missed by who has made its folder."""
    beside = {(*around, path.name) for around in {parts[:-1] for parts in classes}
              for path in folder.joinpath(*around).iterdir()
              if path.is_dir() and not path.is_symlink() and not is_system_name(path.name)}
    above = {parts[:depth] for parts in classes for depth in range(len(parts) + 1)}
    if empty := sorted(beside - above):
        say(f"{WARNING}{counted(len(empty), 'folder')} of {source} without a document, of which no "
            f"class is made: {shortened(list(map(_named, empty)))}")


def _instead(files: list[Parts], found: Found) -> str:
    if not files:
        others = [f"{name} ({reason})" for reason, names in found.passed_over.items()
                  for name in names]
        return f"no {NOUN}s{f' but {shortened(others)}' if others else ''}"
    return f"{counted(len(files), NOUN)} and no class folders"


def _read(path: Path, shown: str, encoding: str | None) -> str:
    try:
        return read_whole(path, WANTED, encoding or "utf-8")
    except UserError as error:  # of an archive's, the path would be a temporary one
        raise UserError(str(error).replace(str(path), printable(shown))) from None


def _named(parts: Parts) -> str:
    return printable(PurePosixPath(*parts).as_posix())
