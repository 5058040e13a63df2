"""Newton beside gradient descent, and the ways to train a network."""

from dataclasses import replace

import numpy as np
import pytest

from examples.optimisation import (
    OptimisationParameters,
    descent_path,
    logistic_problem,
    newton_path,
    run_way,
    smallest_eigenvalue,
    steps_to,
    ways,
)
from words_and_images.common.errors import UserError

SMALL = OptimisationParameters(count=200, many=2000, batch_size=100, cut_at=15, repeats=2)


def test_newton_is_done_where_gradient_descent_has_begun():
    problem = logistic_problem(SMALL)
    newton = newton_path(problem, 20)
    descent = descent_path(problem, 20, 1.0)
    assert np.abs(problem.gradient(newton[8])).max() < 1e-12
    assert problem.loss(newton[-1]) < problem.loss(descent[-1])
    assert len(newton) == len(descent) == 21


def test_gradient_descent_of_worked_numbers():
    problem = logistic_problem(SMALL)
    _, first = descent_path(problem, 1, 0.5)
    np.testing.assert_allclose(first, -0.5 * problem.gradient(np.zeros(3)))


def test_no_hessian_has_a_negative_eigenvalue():
    problem = logistic_problem(SMALL)
    assert smallest_eigenvalue(problem, newton_path(problem, 20)) >= 0


def test_every_way_takes_the_same_number_of_steps_and_keeps_the_clock_beside_the_records():
    for name, settings in ways(SMALL).items():
        assert settings.steps == 20, name
        run = run_way(settings, SMALL)
        assert len(run.history) == 4 and len(run.seconds) == 2
        assert all(seconds == sorted(seconds) and seconds[-1] > 0 for seconds in run.seconds)


def test_the_ways_differ_in_what_their_names_say():
    found = ways(SMALL)
    assert [settings.batch_size for settings in found.values()] == [2000, 100, 100, 100, 100]
    assert [settings.momentum for settings in found.values()] == [0, 0, 0, 0.9, 0.9]
    for name in ("rate cut at 15", "momentum, rate cut"):
        rates = [found[name].learning_rates()(step) for step in range(20)]
        np.testing.assert_allclose(rates, [1.0] * 15 + [0.1] * 5)
    assert {found[name].learning_rates()(19) for name in
            ("whole batches", "mini-batches of 100", "momentum")} == {1.0}


def test_steps_are_counted_until_the_loss_is_near_the_lowest():
    problem = logistic_problem(SMALL)
    path = newton_path(problem, 20)
    lowest = problem.loss(path[-1])
    step = steps_to(problem, path, lowest)
    assert 0 < step < 10
    assert problem.loss(path[step]) < lowest + 1e-8 <= problem.loss(path[step - 1])
    assert steps_to(problem, path[:2], lowest) is None


def test_a_rate_that_leaves_all_bounds_is_told():
    with np.errstate(all="ignore"), pytest.raises(UserError, match="learning_rate is 1e.308, and"):
        descent_path(logistic_problem(SMALL), 20, 1e308)


def test_momentum_gets_further_in_as_many_steps():
    slow = replace(SMALL, rate=0.05)
    found = {name: run_way(replace(settings, evaluate_every=20), slow).loss()
             for name, settings in ways(slow).items()}
    assert found["momentum"] < found["mini-batches of 100"]
