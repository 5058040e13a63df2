import dataclasses
import io
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from common.errors import UserError
from neural.gradient_check import numerical_gradient, relative_error
from neural.losses import one_hot, smooth
from neural.optimisers import cosine
from neural.softmax import softmax
from neural.softmax_regression import (
    SoftmaxRegression,
    TrainingRecord,
    TrainingSettings,
    shuffled_batches,
    train_softmax_regression,
)


@pytest.fixture
def generator():
    return np.random.default_rng(11)


@pytest.fixture
def clouds(generator):
    """Three overlapping clouds in four dimensions, with their labels."""
    labels = np.arange(150) % 3
    centres = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    return centres[labels] + generator.normal(0, 0.7, (150, 4)), labels


def train(clouds, validation=None, seed=0, on_step=None, **settings):
    return train_softmax_regression(
        *clouds, validation, TrainingSettings(**settings), np.random.default_rng(seed), on_step
    )


# The layer


def test_logits_and_probabilities_of_worked_numbers():
    layer = SoftmaxRegression(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.5, 0.0]))
    assert layer.logits([[1, 1], [0, 3]]).tolist() == [[1.5, 2], [0.5, 6]]
    assert layer.logits([1, 1]).tolist() == [1.5, 2]
    assert layer.probabilities([1, 1]).tolist() == softmax([1.5, 2.0]).tolist()


def test_loss_of_worked_numbers_leaves_the_bias_out_of_the_penalty():
    layer = SoftmaxRegression(np.array([[3.0, 3.0]]), np.array([7.0, 7.0]))
    # Even odds: ln 2; (0.5 / 2) (9 + 9)
    assert layer.loss([[1.0]], [[1, 0]], l2=0.5) == pytest.approx(np.log(2) + 4.5, rel=1e-15)


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("class_weights", [None, (0.5, 2.0, 7.0)])
@pytest.mark.parametrize("amount", [0.0, 0.2])
def test_gradients_agree_with_central_differences(generator, l2, class_weights, amount):
    inputs = generator.normal(size=(6, 4))
    targets = smooth(one_hot([0, 1, 2, 2, 1, 0], 3), amount)
    layer = SoftmaxRegression.initialise(generator, 4, 3, np.float64)
    layer.bias += generator.normal(size=3)

    def loss(weights, bias):
        return SoftmaxRegression(weights, bias).loss(inputs, targets, l2, class_weights)

    gradients = layer.gradients(inputs, targets, l2, class_weights)
    by_weights = numerical_gradient(lambda weights: loss(weights, layer.bias), layer.weights)
    by_bias = numerical_gradient(lambda bias: loss(layer.weights, bias), layer.bias)
    assert relative_error(gradients.weights, by_weights) < 1e-8
    assert relative_error(gradients.bias, by_bias) < 1e-8


def test_first_weights_have_a_deviation_of_one_over_the_root_of_the_features(generator):
    layer = SoftmaxRegression.initialise(generator, 400, 50)
    assert layer.weights.std() == pytest.approx(0.05, rel=0.03)
    assert layer.weights.mean() == pytest.approx(0, abs=0.002)
    assert layer.bias.tolist() == [0] * 50
    assert layer.weights.dtype == layer.bias.dtype == np.float32


def test_float32_stays_float32_through_a_step(generator):
    layer = SoftmaxRegression.initialise(generator, 4, 3)
    inputs, targets = generator.normal(size=(5, 4)).astype(np.float32), one_hot([0] * 5, 3)
    gradients = layer.gradients(inputs, targets, l2=0.1, class_weights=[1.0, 2.0, 3.0])
    assert gradients.weights.dtype == gradients.bias.dtype == np.float32


def test_inputs_of_another_width_are_refused(generator):
    layer = SoftmaxRegression.initialise(generator, 4, 3)
    with pytest.raises(ValueError, match=r"4 features on the last axis, not \(2, 5\)"):
        layer.logits(np.ones((2, 5)))


@pytest.mark.parametrize("shapes", [((2, 3), (2,)), ((3,), (3,))])
def test_weights_and_bias_that_do_not_agree_are_refused(shapes):
    with pytest.raises(ValueError, match="weights and bias must have the shapes"):
        SoftmaxRegression(np.ones(shapes[0]), np.ones(shapes[1]))


# Files


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_saved_layer_comes_back_bit_by_bit(generator, tmp_path, dtype):
    layer = SoftmaxRegression.initialise(generator, 5, 3, dtype)
    layer.save(tmp_path / "head.without-suffix")
    loaded = SoftmaxRegression.load(tmp_path / "head.without-suffix")
    assert [path.name for path in tmp_path.iterdir()] == ["head.without-suffix"]
    for before, after in zip(layer.parameters, loaded.parameters, strict=True):
        assert before.dtype == after.dtype
        assert before.tobytes() == after.tobytes()


def test_the_same_layer_makes_the_same_file(generator, tmp_path):
    layer = SoftmaxRegression.initialise(generator, 5, 3)
    layer.save(tmp_path / "a.npz")
    layer.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def array_file(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        b"PK\x03\x04 cut short",
        array_file(np.save, np.ones(3)),
        array_file(np.savez, weights=np.ones((2, 2))),
        array_file(np.savez, weights=np.ones((2, 2)), bias=np.ones(3)),
        array_file(np.savez, weights=np.array([{}]), bias=np.ones(3)),
        array_file(np.savez, weights=np.ones((2, 2)), bias=np.ones(2))[:-30],
    ],
)
def test_a_file_that_holds_no_layer_is_named(tmp_path, content):
    (tmp_path / "head.npz").write_bytes(content)
    with pytest.raises(UserError, match="head.npz is not a saved softmax layer"):
        SoftmaxRegression.load(tmp_path / "head.npz")


# Training


def test_full_batches_reach_the_minimum_that_scikit_learn_finds(clouds):
    inputs, labels = clouds
    l2 = 0.05
    layer, _ = train(clouds, steps=2000, batch_size=150, learning_rate=0.2, l2=l2)
    expected = LogisticRegression(C=1 / (l2 * len(labels)), tol=1e-8).fit(inputs, labels)
    np.testing.assert_allclose(
        layer.probabilities(inputs), expected.predict_proba(inputs), atol=2e-5
    )


def test_small_batches_learn(clouds):
    layer, history = train(clouds, steps=300, batch_size=20)
    assert history[-1].training_loss < 0.6 < history[0].training_loss
    assert history[-1].training_accuracy > 0.75
    assert layer.weights.shape == (4, 3)
    assert layer.weights.dtype == np.float32


def test_the_history_measures_both_splits_with_the_plain_loss(clouds):
    inputs, labels = clouds
    layer, history = train(
        (inputs[:100], labels[:100]),
        (inputs[100:], labels[100:]),
        steps=25,
        l2=0.5,
        label_smoothing=0.3,
        class_weights=(1, 2, 3),
    )
    assert [record.step for record in history] == [10, 20, 25]
    right = layer.logits(inputs).argmax(axis=1) == labels
    targets = one_hot(labels, 3)
    assert history[-1] == TrainingRecord(
        step=25,
        training_loss=pytest.approx(layer.loss(inputs[:100], targets[:100])),
        training_accuracy=pytest.approx(right[:100].mean()),
        validation_loss=pytest.approx(layer.loss(inputs[100:], targets[100:])),
        validation_accuracy=pytest.approx(right[100:].mean()),
    )


def test_without_a_validation_split_its_numbers_are_missing(clouds):
    _, history = train(clouds, steps=1)
    assert history[0].validation_loss is history[0].validation_accuracy is None


def test_the_same_seed_gives_the_same_layer_and_another_seed_another(clouds):
    first, again, other = (train(clouds, steps=30, seed=seed)[0] for seed in (1, 1, 2))
    assert first.weights.tobytes() == again.weights.tobytes()
    assert first.weights.tobytes() != other.weights.tobytes()


def test_validation_does_not_change_the_layer(clouds):
    alone, measured = train(clouds, steps=30), train(clouds, clouds, steps=30, evaluate_every=1)
    assert alone[0].weights.tobytes() == measured[0].weights.tobytes()


def test_targets_train_as_their_labels_do(clouds):
    inputs, labels = clouds
    by_labels, _ = train(clouds, steps=30)
    by_targets, _ = train((inputs, one_hot(labels, 3)), clouds, steps=30)
    assert by_labels.weights.tobytes() == by_targets.weights.tobytes()


def test_a_class_that_only_validation_holds_has_its_place(clouds):
    layer, _ = train(clouds, (clouds[0][:1], [4]), steps=1)
    assert layer.bias.shape == (5,)


@pytest.mark.parametrize(
    "changed",
    [
        {"l2": 1.0},
        {"label_smoothing": 0.3},
        {"class_weights": (1.0, 5.0, 1.0)},
        {"momentum": 0.5},
        {"nesterov": True},
        {"schedule": "cosine"},
        {"warm_up": 10},
        {"learning_rate": 0.02},
        {"batch_size": 10},
    ],
)
def test_every_setting_changes_the_training(clouds, changed):
    usual, _ = train(clouds, steps=20)
    other, _ = train(clouds, steps=20, **changed)
    assert usual.weights.tobytes() != other.weights.tobytes()


def test_a_weighted_class_is_predicted_more_often(clouds):
    inputs, _ = clouds
    usual, weighted = train(clouds)[0], train(clouds, class_weights=(1.0, 10.0, 1.0))[0]
    counts = [(layer.logits(inputs).argmax(axis=1) == 1).sum() for layer in (usual, weighted)]
    assert counts[1] > counts[0] + 10


def test_each_step_is_reported_with_the_record_where_one_was_due(clouds):
    seen = []
    _, history = train(
        clouds, steps=5, evaluate_every=2, on_step=lambda step, record: seen.append((step, record))
    )
    assert seen == [(1, None), (2, history[0]), (3, None), (4, history[1]), (5, history[2])]


def test_the_layer_is_float32_whatever_the_type_of_the_features(clouds):
    inputs, labels = clouds
    layer, _ = train(((inputs * 10).astype(int), labels), steps=5, learning_rate=0.001)
    assert layer.weights.dtype == np.float32


def test_a_loss_that_diverges_is_told_in_one_sentence_without_warnings(clouds):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            UserError, match=r"training loss is nan after 10 .* lower learning_rate"
        ):
            train(clouds, learning_rate=1e30, l2=1.0)


def test_features_that_are_not_finite_are_told_by_their_split(clouds):
    inputs, labels = clouds
    broken = np.where(np.arange(4) == 2, np.nan, inputs)
    with pytest.raises(UserError, match="look for training features that are not finite"):
        train((broken, labels))
    with pytest.raises(UserError, match="look for validation features that are not finite"):
        train(clouds, (broken, labels))


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        (np.ones((3, 2)), [0, 1]),
        (np.ones(3), [0, 1, 1]),
        (np.ones((0, 2)), np.ones((0, 2))),
    ],
)
def test_examples_that_do_not_agree_are_refused(inputs, labels):
    with pytest.raises(ValueError, match="inputs and targets must have the shapes"):
        train((inputs, labels))


def test_an_epoch_holds_every_row_once_and_the_next_has_another_order(generator):
    batches = shuffled_batches(10, 4, generator)
    epochs = [[next(batches) for _ in range(3)] for _ in range(2)]
    assert [len(batch) for batch in epochs[0]] == [4, 4, 2]
    first, second = (np.concatenate(epoch) for epoch in epochs)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first.tolist() != second.tolist()


# Settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps is 0: give a whole number from 1"),
        ({"steps": "500"}, "steps is '500'"),
        ({"steps": 1e3}, "steps is 1000.0"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"evaluate_every": 0}, "evaluate_every is 0"),
        ({"steps": 5, "warm_up": 5}, "warm_up is 5: give a whole number from 0 to below steps"),
        ({"learning_rate": 0}, "learning_rate is 0: give a number above 0"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"learning_rate": None}, "learning_rate is None"),
        ({"momentum": 1.0}, "momentum is 1.0: give a number from 0 to below 1"),
        ({"momentum": 0, "nesterov": True}, "nesterov is True: give false, or a momentum above 0"),
        ({"l2": -0.1}, "l2 is -0.1: give a number from 0"),
        ({"label_smoothing": 1.5}, "label_smoothing is 1.5: give a number from 0 to 1"),
        ({"schedule": "cosin"}, "schedule is 'cosin': did you mean cosine"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_remedy(settings, message):
    with pytest.raises(UserError, match=message):
        TrainingSettings(**settings)


def test_settings_cannot_be_changed_after_the_fact():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingSettings().steps = 3


def test_the_schedule_goes_by_its_name():
    settings = TrainingSettings(steps=50, learning_rate=0.2, schedule="cosine", warm_up=5)
    rates = [settings.learning_rates()(step) for step in range(50)]
    assert rates == [cosine(0.2, 50, 5)(step) for step in range(50)]
    assert TrainingSettings(learning_rate=0.2).learning_rates()(400) == 0.2
