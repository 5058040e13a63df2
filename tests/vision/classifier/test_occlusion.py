import numpy as np
import pytest
from PIL import Image

from vision.classifier.occlusion import AT_ONCE, draw_occlusion, occlusion_map
from words_and_images.common.errors import UserError


def brightness_of(place):
    """A classifier of two labels: the first one's score is the red of one pixel."""

    def classify(pictures):
        scores = np.array([picture[place][0] for picture in pictures])
        return np.stack([scores, 1 - scores], axis=1)

    return classify


def one_bright_pixel(place, side=10):
    picture = np.zeros((side, side, 3), np.float32)
    picture[place] = 1
    return picture


def test_drops_by_hand():
    # 4 x 4 pixels, squares of 2 in steps of 2: only the first square covers the bright pixel, and
    # leaves the mean, 1/16, of it
    drops = occlusion_map(brightness_of((0, 0)), one_bright_pixel((0, 0), 4), 0, 0.5, 0.5)
    assert drops.dtype == np.float32
    expected = np.zeros((4, 4))
    expected[:2, :2] = 15 / 16
    np.testing.assert_allclose(drops, expected, rtol=1e-6)


def test_a_pixel_has_the_mean_of_the_squares_that_cover_it():
    # Squares of 2 begin at 0, 1 and 2: two of the nine cover the pixel (0, 1), 0-1 and 1-2; each
    # leaves 1/16. Of the pixel (0, 0) only the first is one of them, and of (0, 3) none.
    drops = occlusion_map(brightness_of((0, 1)), one_bright_pixel((0, 1), 4), 0, 0.5, 0.25)
    np.testing.assert_allclose(drops[0], [15 / 16, 15 / 16, 15 / 32, 0], rtol=1e-6)
    # In row 1, squares of both rows: half of those that cover it cover the bright pixel as well
    np.testing.assert_allclose(drops[1], [15 / 32, 15 / 32, 15 / 64, 0], rtol=1e-6)


def test_what_speaks_against_a_label_is_below_zero():
    drops = occlusion_map(brightness_of((3, 3)), one_bright_pixel((3, 3)), 1)
    assert drops.min() < -0.9
    assert drops.max() == 0


def test_the_map_points_at_the_part_that_decides():
    drops = occlusion_map(brightness_of((8, 1)), one_bright_pixel((8, 1)), 0)
    assert np.unravel_index(drops.argmax(), drops.shape) in [
        (row, column) for row in (8, 9) for column in (0, 1)]


@pytest.mark.parametrize("shape", [(7, 13), (13, 7), (30, 41), (1, 1), (2, 3)])
@pytest.mark.parametrize(("square", "stride"), [(0.2, 0.1), (0.3, 0.3), (0.33, 0.07), (0.9, 0.9)])
def test_every_pixel_is_covered(shape, square, stride):
    picture = np.random.default_rng(1).random((*shape, 3)).astype(np.float32)
    drops = occlusion_map(brightness_of((0, 0)), picture, 0, square, stride)
    assert drops.shape == shape
    assert np.isfinite(drops).all()


def test_pictures_are_asked_about_a_few_at_a_time_and_stay_as_they_are():
    picture, sizes = one_bright_pixel((0, 0), 20), []
    before = picture.copy()

    def classify(pictures):
        sizes.append(len(pictures))
        return brightness_of((0, 0))(pictures)

    occlusion_map(classify, picture, 0)
    assert sum(sizes) == 82  # the whole one, and 9 x 9 squares
    assert max(sizes) <= AT_ONCE
    assert np.array_equal(picture, before)


@pytest.mark.parametrize(
    ("square", "stride", "message"),
    [(0, 0.1, "square is 0; it must be between 0 and 1"), (1, 0.1, "square is 1"),
     (0.2, 0, "stride is 0"), (0.2, 0.3, "at most the square, 0.2")])
def test_squares_that_cannot_cover_a_picture_are_refused(square, stride, message):
    with pytest.raises(UserError, match=message):
        occlusion_map(brightness_of((0, 0)), one_bright_pixel((0, 0)), 0, square, stride)


# The drawing


def drawn(tmp_path, drops, picture=None, **caption):
    path = tmp_path / "map.png"
    draw_occlusion(Image.new("RGB", (200, 100), "grey") if picture is None else picture,
                   drops, path, **caption)
    with Image.open(path) as sheet:
        return np.asarray(sheet.convert("RGB")).astype(int)


def corner_drop():
    drops = np.zeros((20, 20), np.float32)
    drops[:5, :5] = 0.4
    return drops


def test_the_drawing_shows_the_picture_and_the_map_over_it(tmp_path):
    sheet = drawn(tmp_path, corner_drop())
    # The picture is scaled to 420 x 210 within a margin of 32; the map begins 24 further right.
    assert sheet[32 + 100, 32 + 200].tolist() == [128, 128, 128]
    decisive, other = sheet[32 + 10, 476 + 10], sheet[32 + 200, 476 + 400]
    assert decisive[1] > other[1] + 80  # viridis: yellow against violet
    assert other[2] > decisive[2]


def test_the_caption_stands_above_and_changes_nothing_else(tmp_path):
    plain = drawn(tmp_path, corner_drop())
    captioned = drawn(tmp_path, corner_drop(), label="хот-дог " * 40, score=0.75)
    assert captioned.shape == (plain.shape[0] + 72, *plain.shape[1:])
    assert np.array_equal(captioned[32 + 72:], plain[32:])
    assert captioned[32:100].min() < 60  # ink
    assert captioned[:, -32:].min() == 242  # a long label stays within the margin


def test_arrays_and_tall_pictures_are_drawn_too(tmp_path):
    picture = np.zeros((400, 10, 3), np.float32)
    assert drawn(tmp_path, corner_drop(), picture, label="a").shape == (556, 480, 3)


def test_noise_is_not_drawn_as_if_it_mattered(tmp_path):
    noise = np.random.default_rng(2).normal(0, 1e-7, (20, 20)).astype(np.float32)
    overlaid = drawn(tmp_path, noise)[32:242, 476:896]
    assert np.ptp(overlaid, axis=(0, 1)).max() <= 2


def test_the_same_map_gives_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        draw_occlusion(Image.new("RGB", (50, 50)), corner_drop(), tmp_path / name, "hotdog", 0.9)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
