from pathlib import Path

import pytest

from vision.photos.class_folders import class_folders
from words_and_images.common.errors import UserError

ROOT = Path("/photos")


def classes_of(*holders: str, reading: str = "auto", known: tuple[str, ...] = ()) -> dict:
    """For each folder of images, the folder that is its class, both below the root."""
    found = class_folders([ROOT / holder for holder in holders], ROOT, "photos", reading, known)
    return {holder.relative_to(ROOT).as_posix(): place and place.relative_to(ROOT).as_posix()
            for holder, place in found.items()}


YEARS = ("hotdog/2022", "hotdog/2023", "nothotdog/2022", "nothotdog/2023")


def test_the_top_folders_are_the_classes_and_own_what_is_below(capsys):
    assert classes_of(*YEARS) == {holder: holder.split("/")[0] for holder in YEARS}
    assert capsys.readouterr().err == (
        "warning: the classes are the folders 'hotdog', 'nothotdog' with all that is below them; "
        "class_folders deepest makes classes of the folders that images lie in, such as '2022', "
        "'2023', and class_folders top says that this is meant\n")


def test_either_reading_can_be_chosen_and_is_then_not_talked_about(capsys):
    assert classes_of(*YEARS, reading="top") == {holder: holder.split("/")[0] for holder in YEARS}
    assert classes_of(*YEARS, reading="deepest") == {holder: holder for holder in YEARS}
    assert capsys.readouterr().err == ""


def test_a_class_with_folders_beside_a_flat_one_is_one_class(capsys):
    assert classes_of("hotdog/2022", "hotdog/2023", "nothotdog") == {
        "hotdog/2022": "hotdog", "hotdog/2023": "hotdog", "nothotdog": "nothotdog"}
    assert "such as '2022', '2023'" in capsys.readouterr().err


def test_images_at_two_depths_of_a_class_are_of_that_class(capsys):
    assert classes_of("hotdog", "hotdog/more", "nothotdog") == {
        "hotdog": "hotdog", "hotdog/more": "hotdog", "nothotdog": "nothotdog"}
    assert capsys.readouterr().err == ""  # read by the deepest folders it is no set at all
    with pytest.raises(UserError, match="'hotdog' of photos holds images and the folder 'more'"):
        classes_of("hotdog", "hotdog/more", "nothotdog", reading="deepest")


def test_folders_around_everything_are_seen_through():
    assert classes_of("a/b/hotdog/2022", "a/b/nothotdog", "a") == {
        "a/b/hotdog/2022": "a/b/hotdog", "a/b/nothotdog": "a/b/nothotdog", "a": None}


@pytest.mark.parametrize("parts", [
    ("train", "test"), ("Train", "Valid", "TEST"), ("training_set", "test_set"),
    ("seg_train/seg_train", "seg_test/seg_test"), ("rps", "rps-test-set"), ("train",),
])
def test_the_parts_of_a_divided_set_are_seen_through(parts, capsys):
    holders = [f"{part}/{label}" for part in parts for label in ("paper", "rock", "scissors")]
    assert classes_of(*holders) == {holder: holder for holder in holders}
    assert ("taken for parts of one set" in capsys.readouterr().err) == (len(parts) > 1)


def test_a_class_folder_within_a_part_owns_what_is_below():
    assert classes_of("train/hotdog/2022", "train/nothotdog", "test/hotdog") == {
        "train/hotdog/2022": "train/hotdog", "train/nothotdog": "train/nothotdog",
        "test/hotdog": "test/hotdog"}


def test_a_part_without_class_folders_is_no_class(capsys):
    assert classes_of("train/hotdog", "train/nothotdog", "test") == {
        "train/hotdog": "train/hotdog", "train/nothotdog": "train/nothotdog", "test": None}
    assert capsys.readouterr().err == (
        "the folder 'train' is taken for a part of the set, with its classes inside\n")
    assert classes_of("train/a", "train/b", "val/a", "val/b", "samples")["samples"] is None


def test_parts_without_any_class_folder_are_refused():
    with pytest.raises(UserError, match="the folders 'test', 'train' of photos hold images but no"):
        classes_of("train", "test")
    assert classes_of("train", "test", reading="top") == {"train": "train", "test": "test"}


@pytest.mark.parametrize("vehicles", [
    ("train", "bus", "car"), ("train/2022", "bus/2022", "car/2022"), ("steam_train", "test_car"),
    ("train/old", "train/new", "bus"),
])
def test_a_class_may_be_called_as_a_part_is(vehicles):
    assert classes_of(*vehicles) == {holder: holder.split("/")[0] for holder in vehicles}


def test_what_is_only_named_like_a_part_is_said_to_be_taken_for_one(capsys):
    classes_of("rps/rock", "rps/paper", "rps-test-set/rock", "rps-test-set/paper")
    assert capsys.readouterr().err == (
        "warning: the folders 'rps', 'rps-test-set' are taken for parts of one set, with its "
        "classes inside; class_folders top makes classes of the folders themselves\n")


def test_labels_that_are_sought_are_found_at_any_depth_and_case():
    known = ("Hotdog", "nothotdog")
    assert classes_of("HotDog/2022", "HotDog/2023", known=known) == {
        "HotDog/2022": "HotDog", "HotDog/2023": "HotDog"}
    assert classes_of("mine/hotdog", "mine/nothotdog", "yours/hotdog", "yours/pens/red",
                      known=known) == {
        "mine/hotdog": "mine/hotdog", "mine/nothotdog": "mine/nothotdog",
        "yours/hotdog": "yours/hotdog", "yours/pens/red": "yours/pens"}
    # A folder around the classes may be called as one of them.
    assert classes_of("hotdog/hotdog", "hotdog/nothotdog", known=known) == {
        "hotdog/hotdog": "hotdog/hotdog", "hotdog/nothotdog": "hotdog/nothotdog"}


def test_a_class_that_is_sought_may_be_called_as_a_part_is():
    assert classes_of("train/2022", "train/2023", known=("bus", "train")) == {
        "train/2022": "train", "train/2023": "train"}


def test_images_in_no_folder_are_of_one_class():
    assert classes_of(".") == {".": "."}
