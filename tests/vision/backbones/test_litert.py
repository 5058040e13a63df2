"""LiteRT: converted networks give the network's features, in any thread and without TensorFlow."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vision.backbones import BackboneParameters, load_backbone, normalise_backbone
from vision.backbones.litert import NETWORK_FILE, LiteNetwork
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json

ROOT = Path(__file__).parents[3]
SIZE = 32


def write_model(folder: Path, network) -> str:
    """A SavedModel in TF-Hub's style of a function of TensorFlow and images."""
    from vision.backbones.runtime import tf
    module = tf.Module()
    module.__call__ = tf.function(
        lambda images: network(tf, images), [tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)])
    tf.saved_model.save(module, str(folder))
    return str(folder)


def kernel(*shape: int) -> np.ndarray:
    scale = np.sqrt(2 / np.prod(shape[:3]))
    return np.random.default_rng(len(shape)).normal(0, scale, shape).astype(np.float32)


def convolutions(tf, images):
    maps = tf.nn.relu(tf.nn.conv2d(images, kernel(3, 3, 3, 64), 2, "SAME"))
    return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(maps, kernel(3, 3, 64, 48), 2, "SAME")), (1, 2))


def depthwise(tf, images):
    maps = tf.nn.relu(tf.nn.conv2d(images, kernel(3, 3, 3, 128), 2, "SAME"))
    own = np.moveaxis(kernel(3, 3, 1, 128), 2, 3)
    maps = tf.nn.relu(tf.nn.depthwise_conv2d(maps, own, (1, 1, 1, 1), "SAME"))
    return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(maps, kernel(1, 1, 128, 48), 1, "SAME")), (1, 2))


def unconvertible(tf, images):
    """LiteRT has no singular values."""
    return tf.linalg.svd(tf.reduce_mean(images, 1), compute_uv=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("models") / "convolutions", convolutions)


@pytest.fixture(scope="module")
def images():
    from vision.backbones.conversion import probes
    return np.stack(probes(SIZE, SIZE))


def weight_types(folder: Path) -> list[type]:
    """The types of a network's arrays of more than 1,000 numbers."""
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model_path=str(folder / NETWORK_FILE))
    details = interpreter.get_tensor_details()
    return [each["dtype"] for each in details
            if len(each["shape"]) == 4 and each["shape"][0] != 1 and np.prod(each["shape"]) > 1000]


def test_every_inference_gives_the_networks_features_and_has_a_fingerprint_of_its_own(
        tmp_path, source, images):
    prints = set()
    exact = None
    for inference, tolerance in (("tensorflow", 0), ("float32", 1e-5), ("int8", 0.05)):
        folder = tmp_path / inference
        record = normalise_backbone(source, folder, inference=inference)
        assert record.inference == inference
        assert (folder / NETWORK_FILE).exists() == (inference != "tensorflow")
        features = load_backbone(folder).features(images)
        exact = features if exact is None else exact
        distance = np.linalg.norm(features - exact) / np.linalg.norm(exact)
        assert distance <= tolerance
        assert distance > 0 or inference != "int8"
        prints.add(record.fingerprint)
    assert len(prints) == 3


def test_weights_of_8_bits_are_the_default(tmp_path, source):
    assert normalise_backbone(source, tmp_path / "backbone").inference == "int8"
    assert weight_types(tmp_path / "backbone") == [np.int8, np.int8]


def test_depthwise_convolutions_keep_their_weights(tmp_path, images):
    model = write_model(tmp_path / "model", depthwise)
    normalise_backbone(model, tmp_path / "int8")
    normalise_backbone(model, tmp_path / "float32", inference="float32")
    both = [load_backbone(tmp_path / name).features(images) for name in ("int8", "float32")]
    assert np.linalg.norm(both[0] - both[1]) < 0.05 * np.linalg.norm(both[1])
    from ai_edge_litert.interpreter import Interpreter
    types = {}
    for name in ("int8", "float32"):
        interpreter = Interpreter(model_path=str(tmp_path / name / NETWORK_FILE))
        types[name] = {tuple(each["shape"]): each["dtype"]
                       for each in interpreter.get_tensor_details()}
    # LiteRT keeps a depthwise kernel as (1, height, width, channels).
    assert types["int8"][1, 3, 3, 128] == types["float32"][1, 3, 3, 128] == np.float32
    assert types["int8"][48, 1, 1, 128] == np.int8


def test_networks_of_other_depthwise_convolutions_are_not_put_together(tmp_path, source):
    from vision.backbones.depthwise import with_float_depthwise
    normalise_backbone(source, tmp_path / "one", inference="float32")
    model = write_model(tmp_path / "model", depthwise)
    normalise_backbone(model, tmp_path / "other", inference="float32")
    contents = [(tmp_path / name / NETWORK_FILE).read_bytes() for name in ("one", "other")]
    with pytest.raises(ValueError, match="shorter|longer"):
        with_float_depthwise(*contents)


def test_8_bits_too_far_from_the_network_give_way_to_float32(
        tmp_path, source, monkeypatch, capsys):
    from vision.backbones import conversion
    monkeypatch.setitem(conversion.TOLERANCES, "int8", 1e-6)
    assert normalise_backbone(source, tmp_path / "backbone").inference == "float32"
    assert capsys.readouterr().err == ""
    with pytest.raises(UserError, match="'int8', but .*its features in int8 are 0.* leave it out"):
        normalise_backbone(source, tmp_path / "named", inference="int8")
    assert not (tmp_path / "named").exists()


def test_a_network_that_lite_cannot_run_is_run_by_tensorflow_and_said_so(tmp_path, capsys):
    model = write_model(tmp_path / "model", unconvertible)
    assert normalise_backbone(model, tmp_path / "backbone").inference == "tensorflow"
    assert "LiteRT cannot run model (" in capsys.readouterr().err
    grey = np.full((1, SIZE, SIZE, 3), 2, np.float32)
    # Rows of (2, 2, 2), all alike: one singular value, sqrt(32 * 3 * 2^2).
    np.testing.assert_allclose(load_backbone(tmp_path / "backbone").features(grey),
                               [[np.sqrt(384), 0, 0]], rtol=1e-5, atol=1e-5)
    with pytest.raises(UserError, match="inference is 'float32', but LiteRT cannot run"):
        normalise_backbone(model, tmp_path / "named", inference="float32")


def test_an_unknown_inference_is_refused():
    with pytest.raises(UserError, match="inference is 'int4'"):
        BackboneParameters(inference="int4")


def test_a_backbone_whose_record_knows_no_inference_is_a_saved_model(tmp_path, source, images):
    normalise_backbone(source, tmp_path / "backbone", inference="tensorflow")
    expected = load_backbone(tmp_path / "backbone").features(images)
    record = read_json(tmp_path / "backbone" / "record.json")
    del record["inference"], record["folder"]
    write_json(tmp_path / "backbone" / "record.json", record)
    np.testing.assert_array_equal(load_backbone(tmp_path / "backbone").features(images), expected)


def test_features_are_the_same_bits_alone_together_and_from_many_threads(tmp_path, source):
    for inference in ("int8", "float32"):
        normalise_backbone(source, tmp_path / inference, inference=inference)
        backbone = load_backbone(tmp_path / inference)
        images = np.random.default_rng(3).random((40, SIZE, SIZE, 3), dtype=np.float32)
        together = backbone.features(images)
        with ThreadPoolExecutor(8) as pool:
            alone = list(pool.map(lambda image, backbone=backbone: backbone.features(image[None]),
                                  images))
        np.testing.assert_array_equal(np.concatenate(alone), together)


def test_a_missing_or_broken_network_is_refused(tmp_path, source):
    normalise_backbone(source, tmp_path / "backbone")
    path = tmp_path / "backbone" / NETWORK_FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="network.tflite has .* bytes and was written with"):
        load_backbone(tmp_path / "backbone")
    record = read_json(tmp_path / "backbone" / "record.json")
    del record["folder"]  # as earlier versions wrote it
    write_json(tmp_path / "backbone" / "record.json", record)
    for content in (b"", b"no network"):
        path.write_bytes(content)
        with pytest.raises(UserError, match="network.tflite is broken .it is no network"):
            load_backbone(tmp_path / "backbone")
    path.unlink()
    with pytest.raises(UserError, match="network.tflite is broken .No such file"):
        load_backbone(tmp_path / "backbone")


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, text=True,
                          capture_output=True, check=True)


def test_two_processes_make_the_same_bytes_and_print_nothing(tmp_path):
    model = write_model(tmp_path / "model", depthwise)
    code = ("import sys; from pathlib import Path; from vision.backbones import *; "
            "normalise_backbone(sys.argv[1], Path(sys.argv[2]))")
    for name in ("first", "second"):
        done = python(code, model, str(tmp_path / name))
        assert (done.stdout, done.stderr) == ("", "")
    files = [sorted(path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*"))
             for name in ("first", "second")]
    assert files[0] == files[1]
    for name in files[0]:
        if (tmp_path / "first" / name).is_file():
            assert (tmp_path / "first" / name).read_bytes() == (
                tmp_path / "second" / name).read_bytes(), name


def test_a_backbone_runs_without_tensorflow_and_prints_nothing(tmp_path, source):
    normalise_backbone(source, tmp_path / "backbone")
    code = ("import sys, numpy; from pathlib import Path; from vision.backbones import *; "
            "backbone = load_backbone(Path(sys.argv[1])); "
            f"backbone.features(numpy.zeros((2, {SIZE}, {SIZE}, 3), numpy.float32)); "
            "sys.exit('tensorflow' in sys.modules)")
    done = python(code, str(tmp_path / "backbone"))
    assert (done.stdout, done.stderr) == ("", "")


def looping_network(size: int = 16) -> bytes:
    """A .tflite file that goes round for ever: while true, images become their absolute values."""
    from ai_edge_litert import schema_py_generated as schema

    from vision.backbones.depthwise import packed

    def tensor(*shape, kind=schema.TensorType.FLOAT32, buffer=0):
        return schema.TensorT(shape, kind, buffer, name="it")

    images, kinds, options = (1, size, size, 3), schema.BuiltinOperator, schema.BuiltinOptions
    loop = schema.OperatorT(0, [0], [1], options.WhileOptions, schema.WhileOptionsT(1, 2))
    graphs = [
        schema.SubGraphT([tensor(*images), tensor(*images)], [0], [1], [loop], "main"),
        schema.SubGraphT([tensor(*images), tensor(1, kind=schema.TensorType.BOOL, buffer=1)], [0],
                         [1], [], "condition"),
        schema.SubGraphT([tensor(*images), tensor(*images)], [0], [1], [
            schema.OperatorT(1, [0], [1], options.AbsOptions, schema.AbsOptionsT())], "body")]
    codes = [schema.OperatorCodeT(kind, None, 1, kind) for kind in (kinds.WHILE, kinds.ABS)]
    true = schema.BufferT(np.array([1], np.uint8))
    return packed(schema.ModelT(3, codes, graphs, "it", [schema.BufferT(), true]), 4096)


def test_a_network_with_a_loop_which_need_not_end_is_refused():
    with pytest.raises(ValueError, match="it has loops or branches"):
        LiteNetwork(looping_network())
