"""A policy learnt from the planner: what it saw goes in, what it did is the class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from examples.nethack.episodes import Episode
from examples.nethack.observations import Observations
from examples.nethack.policy import ANSWERS, GlyphNetwork, answers_of
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.losses import cross_entropy, cross_entropy_derivative, one_hot
from words_and_images.neural.optimisers import Adam, cosine


@dataclass(frozen=True)
class ImitationSettings:
    """How the policy is learnt from the planner's games.

    Attributes
    ----------
    demonstrations : int, above 0
        Games of the planner that are learnt from.
    width : int, above 0
        Of the vector of each glyph.
    hidden : tuple of int, above 0
        Units of the hidden layers.
    epochs : int, above 0
        Over all actions of those games.
    imitation_batch : int, above 0
        Actions an update.
    imitation_rate : float, above 0
        Rate of Adam, which falls along half a cosine.
    """

    demonstrations: int = 100
    width: int = 6
    hidden: tuple[int, ...] = (256, 128)
    epochs: int = 4
    imitation_batch: int = 256
    imitation_rate: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("demonstrations", "width", "epochs", "imitation_batch", "imitation_rate"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        require(bool(self.hidden) and min(self.hidden) > 0, "hidden", self.hidden,
                "one or more, each above 0")


def imitate(policy: GlyphNetwork, episodes: Sequence[Episode], settings: ImitationSettings,
            generator: np.random.Generator) -> list[dict[str, float]]:
    """Train a policy in place on the actions of whole games, by cross-entropy.

    Behavioural cloning: Pomerleau, "ALVINN: an autonomous land vehicle in a neural network", 1989.

    Returns
    -------
    For each epoch the mean loss in nats, and the share of the actions to which the policy gave
    the highest probability, both measured before the updates.

    Raises
    ------
    UserError
        Where the loss is no number any more.
    """
    seen = Observations.joined([episode.seen for episode in episodes])
    wanted = answers_of(np.concatenate([episode.actions for episode in episodes]))
    size = min(settings.imitation_batch, len(seen))
    updates = len(seen) // size
    steps = settings.epochs * updates
    optimiser = Adam(cosine(settings.imitation_rate, steps, warm_up=min(200, steps // 5)))
    history = []
    for _ in range(settings.epochs):
        order = generator.permutation(len(seen))[:updates * size].reshape(updates, size)
        measured = [_update(policy, optimiser, seen.take(rows), wanted[rows]) for rows in order]
        loss, agreement = np.mean(measured, axis=0)
        if not np.isfinite(loss):
            raise UserError(f"The loss of the imitation is {loss}: lower imitation_rate.")
        history.append({"loss": float(loss), "agreement": float(agreement)})
    return history


def _update(policy: GlyphNetwork, optimiser: Adam, seen: Observations,
            wanted: IntegerArray) -> tuple[float, float]:
    """One step on a batch; its loss and agreement before."""
    targets = one_hot(wanted, len(ANSWERS)).astype(np.float32)
    measured: list[float] = []

    def derivative(logits: FloatArray) -> FloatArray:
        measured.extend([cross_entropy(logits, targets),
                         float(np.mean(logits.argmax(axis=1) == wanted))])
        return cross_entropy_derivative(logits, targets)

    optimiser.update(policy.parameters, policy.gradients(seen, policy.inputs(seen), derivative))
    return measured[0], measured[1]
