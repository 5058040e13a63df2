"""Gradient descent in place over a list of arrays, and learning-rate schedules."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from neural.arrays import FloatArray

Schedule = Callable[[int], float]
"""From the number of updates already made (0 before the first) to the learning rate."""


class Optimiser(Protocol):
    """Whatever can change parameters in place, given the gradients of a loss."""

    def update(self, parameters: Sequence[FloatArray], gradients: Sequence[FloatArray]) -> None:
        """Make one step; the arrays come in the same order every time."""


def constant(rate: float, warm_up: int = 0) -> Schedule:
    """The same rate at every step, after a linear rise over the first `warm_up` steps.

    Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2, for the warm-up.
    """

    def learning_rate(step: int) -> float:
        return rate * _warmth(step, warm_up)

    return learning_rate


def cosine(rate: float, steps: int, warm_up: int = 0, floor: float = 0.0) -> Schedule:
    """Half a cosine from `rate` down to `floor`, reached after `steps` steps and then kept.

    floor + (rate - floor) (1 + cos(pi p)) / 2, where p = (step - warm_up) / (steps - warm_up).
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    equation 5, without restarts; before it the linear warm-up of `constant`.
    """
    if not 0 <= warm_up < steps:
        raise ValueError(f"warm_up must lie between 0 and the {steps} steps, not {warm_up}.")

    def learning_rate(step: int) -> float:
        progress = min(max(step - warm_up, 0) / (steps - warm_up), 1.0)
        decayed = floor + (rate - floor) * (1 + math.cos(math.pi * progress)) / 2
        return decayed * _warmth(step, warm_up)

    return learning_rate


def _warmth(step: int, warm_up: int) -> float:
    return min((step + 1) / warm_up, 1.0) if warm_up else 1.0


class GradientDescent:
    """Gradient descent, classical momentum and Nesterov's accelerated gradient.

    v <- momentum v - rate g
    theta <- theta + v                          (classical)
    theta <- theta + momentum v - rate g        (Nesterov)

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Sutskever
    et al., "On the importance of initialization and momentum in deep learning", 2013, equations
    1 to 4. Nesterov's gradient is due at theta + momentum v: the arrays handed in hold that
    point, so the caller takes gradients where the parameters are, with either rule.

    Parameters
    ----------
    learning_rate : float or Schedule
    momentum : float
        From 0 (plain gradient descent) to below 1.
    nesterov : bool
        Needs a momentum above 0.

    Attributes
    ----------
    step : int
        Updates made so far.
    velocities : list of arrays
        v, one a parameter; empty before the first update.
    """

    def __init__(
        self, learning_rate: float | Schedule, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1, not {momentum}.")
        if nesterov and momentum == 0:
            raise ValueError("nesterov needs a momentum above 0, not 0.")
        self.schedule = learning_rate if callable(learning_rate) else constant(learning_rate)
        self.momentum = momentum
        self.nesterov = nesterov
        self.step = 0
        self.velocities: list[FloatArray] = []

    def update(self, parameters: Sequence[FloatArray], gradients: Sequence[FloatArray]) -> None:
        """Change every parameter in place by its gradient; ValueError where the shapes differ."""
        if not self.velocities:
            self.velocities = [np.zeros_like(parameter) for parameter in parameters]
        _require_alike(parameters, gradients, self.velocities)
        rate = float(self.schedule(self.step))
        for parameter, gradient, velocity in zip(
            parameters, gradients, self.velocities, strict=True
        ):
            self._move(parameter, rate * gradient, velocity)
        self.step += 1

    def _move(self, parameter: FloatArray, descent: FloatArray, velocity: FloatArray) -> None:
        velocity *= self.momentum
        velocity -= descent
        if self.nesterov:
            parameter += self.momentum * velocity - descent
        else:
            parameter += velocity


def _require_alike(*lists: Sequence[FloatArray]) -> None:
    shapes = [[array.shape for array in arrays] for arrays in lists]
    if any(other != shapes[0] for other in shapes[1:]):
        raise ValueError(
            "parameters, gradients and the parameters of earlier updates must have the same "
            f"shapes in the same order, not {', '.join(map(str, shapes))}."
        )
