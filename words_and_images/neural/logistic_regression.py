"""Logistic regression with labels -1 and 1: its loss, gradient and Hessian.

p(y | x) = sigmoid(y w.x). Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning",
section 4.4.1, with the labels of section 10.5; a column of ones among the inputs is the bias.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.activations import sigmoid
from words_and_images.neural.arrays import FloatArray, as_floats, require_finite, require_width


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """The loss of weights on some examples, with its first and second derivatives.

    Attributes
    ----------
    inputs : (examples, features)
        X.
    signs : (examples,)
        y, each -1 or 1.
    l2 : float
        Of the penalty (l2 / 2) |w|^2, 0 or more. Above 0 the loss has one minimum, also where a
        plane parts the classes and the weights would grow without end.
    """

    inputs: FloatArray
    signs: FloatArray
    l2: float = 0.0

    @classmethod
    def of(cls, inputs: ArrayLike, signs: ArrayLike, l2: float = 0.0) -> "LogisticRegression":
        """The same from anything like arrays; ValueError where it does not fit together."""
        x, y = as_floats(inputs), as_floats(signs)
        if x.ndim != 2 or len(x) == 0 or y.shape != x.shape[:1]:
            raise ValueError("inputs and signs must have the shapes (examples, features) and "
                             f"(examples,), not {x.shape} and {y.shape}.")
        require_finite("inputs", x)
        if not np.isin(y, (-1, 1)).all():
            raise ValueError(f"signs must be -1 or 1, not {y[~np.isin(y, (-1, 1))][0]:g}.")
        if not l2 >= 0:
            raise ValueError(f"l2 must be 0 or more, not {l2}.")
        return cls(x, y, l2)

    def margins(self, weights: FloatArray) -> FloatArray:
        """m = y (X w), (examples,): above 0 where the example is on its own side."""
        require_width("weights", weights, self.inputs.shape[1])
        return self.signs * (self.inputs @ weights)

    def loss(self, weights: FloatArray) -> float:
        """L = (1 / n) sum_i log(1 + e^(-m_i)) + (l2 / 2) |w|^2, in nats, without overflow."""
        terms = np.logaddexp(0, -self.margins(weights))
        penalty = self.l2 / 2 * (weights @ weights) if self.l2 else 0.0  # 0 times inf is nan
        return float(terms.mean(dtype=np.float64) + penalty)

    def gradient(self, weights: FloatArray) -> FloatArray:
        """dL/dw = -(1 / n) X^T (y sigmoid(-m)) + l2 w, (features,)."""
        pulls = self.signs * sigmoid(-self.margins(weights))
        return -(self.inputs.T @ pulls) / len(self.signs) + self.l2 * weights

    def hessian(self, weights: FloatArray) -> FloatArray:
        """d2L/dw2 = (1 / n) X^T D X + l2 I, with D = diag(sigmoid(m) sigmoid(-m)).

        As e^-|m| / (1 + e^-|m|)^2, which keeps its digits where one of the two sigmoids is 1.

        (features, features). Positive semi-definite, because v^T H v is a sum of D's elements,
        none negative, times squares: the loss is convex.
        """
        falling = np.exp(-np.abs(self.margins(weights)))
        curvatures = falling / np.square(1 + falling)
        scaled = self.inputs * curvatures[:, np.newaxis]
        penalty = self.l2 * np.eye(len(weights), dtype=self.inputs.dtype)
        return self.inputs.T @ scaled / len(self.signs) + penalty
