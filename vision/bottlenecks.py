"""Bottlenecks: the pooled features of images, computed once and kept by content."""

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.files import replacing
from common.parameters import require
from common.progress import progress, say
from vision.backbones.record import BackboneRecord
from vision.image import enough_for, open_image
from vision.looks import Look, prediction_looks
from vision.workers import in_order

SHARD_SIZE = 64
SHARD_NAMES = f"{'[0-9a-f]' * 16}.npz"

Features = NDArray[np.float32]


@dataclass(frozen=True)
class BottleneckParameters:
    """The group ``bottlenecks``.

    Attributes
    ----------
    looks : tuple of str
        How each image is seen, in training and in prediction: whole, mirror, centre, top_left,
        top_right, bottom_left or bottom_right, one or more of them; the answer is their mean.
    workers : int, 0 or more
        Images worked on at once; 0: one for each core. The result is the same for any.
    """

    looks: tuple[str, ...] = ("whole", "square", "centre")
    workers: int = 0

    def __post_init__(self) -> None:
        prediction_looks(self.looks)
        require(self.workers >= 0, "workers", self.workers, "0 or more")


class FeatureExtractor(Protocol):
    """What a backbone is here: `vision.backbones.Backbone`, or a stand-in of the same shape."""

    @property
    def record(self) -> BackboneRecord: ...

    def features(self, images: NDArray[np.float32], /) -> Features: ...


@dataclass(frozen=True)
class BottleneckCache:
    """Features by content on disk, a folder a backbone and look, in shards that are only added.

    A shard is one file of the hashes and features of some images, written whole or not at all:
    a kill loses at most the shard being filled. A broken shard is removed and computed again.
    """

    folder: Path
    feature_width: int

    @classmethod
    def of(cls, folder: Path, record: BackboneRecord, look: Look) -> "BottleneckCache":
        """The cache of a backbone's features of pictures seen in one way."""
        name = hashlib.sha256(look.name.encode()).hexdigest()[:16]
        return cls(folder / record.fingerprint / name, record.feature_width)

    def load(self) -> dict[str, Features]:
        """Features (feature_width,) by the sha256 of the image file."""
        known: dict[str, Features] = {}
        for shard in sorted(self.folder.glob(SHARD_NAMES)):
            known.update(self._read(shard))
        return known

    def add(self, shard: dict[str, Features]) -> None:
        """Write the features (feature_width,) of some images as one shard."""
        # Named by its content: two processes that compute the same write the same file.
        name = hashlib.sha256("".join(shard).encode()).hexdigest()[:16]
        with replacing(self.folder / f"{name}.npz") as temporary:
            np.savez(temporary, hashes=np.array(list(shard)), features=np.stack([*shard.values()]))

    def _read(self, shard: Path) -> dict[str, Features]:
        try:
            with np.load(shard, allow_pickle=False) as arrays:
                hashes, features = arrays["hashes"], arrays["features"]
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
            hashes, features = np.array([]), np.array([])
        expected = (len(hashes), self.feature_width)
        if not len(hashes) or features.shape != expected or features.dtype != np.float32:
            say(f"{shard} is broken; its images are computed again.")
            shard.unlink(missing_ok=True)
            return {}
        return dict(zip(hashes.tolist(), features, strict=True))


class _Known:
    """The features of some images in one look: those of the cache, and those computed since."""

    def __init__(self, cache: BottleneckCache) -> None:
        self._cache = cache
        self._features = cache.load()
        self._shard: dict[str, Features] = {}

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._features

    def __getitem__(self, sha256: str) -> Features:
        return self._features[sha256]

    def add(self, sha256: str, features: Features) -> None:
        """Take what was computed, and keep it as soon as it fills a shard."""
        self._features[sha256] = self._shard[sha256] = features
        if len(self._shard) >= SHARD_SIZE:
            self.flush()

    def flush(self) -> None:
        """Keep what is not kept yet."""
        if self._shard:
            self._cache.add(self._shard)
            self._shard = {}


def extract_bottlenecks(
    paths: Sequence[Path],
    hashes: Sequence[str],
    backbone: FeatureExtractor,
    cache_folder: Path,
    looks: Sequence[Look],
    workers: int = 0,
) -> Features:
    """The bottlenecks of image files, from the cache where it has them.

    Parameters
    ----------
    paths : the image files.
    hashes : sha256 of each file's content, in the same order.
    backbone : computes what the cache lacks; several threads call it.
    cache_folder : holds a folder for each backbone, named by its fingerprint.
    looks : ways to see each picture.
    workers : images worked on at once; 0: one for each core. The result is the same for any.

    Returns
    -------
    float32 (images, looks, feature_width), in the order of `paths` and `looks`.

    Raises
    ------
    UnreadableImageError
        For a file that is no image.
    """
    record = backbone.record
    known = [_Known(BottleneckCache.of(cache_folder, record, look)) for look in looks]
    files = dict(zip(hashes, paths, strict=True))
    missing = {key: lacks for key in files
               if (lacks := [number for number, have in enumerate(known) if key not in have])}

    def compute(sha256: str) -> Features:
        lacking = [looks[number] for number in missing[sha256]]
        return features_of(open_for(files[sha256], backbone), backbone, lacking, sha256)

    with progress(f"bottlenecks by {record.name}", len(missing), "images") as counter:
        try:
            for key, rows in zip(missing, in_order(compute, missing, workers), strict=True):
                for number, row in zip(missing[key], rows, strict=True):
                    known[number].add(key, row)
                counter.advance()
        finally:
            for each in known:
                each.flush()
    found = [each[key] for key in hashes for each in known]
    return np.array(found, np.float32).reshape(len(paths), len(looks), record.feature_width)


def open_for(source: Path | str | bytes, backbone: FeatureExtractor) -> Image.Image:
    """An image file as a picture, with the pixels that the backbone's looks need."""
    return open_image(source, enough_for(backbone.record.height, backbone.record.width))


def features_of(
    picture: Image.Image, backbone: FeatureExtractor, looks: Sequence[Look], sha256: str = ""
) -> Features:
    """The features (looks, feature_width) of a picture, for training and prediction alike.

    Each look is run alone, so that its bits depend on nothing but the picture.
    """
    height, width = backbone.record.height, backbone.record.width
    rows = [backbone.features(look(picture, height, width, sha256)[None])[0] for look in looks]
    return np.stack(rows)
