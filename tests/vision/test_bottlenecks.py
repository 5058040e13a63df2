"""Bottlenecks: computed once, kept by content, whatever happens to the process or its files."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml

from common.errors import UserError
from common.files import read_json, write_json
from pipelines import extract_bottlenecks as stage
from vision.backbones.record import BackboneRecord
from vision.bottlenecks import SHARD_SIZE, BottleneckParameters, extract_bottlenecks
from vision.image import UnreadableImageError


class ColourMeans:
    """A stand-in for a backbone: the mean of each colour; counts the images it sees."""

    def __init__(self, fingerprint: str = "first", fails_after: int | None = None) -> None:
        self.record = BackboneRecord("means", 4, 6, 3, "x", "test", "none", "", fingerprint)
        self.seen: list[int] = []
        self.fails_after = fails_after

    def features(self, images: np.ndarray) -> np.ndarray:
        assert images.shape[1:] == (4, 6, 3)
        if self.fails_after is not None and sum(self.seen) >= self.fails_after:
            raise KeyboardInterrupt
        self.seen.append(len(images))
        return images.mean(axis=(1, 2))


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
    features = extract_bottlenecks(paths, hashes, backbone, tmp_path / "cache", 32)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    assert backbone.seen == [32, 32, 32, 32, 22]
    backwards = extract_bottlenecks(paths[::-1], hashes[::-1], backbone, tmp_path / "cache", 32)
    np.testing.assert_array_equal(backwards, features[::-1])


def test_what_the_cache_has_is_not_computed_again_even_under_another_name(photos, tmp_path):
    paths, hashes, _ = photos
    first = extract_bottlenecks(paths, hashes, ColourMeans(), tmp_path / "cache", 32)
    moved = [path.rename(tmp_path / f"moved-{path.name}") for path in paths]
    backbone = ColourMeans()
    again = extract_bottlenecks(moved, hashes, backbone, tmp_path / "cache", 7)
    np.testing.assert_array_equal(again, first)
    assert backbone.seen == []


def test_equal_files_are_computed_once(photos, tmp_path):
    paths, hashes, expected = photos
    backbone = ColourMeans()
    features = extract_bottlenecks([paths[0]] * 3, [hashes[0]] * 3, backbone, tmp_path / "c", 32)
    np.testing.assert_allclose(features, expected[[0, 0, 0]], rtol=1e-5)
    assert backbone.seen == [1]


def test_each_backbone_has_features_of_its_own(photos, tmp_path):
    paths, hashes, _ = photos
    extract_bottlenecks(paths, hashes, ColourMeans("first"), tmp_path / "cache", 50)
    other = ColourMeans("second")
    extract_bottlenecks(paths, hashes, other, tmp_path / "cache", 50)
    assert sum(other.seen) == 150
    back = ColourMeans("first")
    extract_bottlenecks(paths, hashes, back, tmp_path / "cache", 50)
    assert back.seen == []


@pytest.mark.parametrize("batch_size", [1, 32, 50, 100])
def test_a_kill_loses_at_most_one_shard(photos, tmp_path, batch_size):
    paths, hashes, expected = photos
    killed = ColourMeans(fails_after=100)
    with pytest.raises(KeyboardInterrupt):
        extract_bottlenecks(paths, hashes, killed, tmp_path / "cache", batch_size)
    resumed = ColourMeans()
    features = extract_bottlenecks(paths, hashes, resumed, tmp_path / "cache", batch_size)
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    lost = sum(killed.seen) + sum(resumed.seen) - 150
    assert lost < SHARD_SIZE + batch_size
    assert sum(resumed.seen) < 150


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flipped", "width"])
def test_a_broken_shard_is_computed_again(photos, tmp_path, damage, capsys):
    paths, hashes, expected = photos
    cache = tmp_path / "cache"
    extract_bottlenecks(paths, hashes, ColourMeans(), cache, 32)
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
    features = extract_bottlenecks(paths, hashes, backbone, cache, 32)
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    assert sum(backbone.seen) == SHARD_SIZE
    assert f"{broken} is broken" in capsys.readouterr().err


def test_files_that_are_being_written_are_not_taken_for_shards(photos, tmp_path):
    paths, hashes, _ = photos
    half_written = tmp_path / "cache" / "first" / ".x.npz.abc" / "x.npz"
    half_written.parent.mkdir(parents=True)
    half_written.write_bytes(b"half")
    extract_bottlenecks(paths[:3], hashes[:3], ColourMeans(), tmp_path / "cache", 32)
    assert half_written.read_bytes() == b"half"


def test_an_unreadable_image_is_named(photos, tmp_path):
    paths, hashes, _ = photos
    paths[2].write_bytes(b"no image")
    with pytest.raises(UnreadableImageError, match=r"2\.png"):
        extract_bottlenecks(paths[:5], hashes[:5], ColourMeans(), tmp_path / "cache", 32)


def test_no_images_give_no_rows(tmp_path):
    assert extract_bottlenecks([], [], ColourMeans(), tmp_path / "cache", 32).shape == (0, 3)


def test_a_batch_size_of_zero_is_refused():
    with pytest.raises(UserError, match="batch_size is 0"):
        BottleneckParameters(batch_size=0)


def test_the_stage_writes_features_and_index_in_the_order_of_the_split(
        photos, tmp_path, monkeypatch):
    paths, hashes, expected = photos
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, "load_backbone", lambda folder: ColourMeans())
    Path("params.yaml").write_text(yaml.safe_dump({"bottlenecks": {"batch_size": 20}}))
    images = [{"path": paths[number].name, "label": "x", "sha256": hashes[number],
               "split": "test"} for number in (7, 3, 5)]
    write_json("split.json", {"labels": ["x"], "images": images})
    stage.main(".", "split.json", "backbone", "cache", "bottlenecks")
    features = np.load("bottlenecks/features.npy")
    np.testing.assert_allclose(features, expected[[7, 3, 5]], rtol=1e-5)
    assert read_json("bottlenecks/index.json") == {
        "paths": ["7.png", "3.png", "5.png"], "fingerprint": "first"}
