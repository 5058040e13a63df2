"""Policy gradients: against the expected return of a small problem, written out, and differences.
"""

from itertools import product

import numpy as np
import pytest

from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.policy_gradients import (
    clipped_derivative,
    clipped_loss,
    generalized_advantages,
    log_probabilities,
    score_derivative,
)
from words_and_images.neural.softmax import softmax

GENERATOR = np.random.default_rng(1)
STEPS, STATES, ACTIONS = 3, 2, 3
REWARDS = GENERATOR.standard_normal((STATES, ACTIONS))
TO_STATE_1 = GENERATOR.random((STATES, ACTIONS))  # the chance with which an action leads there
LOGITS = GENERATOR.standard_normal((STATES, ACTIONS))
BASELINE = np.array([3.0, -2.0])  # any numbers by state


def episodes(logits: np.ndarray):
    """All courses of three steps from state 0: their chance, states, actions and rewards."""
    probabilities = softmax(logits)
    for actions in product(range(ACTIONS), repeat=STEPS):
        for later in product(range(STATES), repeat=STEPS - 1):
            states = np.array([0, *later])
            taken = np.array(actions)
            moves = TO_STATE_1[states[:-1], taken[:-1]]
            chance = probabilities[states, taken].prod() * np.prod(
                np.where(states[1:] == 1, moves, 1 - moves))
            yield chance, states, taken, REWARDS[states, taken]


def expected_return(logits: np.ndarray) -> float:
    return sum(chance * rewards.sum() for chance, _, _, rewards in episodes(logits))


def expected_estimate(logits: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """The mean of the estimate over all episodes: of each step the return to come, less b(s)."""
    found = np.zeros_like(logits)
    for chance, states, actions, rewards in episodes(logits):
        advantages = rewards[::-1].cumsum()[::-1] - baseline[states]
        steps = score_derivative(logits[states], actions, advantages) * STEPS  # their sum
        np.add.at(found, states, -chance * steps)
    return found


def test_all_episodes_together_are_certain():
    assert sum(chance for chance, *_ in episodes(LOGITS)) == pytest.approx(1)


@pytest.mark.parametrize("baseline", [np.zeros(STATES), BASELINE])
def test_the_estimate_is_the_derivative_of_the_expected_return_whatever_the_baseline(baseline):
    wanted = numerical_gradient(expected_return, LOGITS)
    assert relative_error(expected_estimate(LOGITS, baseline), wanted) < 1e-8


def test_a_baseline_that_depends_on_the_action_is_none():
    wrong = np.zeros_like(LOGITS)
    for chance, states, actions, rewards in episodes(LOGITS):
        advantages = rewards[::-1].cumsum()[::-1] - REWARDS[states, actions]
        np.add.at(wrong, states, -chance * STEPS * score_derivative(
            LOGITS[states], actions, advantages))
    assert relative_error(wrong, numerical_gradient(expected_return, LOGITS)) > 0.1


BATCH = GENERATOR.standard_normal((6, ACTIONS))
TAKEN = np.array([0, 1, 2, 0, 1, 2])
GAINS = np.array([1.0, -1.0, 2.0, -0.5, 3.0, -2.0])


def test_the_score_derivative_is_that_of_weighted_log_probabilities():
    by_differences = numerical_gradient(
        lambda z: -float(np.mean(GAINS * log_probabilities(z, TAKEN))), BATCH)
    assert relative_error(score_derivative(BATCH, TAKEN, GAINS), by_differences) < 1e-8


def test_the_clipped_derivative_agrees_with_differences_on_both_sides_of_the_bounds():
    before = log_probabilities(BATCH, TAKEN) + np.array([0.0, 0.1, -0.5, 0.5, 0.5, -0.5])
    by_differences = numerical_gradient(
        lambda z: clipped_loss(z, TAKEN, GAINS, before, 0.2), BATCH)
    found = clipped_derivative(BATCH, TAKEN, GAINS, before, 0.2)
    assert relative_error(found, by_differences) < 1e-8
    # Ratios of 1.65 and 0.61: held back where the gain leads further out, and only there
    assert np.any(found != 0, axis=1).tolist() == [True, True, False, False, True, True]


def test_at_the_policy_that_acted_the_clipped_derivative_is_the_policy_gradient():
    before = log_probabilities(BATCH, TAKEN)
    np.testing.assert_allclose(clipped_derivative(BATCH, TAKEN, GAINS, before, 0.2),
                               score_derivative(BATCH, TAKEN, GAINS))


def test_advantages_by_hand():
    # d = 1 + 0.5 * 4 - 2, 0 + 0.5 * 0 - 4 = 1, -4; A = 1 + 0.5 * 0.5 * -4, -4
    assert generalized_advantages([1, 0], [2, 4], 0.5, 0.5).tolist() == [0, -4]


def test_with_trace_1_the_advantage_is_the_return_less_the_baseline():
    rewards, values = GENERATOR.standard_normal((2, 9))
    returns = [sum(0.9**k * reward for k, reward in enumerate(rewards[t:])) for t in range(9)]
    np.testing.assert_allclose(generalized_advantages(rewards, values, 0.9, 1),
                               np.array(returns) - values)


def test_no_steps_have_no_advantages():
    assert generalized_advantages([], [], 0.9, 0.9).shape == (0,)


def test_rewards_and_values_must_go_together():
    with pytest.raises(ValueError, match=r"one shape \(steps,\), not \(2,\) and \(3,\)"):
        generalized_advantages([1, 2], [1, 2, 3], 0.9, 0.9)
