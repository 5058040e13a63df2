import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from vision.backbones import load_backbone, normalise_backbone
from vision.backbones.conversion import UnconvertibleError
from vision.classifier import graphs
from vision.classifier.classifier import Classifier
from vision.classifier.export import (
    ExportedFile,
    ExportParameters,
    _evenly,
    _refuse_differences,
    comparison_table,
    export_classifier,
    model_card,
)
from words_and_images.common.errors import UserError
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining.head import Head

FILES = ("saved_model", "classifier_float32.tflite", "classifier_int8.tflite")


@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    folder = write_photos(tmp_path_factory.mktemp("photos") / "images", 6)
    return sorted(folder.rglob("*.png"))


@pytest.fixture(scope="module")
def head():
    """A hidden layer, a scaling and a temperature: whatever a head may have."""
    generator = np.random.default_rng(1)
    standardiser = Standardiser.fit(generator.normal(0.5, 0.2, (30, 12)).astype(np.float32))
    network = Network.of_widths(generator, [12, 5, 2])
    return Head(["hotdog", "nothotdog"], standardiser, network, temperature=1.5)


@pytest.fixture(scope="module")
def exported(small_backbone, head, photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "classifier"
    facts = {"test": {"accuracy": 0.5}, "looks": ["whole", "mirror"]}
    export_classifier(small_backbone, head, photos, facts, folder)
    return folder


@pytest.fixture(scope="module")
def pictures(exported, photos):
    classifier = Classifier.load(exported)
    return np.stack([classifier.read(path) for path in photos])


def run_lite(path: Path, images: np.ndarray) -> np.ndarray:
    """As a user would, with nothing of this project."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    given, = interpreter.get_input_details()
    result, = interpreter.get_output_details()
    assert given["dtype"] == result["dtype"] == np.float32
    rows = []
    for image in images:
        interpreter.set_tensor(given["index"], image[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result["index"])[0])
    return np.stack(rows)


def test_the_exported_folder_classifies_like_backbone_and_head(exported, head, photos):
    classifier = Classifier.load(exported)
    pictures = np.stack([classifier.read(path) for path in photos])
    backbone = load_backbone(exported / "backbone")
    looks = [backbone.features(pictures), backbone.features(pictures[:, :, ::-1])]
    expected = head.probabilities(np.stack(looks, axis=1))
    np.testing.assert_array_equal(classifier.classify(photos), expected)


def test_the_saved_model_is_a_function_of_images_and_a_signature(exported, photos, pictures):
    from vision.backbones.runtime import tf
    model = tf.saved_model.load(str(exported / "saved_model"))
    served = model.signatures["serving_default"](images=tf.constant(pictures))
    np.testing.assert_array_equal(served["probabilities"], model(pictures))
    np.testing.assert_allclose(model(pictures).numpy().sum(axis=1), 1, atol=1e-5)


def test_the_files_give_the_classifiers_answers_by_the_geometric_mean_over_its_looks(
        exported, photos, pictures):
    expected = Classifier.load(exported).classify(photos)
    for name in FILES[1:]:
        looks = [run_lite(exported / name, seen) for seen in (pictures, pictures[:, :, ::-1])]
        products = np.sqrt(looks[0] * looks[1])
        answers = products / products.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(answers, expected, atol=0.02)


def test_the_geometric_mean_is_that_of_the_mean_logits():
    # Logits (0, 0) and (2, 0): their mean (1, 0) has the odds e
    one, two = [0.5, 0.5], [np.exp(2) / (np.exp(2) + 1), 1 / (np.exp(2) + 1)]
    expected = [np.e / (np.e + 1), 1 / (np.e + 1)]
    np.testing.assert_allclose(graphs.combined(np.array([one, two])), expected)
    assert np.isfinite(graphs.combined(np.array([[1.0, 0.0], [0.5, 0.5]]))).all()


def test_the_float_files_agree_with_numpy_on_features_in_float32(exported, head, pictures):
    """The quarters' mean colours by hand."""
    expected = head.probabilities(pictures.reshape(-1, 2, 8, 2, 8, 3).mean(axis=(2, 4))
                                  .reshape(-1, 12))
    from vision.backbones.runtime import tf
    saved_model = tf.saved_model.load(str(exported / "saved_model"))
    np.testing.assert_allclose(saved_model(pictures), expected, atol=1e-5)
    np.testing.assert_allclose(run_lite(exported / FILES[1], pictures), expected, atol=1e-5)


def test_the_saved_model_takes_any_number_of_images(exported):
    from vision.backbones.runtime import tf
    model = tf.saved_model.load(str(exported / "saved_model"))
    for count in (1, 3):
        assert model(np.zeros((count, 16, 16, 3), np.float32)).shape == (count, 2)


def test_the_labels_are_in_the_order_of_the_outputs(exported, head):
    assert (exported / "labels.txt").read_text() == "hotdog\nnothotdog\n"
    assert json.loads((exported / "labels.json").read_text()) == head.labels


@pytest.mark.parametrize("label", ["hot\ndog", "hot\u2028dog", ""])
def test_a_label_that_is_not_one_line_is_refused_before_anything_is_written(
        small_backbone, head, photos, tmp_path, label):
    other = replace(head, labels=[label, "nothotdog"])
    with pytest.raises(UserError, match="is not one line of text"):
        export_classifier(small_backbone, other, photos, {}, tmp_path / "classifier")
    assert list(tmp_path.iterdir()) == []


def test_the_lite_files_carry_the_labels(exported):
    for name in FILES[1:]:
        with zipfile.ZipFile(exported / name) as archive:
            assert archive.read("labels.txt") == (exported / "labels.txt").read_bytes()


def test_the_card_tells_the_terms_of_backbone_and_images(exported, head):
    classifier = Classifier.load(exported)
    assert model_card(classifier).licence == (
        "backbone: not stated by the source; images: not stated by the source")
    record = replace(classifier.backbone.record, licence="MIT", citation="Szegedy")
    stated = replace(classifier, backbone=replace(classifier.backbone, record=record),
                     record={"images": {"licence": "CC0"}})
    assert model_card(stated).licence == "backbone: MIT (Szegedy); images: CC0"
    assert model_card(stated).description == "Tells 2 labels apart by one look at a photo."
    assert model_card(classifier).description.endswith(" several: whole, mirror.")


def test_the_version_is_another_where_the_head_or_the_order_of_labels_is(exported, head):
    classifier = Classifier.load(exported)
    others = [replace(head, temperature=2.0), replace(head, labels=head.labels[::-1])]
    versions = {model_card(replace(classifier, head=other)).version for other in (head, *others)}
    assert len(versions) == 3
    assert model_card(classifier).version in versions


IN_MEDIAPIPE = """
import json, sys
sys.modules["tensorflow"] = None  # which MediaPipe imports where it is, for its documentation alone
import mediapipe
import numpy
from mediapipe.tasks.python import BaseOptions, vision

answers = []
for model in sys.argv[2:]:
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=model))
    with vision.ImageClassifier.create_from_options(options) as classifier:
        for pixels in numpy.load(sys.argv[1]):
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
            categories = classifier.classify(image).classifications[0].categories
            answers.append({each.category_name: each.score for each in categories})
print(json.dumps(answers))
"""


def ask_mediapipe(images: Path, models: list[Path]) -> list[dict[str, float]]:
    """Scores by label of each image by each model; in a process of its own, as it is large."""
    if find_spec("mediapipe") is None:
        pytest.skip("MediaPipe is not installed")
    command = [sys.executable, "-c", IN_MEDIAPIPE, str(images), *map(str, models)]
    ended = subprocess.run(command, capture_output=True, text=True)
    if "cannot open shared object file" in ended.stderr:
        pytest.skip(f"MediaPipe lacks a library: {ended.stderr.splitlines()[-1]}")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_mediapipe_gives_the_answers_of_both_lite_files_on_twenty_images(
        exported, head, tmp_path):
    images = np.random.default_rng(3).integers(0, 256, (20, 16, 16, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    paths = [exported / name for name in FILES[1:]]
    answers = [[answer[label] for label in head.labels]
               for answer in ask_mediapipe(tmp_path / "images.npy", paths)]
    expected = [run_lite(path, (images / 255).astype(np.float32)) for path in paths]
    # Its kernels for weights of 8 bits round in another way.
    np.testing.assert_allclose(answers[:20], expected[0], atol=1e-5)
    np.testing.assert_allclose(answers[20:], expected[1], atol=0.02)
    assert np.ptp(expected[0][:, 0]) > 0.05  # they would tell another scale of the pixels


def test_the_record_has_labels_backbone_facts_and_what_was_compared(exported):
    record = json.loads((exported / "record.json").read_text())
    assert record["labels"] == ["hotdog", "nothotdog"]
    assert (record["backbone"]["height"], record["backbone"]["feature_width"]) == (16, 12)
    assert record["test"] == {"accuracy": 0.5}
    exports = record["exports"]
    assert exports["compared_images"] == 12
    assert tuple(exports["files"]) == FILES
    for name, file in exports["files"].items():
        assert file["largest_difference"] < (0.05 if "int8" in name else 1e-5)
        assert 0 <= file["accuracy"] <= 1
        assert (file["bytes"], file["sha256"]) == graphs.size_and_sha256(exported / name)


def test_the_comparison_is_told_as_one_table(small_backbone, head, photos, tmp_path, capsys):
    export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier")
    told = capsys.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if line.startswith(FILES)]
    assert len(lines) == 3 and all(line.count("%") == 1 for line in lines)
    assert "drop" in told.out + told.err


def test_exporting_twice_gives_the_same_bytes(exported, small_backbone, head, photos, tmp_path):
    facts = {"test": {"accuracy": 0.5}, "looks": ["whole", "mirror"]}
    export_classifier(small_backbone, head, photos, facts, tmp_path / "classifier")
    again = {path.relative_to(tmp_path / "classifier"): path.read_bytes()
             for path in (tmp_path / "classifier").rglob("*") if path.is_file()}
    assert len(again) > 8
    for name, content in again.items():
        assert (exported / name).read_bytes() == content, name


def test_the_files_are_compared_on_every_look_of_the_classifier(
        small_backbone, head, photos, tmp_path):
    facts = {"looks": ["whole", "square", "centre"]}
    record = export_classifier(small_backbone, head, photos, facts, tmp_path / "classifier")
    files = record["exports"]["files"]
    assert files["saved_model"]["largest_difference"] < 1e-5
    assert files["saved_model"]["drop"] == 0


def test_of_a_classifier_in_8_bits_the_floats_are_held_against_a_run_in_float32(
        small_saved_model, head, photos, tmp_path):
    normalise_backbone(str(small_saved_model), tmp_path / "backbone", inference="tensorflow")
    # As 8 bits would, and more: features that are off by a tenth.
    record = replace(load_backbone(tmp_path / "backbone").record, inference="int8")
    record.write(tmp_path / "backbone")
    from vision.backbones.runtime import tf

    def rough(images):
        return 1.1 * tf.reshape(tf.nn.avg_pool2d(images, 8, 8, "VALID"), (-1, 12))

    module = tf.Module()
    module.__call__ = tf.function(rough, [tf.TensorSpec((None, 16, 16, 3), tf.float32)])
    tf.saved_model.save(module, str(tmp_path / "rough"))
    normalise_backbone(str(tmp_path / "rough"), tmp_path / "rough_backbone", inference="float32")
    (tmp_path / "rough_backbone" / "network.tflite").rename(
        tmp_path / "backbone" / "network.tflite")
    result = export_classifier(tmp_path / "backbone", head, photos, {}, tmp_path / "classifier")
    files = result["exports"]["files"]
    for name in FILES[:2]:
        assert files[name]["largest_difference"] < 1e-5
        assert files[name]["difference_to_classifier"] > 1e-3


def test_only_the_saved_model_is_written_where_lite_is_off(
        small_backbone, head, photos, tmp_path):
    record = export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier",
                               ExportParameters(lite=False))
    assert tuple(record["exports"]["files"]) == ("saved_model",)
    assert not list((tmp_path / "classifier").glob("*.tflite"))


def test_a_file_that_disagrees_stops_the_export_and_leaves_nothing(
        small_backbone, head, photos, tmp_path, monkeypatch):
    def write_other(network, record, folder):
        write_saved_model(lambda images: network(images)[:, ::-1], record, folder)

    write_saved_model = graphs.write_saved_model
    monkeypatch.setattr(graphs, "write_saved_model", write_other)
    with pytest.raises(UserError, match="saved_model differs from the classifier in float32 by 0"):
        export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier")
    assert list(tmp_path.iterdir()) == []


def test_an_8_bit_file_that_loses_too_much_stops_the_export(
        small_backbone, photos, tmp_path, monkeypatch):
    """A head that tells red from green, whose 8-bit file is made to tell the opposite."""
    weights = np.tile(np.array([[9, -9], [-9, 9], [0, 0]], np.float32), (4, 1))
    network = Network([DenseLayer(weights, np.zeros(2, np.float32), "identity")])
    head = Head(["hotdog", "nothotdog"], Standardiser(np.zeros(12), np.ones(12)), network)
    converted = graphs.conversion.converted

    def convert_other(frozen, kind):
        if kind == "int8":
            turned = Head(head.labels, head.standardiser, Network(
                [DenseLayer(-weights, np.zeros(2, np.float32), "identity")]))
            network = graphs.classifier_network(small_backbone, turned)
            frozen = graphs.runtime.freeze(network, 16, 16, batch=1)
        return converted(frozen, kind)

    monkeypatch.setattr(graphs.conversion, "converted", convert_other)
    with pytest.raises(UserError, match="classifier_int8.tflite has 12 of 12 test images fewer"):
        export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier")
    export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier",
                      ExportParameters(int8_loss=1))


def test_a_network_that_lite_cannot_run_is_named_with_the_remedy(
        small_backbone, head, photos, tmp_path, monkeypatch):
    def refuse(_frozen, _kind):
        raise UnconvertibleError("no kernel for Fft")

    monkeypatch.setattr(graphs.conversion, "converted", refuse)
    with pytest.raises(UserError, match=r"\(no kernel for Fft\); set export\.lite to false"):
        export_classifier(small_backbone, head, photos, {}, tmp_path / "classifier")
    assert list(tmp_path.iterdir()) == []


def test_a_test_image_outside_a_label_folder_is_refused(small_backbone, head, photos, tmp_path):
    stray = tmp_path / "elsewhere" / "1.png"
    stray.parent.mkdir()
    stray.write_bytes(photos[0].read_bytes())
    with pytest.raises(UserError, match="its folder is not named after a label"):
        export_classifier(small_backbone, head, [stray], {}, tmp_path / "classifier")


def exported_file(difference: float = 0.0, drop: float = 0.0) -> ExportedFile:
    return ExportedFile(1, "", difference, difference, 0.9, drop)


def test_a_file_that_gives_no_numbers_is_refused():
    for name in FILES:
        with pytest.raises(UserError):
            _refuse_differences({name: exported_file(float("nan"))}, 10, ExportParameters())


def test_one_image_is_let_go_and_then_the_share_counts():
    parameters = ExportParameters(int8_loss=0.02)
    _refuse_differences({FILES[2]: exported_file(0.3, drop=1 / 10)}, 10, parameters)
    _refuse_differences({FILES[2]: exported_file(0.3, drop=2 / 100)}, 100, parameters)
    for lost, count in ((2, 10), (3, 100)):
        with pytest.raises(UserError, match=f"has {lost} of {count} test images fewer"):
            _refuse_differences({FILES[2]: exported_file(0.3, lost / count)}, count, parameters)


def test_the_columns_of_the_table_line_up(exported):
    classifier = Classifier.load(exported)
    text = comparison_table(classifier, 0.95, 100, {
        "saved_model": exported_file(1e-6), "classifier_int8.tflite": exported_file(0.01, 0.01)})
    lines = text.splitlines()
    assert len(lines) == 4 and lines[0].endswith("drop") and lines[3].endswith("  1.0")
    assert lines[2].index("90.0 %") == lines[3].index("90.0 %")


def test_images_are_compared_evenly_out_of_all():
    images = [Path(str(number)) for number in range(10)]
    assert [path.name for path in _evenly(images, 4)] == ["0", "2", "5", "7"]
    assert _evenly(images, 20) == images


@pytest.mark.parametrize("values", [{"images": 0}, {"int8_loss": -0.1}, {"int8_loss": 1.1}])
def test_parameters_out_of_range_are_refused(values):
    with pytest.raises(UserError, match=next(iter(values))):
        ExportParameters(**values)


def test_importing_the_exporter_does_not_import_tensorflow():
    code = "import sys, vision.classifier.export; sys.exit('tensorflow' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
