"""Bandits: which action to try next, by four policies, exactly and by simulation.

R. S. Sutton and A. G. Barto, "Reinforcement Learning", 2018, chapter 2; Thompson sampling:
W. R. Thompson, "On the likelihood that one unknown probability exceeds another", 1933.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from examples.pictures import draw_curves, draw_panels
from examples.stage import read_example, require_above_0, require_seed, run_example
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray, IntegerArray

A, B = 0, 1
"""The two actions of the small problem: a was tried and gave 0, then b was and gave 1."""


@dataclass(frozen=True)
class BanditParameters:
    """The policies, and the longer problem.

    Attributes
    ----------
    epsilon : float, from 0 to 1
        Share of the actions that are drawn at random.
    confidence : float, 0 or more
        c of the upper confidence bound.
    draws : int, above 0
        Third actions that are simulated of each policy.
    chances : tuple of float, from 0 to 1
        With which each action of the longer problem is rewarded.
    steps, runs : int, above 0
        Of the longer problem; the regret is the mean over the runs.
    """

    epsilon: float = 0.1
    confidence: float = 1.0
    draws: int = 1_000_000
    chances: tuple[float, ...] = (0.2, 0.3, 0.4, 0.5, 0.55)
    steps: int = 2000
    runs: int = 500
    seed: int = 1

    def __post_init__(self) -> None:
        require(0 <= self.epsilon <= 1, "epsilon", self.epsilon, "from 0 to 1")
        require(self.confidence >= 0, "confidence", self.confidence, "0 or more")
        require_above_0(self, "draws", "steps", "runs")
        require_seed(self.seed)
        require(len(self.chances) > 1 and all(0 <= chance <= 1 for chance in self.chances),
                "chances", self.chances, "two or more, from 0 to 1")


@dataclass(frozen=True, eq=False)
class Experience:
    """How often each action was tried and rewarded in each run, (runs, actions)."""

    tries: FloatArray
    rewards: FloatArray

    def means(self) -> FloatArray:
        """Mean rewards; 0 of what was never tried."""
        return np.divide(self.rewards, self.tries, out=np.zeros_like(self.tries),
                         where=self.tries > 0)


Policy = Callable[[Experience, np.random.Generator], IntegerArray]
"""From the experience of every run to its next action, (runs,)."""


def greedy(experience: Experience, generator: np.random.Generator) -> IntegerArray:
    """argmax_a Q(a), where Q is the mean reward; equals are drawn from."""
    return _best(experience.means(), generator)


def epsilon_greedy(epsilon: float) -> Policy:
    """Greedy, but with the chance epsilon any action, each as likely."""
    def policy(experience: Experience, generator: np.random.Generator) -> IntegerArray:
        runs, actions = experience.tries.shape
        anything = generator.integers(actions, size=runs)
        explores = generator.random(runs) < epsilon
        return np.where(explores, anything, greedy(experience, generator))
    return policy


def upper_confidence_bound(confidence: float) -> Policy:
    """argmax_a Q(a) + c sqrt(ln t / N(a)), after t actions, N(a) of them a; untried ones first.

    Auer, Cesa-Bianchi and Fischer, "Finite-time analysis of the multiarmed bandit problem", 2002.
    """
    def policy(experience: Experience, generator: np.random.Generator) -> IntegerArray:
        tries = experience.tries
        total = np.maximum(tries.sum(axis=1, keepdims=True), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            bonus = np.where(tries > 0, confidence * np.sqrt(np.log(total) / tries), np.inf)
        return _best(experience.means() + bonus, generator)
    return policy


def thompson(experience: Experience, generator: np.random.Generator) -> IntegerArray:
    """argmax_a of one draw from each action's Beta(1 + rewards, 1 + misses)."""
    misses = experience.tries - experience.rewards
    return _best(generator.beta(1 + experience.rewards, 1 + misses), generator)


def _best(values: FloatArray, generator: np.random.Generator) -> IntegerArray:
    """The largest of each row, and one of them at random where several are."""
    ties = values == values.max(axis=1, keepdims=True)
    return np.where(ties, generator.random(values.shape), -1.0).argmax(axis=1)


def policies(parameters: BanditParameters) -> dict[str, Policy]:
    """The four, by name."""
    return {"greedy": greedy, "epsilon-greedy": epsilon_greedy(parameters.epsilon),
            "upper confidence bound": upper_confidence_bound(parameters.confidence),
            "Thompson sampling": thompson}


def exact_chances(epsilon: float) -> dict[str, float]:
    """The probability that the third action is a, by policy.

    Greedy never takes a, whose mean is 0 to b's 1. Epsilon-greedy takes it as one of two when
    it draws. Both bounds have the same bonus, whatever c is. And Thompson sampling draws from
    Beta(1, 2) and Beta(2, 1).
    """
    return {"greedy": 0.0, "epsilon-greedy": epsilon / 2, "upper confidence bound": 0.0,
            "Thompson sampling": chance_of_larger((1, 2), (2, 1))}


def chance_of_larger(first: tuple[int, int], second: tuple[int, int]) -> float:
    """P(X > Y) of X ~ Beta(a, b) and Y ~ Beta(c, d) with whole numbers, exactly.

    Y is below x with the chance that of n = c + d - 1 uniform numbers at least c are; integrated
    over the density of X that is sum_{j=c}^{n} C(n, j) B(a + j, b + n - j) / B(a, b).
    """
    (a, b), (c, d) = first, second
    n = c + d - 1
    return sum(comb(n, j) * _beta(a + j, b + n - j) for j in range(c, n + 1)) / _beta(a, b)


def _beta(a: int, b: int) -> float:
    """B(a, b) = (a - 1)! (b - 1)! / (a + b - 1)!"""
    return 1 / (a * comb(a + b - 1, a))


def simulated_chance(policy: Policy, draws: int, generator: np.random.Generator) -> float:
    """The share of so many third actions that are a."""
    tries = np.ones((draws, 2))
    rewards = np.tile([0.0, 1.0], (draws, 1))
    return float((policy(Experience(tries, rewards), generator) == A).mean())


def regret(
    policy: Policy, parameters: BanditParameters, generator: np.random.Generator
) -> FloatArray:
    """What the best action would have brought more so far, mean over the runs: (steps,)."""
    chances = np.array(parameters.chances)
    shape = parameters.runs, len(chances)
    experience = Experience(np.zeros(shape), np.zeros(shape))
    runs = np.arange(parameters.runs)
    lost = np.zeros(parameters.steps)
    for step in range(parameters.steps):
        actions = policy(experience, generator)
        rewarded = generator.random(parameters.runs) < chances[actions]
        experience.tries[runs, actions] += 1
        experience.rewards[runs, actions] += rewarded
        lost[step] = (chances.max() - chances[actions]).mean()
    return lost.cumsum()


def main(metrics: str, picture: str) -> None:
    """Write the chances of the small problem and the regrets of the longer one."""
    parameters = read_example("bandits", BanditParameters)
    generator = np.random.default_rng(parameters.seed)
    found: dict[str, Any] = {}
    curves = {}
    exact = exact_chances(parameters.epsilon)
    for name, policy in policies(parameters).items():
        curves[name] = regret(policy, parameters, generator)
        found[name] = {
            "third_is_a": round(exact[name], 6),
            "third_is_a_simulated": simulated_chance(policy, parameters.draws, generator),
            "regret": round(float(curves[name][-1]), 2)}
    steps = list(range(1, parameters.steps + 1))
    draw_panels(picture, [lambda axes: draw_curves(
        axes, {name: (steps, curve.tolist()) for name, curve in curves.items()},
        f"regret, mean of {parameters.runs} runs", "actions", "rewards lost")], 1, (4.5, 3.2))
    write_json(metrics, found)


if __name__ == "__main__":
    run_example(main)
