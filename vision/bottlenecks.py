"""Bottlenecks: the pooled features of images, computed once and kept by content."""

import hashlib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from common.files import replacing
from common.parameters import require
from common.progress import progress, say
from vision.backbones.record import BackboneRecord
from vision.image import read_image

SHARD_SIZE = 64

Features = NDArray[np.float32]


@dataclass(frozen=True)
class BottleneckParameters:
    """The group ``bottlenecks``: how many images the backbone takes at once."""

    batch_size: int = 32

    def __post_init__(self) -> None:
        require(self.batch_size > 0, "batch_size", self.batch_size, "at least 1")


class FeatureExtractor(Protocol):
    """What a backbone is here: `vision.backbones.Backbone`, or a stand-in of the same shape."""

    @property
    def record(self) -> BackboneRecord: ...

    def features(self, images: NDArray[np.float32], /) -> Features: ...


@dataclass(frozen=True)
class BottleneckCache:
    """Features by content on disk, a folder a backbone, in shards that are only ever added.

    A shard is one file of the hashes and features of some images, written whole or not at all:
    a kill loses at most the shard being filled. A broken shard is removed and computed again.
    """

    folder: Path
    feature_width: int

    def load(self) -> dict[str, Features]:
        """Features (feature_width,) by the sha256 of the image file."""
        known: dict[str, Features] = {}
        for shard in sorted(self.folder.glob("*.npz")):
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


def extract_bottlenecks(
    paths: list[Path],
    hashes: list[str],
    backbone: FeatureExtractor,
    cache_folder: Path,
    batch_size: int,
) -> Features:
    """The bottlenecks of image files, from the cache where it has them.

    Parameters
    ----------
    paths : the image files.
    hashes : sha256 of each file's content, in the same order.
    backbone : computes what the cache lacks.
    cache_folder : holds a folder for each backbone, named by its fingerprint.
    batch_size : images the backbone takes at once.

    Returns
    -------
    float32 (images, feature_width), in the order of `paths`.

    Raises
    ------
    UnreadableImageError
        For a file that is no image.
    """
    record = backbone.record
    cache = BottleneckCache(cache_folder / record.fingerprint, record.feature_width)
    known = cache.load()
    missing = {key: path for key, path in zip(hashes, paths, strict=True) if key not in known}
    shard: dict[str, Features] = {}
    with progress(f"bottlenecks by {record.name}", len(missing), "images") as counter:
        for batch, images in _decoded(missing, record, batch_size):
            shard.update(zip(batch, backbone.features(images), strict=True))
            counter.advance(len(batch))
            if len(shard) >= SHARD_SIZE or counter.done == len(missing):
                cache.add(shard)
                known.update(shard)
                shard = {}
    return np.array([known[key] for key in hashes], np.float32).reshape(-1, record.feature_width)


def _decoded(
    paths: dict[str, Path], record: BackboneRecord, batch_size: int
) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Hashes and images (batch, height, width, 3); one batch is decoded while another is used."""
    hashes = list(paths)
    batches = [hashes[start:start + batch_size] for start in range(0, len(hashes), batch_size)]

    def decode(batch: list[str]) -> NDArray[np.float32]:
        return np.stack([read_image(paths[key], record.height, record.width) for key in batch])

    with ThreadPoolExecutor(max_workers=1) as decoder:
        ahead = [decoder.submit(decode, batch) for batch in batches[:1]]
        for batch, following in zip_longest(batches, batches[1:]):
            images = ahead.pop().result()
            if following:
                ahead.append(decoder.submit(decode, following))
            yield batch, images
