import numpy as np
import pytest

from words_and_images.neural.layers import DenseLayer, he, lecun


@pytest.fixture
def generator():
    return np.random.default_rng(7)


def test_outputs_of_worked_numbers():
    layer = DenseLayer(np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([0.5, 0.0]), "relu")
    # x W + b = [1 + 4 + 0.5, -1 + 2], [-3.5, 2]
    assert layer.outputs([[1.0, 2.0], [-2.0, -1.0]]).tolist() == [[5.5, 1.0], [0.0, 1.0]]
    assert layer.outputs([1.0, 2.0]).tolist() == [5.5, 1.0]


def test_deviations_of_worked_numbers():
    assert lecun(25) == 0.2
    assert he(50) == 0.2


@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid"])
def test_first_weights_have_a_deviation_of_one_over_the_root_of_the_inputs(generator, activation):
    layer = DenseLayer.initialise(generator, (400, 50), activation)
    assert layer.weights.std() == pytest.approx(0.05, rel=0.03)
    assert layer.weights.mean() == pytest.approx(0, abs=0.002)
    assert layer.bias.tolist() == [0] * 50


def test_first_weights_below_a_relu_are_wider_by_the_root_of_two(generator):
    layer = DenseLayer.initialise(generator, (400, 50), "relu")
    assert layer.weights.std() == pytest.approx(0.05 * np.sqrt(2), rel=0.03)


def test_the_deviation_is_the_callers(generator):
    layer = DenseLayer.initialise(generator, (400, 50), "relu", lambda fan_in: 1.0)
    assert layer.weights.std() == pytest.approx(1, rel=0.03)


def test_relu_layers_of_the_he_deviation_neither_fade_nor_grow(generator):
    values = generator.normal(size=(200, 300)).astype(np.float32)
    faded = values
    for _ in range(10):
        values = DenseLayer.initialise(generator, (300, 300), "relu").outputs(values)
        faded = DenseLayer.initialise(generator, (300, 300), "relu", lecun).outputs(faded)
    # On average 1 and 2^-10; the weights are drawn, so that both wander
    assert 0.3 < np.mean(values**2) < 3
    assert np.mean(faded**2) < 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_keep_their_float_type(generator, dtype):
    layer = DenseLayer.initialise(generator, (4, 3), "tanh", dtype=dtype)
    inputs = generator.normal(size=(5, 4)).astype(dtype)
    outputs = layer.outputs(inputs)
    gradients = layer.gradients(inputs, outputs, np.ones_like(outputs))
    assert {array.dtype for array in (outputs, *gradients)} == {np.dtype(dtype)}


@pytest.mark.parametrize("shape", [(2048, 2), (1280, 10), (300, 128)])
def test_an_example_by_itself_has_the_same_bits_wherever_it_lies(generator, shape):
    layer = DenseLayer.initialise(generator, shape, "relu")
    inputs = generator.normal(size=(9, shape[0])).astype(np.float32)
    expected = [layer.outputs_of_one(row).tobytes() for row in inputs]
    apart = np.zeros((shape[0] + 3, 4), np.float32)
    for row, bits in zip(inputs, expected, strict=True):
        apart[3:, 1] = row
        assert layer.outputs_of_one(apart[3:, 1]).tobytes() == bits
    together = layer.outputs(inputs)
    alone = np.stack([layer.outputs_of_one(row) for row in inputs])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-4)


def test_an_activation_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="identity, tanh, sigmoid, relu, not 'swish'"):
        DenseLayer(np.ones((2, 2)), np.ones(2), "swish")


def test_weights_and_bias_that_do_not_agree_are_refused():
    with pytest.raises(ValueError, match=r"not \(2, 3\) and \(2,\)"):
        DenseLayer(np.ones((2, 3)), np.ones(2))


def test_inputs_of_another_width_are_refused(generator):
    layer = DenseLayer.initialise(generator, (4, 3))
    for function in (layer.outputs, layer.outputs_of_one):
        with pytest.raises(ValueError, match=r"4 features on the last axis, not \(5,\)"):
            function(np.ones(5))
