"""Backbones: every source becomes the same kind of folder; what is no backbone is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vision.backbones import (
    BackboneParameters,
    BackboneRecord,
    load_backbone,
    named_backbone,
    normalise_backbone,
)
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json

ROOT = Path(__file__).parents[3]
KERAS_WEIGHTS = ROOT / ".." / "shared" / "data" / "backbones" / "inception_v3_notop.h5"
needs_keras_weights = pytest.mark.skipif(
    not KERAS_WEIGHTS.exists(), reason=f"no Inception-v3 weights at {KERAS_WEIGHTS}")

# The mean of each colour, and the sum of red and blue: a network one can compute by hand.
COLOUR_WEIGHTS = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 1]], np.float32)


def tensorflow():
    from vision.backbones.runtime import tf
    return tf


def colour_means(images, kernel):
    tf = tensorflow()
    return tf.matmul(tf.reduce_mean(images, axis=(1, 2)), kernel)


def write_callable(folder: Path, network=colour_means, shape=(None, 40, 48, 3), dtype="float32"):
    """A SavedModel in TF-Hub's style with four features and its weights in a variable."""
    tf = tensorflow()
    module = tf.Module()
    module.kernel = tf.Variable(COLOUR_WEIGHTS)
    module.__call__ = tf.function(lambda images: network(images, module.kernel),
                                  [tf.TensorSpec(shape, dtype, name="images")])
    tf.saved_model.save(module, str(folder))
    return str(folder)


def write_signatures(folder: Path, network, shape=(None, 40, 40, 3)):
    """A SavedModel with the signature serving_default, not callable."""
    tf = tensorflow()
    module = tf.Module()
    module.kernel = tf.Variable(COLOUR_WEIGHTS)
    serve = tf.function(lambda pixels: network(pixels, module.kernel))
    signature = serve.get_concrete_function(tf.TensorSpec(shape, name="pixels"))
    tf.saved_model.save(module, str(folder), signatures={"serving_default": signature})
    return str(folder)


@pytest.fixture
def images():
    return np.random.default_rng(1).random((3, 40, 48, 3), dtype=np.float32)


def test_a_callable_saved_model_becomes_a_backbone_with_the_same_features(tmp_path, images):
    record = normalise_backbone(write_callable(tmp_path / "mine"), tmp_path / "backbone")
    assert (record.height, record.width, record.feature_width) == (40, 48, 4)
    assert record.name == "mine"
    backbone = load_backbone(tmp_path / "backbone")
    assert backbone.record == record
    features = backbone.features(images)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, images.mean(axis=(1, 2)) @ COLOUR_WEIGHTS, rtol=1e-5)


def test_any_batch_size_gives_the_same_rows(tmp_path, images):
    normalise_backbone(write_callable(tmp_path / "mine"), tmp_path / "backbone")
    backbone = load_backbone(tmp_path / "backbone")
    together = backbone.features(images)
    for number in range(3):
        np.testing.assert_array_equal(backbone.features(images[number:number + 1])[0],
                                      together[number])


def test_a_signature_with_one_output_serves_as_well(tmp_path, images):
    source = write_signatures(tmp_path / "mine", lambda pixels, kernel: {
        "features": colour_means(pixels, kernel)})
    normalise_backbone(source, tmp_path / "backbone")
    features = load_backbone(tmp_path / "backbone").features(images[:, :, :40])
    expected = images[:, :, :40].mean(axis=(1, 2)) @ COLOUR_WEIGHTS
    np.testing.assert_allclose(features, expected, rtol=1e-5)


def test_of_several_outputs_the_pooled_one_is_taken(tmp_path):
    source = write_signatures(tmp_path / "mine", lambda pixels, kernel: {
        "map": pixels, "pooled": colour_means(pixels, kernel)})
    assert normalise_backbone(source, tmp_path / "backbone").feature_width == 4


def test_of_several_pooled_outputs_none_is_guessed(tmp_path):
    source = write_signatures(tmp_path / "mine", lambda pixels, kernel: {
        "one": colour_means(pixels, kernel), "two": colour_means(pixels, kernel)})
    with pytest.raises(UserError, match="gives the outputs one, two"):
        normalise_backbone(source, tmp_path / "backbone")


def test_a_model_exported_by_keras_serves_as_well(tmp_path, images):
    keras = tensorflow().keras
    model = keras.Sequential([keras.Input((40, 48, 3)), keras.layers.GlobalAveragePooling2D()])
    model.export(str(tmp_path / "mine"), verbose=False)
    normalise_backbone(str(tmp_path / "mine"), tmp_path / "backbone")
    features = load_backbone(tmp_path / "backbone").features(images)
    np.testing.assert_allclose(features, images.mean(axis=(1, 2)), rtol=1e-5)


def test_image_size_is_needed_only_where_the_model_does_not_tell(tmp_path):
    source = write_callable(tmp_path / "mine", shape=(None, None, None, 3))
    with pytest.raises(UserError, match=r"set backbone\.image_size"):
        normalise_backbone(source, tmp_path / "backbone")
    record = normalise_backbone(source, tmp_path / "backbone", image_size=64)
    assert (record.height, record.width) == (64, 64)
    told = write_callable(tmp_path / "told")
    with pytest.raises(UserError, match="64, but .* takes 40 x 48 pixels"):
        normalise_backbone(told, tmp_path / "backbone", image_size=64)


def test_the_same_network_has_the_same_bytes_wherever_it_is_and_another_weight_another_print(
        tmp_path):
    source = write_callable(tmp_path / "mine")
    first = normalise_backbone(source, tmp_path / "first")
    assert normalise_backbone(source, tmp_path / "second") == first
    # In one process TensorFlow numbers its functions on: the list of the files tells of that.
    records = [read_json(tmp_path / name / "record.json") for name in ("first", "second")]
    assert records[0].pop("folder") and records[1].pop("folder")
    assert records[0] == records[1]
    again = normalise_backbone(write_callable(tmp_path / "moved"), tmp_path / "third")
    assert again.fingerprint == first.fingerprint
    other = write_callable(tmp_path / "other", lambda images, kernel: colour_means(
        images, kernel * 2))
    assert normalise_backbone(other, tmp_path / "fourth").fingerprint != first.fingerprint
    COLOUR_WEIGHTS[0, 0] += 1e-6
    try:
        nearly = normalise_backbone(write_callable(tmp_path / "nearly"), tmp_path / "fifth")
    finally:
        COLOUR_WEIGHTS[0, 0] = 1
    assert nearly.fingerprint != first.fingerprint


@pytest.mark.parametrize(("network", "shape", "dtype", "complaint"), [
    (lambda images, kernel: images, (None, 40, 40, 3), "float32", r"shape \(2, 40, 40, 3\)"),
    (colour_means, (None, 40, 40, 1), "float32", "takes inputs of shape"),
    (lambda images, kernel: images, (None, 7), "float32", "takes inputs of shape"),
    (lambda images, kernel: colour_means(tensorflow().cast(images, "float32"), kernel),
     (None, 40, 40, 3), "uint8", "takes uint8"),
    (lambda images, kernel: tensorflow().reshape(images, (1, -1)), (None, 40, 40, 3), "float32",
     r"shape \(1, 9600\)"),
    (lambda images, kernel: tensorflow().reshape(images, (1, 4800)), (None, 40, 40, 3), "float32",
     "cannot be run on images of 40 x 40"),
])
@pytest.mark.filterwarnings("ignore")
def test_a_network_that_is_no_backbone_is_refused_and_leaves_the_old_one(
        tmp_path, network, shape, dtype, complaint):
    if shape[-1] == 1:
        def network(images, kernel):
            return images[:, 0, 0]
    source = write_callable(tmp_path / "mine", network, shape, dtype)
    (tmp_path / "backbone").mkdir()
    with pytest.raises(UserError, match=complaint):
        normalise_backbone(source, tmp_path / "backbone")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backbone", "mine"]


def test_a_folder_without_or_with_a_broken_saved_model_is_refused(tmp_path):
    with pytest.raises(UserError, match="no SavedModel"):
        normalise_backbone(str(tmp_path), tmp_path / "backbone")
    (tmp_path / "saved_model.pb").write_bytes(b"no protocol buffer")
    with pytest.raises(UserError, match="no SavedModel"):
        normalise_backbone(str(tmp_path), tmp_path / "backbone")


def test_a_folder_that_is_called_as_a_backbone_of_the_catalogue_is_taken(
    tmp_path, monkeypatch, capsys
):
    write_callable(tmp_path / "inception_v3")
    monkeypatch.chdir(tmp_path)
    assert named_backbone("inception_v3") == "inception_v3"
    assert "warning: backbone: the path inception_v3, not inception_v3" in capsys.readouterr().err
    assert named_backbone("catalogue:inception_v3") == "catalogue:inception_v3"
    assert named_backbone("efficientnet_lite2") == "catalogue:efficientnet_lite2"
    assert "backbone: efficientnet_lite2 of the catalogue" in capsys.readouterr().err
    record = normalise_backbone("inception_v3", tmp_path / "backbone")
    assert record.feature_width != 2048
    with pytest.raises(UserError, match="'inception_v4' is neither a path"):
        named_backbone("inception_v4")


@pytest.mark.parametrize("handle", [
    "https://tfhub.dev/google/imagenet/inception_v3/feature_vector/5",
    "google/inception-v3/tensorFlow2/feature-vector/2",
])
def test_a_handle_is_neither_a_path_nor_a_name_of_the_catalogue(handle):
    assert named_backbone(handle) == handle


def test_a_misspelt_name_gets_the_nearest_and_a_file_of_another_kind_the_kinds(tmp_path):
    with pytest.raises(UserError, match="did you mean inception_v3"):
        normalise_backbone("inception_v4", tmp_path / "backbone")
    (tmp_path / "model.onnx").write_bytes(b"?")
    with pytest.raises(UserError, match="Keras weights file"):
        normalise_backbone(str(tmp_path / "model.onnx"), tmp_path / "backbone")


def test_loading_refuses_a_folder_without_a_backbone_and_a_broken_record(tmp_path):
    with pytest.raises(UserError, match="holds no backbone"):
        load_backbone(tmp_path)
    (tmp_path / "record.json").write_text('{"name": ')
    with pytest.raises(UserError, match="is broken"):
        load_backbone(tmp_path)
    (tmp_path / "record.json").write_text('{"name": "x"}')
    with pytest.raises(UserError, match="is broken"):
        load_backbone(tmp_path)


def test_features_refuses_images_of_another_size(tmp_path, images):
    normalise_backbone(write_callable(tmp_path / "mine"), tmp_path / "backbone")
    with pytest.raises(ValueError, match=r"takes \(batch, 40, 48, 3\)"):
        load_backbone(tmp_path / "backbone").features(images[:, :20])


def test_an_image_size_too_small_for_any_backbone_is_refused():
    with pytest.raises(UserError, match="image_size is 8"):
        BackboneParameters(image_size=8)


def test_importing_the_package_does_not_import_tensorflow():
    code = ("import sys, vision.backbones, vision.backbones.bottlenecks, vision.photos.image; "
            "sys.exit('tensorflow' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


# --- Inception-v3 -------------------------------------------------------------------------------

@needs_keras_weights
def test_keras_weights_of_inception_v3_give_keras_own_features(tmp_path):
    """At the smallest image size, for speed; Keras' model gets its [-1, 1] by hand."""
    tf = tensorflow()
    record = normalise_backbone(str(KERAS_WEIGHTS), tmp_path / "backbone", image_size=75,
                                inference="float32")
    assert (record.height, record.width, record.feature_width) == (75, 75, 2048)
    images = np.random.default_rng(1).random((2, 75, 75, 3), dtype=np.float32)
    model = tf.keras.applications.InceptionV3(
        weights=str(KERAS_WEIGHTS), include_top=False, pooling="avg", input_shape=(75, 75, 3))
    expected = model(2 * images - 1, training=False).numpy()
    np.testing.assert_allclose(load_backbone(tmp_path / "backbone").features(images), expected,
                               atol=1e-4)


def test_keras_weights_of_another_network_are_refused(tmp_path):
    keras = tensorflow().keras
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    path = tmp_path / "dense.weights.h5"
    model.save_weights(path)
    with pytest.raises(UserError, match=r"dense\.weights\.h5 does not hold .* Inception-v3"):
        normalise_backbone(str(path), tmp_path / "backbone")


def test_a_lambda_layer_in_a_keras_file_is_not_run(tmp_path, monkeypatch):
    keras = tensorflow().keras
    layers = [keras.Input((75, 75, 3)), keras.layers.GlobalAveragePooling2D()]
    monkeypatch.setattr(keras.applications, "InceptionV3",
                        lambda **_arguments: keras.Sequential([*layers, keras.layers.Dense(2)]))
    path, marker = tmp_path / "lambda.keras", tmp_path / "was run"
    keras.Sequential([*layers, keras.layers.Lambda(
        lambda inputs, place=str(marker): (__import__("os").mkdir(place), inputs)[1])]).save(path)
    marker.rmdir()  # made while the layer was built
    with pytest.raises(UserError, match="does not hold the weights"):
        normalise_backbone(str(path), tmp_path / "backbone")
    assert not marker.exists()


def test_keras_weights_with_a_gap_are_refused(tmp_path, monkeypatch):
    """Keras itself only warns, and leaves random numbers in the gap."""
    keras = tensorflow().keras
    layers = [keras.Input((75, 75, 3)), keras.layers.Conv2D(2, 3), keras.layers.Conv2D(3, 3),
              keras.layers.GlobalAveragePooling2D()]
    monkeypatch.setattr(keras.applications, "InceptionV3",
                        lambda **_arguments: keras.Sequential(layers))
    model = keras.Sequential(layers)
    model.layers[1].bias.assign([1, np.nan, 2])
    path = tmp_path / "gap.weights.h5"
    model.save_weights(path)
    with pytest.raises(UserError, match="it lacks 1 of 4 arrays"):
        normalise_backbone(str(path), tmp_path / "backbone")


def test_a_file_that_only_ends_in_h5_is_refused(tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(UserError, match=r"text\.h5 does not hold"):
        normalise_backbone(str(tmp_path / "text.h5"), tmp_path / "backbone")


def test_inception_v3_refuses_images_below_75_pixels(tmp_path):
    with pytest.raises(UserError, match="image_size is 64; Inception-v3 needs at least 75"):
        normalise_backbone("inception_v3", tmp_path / "backbone", image_size=64)


def test_record_round_trip(tmp_path):
    record = BackboneRecord("n", 1, 2, 3, "x", "s", "l", "c — ü", "f", "int8")
    record.write(tmp_path)
    assert BackboneRecord.read(tmp_path) == record


def test_tensorflow_hub_loads_a_backbone_as_one_of_its_own(small_backbone):
    tensorflow_hub = pytest.importorskip("tensorflow_hub")
    images = np.random.default_rng(1).random((2, 16, 16, 3), np.float32)
    features = tensorflow_hub.load(str(small_backbone))(images).numpy()
    expected = load_backbone(small_backbone).features(images)
    np.testing.assert_allclose(features, expected, atol=0.01)
