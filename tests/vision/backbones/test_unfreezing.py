"""The last block of a backbone: where it begins, and how it learns again."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vision.backbones import load_backbone, normalise_backbone
from vision.backbones.fine_tuning import FineTuneParameters, fine_tune_backbone
from vision.photos.split import PhotoSplitParameters, split_images
from words_and_images.common.errors import UserError
from words_and_images.retraining.split import TEST

SIZE = 16


def tensorflow():
    from vision.backbones.runtime import tf
    return tf


def layer(name, inputs, outputs, side=3, seed=0):
    """A convolution with a bias, as a function whose weights are variables."""
    tf = tensorflow()
    generator = np.random.default_rng([seed, inputs, outputs, *name.encode()])
    kernel = generator.normal(0, (side * side * inputs)**-0.5, (side, side, inputs, outputs))
    weights = tf.Variable(kernel.astype(np.float32))
    bias = tf.Variable(generator.normal(0, 0.1, outputs).astype(np.float32))
    return lambda images: tf.nn.bias_add(
        tf.nn.conv2d(images, weights, 1, "SAME", name=name), bias, name=f"{name}_bias")


def pool(images):
    return tensorflow().reduce_mean(images, axis=(1, 2))


def chain():
    """first -> second -> third, no branches."""
    tf = tensorflow()
    first, second, third = layer("first", 3, 4), layer("second", 4, 5), layer("third", 5, 6)
    return lambda images: pool(tf.nn.relu(third(tf.nn.relu(second(
        tf.nn.relu(first(images), name="after_first")), name="after_second"))))


def residual():
    """first, then two blocks of a sum and one convolution behind them, as in EfficientNet-Lite."""
    tf = tensorflow()
    first, last = layer("first", 3, 4), layer("last", 4, 6, side=1)
    one, two = layer("one", 4, 4), layer("two", 4, 4)

    def network(images):
        entered = tf.nn.relu(first(images * 2 - 1))
        middle = tf.add(entered, one(entered), name="sum_one")
        ended = tf.add(middle, two(middle), name="sum_two")
        return pool(tf.nn.relu6(last(ended)))

    return network


def branched():
    """Two modules whose branches are concatenated, with batch normalisation, as in Inception."""
    tf = tensorflow()
    names = ("a", "b", "c", "d")
    branches = [layer(name, inputs, 3) for name, inputs in zip(names, (3, 3, 6, 6), strict=True)]
    scale = tf.Variable(np.linspace(0.5, 1.5, 3).astype(np.float32))

    def normalised(outputs):
        return tf.nn.relu(outputs * scale + scale / 7)

    def network(images):
        lower = tf.concat([normalised(each(images)) for each in branches[:2]], 3, name="mixed_one")
        upper = tf.concat([normalised(each(lower)) for each in branches[2:]], 3, name="mixed_two")
        return pool(upper)

    return network


def dense():
    """Every layer takes all before it, so that only the last concatenation is a cut."""
    tf = tensorflow()
    first, second, last = layer("first", 3, 3), layer("second", 6, 3), layer("last", 9, 4)

    def network(images):
        one = tf.concat([images, first(images)], 3, name="one")
        two = tf.concat([one, second(one)], 3, name="two")
        return pool(last(tf.concat([two[..., :6], two[..., 6:]], 3, name="three")))

    return network


def cut(network, blocks=1):
    from vision.backbones import runtime
    from vision.backbones.unfreezing import cut_network
    return cut_network(runtime.freeze(network, SIZE, SIZE), "tiny", blocks)


def short(name):
    return name.rpartition("PartitionedCall/")[2]


@pytest.mark.parametrize(("network", "blocks", "place", "learned"), [
    (chain, 1, "after_second", {(3, 3, 5, 6), (6,)}),
    (chain, 2, "after_first", {(3, 3, 4, 5), (5,), (3, 3, 5, 6), (6,)}),
    (residual, 1, "sum_two", {(1, 1, 4, 6), (6,)}),
    (residual, 2, "sum_one", {(3, 3, 4, 4), (4,), (1, 1, 4, 6), (6,)}),
    (branched, 1, "mixed_one", {(3, 3, 6, 3), (3,)}),
    (dense, 1, "three", {(3, 3, 9, 4), (4,)}),
])
def test_the_cut_is_the_last_tensor_with_so_many_blocks_above_it(network, blocks, place, learned):
    found = cut(network(), blocks)
    assert short(found.cut) == place
    assert {kernel.shape for kernel in found.kernels.values()} == learned


def test_scales_of_batch_normalisation_do_not_learn():
    """In the module two kernels and two biases; the scale is a constant of the same shape."""
    assert len(cut(branched()).kernels) == 4


@pytest.mark.parametrize("network", [chain, residual, branched, dense])
def test_the_parts_one_after_the_other_are_the_whole(network):
    tf, whole = tensorflow(), network()
    found = cut(whole)
    images = np.random.default_rng(1).random((2, SIZE, SIZE, 3), dtype=np.float32)
    activations = found.lower(images)
    assert activations.shape[1:] == found.shape
    upper = tf.function(lambda batch: found.upper(batch, {}))(activations)
    np.testing.assert_allclose(upper, whole(tf.constant(images)), atol=1e-6)


def test_other_kernels_change_the_whole_as_they_change_the_upper_part():
    tf, found = tensorflow(), cut(residual())
    images = np.random.default_rng(1).random((2, SIZE, SIZE, 3), dtype=np.float32)
    kernels = {name: kernel * 1.5 for name, kernel in found.kernels.items()}
    activations = tf.constant(found.lower(images))
    named = {name: tf.constant(kernel) for name, kernel in kernels.items()}
    expected = tf.function(lambda batch: found.upper(batch, named))(activations)
    answer = tf.function(found.with_kernels(kernels))(tf.constant(images))
    np.testing.assert_allclose(answer, expected, atol=1e-6)
    before = tf.function(found.with_kernels({}))(tf.constant(images))
    assert np.abs(answer - before).max() > 1e-3


def test_a_network_without_so_many_blocks_is_refused_with_the_number_it_has():
    with pytest.raises(UserError, match="tiny has 3 blocks .* not 4; set fine_tune.blocks"):
        cut(chain(), 4)
    with pytest.raises(UserError, match="tiny has 0 blocks"):
        cut(pool)


def test_a_node_with_several_outputs_is_no_cut():
    tf, first, last = tensorflow(), layer("first", 3, 4), layer("last", 2, 4)

    def network(images):
        one, two = tf.split(first(images), 2, axis=3, name="parts")
        return pool(last(one * two))

    # The product is one tensor; the split before it is two.
    assert "parts" not in short(cut(network).cut)


# --- Learning ------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    """Photos whose colours differ little: the features as they are do not tell all."""
    return write_photos(tmp_path_factory.mktemp("photos") / "images", 40)


@pytest.fixture(scope="module")
def split(photos):
    return split_images(photos, PhotoSplitParameters(validation=0.3, test=0.2))


@pytest.fixture(scope="module")
def paths(photos, split):
    return [photos / image.name for image in split.examples]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """The residual network as fetch_backbone would write it."""
    tf = tensorflow()
    module = tf.Module()
    network = residual()
    module.parts = [cell.cell_contents for cell in network.__closure__]
    module.__call__ = tf.function(network, [tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)])
    frozen = tmp_path_factory.mktemp("residual")
    from vision.backbones import runtime
    runtime.save(runtime.freeze(network, SIZE, SIZE), frozen / "tiny")
    normalise_backbone(str(frozen / "tiny"), frozen / "backbone", inference="float32")
    return frozen / "backbone"


PARAMETERS = FineTuneParameters(epochs=4, learning_rate=0.01, batch_size=8, seed=3)


@pytest.fixture(scope="module")
def retrained(backbone, paths, split, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned") / "backbone"
    fine_tune_backbone(backbone, folder, paths, split, PARAMETERS)
    return folder


def test_the_retrained_backbone_is_a_backbone_of_its_own(backbone, retrained):
    before, after = load_backbone(backbone), load_backbone(retrained)
    assert after.record.name == f"{before.record.name} (last block retrained)"
    assert after.record.fingerprint != before.record.fingerprint
    for name in ("height", "width", "feature_width", "source", "licence", "inference"):
        assert getattr(after.record, name) == getattr(before.record, name)
    images = np.random.default_rng(1).random((2, SIZE, SIZE, 3), dtype=np.float32)
    features = before.features(images), after.features(images)
    assert features[0].shape == features[1].shape
    assert np.abs(features[0] - features[1]).max() > 1e-3


def test_only_what_is_above_the_cut_has_changed(backbone, retrained):
    from vision.backbones import runtime

    def constants(folder):
        frozen = runtime.freeze(runtime.load(folder), SIZE, SIZE)
        tf = tensorflow()
        values = [tf.make_ndarray(node.attr["value"].tensor)
                  for node in frozen.graph.as_graph_def().node if node.op == "Const"]
        return sorted((value.shape, value.tobytes()) for value in values if value.ndim in (1, 4))

    before, after = constants(backbone), constants(retrained)
    assert [shape for shape, _ in before] == [shape for shape, _ in after]
    changed = [shape for (shape, old), (_, new) in zip(before, after, strict=True) if old != new]
    assert changed == [(1, 1, 4, 6), (6,)]


def test_the_validation_loss_falls(backbone, paths, split, tmp_path, capsys):
    fine_tune_backbone(backbone, tmp_path / "tuned", paths, split, PARAMETERS)
    told = next(line for line in capsys.readouterr().err.splitlines()
                if line.startswith("retrained: validation loss"))
    before, after = (float(part.split()[-2]) for part in told.partition(";")[0].split(", "))
    assert after < before


def test_the_same_seed_gives_the_same_backbone(backbone, retrained, paths, split, tmp_path):
    again = fine_tune_backbone(backbone, tmp_path / "again", paths, split, PARAMETERS)
    assert again == load_backbone(retrained).record
    other = FineTuneParameters(epochs=4, learning_rate=0.01, batch_size=8, seed=4)
    assert fine_tune_backbone(
        backbone, tmp_path / "other", paths, split, other).fingerprint != again.fingerprint


def test_test_images_are_not_read(backbone, paths, split, tmp_path):
    unread = [Path("nowhere") if image.split == TEST else path
              for image, path in zip(split.examples, paths, strict=True)]
    fine_tune_backbone(backbone, tmp_path / "tuned", unread, split, FineTuneParameters(epochs=1))


def contents(folder):
    return {path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


def test_without_epochs_the_backbone_is_copied_and_no_image_is_read(backbone, split, tmp_path):
    nowhere = [Path("nowhere")] * len(split.examples)
    record = fine_tune_backbone(backbone, tmp_path / "same", nowhere, split)
    assert record == load_backbone(backbone).record
    assert contents(tmp_path / "same") == contents(backbone)


def test_where_no_epoch_helps_the_backbone_stays_as_it_is(
        backbone, paths, split, tmp_path, capsys):
    """At such a rate every epoch is worse than none; two of them are waited for."""
    parameters = FineTuneParameters(epochs=50, learning_rate=30.0, patience=2)
    fine_tune_backbone(backbone, tmp_path / "same", paths, split, parameters)
    assert contents(tmp_path / "same") == contents(backbone)
    assert "no epoch lowers the validation loss" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["same"]


def test_a_rate_that_diverges_is_refused(backbone, paths, split, tmp_path):
    parameters = FineTuneParameters(epochs=2, learning_rate=1e30)
    with pytest.raises(UserError, match=r"diverges at fine_tune\.learning_rate 1e\+30; lower it"):
        fine_tune_backbone(backbone, tmp_path / "tuned", paths, split, parameters)
    assert list(tmp_path.iterdir()) == []


def test_many_activations_are_kept_in_half_the_bytes(
        backbone, retrained, paths, split, tmp_path, monkeypatch):
    from vision.backbones import fine_tuning
    monkeypatch.setattr(fine_tuning, "IN_FLOAT32", 0)
    fine_tune_backbone(backbone, tmp_path / "tuned", paths, split, PARAMETERS)
    images = np.random.default_rng(1).random((2, SIZE, SIZE, 3), dtype=np.float32)
    np.testing.assert_allclose(load_backbone(tmp_path / "tuned").features(images),
                               load_backbone(retrained).features(images), atol=0.02)


def test_an_update_is_a_step_of_adam_with_a_pull_to_the_first_weights():
    """The first step is the rate times the gradient's sign; the pull is 0 at the start."""
    from vision.backbones.block_training import BlockTrainer
    tf, found = tensorflow(), cut(residual())
    weights = np.random.default_rng(2).normal(0, 1, (6, 2)).astype(np.float32)
    settings = FineTuneParameters(learning_rate=0.001, l2=2.0)
    trainer = BlockTrainer(found, weights, np.zeros(2, np.float32), settings)
    images = np.random.default_rng(1).random((4, SIZE, SIZE, 3), dtype=np.float32)
    activations, targets = tf.constant(found.lower(images)), tf.constant([0, 1, 1, 0], tf.int64)

    def loss():
        return float(tf.reduce_mean(trainer.losses(activations, targets)[0]))

    bias, step = trainer.variables[-1], 1e-2
    bias.assign([step, 0])
    above = loss()
    bias.assign([-step, 0])
    slope = (above - loss()) / (2 * step)
    bias.assign([0, 0])
    trainer.update(activations, targets)
    np.testing.assert_allclose(bias.numpy()[0], -0.001 * np.sign(slope), rtol=1e-3)
    moved = trainer.variables[-2].numpy() - weights
    np.testing.assert_allclose(np.abs(moved), 0.001, rtol=0.01)
    kernel = next(iter(found.kernels.values()))
    changed = next(iter(trainer.kernels().values())) - kernel
    assert np.abs(changed).max() == pytest.approx(0.001, rel=0.01)


def test_the_pull_alone_brings_the_weights_back():
    from vision.backbones.block_training import BlockTrainer
    tf, found = tensorflow(), cut(residual())
    settings = FineTuneParameters(learning_rate=0.1, l2=2.0)
    # Both classes alike, whatever the features: no gradient but the pull.
    trainer = BlockTrainer(found, np.zeros((6, 2), np.float32), np.zeros(2, np.float32), settings)
    kernel = trainer.variables[0]
    first = kernel.numpy()
    kernel.assign_add(tf.ones_like(kernel))
    activations = tf.constant(found.lower(np.full((2, SIZE, SIZE, 3), 0.5, np.float32)))
    trainer.update(activations, tf.constant([0, 1], tf.int64))
    np.testing.assert_allclose(kernel.numpy(), first + 1 - 0.1 * 2.0, rtol=1e-4)


@pytest.mark.parametrize("values", [
    {"epochs": -1}, {"learning_rate": 0.0}, {"batch_size": 0}, {"l2": -1.0}, {"patience": 0},
    {"blocks": 0}, {"seed": -1}])
def test_parameters_out_of_range_are_refused(values):
    with pytest.raises(UserError, match=next(iter(values))):
        FineTuneParameters(**values)


def test_importing_the_module_does_not_import_tensorflow():
    code = "import sys, vision.backbones.fine_tuning; sys.exit('tensorflow' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
