import numpy as np
import pytest
from PIL import Image

from vision.backbones.record import BackboneRecord
from vision.classifier.explanation import Explanation, explain_image, strongest_place
from words_and_images.common.errors import UserError


class Reddest:
    """Takes a picture for red as far as its lower left quarter is."""

    class backbone:  # noqa: N801
        record = BackboneRecord("red", 20, 20, 1, "none", "here", "none", "", "x")

    labels = ["blue", "red"]

    def classify(self, pictures):
        shares = []
        for picture in pictures:
            pixels = np.asarray(picture, float)
            shares.append(pixels[10:, :10, 0].mean() / (255 if pixels.max() > 1 else 1))
        return np.array([[1 - share, share] for share in shares])

    def deciding(self, picture):
        return self

    def top(self, probabilities, count=None):
        order = np.argsort(-probabilities)[:count]
        return [(self.labels[number], float(probabilities[number])) for number in order]


@pytest.fixture
def image(tmp_path, monkeypatch):
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[10:, :10, 0] = 255
    Image.fromarray(pixels).save(tmp_path / "flag.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "flag.png"


def test_the_part_that_the_score_rests_on_is_named_and_drawn(image):
    found = explain_image(Reddest(), image)
    assert (found.label, found.score, found.place) == ("red", 1.0, "bottom left")
    assert found.map == "flag-explained.png"
    # 4 x 4 of 100 pixels get the mean colour, a quarter of 255: 64.
    assert found.drop == pytest.approx(0.16 * (1 - 64 / 255))
    assert Image.open(image.parent / "flag-explained.png").width > 100


def test_each_covered_picture_is_classified_as_a_picture_of_its_own_shape(tmp_path):
    Image.new("RGB", (60, 30), "red").save(tmp_path / "wide.png")
    seen = []

    class Watched(Reddest):
        def classify(self, pictures):
            seen.extend(pictures)
            return super().classify(pictures)

    explain_image(Watched(), tmp_path / "wide.png", out=tmp_path / "map.png")
    assert all(isinstance(picture, Image.Image) for picture in seen)
    assert {picture.size for picture in seen} == {(60, 30), (40, 20)}  # the file; twice 20 a side
    assert len(seen) > 50


def test_another_label_can_be_explained_and_another_file_written(image, tmp_path):
    found = explain_image(Reddest(), image, "blue", tmp_path / "map.png")
    assert (found.label, found.score, found.place) == ("blue", 0.0, None)
    assert (tmp_path / "map.png").exists()


def test_an_unknown_label_is_one_sentence(image):
    with pytest.raises(UserError, match="knows no label 'reed'; did you mean red"):
        explain_image(Reddest(), image, "reed")


@pytest.mark.parametrize("row, column, place", [
    (0, 0, "top left"), (0, 4, "top centre"), (4, 0, "centre left"), (4, 4, "centre"),
    (8, 8, "bottom right")])
def test_places_are_named_by_ninths(row, column, place):
    drops = np.zeros((9, 9), np.float32)
    drops[row, column] = 1
    assert strongest_place(drops) == place


def test_where_nothing_falls_there_is_no_place():
    assert strongest_place(np.full((3, 3), -0.1, np.float32)) is None


def test_the_text_says_label_place_and_file():
    text = Explanation("a.jpg", "red", 0.9, 0.5, "centre left", "a-explained.png").text()
    assert text == ("red (score = 0.90000)\n"
                    "strongest at the centre left: covered there, the score falls by 0.500\n"
                    "map in a-explained.png")
