"""Folders of labelled images: found, checked one by one, and copied to one layout."""

import hashlib
import re
import shutil
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vision.folders import IMAGES
from vision.photos.class_folders import AUTO, READINGS, class_folders
from vision.photos.distortions import DistortionParameters
from vision.photos.image import UnreadableImageError, read_image
from vision.photos.image_files import (
    FOLDERS,
    HARMLESS,
    VARIANTS_MARK,
    alarming,
    files_below,
    named,
)
from vision.photos.image_kinds import READ_KINDS
from words_and_images.common.archives import is_archive, unpack
from words_and_images.common.errors import UserError, counted, percent, printable
from words_and_images.common.files import known_record
from words_and_images.common.own_files import (
    LIST_FILE,
    foreign_files,
    making,
    refuse_foreign,
    refuse_input,
    seal,
)
from words_and_images.common.parameters import require, require_choice
from words_and_images.common.progress import WARNING, progress, say
from words_and_images.common.workers import in_order
from words_and_images.common.workspaces import workspace
from words_and_images.retraining.labels import comparable, label_of, of_one_spelling

FEW_IMAGES = 20
CHECKED_SIZE = 64  # pixels: checking decodes the whole file, but need not keep its size
RESERVED = "not sure"  # what a classifier answers below its threshold
NO_CLASS, NO_IMAGES = "not in a class folder", "a folder without images"


@dataclass(frozen=True)
class ImagesParameters:
    """Where the images come from and how many unreadable ones are put up with.

    Attributes
    ----------
    source : str, optional
        A folder of class folders, or a zip or tar of one, however deeply they sit; or a name of
        the catalogue, for which ``catalogue:`` may stand; by default what the profile says.
    drawings : int, 1 or more
        Drawings a class, for the source of that name.
    unreadable_share : float, from 0 to below 1
        Up to this share of the images, unreadable ones are skipped; above it they are an error.
    seed : int
        Of the drawings.
    class_folders : str
        Which folders are the classes: `auto` or `top`, the top ones that hold all images, with
        all below them (`auto` looks for them in train/ and test/ as well); `deepest`, those
        that images lie in.
    distortions : DistortionParameters
        The variants of each training photo that the head sees as well.
    """

    source: str | None = None
    drawings: int = 200
    unreadable_share: float = 0.05
    seed: int = 1
    class_folders: str = AUTO
    distortions: DistortionParameters = DistortionParameters()

    def __post_init__(self) -> None:
        require(self.drawings >= 1, "drawings", self.drawings, "1 or more")
        require(0 <= self.unreadable_share < 1, "unreadable_share", self.unreadable_share,
                "from 0 to below 1")
        require(self.seed >= 0, "seed", self.seed, "0 or more")
        require_choice("class_folders", self.class_folders, READINGS)


@dataclass(frozen=True)
class LabelledFile:
    """An image file of a source: its label, and its path as users know it."""

    label: str
    path: Path
    shown: str


@dataclass(frozen=True)
class SkippedFile:
    """A file or folder of the source that was left out, and why."""

    path: str
    reason: str

    @property
    def is_file(self) -> bool:
        """Whether it is no folder."""
        return self.reason not in FOLDERS | {NO_IMAGES}


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
        A path, or else a name of the catalogue: see `ImagesParameters`.
    folder : Path
        Made whole or not at all; what stood there before is replaced.
    parameters : ImagesParameters, optional

    Raises
    ------
    UserError
        For a source that is neither, fewer than two classes, and too many unreadable images; for
        a folder with files of somebody else's, and one that holds the source.
    """
    parameters = parameters or ImagesParameters()
    refuse_input(folder, [Path(source).expanduser()])
    refuse_foreign(folder, IMAGES)
    with opened_source(source, parameters) as (opened, about):
        readable, skipped = readable_images(opened, source, parameters)
        with making(folder, IMAGES) as temporary:
            _copy_images(readable, temporary)
    return ImagesRecord(about, _count(readable), skipped)


def readable_images(
    opened: Path, source: str, parameters: ImagesParameters
) -> tuple[list[LabelledFile], list[SkippedFile]]:
    """The images of two or more classes that can be read, and what was left out, which is said.

    Parameters
    ----------
    opened : the folder with the source's files, of `opened_source`.
    source : what errors call it.
    parameters : which folders are the classes, and the share of images that may be unreadable.

    Raises
    ------
    UserError
        For fewer than two classes, a class of which nothing can be read, and more unreadable
        images.
    """
    found, passed_over = find_images(opened, source, parameters.class_folders)
    _refuse_single_class(found, passed_over, source)
    readable, unreadable = check_images(found)
    _refuse_emptied_class(found, readable, unreadable, source)
    refuse_unreadable(found, unreadable, parameters.unreadable_share)
    _warn(_count(readable), passed_over, unreadable)
    return readable, passed_over + unreadable


def list_former_images(folder: Path, record: Path) -> None:
    """Give a list to class folders that the version without lists wrote, so that they are ours.

    They are where the record counts as many images of each class as there are files, and no more.
    """
    if not folder.is_dir() or (folder / LIST_FILE).exists() or not record.is_file():
        return
    counts = Counter(name.rpartition("/")[0] for name in foreign_files(folder, IMAGES))
    if counts == known_record(record).get("counts"):
        seal(folder, IMAGES)


@contextmanager
def opened_source(
    source: str, parameters: ImagesParameters | None = None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the source's files, unpacked where needed, and what is known of the source."""
    from vision.drawings.drawing import render_drawings
    from words_and_images.common import catalogue

    parameters = parameters or ImagesParameters()
    path = Path(source).expanduser()
    with workspace() as temporary:
        entry = catalogue.entry_of(source, path.exists(), "images")
        catalogue.tell_taken("images", source, entry, "images")
        if entry is None:
            about = {"name": path.resolve().name, "path": source}
            yield _opened_path(path, temporary), about
            return
        opened = temporary / entry.name
        if entry.name == "drawings":
            render_drawings(opened, parameters.drawings, parameters.seed)
        else:
            opened.mkdir()
            with catalogue.fetched(entry) as archive:
                unpack(archive, opened)
        yield opened, entry.describe()


def _opened_path(path: Path, temporary: Path) -> Path:
    if path.is_dir():
        return path
    if not is_archive(path):
        raise UserError(f"{path} is neither a folder nor a zip or tar archive; give a folder with "
                        "a folder of images for each class, or an archive of one.")
    unpack(path, temporary)
    return temporary


def find_images(
    folder: Path, source: str, reading: str = AUTO, known: Collection[str] = ()
) -> tuple[list[LabelledFile], list[SkippedFile]]:
    """The image files below a folder with the names of their class folders as labels.

    Which folders are the classes, `vision.photos.class_folders` says; it has `reading` and `known`
    too. Folders of one label in different places (train/hotdog and test/Hotdog) are one class. An
    image outside the class folders has no class and is passed over, as is what is no image, a
    folder of a system, and an empty one beside class folders; hidden files are not even
    mentioned. A folder beside class folders that held no image but may have held photos is an
    error.
    """
    holders: dict[Path, list[Path]] = defaultdict(list)
    below = files_below(folder)
    for path in below.images:
        holders[path.parent].append(path)
    passed_over = [SkippedFile(_shown(each.path, folder), each.reason)
                   for each in below.passed_over]
    places = class_folders(holders, folder, source, reading, known)
    passed_over += [SkippedFile(_shown(path, folder), NO_CLASS)
                    for holder, paths in holders.items() if not places[holder] for path in paths]
    classes = {place for place in places.values() if place}
    _refuse_colliding_siblings(sorted(classes))
    not_entered = {each.path for each in below.passed_over if each.reason in FOLDERS}
    empty = [_shown(path, folder) for path in _empty_siblings(classes, folder, not_entered)]
    _refuse_lost_classes(empty, passed_over, source)
    passed_over += [SkippedFile(path, NO_IMAGES) for path in empty]
    found = [LabelledFile(_label(place, folder, source), path, _shown(path, folder))
             for holder, paths in holders.items() if (place := places[holder]) for path in paths]
    chosen = of_one_spelling((image.label for image in found), "folder")
    found = [replace(image, label=chosen[image.label]) for image in found]
    return sorted(found, key=lambda image: (image.label, image.shown)), passed_over


def _shown(path: Path, folder: Path) -> str:
    """The path inside the source, in one line."""
    return printable(path.relative_to(folder).as_posix())


def _empty_siblings(
    holders: Iterable[Path], folder: Path, not_entered: set[Path]
) -> list[Path]:
    """Folders beside class folders in which there is no image, however deep."""
    holders = set(holders)
    full = {parent for holder in holders for parent in (holder, *holder.parents)}
    beside = {path for parent in {holder.parent for holder in holders - {folder}}
              for path in parent.iterdir() if path.is_dir()}
    # A link back to a folder above is no class that someone forgot to fill.
    above = {path.resolve() for path in full}
    return sorted(path for path in beside - full - not_entered if path.resolve() not in above)


def _refuse_lost_classes(
    empty: list[str], passed_over: list[SkippedFile], source: str
) -> None:
    """UserError for a folder without an image that is no mere folder of texts: a class is missing.
    """
    for path in empty:
        inside = [each for each in passed_over if each.path.startswith(f"{path}/")]
        lost = [each for each in inside if each.reason not in HARMLESS]
        if lost:
            raise UserError(
                f"the folder {path!r} of {source} holds no image that can be read: "
                f"{_named(lost)}; give its images as {READ_KINDS}, or take the folder out."
            )


def _refuse_colliding_siblings(holders: Iterable[Path]) -> None:
    known: dict[tuple[Path, str], Path] = {}
    for holder in holders:
        other = known.setdefault((holder.parent, comparable(holder.name)), holder)
        if other != holder:
            raise UserError(f"the class folders {_told_apart(other.name, holder.name)} differ in "
                            "nothing but case, spaces or how an accent is written; rename or "
                            "unite them.")


def _told_apart(one: str, other: str) -> str:
    """Two names, spelled so that a composed and a decomposed accent do not look the same."""
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    spelled = ascii if same else repr
    return f"{spelled(one)} and {spelled(other)}"


def _label(holder: Path, folder: Path, source: str) -> str:
    name = Path(source).resolve().name if holder == folder else holder.name
    label = label_of(name)
    if comparable(name) == RESERVED:
        raise UserError(f"a class folder of {source} is called {holder.name!r}, which is what a "
                        "classifier answers when it has no answer; rename it.")
    if not label:
        raise UserError(f"a class folder of {source} is called {holder.name!r}, which leaves no "
                        "label; rename it.")
    return label


def _refuse_single_class(
    found: list[LabelledFile], passed_over: list[SkippedFile], source: str
) -> None:
    labels = sorted({image.label for image in found})
    wanted = "give a folder, zip or tar with a folder of images for each of two or more classes."
    if not labels:
        raise UserError(f"{source} holds no images{besides(passed_over)}; {wanted}")
    if len(labels) == 1:
        raise UserError(f"{source} holds images of only one class, {labels[0]!r}; {wanted}")


def besides(passed_over: list[SkippedFile]) -> str:
    """What was found where no image was, to go on a sentence."""
    return f" but {_named(passed_over)}" if passed_over else ""


def check_images(
    found: list[LabelledFile],
) -> tuple[list[LabelledFile], list[SkippedFile]]:
    """Decode every image once: the readable ones, and the others with the reason."""
    readable, unreadable = [], []
    with progress("checking images", len(found), "images") as counter:
        for image, reason in zip(found, in_order(_reason_unreadable, found), strict=True):
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
            f"{len(unreadable)} of {len(found)} images ({percent(share)}) cannot be read, above "
            f"the unreadable_share of {most:g}: {_named(unreadable)}; mend or remove them, or "
            "raise unreadable_share."
        )


def _refuse_emptied_class(
    found: list[LabelledFile], readable: list[LabelledFile], unreadable: list[SkippedFile],
    source: str,
) -> None:
    emptied = sorted({image.label for image in found} - {image.label for image in readable})
    if emptied:
        lost = {image.shown for image in found if image.label == emptied[0]}
        why = _named([each for each in unreadable if each.path in lost])
        raise UserError(f"the class {emptied[0]!r} of {source} has no readable image: {why}; "
                        "mend its images or remove its folder.")


def _named(skipped: list[SkippedFile], of: int | None = None) -> str:
    return named([(each.path, each.reason) for each in skipped], of)


def _copy_images(images: list[LabelledFile], folder: Path) -> None:
    taken: dict[str, dict[str, int]] = defaultdict(dict)
    for image in images:
        name = _free_name(image.path, taken[image.label])
        target = folder / image.label / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(image.path, target)


def _free_name(path: Path, taken: dict[str, int]) -> str:
    """A plain file name like the file's own that its class has not taken yet.

    `taken` has the number that each name goes on with: of many files called image.jpg none tries
    the names of all before it.
    """
    stem, suffix = _plain(path.stem), path.suffix.lower()
    # Names that differ only in case are one file on some systems.
    first = name = stem + suffix
    number = taken.get(first.lower(), 1)
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}{suffix}"
    taken[name.lower()] = 1
    taken[first.lower()] = number
    return name


def _plain(stem: str) -> str:
    """A file's name in plain letters; a variant's mark (`vision.photos.split`) stays in it."""
    thing, mark, variant = stem.partition(VARIANTS_MARK)
    plain = _plain_letters(thing) or "image"
    if not mark:
        return plain
    if plain != thing:
        # Two things must not become one, with all their variants.
        known = unicodedata.normalize("NFC", thing).encode("utf-8", "backslashreplace")
        plain = f"{plain}-{hashlib.sha256(known).hexdigest()[:8]}"
    return plain + mark + (_plain_letters(variant) or "1")


def _plain_letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:100]


def _count(images: list[LabelledFile]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for image in images:
        counts[image.label] += 1
    return dict(sorted(counts.items()))


def _warn(
    counts: dict[str, int], passed_over: list[SkippedFile], unreadable: list[SkippedFile]
) -> None:
    if passed_over:
        mark = WARNING if alarming(each.reason for each in passed_over) else ""
        unused = [each for each in passed_over if each.reason == NO_CLASS]
        say(f"{WARNING if unused else mark}passed over {len(passed_over):,} of no class: "
            f"{_named(unused or passed_over, len(passed_over))}")
    if unreadable:
        say(f"warning: skipped {counted(len(unreadable), 'unreadable image')}: "
            f"{_named(unreadable)}")
    for label, count in counts.items():
        if count < FEW_IMAGES:
            say(f"warning: the class {label!r} has only {counted(count, 'image')}; {FEW_IMAGES} "
                "or more make a better classifier")
