import hashlib
from pathlib import Path

import pytest

from common.errors import UserError
from vision.split import (
    SPLITS,
    Split,
    SplitParameters,
    images_needed,
    split_images,
    split_of_hash,
)


def write_files(folder: Path, count: int = 200, label: str = "") -> Path:
    for name in (label,) if label else ("hotdog", "pizza"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / name / f"{number:03}.jpg").write_text(f"{name} {number}")
    return folder


def by_path(split: Split) -> dict[str, str]:
    return {image.path: image.split for image in split.images}


def test_a_hash_is_read_as_a_number_from_0_to_1():
    # 0x3333... / 16^n = 0.2 - epsilon, 0x4ccc... = 0.3 - epsilon
    parameters = SplitParameters(validation=0.1, test=0.2)
    assert split_of_hash("0" * 64, parameters) == "test"
    assert split_of_hash("3" * 64, parameters) == "test"
    assert split_of_hash("34" + "0" * 62, parameters) == "validation"
    assert split_of_hash("4" + "c" * 63, parameters) == "validation"
    assert split_of_hash("4d" + "0" * 62, parameters) == "training"
    assert split_of_hash("f" * 64, parameters) == "training"


def test_images_are_sorted_by_path_with_label_and_content_hash(tmp_path):
    split = split_images(write_files(tmp_path))
    assert split.labels == ["hotdog", "pizza"]
    assert [image.path for image in split.images] == sorted(by_path(split))
    first = split.images[0]
    assert (first.path, first.label) == ("hotdog/000.jpg", "hotdog")
    assert first.sha256 == hashlib.sha256(b"hotdog 0").hexdigest()


def test_shares_come_out_near_what_was_asked_for(tmp_path):
    split = split_images(write_files(tmp_path, 500), SplitParameters(0.1, 0.2))
    # Five standard deviations of a binomial of 1,000: 5 sqrt(1000 p (1 - p))
    assert abs(len(split.rows("test")) - 200) < 64
    assert abs(len(split.rows("validation")) - 100) < 48


def test_every_image_is_in_exactly_one_split(tmp_path):
    split = split_images(write_files(tmp_path))
    rows = [row for name in SPLITS for row in split.rows(name)]
    assert sorted(rows) == list(range(400))
    assert sum(sum(counts.values()) for counts in split.counts().values()) == 400


def test_the_split_stays_when_images_are_added_renamed_and_moved(tmp_path):
    before = by_path(split_images(write_files(tmp_path / "one")))
    write_files(tmp_path / "two", 300)
    (tmp_path / "two/hotdog/000.jpg").rename(tmp_path / "two/hotdog/renamed.jpg")
    after = by_path(split_images(tmp_path / "two"))
    assert after["hotdog/renamed.jpg"] == before.pop("hotdog/000.jpg")
    assert before.items() <= after.items()


def test_copies_of_one_file_are_on_the_same_side(tmp_path):
    write_files(tmp_path)
    for number in range(200):
        source = tmp_path / "hotdog" / f"{number:03}.jpg"
        (tmp_path / "hotdog" / f"copy{number:03}.jpg").write_bytes(source.read_bytes())
    splits = by_path(split_images(tmp_path))
    assert all(splits[f"hotdog/{n:03}.jpg"] == splits[f"hotdog/copy{n:03}.jpg"] for n in range(200))


def test_the_same_file_in_two_classes_is_named(tmp_path, capsys):
    write_files(tmp_path)
    (tmp_path / "pizza" / "wrong.jpg").write_text("hotdog 0")
    split_images(tmp_path)
    assert "hotdog/000.jpg and pizza/wrong.jpg" in capsys.readouterr().err


def test_a_class_too_small_for_every_split_is_told_what_it_has_and_needs(tmp_path):
    write_files(tmp_path, 200, "hotdog")
    write_files(tmp_path, 2, "pizza")
    with pytest.raises(UserError, match="'pizza' has 2 images and none .* needs about 29"):
        split_images(tmp_path, SplitParameters(0.1, 0.2))


def test_images_needed_is_the_first_count_that_is_likely_enough():
    # 0.9^28 = 0.052 is above 5 %, 0.9^29 = 0.047 below
    assert images_needed(0.1) == 29
    assert images_needed(0.5) == 5


def test_a_split_survives_writing_and_reading(tmp_path):
    split = split_images(write_files(tmp_path / "images"))
    split.write(tmp_path / "split.json")
    assert Split.read(tmp_path / "split.json") == split


def test_targets_number_the_labels_in_order(tmp_path):
    split = split_images(write_files(tmp_path))
    assert split.targets.tolist() == [0] * 200 + [1] * 200


@pytest.mark.parametrize("shares", [(0.0, 0.2), (0.1, 1.0), (0.5, 0.5), (-0.1, 0.2)])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(UserError):
        SplitParameters(*shares)
