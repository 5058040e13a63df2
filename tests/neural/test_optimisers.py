import math

import numpy as np
import pytest

from neural.optimisers import GradientDescent, Optimiser, constant, cosine


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
