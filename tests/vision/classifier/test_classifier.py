import hashlib
import json
import math
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.backbones import load_backbone, normalise_backbone
from vision.backbones.bottlenecks import extract_bottlenecks
from vision.backbones.record import BackboneRecord
from vision.classifier.classifier import NOT_SURE, Classifier
from vision.folders import CLASSIFIER
from vision.photos.image import UnreadableImageError, open_image
from vision.photos.looks import prediction_looks
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json
from words_and_images.common.own_files import FORMAT, LIST_KEY, seal
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining.head import Head

ROOT = Path(__file__).parents[3]
SIZE = 40
LOOKS = ["whole", "mirror", "centre"]
LABELS = ["hotdog", "nothotdog"]
RECORD = BackboneRecord("mean colour", 4, 4, 3, "x", "this test", "", "", "0" * 64)


class MeanColour:
    """A backbone in NumPy: the mean of each channel."""

    record = RECORD

    def features(self, images):
        return images.mean(axis=(1, 2))


def red_or_blue(**record) -> Classifier:
    """Logits are 4 (red - blue) and its opposite."""
    weights = np.array([[4, -4], [0, 0], [-4, 4]], np.float32)
    network = Network([DenseLayer(weights, np.zeros(2, np.float32))])
    unscaled = Standardiser(np.zeros(3, np.float32), np.ones(3, np.float32))
    return Classifier(MeanColour(), Head(["red", "blue"], unscaled, network), record)


def picture_of(red: int, blue: int) -> Image.Image:
    return Image.new("RGB", (4, 4), (red, 0, blue))


def write_image(path, red: int, blue: int):
    Image.new("RGB", (9, 5), (red, 0, blue)).save(path)
    return path


def test_probabilities_are_the_softmax_of_the_logits():
    # 51 of 255: logits 0.8 and -0.8, 1 / (1 + e^-1.6)
    probabilities = red_or_blue().classify([picture_of(51, 0)])
    np.testing.assert_allclose(probabilities, [[0.83201839, 0.16798161]], rtol=1e-5)


def test_files_and_pictures_mix_and_keep_their_order(tmp_path):
    red = write_image(tmp_path / "red.png", 255, 0)
    blue = write_image(tmp_path / "blue.png", 0, 255)
    probabilities = red_or_blue().classify([red, picture_of(0, 255), str(red), blue.read_bytes()])
    assert probabilities.argmax(axis=1).tolist() == [0, 1, 0, 1]


def test_pictures_are_seen_like_their_files(tmp_path):
    red = write_image(tmp_path / "red.png", 255, 0)
    classifier = red_or_blue(looks=LOOKS)
    from_file, from_picture = classifier.classify([red, open_image(red, 8)])
    np.testing.assert_array_equal(from_file, from_picture)


def test_scores_are_of_the_mean_over_the_looks_of_the_record(tmp_path):
    """Left half red, right half blue; the left crops hold five sixths of red."""
    picture = Image.new("RGB", (80, 80), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 40, 80))
    picture.save(tmp_path / "halves.png")
    whole, = red_or_blue().classify([tmp_path / "halves.png"])
    np.testing.assert_allclose(whole, [0.5, 0.5], atol=1e-3)
    scores, = red_or_blue(looks=["whole", "top_left"]).classify([tmp_path / "halves.png"])
    # red - blue is 0 and 5/6 - 1/6 = 2/3: mean logits are 4 / 3 and -4 / 3, 1 / (1 + e^(-8/3))
    np.testing.assert_allclose(scores[0], 0.9350314, atol=3e-3)


class Counting(MeanColour):
    """The same, that keeps count of its looks."""

    def __init__(self):
        self.looks = 0

    def features(self, images):
        self.looks += 1
        return super().features(images)


def sure_of(first_look, *looks) -> Classifier:
    classifier = red_or_blue(looks=list(looks))
    return replace(classifier, backbone=Counting(),
                   head=replace(classifier.head, first_look=first_look))


def halves(red_columns: int) -> Image.Image:
    """Blue, with so many of 80 columns red from the left."""
    picture = Image.new("RGB", (80, 80), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, red_columns, 80))
    return picture


def test_a_first_look_that_is_sure_enough_is_the_answer():
    # 60 of 80 columns: red - blue is 0.5, logits 2 and -2, 1 / (1 + e^-4) = 0.982
    sure, all_looks = sure_of(0.98, "whole", "top_right"), sure_of(0.99, "whole", "top_right")
    (score, _), = sure.classify([halves(60)])
    assert score == pytest.approx(0.982, abs=2e-3) and sure.backbone.looks == 1
    # The right crop has 28 of 48 columns red: red - blue 1/6, mean logits 4/3: 1 / (1 + e^(-8/3))
    (score, _), = all_looks.classify([halves(60)])
    assert score == pytest.approx(0.935, abs=3e-3) and all_looks.backbone.looks == 2


def test_a_picture_whose_looks_show_the_same_is_run_once():
    square = sure_of(math.inf, "whole", "square")
    square.classify([halves(60)])
    assert square.backbone.looks == 1
    oblong = sure_of(math.inf, "whole", "square")
    oblong.classify([halves(60).crop((0, 0, 80, 40))])
    assert oblong.backbone.looks == 2


def test_the_looks_at_one_image_side_by_side_give_the_same_bits():
    classifier = sure_of(math.inf, "whole", "top_left", "top_right", "centre")
    alone = classifier.classify([halves(50)])
    np.testing.assert_array_equal(classifier.classify([halves(50), halves(50)])[:1], alone)


def test_variants_of_a_picture_are_seen_in_the_looks_that_answer_it():
    classifier = sure_of(0.98, "whole", "top_right")
    assert [look.name for look in classifier.deciding(halves(60)).looks] == ["whole"]
    doubted = classifier.deciding(halves(50))
    assert [look.name for look in doubted.looks] == ["whole", "top_right"]
    doubted.classify([halves(79)])  # as sure as can be, and yet seen in both
    assert doubted.backbone.looks == 4


def test_images_are_taken_only_a_few_ahead():
    taken = []

    def images():
        for number in range(1000):
            taken.append(number)
            yield picture_of(255, 0)

    answers = red_or_blue().attempt(images())
    next(answers)
    assert len(taken) < 500
    answers.close()
    assert len(taken) < 500


def test_below_the_threshold_the_answer_is_not_sure():
    classifier = red_or_blue(not_sure=0.75)
    assert classifier.not_sure == 0.75
    sure, unsure = np.array([0.25, 0.75], np.float32), np.array([0.7, 0.3], np.float32)
    assert [classifier.answer(sure), classifier.answer(unsure)] == ["blue", NOT_SURE]
    assert red_or_blue().not_sure == 0
    assert red_or_blue().answer(np.array([0.5, 0.5], np.float32)) == "red"


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


@pytest.mark.parametrize("record", [
    [], {"looks": ["whole", "upside_down"]}, {"looks": "whole"}, {"looks": 3}, {"looks": []},
    {"not_sure": 1.5}, {"not_sure": "often"}, {"not_sure": None}, {},
])
def test_a_record_that_cannot_be_is_refused(model, tmp_path, record):
    shutil.copytree(model, tmp_path / "model")
    (tmp_path / "model" / "record.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="record.json is broken"):
        Classifier.load(tmp_path / "model")


def own_copy(model, tmp_path, listed=True):
    """A copy of a classifier to be damaged; without the list it is as earlier versions wrote it."""
    folder = tmp_path / "copy"
    shutil.copytree(model, folder)
    if not listed:
        record = read_json(folder / "record.json")
        del record[LIST_KEY]
        write_json(folder / "record.json", record)
    return folder


def flip_64_bytes(path):
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
    path.write_bytes(content)


def reverse_labels(path):
    write_json(path, read_json(path)[::-1])


def other_head(path):
    generator = np.random.default_rng(9)
    unscaled = Standardiser(np.zeros(40, np.float32), np.ones(40, np.float32))
    Head(LABELS, unscaled, Network.of_widths(generator, [40, 7, 2])).write(path.parent)


def other_looks(path):
    path.write_text(path.read_text().replace('"mirror"', '"square"'))


def other_size(path):
    path.write_text(path.read_text().replace(f'"height": {SIZE}', f'"height": {2 * SIZE}'))


def other_scaling(path):
    path.write_text(path.read_text().replace('"pixel_scaling": "', '"pixel_scaling": "not '))


@pytest.mark.parametrize(("name", "damage", "told"), [
    ("backbone/network.tflite", flip_64_bytes, "is not as it was written .it has other bytes"),
    ("backbone/network.tflite", Path.unlink, "is missing"),
    ("backbone/record.json", other_size, "is not as it was written"),
    ("labels.json", reverse_labels, "is not as it was written"),
    ("labels.json", flip_64_bytes, "is not as it was written"),
    ("head.npz", other_head, "is not as it was written"),
    ("history.json", Path.unlink, "is missing"),
    ("record.json", other_looks, "is not as it was written"),
])
def test_a_damaged_or_mixed_classifier_gives_no_answer(model, tmp_path, name, damage, told):
    folder = own_copy(model, tmp_path)
    Classifier.load(folder)
    damage(folder / name)
    with pytest.raises(UserError, match=f"copy/{name} {told}.*; copy the folder again from where "
                       "it is whole, or train the classifier again with `vision retrain`.$"):
        Classifier.load(folder)


@pytest.mark.parametrize(("name", "damage"), [
    ("labels.json", reverse_labels), ("backbone/record.json", other_scaling)])
def test_a_classifier_without_a_list_is_checked_by_its_record(model, tmp_path, name, damage):
    folder = own_copy(model, tmp_path, listed=False)
    assert Classifier.load(folder).labels == LABELS
    damage(folder / name)
    with pytest.raises(UserError, match=f"copy/{name} is not of the classifier that record.json"):
        Classifier.load(folder)


def test_a_broken_network_without_a_list_is_told_with_a_remedy_that_fits(model, tmp_path):
    folder = own_copy(model, tmp_path, listed=False)
    (folder / "backbone" / "record.json").write_text("{}")
    with pytest.raises(UserError, match="train the classifier again with `vision retrain`.$"):
        Classifier.load(folder)


def test_exports_and_what_does_not_run_may_be_missing(model, tmp_path):
    folder = own_copy(model, tmp_path)
    (folder / "backbone" / "saved_model.pb").unlink()
    assert Classifier.load(folder).labels == LABELS


def test_a_classifier_of_a_later_format_is_refused(model, tmp_path):
    folder = own_copy(model, tmp_path)
    record = read_json(folder / "record.json")
    record[LIST_KEY]["format"] = FORMAT + 1
    write_json(folder / "record.json", record)
    with pytest.raises(UserError, match=f"is of format {FORMAT + 1}.*use the version that wrote"):
        Classifier.load(folder)


# --- a real backbone, from training to prediction -----------------------------------------------

@pytest.fixture(scope="module")
def backbone_folder(tmp_path_factory):
    """Two convolutions with weights of 8 bits."""
    from vision.backbones.runtime import tf
    generator = np.random.default_rng(1)
    kernels = [generator.normal(0, 0.2, shape).astype(np.float32)
               for shape in ((3, 3, 3, 48), (3, 3, 48, 40))]

    def features(images):
        for kernel in kernels:
            images = tf.nn.relu(tf.nn.conv2d(images, kernel, 2, "SAME"))
        return tf.reduce_mean(images, (1, 2))

    module = tf.Module()
    module.__call__ = tf.function(
        features, input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)])
    folder = tmp_path_factory.mktemp("classifier")
    tf.saved_model.save(module, str(folder / "saved_model"))
    assert normalise_backbone(str(folder / "saved_model"), folder / "backbone").inference == "int8"
    return folder / "backbone"


@pytest.fixture(scope="module")
def model(backbone_folder):
    """A classifier's folder, seen in three looks, its head untrained."""
    generator = np.random.default_rng(2)
    scaling = Standardiser(generator.normal(0.3, 0.1, 40).astype(np.float32),
                           np.full(40, 0.2, np.float32))
    folder = backbone_folder.with_name("model")
    folder.mkdir()
    Head(LABELS, scaling, Network.of_widths(generator, [40, 7, 2])).write(folder)
    shutil.copytree(backbone_folder, folder / "backbone")
    record = {"labels": LABELS, "backbone": asdict(BackboneRecord.read(folder / "backbone")),
              "looks": LOOKS, "not_sure": 0.6}
    (folder / "record.json").write_text(json.dumps(record))
    seal(folder, CLASSIFIER)
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Smooth photos of many sizes and formats, some of them on their side."""
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(3)
    paths = []
    for number in range(20):
        colours = generator.integers(0, 256, (5, 6, 3), np.uint8)
        size = int(generator.integers(30, 500)), int(generator.integers(30, 500))
        paths.append(folder / f"{number}.{('jpg', 'png', 'webp')[number % 3]}")
        exif = Image.Exif()
        exif[0x0112] = 1 + number % 8
        Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC).save(paths[-1], exif=exif)
    return paths


def test_prediction_has_the_bits_of_training(model, photos, tmp_path):
    """However many images and workers there are, from files, contents and pictures alike."""
    backbone = load_backbone(model / "backbone")
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in photos]
    bottlenecks = extract_bottlenecks(photos, hashes, backbone, tmp_path / "cache",
                                      prediction_looks(LOOKS), workers=3)
    trained = Head.load(model).probabilities(bottlenecks)
    assert len(np.unique(trained[:, 0])) == len(photos)
    for workers in (0, 1, 2, 5):
        classifier = Classifier.load(model, workers)
        np.testing.assert_array_equal(classifier.classify(photos), trained)
        np.testing.assert_array_equal(classifier.classify(photos[::-1])[::-1], trained)
        alone = np.concatenate([classifier.classify([path]) for path in photos])
        np.testing.assert_array_equal(alone, trained)
    contents = [path.read_bytes() for path in photos]
    np.testing.assert_array_equal(classifier.classify(contents), trained)
    pictures = [open_image(path, 2 * SIZE) for path in photos]
    np.testing.assert_array_equal(classifier.classify(pictures), trained)


def test_a_classifier_starts_without_tensorflow_and_prints_nothing(model, photos):
    code = ("import sys; from vision.classifier.classifier import Classifier; "
            "classifier = Classifier.load(sys.argv[1]); "
            "print(classifier.classify(sys.argv[2:]).tobytes().hex()); "
            "sys.exit('tensorflow' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code, str(model), *map(str, photos[:5])],
                          cwd=ROOT, text=True, capture_output=True, check=True)
    expected = Classifier.load(model).classify(photos[:5])
    assert (done.stdout.strip(), done.stderr) == (expected.tobytes().hex(), "")


def test_the_looks_and_the_threshold_are_the_records(model):
    classifier = Classifier.load(model)
    assert [look.name for look in classifier.looks] == LOOKS
    assert classifier.not_sure == 0.6
