"""Newton beside gradient descent, and the ways to train a network."""

from dataclasses import replace

import numpy as np

from examples.optimisation import (
    OptimisationParameters,
    descent_path,
    logistic_problem,
    newton_path,
    run_way,
    smallest_eigenvalue,
    ways,
)

SMALL = OptimisationParameters(count=200, many=2000, batch_size=100, cut_at=15)


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
        assert len(run.seconds) == len(run.history) == 4
        assert run.seconds == sorted(run.seconds)


def test_momentum_gets_further_in_as_many_steps():
    slow = replace(SMALL, rate=0.05)
    found = {name: run_way(replace(settings, evaluate_every=20), slow).loss()
             for name, settings in ways(slow).items()}
    assert found["momentum"] < found["mini-batches of 100"]
