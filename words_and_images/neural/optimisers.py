"""Gradient descent and Adam in place over a list of arrays, and learning-rate schedules."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from words_and_images.neural.arrays import FloatArray

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


def _as_schedule(learning_rate: float | Schedule) -> Schedule:
    """A schedule as it is, and a rate above 0 as a constant one."""
    if callable(learning_rate):
        return learning_rate
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be above 0, not {learning_rate}.")
    return constant(learning_rate)


def cosine(rate: float, steps: int, warm_up: int = 0, floor: float = 0.0) -> Schedule:
    """Half a cosine from `rate` down to `floor`, reached after `steps` steps and then kept.

    floor + (rate - floor) (1 + cos(pi p)) / 2, where p = (step - warm_up) / (steps - warm_up).
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    equation 5, without restarts; before it the linear warm-up of `constant`.
    """
    if not 0 <= warm_up < steps:
        raise ValueError(f"warm_up must lie between 0 and the {steps} steps, not {warm_up}.")

    def learning_rate(step: int) -> float:
        progress = min(_after(step, warm_up) / (steps - warm_up), 1.0)
        decayed = floor + (rate - floor) * (1 + math.cos(math.pi * progress)) / 2
        return decayed * _warmth(step, warm_up)

    return learning_rate


def stepped(rate: float, every: int, factor: float = 0.1, warm_up: int = 0) -> Schedule:
    """The rate times `factor` once more after every so many steps, rate factor^floor(t / every).

    t counts from the end of the warm-up. He et al., "Deep residual learning for image
    recognition", 2016, section 3.4, cut tenfold.
    """
    _require_decay(every, factor)

    def learning_rate(step: int) -> float:
        decayed = rate * factor ** (_after(step, warm_up) // every)
        return decayed * _warmth(step, warm_up)

    return learning_rate


def exponential(rate: float, every: int, factor: float = 0.1, warm_up: int = 0) -> Schedule:
    """As `stepped`, but evenly: rate factor^(t / every)."""
    _require_decay(every, factor)

    def learning_rate(step: int) -> float:
        decayed = rate * factor ** (_after(step, warm_up) / every)
        return decayed * _warmth(step, warm_up)

    return learning_rate


def _require_decay(every: int, factor: float) -> None:
    if every < 1 or not 0 < factor <= 1:
        raise ValueError(
            "every must be at least 1 and factor above 0 and at most 1, "
            f"not {every} and {factor}."
        )


def _after(step: int, warm_up: int) -> int:
    return max(step - warm_up, 0)


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
        self.schedule = _as_schedule(learning_rate)
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


class Adam:
    """Adaptive moments: each parameter's step is scaled by the size of its own gradients.

    m <- beta_1 m + (1 - beta_1) g
    v <- beta_2 v + (1 - beta_2) g^2
    theta <- theta - rate (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.

    Parameters
    ----------
    learning_rate : float or Schedule
    beta_1, beta_2 : float
        From 0 to below 1.
    epsilon : float
        Above 0.

    Attributes
    ----------
    step : int
        t, the updates made so far.
    first_moments, second_moments : lists of arrays
        m and v, one a parameter; empty before the first update.
    """

    def __init__(
        self,
        learning_rate: float | Schedule,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        for name, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 <= beta < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, not {beta}.")
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0, not {epsilon}.")
        self.schedule = _as_schedule(learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.step = 0
        self.first_moments: list[FloatArray] = []
        self.second_moments: list[FloatArray] = []

    def update(self, parameters: Sequence[FloatArray], gradients: Sequence[FloatArray]) -> None:
        """Change every parameter in place by its gradient; ValueError where the shapes differ."""
        if not self.first_moments:
            self.first_moments = [np.zeros_like(parameter) for parameter in parameters]
            self.second_moments = [np.zeros_like(parameter) for parameter in parameters]
        _require_alike(parameters, gradients, self.first_moments)
        rate = float(self.schedule(self.step))
        self.step += 1
        moments = zip(self.first_moments, self.second_moments, strict=True)
        for parameter, gradient, (m, v) in zip(parameters, gradients, moments, strict=True):
            parameter -= rate * self._direction(gradient, m, v)

    def _direction(self, gradient: FloatArray, m: FloatArray, v: FloatArray) -> FloatArray:
        m *= self.beta_1
        m += (1 - self.beta_1) * gradient
        v *= self.beta_2
        v += (1 - self.beta_2) * np.square(gradient)
        unbiased_m = m / (1 - self.beta_1**self.step)
        unbiased_v = v / (1 - self.beta_2**self.step)
        return unbiased_m / (np.sqrt(unbiased_v) + self.epsilon)


def _require_alike(*lists: Sequence[FloatArray]) -> None:
    shapes = [[array.shape for array in arrays] for arrays in lists]
    if any(other != shapes[0] for other in shapes[1:]):
        raise ValueError(
            "parameters, gradients and the parameters of earlier updates must have the same "
            f"shapes in the same order, not {', '.join(map(str, shapes))}."
        )
