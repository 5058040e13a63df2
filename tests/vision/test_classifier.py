import shutil

import numpy as np
import pytest
from PIL import Image

from common.errors import UserError
from neural.scaling import Standardiser
from neural.softmax_regression import SoftmaxRegression
from vision.backbones.record import BackboneRecord
from vision.classifier import BATCH_SIZE, Classifier
from vision.head import Head
from vision.image import UnreadableImageError

RECORD = BackboneRecord("mean colour", 4, 4, 3, "x", "this test", "", "", "0" * 64)


class MeanColour:
    """A backbone in NumPy: the mean of each channel."""

    record = RECORD

    def __init__(self):
        self.batches = []

    def features(self, images):
        self.batches.append(len(images))
        return images.mean(axis=(1, 2))


def red_or_blue() -> Classifier:
    """Logits are 4 (red - blue) and its opposite."""
    weights = np.array([[4, -4], [0, 0], [-4, 4]], np.float32)
    layer = SoftmaxRegression(weights, np.zeros(2, np.float32))
    unscaled = Standardiser(np.zeros(3, np.float32), np.ones(3, np.float32))
    return Classifier(MeanColour(), Head(["red", "blue"], unscaled, layer))


def image(red: float, blue: float) -> np.ndarray:
    return np.broadcast_to(np.array([red, 0, blue], np.float32), (4, 4, 3))


def write_image(path, red: int, blue: int):
    Image.new("RGB", (9, 5), (red, 0, blue)).save(path)
    return path


def test_probabilities_are_the_softmax_of_the_logits():
    # Logits 2 and -2: 1 / (1 + e^-4)
    probabilities = red_or_blue().classify([image(0.5, 0)])
    np.testing.assert_allclose(probabilities, [[0.98201379, 0.01798621]], rtol=1e-5)


def test_files_and_arrays_mix_and_keep_their_order(tmp_path):
    red = write_image(tmp_path / "red.png", 255, 0)
    blue = write_image(tmp_path / "blue.png", 0, 255)
    probabilities = red_or_blue().classify([red, image(0, 1), str(red), blue.read_bytes()])
    assert probabilities.argmax(axis=1).tolist() == [0, 1, 0, 1]


def test_many_images_pass_in_batches():
    classifier = red_or_blue()
    images = [image(number % 2, 1 - number % 2) for number in range(2 * BATCH_SIZE + 5)]
    probabilities = classifier.classify(images)
    assert classifier.backbone.batches == [BATCH_SIZE, BATCH_SIZE, 5]
    assert probabilities.argmax(axis=1).tolist() == [1 - n % 2 for n in range(len(images))]


def test_no_images_give_no_rows():
    assert red_or_blue().classify([]).shape == (0, 2)


def test_an_unreadable_file_stops_classify_and_names_itself(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"broken")
    with pytest.raises(UnreadableImageError, match="broken.jpg"):
        red_or_blue().classify([tmp_path / "broken.jpg"])


def test_attempt_goes_on_after_an_unreadable_file(tmp_path):
    red = write_image(tmp_path / "red.png", 255, 0)
    first, second, third = red_or_blue().attempt([red, tmp_path / "nowhere.png", red])
    assert isinstance(second, UnreadableImageError)
    np.testing.assert_array_equal(first, third)


def test_top_is_best_first_and_cut_to_the_count():
    classifier = red_or_blue()
    scores = np.array([0.25, 0.75], np.float32)
    assert classifier.top(scores) == [("blue", 0.75), ("red", 0.25)]
    assert classifier.top(scores, 1) == [("blue", 0.75)]


def test_a_folder_without_a_classifier_is_told_what_it_should_be(tmp_path):
    with pytest.raises(UserError, match="nowhere is no classifier .there is no such folder"):
        Classifier.load(tmp_path / "nowhere")
    with pytest.raises(UserError, match="lacks record.json, labels.json.*that vision retrain"):
        Classifier.load(tmp_path)


def test_a_loaded_classifier_scores_alone_as_in_a_batch(small_backbone, tmp_path):
    classifier = red_or_blue()
    generator = np.random.default_rng(2)
    layer = SoftmaxRegression.initialise(generator, 12, 2)
    unscaled = Standardiser(np.zeros(12, np.float32), np.ones(12, np.float32))
    Head(classifier.labels, unscaled, layer).save(tmp_path / "model")
    shutil.copytree(small_backbone, tmp_path / "model" / "backbone")
    (tmp_path / "model" / "record.json").write_text("{}")
    loaded = Classifier.load(tmp_path / "model")
    images = list(generator.random((10, 16, 16, 3), dtype=np.float32))
    alone = np.concatenate([loaded.classify([image]) for image in images])
    np.testing.assert_array_equal(loaded.classify(images), alone)
