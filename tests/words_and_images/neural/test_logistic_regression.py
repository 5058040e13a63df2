"""Logistic regression with labels -1 and 1, and Newton's method on it."""

from itertools import islice

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as SklearnRegression

from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.logistic_regression import LogisticRegression
from words_and_images.neural.newton import newton_direction, newton_steps


@pytest.fixture
def problem() -> LogisticRegression:
    generator = np.random.default_rng(3)
    inputs = np.column_stack([np.ones(60), generator.standard_normal((60, 3))])
    signs = np.sign(inputs @ [0.3, 1.0, -2.0, 0.5] + generator.standard_normal(60))
    return LogisticRegression.of(inputs, signs, l2=0.01)


WEIGHTS = np.array([0.4, -0.2, 0.7, 1.1])


def test_loss_gradient_and_hessian_of_worked_numbers():
    # One example x = 2 labelled -1, w = 0: log 2; sigmoid(0) = 1/2, so 1/2 x and 1/4 x^2
    one = LogisticRegression.of([[2.0]], [-1])
    w = np.zeros(1)
    assert one.loss(w) == pytest.approx(np.log(2))
    assert one.gradient(w).tolist() == [1.0]
    assert one.hessian(w).tolist() == [[1.0]]


def test_gradient_and_hessian_agree_with_central_differences(problem):
    assert relative_error(problem.gradient(WEIGHTS),
                          numerical_gradient(problem.loss, WEIGHTS)) < 1e-8
    for row in range(4):
        expected = numerical_gradient(lambda w, row=row: float(problem.gradient(w)[row]), WEIGHTS)
        assert relative_error(problem.hessian(WEIGHTS)[row], expected) < 1e-8


def test_the_hessian_is_positive_semi_definite_wherever_one_stands(problem):
    generator = np.random.default_rng(1)
    without = LogisticRegression.of(problem.inputs, problem.signs)
    for scale in (0, 1, 10, 1000):
        hessian = without.hessian(scale * generator.standard_normal(4))
        np.testing.assert_allclose(hessian, hessian.T)
        assert np.linalg.eigvalsh(hessian).min() > -1e-15


def test_losses_of_huge_margins_are_finite():
    far = LogisticRegression.of([[1.0]], [-1])
    assert far.loss(np.array([1e4])) == 1e4
    assert far.loss(np.array([-1e4])) == 0
    assert far.gradient(np.array([1e4])).tolist() == [1.0]
    assert far.loss(np.array([1e200])) == 1e200  # whose square is infinite


def test_the_penalty_of_worked_numbers_and_float32_stay():
    # w = (3, 4), l2 = 0.2: 0.1 * 25, 0.2 w and 0.2 I beside those of a margin of 0
    one = LogisticRegression.of(np.zeros((1, 2), np.float32), np.ones(1, np.float32), 0.2)
    w = np.array([3, 4], np.float32)
    assert one.loss(w) == pytest.approx(np.log(2) + 2.5)
    assert one.gradient(w) == pytest.approx([0.6, 0.8])
    assert one.hessian(w).ravel() == pytest.approx([0.2, 0, 0, 0.2])
    assert one.gradient(w).dtype == one.hessian(w).dtype == np.float32


def test_newton_finds_the_minimum_that_scikit_learn_finds(problem):
    *_, found = islice(newton_steps(problem, np.zeros(4)), 10)
    peer = SklearnRegression(C=1 / (0.01 * 60), fit_intercept=False, tol=1e-12, max_iter=1000)
    peer.fit(problem.inputs, problem.signs)
    np.testing.assert_allclose(found, peer.coef_[0], rtol=1e-5)
    assert np.abs(problem.gradient(found)).max() < 1e-14


def test_each_step_near_the_minimum_doubles_the_digits(problem):
    steps = list(islice(newton_steps(problem, np.zeros(4)), 10))
    errors = [np.linalg.norm(step - steps[-1]) for step in steps]
    for before, after in zip(errors[1:], errors[2:], strict=False):
        assert after < 2 * before**2 or after < 1e-14


def test_a_step_that_would_overshoot_is_halved():
    # sqrt(1 + w^2): from 3 on, Newton's step is -3 (1 + 3^2) = -30; an eighth of it leads down.
    class Bowl:
        def loss(self, w):
            return float(np.sqrt(1 + w[0] ** 2))

        def gradient(self, w):
            return w / np.sqrt(1 + w[0] ** 2)

        def hessian(self, w):
            return np.array([[(1 + w[0] ** 2) ** -1.5]])

    steps = list(islice(newton_steps(Bowl(), np.array([3.0])), 20))
    assert steps[0][0] == pytest.approx(3 - 30 / 8)
    assert abs(steps[-1][0]) < 1e-9


def test_of_a_singular_hessian_the_shortest_direction_is_taken():
    # Two equal features: only the sum of their weights matters
    np.testing.assert_allclose(newton_direction(np.array([1.0, 1.0]), np.ones((2, 2))),
                               [-0.5, -0.5])


@pytest.mark.parametrize(("gradient", "hessian", "message"), [
    (np.ones(2), np.ones((3, 3)), "shape"), (np.ones((2, 1)), np.ones((2, 2)), "shape"),
    (np.array([np.nan]), np.ones((1, 1)), "finite"), (np.ones(1), np.full((1, 1), np.inf),
                                                      "finite")])
def test_a_direction_of_what_does_not_fit_is_refused(gradient, hessian, message):
    with pytest.raises(ValueError, match=message):
        newton_direction(gradient, hessian)


@pytest.mark.parametrize(("inputs", "signs", "l2", "message"), [
    ([1.0], [1], 0, "shapes"), ([[1.0]], [1, 1], 0, "shapes"), (np.zeros((0, 1)), [], 0, "shapes"),
    ([[np.nan]], [1], 0, "finite"), ([[1.0]], [0], 0, "must be -1 or 1, not 0"),
    ([[1.0]], [1], -1, "l2 must be 0 or more, not -1")])
def test_examples_that_do_not_fit_are_refused(inputs, signs, l2, message):
    with pytest.raises(ValueError, match=message):
        LogisticRegression.of(inputs, signs, l2)


@pytest.mark.parametrize("start", [35.0, 200.0, 740.0])
def test_from_far_away_where_the_loss_is_flat_newton_comes_back(start):
    problem = LogisticRegression.of([[1.0], [-1.0], [0.5]], [1, -1, -1])
    [*_, last] = islice(newton_steps(problem, np.array([start])), 5000)
    np.testing.assert_allclose(problem.gradient(last), 0, atol=1e-12)


def test_curvatures_keep_their_digits_far_out():
    problem = LogisticRegression.of([[1.0]], [1])
    for margin in (0.0, 36.5, 100.0, 700.0):
        exact = np.exp(-margin) / (1 + np.exp(-margin)) ** 2
        assert problem.hessian(np.array([margin]))[0, 0] == pytest.approx(exact, rel=1e-14)
        assert problem.hessian(np.array([-margin]))[0, 0] == pytest.approx(exact, rel=1e-14)


def test_weights_of_another_length_are_refused(problem):
    with pytest.raises(ValueError, match="weights must have"):
        problem.loss(np.ones(problem.inputs.shape[1] + 1))
