"""One image with its variants, and one with what decided its answer."""

import numpy as np
import pytest
from PIL import Image

from vision.classifier.demonstration import demonstrate, on_grid
from vision.photos.distortions import DistortionParameters
from words_and_images.common.files import read_json
from words_and_images.retraining.split import Example, Split

LABELS = ["hotdog", "not_hotdog"]


class Backbone:
    """What is read of a backbone: the size of its pictures."""

    class record:  # noqa: N801
        height = width = 20


class Classifier:
    """Calls a picture a hot dog by how red its left half is."""

    backbone, labels = Backbone(), LABELS

    def classify(self, pictures):
        rows = []
        for picture in pictures:
            pixels = np.asarray(picture, np.float32) / 255
            red = float(pixels[:, : pixels.shape[1] // 2, 0].mean())
            rows.append([red, 1 - red])
        return np.array(rows, np.float32)

    def deciding(self, picture):
        return self

    def top(self, probabilities, count=None):
        order = np.argsort(-probabilities, kind="stable")[:count]
        return [(LABELS[place], float(probabilities[place])) for place in order]


@pytest.fixture
def split(tmp_path) -> Split:
    """Two images of each class for the training, one for the test."""
    images = []
    for label, colour in zip(LABELS, ((230, 40, 30), (20, 90, 40)), strict=True):
        for number, part in enumerate(("training", "training", "test")):
            path = f"{label}/{number}.png"
            (tmp_path / label).mkdir(exist_ok=True)
            Image.new("RGB", (40, 30), (colour[0] - number, *colour[1:])).save(tmp_path / path)
            images.append(Example(path, label, f"{len(images):064x}", part))
    return Split(LABELS, images)


def answer(path, label, predicted, score):
    other = next(each for each in LABELS if each != predicted)
    return {"path": path, "label": label, "predicted": predicted,
            "scores": {predicted: score, other: 1 - score}}


def shown(tmp_path, split, answers, distortions=None):
    folder = tmp_path / "shown"
    demonstrate(Classifier(), split, tmp_path, answers, distortions or DistortionParameters(),
                folder)
    return read_json(folder / "variants.json"), read_json(folder / "explanation.json"), folder


RIGHT = [answer("hotdog/2.png", "hotdog", "hotdog", 0.9),
         answer("not_hotdog/2.png", "not_hotdog", "not_hotdog", 0.6)]


def test_the_first_training_image_that_shows_something_is_distorted(tmp_path, split):
    variants, _, folder = shown(tmp_path, split, RIGHT)
    assert variants["path"] == "hotdog/0.png" and variants["label"] == "hotdog"
    kinds = [row["kind"] for row in variants["variants"]]
    assert kinds == ["original"] + ["distorted"] * 5 + ["inset"] * 2
    assert all(Image.open(folder / row["file"]).size for row in variants["variants"])
    assert variants["variants"][0]["score"] == pytest.approx(230 / 255, abs=1e-3)


def test_variants_that_the_head_has_learnt_from_say_so(tmp_path, split):
    variants, _, _ = shown(tmp_path, split, RIGHT, DistortionParameters(variants=2, insets=0))
    rows = variants["variants"]
    assert [row["kind"] for row in rows] == ["original"] + ["distorted"] * 5
    assert [row["learnt"] for row in rows] == [True, True, True, False, False, False]


def test_without_variants_only_the_image_is_shown(tmp_path, split):
    variants, _, _ = shown(tmp_path, split, RIGHT, DistortionParameters(variants=0, insets=0))
    assert [row["kind"] for row in variants["variants"]] == ["original"]


def test_the_least_sure_right_answer_that_shows_something_is_explained(tmp_path, split):
    answers = [*RIGHT, answer("hotdog/1.png", "hotdog", "hotdog", 0.8)]
    _, explanation, folder = shown(tmp_path, split, answers)
    assert explanation["path"] == "hotdog/1.png" and explanation["answer"] == "hotdog"
    assert Image.open(folder / explanation["file"]).size == (400, 300)


def test_a_mistake_is_explained_first_the_most_confident_one(tmp_path, split):
    answers = [*RIGHT, answer("not_hotdog/1.png", "not_hotdog", "hotdog", 0.7),
               answer("not_hotdog/0.png", "not_hotdog", "hotdog", 0.8)]
    _, explanation, _ = shown(tmp_path, split, answers)
    assert (explanation["path"], explanation["label"]) == ("not_hotdog/0.png", "not_hotdog")
    assert (explanation["answer"], explanation["score"]) == ("hotdog", 0.8)


def test_the_map_is_high_where_the_answer_rests(tmp_path, split):
    # Half red, half black: the mean colour takes red from the left half only.
    picture = Image.new("RGB", (40, 40))
    picture.paste((255, 0, 0), (0, 0, 20, 40))
    picture.save(tmp_path / "hotdog" / "2.png")
    _, explanation, _ = shown(tmp_path, split, RIGHT)
    drops = np.array(explanation["drops"])
    assert drops.shape == (20, 20) and "left" in explanation["place"]
    assert drops[:, :8].min() > 0.01 > abs(drops[:, 12:]).max()


def test_a_grid_holds_the_means_of_its_cells():
    drops = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert on_grid(drops, 2).tolist() == [[2.5, 4.5], [10.5, 12.5]]
