"""`vision check`: which labels are contradicted, what is written, and that nothing else is touched.
"""

import csv
import json
import shutil
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision import command_line
from vision.backbones import BackboneParameters
from vision.label_check import (
    COLUMNS,
    CheckParameters,
    CheckRecipe,
    Outputs,
    check_labels,
    rank,
)
from vision.photos.dataset import ImagesParameters, LabelledFile
from words_and_images.common import fetching
from words_and_images.common.errors import UserError
from words_and_images.retraining.head import RetrainParameters

LABELS = ["cat", "dog", "owl"]


def files(*labels: str) -> list[LabelledFile]:
    return [LabelledFile(label, Path(f"{label}/{n}.jpg"), f"{label}/{n}.jpg")
            for n, label in enumerate(labels)]


def test_the_surest_contradiction_comes_first():
    """By hand: margins of the best other label over the own are 0.4, -0.5, 0.1 and 0.6."""
    photos = files("cat", "cat", "dog", "owl")
    scores = np.array([[0.2, 0.6, 0.2], [0.7, 0.1, 0.2], [0.2, 0.35, 0.45], [0.1, 0.75, 0.15]])
    found = rank(photos, LABELS, np.array([0, 0, 1, 2]), scores, [None] * 4)
    assert [each.file.shown for each in found.ranked] == [
        "owl/3.jpg", "cat/0.jpg", "dog/2.jpg", "cat/1.jpg"]
    assert [each.answer for each in found.ranked] == ["dog", "dog", "owl", "owl"]
    assert [each.contradicted for each in found.ranked] == [True, True, True, False]
    assert found.counts() == {"cat": (2, 1), "dog": (1, 1), "owl": (1, 1)}


def test_near_duplicates_with_different_labels_are_named():
    photos = files("cat", "cat", "dog", "owl", "owl")
    found = rank(photos, LABELS, np.array([0, 0, 1, 2, 2]), np.full((5, 3), 1 / 3),
                 ["x", "x", "x", "y", "y"])
    assert found.across_classes() == [("cat/0.jpg", "dog/2.jpg")]
    others = {each.file.shown: each.other_class for each in found.ranked}
    assert others == {"cat/0.jpg": "dog/2.jpg", "cat/1.jpg": "dog/2.jpg",
                      "dog/2.jpg": "cat/0.jpg", "owl/3.jpg": None, "owl/4.jpg": None}


# From files to files


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(fetching.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def photos(write_photos, tmp_path):
    """Two classes of 20, of which one photo is in the other's folder, under another name too."""
    folder = write_photos(tmp_path / "photos", 20)
    shutil.move(folder / "hotdog" / "003.png", folder / "nothotdog" / "wrong.png")
    Image.open(folder / "nothotdog" / "wrong.png").save(folder / "hotdog" / "same.bmp")
    return folder


@pytest.fixture
def checked(small_saved_model):
    """A function that checks a source."""
    def check(source: Path, outputs: Outputs):
        return check_labels(CheckRecipe(
            ImagesParameters(str(source)), BackboneParameters(str(small_saved_model)),
            CheckParameters(folds=3), head=RetrainParameters(steps=60)), outputs)
    return check


def listing(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


def test_a_photo_in_the_wrong_folder_is_first_and_nothing_is_moved(photos, checked, tmp_path):
    before = listing(photos)
    found = checked(photos, Outputs(tmp_path / "sheet.png", tmp_path / "table.csv"))
    assert listing(photos) == before
    rows = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 41
    assert rows[0]["path"] == "nothotdog/wrong.png"
    assert (rows[0]["answer"], rows[0]["contradicted"]) == ("hotdog", "yes")
    assert rows[0]["other_class"] == "hotdog/same.bmp"
    assert found.across_classes() == [("hotdog/same.bmp", "nothotdog/wrong.png")]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_an_archive_gives_what_its_folder_gives(photos, checked, tmp_path):
    of_folder = checked(photos, Outputs(tmp_path / "1.png", tmp_path / "1.csv"))
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        archive.add(photos, "photos")
    of_tar = checked(tmp_path / "photos.tar", Outputs(tmp_path / "2.png", tmp_path / "2.csv"))
    assert [(f"photos/{one.file.shown}", one.score) for one in of_folder.ranked] == [
        (one.file.shown, one.score) for one in of_tar.ranked]
    with pytest.raises(UserError, match=r"^move is .* no folder"):
        checked(tmp_path / "photos.tar", Outputs(
            tmp_path / "2.png", tmp_path / "2.csv", tmp_path / "aside"))


def test_what_is_on_the_sheet_is_moved_where_that_is_asked(photos, checked, tmp_path):
    outputs = Outputs(tmp_path / "s.png", tmp_path / "t.csv", tmp_path / "aside")
    found = checked(photos, outputs)
    moved = {each.file.shown for each in found.contradicted}
    assert "nothotdog/wrong.png" in moved
    assert set(listing(tmp_path / "aside")) == moved
    assert not moved & set(listing(photos))


@pytest.mark.parametrize(("outputs", "said"), [
    (("photos/s.png", "t.csv", None), "lies in .*photos, which is read; .* --sheet"),
    (("s.png", "photos/t.csv", None), "lies in .*photos, which is read; .* --csv"),
    (("s.png", "t.csv", "photos/aside"), "lies in .*photos, which is read; .* --move"),
    (("s.png", "t.csv", "photos"), "is read; .* --move"),
    (("mine.txt", "t.csv", None), "mine.txt exists and was not drawn by this project"),
    (("s.png", "mine.txt", None), "mine.txt exists and is no table of vision check"),
    (("s.png", "t.csv", "mine.txt"), "mine.txt is no folder"),
    (("s.png", "s.png", None), "--sheet and --csv are both"),
    (("mine.txt/s.png", "t.csv", None), "s.png cannot be written"),
])
def test_outputs_that_would_hit_other_files_are_refused_before_any_work(
    photos, checked, tmp_path, outputs, said
):
    (tmp_path / "mine.txt").write_text("mine")
    before = listing(tmp_path)
    with pytest.raises(UserError, match=said):
        checked(photos, Outputs(*(name and tmp_path / name for name in outputs)))
    assert listing(tmp_path) == before


def test_sheet_and_table_of_before_are_replaced(photos, checked, tmp_path):
    outputs = Outputs(tmp_path / "s.png", tmp_path / "t.csv")
    checked(photos, outputs)
    before = listing(tmp_path)
    checked(photos, outputs)
    assert listing(tmp_path) == before


def test_the_command_prints_counts_and_where_things_are(
    photos, small_saved_model, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    arguments = ["vision", "check", "photos", "--backbone", str(small_saved_model), "--steps", "60"]
    for more in ((), ("--json",)):
        monkeypatch.setattr(sys, "argv", [*arguments, *more])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        assert not ended.value.code
        out = capsys.readouterr().out
        if more:
            assert json.loads(out)["contradicted"][0]["path"] == "nothotdog/wrong.png"
        else:
            assert "hotdog/same.bmp and nothotdog/wrong.png" in out
            assert "photos-suspects.png, all images in photos-suspects.csv" in out
    assert (tmp_path / "photos-suspects.png").exists()


def test_outputs_are_called_as_the_folder_or_the_archive(tmp_path, monkeypatch):
    from vision.check_command import _name_of

    (tmp_path / "v1.2 photos").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "v1.2 photos")
    (tmp_path / "photos.tar.gz").touch()
    monkeypatch.chdir(tmp_path / "v1.2 photos")
    assert [_name_of(source) for source in (".", "../link/", "../photos.tar.gz", "drawings")] == [
        "v1.2 photos", "link", "photos", "drawings"]
