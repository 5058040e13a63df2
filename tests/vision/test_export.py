import json

import numpy as np
import pytest

from common.errors import UserError
from neural.scaling import Standardiser
from neural.softmax_regression import SoftmaxRegression
from vision import export
from vision.classifier import Classifier
from vision.export import export_classifier
from vision.head import Head


@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    folder = write_photos(tmp_path_factory.mktemp("photos") / "images", 6)
    return sorted(folder.rglob("*.png"))


@pytest.fixture(scope="module")
def head():
    generator = np.random.default_rng(1)
    standardiser = Standardiser.fit(generator.normal(0.5, 0.2, (30, 12)).astype(np.float32))
    return Head(["hotdog", "nothotdog"], standardiser,
                SoftmaxRegression.initialise(generator, 12, 2))


@pytest.fixture(scope="module")
def exported(small_backbone, head, photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "classifier"
    export_classifier(small_backbone, head, photos, {"test": {"accuracy": 0.5}}, folder)
    return folder


def test_the_exported_folder_classifies_like_backbone_and_head(exported, head, photos):
    from vision.backbones import load_backbone
    classifier = Classifier.load(exported)
    pictures = np.stack([classifier.read(path) for path in photos])
    expected = head.probabilities(load_backbone(exported / "backbone").features(pictures))
    np.testing.assert_array_equal(classifier.classify(photos), expected)


def test_the_saved_model_is_a_function_of_images_and_a_signature(exported, photos):
    from vision.backbones.runtime import tf
    classifier = Classifier.load(exported)
    pictures = np.stack([classifier.read(path) for path in photos])
    model = tf.saved_model.load(str(exported / "saved_model"))
    expected = classifier.classify(photos)
    np.testing.assert_allclose(model(pictures), expected, atol=1e-5)
    served = model.signatures["serving_default"](images=tf.constant(pictures))
    np.testing.assert_allclose(served["probabilities"], expected, atol=1e-5)


def test_the_saved_model_takes_any_number_of_images(exported):
    from vision.backbones.runtime import tf
    model = tf.saved_model.load(str(exported / "saved_model"))
    for count in (1, 3):
        assert model(np.zeros((count, 16, 16, 3), np.float32)).shape == (count, 2)


def test_the_record_has_labels_backbone_facts_and_the_difference(exported):
    record = json.loads((exported / "record.json").read_text())
    assert record["labels"] == ["hotdog", "nothotdog"]
    assert (record["backbone"]["height"], record["backbone"]["feature_width"]) == (16, 12)
    assert record["test"] == {"accuracy": 0.5}
    assert 0 <= record["largest_difference"] < 1e-5


def test_a_saved_model_that_disagrees_stops_the_export_and_leaves_nothing(
    small_backbone, head, photos, tmp_path, monkeypatch
):
    def write_other(backbone, layer, folder):
        write_saved_model(backbone, SoftmaxRegression(layer.weights, layer.bias + [0, 1]), folder)

    write_saved_model = export.write_saved_model
    monkeypatch.setattr(export, "write_saved_model", write_other)
    with pytest.raises(UserError, match="differs from the classifier by 0"):
        export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier")
    assert list(tmp_path.iterdir()) == []


def test_a_saved_model_that_gives_no_numbers_is_refused():
    with pytest.raises(UserError, match="differs from the classifier by nan"):
        export._refuse_difference(float("nan"))
