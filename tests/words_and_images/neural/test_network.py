import io
import itertools

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.neural.activations import ACTIVATIONS
from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.losses import one_hot, smooth
from words_and_images.neural.network import Dropout, Network
from words_and_images.neural.softmax import softmax


@pytest.fixture
def generator():
    return np.random.default_rng(13)


def small_network(generator, activation, depth, loss="cross_entropy", dtype=np.float64):
    """4 inputs, `depth` hidden layers, 3 outputs; biases that are not 0."""
    widths = [4, 5, 6, 3] if depth == 2 else [4, 5, 3] if depth else [4, 3]
    hidden = [activation] * depth
    last = "identity" if loss == "cross_entropy" else activation
    layers = [
        DenseLayer.initialise(generator, shape, name, dtype=dtype)
        for shape, name in zip(itertools.pairwise(widths), [*hidden, last], strict=True)
    ]
    for layer in layers:
        layer.bias += generator.normal(size=layer.bias.shape)
    return Network(layers, loss)


# What it puts out


def test_outputs_of_worked_numbers():
    hidden = DenseLayer(np.array([[1.0, -1.0], [1.0, 1.0]]), np.array([0.0, 1.0]), "relu")
    last = DenseLayer(np.array([[2.0, 0.0], [1.0, 3.0]]), np.array([0.0, -1.0]))
    network = Network([hidden, last])
    # [1, 2]: hidden [3, 2], logits [8, 5]; [-3, 1]: hidden [0, 5], logits [5, 14]
    assert network.outputs([[1, 2], [-3, 1]]).tolist() == [[8, 5], [5, 14]]
    assert network.probabilities([1, 2]).tolist() == softmax([8.0, 5.0]).tolist()
    assert network.outputs_of_one([1, 2]).tolist() == [8, 5]
    assert network.classes == 2


def test_a_network_of_squared_error_gives_its_outputs_as_probabilities(generator):
    network = small_network(generator, "sigmoid", 1, "squared_error")
    inputs = generator.normal(size=(3, 4))
    np.testing.assert_array_equal(network.probabilities(inputs), network.outputs(inputs))


def test_the_penalty_counts_the_weights_of_all_layers_and_no_bias():
    layers = [DenseLayer(np.full((1, 1), 3.0), np.ones(1)),
              DenseLayer(np.full((1, 2), 2.0), np.ones(2))]
    # Even odds: ln 2; (0.5 / 2) (9 + 4 + 4)
    loss = Network(layers).loss([[1.0]], [[0, 1]], l2=0.5)
    assert loss == pytest.approx(np.log(2) + 4.25, rel=1e-15)


def test_the_penalty_of_float32_weights_is_summed_in_float64():
    layer = DenseLayer(np.array([[1e4, 1.0]], np.float32), np.zeros(2, np.float32))
    loss = Network([layer], "squared_error").loss([[0.0]], [[0, 0]], l2=2.0)
    assert loss == 1e8 + 1  # which float32 does not have


def test_widths_give_the_shapes_and_activations(generator):
    network = Network.of_widths(generator, [7, 5, 4, 3], "tanh")
    assert [layer.weights.shape for layer in network.layers] == [(7, 5), (5, 4), (4, 3)]
    assert [layer.activation for layer in network.layers] == ["tanh", "tanh", "identity"]
    assert network.dtype == np.float32


def test_layers_that_do_not_fit_and_losses_that_nobody_knows_are_refused():
    first, second = (DenseLayer(np.ones((2, 3)), np.ones(3)) for _ in range(2))
    with pytest.raises(ValueError, match=r"not of the shapes \[\(2, 3\), \(2, 3\)\]"):
        Network([first, second])
    with pytest.raises(ValueError, match="at least one"):
        Network([])
    with pytest.raises(ValueError, match="not 'hinge'"):
        Network([first], "hinge")


# Gradients


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("class_weights", [None, (0.5, 2.0, 7.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("dropout", [Dropout(), Dropout(0.3, 0.5)])
def test_gradients_agree_with_central_differences(
    generator, loss, activation, depth, l2, class_weights, smoothing, dropout
):
    network = small_network(generator, activation, depth, loss)
    inputs = generator.normal(size=(6, 4))
    targets = smooth(one_hot([0, 1, 2, 2, 1, 0], 3), smoothing)
    masks = dropout.masks(network, 6, generator)
    gradients = network.gradients(inputs, targets, l2, class_weights, masks)
    for parameter, gradient in zip(network.parameters, gradients, strict=True):

        def loss_at(values, parameter=parameter):
            before = parameter.copy()
            parameter[...] = values
            value = network.loss(inputs, targets, l2, class_weights, masks)
            parameter[...] = before
            return value

        numerical = numerical_gradient(loss_at, parameter)
        assert relative_error(gradient, numerical) < 1e-7


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_gradients_are_float32_and_near_those_of_float64(generator, activation, loss):
    double = small_network(generator, activation, 2, loss)
    single = Network(
        [
            DenseLayer(layer.weights.astype(np.float32), layer.bias.astype(np.float32),
                       layer.activation)
            for layer in double.layers
        ],
        loss,
    )
    inputs, targets = generator.normal(size=(6, 4)), one_hot([0, 1, 2, 2, 1, 0], 3)
    masks = Dropout(0.2, 0.5).masks(single, 6, generator)
    found = single.gradients(inputs.astype(np.float32), targets, 0.1, (1.0, 2.0, 3.0), masks)
    expected = double.gradients(inputs, targets, 0.1, (1.0, 2.0, 3.0), masks)
    for gradient, exact in zip(found, expected, strict=True):
        assert gradient.dtype == np.float32
        assert relative_error(gradient, exact) < 1e-5


# Dropout


def test_masks_are_zero_at_the_rate_and_keep_the_expectation(generator):
    network = Network.of_widths(generator, [50, 40, 30, 3])
    masks = Dropout(0.2, 0.5).masks(network, 400, generator)
    assert [mask.shape for mask in masks] == [(400, 50), (400, 40), (400, 30)]
    for mask, rate in zip(masks, (0.2, 0.5, 0.5), strict=True):
        dropped = round(rate * 65536)
        assert set(np.unique(mask)) == {0, np.float32(65536 / (65536 - dropped))}
        assert np.mean(mask == 0) == pytest.approx(rate, abs=0.02)
        assert mask.dtype == np.float32


def test_a_rate_of_zero_draws_nothing(generator):
    network = Network.of_widths(generator, [4, 5, 3])
    state = generator.bit_generator.state
    assert Dropout().masks(network, 10, generator) == [None, None]
    assert generator.bit_generator.state == state
    inputs, hidden = Dropout(hidden=0.5).masks(network, 10, generator)
    assert inputs is None and hidden.shape == (10, 5)


def test_masks_multiply_what_a_layer_takes():
    network = Network([DenseLayer(np.array([[1.0], [10.0]]), np.array([0.5]))], "squared_error")
    outputs = network.outputs([[3.0, 4.0], [3.0, 4.0]], [np.array([[2.0, 0.0], [0.0, 2.0]])])
    assert outputs.tolist() == [[6.5], [80.5]]


@pytest.mark.parametrize("rates", [{"inputs": 1.0}, {"hidden": -0.1}, {"hidden": 1.5}])
def test_rates_outside_zero_to_one_are_refused(rates):
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        Dropout(**rates)


# Files


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_a_saved_network_comes_back_bit_by_bit(generator, tmp_path, dtype, loss):
    network = small_network(generator, "tanh", 2, loss, dtype)
    network.save(tmp_path / "network.without-suffix")
    loaded = Network.load(tmp_path / "network.without-suffix")
    assert [path.name for path in tmp_path.iterdir()] == ["network.without-suffix"]
    assert loaded.loss_name == loss
    for before, after in zip(network.layers, loaded.layers, strict=True):
        assert before.activation == after.activation
    for first, second in zip(network.parameters, loaded.parameters, strict=True):
        assert first.dtype == second.dtype
        assert first.tobytes() == second.tobytes()


def test_the_same_network_makes_the_same_file(generator, tmp_path):
    network = small_network(generator, "relu", 1)
    network.save(tmp_path / "a.npz")
    network.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def array_file(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


def saved(**changed):
    """A sound file but for what is changed."""
    sound = {"weights_1": np.ones((2, 2)), "bias_1": np.ones(2),
             "activations": np.array(["identity"]), "loss": np.array("cross_entropy")}
    return array_file(np.savez, **{name: array for name, array in {**sound, **changed}.items()
                                   if array is not None})


def test_the_file_that_the_broken_ones_below_differ_from_is_sound(tmp_path):
    (tmp_path / "network.npz").write_bytes(saved())
    assert Network.load(tmp_path / "network.npz").classes == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        b"PK\x03\x04 cut short",
        array_file(np.save, np.ones(3)),
        array_file(np.savez, weights=np.ones((2, 2)), bias=np.ones(2)),
        saved(weights_1=None),
        saved(bias_1=np.ones(3)),
        saved(weights_1=np.array([{}])),
        saved(weights_1=np.ones((2, 2), int)),
        saved(weights_1=np.array([[np.nan, 1], [1, 1]])),
        saved(activations=np.array([])),
        saved(activations=np.array("identity")),
        saved(activations=np.array(["identity", "identity"])),
        saved(activations=np.array(["swish"])),
        saved(loss=np.array("hinge")),
        saved(loss=np.array(["a", "b"])),
        saved()[:-30],
    ],
)
def test_a_file_that_holds_no_network_is_named(tmp_path, content):
    (tmp_path / "network.npz").write_bytes(content)
    with pytest.raises(UserError, match="network.npz is not a saved network"):
        Network.load(tmp_path / "network.npz")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.npz is not a saved network"):
        Network.load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("rate", [0.999_99, 1 - 1e-6])
def test_so_few_units_as_are_left_make_up_for_all_or_are_refused(generator, rate):
    if round(rate * 65536) == 65536:
        with pytest.raises(ValueError, match="below 1, not 0.999999"):
            Dropout(rate)
        return
    network = Network.of_widths(generator, [1000, 3])
    [mask] = Dropout(rate).masks(network, 2000, generator)
    assert mask.mean() == pytest.approx(1, abs=0.9)  # 2,000,000 units, of which 30 stay
    assert mask.max() == 65536


@pytest.mark.parametrize("widths", [[], [3], [2, 0, 2], [2, -1]])
def test_widths_that_make_no_network_are_refused(generator, widths):
    with pytest.raises(ValueError, match="two or more numbers above 0"):
        Network.of_widths(generator, widths)


def test_one_example_is_no_batch(generator):
    network = Network.of_widths(generator, [2, 3])
    with pytest.raises(ValueError, match=r"one example, \(features,\), not \(4, 2\)"):
        network.outputs_of_one(np.ones((4, 2)))


def test_a_softmax_of_one_output_is_refused(generator):
    with pytest.raises(ValueError, match="two outputs or more, not 1"):
        Network.of_widths(generator, [3, 4, 1])
    with pytest.raises(ValueError, match="float type, not int64"):
        Network.of_widths(generator, [3, 4, 2], dtype=np.int64)
