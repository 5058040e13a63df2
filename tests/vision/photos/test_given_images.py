import io
import os

import pytest

from vision.photos.given_images import GivenImage, given_images, known_images
from words_and_images.common.errors import UserError


@pytest.fixture
def album(tmp_path, monkeypatch):
    """A folder with images at several depths, and what is none."""
    for name in ("b.jpg", "a.PNG", "deep/deeper/c.webp", "deep/d.jpg", "notes.txt", ".hidden.jpg",
                 ".git/e.jpg", "__MACOSX/f.jpg"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"pixels")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "album"


ALL = ["album/a.PNG", "album/b.jpg", "album/deep/d.jpg", "album/deep/deeper/c.webp"]


def names(*arguments, content=b""):
    """Names of the images; errors as their text."""
    return [given.name if isinstance(given, GivenImage) else str(given)
            for given in given_images(arguments, io.BytesIO(content))]


def test_a_file_is_itself_whatever_its_name(album):
    assert names("album/b.jpg", "album/notes.txt") == ["album/b.jpg", "album/notes.txt"]


def test_a_file_that_does_not_exist_is_left_to_its_reader(album):
    given, = given_images(["nowhere.jpg"])
    assert (given.name, str(given.source)) == ("nowhere.jpg", "nowhere.jpg")


def test_a_folder_is_all_images_below_it_sorted_without_hidden_ones(album):
    assert names("album") == ALL
    assert names("album/") == ALL


def test_a_folder_that_links_to_itself_is_walked_once(album):
    (album / "deep" / "again").symlink_to(album)
    assert names("album") == ALL


def test_no_glob_leads_out_by_a_link(album, capsys):
    elsewhere = album.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.jpg").write_bytes((album / "b.jpg").read_bytes())
    (album / "link").symlink_to(elsewhere)
    assert not [name for name in names("album/**/*.jpg") if "secret" in name]
    assert "album/link (a link that leads out of the folder)" in capsys.readouterr().err
    assert names("album/link/*.jpg") == ["album/link/secret.jpg"]  # named by its user


def test_a_folder_without_images_is_one_sentence_among_the_others(album):
    (album.parent / "empty").mkdir()
    assert names("empty", "album/b.jpg") == [
        "empty holds no images; give image files or a folder of them.", "album/b.jpg"]


def test_a_glob_is_matched_recursively_and_each_image_comes_once(album):
    assert names("album/**/*.jpg") == ["album/b.jpg", "album/deep/d.jpg"]
    assert names("album/**") == ALL
    assert names("alb*") == ALL


def test_a_glob_without_a_match_is_one_sentence(album):
    assert names("album/*.gif") == ["album/*.gif matches no image; give another pattern, image "
                                    "files or a folder of them."]


def test_a_file_with_the_signs_of_a_glob_in_its_name_is_found(album):
    (album / "b.jpg").rename(album / "[b]*.jpg")
    assert names("album/[b]*.jpg") == ["album/[b]*.jpg"]
    assert names("-", content=b"album/[b]*.jpg\n") == ["album/[b]*.jpg"]


def test_paths_parted_by_nul_are_told_to_be_none():
    error, = names("-", content=b"a-long-enough-name.jpg\0b.jpg\0")
    assert error == "a line of standard input holds a NUL byte; give paths, one a line."


def test_an_address_is_told_to_be_none_of_our_business(album):
    text, = names("https://example.org/hotdog.jpg")
    assert text == ("https://example.org/hotdog.jpg is an address, and only files are read; "
                    "download it and give the file.")


@pytest.mark.parametrize("beginning", [
    b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x24\x09\x02\x0fWEBP",
    b"BM\x36\x0c\0\0\0\0\0\0\x36\0", b"II*\0\x08\0\0\0"])
def test_the_bytes_of_a_file_on_standard_input_are_one_image(beginning):
    content = beginning + b" and the rest\nof the pixels"
    given, = given_images(["-"], io.BytesIO(content))
    assert (given.name, given.source) == ("-", content)


@pytest.mark.parametrize("content", [
    b"BMW.jpg\nb\n", b"BMW.jpg\r\nb", b"\nBMW.jpg\n\n\nb\n", b"BMW.jpg\nb"])
def test_lines_on_standard_input_are_paths(content):
    assert names("-", content=content) == ["BMW.jpg", "b"]


def test_a_long_line_is_one_path():
    assert names("-", content=b"x" * 300 + b".jpg\nb.jpg") == ["x" * 300 + ".jpg", "b.jpg"]


def test_a_folder_in_a_list_is_its_images_and_the_list_goes_on(album):
    (album.parent / "empty").mkdir()
    assert names("-", content=b"album/deep\nempty\nalbum/b.jpg\n") == [
        *ALL[2:], "empty holds no images; give image files or a folder of them.", "album/b.jpg"]


def test_a_path_that_is_no_utf_8_is_found_again(tmp_path):
    path = os.fsencode(tmp_path) + b"/se\xf1or.jpg"
    given, = given_images(["-"], io.BytesIO(path))
    assert os.fsencode(given.source) == path


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"])
def test_an_empty_list_is_one_sentence(content):
    assert names("-", content=content) == [
        "standard input is empty; give an image, or paths of images, one a line."]


def test_paths_are_answered_before_the_list_has_ended():
    class Slow(io.BytesIO):
        """A stream whose second line is not there yet."""

        def __next__(self):
            raise AssertionError("read too far")

    given = given_images(["-"], Slow(b"a-long-enough-name.jpg\nb.jpg\n"))
    assert next(given).name == "a-long-enough-name.jpg"


def test_the_number_of_images_is_known_unless_they_are_streamed(album):
    assert len(known_images(["album"])) == 4
    assert not hasattr(known_images(["album", "-"]), "__len__")


def test_errors_keep_their_place_among_the_images(album):
    kinds = [type(given) for given in given_images(["album/b.jpg", "x://y", "album/a.PNG"])]
    assert kinds == [GivenImage, UserError, GivenImage]


def test_images_without_an_ending_are_found_in_folders_and_globs(album, capsys):
    (album / "scan").write_bytes(b"\xff\xd8\xff\xe0 and the rest")
    assert names("album") == sorted([*ALL, "album/scan"])
    assert names("album/s*") == ["album/scan"]
    assert capsys.readouterr().err == (
        "passed over 3 of album: album/.git (hidden or a system's own), album/__MACOSX (hidden or "
        "a system's own), album/notes.txt (not an image file)\n")


def test_what_may_be_a_photo_and_is_passed_over_is_warned_of(album, capsys):
    (album / "b.cr2").write_bytes(b"II*\0\x10\0\0\0CR\x02\0")
    assert names("album/*") == ALL
    assert "warning: passed over 2 of album/*: album/b.cr2 (a camera's raw photo" in (
        capsys.readouterr().err)


def test_a_folder_of_a_system_that_is_asked_for_by_name_is_looked_into(album):
    (album / "@eaDir").mkdir()
    (album / "@eaDir" / "g.jpg").write_bytes(b"pixels")
    assert names("album") == names("album/**") == ALL
    assert names("album/@eaDir/*") == ["album/@eaDir/g.jpg"]
    assert names("album/@eaDir") == ["album/@eaDir/g.jpg"]
