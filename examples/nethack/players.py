"""Who plays: at random, by the planner, and by a network."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from examples.nethack.games import ACTIONS
from examples.nethack.level_map import View
from examples.nethack.observations import Observations
from examples.nethack.planner import Planner
from examples.nethack.policy import ANSWERS, GlyphNetwork
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.softmax import softmax

Generators = Sequence[np.random.Generator]


class RandomPlayers:
    """Any of the 23 actions, each as likely; each game has a generator of its own."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def begin(self, seed: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, seed])

    def choose(self, seen: Observations, views: Sequence[View],
               states: Generators) -> NDArray[np.integer]:
        return np.array([generator.integers(ACTIONS) for generator in states])


class PlannerPlayers:
    """A `Planner` for each game."""

    def begin(self, seed: int) -> Planner:
        return Planner()

    def choose(self, seen: Observations, views: Sequence[View],
               states: Sequence[Planner]) -> NDArray[np.integer]:
        return np.array([planner.act(view) for planner, view in zip(states, views, strict=True)])


class NetworkPlayers:
    """A policy that plays by chance, each game with a generator of its own.

    The likeliest action alone would repeat itself for ever where it changes nothing.
    """

    def __init__(self, policy: GlyphNetwork, seed: int) -> None:
        self.policy, self.seed = policy, seed

    def begin(self, seed: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, seed])

    def choose(self, seen: Observations, views: Sequence[View],
               states: Generators) -> NDArray[np.integer]:
        return ANSWERS[draw(softmax(self.policy.logits(seen)), states)]


def draw(probabilities: FloatArray, generators: Generators) -> IntegerArray:
    """A class of each row, (rows,), drawn by the row's own generator."""
    levels = np.array([generator.random() for generator in generators])
    sums = probabilities.cumsum(axis=1, dtype=np.float64)
    return (sums < levels[:, np.newaxis] * sums[:, -1:]).sum(axis=1)
