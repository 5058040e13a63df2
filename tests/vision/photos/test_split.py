import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from vision.photos.split import PhotoSplitParameters, read_split, split_images, write_split
from words_and_images.common.errors import UserError
from words_and_images.retraining import split
from words_and_images.retraining.empty_splits import Move, Unit, moves_into_empty_splits
from words_and_images.retraining.split import SPLITS, Split, place_of_hash, split_of_hash


def write_files(folder: Path, count: int = 200, label: str = "") -> Path:
    for name in (label,) if label else ("hotdog", "pizza"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / name / f"{number:03}.jpg").write_text(f"{name} {number}")
    return folder


def by_path(split: Split) -> dict[str, str]:
    return {image.name: image.split for image in split.examples}


def test_a_hash_is_read_as_a_number_from_0_to_1():
    # 0x3333... / 16^n = 0.2 - epsilon, 0x4ccc... = 0.3 - epsilon
    parameters = PhotoSplitParameters(validation=0.1, test=0.2)
    assert split_of_hash("0" * 64, parameters) == "test"
    assert split_of_hash("3" * 64, parameters) == "test"
    assert split_of_hash("34" + "0" * 62, parameters) == "validation"
    assert split_of_hash("4" + "c" * 63, parameters) == "validation"
    assert split_of_hash("4d" + "0" * 62, parameters) == "training"
    assert split_of_hash("f" * 64, parameters) == "training"


def test_images_are_sorted_by_path_with_label_and_content_hash(tmp_path):
    split = split_images(write_files(tmp_path))
    assert split.labels == ["hotdog", "pizza"]
    assert [image.name for image in split.examples] == sorted(by_path(split))
    first = split.examples[0]
    assert (first.name, first.label) == ("hotdog/000.jpg", "hotdog")
    assert first.sha256 == hashlib.sha256(b"hotdog 0").hexdigest()


def test_shares_come_out_near_what_was_asked_for(tmp_path):
    split = split_images(write_files(tmp_path, 500), PhotoSplitParameters(0.1, 0.2))
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


def test_all_classes_that_are_too_small_are_told_at_once(tmp_path):
    write_files(tmp_path, 200, "hotdog")
    for label, count in (("pizza", 2), ("soup", 1)):
        write_files(tmp_path, count, label)
    with pytest.raises(UserError, match="^too few images for training, validation and test: the "
                       "class 'pizza' has 2 images, the class 'soup' has 1 image; give each class "
                       "3 or more that are no copies of each other.$"):
        split_images(tmp_path, PhotoSplitParameters(0.1, 0.2))


def write_hashed(folder: Path, label: str, places: list[float]) -> None:
    """Files whose hashes are the first at those places, or up to 0.01 above."""
    (folder / label).mkdir(parents=True, exist_ok=True)
    for number, place in enumerate(places):
        contents = (f"{label} {number} {attempt}" for attempt in range(10_000))
        (folder / label / f"{number}.jpg").write_text(next(
            content for content in contents
            if 0 <= place_of_hash(hashlib.sha256(content.encode()).hexdigest()) - place < 0.01))


def test_what_is_nearest_moves_into_an_empty_split_and_is_named(tmp_path, capsys):
    """Below 0.2 is the test, below 0.3 the validation."""
    write_hashed(tmp_path, "all", [0.1, 0.25, 0.5])
    write_hashed(tmp_path, "no_test", [0.9, 0.28, 0.21, 0.5])
    write_hashed(tmp_path, "no_validation", [0.1, 0.18, 0.5, 0.33])
    write_hashed(tmp_path, "only_test", [0.12, 0.05, 0.15])
    write_hashed(tmp_path, "only_training", [0.6, 0.4, 0.9])
    splits = by_path(split_images(tmp_path, PhotoSplitParameters(0.1, 0.2, near_duplicates=0)))
    said = capsys.readouterr().err
    assert [splits[f"all/{n}.jpg"] for n in range(3)] == ["test", "validation", "training"]
    assert [splits[f"no_test/{n}.jpg"] for n in range(4)] == [
        "training", "validation", "test", "training"]
    assert [splits[f"no_validation/{n}.jpg"] for n in range(4)] == [
        "test", "validation", "training", "training"]
    assert [splits[f"only_test/{n}.jpg"] for n in range(3)] == ["validation", "test", "training"]
    assert [splits[f"only_training/{n}.jpg"] for n in range(3)] == [
        "validation", "test", "training"]
    assert ("so that every class is in every split, the nearest by their hashes moved: "
            "no_test/2.jpg to test, no_validation/1.jpg to validation, only_test/2.jpg to "
            "training and 3 more") in said


def test_what_moved_goes_back_when_another_falls_there_by_itself(tmp_path):
    write_hashed(tmp_path, "pizza", [0.5, 0.25, 0.22, 0.9])
    write_hashed(tmp_path, "soup", [0.1, 0.25, 0.5])
    parameters = PhotoSplitParameters(0.1, 0.2, near_duplicates=0)
    before = by_path(split_images(tmp_path, parameters))
    write_hashed(tmp_path, "pizza", [0.5, 0.25, 0.22, 0.9, 0.05])
    after = by_path(split_images(tmp_path, parameters))
    assert before.pop("pizza/2.jpg") == "test" and after.pop("pizza/2.jpg") == "validation"
    assert after.pop("pizza/4.jpg") == "test" and after == before


def test_no_class_of_three_images_is_refused_by_chance(tmp_path):
    for label in range(40):
        write_files(tmp_path, 3 + label % 20, f"class {label}")
    split = split_images(tmp_path, PhotoSplitParameters(near_duplicates=0))
    assert all(count for counts in split.counts().values() for count in counts.values())
    moved = [image for image in split.examples
             if image.split != split_of_hash(image.sha256, PhotoSplitParameters())]
    # At most two of a class, and each class is divided as it is without the others.
    assert max(Counter(image.label for image in moved).values()) <= 2
    shutil.rmtree(tmp_path / "class 0")
    assert by_path(split_images(tmp_path, PhotoSplitParameters(near_duplicates=0))).items() <= \
        by_path(split).items()


def test_classes_that_hold_each_others_images_are_told_so(tmp_path):
    write_hashed(tmp_path, "all", [0.4, 0.5, 0.6])
    for number in range(3):
        (tmp_path / f"copy{number}").mkdir()
        shutil.copyfile(tmp_path / "all" / f"{number}.jpg", tmp_path / f"copy{number}" / "a.jpg")
    with pytest.raises(UserError, match="class 'all' has 3 images that are in other classes as "
                       "well, the class 'copy0' has 1 image, the class 'copy1'"):
        split_images(tmp_path, PhotoSplitParameters(near_duplicates=0))


def test_a_group_moves_as_a_whole_and_empties_no_other_class():
    """b has nothing but the shared unit to train on, so it stays, though it is nearest."""
    units = {"shared": Unit(frozenset("ab"), 0.31, "training"),
             "own": Unit(frozenset("a"), 0.5, "training"),
             "tested": Unit(frozenset("a"), 0.1, "test")}
    ranges = PhotoSplitParameters(0.1, 0.2).ranges()
    assert moves_into_empty_splits(units, ranges) == [Move("own", "a", "validation")]
    others = {"more": Unit(frozenset("b"), 0.4, "training")}
    assert moves_into_empty_splits(units | others, ranges) == [Move("shared", "a", "validation")]


def test_a_split_survives_writing_and_reading(tmp_path):
    split = split_images(write_files(tmp_path / "images"))
    write_split(split, tmp_path / "split.json")
    assert read_split(tmp_path / "split.json") == split


def test_targets_number_the_labels_in_order(tmp_path):
    split = split_images(write_files(tmp_path))
    assert split.targets.tolist() == [0] * 200 + [1] * 200


@pytest.mark.parametrize("shares", [(0.0, 0.2), (0.1, 1.0), (0.5, 0.5), (-0.1, 0.2)])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(UserError):
        PhotoSplitParameters(*shares)


def photo(seed: int) -> Image.Image:
    """Clouds of grey, unlike each other."""
    noise = np.random.default_rng(seed).uniform(0, 255, (12, 12)).astype(np.uint8)
    return Image.fromarray(noise).resize((120, 90))


def write_photos(folder: Path, count: int = 60) -> Path:
    for first, name in ((0, "hotdog"), (1000, "pizza")):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            photo(first + number).save(folder / name / f"{number:03}.png")
    return folder


def add_copies(folder: Path, numbers: range) -> None:
    """Beside hotdog photos, the same mirrored, and the same as a small JPEG."""
    for number in numbers:
        mirrored = ImageOps.mirror(photo(number))
        mirrored.save(folder / "hotdog" / f"mirrored{number:03}.png")
        photo(number).resize((80, 60)).save(folder / "hotdog" / f"small{number:03}.jpg")


def test_near_duplicates_are_on_one_side_in_one_group(tmp_path, capsys):
    add_copies(write_photos(tmp_path), range(40))
    images = {image.name: image for image in split_images(tmp_path).examples}
    for number in range(40):
        together = [images[f"hotdog/{name}"] for name in
                    (f"{number:03}.png", f"mirrored{number:03}.png", f"small{number:03}.jpg")]
        assert len({image.split for image in together}) == 1
        assert len({image.group for image in together}) == 1
        assert together[0].group == min(
            (image.sha256 for image in together),
            key=lambda sha256: hashlib.sha256(sha256.encode()).hexdigest())[:12]
    assert images["hotdog/040.png"].group is None
    assert "120 images in 40 groups of copies, near-duplicates and" in capsys.readouterr().err


def test_a_group_stays_where_it_is_when_files_are_renamed_and_moved(tmp_path):
    add_copies(write_photos(tmp_path / "one"), range(20))
    before = {image.sha256: (image.split, image.group)
              for image in split_images(tmp_path / "one").examples}
    (tmp_path / "two").mkdir()
    for folder in (tmp_path / "one").iterdir():
        (tmp_path / "two" / folder.name).mkdir()
        for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
            shutil.copyfile(path, tmp_path / "two" / folder.name / f"x{number:03}{path.suffix}")
    after = {image.sha256: (image.split, image.group)
             for image in split_images(tmp_path / "two").examples}
    assert after == before


def test_images_that_are_alone_do_not_move_when_groups_come_in(tmp_path):
    before = by_path(split_images(write_photos(tmp_path)))
    add_copies(tmp_path, range(20))
    after = by_path(split_images(tmp_path))
    assert all(after[path] == before[path] for path in before if path[-7:-4] >= "020")


def test_groups_fall_into_the_splits_by_the_same_shares_as_images(tmp_path):
    """Were it the smallest hash that decides, half of these pairs would be for the test."""
    write_files(tmp_path, 600)
    for number in range(600):
        (tmp_path / "hotdog" / f"{number:03}.jpg").rename(
            tmp_path / "hotdog" / f"{number // 3}_nohash_{number % 3}.jpg")
    split = split_images(tmp_path, PhotoSplitParameters(0.1, 0.2))
    tests = split.counts()["hotdog"]["test"] / 3
    # Five standard deviations of a binomial of 200: 5 sqrt(200 * 0.2 * 0.8)
    assert abs(tests - 40) < 28


def test_near_duplicates_may_be_off(tmp_path):
    add_copies(write_photos(tmp_path), range(40))
    split = split_images(tmp_path, PhotoSplitParameters(near_duplicates=0))
    splits = by_path(split)
    assert all(image.group is None for image in split.examples)
    assert any(splits[f"hotdog/{n:03}.png"] != splits[f"hotdog/small{n:03}.jpg"]
               for n in range(40))


def test_near_duplicates_of_different_labels_are_named_and_on_one_side(tmp_path, capsys):
    write_photos(tmp_path)
    photo(5).resize((100, 80)).save(tmp_path / "pizza" / "wrong.jpg")
    splits = by_path(split_images(tmp_path))
    assert splits["hotdog/005.png"] == splits["pizza/wrong.jpg"]
    said = capsys.readouterr().err
    assert "1 group of near-duplicates in more than one class, for example hotdog/005.png and " \
           "pizza/wrong.jpg; look whether a label is wrong" in said
    assert "image in more than one class" not in said


def test_variants_by_name_are_on_one_side_within_their_label(tmp_path):
    write_files(tmp_path)
    for number in range(40):
        (tmp_path / "hotdog" / f"leaf{number}.jpg").write_text(f"leaf {number}")
        for variant in range(3):
            (tmp_path / "hotdog" / f"leaf{number}_nohash_{variant}.jpg").write_text(
                f"variant {number} {variant}")
        (tmp_path / "pizza" / f"leaf{number}_nohash_0.jpg").write_text(f"other {number}")
    images = {image.name: image for image in split_images(tmp_path).examples}
    for number in range(40):
        names = [f"hotdog/leaf{number}.jpg",
                 *(f"hotdog/leaf{number}_nohash_{variant}.jpg" for variant in range(3))]
        assert len({images[name].group for name in names}) == 1
        assert len({images[name].split for name in names}) == 1
        assert images[f"pizza/leaf{number}_nohash_0.jpg"].group is None


def test_the_same_name_with_another_suffix_is_no_variant(tmp_path):
    write_files(tmp_path)
    for number in range(200):
        (tmp_path / "hotdog" / f"{number:03}.png").write_text(f"png {number}")
    assert all(image.group is None for image in split_images(tmp_path).examples)


def test_a_file_that_holds_no_image_is_split_by_its_content_alone(tmp_path):
    write_photos(tmp_path)
    (tmp_path / "hotdog" / "broken.png").write_bytes(b"no image")
    broken = next(image for image in split_images(tmp_path).examples if "broken" in image.name)
    assert broken.group is None
    assert broken.split == split_of_hash(hashlib.sha256(b"no image").hexdigest(),
                                         PhotoSplitParameters())


@pytest.mark.parametrize("share", [0.0, 0.28])
def test_what_cannot_be_read_among_the_images_is_one_sentence(tmp_path, share):
    write_files(tmp_path)
    (tmp_path / "hotdog" / "folder.jpg").mkdir()
    with pytest.raises(UserError, match="folder.jpg cannot be read .is a directory.; fetch"):
        split_images(tmp_path, PhotoSplitParameters(near_duplicates=share))


def test_a_class_of_copies_is_told_how_many_images_it_really_has(tmp_path):
    write_photos(tmp_path, 40)
    shutil.rmtree(tmp_path / "hotdog")
    (tmp_path / "hotdog").mkdir()
    add_copies(tmp_path, range(2))
    (tmp_path / "hotdog" / "a.png").write_bytes(
        (tmp_path / "hotdog" / "mirrored000.png").read_bytes())
    photo(0).save(tmp_path / "hotdog" / "b.png")
    wanted = "'hotdog' has 6 images that are 2 but for copies and near-duplicates; give each"
    with pytest.raises(UserError, match=wanted):
        split_images(tmp_path)


def test_look_alikes_do_not_swallow_a_class(tmp_path, capsys):
    """The same plain drawing everywhere, with small differences: no 20 % of a class hang together.
    """
    for name, base in (("hotdog", photo(1)), ("pizza", photo(2))):
        (tmp_path / name).mkdir()
        for number in range(60):
            noise = np.random.default_rng(number).uniform(0, 255, (12, 12)).astype(np.uint8)
            own = Image.fromarray(noise).resize(base.size)
            Image.blend(base, own, 0.33).save(tmp_path / name / f"{number}.png")
    split = split_images(tmp_path)
    assert "images look so much alike that near_duplicates of 0.28" in capsys.readouterr().err
    assert all(split.units(label) > 20 for label in split.labels)


def test_the_written_split_names_groups_only_where_there_is_company(tmp_path):
    add_copies(write_photos(tmp_path / "images"), range(5))
    split = split_images(tmp_path / "images")
    write_split(split, tmp_path / "split.json")
    written = json.loads((tmp_path / "split.json").read_text())["images"]
    assert sum("group" in image for image in written) == 15
    assert read_split(tmp_path / "split.json") == split


@pytest.mark.parametrize("share", [-0.1, 0.4, 1.0])
def test_impossible_shares_of_bits_are_refused(share):
    with pytest.raises(UserError, match=f"near_duplicates is {share}; it must be from 0"):
        PhotoSplitParameters(near_duplicates=share)


def test_the_hash_that_decides_is_found_once_a_group(monkeypatch):
    """And not once an image, which of a long video would be the square of its frames."""
    calls = []
    decisive = split._decisive
    monkeypatch.setattr(split, "_decisive", lambda hashes: calls.append(1) or decisive(hashes))
    hashes = [f"{number:02x}" for number in range(6)]
    members = [[0, 2, 4], [1], [0, 2, 4], [3, 5], [0, 2, 4], [3, 5]]
    found = split.decisive_hashes(hashes, members)
    assert len(calls) == 3
    assert found[0] == found[2] == found[4] == decisive(["00", "02", "04"])
    assert found[1] == "01"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../x", "a\0b", 7, None])
def test_a_split_that_names_a_file_elsewhere_is_refused(tmp_path, name):
    images = [{"path": name, "label": "cat", "sha256": "0", "split": "test"}]
    (tmp_path / "split.json").write_text(json.dumps({"labels": ["cat"], "images": images}))
    with pytest.raises(UserError, match="split.json names .*make that file anew"):
        read_split(tmp_path / "split.json")


IMAGE = {"path": "cat/1.jpg", "label": "cat", "sha256": "0", "split": "test"}


@pytest.mark.parametrize("content", [
    None, [], {}, {"labels": ["cat"]}, {"labels": ["cat"], "images": [1]},
    {"labels": "cat", "images": [IMAGE]}, {"labels": [1], "images": [IMAGE]},
    *({"labels": ["cat"], "images": [{**IMAGE, **change}]} for change in (
        {"label": "dog"}, {"label": []}, {"split": "none"}, {"sha256": 5}, {"group": 5},
        {"more": 1}))])
def test_a_file_that_is_no_split_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "split.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="split.json is no list of divided images"):
        read_split(tmp_path / "split.json")
    (tmp_path / "split.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match="nested too deeply"):
        read_split(tmp_path / "split.json")
