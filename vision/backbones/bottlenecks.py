"""Bottlenecks: the pooled features of images, computed once and kept by content."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.backbones.backbone import Backbone
from vision.backbones.record import BackboneRecord
from vision.backbones.sent_backbone import SentBackbone, opened
from vision.photos.batches import Wanted, batch_size, batches, verified
from vision.photos.image import ImageFile, Pixels, enough_for, open_image
from vision.photos.looks import Look, prediction_looks
from words_and_images.common.array_files import opened_arrays
from words_and_images.common.errors import counted
from words_and_images.common.files import megabytes, refuse_without_room, replacing
from words_and_images.common.paged import forget, paged
from words_and_images.common.parameters import require
from words_and_images.common.progress import progress, say
from words_and_images.common.workers import in_order

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster

SHARD_SIZE = 64
HEXADECIMAL = "[0-9a-f]" * 16
SHARD_NAMES = f"{HEXADECIMAL}.npz"
LARGEST_CACHE = 10_000_000_000  # bytes, beyond which what has not been used for long is removed
LEAST_UNUSED = 24 * 3600  # seconds: what has been used since may be in use, or is soon again

Features = NDArray[np.float32]


@dataclass(frozen=True)
class BottleneckParameters:
    """The group ``bottlenecks``.

    Attributes
    ----------
    looks : tuple of str
        How each image is seen, in training and in prediction: whole, mirror, square, centre,
        top_left, top_right, bottom_left or bottom_right, one or more of them; the answer is their
        mean, or the first where that is sure enough.
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
    def record(self) -> BackboneRecord:
        """The sizes of its input and of its features."""

    def features(self, images: NDArray[np.float32], /) -> Features:
        """float32 (batch, feature_width) of images (batch, height, width, 3) in [0, 1]."""


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

    def load_into(self, features: Features, places: Mapping[str, int]) -> NDArray[np.bool_]:
        """Fill in what is kept of some images, and tell of which, (images,).

        Parameters
        ----------
        features : (images, feature_width)
            Receives them; of others, which may be many more, nothing is read.
        places : the row of each image by the sha256 of its file.
        """
        found = np.zeros(len(features), bool)
        with suppress(OSError):  # there is none, or it is not ours to change
            os.utime(self.folder)  # it is in use
        for shard in sorted(self.folder.glob(SHARD_NAMES)):
            rows, kept = self._read(shard, places)
            features[rows], found[rows] = kept, True
            forget(features)
        return found

    def add(self, shard: dict[str, Features]) -> None:
        """Write the features (feature_width,) of some images as one shard."""
        # Named by its content: two processes that compute the same write the same file.
        name = hashlib.sha256("".join(shard).encode()).hexdigest()[:16]
        with replacing(self.folder / f"{name}.npz") as temporary:
            np.savez(temporary, hashes=np.array(list(shard)), features=np.stack([*shard.values()]))

    def _read(
        self, shard: Path, places: Mapping[str, int]
    ) -> tuple[NDArray[np.intp], Features]:
        """The places of those of a shard's images that have one, and their features."""
        try:
            with opened_arrays(shard) as arrays:
                hashes = arrays["hashes"].tolist()
                rows = [row for row, sha256 in enumerate(hashes) if sha256 in places]
                features = arrays["features"] if rows else None
        except (OSError, ValueError):
            hashes, rows, features = [], [], None
        if not hashes or (features is not None and not self._fits(features, len(hashes))):
            say(f"{shard} is broken; its images are computed again.")
            shard.unlink(missing_ok=True)
            hashes, rows, features = [], [], None
        kept = self._none() if features is None else features[rows]
        return np.array([places[hashes[row]] for row in rows], np.intp), kept

    def _fits(self, features: Features, count: int) -> bool:
        return features.shape == (count, self.feature_width) and features.dtype == np.float32

    def _none(self) -> Features:
        return np.empty((0, self.feature_width), np.float32)


def drop_unused(cache_folder: Path) -> None:
    """Remove the features that were used the longest ago, as far as the cache is too large.

    A search over what changes the images (`images.distortions`) fills a folder for each of its
    values, and nobody may ever ask for them again.
    """
    with suppress(FileNotFoundError):  # another process does the same
        sizes = {folder: sum(shard.stat().st_size for shard in folder.glob(SHARD_NAMES))
                 for folder in cache_folder.glob(f"*/{HEXADECIMAL}")}
        used = {folder: folder.stat().st_mtime for folder in sizes}
        excess = sum(sizes.values()) - LARGEST_CACHE
        for folder in sorted(sizes, key=used.__getitem__):
            unused = time.time() - used[folder]
            if excess <= 0 or unused < LEAST_UNUSED:
                return
            say(f"removed {megabytes(sizes[folder])} of bottlenecks that nobody has asked for in "
                f"{counted(int(unused / LEAST_UNUSED), 'day')}: {folder}")
            for shard in folder.glob(SHARD_NAMES):
                shard.unlink()
            excess -= sizes[folder]


class _Known:
    """The features of some images in one look: those of the cache, and those computed since."""

    def __init__(
        self, cache: BottleneckCache, features: Features, places: Mapping[str, int]
    ) -> None:
        self._cache, self._features, self._places = cache, features, places
        self.found = cache.load_into(features, places)
        self._shard: dict[str, Features] = {}

    def add(self, sha256: str, features: Features) -> None:
        """Take what was computed, and keep it as soon as it fills a shard."""
        self._features[self._places[sha256]] = self._shard[sha256] = features
        if len(self._shard) >= SHARD_SIZE:
            self.flush()

    def flush(self) -> None:
        """Keep what is not kept yet."""
        if self._shard:
            self._cache.add(self._shard)
            self._shard = {}
            forget(self._features)


def extract_bottlenecks(
    paths: Sequence[Path],
    hashes: Sequence[str],
    backbone: FeatureExtractor,
    cache_folder: Path,
    looks: Sequence[Look],
    workers: int = 0,
    cluster: "Cluster | None" = None,
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
    cluster : its workers compute what the cache lacks, to the same result; `workers` does not count
        then.

    Returns
    -------
    float32 (images, looks, feature_width), in the order of `paths` and `looks`: an array in a file,
    see `paged`.

    Raises
    ------
    UnreadableImageError
        For a file that is no image.
    UserError
        Where workers of the cluster lack files that they should share, or have others; and without
        room for the file, or for what the cache lacks.
    """
    record = backbone.record
    files = dict(zip(hashes, paths, strict=True))
    places = {sha256: place for place, sha256 in enumerate(files)}
    features = paged((len(files), len(looks), record.feature_width))
    grown = [_Known(BottleneckCache.of(cache_folder, record, look), features[:, number], places)
             for number, look in enumerate(looks)]
    missing = {sha256: lacks for sha256, place in places.items()
               if (lacks := [number for number, each in enumerate(grown) if not each.found[place]])}

    lacking = sum(map(len, missing.values()))
    refuse_without_room(cache_folder, lacking * record.feature_width * features.itemsize)
    wanted = (Wanted.of(ImageFile(str(files[sha256]), sha256, files[sha256]),
                        [looks[number] for number in lacks]) for sha256, lacks in missing.items())
    if cluster is None:
        computed = in_order(partial(_features_wanted, backbone=backbone), wanted, workers)
    else:
        computed = _computed_by(cluster, backbone, wanted, len(missing))
    with progress(f"bottlenecks by {record.name}", len(missing), "images") as counter:
        try:
            for key, rows in zip(missing, computed, strict=True):
                for number, row in zip(missing[key], rows, strict=True):
                    grown[number].add(key, row)
                counter.advance()
        finally:
            for each in grown:
                each.flush()
    if missing:
        drop_unused(cache_folder)
    # Without copies of a file the two are in the same order.
    alone = len(files) == len(hashes)
    return features if alone else _placed(features, [places[sha256] for sha256 in hashes])


def _placed(features: Features, places: list[int]) -> Features:
    """Those of the images at these places, of which some come more than once."""
    placed = paged((len(places), *features.shape[1:]))
    for start in range(0, len(places), SHARD_SIZE):
        rows = slice(start, start + SHARD_SIZE)
        placed[rows] = features[places[rows]]
        forget(placed)
        forget(features)
    return placed


def _computed_by(
    cluster: "Cluster", backbone: FeatureExtractor, wanted: Iterable[Wanted], count: int
) -> Iterator[Features]:
    """The features of each of so many images, in order, from the workers of a cluster."""
    # A stand-in has no folder, and is sent as it is.
    sent = SentBackbone.of(backbone, cluster.shared) if isinstance(backbone, Backbone) else backbone
    sized = batches(wanted, cluster.shared, batch_size(count, len(cluster.workers())))
    for computed in cluster.in_order(compute_batch, sized, sent=True, common=sent):
        yield from computed


def compute_batch(batch: Sequence[Wanted], sent: SentBackbone | FeatureExtractor) -> list[Features]:
    """The features of each image of a batch, on a worker."""
    backbone = opened(sent) if isinstance(sent, SentBackbone) else sent
    return [_features_wanted(each.each(verified), backbone) for each in batch]


def _features_wanted(wanted: Wanted, backbone: FeatureExtractor) -> Features:
    file = wanted.file
    picture = open_for(file.source, backbone, file.name)
    return features_of(picture, backbone, wanted.looks, file.sha256)


def open_for(
    source: Path | str | bytes, backbone: FeatureExtractor, name: str = "the image"
) -> Image.Image:
    """An image file as a picture, with the pixels that the backbone's looks need."""
    return open_image(source, enough_for(backbone.record.height, backbone.record.width), name)


def features_of(
    picture: Image.Image, backbone: FeatureExtractor, looks: Sequence[Look], sha256: str = ""
) -> Features:
    """The features (looks, feature_width) of a picture, for training and prediction alike."""
    return np.stack([*features_by_look(picture, backbone, looks, sha256)])


def features_by_look(
    picture: Image.Image, backbone: FeatureExtractor, looks: Sequence[Look], sha256: str = "",
    workers: int = 1,
) -> Iterator[Features]:
    """The same look by look, (feature_width,), each computed when it is asked for.

    Each look is run alone, so that its bits depend on nothing but the picture. Looks that show the
    same, as whole and square do of a square photo, are run once. The looks behind the first are
    worked on by so many `workers` at once; 0: one for each core.
    """
    height, width = backbone.record.height, backbone.record.width
    seen: list[tuple[Pixels, Features]] = []

    def look_at(look: Look) -> Features:
        pixels = look(picture, height, width, sha256)
        for others, features in seen:
            if np.array_equal(pixels, others):
                return features
        features = backbone.features(pixels[None])[0]
        seen.append((pixels, features))
        return features

    first, *others = looks
    yield look_at(first)
    yield from map(look_at, others) if workers == 1 else in_order(look_at, others, workers)
