import dataclasses
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from words_and_images.common.errors import UserError
from words_and_images.neural import training
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.losses import balanced_class_weights, one_hot
from words_and_images.neural.network import Network
from words_and_images.neural.optimisers import Adam, GradientDescent, cosine, exponential, stepped
from words_and_images.neural.softmax_regression import SoftmaxRegression
from words_and_images.neural.training import (
    EarlyStopping,
    Table,
    TrainingRecord,
    TrainingSettings,
    kept_record,
    shuffled_batches,
    validation_losses,
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


def train(clouds, validation=None, seed=0, on_step=None, network=None, **settings):
    generator = np.random.default_rng(seed)
    if network is None:
        network = SoftmaxRegression.initialise(generator, np.shape(clouds[0])[-1], 3)
    history = training.train(
        network, clouds, validation, TrainingSettings(**settings), generator, on_step
    )
    return network, history


# The loop


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
    _, history = train(clouds, steps=3)
    assert history[-1].step == 3
    assert history[0].validation_loss is history[0].validation_accuracy is None


def test_the_same_seed_gives_the_same_layer_and_another_seed_another(clouds):
    first, again, other = (train(clouds, steps=30, seed=seed)[0] for seed in (1, 1, 2))
    assert first.weights.tobytes() == again.weights.tobytes()
    assert first.weights.tobytes() != other.weights.tobytes()


def test_validation_does_not_change_the_layer(clouds):
    alone, measured = train(clouds, steps=30), train(clouds, clouds, steps=30, evaluate_every=1)
    assert alone[0].weights.tobytes() == measured[0].weights.tobytes()


def test_a_table_trains_as_its_rows_do_in_memory(clouds):
    class Doubled(Table):
        def __init__(self, halves):
            self.halves, self.shape = halves, halves.shape

        def __getitem__(self, rows):
            return 2 * self.halves[rows]

    inputs, labels = np.asarray(clouds[0], np.float32), clouds[1]
    expected, history = train((inputs, labels), steps=30)
    layer, same = train((Doubled(inputs / 2), labels), steps=30)
    assert same == history
    np.testing.assert_array_equal(layer.layers[0].weights, expected.layers[0].weights)


def test_targets_train_as_their_labels_do(clouds):
    inputs, labels = clouds
    by_labels, _ = train(clouds, steps=30)
    by_targets, _ = train((inputs, one_hot(labels, 3)), clouds, steps=30)
    assert by_labels.weights.tobytes() == by_targets.weights.tobytes()


@pytest.mark.parametrize(
    "changed",
    [
        {"l2": 1.0},
        {"label_smoothing": 0.3},
        {"class_weights": (1.0, 5.0, 1.0)},
        {"momentum": 0.5},
        {"optimiser": "nesterov"},
        {"optimiser": "adam"},
        {"input_dropout": 0.5},
        {"schedule": "cosine"},
        {"schedule": "step"},
        {"schedule": "exponential"},
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
    with pytest.raises(UserError, match=r"training features must be finite .* not nan at \(0, 2\)"):
        train((broken, labels))
    with pytest.raises(UserError, match="validation features must be finite"):
        train(clouds, (broken, labels))


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        (np.ones((3, 2)), [0, 1]),
        (np.ones((3, 2)), np.ones((3, 2))),
        (np.ones((0, 2)), np.ones((0, 3))),
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


# Networks with hidden layers


def test_a_hidden_layer_learns_what_a_line_cannot_part(generator):
    inputs = generator.uniform(-1, 1, (400, 2))
    labels = (inputs[:, 0] * inputs[:, 1] > 0).astype(int)
    network = Network.of_widths(generator, [2, 16, 2], "tanh")
    settings = {"steps": 1000, "learning_rate": 0.1}
    _, history = train((inputs, labels), network=network, **settings)
    line = SoftmaxRegression.initialise(generator, 2, 2)
    _, straight = train((inputs, labels), network=line, **settings)
    assert history[-1].training_accuracy > 0.95
    assert straight[-1].training_accuracy < 0.75


@pytest.mark.parametrize("optimiser", ["momentum", "nesterov", "adam"])
def test_xor_by_sigmoids_and_squared_error(optimiser):
    generator = np.random.default_rng(4)
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    targets = np.array([[0], [1], [1], [0]])
    layers = [
        DenseLayer.initialise(generator, shape, "sigmoid", lambda fan_in: 2.0, np.float64)
        for shape in ((2, 3), (3, 1))
    ]
    rate = 0.05 if optimiser == "adam" else 1.0
    network, history = train(
        (inputs, targets),
        network=Network(layers, "squared_error"),
        steps=2000,
        learning_rate=rate,
        optimiser=optimiser,
    )
    assert history[-1].training_accuracy == 1
    np.testing.assert_allclose(network.probabilities(inputs), targets, atol=0.1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_keeps_its_float_type_through_training(clouds, generator, dtype):
    network = Network.of_widths(generator, [4, 5, 3], dtype=dtype)
    settings = {"input_dropout": 0.2, "hidden_dropout": 0.5, "class_weights": (1.0, 2.0, 1.0)}
    train(clouds, network=network, steps=5, l2=0.1, optimiser="adam", **settings)
    assert {parameter.dtype for parameter in network.parameters} == {np.dtype(dtype)}


def test_dropout_comes_from_the_generator_and_is_not_part_of_the_record(clouds):
    settings = {"steps": 20, "hidden_dropout": 0.5}

    def trained(seed, **changed):
        network = Network.of_widths(np.random.default_rng(1), [4, 8, 3])
        return train(clouds, network=network, seed=seed, **settings | changed)

    (first, history), (again, _), (other, _) = trained(1), trained(1), trained(2)
    (whole, _) = trained(1, hidden_dropout=0.0)
    weights = [net.layers[0].weights.tobytes() for net in (first, again, other, whole)]
    assert weights[0] == weights[1]
    assert len(set(weights)) == 3
    targets = one_hot(clouds[1], 3)
    loss = first.loss(clouds[0].astype(np.float32), targets)
    assert history[-1].training_loss == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize("rates", [{"input_dropout": 0.5}, {"hidden_dropout": 0.5}], ids=str)
def test_what_is_dropped_is_not_learned_from(clouds, rates, pieces):
    """In whole batches their order, which the generator draws too, changes no more than bits."""
    def trained(**changed):
        network = Network.of_widths(np.random.default_rng(1), [4, 8, 3])
        return train(clouds, network=network, steps=20, batch_size=len(clouds[1]), pieces=pieces,
                     **changed)[0].layers[0].weights

    whole, again, dropped = trained(), trained(seed=5), trained(**rates)
    np.testing.assert_allclose(again, whole, rtol=1e-3, atol=1e-4)
    assert np.abs(dropped - whole).max() > 0.01


def test_a_single_output_is_right_where_it_is_on_its_target_s_side_of_one_half(generator):
    network = Network.of_widths(generator, [1, 1], loss_name="squared_error")
    network.layers[0].weights[...], network.layers[0].bias[...] = 1, 0  # puts out what comes in
    inputs = np.array([[0.2], [0.5], [0.6], [1.2]])
    targets = np.array([[0.0], [1.0], [1.0], [1.0]])  # one half itself is not above
    settings = TrainingSettings(steps=1, learning_rate=1e-12)
    [record] = training.train(network, (inputs, targets), None, settings, generator)
    assert record.training_accuracy == 0.75


def test_a_validation_loss_that_is_no_number_is_told_as_such(generator):
    network = Network.of_widths(generator, [1, 1], loss_name="squared_error")
    split, far = (np.ones((2, 1)), np.ones((2, 1))), (np.full((2, 1), 1e30), np.ones((2, 1)))
    with pytest.raises(UserError, match="^The validation loss is inf after 3 steps"):
        training.train(network, split, far, TrainingSettings(steps=3, evaluate_every=3), generator)


def test_many_rows_are_measured_by_a_sample_of_all_parts(monkeypatch):
    monkeypatch.setattr(training, "MEASURED_ROWS", 100)
    labels = np.repeat([0, 1], [600, 400])
    # Always the first class
    layer = SoftmaxRegression(np.zeros((1, 2), np.float32), np.array([1, 0], np.float32))
    sizes = []
    outputs = SoftmaxRegression.outputs

    def counting(self, values, masks=None):
        sizes.append(len(values))
        return outputs(self, values, masks)

    monkeypatch.setattr(SoftmaxRegression, "outputs", counting)
    _, history = train((np.ones((1000, 1)), labels), network=layer, steps=1, learning_rate=1e-9)
    assert sizes == [100]
    assert history[0].training_accuracy == pytest.approx(0.6, abs=0.01)


# Early stopping


def record(step, loss):
    return TrainingRecord(step, 0.0, 1.0, loss, 1.0)


def test_the_patience_counts_records_without_a_lower_loss_and_the_best_is_restored(generator):
    layer = SoftmaxRegression.initialise(generator, 2, 2)
    stopping = EarlyStopping(2)
    seen = []
    for step, loss in enumerate([0.9, 0.5, 0.6, 0.4, 0.4, 0.5, 0.1]):
        layer.weights[:] = step
        seen.append(stopping.ends(record(step, loss), layer))
        if seen[-1]:
            break
    assert seen == [False, False, False, False, False, True]
    parameters = layer.parameters
    stopping.restore(layer)
    assert layer.weights.tolist() == [[3, 3], [3, 3]]
    assert layer.parameters[0] is parameters[0]


def test_early_stopping_ends_before_the_last_step_with_the_lowest_validation_loss(generator):
    # As many features as examples, and noise for labels: only overfitting can be learned
    inputs, labels = generator.normal(size=(200, 80)), generator.integers(0, 3, 200)
    splits = (inputs[:100], labels[:100]), (inputs[100:], labels[100:])
    settings = {"steps": 1000, "learning_rate": 0.05, "evaluate_every": 5, "patience": 4}
    layer, history = train(splits[0], splits[1], **settings)
    kept = kept_record(history, TrainingSettings(**settings))
    assert history[-1].step < 1000
    assert history[-1].step == kept.step + 4 * 5
    assert kept.validation_loss == min(each.validation_loss for each in history)
    held_out = layer.loss(splits[1][0].astype(np.float32), one_hot(splits[1][1], 3))
    assert held_out == pytest.approx(kept.validation_loss, rel=1e-6)


def test_the_best_is_kept_also_where_the_steps_run_out_first(generator):
    inputs, labels = generator.normal(size=(200, 80)), generator.integers(0, 3, 200)
    splits = (inputs[:100], labels[:100]), (inputs[100:], labels[100:])
    layer, history = train(
        *splits, steps=100, learning_rate=0.05, evaluate_every=5, patience=1000
    )
    lowest = min(each.validation_loss for each in history)
    assert lowest < history[-1].validation_loss
    held_out = layer.loss(splits[1][0].astype(np.float32), one_hot(splits[1][1], 3))
    assert held_out == pytest.approx(lowest, rel=1e-6)


def test_without_patience_the_last_record_is_the_one_kept():
    history = [record(10, 0.1), record(20, 0.9)]
    assert kept_record(history, TrainingSettings()) is history[1]
    assert kept_record(history, TrainingSettings(patience=9)) is history[0]


def test_validation_losses_are_of_every_record_or_refused():
    assert validation_losses([record(10, 0.5), record(20, 0.0)]) == [0.5, 0.0]
    with pytest.raises(ValueError, match="^history must be of a training with a validation split, "
                                         "not without.$"):
        validation_losses([record(10, 0.5), record(20, None)])


def test_patience_without_a_validation_split_is_refused(clouds):
    with pytest.raises(ValueError, match="patience needs a validation split"):
        train(clouds, patience=3)


# Settings


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"steps": 0}, "steps is 0: give a whole number from 1."),
        ({"steps": "500"}, "steps is '500': give a whole number from 1."),
        ({"steps": 1e3}, "steps is 1000.0: give a whole number from 1."),
        ({"batch_size": -1}, "batch_size is -1: give a whole number from 1."),
        ({"evaluate_every": 0}, "evaluate_every is 0: give a whole number from 1."),
        ({"pieces": 0}, "pieces is 0: give a whole number from 1."),
        ({"decay_steps": -1}, "decay_steps is -1: give a whole number from 0."),
        ({"patience": 1.5}, "patience is 1.5: give a whole number from 0."),
        ({"steps": 5, "warm_up": 5}, "warm_up is 5: give a whole number from 0 to below steps."),
        ({"warm_up": -1}, "warm_up is -1: give a whole number from 0 to below steps."),
        ({"learning_rate": 0}, "learning_rate is 0: give a number above 0."),
        ({"learning_rate": float("inf")}, "learning_rate is inf: give a number above 0."),
        ({"learning_rate": None}, "learning_rate is None: give a number above 0."),
        ({"momentum": 1.0}, "momentum is 1.0: give a number from 0 to below 1."),
        ({"momentum": 0, "optimiser": "nesterov"},
         "momentum is 0: give a number above 0 for nesterov."),
        ({"input_dropout": 1}, "input_dropout is 1: give a number from 0 to below 1."),
        ({"hidden_dropout": -0.5}, "hidden_dropout is -0.5: give a number from 0 to below 1."),
        ({"class_weights": (1.0, -1.0)},
         "class_weights is (1.0, -1.0): give numbers from 0, one a class."),
        ({"decay": 0}, "decay is 0: give a number above 0 and at most 1."),
        ({"decay": 1.5}, "decay is 1.5: give a number above 0 and at most 1."),
        ({"l2": -0.1}, "l2 is -0.1: give a number from 0."),
        ({"label_smoothing": 1.5}, "label_smoothing is 1.5: give a number from 0 to 1."),
        ({"label_smoothing": -0.5}, "label_smoothing is -0.5: give a number from 0 to 1."),
        ({"optimiser": "adm"}, "optimiser is 'adm': did you mean adam?"),
        ({"schedule": "cosin"}, "schedule is 'cosin': did you mean cosine?"),
        ({"schedule": 3}, "schedule is 3: choose from constant, cosine, step, exponential."),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_remedy(settings, sentence):
    with pytest.raises(UserError) as refused:
        TrainingSettings(**settings)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("settings", [
    {"steps": 1, "batch_size": 1, "evaluate_every": 1, "pieces": 1}, {"steps": 5, "warm_up": 4},
    {"decay_steps": 0, "patience": 0}, {"momentum": 0}, {"input_dropout": 0, "hidden_dropout": 0},
    {"l2": 0}, {"label_smoothing": 0}, {"label_smoothing": 1}, {"decay": 1},
    {"class_weights": (0.0, 1.0)}, {"learning_rate": 1e-300}, {"learning_rate": np.float32(1)},
])
def test_settings_on_the_bound_are_taken(settings):
    TrainingSettings(**settings)


def test_settings_cannot_be_changed_after_the_fact():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingSettings().steps = 3


def test_the_schedule_goes_by_its_name():
    settings = TrainingSettings(steps=50, learning_rate=0.2, schedule="cosine", warm_up=5)
    rates = [settings.learning_rates()(step) for step in range(50)]
    assert rates == [cosine(0.2, 50, 5)(step) for step in range(50)]
    assert TrainingSettings(learning_rate=0.2).learning_rates()(400) == 0.2


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("step", stepped(0.2, 15, 0.5, 5)), ("exponential", exponential(0.2, 15, 0.5, 5))],
)
def test_rates_fall_after_each_third_of_the_steps_unless_told(schedule, expected):
    settings = TrainingSettings(
        steps=50, learning_rate=0.2, schedule=schedule, decay=0.5, warm_up=5
    )
    told = dataclasses.replace(settings, decay_steps=15, steps=400)
    for step in range(50):
        assert settings.learning_rates()(step) == told.learning_rates()(step) == expected(step)


def test_the_optimiser_goes_by_its_name():
    adam = TrainingSettings(optimiser="adam", momentum=0.8).new_optimiser()
    assert isinstance(adam, Adam) and adam.beta_1 == 0.8
    nesterov = TrainingSettings(optimiser="nesterov").new_optimiser()
    assert isinstance(nesterov, GradientDescent) and nesterov.nesterov
    assert not TrainingSettings().new_optimiser().nesterov


# Pieces of a batch


@pytest.mark.parametrize("pieces", [2, 3, 8])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("weights", [None, (0.5, 1.0, 3.0)])
def test_pieces_of_a_batch_add_up_to_it(pieces, loss, weights):
    def trained(count):
        generator = np.random.default_rng(3)
        inputs, labels = generator.normal(size=(13, 4)), np.arange(13) % 3
        network = Network.of_widths(generator, [4, 5, 3], "tanh", dtype=np.float64, loss_name=loss)
        settings = TrainingSettings(
            steps=20, batch_size=7, l2=0.1, class_weights=weights, pieces=count)
        training.train(network, (inputs, labels), None, settings, generator)
        return network.parameters

    for whole, split in zip(trained(1), trained(pieces), strict=True):
        np.testing.assert_allclose(split, whole, rtol=1e-10, atol=1e-12)


def test_pieces_with_dropout_have_the_same_bits_every_time():
    def trained():
        generator = np.random.default_rng(3)
        inputs, labels = generator.normal(size=(500, 40)), np.arange(500) % 3
        network = Network.of_widths(generator, [40, 64, 3])
        settings = TrainingSettings(
            steps=60, input_dropout=0.2, hidden_dropout=0.5, pieces=2)
        training.train(network, (inputs, labels), None, settings, generator)
        return b"".join(array.tobytes() for array in network.parameters)

    assert len({trained() for _ in range(4)}) == 1


@pytest.mark.parametrize(("training_split", "validation", "message"), [
    ((np.ones((4, 3)), [0, 1, 0, 1]), None, r"training inputs .* \(examples, 2\) and .* \(4, 3\)"),
    ((np.ones((4, 2)), [0, 1, 0, 1]), (np.ones((4, 3)), [0, 1, 0, 1]), "validation inputs and"),
    ((np.ones((2, 2)), [[-5.0, 6.0], [0, 1]]), None, "must be 0 or more, not -5.0"),
])
def test_a_split_that_does_not_fit_is_named_before_any_update(
    generator, training_split, validation, message
):
    network = Network.of_widths(generator, [2, 2])
    before = network.layers[0].weights.copy()
    with pytest.raises(ValueError, match=message):
        training.train(network, training_split, validation, TrainingSettings(), generator)
    np.testing.assert_array_equal(network.layers[0].weights, before)


def test_a_network_of_one_output_is_told_the_shape_of_its_targets(generator):
    network = Network.of_widths(generator, [2, 1], loss_name="squared_error")
    split = np.ones((4, 2)), [0, 1, 0, 1]
    with pytest.raises(ValueError, match=r"\(examples, 1\), .* \(4,\)"):
        training.train(network, split, None, TrainingSettings(), generator)


def test_numbers_that_float32_does_not_reach_are_named_as_such(clouds):
    inputs, labels = clouds
    with pytest.raises(UserError, match=r"training features, in float32, must be finite .* inf"):
        train((inputs * 1e300, labels))


def test_squared_errors_have_no_smoothed_labels(generator):
    network = Network.of_widths(generator, [2, 1], loss_name="squared_error")
    with pytest.raises(ValueError, match="label_smoothing needs cross_entropy, not squared_error"):
        training.train(network, (np.ones((4, 2)), np.ones((4, 1))), None,
                       TrainingSettings(label_smoothing=0.1), generator)


def test_balanced_weights_are_class_weights(clouds):
    inputs, labels = clouds
    weights = balanced_class_weights(labels, 3)
    for pieces in (1, 2):
        as_array, _ = train((inputs, labels), class_weights=weights, pieces=pieces)
        as_tuple, _ = train((inputs, labels), class_weights=tuple(weights), pieces=pieces)
        np.testing.assert_array_equal(as_array.weights, as_tuple.weights)


def test_features_that_are_no_numbers_are_refused(clouds):
    with pytest.raises(ValueError, match="training inputs and targets must be numbers, not <U"):
        train((clouds[0].astype(str), clouds[1]))
