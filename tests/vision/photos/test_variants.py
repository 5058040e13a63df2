"""Variants of training photos: which there are, and insets."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.photos.batches import Wanted
from vision.photos.distortions import DistortionParameters
from vision.photos.image import ImageFile
from vision.photos.variants import (
    Inset,
    InsetOfOne,
    insets_in_parts,
    negative_label,
    training_variants,
)
from words_and_images.retraining.split import Example, Split

BLUE, RED = (0, 0, 255), (255, 0, 0)
PLAIN = DistortionParameters(variants=0, flip=False, crop=0, scale=0, brightness=0, colour=0,
                             rotation=0)


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, Path]:
    """Three blue photos of other sizes, by the sha256 of their files."""
    files = [tmp_path / f"{side}.png" for side in (30, 40, 50)]
    for file in files:
        side = int(file.stem)
        Image.new("RGB", (side, side + 10), BLUE).save(file)
    return {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in files}


def box_of_red(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is red."""
    rows, columns = np.nonzero(pixels[:, :, 0] > 0.5)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize(("labels", "expected"), [
    (["hotdog", "nothotdog"], "nothotdog"),
    (["hot_dog", "not_hot_dog"], "not_hot_dog"),
    (["Hot dog", "No hot-dog"], "No hot-dog"),
    (["cat", "dog", "other"], "other"),
    (["Background", "cat"], "Background"),
    (["cat", "dog"], None),
    (["notebook", "pen"], None),  # no negation of "pen"
    (["none", "other", "cat"], None),  # which of them?
    (["no", "yes"], None),
])
def test_the_class_of_nothing_else_is_known_by_its_name(labels, expected):
    assert negative_label(labels) == expected


def split_of(files: dict[str, Path]) -> Split:
    """The first two files for training as not_dog, the others as validation and as dog."""
    places = [("not_dog", "training"), ("not_dog", "training"), ("not_dog", "validation"),
              ("dog", "training")]
    return Split(["dog", "not_dog"], [
        Example(str(path), label, sha256, split)
        for (sha256, path), (label, split) in zip(files.items(), places, strict=False)])


def test_insets_are_shown_in_training_photos_of_the_negative_class_alone(surroundings):
    parameters = DistortionParameters(variants=2, insets=3)
    split = split_of(surroundings)
    *_, last = looks = training_variants(parameters, split, [*surroundings.values()])
    assert len(looks) == 5 and len({look.name for look in looks}) == 5
    assert isinstance(last, Inset)
    assert set(last.surroundings) == {image.sha256 for image in split.examples[:2]}


def test_without_a_negative_class_of_two_training_photos_there_are_no_insets(surroundings):
    parameters = DistortionParameters(variants=2, insets=3)
    files = [*surroundings.values()]
    one = Split(["dog", "not_dog"], split_of(surroundings).examples[1:])
    assert len(training_variants(parameters, one, files[1:])) == 2
    none = replace(split_of(surroundings), labels=["dog", "cat"])
    assert len(training_variants(parameters, none, files)) == 2


def test_an_inset_keeps_its_shape_and_takes_a_share_from_the_range(surroundings):
    picture = Image.new("RGB", (200, 100), RED)
    widths = set()
    for number in range(20):
        look = Inset(number, replace(PLAIN, inset_size=0.4), surroundings)
        left, top, right, bottom = box_of_red(look(picture, 100, 100, "ab"))
        assert 40 <= right - left <= 90
        assert abs((right - left) - 2 * (bottom - top)) <= 2
        widths.add(right - left)
    assert len(widths) > 10


def test_an_inset_is_never_shown_within_itself(tmp_path, surroundings):
    own, other = list(surroundings)[:2]
    Image.new("RGB", (9, 9), RED).save(tmp_path / "own.png")
    files = {own: tmp_path / "own.png", other: surroundings[other]}
    white = Image.new("RGB", (20, 20), "white")
    for number in range(10):
        pixels = Inset(number, PLAIN, files)(white, 40, 40, own)
        assert set(map(tuple, pixels.reshape(-1, 3).round().astype(int))) == {(0, 0, 1), (1, 1, 1)}


def test_insets_are_lit_and_mirrored_as_the_distortions_are(surroundings):
    white = Image.new("RGB", (20, 20), "white")
    lit = [Inset(number, replace(PLAIN, brightness=0.5), surroundings)(white, 40, 40, "ab").max()
           for number in range(20)]
    assert 0.5 <= min(lit) < 0.7 and max(lit) == 1


def test_the_name_tells_all_that_the_pixels_depend_on(surroundings):
    fewer = dict(list(surroundings.items())[1:])
    names = {Inset(*arguments).name for arguments in (
        (0, PLAIN, surroundings), (1, PLAIN, surroundings), (0, PLAIN, fewer),
        *((0, replace(PLAIN, **change), surroundings) for change in (
            {"flip": True}, {"brightness": 0.1}, {"colour": 0.1}, {"inset_size": 0.2},
            {"seed": 2})))}
    assert len(names) == 8
    picture = Image.new("RGB", (20, 20), RED)
    for change in ({"crop": 0.1}, {"rotation": 9.0}, {"variants": 7}, {"insets": 9}):
        same = Inset(0, replace(PLAIN, **change), surroundings)
        assert same.name == Inset(0, PLAIN, surroundings).name
        np.testing.assert_array_equal(
            same(picture, 30, 30, "ab"), Inset(0, PLAIN, surroundings)(picture, 30, 30, "ab"))


def test_an_inset_is_never_shown_within_itself_and_within_every_other():
    surroundings = {key: Path(key) for key in ("aa", "bb", "cc", "dd")}
    for own, others in (("bb", {"aa", "cc", "dd"}), ("dd", {"aa", "bb", "cc"}),
                        ("ab", {"aa", "bb", "cc", "dd"})):
        assert {Inset(number, PLAIN, surroundings).of(own).around.name
                for number in range(100)} == others


def test_insets_of_parts_are_shown_in_their_own_part_alone(surroundings):
    files = {**surroundings, **{key: Path(key) for key in ("aa", "bb", "cc")}}
    examples = [Example(str(path), "dog" if key == "cc" else "not_dog", key, "training")
                for key, path in files.items()]
    split, rows = Split(["dog", "not_dog"], examples), np.arange(6)
    parts = np.array([0, 0, 0, 1, 1, 1])
    own = dict(zip(files, parts.tolist(), strict=True))
    insets = insets_in_parts(replace(PLAIN, insets=20), split, list(files.values()), rows, parts)
    assert len({inset.name for inset in insets}) == 20
    for key, part in own.items():
        around = {inset.of(key).around.sha256 for inset in insets}
        assert around == {other for other, its in own.items()
                          if its == part and other not in (key, "cc")}
    wanted = Wanted.of(ImageFile("aa", "aa", Path("aa")), insets)  # by a worker: of it alone
    assert {type(look) for look in wanted.looks} == {InsetOfOne}
    # Another part of a photo that is no surrounding is another look: names tell pixels.
    moved = insets_in_parts(replace(PLAIN, insets=1), split, list(files.values()), rows,
                            np.array([0, 0, 0, 1, 1, 0]))
    assert moved[0].name != insets[0].name
    alone = np.array([0, 0, 1, 1, 1, 1])
    assert insets_in_parts(PLAIN, split, list(files.values()), rows, alone)
    lonely = np.array([0, 1, 0, 0, 0, 0])
    assert insets_in_parts(PLAIN, split, list(files.values()), rows, lonely) == []
