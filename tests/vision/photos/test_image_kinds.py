"""Images told by their first bytes, and what is passed over."""

import io
import os

import pillow_heif
import pytest
from PIL import Image

from vision.photos.image_files import files_below, why_no_image
from vision.photos.image_kinds import is_text, kind_of

pillow_heif.register_heif_opener()  # to write HEIC


def encoded(form: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 64)).save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF"])
def test_every_kind_is_told_by_its_beginning_and_read_whatever_its_name(tmp_path, form):
    kind = kind_of(encoded(form)[:64])
    assert kind and kind.format == form
    for name in ("photo", "photo.dat", "photo.backup.1"):
        (tmp_path / name).write_bytes(encoded(form))
        assert why_no_image(tmp_path / name) is None


@pytest.mark.parametrize("name", ["a.jfif", "a.jpe", "a.mpo", "a.HEIC", "a.tif", "a.avif"])
def test_a_broken_file_of_an_image_s_name_is_left_to_its_reader(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert why_no_image(tmp_path / name) is None


@pytest.mark.parametrize(("content", "why"), [
    (b"", "not an image file"),
    (b"notes about photos", "not an image file"),
    (b"BMW and other cars, which begin like a bitmap", "not an image file"),
    ("Gr\u00fc\u00dfe ".encode() * 9, "not an image file"),
    (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "no image of a known kind"),
    (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "a camera's raw photo, which is not read"),
    (b"FUJIFILMCCD-RAW 0201", "a camera's raw photo, which is not read"),
])
def test_what_is_no_image_is_passed_over_with_its_reason(tmp_path, content, why):
    (tmp_path / "thing").write_bytes(content)
    assert why_no_image(tmp_path / "thing") == why


def test_a_raw_photo_within_a_tiff_is_told_by_its_name(tmp_path):
    for name in ("a.NEF", "a.dng"):
        (tmp_path / name).write_bytes(encoded("TIFF"))
        assert why_no_image(tmp_path / name) == "a camera's raw photo, which is not read"


def test_an_image_of_a_kind_that_is_not_read_is_no_less_an_image(tmp_path):
    (tmp_path / "a.jxl").write_bytes(b"\xff\x0a and pixels")
    assert why_no_image(tmp_path / "a.jxl") is None


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert why_no_image(tmp_path / "pipe") == "not an image file"


def test_a_letter_cut_off_at_the_end_of_the_beginning_is_text():
    assert is_text("Gr\u00fc".encode()[:-1])
    assert not is_text(b"\xff\xfe\x00 and so on")


def test_folders_of_systems_are_named_and_not_entered(tmp_path):
    kept = ("@eaDir", ".thumbnails", "#recycle", "$RECYCLE.BIN", "lost+found", "__MACOSX",
            ".ipynb_checkpoints", "System Volume Information", "@Recycle")
    for name in kept:
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.jpg").write_bytes(encoded("JPEG"))
    for name in ("a.jpg", ".hidden.jpg", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(encoded("JPEG"))
    below = files_below(tmp_path)
    assert below.images == [tmp_path / "a.jpg"]
    assert {each.path.name: each.reason for each in below.passed_over} == dict.fromkeys(
        kept, "hidden or a system's own")


def test_a_file_of_an_image_s_name_is_not_opened(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"")
    monkeypatch.setattr("vision.photos.image_files.beginning_of", None)
    assert files_below(tmp_path).images == [tmp_path / "a.jpg"]
