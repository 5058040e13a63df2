"""The ways in which a picture is shown to a backbone."""

import numpy as np
import pytest
from PIL import Image

from vision.photos.image import as_pixels
from vision.photos.looks import VIEWS, View, prediction_looks
from words_and_images.common.errors import UserError


def quarters(width: int = 20, height: int = 20) -> Image.Image:
    """A picture whose red tells left from right and whose green tells top from bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2:, 0] = 255
    pixels[height // 2:, :, 1] = 255
    return Image.fromarray(pixels)


def test_the_whole_look_is_the_whole_picture():
    np.testing.assert_array_equal(VIEWS["whole"](quarters(), 8, 6), as_pixels(quarters(), 8, 6))


def test_the_mirror_look_swaps_left_and_right():
    whole, mirror = (VIEWS[name](quarters(), 8, 6) for name in ("whole", "mirror"))
    np.testing.assert_array_equal(mirror, whole[:, ::-1])
    assert mirror.flags.c_contiguous


@pytest.mark.parametrize(("name", "red", "green"), [
    ("top_left", 0, 0), ("top_right", 1, 0), ("bottom_left", 0, 1), ("bottom_right", 1, 1)])
def test_a_look_at_a_corner_holds_mostly_that_corner(name, red, green):
    mean = VIEWS[name](quarters(), 30, 30).mean(axis=(0, 1))
    # 0.5 of the 0.6 that is seen lies in the corner's own quarter
    np.testing.assert_allclose(mean[:2], [abs(red - 1 / 6), abs(green - 1 / 6)], atol=0.01)


def test_the_centre_look_is_six_tenths_of_each_side():
    seen = VIEWS["centre"](quarters(20, 40), 10, 10)
    np.testing.assert_allclose(seen, as_pixels(quarters(20, 40), 10, 10, (4, 8, 16, 32)))


@pytest.mark.parametrize(("size", "box"), [
    ((40, 20), (10, 0, 30, 20)), ((20, 40), (0, 10, 20, 30))])
def test_the_square_look_keeps_the_shape_of_things(size, box):
    picture = quarters(*size)
    np.testing.assert_allclose(VIEWS["square"](picture, 10, 10), as_pixels(picture, 10, 10, box))


def test_every_look_has_the_size_asked_for_and_values_from_0_to_1():
    for view in VIEWS.values():
        pixels = view(quarters(31, 17), 12, 9)
        assert pixels.shape == (12, 9, 3) and pixels.dtype == np.float32
        assert pixels.min() >= 0 and pixels.max() <= 1


def test_looks_come_in_the_order_of_their_names():
    assert prediction_looks(["mirror", "whole"]) == [View("mirror", mirrored=True), View("whole")]


@pytest.mark.parametrize(("names", "words"), [
    ([], "there are no looks"),
    (["whole", "whole"], "'whole' twice"),
    (["center"], "centre"),
])
def test_looks_that_cannot_be_are_refused(names, words):
    with pytest.raises(UserError, match=words):
        prediction_looks(names)
