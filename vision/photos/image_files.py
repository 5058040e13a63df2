"""Which files are images, by their first bytes, and the images below a folder."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.folders import CLASSIFIER
from vision.photos.image_kinds import BEGINNING, MARK, RAW_PHOTO, TIFF, is_text, kind_of
from words_and_images.common.errors import UserError
from words_and_images.common.system_folders import is_system_name, leads_out

IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff",
    ".heic", ".heif", ".avif",
})
"""A file called so is meant to be an image: a broken one is named, not passed over."""
# Files of cameras that begin like a TIFF, whose first picture is a thumbnail.
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos", ".nef", ".nrw",
    ".pef", ".rwl", ".sr2", ".srf", ".srw",
})
OWN_SUFFIX = ".png"  # of what this project draws
VARIANTS_MARK = "_nohash_"  # what follows it in a name tells variants of one thing apart

NO_IMAGE = "not an image file"
UNKNOWN = "no image of a known kind"
SYSTEM_FOLDER = "hidden or a system's own"
OWN_PICTURE, OWN_FOLDER = "drawn by this project", "a classifier"
LINK_OUT = "a link that leads out of the folder"
# Reasons of folders, which are not entered.
FOLDERS = frozenset({SYSTEM_FOLDER, OWN_FOLDER, LINK_OUT})
# No photo is missed where these are passed over.
HARMLESS = frozenset({SYSTEM_FOLDER, OWN_FOLDER, NO_IMAGE, OWN_PICTURE})
NAMED = 3  # how many files a sentence names


@dataclass(frozen=True)
class PassedOver:
    """A file or folder in which no image is looked for, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class FilesBelow:
    """What is below a folder: images, sorted, and what was passed over."""

    images: list[Path]
    passed_over: list[PassedOver]


def why_no_image(path: Path) -> str | None:
    """Why a file is no image; None for one that is, by its name or else by its first bytes.

    An image is also one that its reader will refuse, and name: a broken one, or one of a kind that
    is known and not read. What this project drew beside a photo is none.
    """
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES and suffix != OWN_SUFFIX:
        return None
    try:
        beginning = beginning_of(path)
    except OSError:
        return None  # its reader will say why
    if suffix == OWN_SUFFIX:
        return OWN_PICTURE if MARK in beginning else None
    kind = kind_of(beginning)
    if kind is None:
        return NO_IMAGE if is_text(beginning) else UNKNOWN
    return RAW_PHOTO if kind.raw or (kind == TIFF and suffix in RAW_SUFFIXES) else None


def beginning_of(path: Path) -> bytes:
    """The first bytes of a file; none of what is no file, for a pipe would keep its reader waiting.
    """
    if not path.is_file():
        return b""
    with path.open("rb", buffering=0) as opened:
        return opened.read(BEGINNING)


def files_below(folder: Path) -> FilesBelow:
    """The images of a folder and of all folders in it, and what was passed over on the way.

    Hidden files and those of systems are not even mentioned; such folders are, and not entered,
    nor is a classifier's. Links to folders are followed as long as they stay inside.
    """
    images, passed_over = [], []
    for path, reason in _visible(folder):
        if reason is None:
            images.append(path)
        else:
            passed_over.append(PassedOver(path, reason))
    return FilesBelow(sorted(images), passed_over)


def images_below(folder: Path) -> list[Path]:
    """The images of a folder and of all folders in it, sorted."""
    return files_below(folder).images


def _visible(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """All visible files below a folder, and the folders that are not entered, with the reasons."""
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        # Folders may be links; a link to a folder above would go round for ever.
        if (real := os.path.realpath(here)) in seen:
            folders.clear()
            continue
        seen.add(real)
        closed = {name: reason for name in sorted(folders)
                  if (reason := _why_not_entered(Path(here, name), folder))}
        yield from ((Path(here, name), reason) for name, reason in closed.items())
        folders[:] = sorted(set(folders) - set(closed))
        for path in (Path(here, name) for name in sorted(files) if not is_system_name(name)):
            yield path, why_no_image(path)


def _why_not_entered(folder: Path, top: Path) -> str | None:
    if is_system_name(folder.name):
        return SYSTEM_FOLDER
    if folder.is_symlink() and leads_out(folder, top):
        return LINK_OUT
    own = all(os.path.exists(folder / name) for name in CLASSIFIER.mark)
    return OWN_FOLDER if own else None


def _refuse(error: OSError) -> None:
    """A folder passed over in silence would be images missing in silence."""
    reason = (error.strerror or "no access").lower()
    raise UserError(f"the folder {error.filename} cannot be read ({reason}); mend its permissions "
                    "or take it out.")


def alarming(reasons: Iterable[str]) -> bool:
    """Whether what was passed over for these reasons may have been photos."""
    return not HARMLESS.issuperset(reasons)


def named(skipped: Sequence[tuple[str, str]], of: int | None = None) -> str:
    """The first few of paths with their reasons, and how many more there are, of so many."""
    first = ", ".join(f"{path} ({reason})" for path, reason in skipped[:NAMED])
    rest = (of or len(skipped)) - min(NAMED, len(skipped))
    return f"{first} and {rest} more" if rest > 0 else first
