"""The four policies, exactly and by simulation."""

import numpy as np
import pytest

from examples.bandits import (
    BanditParameters,
    Experience,
    chance_of_larger,
    epsilon_greedy,
    exact_chances,
    greedy,
    policies,
    regret,
    simulated_chance,
    upper_confidence_bound,
)

DRAWS = 200_000


def test_exact_chances_of_the_third_action():
    assert exact_chances(0.1) == pytest.approx({
        "greedy": 0, "epsilon-greedy": 0.05, "upper confidence bound": 0,
        "Thompson sampling": 1 / 6})


@pytest.mark.parametrize(("first", "second", "chance"), [
    ((1, 1), (1, 1), 1 / 2), ((2, 1), (1, 2), 5 / 6), ((2, 1), (1, 1), 2 / 3)])
def test_chance_that_one_beta_is_larger(first, second, chance):
    assert chance_of_larger(first, second) == pytest.approx(chance)


@pytest.mark.parametrize("name", ["greedy", "epsilon-greedy", "upper confidence bound",
                                  "Thompson sampling"])
def test_simulation_agrees_with_the_exact_chance(name):
    policy = policies(BanditParameters(epsilon=0.3))[name]
    found = simulated_chance(policy, DRAWS, np.random.default_rng(1))
    exact = exact_chances(0.3)[name]
    assert abs(found - exact) <= 4 * np.sqrt(exact * (1 - exact) / DRAWS)


@pytest.mark.parametrize("confidence", [0.0, 0.5, 100.0])
def test_the_bound_never_takes_a_whatever_c_is(confidence):
    policy = upper_confidence_bound(confidence)
    assert simulated_chance(policy, 1000, np.random.default_rng(1)) == 0


def test_the_bound_tries_everything_once_and_then_what_was_tried_least():
    policy, generator = upper_confidence_bound(1.0), np.random.default_rng(1)
    untried = Experience(np.array([[5.0, 0.0, 5.0]]), np.array([[5.0, 0.0, 5.0]]))
    assert policy(untried, generator).tolist() == [1]
    alike = Experience(np.array([[90.0, 10.0]]), np.array([[45.0, 5.0]]))
    assert policy(alike, generator).tolist() == [1]


def test_the_bonus_of_worked_numbers():
    # 100 tries in all, ln 100 = 4.605: 0.5 + c sqrt(4.605 / 90) against 0.3 + c sqrt(4.605 / 10),
    # equal at c = 0.2 / (0.6786 - 0.2262) = 0.4421
    known = Experience(np.array([[90.0, 10.0]]), np.array([[45.0, 3.0]]))
    generator = np.random.default_rng(1)
    assert upper_confidence_bound(0.44)(known, generator).tolist() == [0]
    assert upper_confidence_bound(0.45)(known, generator).tolist() == [1]


def test_greedy_draws_among_equals():
    alike = Experience(np.ones((1000, 2)), np.ones((1000, 2)))
    assert 400 < greedy(alike, np.random.default_rng(1)).sum() < 600


def test_with_epsilon_1_every_action_is_as_likely():
    known = Experience(np.ones((1000, 4)), np.tile([0.0, 0.0, 0.0, 1.0], (1000, 1)))
    counts = np.bincount(epsilon_greedy(1.0)(known, np.random.default_rng(1)))
    assert counts.min() > 200


def test_regret_is_what_the_best_action_would_have_brought_more():
    parameters = BanditParameters(chances=(0.0, 1.0), steps=10, runs=7)
    lost = regret(greedy, parameters, np.random.default_rng(1))
    # All untried actions are alike; the first reward is kept to for ever.
    assert np.all(np.diff(lost) >= 0) and lost[-1] == lost[-2]
    always_wrong = regret(lambda known, _: np.zeros(7, int), parameters, np.random.default_rng(1))
    np.testing.assert_allclose(always_wrong, np.arange(1, 11))
