from pathlib import Path
from shutil import copy

import matplotlib
import pytest
from matplotlib.ft2font import FT2Font
from PIL import Image

from vision.sheets import lettering
from vision.sheets.lettering import ELLIPSIS, fitted, lettered, shorten


def test_a_line_that_fits_stays_as_it_is():
    line, font = lettered("hot dog", 14, 200)
    assert line == "hot dog"
    assert 0 < font.getlength(line) < 200


@pytest.mark.parametrize("text", ["hot dog " * 20, "хот-дог " * 20, "هوت دوغ " * 20])
@pytest.mark.parametrize("width", [30, 77, 150])
def test_a_long_line_ends_in_an_ellipsis_within_its_place(text, width):
    line, font = lettered(text, 14, width, bold=True)
    assert line.endswith(ELLIPSIS)
    assert text.startswith(line[:-1])
    assert width - 40 < font.getlength(line) <= width


def test_a_place_without_room_holds_an_ellipsis_alone():
    assert lettered("hot dog", 14, 3)[0] == ELLIPSIS


def test_an_accent_is_not_parted_from_its_letter():
    text = "e\u0301" * 30
    font = lettered(text, 14, 9999)[1]
    for width in range(30, 60):
        assert len(shorten(text, font, width).removesuffix(ELLIPSIS)) % 2 == 0


def test_breaks_and_control_characters_become_spaces():
    assert lettered("hot\ndog\t \x07 b", 14, 500)[0].split() == ["hot", "dog", "b"]


def test_letters_without_a_font_are_written_as_numbers(monkeypatch):
    monkeypatch.setattr(lettering, "_system_font", lambda text: None)
    assert lettered("hot 热狗", 14, 500)[0] == "hot \\u70ed\\u72d7"


@pytest.mark.parametrize("bold", [False, True])
def test_the_letters_of_the_fonts_are_those_in_their_tables(bold):
    path = lettering.BOLD if bold else lettering.REGULAR
    listed = set(FT2Font(str(path)).get_charmap())
    letters = [chr(number) for number in range(32, 0x3000, 7)]
    told = {letter for letter in letters if lettering._has_letter(path, letter)}
    assert told == {letter for letter in letters if ord(letter) in listed}


def test_a_font_of_the_machine_is_taken_for_letters_that_ours_lacks(monkeypatch, tmp_path):
    own = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSerif.ttf", "STIXGeneral.ttf"):
        copy(own / name, tmp_path)
    (tmp_path / "Broken.ttf").write_text("no font")
    monkeypatch.setattr(lettering, "SYSTEM_FONTS", (str(tmp_path), str(tmp_path / "none")))
    line, font = lettered("ᶁog", 14, 500)  # DejaVu Sans has no d with a palatal hook
    assert line == "ᶁog"
    assert font.getname()[0] == "STIXGeneral"


@pytest.mark.parametrize(
    ("size", "expected"),
    [((600, 300), (200, 100)), ((30, 60), (100, 200)), ((5, 5), (200, 200)), ((1, 5000), (1, 200))])
def test_pictures_fit_their_place_and_keep_their_aspect(size, expected):
    assert fitted(Image.new("RGB", size), 200).size == expected
