"""The project's own drawings: repeatable, varied, recognisable enough to hold contrast."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.drawings import STYLES, SUBJECTS, draw, render_drawings
from vision.drawings.camera import Camera, photograph
from vision.drawings.canvas import Canvas, Paint, Pose
from vision.drawings.drawing import _PAINTERS
from vision.drawings.shapes import arch, box, ellipse, resample, ribbon, smooth
from vision.drawings.texture import bending, bent, fractal_noise, relief
from words_and_images.common.errors import UserError

EVERY_SUBJECT = [subject for subjects in SUBJECTS.values() for subject in subjects]


def files_under(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.jpg")
    }


def area_inside(outline: np.ndarray) -> float:
    """The shoelace formula."""
    x, y = outline.T
    return 0.5 * abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))


@pytest.mark.parametrize("size", [64, 320])
@pytest.mark.parametrize("subject", EVERY_SUBJECT)
def test_every_subject_draws_a_colour_picture_with_contrast(subject: str, size: int) -> None:
    picture = draw(subject, np.random.default_rng(3), size)
    assert picture.mode == "RGB"
    assert picture.size == (size, size)
    assert np.asarray(picture).std() > 12.0


@pytest.mark.parametrize("subject", EVERY_SUBJECT)
def test_the_subject_covers_a_good_part_of_its_sheet(subject: str) -> None:
    generator = np.random.default_rng(0)
    pose = Pose(80.0 * np.eye(2), np.array([100.0, 100.0]))
    canvas = Canvas(200, pose, np.array([0.6, -0.8]), generator)
    _PAINTERS[subject].paint(canvas, generator)
    covered = np.asarray(canvas.alpha) > 0
    # Of scenery and streets nothing stays free.
    assert 0.03 < covered.mean() <= 1.0
    assert np.asarray(canvas.picture)[~covered].sum() == 0  # premultiplied


def test_both_labels_have_subjects_and_share_none() -> None:
    assert list(SUBJECTS) == ["hotdog", "nothotdog"]
    assert all(len(subjects) >= 5 for subjects in SUBJECTS.values())
    assert len(set(EVERY_SUBJECT)) == len(EVERY_SUBJECT)
    # Bread with something else in it, sausages without bread, and what is long and brown.
    assert {"sub", "filled_roll", "sausages", "burrito", "eclair"} <= set(SUBJECTS["nothotdog"])
    assert {"banana", "burger", "dachshund", "sunflower", "hotdog_car"} <= set(
        SUBJECTS["nothotdog"]
    )


def test_the_same_generator_state_draws_the_same_picture() -> None:
    first, second = (draw("banana", np.random.default_rng(5), 64) for _ in range(2))
    other = draw("banana", np.random.default_rng(6), 64)
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_misspelt_subject_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="'banan'.*did you mean banana"):
        draw("banan", np.random.default_rng(0))


@pytest.mark.parametrize("size", [0, -4, 15])
def test_a_size_too_small_to_draw_is_refused(size: int) -> None:
    with pytest.raises(UserError, match=f"size is {size}"):
        draw("banana", np.random.default_rng(0), size)


def test_label_folders_hold_the_wanted_counts_and_names(tmp_path: Path) -> None:
    count = len(SUBJECTS["hotdog"]) + 1
    render_drawings(tmp_path / "drawings", count, generator_seed=1, size=32)
    names = sorted(files_under(tmp_path / "drawings"))
    assert sum(name.startswith("hotdog/") for name in names) == count
    assert sum(name.startswith("nothotdog/") for name in names) == count
    # The subjects take turns: after the last one comes the first again.
    numbers = {name[-8:-4] for name in names if name.startswith("hotdog/hotdog_mustard_")}
    assert numbers == {"0001", f"{count:04}"}
    styles = {name.rsplit("_", 2)[1] for name in names}
    assert len(styles) > 4
    assert styles <= set(STYLES)
    with Image.open(tmp_path / "drawings" / names[0]) as picture:
        assert picture.size == (32, 32)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("second", 1), ("other", 2)):
        render_drawings(tmp_path / name, count_per_class=3, generator_seed=seed, size=32)
    first, second, other = (files_under(tmp_path / name) for name in ("first", "second", "other"))
    assert first == second
    assert len(first) == len(other)
    assert not set(first.values()) & set(other.values())


def test_a_larger_set_begins_with_the_images_of_a_smaller_one(tmp_path: Path) -> None:
    render_drawings(tmp_path / "small", count_per_class=2, generator_seed=1, size=32)
    render_drawings(tmp_path / "large", count_per_class=4, generator_seed=1, size=32)
    small, large = files_under(tmp_path / "small"), files_under(tmp_path / "large")
    assert small.items() < large.items()


def test_every_drawing_of_a_set_is_another_picture(tmp_path: Path) -> None:
    render_drawings(tmp_path / "set", count_per_class=20, generator_seed=1, size=32)
    contents = files_under(tmp_path / "set").values()
    assert len(set(contents)) == 40


def test_rendering_replaces_an_older_set(tmp_path: Path) -> None:
    render_drawings(tmp_path / "set", count_per_class=3, generator_seed=1, size=32)
    render_drawings(tmp_path / "set", count_per_class=1, generator_seed=1, size=32)
    assert len(files_under(tmp_path / "set")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_count_below_one_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="count_per_class is 0"):
        render_drawings(tmp_path / "set", count_per_class=0, generator_seed=1)
    assert list(tmp_path.iterdir()) == []


def test_negative_seeds_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="generator_seed is -1"):
        render_drawings(tmp_path / "set", count_per_class=1, generator_seed=-1)


def test_mean_colour_alone_does_not_tell_the_labels_apart() -> None:
    pictures = {
        label: np.array(
            [
                np.asarray(
                    draw(subjects[k % len(subjects)], np.random.default_rng([row, k]), 16)
                ).mean(axis=(0, 1))
                for k in range(56)
            ]
        )
        for row, (label, subjects) in enumerate(SUBJECTS.items())
    }
    colours = np.concatenate([pictures["hotdog"], pictures["nothotdog"]])  # (112, 3)
    targets = np.repeat([1.0, -1.0], 56)
    inputs = np.column_stack([colours / 255.0, np.ones(112)])
    weights, *_ = np.linalg.lstsq(inputs, targets, rcond=None)
    assert np.mean(np.sign(inputs @ weights) == targets) < 0.8


def test_a_ribbon_is_a_band_with_two_half_discs() -> None:
    # Length 2, half width 0.5: 2 * 1 and two caps of nine triangles, 9 * 0.5^2 / 2 * sin(20
    # degrees) = 0.38477 each, close to the half disc's 0.3927: 2.76954.
    outline = ribbon([(-1.0, 0.0), (1.0, 0.0)], 0.5)
    assert area_inside(outline) == pytest.approx(2.76954, abs=1e-4)
    np.testing.assert_allclose(outline.max(axis=0), (1.5, 0.5), atol=0.01)


def test_a_rounded_box_loses_its_corners() -> None:
    # 2 x 2 without four corners of (1 - pi / 4) * 0.5^2 each: 4 - 0.2146 = 3.785.
    assert area_inside(box(-1.0, -1.0, 1.0, 1.0)) == 4.0
    assert area_inside(box(-1.0, -1.0, 1.0, 1.0, corner=0.5)) == pytest.approx(3.785, abs=0.01)


def test_a_smooth_curve_goes_through_its_control_points() -> None:
    controls = [(0.0, 0.0), (1.0, 0.5), (2.0, -0.5)]
    np.testing.assert_allclose(smooth(controls, closed=False, steps=4)[::4], controls)


def test_an_arch_hangs_by_its_sag() -> None:
    path = arch(1.0, 0.4, points=3)
    np.testing.assert_allclose(path, [(-1.0, -0.2), (0.0, 0.2), (1.0, -0.2)])
    np.testing.assert_allclose(resample(path, 5)[1], (-0.5, 0.0), atol=1e-12)


def test_the_lit_side_of_a_round_shape_is_brighter() -> None:
    pose = Pose(40.0 * np.eye(2), np.array([50.0, 50.0]))
    canvas = Canvas(100, pose, np.array([-1.0, 0.0]), np.random.default_rng(0))
    canvas.fill(ellipse((0.0, 0.0), (1.0, 1.0)), Paint((120, 120, 120), 0.4, mottle=0.0))
    row = np.asarray(canvas.picture)[50, :, 0].astype(int)
    assert row[18] > 120 > row[82]


def test_a_shape_outside_the_sheet_leaves_no_trace() -> None:
    pose = Pose(10.0 * np.eye(2), np.array([500.0, 500.0]))
    canvas = Canvas(100, pose, np.array([-1.0, 0.0]), np.random.default_rng(0))
    canvas.fill(ellipse((0.0, 0.0), (1.0, 1.0)), Paint((120, 120, 120)))
    assert canvas.alpha.getextrema() == (0, 0)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_draws_either_label_and_always_the_same_picture(style: str) -> None:
    for subject in ("hotdog_loaded", "sub"):
        first, second = (draw(subject, np.random.default_rng(4), 64, style) for _ in range(2))
        assert first.size == (64, 64)
        assert np.asarray(first).std() > 5.0
        assert first.tobytes() == second.tobytes()


def test_styles_draw_different_pictures_of_a_subject() -> None:
    pictures = {draw("burger", np.random.default_rng(4), 64, style).tobytes() for style in STYLES}
    assert len(pictures) == len(STYLES)


def test_a_misspelt_style_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="'studo'.*did you mean studio"):
        draw("banana", np.random.default_rng(0), 64, "studo")


def test_fractal_noise_has_mean_0_deviation_1_and_more_detail_where_it_is_rougher() -> None:
    smooth_one, rough_one = (fractal_noise(np.random.default_rng(2), 96, roughness)
                             for roughness in (0.3, 0.9))
    for noise in (smooth_one, rough_one):
        assert noise.shape == (96, 96)
        assert abs(float(noise.mean())) < 1e-5
        assert float(noise.std()) == pytest.approx(1.0, abs=1e-4)
    steps = [float(np.abs(np.diff(noise)).mean()) for noise in (smooth_one, rough_one)]
    assert steps[1] > 2.0 * steps[0]


def test_relief_is_bright_where_the_surface_turns_to_the_light() -> None:
    ramp = np.tile(np.abs(np.arange(-8.0, 9.0)), (17, 1))  # a valley along the middle
    lit = relief(ramp, np.array([1.0, 0.0]))
    assert lit[8, 2] > 0 > lit[8, 14]  # light from the right falls on the slope that faces it


def test_a_bent_picture_shows_nothing_from_outside_of_it() -> None:
    white = Image.new("L", (60, 60), 255)
    mesh = bending(np.random.default_rng(1), 60, slant=0.7, wobble=0.02)
    assert np.asarray(bent(white, mesh))[1:-1, 1:-1].min() > 250


def test_a_camera_that_adds_nothing_leaves_a_grey_picture_evenly_grey() -> None:
    still = Camera(gain=(1.0, 1.0), warmth=(0.0, 0.0), grain=(0.0, 0.0))
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    taken = np.asarray(photograph(grey, still, np.array([1.0, 0.0]), np.random.default_rng(0)))
    assert 100 < taken.mean() < 156
    assert taken.reshape(-1, 3).std() < 16.0


def test_warm_light_makes_the_picture_redder_than_blue() -> None:
    warm = Camera(warmth=(0.3, 0.3))
    grey = Image.new("RGB", (64, 64), (120, 120, 120))
    taken = np.asarray(photograph(grey, warm, np.array([1.0, 0.0]), np.random.default_rng(0)))
    red, _, blue = taken.reshape(-1, 3).mean(axis=0)
    assert red > blue + 30
