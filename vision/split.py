"""Training, validation and test images, told apart by the content of each file."""

import hashlib
import math
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import read_json, write_json
from common.parameters import require
from common.progress import say

TRAINING, VALIDATION, TEST = SPLITS = ("training", "validation", "test")

HEX_DIGITS = 13  # of the hash that decides: 52 bits, which a float holds exactly


@dataclass(frozen=True)
class SplitParameters:
    """Shares of the images for validation and for the final test; the rest is for training."""

    validation: float = 0.1
    test: float = 0.2

    def __post_init__(self) -> None:
        for name in ("validation", "test"):
            value = getattr(self, name)
            require(0 < value < 1, name, value, "between 0 and 1")
        require(self.validation + self.test < 1, "validation + test", self.validation + self.test,
                "below 1, to leave images for training")

    def share(self, split: str) -> float:
        """The wanted share of one split."""
        shares = {VALIDATION: self.validation, TEST: self.test}
        return shares.get(split, 1 - self.validation - self.test)


@dataclass(frozen=True)
class SplitImage:
    """One image: path below the images folder, label, sha256 of the file, and its split."""

    path: str
    label: str
    sha256: str
    split: str


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

    def write(self, path: Path) -> None:
        """Write as JSON."""
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> "Split":
        """Read what `write` wrote."""
        value: dict[str, Any] = read_json(path)
        return cls(value["labels"], [SplitImage(**image) for image in value["images"]])


def split_images(folder: Path, parameters: SplitParameters | None = None) -> Split:
    """Give every image of ``folder/<label>/<file>`` its split by the sha256 of its content.

    So an image keeps its split when others are added, when it is renamed and when the folder
    moves, and two copies of one file are never on both sides.

    Raises
    ------
    UserError
        Where a class has no image in one of the splits.
    """
    parameters = parameters or SplitParameters()
    labels = sorted(path.name for path in folder.iterdir() if path.is_dir())
    images = []
    for path in sorted(folder.glob("*/*")):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        split = split_of_hash(sha256, parameters)
        images.append(SplitImage(path.relative_to(folder).as_posix(), path.parent.name, sha256,
                                 split))
    result = Split(labels, sorted(images, key=lambda image: image.path))
    _refuse_empty(result, parameters)
    _warn_of_contradictions(result)
    return result


def split_of_hash(sha256: str, parameters: SplitParameters) -> str:
    """The split of a content hash, read as a number from 0 to 1."""
    fraction = int(sha256[:HEX_DIGITS], 16) / 16**HEX_DIGITS
    if fraction < parameters.test:
        return TEST
    return VALIDATION if fraction < parameters.test + parameters.validation else TRAINING


def images_needed(share: float, certainty: float = 0.95) -> int:
    """Images with which a split of that share gets one: n with 1 - (1 - share)^n >= certainty."""
    return math.ceil(math.log(1 - certainty) / math.log(1 - share))


def _refuse_empty(split: Split, parameters: SplitParameters) -> None:
    for label, counts in split.counts().items():
        for name, count in counts.items():
            if count == 0:
                needed = max(images_needed(parameters.share(each)) for each in SPLITS)
                raise UserError(
                    f"the class {label!r} has {sum(counts.values())} images and none of them fell "
                    f"into the {name} split; it needs about {needed}, or a larger share of "
                    f"{name} images."
                )


def _warn_of_contradictions(split: Split) -> None:
    """Name files of the same content under different labels."""
    copies: dict[str, dict[str, str]] = defaultdict(dict)
    for image in split.images:
        copies[image.sha256].setdefault(image.label, image.path)
    doubtful = [sorted(paths.values()) for paths in copies.values() if len(paths) > 1]
    if doubtful:
        say(f"warning: {len(doubtful)} image(s) stand in more than one class, for example "
            f"{' and '.join(doubtful[0])}")
