"""Training, validation and test images, told apart by the content of each file.

Images that show the same stay together on one side: copies of a file, near-duplicates
(`vision.near_duplicates`), and variants by name: as in TensorFlow's retrain.py, what follows
``_nohash_`` in a file's name is ignored, so that leaf_nohash_1.jpg and leaf_nohash_2.jpg of one
class are pictures of one leaf, and leaf.jpg is a third.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError, counted
from common.files import read_json, write_json
from common.parameters import require
from common.progress import progress, say
from vision.empty_splits import Move, Unit, moves_into_empty_splits
from vision.image_files import VARIANTS_MARK
from vision.workers import in_order

if TYPE_CHECKING:
    from vision.near_duplicates import Hash

TRAINING, VALIDATION, TEST = SPLITS = ("training", "validation", "test")

HEX_DIGITS = 13  # of the hash that decides: 52 bits, which a float holds exactly
GROUP_DIGITS = 12  # of the hash that a group is called by
# A group of near-duplicates larger than both is looked at more closely before it is believed.
LARGE_GROUP = 10
LARGE_SHARE = 0.2  # of a class of mean size
NAMED = 3  # how many moves a sentence names


@dataclass(frozen=True)
class SplitParameters:
    """How the images are divided; what is for neither validation nor test is for training.

    Attributes
    ----------
    validation : float, between 0 and 1
        Share of the images to watch the training by.
    test : float, between 0 and 1
        Share of the images for the final test.
    near_duplicates : float, from 0 to below 0.4
        Images whose perceptual hashes differ in up to this share of their bits stay on one side;
        unrelated photos differ in about half. 0 for off.
    """

    validation: float = 0.1
    test: float = 0.2
    near_duplicates: float = 0.28

    def __post_init__(self) -> None:
        for name in ("validation", "test"):
            value = getattr(self, name)
            require(0 < value < 1, name, value, "between 0 and 1")
        require(self.validation + self.test < 1, "validation + test", self.validation + self.test,
                "below 1, to leave images for training")
        require(0 <= self.near_duplicates < 0.4, "near_duplicates", self.near_duplicates,
                "from 0 (off) to below 0.4")

    def ranges(self) -> dict[str, tuple[float, float]]:
        """The hashes of each split, from and below; the outer ones first.

        Filled in this order, empty splits leave small hashes in the test and large in training.
        """
        middle = self.test + self.validation
        return {TEST: (0.0, self.test), TRAINING: (middle, 1.0), VALIDATION: (self.test, middle)}


@dataclass(frozen=True)
class SplitImage:
    """One image: path below the images folder, label, sha256 of the file, and its split.

    `group` is the same for all images that stay together, and None for an image alone.
    """

    path: str
    label: str
    sha256: str
    split: str
    group: str | None = None

    def to_json(self) -> dict[str, str]:
        """The image as plain values, its group only where it has company."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Split:
    """All images, sorted by path, each in one of `SPLITS`; what data/split.json holds."""

    labels: list[str]
    images: list[SplitImage] = field(repr=False)

    @property
    def targets(self) -> NDArray[np.intp]:
        """Number of each image's label, (images,)."""
        numbers = {label: number for number, label in enumerate(self.labels)}
        return np.array([numbers[image.label] for image in self.images], dtype=np.intp)

    def rows(self, split: str) -> NDArray[np.intp]:
        """Places of one split's images in `images`."""
        return np.array([row for row, image in enumerate(self.images) if image.split == split],
                        dtype=np.intp)

    def counts(self) -> dict[str, dict[str, int]]:
        """Images by label and split."""
        pairs = Counter((image.label, image.split) for image in self.images)
        return {label: {split: pairs[label, split] for split in SPLITS} for label in self.labels}

    def units(self, label: str) -> int:
        """What can be divided of a label's images: its groups and its images alone."""
        return len({image.group or image.path for image in self.images if image.label == label})

    def write(self, path: Path) -> None:
        """Write as JSON."""
        images = [image.to_json() for image in self.images]
        write_json(path, {"labels": self.labels, "images": images})

    @classmethod
    def read(cls, path: Path) -> "Split":
        """Read what `write` wrote."""
        value: dict[str, Any] = read_json(path)
        return cls(value["labels"], [SplitImage(**image) for image in value["images"]])


def split_images(folder: Path, parameters: SplitParameters | None = None) -> Split:
    """Give every image of ``folder/<label>/<file>`` its split by the sha256 of its content.

    So an image keeps its split when it is renamed, when the folder moves and when others are
    added, unless one of those is its near-duplicate. A group follows one of its images, which
    is chosen by content as well. Where a class would have nothing in one of the splits, what is
    nearest to it moves there (`vision.empty_splits`).

    Raises
    ------
    UserError
        Where a class has fewer images, or groups of them, than there are splits.
    """
    parameters = parameters or SplitParameters()
    labels = sorted(path.name for path in folder.iterdir() if path.is_dir())
    paths = sorted(folder.glob("*/*"), key=lambda path: path.relative_to(folder).as_posix())
    of_paths = [path.parent.name for path in paths]
    seen, members = find_groups(paths, of_paths, parameters.near_duplicates)
    decisive = decisive_hashes([image.sha256 for image in seen], members)
    units = _units(of_paths, decisive, parameters)
    moves = moves_into_empty_splits(units, parameters.ranges())
    splits = {name: unit.split for name, unit in units.items()}
    splits.update({move.unit: move.split for move in moves})
    images = [
        SplitImage(path.relative_to(folder).as_posix(), path.parent.name, image.sha256,
                   splits[sha256], sha256[:GROUP_DIGITS] if len(rows) > 1 else None)
        for path, image, rows, sha256 in zip(paths, seen, members, decisive, strict=True)
    ]
    result = Split(labels, images)
    _warn_of_contradictions(result)
    _refuse_empty(result)
    _tell_of_groups(result)
    _tell_of_moves(moves, images, decisive)
    return result


def find_groups(
    paths: Sequence[Path], labels: Sequence[str], near_duplicates: float
) -> tuple[list["Seen"], list[list[int]]]:
    """What each image file holds, and the rows of its group, itself included.

    A group is what shows the same: copies, near-duplicates and variants by name.

    Parameters
    ----------
    paths : of readable images.
    labels : one a path; variants are of one label.
    near_duplicates : see `SplitParameters`.
    """
    seen = _see(paths, near_duplicates > 0)
    pairs = [_same(image.sha256 for image in seen), _same(_things(paths, labels)),
             _near_duplicates(seen, len(set(labels)), near_duplicates)]
    return seen, _members(np.concatenate(pairs), len(seen))


def decisive_hashes(hashes: Sequence[str], members: Sequence[list[int]]) -> list[str]:
    """The content hash that decides for each image: its group's, see `find_groups`."""
    decisive: dict[int, str] = {}
    for rows in members:
        if rows[0] not in decisive:  # once a group: it may be large
            decisive[rows[0]] = _decisive(hashes[row] for row in rows)
    return [decisive[rows[0]] for rows in members]
def _units(
    labels: list[str], decisive: list[str], parameters: SplitParameters
) -> dict[str, Unit]:
    """What can be divided, by the hash that decides for it."""
    own: dict[str, set[str]] = defaultdict(set)
    for label, sha256 in zip(labels, decisive, strict=True):
        own[sha256].add(label)
    return {sha256: Unit(frozenset(own[sha256]), place_of_hash(sha256),
                         split_of_hash(sha256, parameters)) for sha256 in own}


@dataclass(frozen=True)
class Seen:
    """What a file holds: sha256, and the perceptual hash where there is one."""

    sha256: str
    look: "Hash | None"


def _see(paths: Sequence[Path], looked_at: bool) -> list[Seen]:
    """Read every file once, and decode it as well where it is to be looked at."""
    see = _look if looked_at else _identify
    with progress("comparing images", len(paths), "images") as counter:
        seen = []
        for image in in_order(see, paths):
            seen.append(image)
            counter.advance()
    return seen


def _identify(path: Path) -> Seen:
    return Seen(hashlib.sha256(_content(path)).hexdigest(), None)


def _look(path: Path) -> Seen:
    # Not above: who only reads a split does without Pillow.
    from vision.image import UnreadableImageError, open_image
    from vision.near_duplicates import ENOUGH, perceptual_hash

    content = _content(path)
    try:
        look = perceptual_hash(open_image(content, ENOUGH, str(path)))
    except UnreadableImageError:  # fails, by name, where its pixels are needed
        look = None
    return Seen(hashlib.sha256(content).hexdigest(), look)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "no file").lower()
        raise UserError(f"{path} cannot be read ({reason}); fetch the images again.") from None


def _things(paths: Sequence[Path], labels: Sequence[str]) -> list[Hashable]:
    """What each image shows by its name: label and name up to the mark, where there are variants.

    Without variants 1.jpg and 1.png are two things.
    """
    things = [(label, path.stem.split(VARIANTS_MARK)[0])
              for label, path in zip(labels, paths, strict=True)]
    with_variants = {thing for thing, path in zip(things, paths, strict=True)
                     if VARIANTS_MARK in path.stem}
    return [thing if thing in with_variants else path
            for thing, path in zip(things, paths, strict=True)]


def _same(keys: Iterable[Hashable]) -> NDArray[np.int64]:
    """Each thing beside the first one of the same key: (pairs, 2)."""
    first: dict[Hashable, int] = {}
    pairs = [(first.setdefault(key, row), row) for row, key in enumerate(keys)]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _near_duplicates(seen: list[Seen], labels: int, share: float) -> NDArray[np.int64]:
    """Pairs of near-duplicates, (pairs, 2)."""
    # Copies of a file are no evidence of how much its near-duplicates are worth.
    looks = {image.sha256: (row, image.look) for row, image in enumerate(seen)
             if image.look is not None}
    if len(looks) < 2:
        return np.empty((0, 2), np.int64)
    from vision.near_duplicates import near_duplicates

    most = max(LARGE_GROUP, int(LARGE_SHARE * len(looks) / labels))
    rows, hashes = zip(*looks.values(), strict=True)
    found = near_duplicates(np.stack(hashes), share, most)
    if found.look_alikes:
        say(f"{found.look_alikes:,} images look so much alike that near_duplicates of {share:g} "
            "would join unrelated ones; among them only nearer ones stay together")
    return np.array(rows)[found.pairs]


def _members(pairs: NDArray[np.int64], count: int) -> list[list[int]]:
    """For each row, the rows of its group, itself included."""
    from vision.near_duplicates import groups_of

    members: dict[int, list[int]] = defaultdict(list)
    groups = groups_of(pairs, count).tolist()
    for row, group in enumerate(groups):
        members[group].append(row)
    return [members[group] for group in groups]


def _decisive(hashes: Iterable[str]) -> str:
    """The content hash that decides for a group.

    The smallest would lean towards the test split; which one's own hash is the smallest says
    nothing of where it falls.
    """
    return min(hashes, key=lambda sha256: hashlib.sha256(sha256.encode()).hexdigest())


def split_of_hash(sha256: str, parameters: SplitParameters) -> str:
    """The split that a content hash belongs to."""
    place = place_of_hash(sha256)
    return next(split for split, (low, high) in parameters.ranges().items() if low <= place < high)


def place_of_hash(sha256: str) -> float:
    """A content hash, read as a number from 0 to below 1."""
    return int(sha256[:HEX_DIGITS], 16) / 16**HEX_DIGITS


def _refuse_empty(split: Split) -> None:
    """UserError that names every class without an image in one of the splits."""
    empty = [label for label, counts in split.counts().items() if 0 in counts.values()]
    if empty:
        told = ", ".join(f"the class {label!r} has {_images_of(split, label)}" for label in empty)
        raise UserError(f"too few images for training, validation and test: {told}; give each "
                        f"class {len(SPLITS)} or more that are no copies of each other.")


def _images_of(split: Split, label: str) -> str:
    """How many images a class has, and what keeps them from being divided."""
    images, units = sum(split.counts()[label].values()), split.units(label)
    if units >= len(SPLITS):
        return f"{counted(images, 'image')} that are in other classes as well"
    alike = f" that are {units:,} but for copies and near-duplicates" if units < images else ""
    return counted(images, "image") + alike


def _tell_of_groups(split: Split) -> None:
    grouped = [image.group for image in split.images if image.group]
    if grouped:
        say(f"{counted(len(grouped), 'image')} in {counted(len(set(grouped)), 'group')} of copies, "
            "near-duplicates and variants stay together")


def _tell_of_moves(moves: list[Move], images: list[SplitImage], decisive: list[str]) -> None:
    """Name the first file of what has moved."""
    if not moves:
        return
    paths: dict[tuple[str, str], str] = {}
    for image, sha256 in zip(images, decisive, strict=True):
        paths.setdefault((sha256, image.label), image.path)
    first = ", ".join(f"{paths[move.unit, move.label]} to {move.split}" for move in moves[:NAMED])
    rest = f" and {len(moves) - NAMED:,} more" if len(moves) > NAMED else ""
    say(f"so that every class is in every split, the nearest by their hashes moved: {first}{rest}")


def _warn_of_contradictions(split: Split) -> None:
    """Name images that are the same, or nearly, under different labels."""
    exact = _under_many_labels((image.sha256, image) for image in split.images)
    if exact:
        say(f"warning: {counted(len(exact), 'image')} in more than one class, for example "
            f"{' and '.join(exact[0])}")
    told = {path for paths in exact for path in paths}
    near = _under_many_labels((image.group, image) for image in split.images
                              if image.group and image.path not in told)
    if near:
        say(f"warning: {counted(len(near), 'group')} of near-duplicates in more than one class, "
            f"for example {' and '.join(near[0])}; look whether a label is wrong")


def _under_many_labels(keyed: Iterable[tuple[str, SplitImage]]) -> list[list[str]]:
    """For each key with images of several labels, the first path of every label."""
    paths: dict[str, dict[str, str]] = defaultdict(dict)
    for key, image in keyed:
        paths[key].setdefault(image.label, image.path)
    return [list(first.values()) for first in paths.values() if len(first) > 1]
