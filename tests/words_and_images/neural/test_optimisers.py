import math

import numpy as np
import pytest

from words_and_images.neural.optimisers import (
    Adam,
    GradientDescent,
    Optimiser,
    constant,
    cosine,
    exponential,
    stepped,
)


def curvature(theta):
    """Gradient of theta_1^2 / 2 + 2 theta_2^2."""
    return np.array([1.0, 4.0]) * theta


def test_plain_descent_moves_against_the_gradient_in_place():
    weights, bias = np.array([[1.0, 2.0]]), np.array([3.0])
    GradientDescent(0.5).update([weights, bias], [np.array([[2.0, -2.0]]), np.array([4.0])])
    assert weights.tolist() == [[0.0, 3.0]]
    assert bias.tolist() == [1.0]


def test_momentum_of_worked_numbers():
    parameter = np.array([1.0])
    optimiser = GradientDescent(0.1, momentum=0.5)
    optimiser.update([parameter], [np.array([2.0])])  # v = -0.2
    assert parameter[0] == pytest.approx(0.8)
    optimiser.update([parameter], [np.array([2.0])])  # v = -0.1 - 0.2
    assert parameter[0] == pytest.approx(0.5)
    assert optimiser.velocities[0][0] == pytest.approx(-0.3)
    assert optimiser.step == 2


def test_nesterov_agrees_with_the_gradient_taken_at_the_point_ahead():
    rate, momentum = 0.1, 0.9
    parameter = np.array([1.0, -2.0])
    optimiser = GradientDescent(rate, momentum, nesterov=True)
    theta, velocity = parameter.copy(), np.zeros(2)
    for _ in range(20):
        optimiser.update([parameter], [curvature(parameter)])
        # Sutskever et al., equations 3 and 4
        velocity = momentum * velocity - rate * curvature(theta + momentum * velocity)
        theta = theta + velocity
        np.testing.assert_allclose(parameter, theta + momentum * velocity, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.8, False), (0.8, True)])
def test_descent_finds_the_minimum_of_a_bowl(momentum, nesterov):
    parameter = np.array([5.0, -3.0])
    optimiser: Optimiser = GradientDescent(0.1, momentum, nesterov)
    for _ in range(300):
        optimiser.update([parameter], [curvature(parameter)])
    np.testing.assert_allclose(parameter, 0, atol=1e-8)


def test_the_rate_follows_its_schedule():
    parameter = np.zeros(1)
    optimiser = GradientDescent(lambda step: 10.0**step)
    for expected in (-1, -11, -111):
        optimiser.update([parameter], [np.ones(1)])
        assert parameter[0] == expected


def test_float32_parameters_stay_float32_whatever_the_gradients():
    parameter = np.ones(2, np.float32)
    optimiser = GradientDescent(cosine(0.1, 10), momentum=0.9, nesterov=True)
    optimiser.update([parameter], [np.ones(2, np.float64)])
    assert parameter.dtype == optimiser.velocities[0].dtype == np.float32


def test_shapes_that_change_are_refused():
    optimiser = GradientDescent(0.1)
    with pytest.raises(ValueError, match=r"not \[\(2,\)\], \[\(3,\)\]"):
        optimiser.update([np.ones(2)], [np.ones(3)])
    optimiser = GradientDescent(0.1)
    optimiser.update([np.ones(2)], [np.ones(2)])
    with pytest.raises(ValueError, match="same shapes"):
        optimiser.update([np.ones(2), np.ones(1)], [np.ones(2), np.ones(1)])


@pytest.mark.parametrize("momentum", [-0.1, 1.0])
def test_a_momentum_that_never_settles_is_refused(momentum):
    with pytest.raises(ValueError, match=f"not {momentum}"):
        GradientDescent(0.1, momentum)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="nesterov needs"):
        GradientDescent(0.1, nesterov=True)


def test_a_constant_rate_rises_only_while_warming_up():
    assert [constant(0.3)(step) for step in (0, 7, 1000)] == [0.3, 0.3, 0.3]
    warmed = [constant(0.8, warm_up=4)(step) for step in range(6)]
    assert warmed == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_cosine_of_worked_numbers():
    rates = [cosine(1.0, 4)(step) for step in range(6)]
    half = math.sqrt(0.5)
    assert rates == pytest.approx([1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0])


def test_cosine_ends_at_its_floor_after_a_warm_up():
    rates = [cosine(1.0, 6, warm_up=2, floor=0.2)(step) for step in range(9)]
    assert rates[:3] == pytest.approx([0.5, 1.0, 1.0])
    assert rates[4] == pytest.approx(0.6)
    assert rates[6:] == pytest.approx([0.2, 0.2, 0.2])


@pytest.mark.parametrize("warm_up", [-1, 5])
def test_a_warm_up_that_leaves_no_steps_is_refused(warm_up):
    with pytest.raises(ValueError, match=f"5 steps, not {warm_up}"):
        cosine(0.1, 5, warm_up)


def test_a_stepped_rate_of_worked_numbers():
    rates = [stepped(1.0, 2, 0.5)(step) for step in range(6)]
    assert rates == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert stepped(3.0, 10)(10) == pytest.approx(0.3)


def test_an_exponential_rate_of_worked_numbers():
    rates = [exponential(8.0, 2, 0.25)(step) for step in range(5)]
    assert rates == pytest.approx([8, 4, 2, 1, 0.5])
    assert exponential(3.0, 10)(10) == pytest.approx(0.3)


@pytest.mark.parametrize("schedule", [stepped, exponential])
def test_falling_rates_begin_to_fall_after_their_warm_up(schedule):
    warmed = [schedule(1.0, 3, 0.5, warm_up=4)(step) for step in range(12)]
    assert warmed[:4] == pytest.approx([0.25, 0.5, 0.75, 1])
    assert warmed[4:] == [schedule(1.0, 3, 0.5)(step) for step in range(8)]


@pytest.mark.parametrize("schedule", [stepped, exponential])
@pytest.mark.parametrize(("every", "factor"), [(0, 0.5), (2, 0), (2, 1.1)])
def test_rates_that_cannot_fall_are_refused(schedule, every, factor):
    with pytest.raises(ValueError, match=f"not {every} and {factor}"):
        schedule(0.1, every, factor)


def test_adam_of_worked_numbers():
    parameter = np.array([1.0, 1.0])
    optimiser = Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=1e-8)
    optimiser.update([parameter], [np.array([4.0, -0.01])])
    # Whatever its size, the first gradient makes a step of the learning rate
    np.testing.assert_allclose(parameter, [0.9, 1.1], rtol=1e-6)
    optimiser.update([parameter], [np.array([2.0, -0.01])])
    # m = 0.5 * 2 + 0.5 * 2 = 2, by 1 - 0.25; v = 0.75 * 4 + 0.25 * 4 = 4, by 1 - 0.5625
    step = 0.1 * (2 / 0.75) / np.sqrt(4 / 0.4375)
    np.testing.assert_allclose(parameter, [0.9 - step, 1.2], rtol=1e-6)
    assert optimiser.step == 2


def test_adam_agrees_with_keras():
    keras = pytest.importorskip("keras")
    generator = np.random.default_rng(2)
    ours = generator.normal(size=(4, 3)).astype(np.float32)
    theirs = keras.Variable(ours.copy())
    optimiser, reference = Adam(0.01), keras.optimizers.Adam(0.01, epsilon=1e-8)
    for _ in range(20):
        gradient = generator.normal(size=(4, 3)).astype(np.float32)
        optimiser.update([ours], [gradient])
        reference.apply([keras.ops.convert_to_tensor(gradient)], [theirs])
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)


def test_adam_finds_the_minimum_of_a_bowl_and_keeps_float32():
    parameter = np.array([5.0, -3.0], np.float32)
    optimiser: Optimiser = Adam(cosine(0.3, 300))
    for _ in range(300):
        optimiser.update([parameter], [curvature(parameter)])
    np.testing.assert_allclose(parameter, 0, atol=1e-3)
    assert parameter.dtype == optimiser.first_moments[0].dtype == np.float32


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"beta_1": 1.0}, "beta_1"), ({"beta_2": -0.1}, "beta_2"), ({"epsilon": 0}, "epsilon")],
)
def test_adam_out_of_range_is_refused(settings, name):
    with pytest.raises(ValueError, match=f"{name} must be .* not {settings[name]}"):
        Adam(0.1, **settings)


def test_adam_refuses_shapes_that_change():
    with pytest.raises(ValueError, match=r"not \[\(2,\)\], \[\(3,\)\]"):
        Adam(0.1).update([np.ones(2)], [np.ones(3)])


@pytest.mark.parametrize("optimiser", [GradientDescent, Adam])
@pytest.mark.parametrize("rate", [0, -1.0, float("nan")])
def test_a_rate_that_leads_nowhere_is_refused(optimiser, rate):
    with pytest.raises(ValueError, match="learning_rate must be above 0"):
        optimiser(rate)


def test_adam_s_epsilon_halves_a_step_of_its_size():
    # m / (sqrt(v) + epsilon), both unbiased: 1e-8 / (1e-8 + 1e-8)
    parameter = np.array([1.0])
    Adam(0.1, epsilon=1e-8).update([parameter], [np.array([1e-8])])
    assert parameter[0] == pytest.approx(1 - 0.1 / 2)
