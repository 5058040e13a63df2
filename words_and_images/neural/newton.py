"""Newton's method: steps to the minimum of the parabola that touches a function where one stands.

Boyd and Vandenberghe, "Convex Optimization", algorithm 9.5.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from words_and_images.neural.arrays import FloatArray, require_finite

SUFFICIENT = 1e-4  # of the fall that the gradient promises, which a step must at least have
HALVINGS = 50  # of a step; beyond, it is shorter than the parameters' last digits


class Smooth(Protocol):
    """A convex function of a vector of parameters, with two derivatives."""

    def loss(self, weights: FloatArray, /) -> float:
        """f at the parameters, (parameters,)."""

    def gradient(self, weights: FloatArray, /) -> FloatArray:
        """df / dw_i, (parameters,)."""

    def hessian(self, weights: FloatArray, /) -> FloatArray:
        """d^2 f / dw_i dw_j, (parameters, parameters)."""


def newton_direction(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    """d with H d = -g, (parameters,); of a singular Hessian the shortest such vector.

    Raises
    ------
    ValueError
        For shapes that do not agree, and numbers that are not finite.
    """
    g, h = np.asarray(gradient), np.asarray(hessian)
    if g.ndim != 1 or h.shape != (len(g), len(g)):
        raise ValueError("gradient and hessian must have the shapes (parameters,) and "
                         f"(parameters, parameters), not {g.shape} and {h.shape}.")
    require_finite("gradient", g)
    require_finite("hessian", h)
    return np.linalg.lstsq(h, -g, rcond=None)[0]


def newton_steps(function: Smooth, start: FloatArray) -> Iterator[FloatArray]:
    """The parameters after each step from `start` on, without end.

    A step that does not lower the loss by a share of what the gradient promises is halved until
    it does (L. Armijo, "Minimization of functions having Lipschitz continuous first partial
    derivatives", 1966): far from the minimum the parabola may lie far from the function. Where
    no part of the step lowers it, because the curvature has all but vanished, the step goes down
    the gradient instead.
    """
    weights = start
    while True:
        gradient = function.gradient(weights)
        newton = newton_direction(gradient, function.hessian(weights))
        moved = (_lower(function, weights, direction, gradient)
                 for direction in (newton, -gradient))
        # Neither leads downwards at the minimum, as near as floats come
        weights = next((place for place in moved if place is not None), weights)
        yield weights


def _lower(
    function: Smooth, weights: FloatArray, direction: FloatArray, gradient: FloatArray
) -> FloatArray | None:
    """weights + t direction with the first t of 1, 1/2, 1/4 ... that lowers the loss enough."""
    loss, slope = function.loss(weights), float(gradient @ direction)
    if not slope < 0:
        return None
    for halving in range(HALVINGS):
        share = 0.5**halving
        moved = weights + share * direction
        if function.loss(moved) <= loss + SUFFICIENT * share * slope:
            return moved
    return None
