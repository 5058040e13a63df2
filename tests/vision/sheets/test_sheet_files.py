import pytest
from PIL import Image

from vision.sheets.sheet_files import PAPER, is_sheet, refuse_other_picture, save_sheet
from words_and_images.common.errors import UserError


def sheet(middle="#1c1c1a"):
    drawn = Image.new("RGB", (100, 80), PAPER)
    drawn.paste(middle, (20, 20, 60, 60))
    return drawn


def test_a_sheet_is_known_by_its_mark_and_has_the_same_bytes_again(tmp_path):
    for name in ("a.png", "b.png"):
        save_sheet(Image.new("RGB", (9, 9)), tmp_path / name)
        assert is_sheet(tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_sheet_of_an_earlier_version_is_known_by_its_margin(tmp_path):
    sheet().save(tmp_path / "former.png")
    assert is_sheet(tmp_path / "former.png")


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "notes.txt", "broken.png", "text.png"])
def test_other_peoples_files_are_not_drawn_over(tmp_path, name):
    path = tmp_path / name
    if name == "notes.txt":
        path.write_text("mine")
    elif name == "broken.png":
        path.write_bytes(b"\x89PNG\r\n\x1a\n")
    else:
        Image.new("RGB", (50, 50), "#ffffff" if name == "text.png" else "#803020").save(path)
    before = path.read_bytes()
    with pytest.raises(UserError, match=f"{name} exists and was not drawn by this project; name "
                       "another file with --out, or move it away"):
        refuse_other_picture(path, "--out", [])
    assert path.read_bytes() == before


def test_what_is_new_empty_or_a_sheet_is_written_but_for_what_is_read(tmp_path):
    refuse_other_picture(tmp_path / "new.png", "--out", [])
    (tmp_path / "empty.png").write_bytes(b"")
    refuse_other_picture(tmp_path / "empty.png", "--out", [])
    save_sheet(sheet(), tmp_path / "map.png")
    refuse_other_picture(tmp_path / "map.png", "--out", [])
    with pytest.raises(UserError, match="map.png is read and would be lost"):
        refuse_other_picture(tmp_path / "map.png", "--out", [tmp_path / "map.png"])
    with pytest.raises(UserError, match="is a folder; give the name of a PNG file"):
        refuse_other_picture(tmp_path, "--out", [])
