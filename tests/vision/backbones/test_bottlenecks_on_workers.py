"""Bottlenecks by the workers of a cluster: to the byte what this process computes alone."""

import os
import pickle
import signal
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.backbones import sent_backbone
from vision.backbones.backbone import load_backbone, normalise_backbone
from vision.backbones.bottlenecks import extract_bottlenecks
from vision.backbones.record import BackboneRecord
from vision.backbones.sent_backbone import SentBackbone, opened
from vision.photos import batches
from vision.photos.distortions import DistortionParameters
from vision.photos.image import ImageFile, UnreadableImageError
from vision.photos.looks import prediction_looks
from vision.photos.variants import training_variants
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError
from words_and_images.common.running import running
from words_and_images.retraining.split import Example, Split

LOOKS = prediction_looks(["whole", "square", "centre"])
PHOTOS = 40


class Corners:
    """A stand-in for a backbone: two corners of a picture."""

    record = BackboneRecord("corners", 8, 8, 6, "x", "test", "none", "", "corners")

    def features(self, images: np.ndarray) -> np.ndarray:
        return np.concatenate([images[:, 0, 0], images[:, -1, -1]], axis=1)


class Elsewhere:
    """A stand-in for a cluster: one worker, which has only what is sent, or shares the files."""

    def __init__(self, files: Path, shared: bool) -> None:
        self.files, self.shared = files, shared
        self.sizes: list[int] = []
        self.seen: list[str] = []

    def workers(self):
        return ["elsewhere"]

    def in_order(self, work, items, sent=False, common=None):
        for item in items:
            self.sizes.append(len(pickle.dumps(item)))
            self.seen += [wanted.file.name for wanted in item]
            with self._away():
                found = work(pickle.loads(pickle.dumps(item)), common)
            yield found

    @contextmanager
    def _away(self):
        """Without the files, or else in another folder."""
        folder, hidden = Path.cwd(), self.files.with_name("hidden")
        os.chdir("/")
        if not self.shared:
            self.files.rename(hidden)
        yield
        if not self.shared:
            hidden.rename(self.files)
        os.chdir(folder)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Photos of many sizes below the folder that one is in, for training, and their split."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(1)
    examples = []
    Path("photos").mkdir()
    for number in range(PHOTOS):
        path, (height, width) = Path("photos", f"{number}.png"), generator.integers(9, 30, 2)
        Image.fromarray(generator.integers(256, size=(height, width, 3), dtype=np.uint8)).save(path)
        examples.append(Example(str(path), ("dog", "not_dog")[number % 2],
                                sha256(path.read_bytes()).hexdigest(), "training"))
    return Split(["dog", "not_dog"], examples)


def extract(split: Split, folder: str, cluster=None, backbone=None, looks=LOOKS):
    """The features of the photos, and the names and bytes of the files of the cache."""
    paths = [Path(example.name) for example in split.examples]
    features = extract_bottlenecks(
        paths, [example.sha256 for example in split.examples], backbone or Corners(), Path(folder),
        looks, cluster=cluster)
    return features.tobytes(), {path.relative_to(folder): path.read_bytes()
                                for path in Path(folder).rglob("*.npz")}


def variants(split: Split):
    paths = [Path(example.name) for example in split.examples]
    return training_variants(DistortionParameters(variants=2, insets=2), split, paths)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("looks_of", [lambda split: LOOKS, variants])
def test_workers_give_the_same_features_and_files(photos, shared, looks_of):
    looks = looks_of(photos)
    alone = extract(photos, "alone", looks=looks)
    elsewhere = Elsewhere(Path("photos").absolute(), shared)
    assert extract(photos, "workers", elsewhere, looks=looks) == alone
    assert len(elsewhere.seen) == PHOTOS and len(elsewhere.sizes) == 3


def test_only_images_that_the_cache_lacks_are_sent(photos):
    extract(Split(photos.labels, photos.examples[:35]), "cache")
    elsewhere = Elsewhere(Path("photos").absolute(), shared=False)
    extract(photos, "cache", elsewhere)
    assert elsewhere.seen == [f"photos/{number}.png" for number in range(35, PHOTOS)]
    extract(photos, "cache", elsewhere)
    assert len(elsewhere.seen) == 5


def test_many_images_make_large_batches_and_few_enough_for_all_workers():
    assert [batches.batch_size(images, 2) for images in (1, 384, 1000, 100_000)] == [16, 16, 31, 64]
    assert [batches.batch_size(1000, workers) for workers in (0, 1, 100)] == [62, 62, 16]


def test_large_batches_give_the_same_features_and_files(photos, monkeypatch):
    alone = extract(photos, "alone")
    monkeypatch.setattr(batches, "BATCHES", 1)
    elsewhere = Elsewhere(Path("photos").absolute(), shared=False)
    assert extract(photos, "workers", elsewhere) == alone and len(elsewhere.sizes) == 1


def test_images_of_many_bytes_make_small_batches(photos, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_BYTES", 3000)
    elsewhere = Elsewhere(Path("photos").absolute(), shared=False)
    extract(photos, "cache", elsewhere, looks=variants(photos))
    assert max(elsewhere.sizes) < 15_000 and len(elsewhere.sizes) > 10


def test_workers_that_read_files_themselves_are_sent_little(photos):
    elsewhere = Elsewhere(Path("photos").absolute(), shared=True)
    extract(photos, "cache", elsewhere, looks=variants(photos))
    assert max(elsewhere.sizes) < 16 * 800


@pytest.mark.parametrize("shared", [False, True])
def test_an_image_that_cannot_be_read_is_told_of_as_without_workers(photos, shared):
    broken = Path("photos/7.png")
    broken.write_bytes(broken.read_bytes()[:-100])
    photos.examples[7] = Example("photos/7.png", "dog", sha256(broken.read_bytes()).hexdigest(),
                                 "training")
    sentences = []
    for cluster in (None, Elsewhere(Path("photos").absolute(), shared)):
        with pytest.raises(UnreadableImageError) as raised:
            extract(photos, "cache", cluster)
        sentences.append(str(raised.value))
    assert sentences[0].startswith("photos/7.png cannot be read") and len(set(sentences)) == 1


def test_a_missing_image_that_is_to_be_sent_is_told_of_as_without_workers(photos):
    Path("photos/7.png").unlink()
    with pytest.raises(UnreadableImageError, match=r"^photos/7\.png .* \(no such file"):
        extract(photos, "cache", Elsewhere(Path("photos").absolute(), shared=False))


@pytest.mark.parametrize(("change", "words"), [
    (lambda path: path.unlink(), r"cannot be read on the worker .* \(no such file"),
    (lambda path: path.write_bytes(Path("photos/9.png").read_bytes()), "is another file on the"),
])
@pytest.mark.parametrize("looks_of", [lambda split: LOOKS, variants])
def test_another_file_under_the_same_path_is_refused(photos, change, words, looks_of):
    elsewhere = Elsewhere(Path("photos").absolute(), shared=True)
    change(Path("photos/7.png"))
    with pytest.raises(UserError, match=rf"photos/7\.png {words}.*engine\.files to sent\.$"):
        extract(photos, "cache", elsewhere, looks=looks_of(photos))


def test_a_file_that_is_only_the_surroundings_of_an_inset_is_checked_too(photos):
    own, around = (photos.examples[number].sha256 for number in (0, 1))
    look = variants(photos)[-1]
    file = ImageFile("photos/1.png", around, Path("photos/1.png").absolute())
    wanted = batches.Wanted(ImageFile("photos/0.png", own, b"read"),
                            (replace(look.of(own), around=file),))
    assert [each.source for each in wanted.each(batches.verified).files()] == [
        b"read", Path("photos/1.png").read_bytes()]
    Path("photos/1.png").write_bytes(b"other")
    with pytest.raises(UserError, match=r"photos/1\.png is another file"):
        wanted.each(batches.verified)


def test_an_error_from_another_process_says_the_same():
    error = pickle.loads(pickle.dumps(UnreadableImageError("a.png", "the file is empty")))
    assert str(error) == str(UnreadableImageError("a.png", "the file is empty"))
    assert (error.name, error.reason) == ("a.png", "the file is empty")


@pytest.fixture
def fresh_process(monkeypatch):
    """A process that has opened no backbone yet."""
    monkeypatch.setattr(sent_backbone, "_opened", {})


@pytest.mark.parametrize("inference", ["int8", "tensorflow"])
def test_a_backbone_that_is_sent_needs_no_folder(
        small_saved_model, tmp_path, fresh_process, inference):
    normalise_backbone(str(small_saved_model), tmp_path / "backbone", inference=inference)
    here = load_backbone(tmp_path / "backbone")
    travelling = pickle.dumps(SentBackbone.of(here, shared=False))
    (tmp_path / "backbone").rename(tmp_path / "elsewhere")
    there = opened(pickle.loads(travelling))
    images = np.random.default_rng(1).random((3, 16, 16, 3), np.float32)
    assert there.record == here.record
    np.testing.assert_array_equal(there.features(images), here.features(images))


def test_litert_is_sent_no_saved_model(small_backbone):
    travelling = SentBackbone.of(load_backbone(small_backbone), shared=False)
    assert set(travelling.files) == {"record.json", "network.tflite"}


def test_a_process_opens_a_backbone_once(small_backbone, fresh_process):
    backbone = load_backbone(small_backbone)
    first = opened(SentBackbone.of(backbone, shared=False))
    assert opened(SentBackbone.of(backbone, shared=False)) is first
    assert opened(SentBackbone.of(backbone, shared=True)) is first


def test_another_backbone_under_the_same_path_is_refused(
        small_backbone, tmp_path, fresh_process):
    backbone = load_backbone(small_backbone)
    record = replace(backbone.record, fingerprint="another")
    remedy = r" on the worker .*; give it the same folder .* engine\.files to sent\.$"
    with pytest.raises(UserError, match="backbone holds another backbone" + remedy):
        SentBackbone(record, small_backbone).open()
    with pytest.raises(UserError, match=r"holds no backbone \(no record\.json\)" + remedy):
        SentBackbone(record, tmp_path).open()


@pytest.fixture
def dask_workers():
    pytest.importorskip("distributed", reason="the extra cluster is not installed")

    def start(files: str):
        return running(EngineParameters("dask", processes=2, files=files))
    return start


@pytest.mark.parametrize("files", ["sent", "shared"])
def test_workers_of_dask_give_the_same_features_and_files(
        photos, small_backbone, dask_workers, files):
    backbone, looks = load_backbone(small_backbone), variants(photos)
    alone = extract(photos, "alone", backbone=backbone, looks=looks)
    with dask_workers(files) as cluster:
        assert extract(photos, "workers", cluster, backbone, looks) == alone


@pytest.mark.parametrize("dead", [1, 2])
def test_dead_workers_change_nothing(photos, small_backbone, dask_workers, monkeypatch, dead):
    monkeypatch.setattr(batches, "FEWEST", 2)
    backbone, looks = load_backbone(small_backbone), variants(photos)
    alone = extract(photos, "alone", backbone=backbone, looks=looks)
    with dask_workers("sent") as cluster:
        in_order = cluster.in_order

        def killing(*arguments, **options):
            for number, result in enumerate(in_order(*arguments, **options)):
                if number == 2:
                    for process in list(cluster.client.run(os.getpid).values())[:dead]:
                        os.kill(process, signal.SIGKILL)
                yield result

        monkeypatch.setattr(cluster, "in_order", killing)
        assert extract(photos, "workers", cluster, backbone, looks) == alone
