"""Random variants of training photos."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vision.photos.distortions import DistortionParameters, distorted_looks, part_of
from vision.photos.image import as_pixels
from words_and_images.common.errors import UserError

STILL = DistortionParameters(variants=8, flip=False, crop=0, scale=0, brightness=0, colour=0,
                             rotation=0)
ANY = hashlib.sha256(b"a photo").hexdigest()


def gradient(width: int = 60, height: int = 40) -> Image.Image:
    """Red rises to the right, green downwards, blue is even."""
    red, green = np.meshgrid(np.linspace(40, 200, width), np.linspace(40, 200, height))
    return Image.fromarray(np.stack([red, green, np.full_like(red, 120)], 2).astype(np.uint8))


def variants(picture: Image.Image, sha256: str = ANY, **ranges) -> list[np.ndarray]:
    parameters = replace(STILL, **ranges)
    return [look(picture, 20, 30, sha256) for look in distorted_looks(parameters)]


def test_the_same_photo_and_seed_give_the_same_variants():
    looks = distorted_looks(DistortionParameters(variants=3))
    first = [look(gradient(), 20, 30, ANY) for look in looks]
    again = [look(gradient(), 20, 30, ANY) for look in looks]
    np.testing.assert_array_equal(first, again)


def test_variants_of_a_photo_differ_and_so_do_those_of_another_photo_and_seed():
    other = hashlib.sha256(b"another photo").hexdigest()
    ranges = {"variants": 2, "brightness": 0.3}
    one, two = variants(gradient(), **ranges)
    assert not np.allclose(one, two)
    assert not np.allclose(one, variants(gradient(), other, **ranges)[0])
    assert not np.allclose(one, variants(gradient(), **ranges, seed=2)[0])


def test_more_variants_leave_the_first_ones_as_they_are():
    few, many = (distorted_looks(DistortionParameters(variants=count)) for count in (2, 5))
    assert [look.name for look in few] == [look.name for look in many[:2]]


def test_a_changed_range_changes_the_name_by_which_the_cache_knows_a_variant():
    names = {distorted_looks(replace(DistortionParameters(), **change))[0].name for change in (
        {}, {"flip": False}, {"crop": 0.1}, {"scale": 0.1}, {"brightness": 0.1},
        {"colour": 0.1}, {"rotation": 1}, {"seed": 2})}
    assert len(names) == 8


def test_flip_mirrors_about_half_of_the_variants():
    plain = as_pixels(gradient(), 20, 30)
    seen = variants(gradient(), flip=True, variants=40)
    mirrored = [np.abs(each - plain[:, ::-1]).max() < 0.01 for each in seen]
    unchanged = [np.abs(each - plain).max() < 0.01 for each in seen]
    assert all(a != b for a, b in zip(mirrored, unchanged, strict=True))
    assert 10 <= sum(mirrored) <= 30


def test_crop_shows_a_part_that_keeps_the_share_asked_for():
    spans = [np.ptp(each[:, :, 0]) for each in variants(gradient(), crop=0.5, variants=30)]
    whole = np.ptp(as_pixels(gradient(), 20, 30)[:, :, 0])
    assert min(spans) > 0.4 * whole and max(spans) <= 1.01 * whole
    assert min(spans) < 0.7 * whole


def test_scale_also_shows_more_than_the_picture_by_mirroring_its_surroundings():
    dot = np.zeros((40, 40, 3), np.uint8)
    dot[15:25, 15:25] = 255
    looks = distorted_looks(replace(STILL, scale=0.5, variants=30))
    sizes = [np.sqrt((look(Image.fromarray(dot), 40, 40, ANY)[:, :, 0] > 0.5).sum())
             for look in looks]
    assert 6 <= min(sizes) < 8 and 12 < max(sizes) <= 15.5


@pytest.mark.parametrize(("ranges", "same"), [
    ({"brightness": 0.4}, True), ({"colour": 0.4}, False)])
def test_brightness_is_one_factor_and_colour_one_for_each_channel(ranges, same):
    plain = as_pixels(gradient(), 20, 30)
    for each in variants(gradient(), **ranges):
        factors = (each.mean(axis=(0, 1)) / plain.mean(axis=(0, 1)))
        assert np.all((factors > 0.59) & (factors < 1.41))
        assert (np.ptp(factors) < 0.02) == same


def test_rotation_turns_about_the_middle():
    turned = part_of(gradient(40, 40), 40, 40, 1.0, (0.5, 0.5), 90)
    expected = np.rot90(np.asarray(gradient(40, 40)))
    np.testing.assert_allclose(turned[5:-5, 5:-5], expected[5:-5, 5:-5], atol=9)


def test_without_any_range_a_variant_is_the_photo():
    np.testing.assert_allclose(part_of(gradient(), 20, 30, 1.0, (0.3, 0.9), 0) / 255,
                               as_pixels(gradient(), 20, 30))


def test_variants_that_would_all_be_the_photo_are_refused():
    with pytest.raises(UserError, match="variants is 8"):
        distorted_looks(STILL)
    assert distorted_looks(replace(STILL, variants=0)) == []


@pytest.mark.parametrize("wrong", [
    {"variants": -1}, {"insets": -1}, {"inset_size": 0.0}, {"inset_size": 0.95}, {"crop": 1.0},
    {"scale": -0.1}, {"brightness": 1.5}, {"colour": 1.0}, {"rotation": 181.0}, {"seed": -1}])
def test_a_range_that_cannot_be_is_refused(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        DistortionParameters(**wrong)


def test_a_picture_of_one_pixel_can_be_distorted():
    look, = distorted_looks(DistortionParameters(variants=1))
    assert look(Image.new("RGB", (1, 1), "red"), 8, 8, ANY).shape == (8, 8, 3)
