"""A policy that gets better by its own games: clipped policy gradients with a learned baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from examples.nethack.episodes import Episode
from examples.nethack.observations import NUMBERS, PLACES, Observations
from examples.nethack.policy import GlyphNetwork, answers_of
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.network import Network
from words_and_images.neural.optimisers import Adam
from words_and_images.neural.policy_gradients import (
    clipped_derivative,
    generalized_advantages,
    log_probabilities,
)

BASELINE_UNITS, BASELINE_RATE = 128, 1e-3
FIRST_EPOCHS = 5
"""Over the first round's actions, for the baseline alone: advantages over one that knows nothing
would lead a good policy astray."""


@dataclass(frozen=True)
class GradientSettings:
    """How the policy is improved.

    Attributes
    ----------
    rounds : int, 0 or more
        Each plays new games and learns from them.
    games : int, above 0
        Of a round.
    training_steps : int, above 0
        Limit of those games: after it they teach little, and take as long.
    passes : int, above 0
        Over the actions of a round.
    gradient_batch : int, above 0
        Actions an update.
    gradient_rate : float, above 0
        Rate of Adam for the policy.
    discount : float, from 0 to 1
        What a reward is worth a step earlier.
    trace : float, from 0 to 1
        See `generalized_advantages`.
    clip : float, above 0
        How far a probability may move in a round, as a ratio less 1.
    stairs, progress : float, 0 or more
        Rewards for the stairs, and for what `Guide` counts.
    """

    rounds: int = 60
    games: int = 64
    training_steps: int = 600
    passes: int = 3
    gradient_batch: int = 2048
    gradient_rate: float = 3e-4
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    stairs: float = 3.0
    progress: float = 0.1

    def __post_init__(self) -> None:
        for name in ("games", "training_steps", "passes", "gradient_batch", "gradient_rate",
                     "clip"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in ("rounds", "stairs", "progress"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("discount", "trace"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "from 0 to 1")


class Batch(NamedTuple):
    """Actions of a round, and what is known of them, (actions, ...)."""

    seen: Observations
    answers: IntegerArray
    before: FloatArray  # log-probabilities when they were drawn
    advantages: FloatArray
    returns: FloatArray  # what the baseline is to say, (actions, 1)

    def take(self, rows: IntegerArray) -> "Batch":
        """Some of them."""
        return Batch(self.seen.take(rows), self.answers[rows], self.before[rows],
                     self.advantages[rows], self.returns[rows])


class Improver:
    """A policy, its baseline and their optimisers.

    Parameters
    ----------
    policy : GlyphNetwork
        Changed in place.
    settings : GradientSettings
    generator : numpy.random.Generator
        Draws the baseline's first weights, and the order of the actions.
    """

    def __init__(self, policy: GlyphNetwork, settings: GradientSettings,
                 generator: np.random.Generator) -> None:
        self.policy, self.settings, self.generator = policy, settings, generator
        width = PLACES * policy.embedding.table.shape[1] + NUMBERS
        self.baseline = Network.of_widths(generator, [width, BASELINE_UNITS, 1],
                                          loss_name="squared_error")
        self.policy_optimiser = Adam(settings.gradient_rate)
        self.baseline_optimiser = Adam(BASELINE_RATE)

    def learn(self, episodes: Sequence[Episode]) -> None:
        """Improve the policy by whole games that it has just played; UserError if it diverges."""
        batch = self._batch(episodes)
        if self.baseline_optimiser.step == 0:
            for rows in self._orders(len(batch.seen), FIRST_EPOCHS):
                part = batch.take(rows)
                self._learn_baseline(part, self.policy.inputs(part.seen))
            batch = self._batch(episodes)  # with its advantages
        for rows in self._orders(len(batch.seen), self.settings.passes):
            part = batch.take(rows)
            inputs = self.policy.inputs(part.seen)
            self._learn_baseline(part, inputs)
            self._learn_policy(part, inputs)
        if not all(np.isfinite(array).all() for array in self.policy.parameters):
            raise UserError("The policy's weights are no numbers any more: lower gradient_rate.")

    def _batch(self, episodes: Sequence[Episode]) -> Batch:
        parts = [self._of_episode(episode) for episode in episodes]
        advantages = np.concatenate([part.advantages for part in parts])
        spread = float(advantages.std()) or 1.0
        return Batch(Observations.joined([part.seen for part in parts]),
                     np.concatenate([part.answers for part in parts]),
                     np.concatenate([part.before for part in parts]),
                     (advantages - advantages.mean()) / spread,
                     np.concatenate([part.returns for part in parts]))

    def _of_episode(self, episode: Episode) -> Batch:
        """The actions of one, with advantages as they are."""
        settings = self.settings
        inputs = self.policy.inputs(episode.seen)
        answers = answers_of(episode.actions)
        before = log_probabilities(self.policy.network.outputs(inputs), answers)
        values = self.baseline.outputs(inputs)[:, 0].astype(np.float64)
        rewards = settings.progress * episode.progress.astype(np.float64)
        rewards[-1] += settings.stairs * episode.outcome.reached
        advantages = generalized_advantages(rewards, values, settings.discount, settings.trace)
        returns = (values + advantages).astype(np.float32)[:, np.newaxis]
        return Batch(episode.seen, answers, before, advantages, returns)

    def _orders(self, count: int, passes: int) -> list[IntegerArray]:
        """Rows of each update, all in a new order in each pass."""
        size = min(self.settings.gradient_batch, count)
        return [rows for _ in range(passes)
                for rows in self.generator.permutation(count)[:count // size * size]
                .reshape(-1, size)]

    def _learn_baseline(self, batch: Batch, inputs: FloatArray) -> None:
        self.baseline_optimiser.update(self.baseline.parameters,
                                       self.baseline.gradients(inputs, batch.returns))

    def _learn_policy(self, batch: Batch, inputs: FloatArray) -> None:
        def derivative(logits: FloatArray) -> FloatArray:
            return clipped_derivative(logits, batch.answers, batch.advantages, batch.before,
                                      self.settings.clip)

        self.policy_optimiser.update(self.policy.parameters,
                                     self.policy.gradients(batch.seen, inputs, derivative))
