"""SavedModels of others: what does more than compute is refused before anything of it runs."""

import numpy as np
import pytest

from vision.backbones import normalise_backbone
from vision.classifier.classifier import Classifier
from vision.classifier.export import ExportParameters, export_classifier
from words_and_images.common.errors import UserError
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining.head import Head


def tensorflow():
    from vision.backbones.runtime import tf

    return tf


def write_file(tf, path, variable):
    return tf.io.write_file(path, "written")


def save_checkpoint(tf, path, variable):
    return tf.raw_ops.SaveV2(prefix=path, tensor_names=["a"], shape_and_slices=[""],
                             tensors=[variable.read_value()])


def restore_checkpoint(tf, path, variable):
    return tf.raw_ops.RestoreV2(prefix=path, tensor_names=["a"], shape_and_slices=[""],
                                dtypes=[tf.float32])


def print_to_file(tf, path, variable):
    return tf.print("printed", output_stream=f"file://{path}")


def read_file(tf, path, variable):
    return tf.io.read_file(path)


def call_python(tf, path, variable):
    return tf.py_function(lambda: 1.0, [], tf.float32)


def list_files(tf, path, variable):
    return tf.io.matching_files(f"{path}*")


def read_records(tf, path, variable):
    return tf.data.TextLineDataset(path).reduce("", lambda before, line: line)


def write_model(folder, does, path, deep=False):
    tf = tensorflow()
    module = tf.Module()
    module.weights = tf.Variable(tf.ones((3, 4)))

    def beside(images):
        with tf.control_dependencies([images]):
            does(tf, str(path), module.weights)

    inner = tf.function(beside) if deep else beside

    def features(images):
        inner(images)
        return tf.reduce_mean(images, (1, 2)) @ module.weights

    module.__call__ = tf.function(features, [tf.TensorSpec((None, 32, 32, 3), tf.float32)])
    tf.saved_model.save(module, str(folder))
    return folder


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(("does", "operation"), [
    (write_file, "WriteFile"), (save_checkpoint, "SaveV2"), (restore_checkpoint, "RestoreV2"),
    (print_to_file, "PrintV2"), (read_file, "ReadFile"), (call_python, "EagerPyFunc"),
    (list_files, "MatchingFiles"), (read_records, "TextLineDataset"),
])
def test_a_model_that_reaches_out_is_refused_and_does_not_run(tmp_path, does, operation, deep):
    source = write_model(tmp_path / "model", does, tmp_path / "reached", deep)
    with pytest.raises(UserError, match=rf"graph holds the operations .*{operation}"):
        normalise_backbone(str(source), tmp_path / "backbone")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_model_with_variables_and_a_saver_of_its_own_is_taken(tmp_path):
    source = write_model(tmp_path / "model", lambda *_: None, "")
    assert normalise_backbone(str(source), tmp_path / "backbone").feature_width == 4


@pytest.mark.parametrize("name", ["saved_model.cpb", "saved_model.pbtxt"])
def test_a_model_in_another_file_than_was_looked_at_is_refused(tmp_path, small_saved_model, name):
    (tmp_path / "saved_model.pb").write_bytes((small_saved_model / "saved_model.pb").read_bytes())
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=f"{name}, which is not looked into"):
        normalise_backbone(str(tmp_path), tmp_path / "backbone")


def test_no_classifier_enters_tensorflow_on_the_word_of_its_folder(
        tmp_path, small_saved_model, write_photos):
    generator = np.random.default_rng(1)
    standardiser = Standardiser.fit(generator.normal(0.5, 0.2, (9, 12)).astype(np.float32))
    head = Head(["hotdog", "nothotdog"], standardiser, Network.of_widths(generator, [12, 2]))
    normalise_backbone(str(small_saved_model), tmp_path / "backbone", inference="tensorflow")
    photos = sorted(write_photos(tmp_path / "photos", 2).rglob("*.png"))
    export_classifier(tmp_path / "backbone", head, photos, {}, tmp_path / "classifier",
                      ExportParameters(lite=False))
    with pytest.raises(UserError, match="run by TensorFlow from a SavedModel, which is a program"):
        Classifier.load(tmp_path / "classifier")
    trusted = Classifier.load(tmp_path / "classifier", tensorflow=True)
    assert trusted.classify(photos).shape == (4, 2)
