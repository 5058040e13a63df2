"""Files that are moved: never over others, and whole in one of the two places."""

from pathlib import Path

import pytest

from vision.photos import set_aside as module
from vision.photos.set_aside import refuse_taken, set_aside
from words_and_images.common.errors import UserError


@pytest.fixture
def photos(tmp_path):
    """Two files, and their paths below the folder."""
    below = [Path("a/1.jpg"), Path("b/1.jpg")]
    for path in below:
        (tmp_path / "photos" / path).parent.mkdir(parents=True)
        (tmp_path / "photos" / path).write_text(str(path))
    return [(tmp_path / "photos" / path, path) for path in below]


def test_files_keep_their_paths_below_the_folder(photos, tmp_path):
    set_aside(photos, tmp_path / "new" / "aside")
    for path, below in photos:
        assert not path.exists()
        assert (tmp_path / "new" / "aside" / below).read_text() == str(below)


def test_what_stands_in_a_place_is_named_before_anything_is_moved(photos, tmp_path):
    (tmp_path / "aside" / "b").mkdir(parents=True)
    (tmp_path / "aside" / "b" / "1.jpg").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"aside/b/1.jpg is there already, and nothing is over"):
        refuse_taken([below for _, below in photos], tmp_path / "aside")


def test_a_file_that_comes_meanwhile_is_not_overwritten(photos, tmp_path):
    (tmp_path / "aside" / "b").mkdir(parents=True)
    (tmp_path / "aside" / "b" / "1.jpg").write_text("somebody's")
    with pytest.raises(UserError, match=r"\(File exists\); 1 image moved before it"):
        set_aside(photos, tmp_path / "aside")
    assert (tmp_path / "aside" / "b" / "1.jpg").read_text() == "somebody's"
    assert photos[1][0].read_text() == "b/1.jpg"


def test_a_file_that_cannot_be_copied_stays_and_leaves_no_half(photos, tmp_path, monkeypatch):
    def fail(content, copy):
        copy.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfileobj", fail)
    with pytest.raises(UserError, match=r"\(No space left on device\); 0 images moved"):
        set_aside(photos, tmp_path / "aside")
    assert photos[0][0].read_text() == "a/1.jpg"
    assert not (tmp_path / "aside" / "a" / "1.jpg").exists()
