"""Bottlenecks: computed once, kept by content, whatever happens to the process or its files."""

import hashlib
import os
import shutil
import threading
import time
from collections import namedtuple
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import yaml

from pipelines import extract_bottlenecks as stage
from vision.backbones import bottlenecks
from vision.backbones.bottlenecks import SHARD_SIZE, BottleneckParameters, extract_bottlenecks
from vision.backbones.record import BackboneRecord
from vision.photos.image import UnreadableImageError
from vision.photos.looks import prediction_looks
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import CACHE_VARIABLE
from words_and_images.common.files import read_json, write_json

WHOLE = prediction_looks(["whole"])
BOTH = prediction_looks(["whole", "mirror"])


class ColourMeans:
    """A stand-in for a backbone: the mean of each colour; counts the images it sees."""

    def __init__(self, fingerprint: str = "first", fails_after: int | None = None) -> None:
        self.record = BackboneRecord("means", 4, 6, 3, "x", "test", "none", "", fingerprint)
        self.seen = 0
        self.threads: set[int] = set()
        self.fails_after = fails_after

    def features(self, images: np.ndarray) -> np.ndarray:
        assert images.shape == (1, 4, 6, 3)
        if self.fails_after is not None and self.seen >= self.fails_after:
            raise KeyboardInterrupt
        self.seen += 1
        self.threads.add(threading.get_ident())
        return images.mean(axis=(1, 2))


class LeftHalf(ColourMeans):
    """The same of the left half alone, which tells a picture from its mirror image."""

    def features(self, images: np.ndarray) -> np.ndarray:
        super().features(images)
        return images[:, :, :3].mean(axis=(1, 2))


@pytest.fixture
def photos(tmp_path):
    """150 one-coloured images, their hashes, and the features a hand would compute."""
    from PIL import Image
    paths, hashes, colours = [], [], np.random.default_rng(1).integers(256, size=(150, 3))
    for number, colour in enumerate(colours.tolist()):
        paths.append(tmp_path / f"{number}.png")
        Image.new("RGB", (5, 5), tuple(colour)).save(paths[-1])
        hashes.append(hashlib.sha256(paths[-1].read_bytes()).hexdigest())
    return paths, hashes, colours / 255


def shards(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.npz"))


def test_features_come_in_the_order_of_the_paths(photos, tmp_path):
    paths, hashes, expected = photos
    backbone = ColourMeans()
    features = extract_bottlenecks(paths, hashes, backbone, tmp_path / "cache", WHOLE)
    assert (features.dtype, features.shape) == (np.float32, (150, 1, 3))
    np.testing.assert_allclose(features[:, 0], expected, rtol=1e-5)
    assert backbone.seen == 150
    backwards = extract_bottlenecks(paths[::-1], hashes[::-1], backbone, tmp_path / "cache", WHOLE)
    np.testing.assert_array_equal(backwards, features[::-1])


@pytest.mark.parametrize("workers", [0, 1, 3, 8])
def test_any_number_of_workers_gives_the_same_features_and_files(photos, tmp_path, workers):
    paths, hashes, _ = photos
    alone = extract_bottlenecks(paths, hashes, ColourMeans(), tmp_path / "alone", BOTH, 1)
    backbone = ColourMeans()
    features = extract_bottlenecks(paths, hashes, backbone, tmp_path / "more", BOTH, workers)
    np.testing.assert_array_equal(features, alone)
    assert threading.get_ident() not in backbone.threads
    assert len(backbone.threads) <= (workers or 1000)
    written = [[(path.relative_to(folder), path.read_bytes()) for path in shards(folder)]
               for folder in (tmp_path / "alone", tmp_path / "more")]
    assert written[0] == written[1]


def test_each_look_is_a_row_and_only_missing_ones_are_computed(tmp_path):
    from PIL import Image
    path = tmp_path / "half.png"
    picture = Image.new("RGB", (6, 4))
    picture.paste((255, 0, 0), (0, 0, 3, 4))
    picture.save(path)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest()]
    first, second = LeftHalf(), LeftHalf()
    whole = extract_bottlenecks([path], hashes, first, tmp_path / "cache", WHOLE)
    np.testing.assert_array_equal(whole, [[[1, 0, 0]]])
    both = extract_bottlenecks([path], hashes, second, tmp_path / "cache", BOTH[::-1])
    np.testing.assert_array_equal(both, [[[0, 0, 0], [1, 0, 0]]])
    assert (first.seen, second.seen) == (1, 1)


def test_a_picture_is_decoded_once_for_all_its_looks(photos, tmp_path, monkeypatch):
    paths, hashes, _ = photos
    opened = []

    def counting(source, *arguments):
        opened.append(source)
        return open_image(source, *arguments)

    open_image = bottlenecks.open_image
    monkeypatch.setattr(bottlenecks, "open_image", counting)
    extract_bottlenecks(paths[:9], hashes[:9], ColourMeans(), tmp_path / "cache", BOTH)
    assert sorted(opened) == sorted(paths[:9])


def test_of_a_cache_of_many_images_only_those_asked_for_are_read(photos, tmp_path, monkeypatch):
    paths, hashes, _ = photos
    known = extract_bottlenecks(paths, hashes, ColourMeans(), tmp_path / "cache", WHOLE)
    read = []
    load = np.load

    class Recorded:
        def __init__(self, shard, **options):
            self.shard, self.arrays = shard, load(shard, **options)
            self.zip = self.arrays.zip

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.arrays.close()

        def __getitem__(self, name):
            read.append((self.shard.name, name))
            return self.arrays[name]

    monkeypatch.setattr(bottlenecks.np, "load", Recorded)
    found = extract_bottlenecks(paths[:5], hashes[:5], ColourMeans(), tmp_path / "cache", WHOLE)
    np.testing.assert_array_equal(found, known[:5])
    assert [name for _, name in read].count("hashes") == 3
    assert [name for _, name in read].count("features") == 1


def test_a_file_that_is_there_twice_has_its_features_twice(photos, tmp_path):
    paths, hashes, expected = photos
    twice, keys = [paths[3], paths[8], paths[3]], [hashes[3], hashes[8], hashes[3]]
    backbone = ColourMeans()
    features = extract_bottlenecks(twice, keys, backbone, tmp_path / "cache", WHOLE)
    np.testing.assert_allclose(features[:, 0], expected[[3, 8, 3]], rtol=1e-5)
    assert backbone.seen == 2


def test_features_are_not_held_in_memory(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(bottlenecks, "forget", forgotten := mock.Mock())
    paths, hashes, _ = photos
    for _ in ("computed", "kept"):
        extract_bottlenecks([*paths, paths[0]], [*hashes, hashes[0]], ColourMeans(),
                            tmp_path / "cache", WHOLE)
        assert forgotten.call_count >= 2 * (len(paths) // SHARD_SIZE)
        forgotten.reset_mock()


def test_looks_get_the_hash_of_the_file(photos, tmp_path):
    paths, hashes, _ = photos

    class Hashed:
        name = "the first digit of the hash"

        def __call__(self, picture, height, width, sha256):
            return np.full((height, width, 3), int(sha256[0], 16), np.float32)

    features = extract_bottlenecks(paths, hashes, ColourMeans(), tmp_path / "cache", [Hashed()])
    assert features[:, 0, 0].tolist() == [int(key[0], 16) for key in hashes]


def test_what_the_cache_has_is_not_computed_again_even_under_another_name(photos, tmp_path):
    paths, hashes, _ = photos
    first = extract_bottlenecks(paths, hashes, ColourMeans(), tmp_path / "cache", BOTH)
    moved = [path.rename(tmp_path / f"moved-{path.name}") for path in paths]
    backbone = ColourMeans()
    again = extract_bottlenecks(moved, hashes, backbone, tmp_path / "cache", BOTH)
    np.testing.assert_array_equal(again, first)
    assert backbone.seen == 0


def test_equal_files_are_computed_once(photos, tmp_path):
    paths, hashes, expected = photos
    backbone = ColourMeans()
    features = extract_bottlenecks([paths[0]] * 3, [hashes[0]] * 3, backbone, tmp_path / "c", WHOLE)
    np.testing.assert_allclose(features[:, 0], expected[[0, 0, 0]], rtol=1e-5)
    assert backbone.seen == 1


def test_each_backbone_has_features_of_its_own(photos, tmp_path):
    paths, hashes, _ = photos
    extract_bottlenecks(paths, hashes, ColourMeans("first"), tmp_path / "cache", WHOLE)
    other = ColourMeans("second")
    extract_bottlenecks(paths, hashes, other, tmp_path / "cache", WHOLE)
    assert other.seen == 150
    back = ColourMeans("first")
    extract_bottlenecks(paths, hashes, back, tmp_path / "cache", WHOLE)
    assert back.seen == 0


def test_an_interruption_loses_no_more_than_what_was_under_way(photos, tmp_path):
    paths, hashes, expected = photos
    interrupted = ColourMeans(fails_after=100)
    with pytest.raises(KeyboardInterrupt):
        extract_bottlenecks(paths, hashes, interrupted, tmp_path / "cache", WHOLE, 1)
    resumed = ColourMeans()
    features = extract_bottlenecks(paths, hashes, resumed, tmp_path / "cache", WHOLE, 1)
    np.testing.assert_allclose(features[:, 0], expected, rtol=1e-5)
    assert (interrupted.seen, resumed.seen) == (100, 50)


def test_a_kill_loses_at_most_one_shard(photos, tmp_path, monkeypatch):
    """A killed process flushes nothing."""
    paths, hashes, expected = photos
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        flush = bottlenecks._Known.flush
        patch.setattr(bottlenecks._Known, "flush",
                      lambda known: len(known._shard) == SHARD_SIZE and flush(known))
        extract_bottlenecks(paths, hashes, ColourMeans(fails_after=100), tmp_path / "cache",
                            WHOLE, 1)
    resumed = ColourMeans()
    features = extract_bottlenecks(paths, hashes, resumed, tmp_path / "cache", WHOLE)
    np.testing.assert_allclose(features[:, 0], expected, rtol=1e-5)
    assert resumed.seen == 150 - SHARD_SIZE


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flipped", "width"])
def test_a_broken_shard_is_computed_again(photos, tmp_path, damage, capsys):
    paths, hashes, expected = photos
    cache = tmp_path / "cache"
    extract_bottlenecks(paths, hashes, ColourMeans(), cache, WHOLE)
    broken = max(shards(cache), key=lambda path: path.stat().st_size)
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 255
    damaged = {"cut": broken.read_bytes()[:-100], "empty": b"", "text": b"no shard",
               "flipped": bytes(content)}
    if damage == "width":
        np.savez(broken, hashes=np.array(hashes[:2]), features=np.zeros((2, 4), np.float32))
    else:
        broken.write_bytes(damaged[damage])
    backbone = ColourMeans()
    features = extract_bottlenecks(paths, hashes, backbone, cache, WHOLE)
    np.testing.assert_allclose(features[:, 0], expected, rtol=1e-5)
    assert backbone.seen == SHARD_SIZE
    assert f"{broken} is broken" in capsys.readouterr().err


def test_files_of_somebody_elses_in_the_cache_are_left_alone(photos, tmp_path):
    paths, hashes, _ = photos
    extract_bottlenecks(paths[:9], hashes[:9], ColourMeans(), tmp_path / "cache", WHOLE)
    mine = shards(tmp_path / "cache")[0].with_name("mine.npz")
    mine.write_text("no shard")
    extract_bottlenecks(paths[:9], hashes[:9], ColourMeans(), tmp_path / "cache", WHOLE)
    assert mine.read_text() == "no shard"


def test_files_that_are_being_written_are_not_taken_for_shards(photos, tmp_path):
    paths, hashes, _ = photos
    extract_bottlenecks(paths[3:5], hashes[3:5], ColourMeans(), tmp_path / "cache", WHOLE)
    folder = shards(tmp_path / "cache")[0].parent
    half_written = folder / ".x.npz.abc" / "x.npz"
    half_written.parent.mkdir()
    half_written.write_bytes(b"half")
    extract_bottlenecks(paths[:3], hashes[:3], ColourMeans(), tmp_path / "cache", WHOLE)
    assert half_written.read_bytes() == b"half"


def test_of_a_cache_that_is_too_large_what_was_used_the_longest_ago_goes(
        photos, tmp_path, monkeypatch):
    paths, hashes, _ = photos
    cache = tmp_path / "cache"

    def extract(fingerprint):
        extract_bottlenecks(paths, hashes, ColourMeans(fingerprint), cache, WHOLE)
        [folder] = (cache / fingerprint).iterdir()
        return folder

    def unused_for(days, folder):
        then = time.time() - days * 24 * 3600
        os.utime(folder, (then, then))

    oldest, old, asked_for, today = map(extract, ["oldest", "old", "asked for", "today"])
    (oldest / "mine.txt").write_text("not of the cache")
    size = sum(path.stat().st_size for path in shards(today))
    monkeypatch.setattr(bottlenecks, "LARGEST_CACHE", 3 * size)
    for days, folder in ((9, asked_for), (5, oldest), (3, old), (0.5, today)):
        unused_for(days, folder)
    extract("asked for")  # of which nothing is missing: that it was asked for is noted, no more
    assert all(map(shards, (oldest, old, asked_for, today)))
    new = extract("new")
    assert [len(shards(folder)) for folder in (oldest, old, asked_for, today, new)] == [
        0, 0, 3, 3, 3]
    assert (oldest / "mine.txt").exists()
    monkeypatch.setattr(bottlenecks, "LARGEST_CACHE", 0)
    extract("newer")  # what was used within a day stays, however little room there is
    assert all(map(shards, (asked_for, today, new)))


def test_an_unreadable_image_is_named(photos, tmp_path):
    paths, hashes, _ = photos
    paths[2].write_bytes(b"no image")
    with pytest.raises(UnreadableImageError, match=r"2\.png"):
        extract_bottlenecks(paths[:5], hashes[:5], ColourMeans(), tmp_path / "cache", WHOLE)


def test_no_images_give_no_rows(tmp_path):
    features = extract_bottlenecks([], [], ColourMeans(), tmp_path / "cache", BOTH)
    assert features.shape == (0, 2, 3)


def test_fewer_than_no_workers_are_refused():
    with pytest.raises(UserError, match="workers is -1"):
        BottleneckParameters(workers=-1)


def test_the_stage_writes_features_and_index_in_the_order_of_the_split(
        photos, tmp_path, monkeypatch):
    paths, hashes, expected = photos
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(stage, "load_backbone", lambda folder: ColourMeans())
    Path("params.yaml").write_text(yaml.safe_dump({
        "bottlenecks": {"workers": 2, "looks": ["whole", "mirror"]}, "engine": {},
        "images": {"distortions": {"variants": 3}}}))
    images = [{"path": paths[number].name, "label": "x", "sha256": hashes[number],
               "split": split}
              for number, split in ((7, "test"), (3, "training"), (5, "validation"))]
    write_json("split.json", {"labels": ["x"], "images": images})
    stage.main(".", "split.json", "backbone", "bottlenecks")
    features = np.load("bottlenecks/features.npy")
    np.testing.assert_allclose(features[:, 0], expected[[7, 3, 5]], rtol=1e-5)
    np.testing.assert_allclose(features[:, 1], expected[[7, 3, 5]], rtol=1e-5)
    distorted = np.load("bottlenecks/distorted.npy")  # of the one training image
    assert distorted.shape == (1, 3, features.shape[2])
    assert len(np.unique(distorted.round(4), axis=1)[0]) == 3
    assert read_json("bottlenecks/index.json") == {
        "paths": ["7.png", "3.png", "5.png"], "fingerprint": "first",
        "looks": ["whole", "mirror"]}
    assert len(shards(tmp_path / "cache" / "bottlenecks" / "first")) == 5  # looks and variants


def test_without_room_for_what_the_cache_lacks_no_image_is_looked_at(
        photos, tmp_path, monkeypatch):
    paths, hashes, _ = photos
    usage, backbone = namedtuple("usage", "free"), ColourMeans()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000))
    with pytest.raises(UserError, match="cache needs 1,800 bytes of room, and 1,000 bytes are"):
        extract_bottlenecks(paths, hashes, backbone, tmp_path / "cache", WHOLE)
    assert backbone.seen == 0
