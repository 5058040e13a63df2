"""Training, validation and test photos, told apart by the content of each file.

Photos that show the same stay together on one side: copies of a file, near-duplicates
(`vision.photos.near_duplicates`), and variants by name: as in TensorFlow's retrain.py, what follows
``_nohash_`` in a file's name is ignored, so that leaf_nohash_1.jpg and leaf_nohash_2.jpg of one
class are pictures of one leaf, and leaf.jpg is a third.
"""

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vision.photos.image_files import VARIANTS_MARK
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json
from words_and_images.common.parameters import briefly, require
from words_and_images.common.progress import progress, say
from words_and_images.common.stored_paths import stored_path
from words_and_images.common.workers import in_order
from words_and_images.retraining.split import (
    Example,
    Split,
    SplitParameters,
    Undivided,
    company_of,
    divide,
    sound_split,
)

if TYPE_CHECKING:
    from vision.photos.near_duplicates import Hash

NOUN = "image"
# A group of near-duplicates larger than both is looked at more closely before it is believed.
LARGE_GROUP = 10
LARGE_SHARE = 0.2  # of a class of mean size


@dataclass(frozen=True)
class PhotoSplitParameters(SplitParameters):
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

    near_duplicates: float = 0.28

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.near_duplicates < 0.4, "near_duplicates", self.near_duplicates,
                "from 0 (off) to below 0.4")


def split_images(folder: Path, parameters: PhotoSplitParameters | None = None) -> Split:
    """Give every image of ``folder/<label>/<file>`` its split, as `divide` does.

    Examples are called by their paths below the folder, and follow each other in their order.

    Raises
    ------
    UserError
        Where a class has fewer images, or groups of them, than there are splits.
    """
    parameters = parameters or PhotoSplitParameters()
    labels = sorted(path.name for path in folder.iterdir() if path.is_dir())
    paths = sorted(folder.glob("*/*"), key=lambda path: path.relative_to(folder).as_posix())
    seen, company = find_groups(paths, [path.parent.name for path in paths],
                                parameters.near_duplicates)
    undivided = [Undivided(path.relative_to(folder).as_posix(), path.parent.name, image.sha256,
                           rows) for path, image, rows in zip(paths, seen, company, strict=True)]
    return divide(undivided, labels, parameters, NOUN)


def write_split(split: Split, path: Path) -> None:
    """Write data/split.json: labels, and path, label, sha256, split and any group of each image."""
    images = []
    for example in split.examples:
        values = {"path": example.name, **asdict(example)}
        del values["name"]
        images.append({name: value for name, value in values.items() if value is not None})
    write_json(path, {"labels": split.labels, "images": images})


def read_split(path: Path) -> Split:
    """Read what `write_split` wrote.

    Raises
    ------
    UserError
        For anything else, and where it names a file elsewhere.
    """
    try:
        value = read_json(path)
        examples = [Example(stored_path(image.pop("path"), path), **image)
                    for image in value["images"]]
        return sound_split(value["labels"], examples, NOUN)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no list of divided images ({briefly(str(error))}); make it "
                        "again with `dvc repro`.") from None


def find_groups(
    paths: Sequence[Path], labels: Sequence[str], near_duplicates: float
) -> tuple[list["Seen"], list[list[int]]]:
    """What each image file holds, and the rows of its group, itself included.

    A group is what shows the same: copies, near-duplicates and variants by name.

    Parameters
    ----------
    paths : of readable images.
    labels : one a path; variants are of one label.
    near_duplicates : see `PhotoSplitParameters`.
    """
    seen = _see(paths, near_duplicates > 0)
    pairs = [_same(image.sha256 for image in seen), _same(_things(paths, labels)),
             _near_duplicates(seen, len(set(labels)), near_duplicates)]
    return seen, company_of(np.concatenate(pairs), len(seen))


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
    from vision.photos.image import UnreadableImageError, open_image
    from vision.photos.near_duplicates import ENOUGH, perceptual_hash

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
    from vision.photos.near_duplicates import near_duplicates

    most = max(LARGE_GROUP, int(LARGE_SHARE * len(looks) / labels))
    rows, hashes = zip(*looks.values(), strict=True)
    found = near_duplicates(np.stack(hashes), share, most)
    if found.look_alikes:
        say(f"{found.look_alikes:,} images look so much alike that near_duplicates of {share:g} "
            "would join unrelated ones; among them only nearer ones stay together")
    return np.array(rows)[found.pairs]
