"""Folders of labelled images: found, checked one by one, and copied to one layout."""

import os
import re
import shutil
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common import catalogue
from common.archives import is_archive, unpack
from common.errors import UserError
from common.files import replacing
from common.parameters import require
from common.progress import progress, say
from vision.drawings import render_drawings
from vision.image import UnreadableImageError, read_image

# HEIC and AVIF are listed so that a photo Pillow cannot read is named instead of passed over.
IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm",
    ".pgm", ".heic", ".heif", ".avif",
})
FEW_IMAGES = 20
CHECKED_SIZE = 64  # pixels: checking decodes the whole file, but need not keep its size
NAMED = 3  # how many files a sentence names


@dataclass(frozen=True)
class ImagesParameters:
    """Where the images come from and how many unreadable ones are put up with.

    Attributes
    ----------
    source : str, optional
        A name of the catalogue, a folder of class folders, or a zip or tar of one, however
        deeply the class folders sit; by default what the profile says.
    drawings : int
        Drawings a class, for the source of that name.
    unreadable_share : float
        Up to this share of the images, unreadable ones are skipped; above it they are an error.
    seed : int
        Of the drawings.
    """

    source: str | None = None
    drawings: int = 200
    unreadable_share: float = 0.05
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.drawings >= 1, "drawings", self.drawings, "1 or more")
        require(0 <= self.unreadable_share < 1, "unreadable_share", self.unreadable_share,
                "from 0 to below 1")
        require(self.seed >= 0, "seed", self.seed, "0 or more")


@dataclass(frozen=True)
class LabelledFile:
    """An image file of a source: its label, and its path as users know it."""

    label: str
    path: Path
    shown: str


@dataclass(frozen=True)
class SkippedFile:
    """A file of the source that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class ImagesRecord:
    """What data/images.json says: the source, the images of each class, the files left out."""

    source: dict[str, str]
    counts: dict[str, int]
    skipped: list[SkippedFile]

    def to_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)


def collect_images(
    source: str, folder: Path, parameters: ImagesParameters | None = None
) -> ImagesRecord:
    """Copy every readable image of a source to ``folder/<label>/<file>``.

    Parameters
    ----------
    source : str
        A name of the catalogue, or else a path: see `ImagesParameters`. A path of the same name
        as a source of the catalogue is written with ``./`` before it.
    folder : Path
        Made whole or not at all; what stood there before is replaced.
    parameters : ImagesParameters, optional

    Raises
    ------
    UserError
        For a source that is neither, fewer than two classes, and too many unreadable images.
    """
    parameters = parameters or ImagesParameters()
    with opened_source(source, parameters) as (opened, about):
        found, passed_over = find_images(opened, source)
        _refuse_single_class(found, source)
        readable, unreadable = check_images(found)
        refuse_unreadable(found, unreadable, parameters.unreadable_share)
        _refuse_emptied_class(found, readable, source)
        with replacing(folder) as temporary:
            _copy_images(readable, temporary)
    counts = _count(readable)
    _warn(counts, unreadable)
    return ImagesRecord(about, counts, passed_over + unreadable)


@contextmanager
def opened_source(
    source: str, parameters: ImagesParameters | None = None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the source's files, unpacked where needed, and what is known of the source."""
    parameters = parameters or ImagesParameters()
    path = Path(source).expanduser()
    with tempfile.TemporaryDirectory(prefix="images-") as temporary:
        if source not in catalogue.names("images") and path.exists():
            about = {"name": path.resolve().name, "path": source}
            yield _opened_path(path, Path(temporary)), about
            return
        entry = catalogue.find(source, "images")
        opened = Path(temporary) / entry.name
        if entry.name == "drawings":
            say(f"drawing {parameters.drawings} pictures a class")
            render_drawings(opened, parameters.drawings, parameters.seed)
        else:
            opened.mkdir()
            unpack(catalogue.fetch(entry), opened)
        yield opened, entry.describe()


def _opened_path(path: Path, temporary: Path) -> Path:
    if path.is_dir():
        return path
    if not is_archive(path):
        raise UserError(f"{path} is neither a folder nor a zip or tar archive; give a folder with "
                        "a folder of images for each class, or an archive of one.")
    unpack(path, temporary)
    return temporary


def find_images(folder: Path, source: str) -> tuple[list[LabelledFile], list[SkippedFile]]:
    """The image files below a folder with the names of their folders as labels.

    Labels are lower-cased and stripped. Folders of one label in different places (train/hotdog
    and test/hotdog) are one class. An image above all class folders has no class and is passed
    over, as is what is no image; hidden files and __MACOSX are not even mentioned.
    """
    holders: dict[Path, list[Path]] = defaultdict(list)
    passed_over = []
    for path in _visible_files(folder):
        if is_image_name(path):
            holders[path.parent].append(path)
        else:
            passed_over.append(SkippedFile(_shown(path, folder), "not an image file"))
    above = _above_all_classes(holders, source)
    for path in holders.pop(above, []) if above else []:
        passed_over.append(SkippedFile(_shown(path, folder), "not in a class folder"))
    _refuse_colliding_siblings(holders)
    found = [LabelledFile(_label(holder, folder, source), path, _shown(path, folder))
             for holder, paths in holders.items() for path in paths]
    return sorted(found, key=lambda image: (image.label, image.shown)), passed_over


def is_image_name(path: Path) -> bool:
    """Whether a file of that name is taken for an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def _visible_files(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        # Class folders may be links; a link to a folder above would go round for ever.
        if (real := os.path.realpath(here)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if _is_visible(name))
        for name in sorted(files):
            if _is_visible(name):
                yield Path(here) / name


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _shown(path: Path, folder: Path) -> str:
    """The path inside the source, with what no encoding can hold (from a zip) made visible."""
    inside = path.relative_to(folder).as_posix()
    return inside.encode("utf-8", "backslashreplace").decode("utf-8")


def _above_all_classes(holders: Iterable[Path], source: str) -> Path | None:
    """The folder that holds images and every class folder, if there is one."""
    holders = list(holders)
    mixed = [holder for holder in holders if any(holder in other.parents for other in holders)]
    for holder in mixed:
        below = [other for other in holders if holder in other.parents]
        if len(below) != len(holders) - 1:
            raise UserError(
                f"the folder {holder.name!r} of {source} holds images and the folder "
                f"{below[0].name!r} of images; move the images of a class into one folder."
            )
    return mixed[0] if mixed else None


def _refuse_colliding_siblings(holders: Iterable[Path]) -> None:
    known: dict[tuple[Path, str], Path] = {}
    for holder in holders:
        other = known.setdefault((holder.parent, normalise_label(holder.name)), holder)
        if other != holder:
            raise UserError(f"the class folders {other.name!r} and {holder.name!r} would be one "
                            f"class, {normalise_label(holder.name)!r}; rename or unite them.")


def _label(holder: Path, folder: Path, source: str) -> str:
    name = Path(source).resolve().name if holder == folder else holder.name
    label = normalise_label(name)
    if not label:
        raise UserError(f"a class folder of {source} is called {holder.name!r}, which leaves no "
                        "label; rename it.")
    return label


def normalise_label(name: str) -> str:
    """A folder's name as a label: composed Unicode, lower case, no space around it."""
    # macOS writes decomposed names: the same word must be the same label everywhere.
    readable = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return unicodedata.normalize("NFC", readable).strip().lower()


def _refuse_single_class(found: list[LabelledFile], source: str) -> None:
    labels = sorted({image.label for image in found})
    wanted = "give a folder, zip or tar with a folder of images for each of two or more classes."
    if not labels:
        raise UserError(f"{source} holds no images; {wanted}")
    if len(labels) == 1:
        raise UserError(f"{source} holds images of only one class, {labels[0]!r}; {wanted}")


def check_images(
    found: list[LabelledFile],
) -> tuple[list[LabelledFile], list[SkippedFile]]:
    """Decode every image once: the readable ones, and the others with the reason."""
    readable, unreadable = [], []
    workers = os.cpu_count() or 1
    with (
        ThreadPoolExecutor(workers) as pool,
        progress("checking images", len(found), "images") as counter,
    ):
        for image, reason in zip(found, pool.map(_reason_unreadable, found), strict=True):
            counter.advance()
            if reason is None:
                readable.append(image)
            else:
                unreadable.append(SkippedFile(image.shown, reason))
    return readable, unreadable


def _reason_unreadable(image: LabelledFile) -> str | None:
    try:
        read_image(image.path, CHECKED_SIZE, CHECKED_SIZE)
    except UnreadableImageError as error:
        return error.reason
    return None


def refuse_unreadable(
    found: list[LabelledFile], unreadable: list[SkippedFile], most: float
) -> None:
    share = len(unreadable) / len(found)
    if share > most:
        raise UserError(
            f"{len(unreadable)} of {len(found)} images ({share:.1%}) cannot be read, above the "
            f"unreadable_share of {most:g}: {_named(unreadable)}; mend or remove them, or raise "
            "unreadable_share."
        )


def _refuse_emptied_class(
    found: list[LabelledFile], readable: list[LabelledFile], source: str
) -> None:
    emptied = sorted({image.label for image in found} - {image.label for image in readable})
    if emptied:
        raise UserError(f"the class {emptied[0]!r} of {source} has no readable image; "
                        "mend its images or remove its folder.")


def _named(skipped: list[SkippedFile]) -> str:
    """The first few files with their reasons, and how many more there are."""
    first = ", ".join(f"{each.path} ({each.reason})" for each in skipped[:NAMED])
    rest = len(skipped) - NAMED
    return f"{first} and {rest} more" if rest > 0 else first


def _copy_images(images: list[LabelledFile], folder: Path) -> None:
    taken: dict[str, set[str]] = defaultdict(set)
    for image in images:
        name = _free_name(image.path, taken[image.label])
        # Names that differ only in case are one file on some systems.
        taken[image.label].add(name.lower())
        target = folder / image.label / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(image.path, target)


def _free_name(path: Path, taken: set[str]) -> str:
    """A plain file name like the file's own that its class has not taken yet."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_")[:100] or "image"
    suffix = path.suffix.lower()
    name, number = stem + suffix, 2
    while name.lower() in taken:
        name, number = f"{stem}-{number}{suffix}", number + 1
    return name


def _count(images: list[LabelledFile]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for image in images:
        counts[image.label] += 1
    return dict(sorted(counts.items()))


def _warn(counts: dict[str, int], unreadable: list[SkippedFile]) -> None:
    if unreadable:
        noun = "image" if len(unreadable) == 1 else "images"
        say(f"warning: skipped {len(unreadable)} unreadable {noun}: {_named(unreadable)}")
    for label, count in counts.items():
        if count < FEW_IMAGES:
            noun = "image" if count == 1 else "images"
            say(f"warning: the class {label!r} has only {count} {noun}; {FEW_IMAGES} or more "
                "make a better classifier")
