import json
import math
import os
import signal
import tracemalloc
from dataclasses import replace
from threading import Timer

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from words_and_images.common.errors import UserError
from words_and_images.common.own_files import seal
from words_and_images.common.paged import paged
from words_and_images.neural.activations import ACTIVATIONS
from words_and_images.neural.calibration import fit_temperature
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.neural.softmax import softmax
from words_and_images.neural.softmax_regression import SoftmaxRegression
from words_and_images.retraining import rows
from words_and_images.retraining.folders import HEAD
from words_and_images.retraining.head import Head, RetrainParameters, retrain
from words_and_images.retraining.split import Example, Split

QUICK = RetrainParameters(steps=60, batch_size=20)
ONCE = replace(QUICK, refit=False)
TEMPERED = RetrainParameters(steps=60, batch_size=20, temperature=True)
DEEP = RetrainParameters(steps=60, batch_size=20, hidden=8, dropout=0.2, optimiser="adam")


def two_clouds(count: int = 120) -> tuple[np.ndarray, Split]:
    """Bottlenecks of two classes four deviations apart in the first of five features."""
    generator = np.random.default_rng(3)
    features = generator.normal(5, 2, (count, 5)).astype(np.float32)
    images = []
    for row in range(count):
        label = ("hotdog", "pizza")[row % 2]
        features[row, 0] += 8 * (row % 2)
        split = ("test", "validation", "training", "training", "training")[row // 2 % 5]
        images.append(Example(f"{label}/{row:03}.jpg", label, f"{row:064x}", split))
    return features, Split(["hotdog", "pizza"], images)


def many_looks(looks: int) -> tuple[np.ndarray, Split]:
    """The same images, each seen in several looks that differ a little."""
    features, split = two_clouds()
    noise = np.random.default_rng(8).normal(0, 1, (looks, *features.shape))
    return (features + noise).astype(np.float32).transpose(1, 0, 2), split


def test_two_separate_clouds_are_told_apart_on_images_never_seen():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    test = split.rows("test")
    guesses = head.probabilities(features[test]).argmax(axis=1)
    assert np.mean(guesses == split.targets[test]) > 0.9


def test_each_record_of_the_curves_is_told_as_it_is_made():
    features, split = two_clouds()
    told: list = []
    assert retrain(features, split, QUICK, on_record=told.append).history == told


def test_test_images_have_no_influence():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    features[split.rows("test")] = 1e6
    again = retrain(features, split, QUICK)
    np.testing.assert_array_equal(head.network.layers[0].weights, again.network.layers[0].weights)


def test_without_a_refit_validation_images_change_the_curve_but_not_the_head():
    features, split = two_clouds()
    head = retrain(features, split, ONCE)
    features[split.rows("validation")] += 3
    again = retrain(features, split, ONCE)
    np.testing.assert_array_equal(head.network.layers[0].weights, again.network.layers[0].weights)
    assert head.history[-1].validation_loss != again.history[-1].validation_loss


def test_a_refit_keeps_the_curve_and_learns_from_training_and_validation_images():
    features, split = two_clouds()
    once, refitted = retrain(features, split, ONCE), retrain(features, split, QUICK)
    assert refitted.history == once.history
    images = [replace(image, split="test" if image.split == "test" else "training")
              for image in split.examples]
    # A split needs a validation image; full batches make the order of the rows no matter
    both = np.concatenate([split.rows("training"), split.rows("validation")])
    united = Split(split.labels, [images[row] for row in both]
                   + [replace(images[0], split="validation")])
    full = replace(ONCE, batch_size=1000)
    expected = retrain(np.concatenate([features[both], features[:1]]), united, full)
    actual = retrain(features, split, replace(full, refit=True))
    np.testing.assert_allclose(actual.probabilities(features), expected.probabilities(features),
                               atol=1e-5)
    assert not np.allclose(once.probabilities(features), refitted.probabilities(features))


def test_with_patience_validation_images_are_never_learned_from():
    features, split = two_clouds()
    patient = replace(QUICK, patience=3)
    np.testing.assert_array_equal(
        retrain(features, split, patient).probabilities(features),
        retrain(features, split, replace(patient, refit=False)).probabilities(features))


def test_features_are_standardised_by_the_training_images_alone():
    features, split = two_clouds()
    head = retrain(features, split, ONCE)
    training = features[split.rows("training")]
    np.testing.assert_allclose(head.standardiser.mean, training.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(head.standardiser.deviation, training.std(axis=0), rtol=1e-5)


@pytest.mark.parametrize("parameters", [QUICK, DEEP])
@pytest.mark.parametrize("looks", [1, 3])
def test_an_image_has_the_same_scores_alone_as_among_others(parameters, looks):
    features, split = many_looks(looks)
    head = retrain(features, split, parameters)
    together = head.probabilities(features)
    alone = np.concatenate([head.probabilities(row[None]) for row in features])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("parameters", [QUICK, DEEP])
def test_the_folded_layers_give_the_same_probabilities_of_raw_bottlenecks(parameters):
    features, split = two_clouds()
    head = replace(retrain(features, split, parameters), temperature=1.7)
    outputs = features
    for weights, bias, activation in head.folded():
        assert weights.dtype == bias.dtype == np.float32
        outputs = ACTIVATIONS[activation].function(outputs @ weights + bias)
    np.testing.assert_allclose(softmax(outputs), head.probabilities(features), atol=1e-5)
    assert activation == "identity"
    assert len(head.folded()) == len(head.network.layers)


def test_the_same_seed_gives_the_same_head_and_another_another():
    features, split = two_clouds()
    first, second = (retrain(features, split, QUICK).network.layers[0].weights for _ in range(2))
    other = retrain(features, split, RetrainParameters(steps=60, batch_size=20, seed=2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other.network.layers[0].weights)


@pytest.mark.parametrize("parameters", [QUICK, DEEP, TEMPERED])
def test_a_head_survives_saving_and_loading_bit_by_bit(tmp_path, parameters):
    features, split = two_clouds()
    head = retrain(features, split, parameters)
    head.save(tmp_path / "head")
    loaded = Head.load(tmp_path / "head")
    assert loaded.labels == ["hotdog", "pizza"]
    assert loaded.temperature == head.temperature
    assert loaded.history == head.history
    np.testing.assert_array_equal(loaded.probabilities(features), head.probabilities(features))
    assert loaded.first_look == head.first_look == math.inf


def test_a_head_keeps_its_temperature_and_when_the_first_look_is_enough(tmp_path):
    head = replace(retrain(*two_clouds(), QUICK), temperature=1.25, first_look=0.75)
    head.save(tmp_path / "head")
    kept = Head.load(tmp_path / "head")
    assert (kept.temperature, kept.first_look) == (1.25, 0.75)


def test_the_history_has_both_curves_and_ends_at_the_last_step(tmp_path):
    features, split = two_clouds()
    retrain(features, split, QUICK).save(tmp_path / "head")
    history = json.loads((tmp_path / "head" / "history.json").read_text())
    assert history[-1]["step"] == 60
    assert history[-1]["training_loss"] < history[0]["training_loss"]
    assert set(history[0]) == {"step", "training_loss", "training_accuracy", "validation_loss",
                               "validation_accuracy"}


def test_a_folder_without_a_head_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="holds no trained head"):
        Head.load(tmp_path)


def rewrite(folder, **changed):
    """Save the head's arrays anew, with some changed and those that are None left out."""
    with np.load(folder / "head.npz") as archive:
        arrays = {**archive, **changed}
    kept = {name: array for name, array in arrays.items() if array is not None}
    np.savez(folder / "head.npz", **kept)


def test_rewriting_a_head_as_it_is_leaves_it_sound(tmp_path):
    features, split = two_clouds()
    retrain(features, split, QUICK).save(tmp_path / "head")
    rewrite(tmp_path / "head")
    assert Head.load(tmp_path / "head").labels == split.labels


@pytest.mark.parametrize(
    "changed",
    [
        {"mean": None},
        {"temperature": None},
        {"weights_1": None},
        {"activations": None},
        {"weights_1": np.ones((5, 3), np.float32), "bias_1": np.ones(3, np.float32)},
        {"weights_1": np.ones((4, 2), np.float32)},
        {"weights_1": np.full((5, 2), np.inf, np.float32)},
        {"bias_1": np.array([{}, {}])},
        {"mean": np.zeros(4, np.float32)},
        {"mean": np.full(5, np.nan, np.float32)},
        {"deviation": np.zeros(5, np.float32)},
        {"deviation": np.ones(5, int)},
        {"temperature": np.array(0.0)},
        {"temperature": np.array(np.nan)},
        {"temperature": np.array([1.0, 2.0])},
        {"temperature": np.array("warm")},
        {"loss": np.array("squared_error")},
        {"activations": np.array(["swish"])},
    ],
)
def test_a_damaged_head_is_one_sentence(tmp_path, changed):
    features, split = two_clouds()
    retrain(features, split, QUICK).save(tmp_path / "head")
    rewrite(tmp_path / "head", **changed)
    with pytest.raises(UserError, match="head holds no trained head .*; train it again.$"):
        Head.load(tmp_path / "head")


@pytest.mark.parametrize(("changed", "reason"), [
    ({"weights_1": np.ones((5, 3), np.float32), "bias_1": np.ones(3, np.float32)},
     "2 labels for a network of 3 outputs trained by cross_entropy"),
    ({"loss": np.array("squared_error")},
     "2 labels for a network of 2 outputs trained by squared_error"),
    ({"mean": np.zeros(4, np.float32)}, "a scaling of float32 (4,)"),
    ({"deviation": np.ones(5, int)}, "a scaling of int64 (5,)"),
    ({"mean": np.full(5, np.nan, np.float32)}, "a scaling that is no number or not above 0"),
    ({"deviation": np.full(5, np.inf, np.float32)}, "a scaling that is no number or not above 0"),
    ({"deviation": np.zeros(5, np.float32)}, "a scaling that is no number or not above 0"),
    ({"temperature": np.array(0.0)}, "a temperature of 0.0"),
    ({"temperature": np.array(np.inf)}, "a temperature of inf"),
    ({"first_look": np.array(np.nan)}, "a score of nan from which the first look answers"),
    ({"first_look": np.array(-0.5)}, "a score of -0.5 from which the first look answers"),
    ({"labels": ["hotdog"]}, "1 labels for a network of 2 outputs trained by cross_entropy"),
    ({"labels": ["hotdog", 3]}, "its labels are no list of names"),
    ({"labels": {"hotdog": 1}}, "its labels are no list of names"),
])
def test_what_does_not_fit_in_a_head_is_told(tmp_path, changed, reason):
    features, split = two_clouds()
    folder = tmp_path / "head"
    retrain(features, split, replace(QUICK, hidden=0, steps=5)).save(folder)
    if "labels" in changed:
        (folder / "labels.json").write_text(json.dumps(changed["labels"]))
    else:
        rewrite(folder, **changed)
    with pytest.raises(UserError) as refused:
        Head.load(folder)
    assert str(refused.value) == f"{folder} holds no trained head ({reason}); train it again."


@pytest.mark.parametrize("first_look", [None, np.array(0.0), np.array(0.75)])
def test_a_head_of_an_earlier_version_takes_all_looks(tmp_path, first_look):
    features, split = two_clouds()
    retrain(features, split, replace(QUICK, steps=5)).save(tmp_path / "head")
    rewrite(tmp_path / "head", first_look=first_look)
    seal(tmp_path / "head", HEAD)
    loaded = Head.load(tmp_path / "head")
    assert loaded.first_look == (math.inf if first_look is None else first_look)


def test_a_head_of_an_earlier_format_is_one_sentence(tmp_path):
    features, split = two_clouds()
    retrain(features, split, QUICK).save(tmp_path / "head")
    ones = np.ones(5, np.float32)
    np.savez(tmp_path / "head" / "head.npz", weights=np.ones((5, 2), np.float32),
             bias=np.ones(2, np.float32), mean=ones, deviation=ones)
    with pytest.raises(UserError, match="head holds no trained head .*; train it again.$"):
        Head.load(tmp_path / "head")


def test_a_head_with_any_byte_damaged_or_cut_loads_whole_or_is_one_sentence(tmp_path):
    features, split = two_clouds()
    retrain(features, split, DEEP).save(tmp_path / "head")
    path = tmp_path / "head" / "head.npz"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        for variant in (bytes(broken), content[:place]):
            path.write_bytes(variant)
            try:
                assert Head.load(tmp_path / "head").labels == split.labels
            except UserError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("labels.json", '["hotdog"]'),
        ("labels.json", '["hotdog", 3]'),
        ("labels.json", '{"hotdog": 1}'),
        ("labels.json", "["),
        ("history.json", "[1]"),
        ("history.json", '[{"step": 1}]'),
        ("history.json", "3"),
    ],
)
def test_labels_or_a_history_that_do_not_fit_are_one_sentence(tmp_path, file, content):
    features, split = two_clouds()
    retrain(features, split, QUICK).save(tmp_path / "head")
    (tmp_path / "head" / file).write_text(content)
    with pytest.raises(UserError, match="head holds no trained head"):
        Head.load(tmp_path / "head")


# Looks and variants


def test_probabilities_are_of_the_mean_logits_over_the_looks_by_the_temperature():
    layer = SoftmaxRegression(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    unscaled = Standardiser(np.zeros(2, np.float32), np.ones(2, np.float32))
    head = Head(["a", "b"], unscaled, layer, temperature=2.0)
    bottlenecks = np.array([[[4, 0], [0, 2], [2, 1]]], np.float32)
    np.testing.assert_array_equal(head.logits(bottlenecks), [[2, 1]])
    # 1 / (1 + e^-0.5)
    np.testing.assert_allclose(head.probabilities(bottlenecks), [[0.62245933, 0.37754067]],
                               rtol=1e-6)
    assert head.probabilities(bottlenecks).dtype == np.float32
    # The first look alone has logits 4 and 0: 1 / (1 + e^-2) = 0.8807971
    enough, doubtful = (replace(head, first_look=score) for score in (0.88, 0.89))
    np.testing.assert_allclose(enough.probabilities(bottlenecks)[0, 0], 0.8807971, rtol=1e-6)
    np.testing.assert_array_equal(doubtful.logits(bottlenecks), [[2, 1]])
    assert enough.is_sure(bottlenecks[0, 0]) and not doubtful.is_sure(bottlenecks[0, 0])
    taken = iter(bottlenecks[0])
    np.testing.assert_array_equal(enough.probabilities_of(taken),
                                  enough.probabilities(bottlenecks)[0])
    assert len(list(taken)) == 2  # which nobody had to compute


def test_a_single_look_may_go_without_an_axis_of_its_own():
    features, split = two_clouds()
    first, second = (retrain(each, split, QUICK) for each in (features, features[:, None]))
    np.testing.assert_array_equal(first.probabilities(features),
                                  second.probabilities(features[:, None]))


def test_no_images_have_no_rows():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    for empty in (np.zeros((0, 5), np.float32), np.zeros((0, 2, 5), np.float32)):
        assert head.probabilities(empty).shape == (0, 2)


def test_every_look_and_every_variant_of_a_training_image_is_a_row_with_its_label():
    features, split = many_looks(2)
    training = split.rows("training")
    distorted = np.random.default_rng(4).normal(5, 2, (len(training), 3, 5)).astype(np.float32)
    parameters = replace(ONCE, batch_size=1000, label_smoothing=0.1)
    head = retrain(features, split, parameters, distorted)

    rows = np.concatenate([features[training].reshape(-1, 5), distorted.reshape(-1, 5)])
    np.testing.assert_allclose(head.standardiser.mean, rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(head.standardiser.deviation, rows.std(axis=0), rtol=1e-5)
    # The same rows as images of a single look: full batches, so that their order is no matter
    flat = [split.examples[row] for row in (*training.repeat(2), *training.repeat(3))]
    others = [image for image in split.examples if image.split == "validation"]
    unlooked = Split(split.labels, flat + others)
    validation = features[split.rows("validation"), 0]
    same = retrain(np.concatenate([rows, validation]), unlooked, parameters)
    np.testing.assert_allclose(head.probabilities(features), same.probabilities(features),
                               atol=1e-4)


def test_a_multiple_of_looks_changes_nothing_but_the_batches():
    features, split = two_clouds()
    full = replace(QUICK, batch_size=1000)
    once = retrain(features, split, full)
    thrice = retrain(np.repeat(features[:, None], 3, axis=1), split, full)
    np.testing.assert_allclose(once.probabilities(features), thrice.probabilities(features),
                               atol=1e-4)


def test_bottlenecks_in_a_file_give_the_same_head_and_stay_there(monkeypatch):
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 100)
    generator = np.random.default_rng(2)
    features = paged((2000, 3, 512))  # 12 MB
    features[:] = generator.normal(size=features.shape)
    examples = [Example(f"{row % 2}/{row}", str(row % 2), f"{row:064x}", split) for row, split in
                enumerate(generator.choice(["training", "validation", "test"], 2000,
                                           p=[0.8, 0.1, 0.1]).tolist())]
    split = Split(["0", "1"], examples)
    expected = retrain(np.array(features), split, QUICK).probabilities(features)
    tracemalloc.start()
    head = retrain(features, split, QUICK)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < features.nbytes  # one copy alone would be as much
    np.testing.assert_array_equal(head.probabilities(features), expected)


def test_distorted_bottlenecks_that_do_not_fit_are_refused():
    features, split = two_clouds()
    for shape in ((71, 2, 5), (72, 2, 4), (72, 5)):
        with pytest.raises(UserError) as refused:
            retrain(features, split, QUICK, np.zeros(shape, np.float32))
        assert str(refused.value) == (
            f"the distorted bottlenecks have the shape {shape} for 72 training examples of 5 "
            "features; extract them again.")


def test_bottlenecks_without_rows_of_features_are_refused():
    features, split = two_clouds()
    with pytest.raises(ValueError) as refused:
        retrain(features[:, 0], split, QUICK)
    assert str(refused.value) == ("bottlenecks must have the shape (examples, looks, features) or "
                                  "(examples, features), not (120,).")


# What the parameters do


def test_the_head_does_not_depend_on_the_threads_that_numpy_may_use():
    _, split = two_clouds()
    features = np.random.default_rng(9).normal(size=(120, 700)).astype(np.float32)
    weights = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="blas"):
            head = retrain(features, split, replace(DEEP, hidden=200, batch_size=72, steps=5))
            limits = {library["num_threads"] for library in threadpool_info()
                      if library["user_api"] == "blas"}
            assert limits == {threads}
        weights.append(head.network.layers[0].weights)
    np.testing.assert_array_equal(*weights)


def test_an_interrupt_ends_both_fits_long_before_their_steps_are_made():
    features, split = two_clouds()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a command's own may stand there
    interrupt = Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        retrain(features, split, replace(QUICK, steps=10**7))


def test_a_loss_that_diverges_in_one_fit_ends_the_other_and_is_told():
    features, split = two_clouds()
    with pytest.raises(UserError, match="lower learning_rate"):
        retrain(features, split, replace(QUICK, steps=10**7, learning_rate=1e6, l2=1.0))


def test_a_hidden_layer_stands_between_bottlenecks_and_labels():
    features, split = two_clouds()
    head = retrain(features, split, DEEP)
    shapes = [layer.weights.shape for layer in head.network.layers]
    assert shapes == [(5, 8), (8, 2)]
    assert [layer.activation for layer in head.network.layers] == ["relu", "identity"]


def test_dropout_is_of_the_hidden_units_or_else_of_the_bottlenecks():
    without, deep = (RetrainParameters(dropout=0.3, hidden=units).settings() for units in (0, 9))
    assert (without.input_dropout, without.hidden_dropout) == (0.3, 0.0)
    assert (deep.input_dropout, deep.hidden_dropout) == (0.0, 0.3)


@pytest.mark.parametrize(
    "changed",
    [{"dropout": 0.5}, {"optimiser": "nesterov"}, {"schedule": "step"}, {"warm_up": 20},
     {"class_weights": "balanced"}, {"label_smoothing": 0.2}, {"momentum": 0.5}, {"l2": 0.1}],
)
def test_every_parameter_reaches_the_training(changed):
    features, split = rare_pizzas()
    usual, other = (retrain(features, split, each).network.layers[0].weights
                    for each in (QUICK, replace(QUICK, **changed)))
    assert not np.array_equal(usual, other)


def rare_pizzas() -> tuple[np.ndarray, Split]:
    """Two clouds that overlap, with one pizza for every four hot dogs."""
    features, split = two_clouds(400)
    features[1::2, 0] -= 6
    keep = [row for row in range(400) if row % 2 == 0 or row // 2 % 20 < 5]
    return features[keep], Split(split.labels, [split.examples[row] for row in keep])


def test_balanced_classes_find_more_of_the_rare_one():
    features, split = rare_pizzas()
    pizzas = split.targets == 1
    found = [
        np.mean(retrain(features, split, each).probabilities(features)[pizzas].argmax(axis=1))
        for each in (QUICK, replace(QUICK, class_weights="balanced"))
    ]
    assert found[1] > found[0] + 0.1


def test_the_temperature_is_fitted_on_the_validation_images_alone():
    features, split = many_looks(2)
    features[:, :, 0] = np.random.default_rng(1).normal(size=features.shape[:2])
    head, plain = (retrain(features, split, replace(ONCE, l2=0.0, temperature=fitted))
                   for fitted in (True, False))
    rows = split.rows("validation")
    expected = fit_temperature(plain.logits(features[rows]), split.targets[rows])
    refitted = retrain(features, split, replace(QUICK, l2=0.0, temperature=True))
    assert plain.temperature == 1
    assert head.temperature == refitted.temperature == pytest.approx(expected)
    assert expected != pytest.approx(1, abs=0.05)
    order = plain.probabilities(features).argmax(axis=1)
    np.testing.assert_array_equal(head.probabilities(features).argmax(axis=1), order)


def test_patience_keeps_the_head_of_the_lowest_validation_loss():
    features, split = two_clouds()
    features[:] = np.random.default_rng(1).normal(size=features.shape)
    head = retrain(features, split, replace(QUICK, steps=400, l2=0.0, patience=3, hidden=16))
    losses = [record.validation_loss for record in head.history]
    assert head.history[-1].step < 400
    rows = split.rows("validation")
    kept = head.network.loss(head.standardiser.apply(features[rows]),
                             np.eye(2)[split.targets[rows]])
    assert kept == pytest.approx(min(losses), rel=1e-5)


def test_a_network_of_any_depth_is_saved_with_its_activations(tmp_path):
    generator = np.random.default_rng(6)
    layers = [DenseLayer.initialise(generator, shape, name) for shape, name in
              (((5, 4), "tanh"), ((4, 3), "sigmoid"), ((3, 2), "identity"))]
    features = generator.normal(size=(7, 5)).astype(np.float32)
    Head(["a", "b"], Standardiser.fit(features), Network(layers), 0.5).save(tmp_path / "head")
    loaded = Head.load(tmp_path / "head")
    standardised = Standardiser.fit(features).apply(features)
    expected = softmax(2 * Network(layers).outputs(standardised))
    np.testing.assert_allclose(loaded.probabilities(features), expected, atol=1e-5)


def test_bottlenecks_of_other_images_are_refused():
    features, split = two_clouds()
    with pytest.raises(UserError, match="^there are 119 bottlenecks for 120 images; extract them "
                                        "again.$"):
        retrain(features[1:], replace(split, noun="image"), QUICK)


@pytest.mark.parametrize(("parameters", "sentence"), [
    ({"steps": 0}, "steps is 0: give a whole number from 1."),
    ({"learning_rate": -1}, "learning_rate is -1: give a number above 0."),
    ({"schedule": "cosin"}, "schedule is 'cosin': did you mean cosine?"),
    ({"dropout": 1.0}, "dropout is 1.0; it must be at least 0 and below 1."),
    ({"dropout": -0.1}, "dropout is -0.1; it must be at least 0 and below 1."),
    ({"hidden": -1}, "hidden is -1; it must be 0 or more."),
    ({"seed": -1}, "seed is -1; it must be 0 or more."),
    ({"class_weights": "balance"}, "class_weights is 'balance'; did you mean balanced?"),
    ({"warm_up": 500}, "warm_up is 500: give a whole number from 0 to below steps."),
])
def test_parameters_out_of_range_are_told_at_once(parameters, sentence):
    with pytest.raises(UserError) as refused:
        RetrainParameters(**parameters)
    assert str(refused.value) == sentence


def test_parameters_on_the_bound_are_taken():
    assert RetrainParameters(seed=0, hidden=0, dropout=0).seed == 0


def test_the_end_of_a_training_is_told_with_what_it_came_to(capsys):
    features, split = rare_pizzas()
    head = retrain(features, split, TEMPERED)
    *_, progress, told = capsys.readouterr().err.splitlines()
    assert progress.startswith("training the head: 60 steps in ") and head.temperature != 1
    last = head.history[-1]
    assert told == (f"after 60 steps: training accuracy {last.training_accuracy:.3f}, validation "
                    f"accuracy {last.validation_accuracy:.3f}, temperature {head.temperature:.2f}")
    assert retrain(features, split, QUICK).temperature == 1
    assert capsys.readouterr().err.endswith(f"accuracy {last.validation_accuracy:.3f}\n")


def test_steps_that_do_not_see_every_row_once_are_told(capsys):
    """72 training images are 72 rows: 7 batches of 10 see 70 of them, 8 all."""
    features, split = two_clouds()
    for steps, said in ((7, True), (8, False)):
        retrain(features, split, replace(QUICK, steps=steps, batch_size=10))
        assert capsys.readouterr().err.startswith(
            "7 steps of 10 rows see less than the 72 rows of the training examples once; 8 steps "
            "or more make a better classifier\n") == said
    retrain(features, split, replace(QUICK, steps=8, batch_size=9))
    assert "see less" not in capsys.readouterr().err  # 72 rows, each once
