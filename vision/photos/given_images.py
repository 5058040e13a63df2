"""Images as a command line gives them: files, folders, globs, and standard input."""

import glob
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

from vision.photos.image import read_capped, within_cap
from vision.photos.image_files import (
    LINK_OUT,
    FilesBelow,
    PassedOver,
    alarming,
    files_below,
    named,
    why_no_image,
)
from vision.photos.image_kinds import kind_of
from words_and_images.common.errors import UserError
from words_and_images.common.progress import WARNING, say
from words_and_images.common.system_folders import is_system_name, leads_out, top_of

STANDARD_INPUT = "-"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LONGEST_LINE = 1 << 16  # bytes: no path is as long
_BEGINNING = 12  # bytes that tell an image from a list of paths


@dataclass(frozen=True)
class GivenImage:
    """One image: what answers call it, and where it is or what it holds."""

    name: str
    source: Path | bytes = field(repr=False)


Given = GivenImage | UserError


def given_images(arguments: Iterable[str], stream: BinaryIO | None = None) -> Iterator[Given]:
    """The images that arguments stand for, in order; for an argument without any, the error.

    Parameters
    ----------
    arguments : each a file, a folder (all images below it), a glob, or ``-``: an image on
        standard input, or paths of files and folders there, one a line.
    stream : what is read for ``-``, by default standard input.
    """
    for argument in arguments:
        try:
            if argument == STANDARD_INPUT:
                yield from _streamed(stream or _standard_input())
            else:
                yield from _named(argument)
        except UserError as error:
            yield error


def known_images(arguments: Sequence[str]) -> Sequence[Given] | Iterator[Given]:
    """The same; as a list, whose length is known, unless some of it is still to come."""
    given = given_images(arguments)
    return given if STANDARD_INPUT in arguments else list(given)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise UserError("standard input is closed; send an image or paths to it, or name files.")
    return sys.stdin.buffer


def _named(argument: str) -> Iterator[GivenImage]:
    """A path that exists, else a glob; a file that does not exist is left to who reads it."""
    if not os.path.exists(argument):
        if _ADDRESS.match(argument):
            raise UserError(f"{argument} is an address, and only files are read; download it and "
                            "give the file.")
        if glob.has_magic(argument):
            yield from _matching(argument)
            return
    yield from _at(argument)


def _at(name: str) -> Iterator[GivenImage]:
    """The file of that path, which may not exist, or the images of the folder."""
    path = Path(name)
    if os.path.isdir(path):
        yield from _in_folder(path)
    else:
        yield GivenImage(name, path)


def _in_folder(folder: Path) -> Iterator[GivenImage]:
    below = files_below(folder)
    _tell_of(below.passed_over, str(folder))
    if not below.images:
        raise UserError(f"{folder} holds no images; give image files or a folder of them.")
    for image in below.images:
        yield GivenImage(str(image), image)


def _tell_of(passed_over: Sequence[PassedOver], given: str) -> None:
    if passed_over:
        mark = WARNING if alarming(each.reason for each in passed_over) else ""
        say(f"{mark}passed over {len(passed_over):,} of {given}: "
            + named([(str(each.path), each.reason) for each in passed_over]))


def _matching(pattern: str) -> Iterator[GivenImage]:
    """The image files that match, and those in folders that match, each once."""
    found: set[Path] = set()
    passed_over: dict[Path, PassedOver] = {}
    is_outside = cache(partial(leads_out, top=top_of(pattern)))
    for match in glob.iglob(pattern, recursive=True):
        path = Path(match)
        # What the pattern itself names is meant.
        if any(is_system_name(part) and part not in pattern for part in path.parts):
            continue
        below = _at_match(path, is_outside)
        found.update(below.images)
        passed_over.update((each.path, each) for each in below.passed_over)
    _tell_of(sorted(passed_over.values(), key=lambda each: each.path), pattern)
    if not found:
        raise UserError(f"{pattern} matches no image; give another pattern, image files or a "
                        "folder of them.")
    for path in sorted(found):
        yield GivenImage(str(path), path)


def _at_match(path: Path, is_outside: Callable[[Path], bool]) -> FilesBelow:
    place = path if path.is_dir() else path.parent
    if is_outside(place):
        return FilesBelow([], [PassedOver(place, LINK_OUT)])
    if path.is_dir():
        return files_below(path)
    reason = why_no_image(path)
    return FilesBelow([path], []) if reason is None else FilesBelow([], [PassedOver(path, reason)])


def _streamed(stream: BinaryIO) -> Iterator[Given]:
    """The image that a stream is, or the images whose paths stand in its lines."""
    beginning = stream.read(_BEGINNING)
    if _is_content(beginning):
        content = beginning + read_capped(stream)
        yield GivenImage(STANDARD_INPUT, within_cap(content, "standard input"))
        return
    empty = True
    for line in _lines(beginning, stream):
        if name := os.fsdecode(line).rstrip("\r\n"):
            empty = False
            yield from _listed(name)
    if empty:
        raise UserError("standard input is empty; give an image, or paths of images, one a line.")


def _listed(name: str) -> Iterator[Given]:
    """A path as it stands: a list of files is no place for patterns."""
    try:
        if "\0" in name:
            raise UserError("a line of standard input holds a NUL byte; give paths, one a line.")
        yield from _at(name)
    except UserError as error:
        yield error


def _lines(beginning: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield from (beginning + stream.readline(_LONGEST_LINE)).splitlines(keepends=True)
    yield from iter(lambda: stream.readline(_LONGEST_LINE), b"")


def _is_content(beginning: bytes) -> bool:
    """Whether bytes begin an image, or any other file that is no list of paths."""
    return b"\0" in beginning or kind_of(beginning) is not None
