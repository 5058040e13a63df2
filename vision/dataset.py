"""Folders of labelled images: found, checked one by one, and copied to one layout."""

import hashlib
import re
import shutil
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common.archives import is_archive, unpack
from common.errors import UserError, counted
from common.files import replacing
from common.parameters import require
from common.progress import progress, say
from vision.distortions import DistortionParameters
from vision.image import UnreadableImageError, read_image
from vision.image_files import VARIANTS_MARK, is_image_name, is_visible, visible_files
from vision.workers import in_order

FEW_IMAGES = 20
CHECKED_SIZE = 64  # pixels: checking decodes the whole file, but need not keep its size
NAMED = 3  # how many files a sentence names
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # control characters, surrogates, separators of lines


@dataclass(frozen=True)
class ImagesParameters:
    """Where the images come from and how many unreadable ones are put up with.

    Attributes
    ----------
    source : str, optional
        A name of the catalogue, a folder of class folders, or a zip or tar of one, however
        deeply the class folders sit; by default what the profile says.
    drawings : int, 1 or more
        Drawings a class, for the source of that name.
    unreadable_share : float, from 0 to below 1
        Up to this share of the images, unreadable ones are skipped; above it they are an error.
    seed : int
        Of the drawings.
    distortions : DistortionParameters
        The variants of each training photo that the head sees as well.
    """

    source: str | None = None
    drawings: int = 200
    unreadable_share: float = 0.05
    seed: int = 1
    distortions: DistortionParameters = DistortionParameters()

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
        readable, skipped = readable_images(opened, source, parameters.unreadable_share)
        with replacing(folder) as temporary:
            _copy_images(readable, temporary)
    return ImagesRecord(about, _count(readable), skipped)


def readable_images(
    opened: Path, source: str, unreadable_share: float
) -> tuple[list[LabelledFile], list[SkippedFile]]:
    """The images of two or more classes that can be read, and what was left out, which is said.

    Parameters
    ----------
    opened : the folder with the source's files, of `opened_source`.
    source : what errors call it.
    unreadable_share : up to this share of the images may be unreadable.

    Raises
    ------
    UserError
        For fewer than two classes, a class of which nothing can be read, and more unreadable
        images.
    """
    found, passed_over = find_images(opened, source)
    _refuse_single_class(found, source)
    readable, unreadable = check_images(found)
    refuse_unreadable(found, unreadable, unreadable_share)
    _refuse_emptied_class(found, readable, source)
    _warn(_count(readable), passed_over, unreadable)
    return readable, passed_over + unreadable


@contextmanager
def opened_source(
    source: str, parameters: ImagesParameters | None = None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the source's files, unpacked where needed, and what is known of the source."""
    from common import catalogue  # not above: a command line does without them
    from vision.drawings import render_drawings

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
    over, as is what is no image, and a folder beside class folders without an image; hidden
    files and __MACOSX are not even mentioned.
    """
    holders: dict[Path, list[Path]] = defaultdict(list)
    passed_over = []
    for path in visible_files(folder):
        if is_image_name(path):
            holders[path.parent].append(path)
        else:
            passed_over.append(SkippedFile(_shown(path, folder), "not an image file"))
    above = _above_all_classes(holders, source)
    for path in holders.pop(above, []) if above else []:
        passed_over.append(SkippedFile(_shown(path, folder), "not in a class folder"))
    _refuse_colliding_siblings(holders)
    passed_over += [SkippedFile(_shown(path, folder), "a folder without images")
                    for path in _empty_siblings(holders, folder)]
    found = [LabelledFile(_label(holder, folder, source), path, _shown(path, folder))
             for holder, paths in holders.items() for path in paths]
    return sorted(found, key=lambda image: (image.label, image.shown)), passed_over


def _shown(path: Path, folder: Path) -> str:
    """The path inside the source, in one line."""
    return _printable(path.relative_to(folder).as_posix())


def _printable(name: str) -> str:
    """A name with its line breaks, other control characters and bytes of no encoding spelled."""
    return "".join(ascii(letter)[1:-1] if unicodedata.category(letter) in _UNPRINTABLE else letter
                   for letter in name)


def _empty_siblings(holders: Iterable[Path], folder: Path) -> list[Path]:
    """Folders beside class folders in which there is no image, however deep."""
    holders = set(holders)
    full = {parent for holder in holders for parent in (holder, *holder.parents)}
    beside = {path for parent in {holder.parent for holder in holders - {folder}}
              for path in parent.iterdir() if is_visible(path.name) and path.is_dir()}
    # A link back to a folder above is no class that someone forgot to fill.
    above = {path.resolve() for path in full}
    return sorted(path for path in beside - full if path.resolve() not in above)


def _above_all_classes(holders: Iterable[Path], source: str) -> Path | None:
    """The folder that holds images and every class folder, if there is one."""
    holders = list(holders)
    parents = {parent for holder in holders for parent in holder.parents}
    mixed = [holder for holder in holders if holder in parents]
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
        label = normalise_label(holder.name)
        other = known.setdefault((holder.parent, label), holder)
        if other != holder:
            raise UserError(f"the class folders {_told_apart(other.name, holder.name)} would be "
                            f"one class, {label!r}; rename or unite them.")


def _told_apart(one: str, other: str) -> str:
    """Two names, spelled so that a composed and a decomposed accent do not look the same."""
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    spelled = ascii if same else repr
    return f"{spelled(one)} and {spelled(other)}"


def _label(holder: Path, folder: Path, source: str) -> str:
    name = Path(source).resolve().name if holder == folder else holder.name
    label = normalise_label(name)
    if not label:
        raise UserError(f"a class folder of {source} is called {holder.name!r}, which leaves no "
                        "label; rename it.")
    return label


def normalise_label(name: str) -> str:
    """A folder's name as a label: composed Unicode, lower case, single spaces between words."""
    # macOS writes decomposed names: the same word must be the same label everywhere.
    words = unicodedata.normalize("NFC", name).split()
    return _printable(" ".join(words).lower())


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
    with progress("checking images", len(found), "images") as counter:
        for image, reason in zip(found, in_order(_reason_unreadable, found), strict=True):
            counter.advance()
            if reason is None:
                readable.append(image)
            else:
                unreadable.append(SkippedFile(image.shown, reason))
    return readable, unreadable


def _reason_unreadable(image: LabelledFile) -> str | None:
    if image.path.exists() and not image.path.is_file():
        return "neither a file nor a link to one"  # a pipe would keep its reader waiting
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
    """A file's name in plain letters; the mark of a variant (see `vision.split`) stays in it."""
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
        say(f"passed over {len(passed_over):,} of no class: {_named(passed_over)}")
    if unreadable:
        say(f"warning: skipped {counted(len(unreadable), 'unreadable image')}: "
            f"{_named(unreadable)}")
    for label, count in counts.items():
        if count < FEW_IMAGES:
            say(f"warning: the class {label!r} has only {counted(count, 'image')}; {FEW_IMAGES} "
                "or more make a better classifier")
