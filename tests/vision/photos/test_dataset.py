import io
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.classifier.classifier import NOT_SURE
from vision.folders import CLASSIFIER
from vision.photos import dataset
from vision.photos.dataset import RESERVED, ImagesParameters, collect_images, find_images
from vision.photos.distortions import DistortionParameters
from vision.sheets.sheet_files import save_sheet
from words_and_images.common import catalogue
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import LIST_FILE
from words_and_images.common.parameters import build

STRICT = ImagesParameters(unreadable_share=0)


def write_image(path: Path, colour: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((9, 7, 3), colour, np.uint8)).save(path)
    return path


def write_classes(folder: Path, count: int = 3) -> Path:
    for label in ("hotdog", "nothotdog"):
        for number in range(count):
            write_image(folder / label / f"{number}.png", number)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")
                  if path.name != LIST_FILE)


def test_class_folders_are_copied_under_their_labels_and_counted(tmp_path):
    record = collect_images(str(write_classes(tmp_path / "photos")), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert files(tmp_path / "images")[:3] == ["hotdog/0.png", "hotdog/1.png", "hotdog/2.png"]
    copied = (tmp_path / "images/hotdog/1.png").read_bytes()
    assert copied == (tmp_path / "photos/hotdog/1.png").read_bytes()
    assert record.source == {"name": "photos", "path": str(tmp_path / "photos")}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_with_folders_above_the_classes_is_the_same_as_the_folder(tmp_path, kind):
    write_classes(tmp_path / "made" / "one" / "two")
    archive = tmp_path / f"photos.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for path in (tmp_path / "made").rglob("*.png"):
                opened.write(path, path.relative_to(tmp_path / "made"))
    else:
        with tarfile.open(archive, "w:gz") as opened:
            opened.add(tmp_path / "made", ".")
    record = collect_images(str(archive), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}


def test_labels_are_as_the_folders_are_called_without_space_around_them(tmp_path):
    write_image(tmp_path / "photos" / " Hot Dog " / "a.png")
    write_image(tmp_path / "photos" / "BMW_X5" / "a.png")
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images")
    assert list(record.counts) == ["BMW_X5", "Hot Dog"]
    assert files(tmp_path / "images") == ["BMW_X5/a.png", "Hot Dog/a.png"]


def test_folders_of_one_label_in_different_places_are_one_class(tmp_path):
    write_classes(tmp_path / "photos" / "train", 3)
    write_classes(tmp_path / "photos" / "test", 2)
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images")
    assert record.counts == {"hotdog": 5, "nothotdog": 5}
    assert "hotdog/0-2.png" in files(tmp_path / "images")


def test_sibling_folders_that_become_one_label_are_refused(tmp_path):
    for name in ("Hotdog", "hotdog", "pizza"):
        write_image(tmp_path / name / "a.png")
    with pytest.raises(UserError, match="'Hotdog' and 'hotdog' differ in nothing but case, "):
        find_images(tmp_path, "photos")


def test_names_are_made_plain_and_stay_apart(tmp_path):
    for number, name in enumerate(("a b.png", "a_b.png", "A_B.png", "ä.png", "猫.png")):
        write_image(tmp_path / "photos" / "hotdog" / name, number)
    write_image(tmp_path / "photos" / "pizza" / "a.png")
    collect_images(str(tmp_path / "photos"), tmp_path / "images")
    copied = {path.name.lower() for path in (tmp_path / "images" / "hotdog").iterdir()}
    assert copied == {"a_b.png", "a_b-2.png", "a_b-3.png", "image.png", "image-2.png"}


def test_hidden_files_are_ignored_and_other_files_named(tmp_path):
    folder = write_classes(tmp_path / "photos")
    write_image(folder / ".thumbnails" / "a.png")
    write_image(folder / "__MACOSX" / "hotdog" / "a.png")
    (folder / "hotdog" / ".DS_Store").write_bytes(b"x")
    (folder / "hotdog" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "hotdog" / "notes.txt").write_text("x")
    record = collect_images(str(folder), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert [(each.path, each.reason) for each in record.skipped] == [
        (".thumbnails", "hidden or a system's own"),
        ("__MACOSX", "hidden or a system's own"),
        ("hotdog/notes.txt", "not an image file")]


def test_class_folders_may_be_links_within_and_a_circle_ends(tmp_path):
    write_classes(tmp_path / "photos" / ".store")
    for label in ("hotdog", "nothotdog"):
        (tmp_path / "photos" / label).symlink_to(tmp_path / "photos" / ".store" / label)
    (tmp_path / "photos" / "circle").symlink_to(tmp_path / "photos")
    found, _ = find_images(tmp_path / "photos", "photos")
    assert [image.shown for image in found][::3] == ["hotdog/0.png", "nothotdog/0.png"]


def test_a_link_to_a_folder_elsewhere_is_named_and_not_followed(tmp_path):
    write_classes(tmp_path / "photos")
    write_classes(tmp_path / "elsewhere")
    (tmp_path / "photos" / "pizza").symlink_to(tmp_path / "elsewhere")
    found, passed_over = find_images(tmp_path / "photos", "photos")
    assert {image.label for image in found} == {"hotdog", "nothotdog"}
    assert [(each.path, each.reason) for each in passed_over] == [
        ("pizza", "a link that leads out of the folder")]


def test_an_image_above_the_class_folders_makes_no_class(tmp_path):
    folder = write_classes(tmp_path / "photos" / "inside")
    write_image(folder / "preview.png")
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert record.skipped[0].path == "inside/preview.png"


def test_folders_in_a_class_folder_are_copied_under_its_label(tmp_path):
    for name in ("hotdog/2022/a.png", "hotdog/2023/a.png", "nothotdog/a.png"):
        write_image(tmp_path / "photos" / name)
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images")
    assert record.counts == {"hotdog": 2, "nothotdog": 1}
    deepest = ImagesParameters(class_folders="deepest")
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images", deepest)
    assert record.counts == {"2022": 1, "2023": 1, "nothotdog": 1}


def test_a_part_without_class_folders_is_passed_over_with_a_warning(tmp_path, capsys):
    write_classes(tmp_path / "photos" / "train")
    write_image(tmp_path / "photos" / "test" / "a.png")
    (tmp_path / "photos" / "notes.txt").write_text("x")
    with tarfile.open(tmp_path / "photos.tar", "w") as opened:
        opened.add(tmp_path / "photos", "photos")
    record = collect_images(str(tmp_path / "photos.tar"), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert ("warning: passed over 2 of no class: photos/test/a.png (not in a class folder) and 1 "
            "more\n") in capsys.readouterr().err


def test_an_unknown_reading_of_the_folders_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="class_folders is 'deep'; did you mean deepest"):
        ImagesParameters(class_folders="deep")


def test_unreadable_images_within_the_share_are_skipped_named_and_counted(tmp_path, capsys):
    folder = write_classes(tmp_path / "photos", 10)
    (folder / "hotdog" / "0.png").write_bytes(b"no image")
    record = collect_images(str(folder), tmp_path / "images")
    assert record.counts == {"hotdog": 9, "nothotdog": 10}
    assert record.skipped[0].path == "hotdog/0.png"
    assert "skipped 1 unreadable image: hotdog/0.png" in capsys.readouterr().err


def test_a_truncated_image_above_the_share_is_one_sentence_and_leaves_no_folder(tmp_path):
    folder = write_classes(tmp_path / "photos")
    noise = np.random.default_rng(1).integers(0, 256, (90, 70, 3), np.uint8)
    path = folder / "hotdog" / "4.jpg"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"1 of 7 images \(14.3 %\) cannot be read.*hotdog/4.jpg"):
        collect_images(str(folder), tmp_path / "images", STRICT)
    assert not (tmp_path / "images").exists()


def test_a_class_whose_every_image_is_unreadable_is_named(tmp_path):
    folder = write_classes(tmp_path / "photos", 40)
    (folder / "pizza").mkdir()
    (folder / "pizza" / "a.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="class 'pizza' of .* has no readable image: pizza/a.jpg"):
        collect_images(str(folder), tmp_path / "images")


def test_a_single_class_is_refused_by_name(tmp_path):
    write_image(tmp_path / "photos" / "hotdog" / "a.png")
    with pytest.raises(UserError, match="images of only one class, 'hotdog'; give a folder"):
        collect_images(str(tmp_path / "photos"), tmp_path / "images")


def test_images_without_any_class_folder_are_refused(tmp_path):
    write_image(tmp_path / "photos" / "a.png")
    with pytest.raises(UserError, match="images of only one class, 'photos'"):
        collect_images(str(tmp_path / "photos"), tmp_path / "images")


def test_an_empty_folder_and_a_text_file_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no images"):
        collect_images(str(tmp_path / "empty"), tmp_path / "images")
    (tmp_path / "text.txt").write_text("hello")
    with pytest.raises(UserError, match="neither a folder nor a zip or tar"):
        collect_images(str(tmp_path / "text.txt"), tmp_path / "images")


def test_a_source_that_is_nowhere_is_told_with_the_near_name(tmp_path):
    with pytest.raises(UserError, match="'drawigns' is neither a path.*did you mean drawings"):
        collect_images("drawigns", tmp_path / "images")


def test_few_images_are_warned_about(tmp_path, capsys):
    collect_images(str(write_classes(tmp_path / "photos")), tmp_path / "images")
    assert "the class 'hotdog' has only 3 images; 20 or more" in capsys.readouterr().err


def test_drawings_are_as_many_as_asked_for_and_the_same_every_time(tmp_path):
    parameters = ImagesParameters(drawings=2, seed=5)
    record = collect_images("drawings", tmp_path / "images", parameters)
    collect_images("drawings", tmp_path / "again", parameters)
    assert record.counts == {"hotdog": 2, "nothotdog": 2}
    assert record.source["name"] == "drawings"
    for name in files(tmp_path / "images"):
        assert (tmp_path / "images" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_folder_that_is_called_as_a_set_of_the_catalogue_is_taken(
    tmp_path, monkeypatch, capsys
):
    write_classes(tmp_path / "drawings")
    monkeypatch.chdir(tmp_path)
    record = collect_images("drawings", tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert record.source == {"name": "drawings", "path": "drawings"}
    assert "warning: images: the path drawings, not drawings of the" in capsys.readouterr().err
    record = collect_images("catalogue:drawings", tmp_path / "images",
                            ImagesParameters(drawings=1))
    assert record.counts == {"hotdog": 1, "nothotdog": 1}
    assert "images: drawings of the catalogue" in capsys.readouterr().err


def test_a_catalogue_source_is_fetched_and_unpacked(tmp_path, monkeypatch):
    folder = write_classes(tmp_path / "photos")
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for path in folder.rglob("*.png"):
            opened.write(path, path.relative_to(tmp_path))
    monkeypatch.setattr(catalogue, "fetch", lambda source: archive)
    record = collect_images("hotdog_photos", tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert record.source["licence"].startswith("none stated")


def test_a_share_of_one_and_no_drawings_are_refused():
    with pytest.raises(UserError, match="unreadable_share is 1.5"):
        ImagesParameters(unreadable_share=1.5)
    with pytest.raises(UserError, match="drawings is 0"):
        ImagesParameters(drawings=0)


def test_names_of_variants_keep_their_mark_and_different_things_stay_apart(tmp_path):
    folder = tmp_path / "photos"
    names = ["leaf_nohash_1.png", "leaf_nohash_2.png", "\u732b_nohash_1.png",
             "\u732b_nohash_b c.png", "\u72ac_nohash_1.png",
             "a b_nohash_1.png", "a_b_nohash_1.png", "leaf_nohash_.png"]
    for number, name in enumerate(names):
        write_image(folder / "hotdog" / name, number)
    write_image(folder / "pizza" / "a.png")
    collect_images(str(folder), tmp_path / "images")
    copied = sorted(path.stem for path in (tmp_path / "images" / "hotdog").iterdir())
    things = [name.split("_nohash_")[0] for name in copied]
    assert len(copied) == len(names) and all(name.isascii() for name in copied)
    assert all("_nohash_" in name for name in copied)
    assert sorted(Counter(things).values()) == [1, 1, 1, 2, 3]
    assert Counter(things)["leaf"] == 3 and Counter(things)["a_b"] == 1


def test_a_composed_and_a_decomposed_accent_are_one_class_and_told_apart(tmp_path):
    for name in ("caf\u00e9", "cafe\u0301", "pizza"):
        write_image(tmp_path / name / "a.png")
    with pytest.raises(UserError) as caught:
        find_images(tmp_path, "photos")
    assert r"class folders 'cafe\u0301' and 'caf\xe9' differ in nothing but" in str(caught.value)


@pytest.mark.parametrize("names", [
    ("hotdog ", "hotdog"), ("hot  dog", "hot dog"), ("hot\ndog", "hot dog"), ("HOTDOG", "hotdog"),
    ("hot\u00a0dog", "hot dog"),
])
def test_folders_that_differ_in_space_or_case_collide_in_one_sentence(tmp_path, names):
    for name in (*names, "pizza"):
        write_image(tmp_path / name / "a.png")
    with pytest.raises(UserError, match="or how an accent is written; rename") as caught:
        find_images(tmp_path, "photos")
    assert all(repr(name) in str(caught.value) for name in names)
    assert "\n" not in str(caught.value)


def test_the_same_label_below_different_folders_is_one_class_as_most_images_spell_it(
    tmp_path, capsys
):
    write_image(tmp_path / "train" / "Hotdog" / "a.png")
    write_image(tmp_path / "train" / "Hotdog" / "b.png")
    write_image(tmp_path / "test" / "hotdog" / "a.png")
    write_image(tmp_path / "test" / "cafe\u0301" / "a.png")
    write_image(tmp_path / "train" / "caf\u00e9" / "a.png")
    found, _ = find_images(tmp_path, "photos")
    assert [image.label for image in found] == ["Hotdog"] * 3 + ["caf\u00e9"] * 2
    assert "the folders 'Hotdog' and 'hotdog' are one class, 'Hotdog'" in capsys.readouterr().err


def test_a_label_is_printable_in_one_line(tmp_path):
    write_image(tmp_path / "\x1b[31mred" / "a.png")
    write_image(tmp_path / "\U0001f32d" / "a.png")
    found, _ = find_images(tmp_path, "photos")
    assert [image.label for image in found] == ["\\x1b[31mred", "\U0001f32d"]


def test_a_class_folder_without_images_is_named(tmp_path, capsys):
    folder = write_classes(tmp_path / "photos" / "inside")
    (folder / "pizza").mkdir()
    (folder / "soup" / "deeper").mkdir(parents=True)
    (folder / "soup" / "deeper" / "notes.txt").write_text("x")
    (folder / ".hidden").mkdir()
    (folder / "again").symlink_to(folder)
    record = collect_images(str(tmp_path / "photos"), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert [(each.path, each.reason) for each in record.skipped] == [
        ("inside/.hidden", "hidden or a system's own"),
        ("inside/soup/deeper/notes.txt", "not an image file"),
        ("inside/pizza", "a folder without images"), ("inside/soup", "a folder without images")]
    said = capsys.readouterr().err
    assert "passed over 4 of no class" in said and "inside/soup/deeper/notes.txt (not an" in said


def test_images_beside_the_class_folders_are_counted_and_named(tmp_path, capsys):
    folder = write_classes(tmp_path / "photos")
    for number in range(5):
        write_image(folder / f"top{number}.png")
    record = collect_images(str(folder), tmp_path / "images")
    assert len(record.skipped) == 5
    assert ("warning: passed over 5 of no class: top0.png (not in a class folder), top1.png (not "
            "in a class folder), top2.png (not in a class folder) and 2 more"
            ) in capsys.readouterr().err


def test_one_class_beside_images_of_none_is_refused(tmp_path):
    write_image(tmp_path / "photos" / "a.png")
    write_image(tmp_path / "photos" / "hotdog" / "a.png")
    with pytest.raises(UserError, match="images of only one class, 'hotdog'; give a folder"):
        collect_images(str(tmp_path / "photos"), tmp_path / "images")


def test_an_archive_with_a_link_is_refused_and_leaves_no_folder(tmp_path):
    folder = write_classes(tmp_path / "photos")
    (folder / "hotdog" / "link.png").symlink_to("/etc/passwd")
    with tarfile.open(tmp_path / "photos.tar", "w") as opened:
        opened.add(folder, "photos")
    with pytest.raises(UserError, match="link or device 'photos/hotdog/link.png'; remove it"):
        collect_images(str(tmp_path / "photos.tar"), tmp_path / "images")
    assert not (tmp_path / "images").exists()


def test_names_of_no_encoding_in_an_archive_are_told_and_copied(tmp_path):
    """As a tar made on a system of another encoding has them."""
    image = write_image(tmp_path / "a.png").read_bytes()
    with tarfile.open(tmp_path / "photos.tar", "w") as opened:
        for name in ("hotdog/caf\udce9.png", "caf\udce9/a.png", "pizza/caf\udce9.txt"):
            content = b"a text" if name.endswith(".txt") else image
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    record = collect_images(str(tmp_path / "photos.tar"), tmp_path / "images")
    assert record.counts == {"caf\\udce9": 1, "hotdog": 1}
    assert record.skipped[0].path == "pizza/caf\\udce9.txt"
    assert files(tmp_path / "images") == ["caf\\udce9/a.png", "hotdog/caf.png"]


def test_distortions_are_a_group_of_their_own_within_the_images():
    parameters = build(ImagesParameters, {"distortions": {"variants": 2, "flip": False}}, "images")
    assert parameters.distortions == DistortionParameters(variants=2, flip=False)
    with pytest.raises(UserError, match="^images.distortions.flip is 1; it must be bool"):
        build(ImagesParameters, {"distortions": {"flip": 1}}, "images")


def test_images_are_told_by_their_content_and_copied_under_any_name(tmp_path):
    folder = write_classes(tmp_path / "photos")
    for name in ("1.png", "2.png"):
        path = folder / "hotdog" / name
        path.rename(path.with_suffix("" if name == "1.png" else ".dat"))
    record = collect_images(str(folder), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3} and not record.skipped
    assert files(tmp_path / "images")[:2] == ["hotdog/0.png", "hotdog/2.dat"]
    assert (tmp_path / "images" / "hotdog" / "1").is_file()


def test_thumbnails_of_a_nas_are_no_images_of_a_class(tmp_path, capsys):
    folder = write_classes(tmp_path / "photos")
    for label in ("hotdog", "nothotdog"):
        write_image(folder / label / "@eaDir" / "0.png" / "SYNOPHOTO_THUMB_XL.jpg")
    record = collect_images(str(folder), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert ("passed over 2 of no class: hotdog/@eaDir (hidden or a system's own), "
            "nothotdog/@eaDir") in capsys.readouterr().err


def test_what_the_project_made_among_the_photos_is_no_image_of_a_class(tmp_path, capsys):
    folder = write_classes(tmp_path / "photos")
    save_sheet(Image.new("RGB", (9, 9)), folder / "hotdog" / "0-explained.png")
    for name in CLASSIFIER.mark:
        (folder / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "model" / name).write_bytes(b"\1\2")
    write_image(folder / "model" / "photos" / "0.png")
    record = collect_images(str(folder), tmp_path / "images")
    assert record.counts == {"hotdog": 3, "nothotdog": 3}
    assert ("\npassed over 2 of no class: model (a classifier), hotdog/0-explained.png (drawn by "
            "this project)\n") in capsys.readouterr().err


@pytest.mark.parametrize(("content", "why"), [
    (b"\xff\x0a of a JPEG XL", r"class 'pizza' of .* has no readable image: pizza/0.jxl .JPEG"),
    (b"FUJIFILMCCD-RAW 0201", r"folder 'pizza' of .* holds no image that can be read: "
                              r"pizza/0.jxl .a camera's raw photo, which is not read.*; give its"),
    (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "no image that can be read: pizza/0.jxl .no image of"),
])
def test_a_class_of_which_no_image_is_left_is_an_error(tmp_path, content, why):
    folder = write_classes(tmp_path / "photos")
    (folder / "pizza").mkdir()
    for number in range(3):
        (folder / "pizza" / f"{number}.jxl").write_bytes(content)
    with pytest.raises(UserError, match=why):
        collect_images(str(folder), tmp_path / "images")


def test_a_source_of_raw_photos_alone_says_what_it_holds(tmp_path):
    for label in ("hotdog", "pizza"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        (tmp_path / "photos" / label / "a.raf").write_bytes(b"FUJIFILMCCD-RAW 0201")
    with pytest.raises(UserError, match=r"holds no images but hotdog/a.raf \(a camera's raw"):
        collect_images(str(tmp_path / "photos"), tmp_path / "images")


def test_a_class_called_like_an_answer_that_is_none_is_refused(tmp_path):
    assert RESERVED == NOT_SURE
    write_image(tmp_path / "photos" / "Not  Sure" / "a.png")
    write_image(tmp_path / "photos" / "pizza" / "a.png")
    with pytest.raises(UserError, match="is called 'Not  Sure', which is what a classifier"):
        collect_images(str(tmp_path / "photos"), tmp_path / "images")
def test_names_that_many_files_share_are_numbered_without_trying_all_before(monkeypatch):
    taken: dict[str, int] = {}
    paths = [Path(name) for name in ("a/7.JPG", "b/7.jpg", "c/7-2.jpg", "d/7.jpg", "e/7-2.jpg")]
    names = [dataset._free_name(path, taken) for path in paths]
    assert names == ["7.jpg", "7-2.jpg", "7-2-2.jpg", "7-3.jpg", "7-2-3.jpg"]


def test_a_hundred_class_folders_are_listed_once_in_all(tmp_path, monkeypatch):
    for number in range(100):
        (tmp_path / f"class {number}").mkdir()
        (tmp_path / f"class {number}" / "1.jpg").touch()
    listed = []
    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: listed.append(path) or iterdir(path))
    found, _ = dataset.find_images(tmp_path, "photos")
    assert len(found) == 100
    assert listed == [tmp_path]
