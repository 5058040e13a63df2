"""XOR, the reversal of numbers, and two moons."""

import numpy as np
import pytest
from sklearn.datasets import make_moons

from examples import moons, reversal, xor
from examples.moons_data import two_moons
from words_and_images.common.errors import UserError
from words_and_images.neural.layers import lecun
from words_and_images.neural.network import Network


def test_two_moons_without_noise_are_those_of_scikit_learn():
    points, labels = two_moons(41, 0.0, np.random.default_rng(1))
    expected, expected_labels = make_moons(41, shuffle=False)
    for label in (0, 1):
        own = points[labels == label].round(9)
        peer = expected[expected_labels == label].round(9)
        np.testing.assert_allclose(own[np.lexsort(own.T)], peer[np.lexsort(peer.T)], atol=1e-8)


def test_noise_is_a_deviation_of_both_coordinates():
    points, _ = two_moons(20_000, 0.3, np.random.default_rng(1))
    plain, _ = two_moons(20_000, 0.0, np.random.default_rng(1))
    np.testing.assert_allclose((points - plain).std(axis=0), 0.3, rtol=0.03)


def test_xor_is_learned_by_two_hidden_sigmoids():
    network, history = xor.trained(1, xor.XorParameters())
    assert xor.has_learned(network)
    assert history[-1].training_loss < 1e-3 < history[0].training_loss


def test_reversing_fails_where_the_first_bit_was_never_seen_to_vary():
    parameters = reversal.ReversalParameters(steps=1500)
    seen = reversal.BEGINS_WITH_0
    of_half = [reversal.trained(seed, seen, parameters) for seed in (1, 2)]
    found = reversal.scores(of_half)
    assert found["begins_with_0"]["numbers"] == 1
    assert found["begins_with_1"]["bits"][3] == 0  # its reversal ends with the first bit
    of_all = reversal.scores([reversal.trained(1, np.ones(16, bool), parameters)])
    assert of_all["begins_with_0"]["numbers"] == of_all["begins_with_1"]["numbers"] == 1


def test_wide_networks_fit_their_points_better_than_a_line():
    parameters = moons.MoonsParameters(iterations=300)
    generator = np.random.default_rng(1)
    points, fresh = two_moons(200, 0.2, generator), two_moons(500, 0.2, generator)
    line = moons.fitted([2, 2], points, fresh, parameters).figures()
    wide = moons.fitted([2, 10, 2], points, fresh, parameters).figures()
    assert wide["fresh_accuracy"] > line["fresh_accuracy"] + 0.05


def test_weight_decay_is_for_the_sum_over_the_points():
    parameters = moons.MoonsParameters(iterations=1, eta=0.01)
    points = two_moons(200, 0.2, np.random.default_rng(1))

    def moved(decay):
        return moons.fitted([2, 3, 2], points, points, parameters, decay).network.layers[0].weights

    first = Network.of_widths(np.random.default_rng(parameters.seed), [2, 3, 2], "tanh", lecun,
                              np.float64).layers[0].weights
    # W <- (1 - eta lambda) W - eta dL/dW, for the sum over the points
    np.testing.assert_allclose(moved(1.0) - moved(0.0), -0.01 * first, rtol=1e-9)


def test_first_weights_have_the_deviation_that_is_asked_for():
    parameters = moons.MoonsParameters(iterations=1, eta=1e-9)
    points = two_moons(200, 0.2, np.random.default_rng(1))
    for deviation, expected in ((3.0, 3.0), (None, 2**-0.5)):
        run = moons.fitted([2, 5000, 2], points, points, parameters, deviation=deviation)
        assert run.network.layers[0].weights.std() == pytest.approx(expected, rel=0.03)


def test_pre_activations_have_the_deviations_of_the_sums():
    parameters = moons.MoonsParameters(neurons=20_000)
    assert moons.pre_activations(1.0, parameters).std() == pytest.approx(1001**0.5, rel=0.02)
    assert moons.pre_activations(1000**-0.5, parameters).std() == pytest.approx(2**0.5, rel=0.02)


@pytest.mark.parametrize(("kind", "wrong"), [
    (moons.MoonsParameters, {"count": 9}), (moons.MoonsParameters, {"noise": -0.1}),
    (moons.MoonsParameters, {"hidden": (3, 0)}), (moons.MoonsParameters, {"eta": -0.01}),
    (moons.MoonsParameters, {"decays": (0.0, -1.0)}), (moons.MoonsParameters, {"iterations": 0}),
    (moons.MoonsParameters, {"seed": -1}), (moons.MoonsParameters, {"etas": ()}),
    (xor.XorParameters, {"seeds": 0}), (xor.XorParameters, {"learning_rate": -1.0}),
    (reversal.ReversalParameters, {"hidden": 0}), (reversal.ReversalParameters, {"momentum": 1.0})])
def test_parameters_that_cannot_be_are_refused(kind, wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        kind(**wrong)
