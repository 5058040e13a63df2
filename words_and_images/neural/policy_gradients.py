"""Learning from rewards: advantages of actions, and the gradients of what a policy is to raise.

Actions are classes, and logits (batch, actions) are what a network puts out for the states where
they were taken. All derivatives are of a loss, that is, of what is to be raised times -1.
"""

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, IntegerArray, as_floats
from words_and_images.neural.losses import one_hot
from words_and_images.neural.softmax import log_softmax, softmax


def score_derivative(
    logits: ArrayLike, actions: IntegerArray, advantages: ArrayLike
) -> FloatArray:
    """Derivative of -(1 / batch) sum_b A_b log pi(a_b) by the logits: A_b (pi_b - 1_{a_b}) / batch.

    Its expectation over actions drawn from pi is that of -(the expected return), whatever baseline
    that does not depend on the action was taken from the returns to make the advantages A.
    Williams, "Simple statistical gradient-following algorithms", 1992, theorem 1; Sutton and
    Barto, "Reinforcement Learning", 2018, equations 13.8 and 13.11.

    Parameters
    ----------
    logits : (batch, actions)
    actions : (batch,)
        a_b, what was done.
    advantages : (batch,)
        A_b.
    """
    probabilities = softmax(logits)
    weights = np.asarray(advantages, probabilities.dtype)[:, np.newaxis]
    taken = one_hot(actions, probabilities.shape[1]).astype(probabilities.dtype)
    return weights * (probabilities - taken) / len(probabilities)


def clipped_loss(
    logits: ArrayLike, actions: IntegerArray, advantages: ArrayLike, before: ArrayLike,
    clip: float,
) -> float:
    """-(1 / batch) sum_b min(r_b A_b, max(min(r_b, 1 + clip), 1 - clip) A_b), in float64.

    r_b = pi(a_b) / pi_before(a_b). Schulman et al., "Proximal policy optimization algorithms",
    2017, equation 7. `before` holds log pi_before(a_b), (batch,).
    """
    ratios = np.exp(log_probabilities(logits, actions) - np.asarray(before))
    weights = np.asarray(advantages, np.float64)
    bounded = np.clip(ratios, 1 - clip, 1 + clip)
    return -float(np.mean(np.minimum(ratios * weights, bounded * weights)))


def clipped_derivative(
    logits: ArrayLike, actions: IntegerArray, advantages: ArrayLike, before: ArrayLike,
    clip: float,
) -> FloatArray:
    """Derivative of `clipped_loss` by the logits: `score_derivative` with r_b A_b for A_b.

    0 where the ratio has left the bounds on the side to which the advantage leads. At r = 1 it
    is the policy gradient itself.
    """
    ratios = np.exp(log_probabilities(logits, actions) - np.asarray(before))
    weights = np.asarray(advantages, np.float64)
    done = np.where(weights > 0, ratios > 1 + clip, ratios < 1 - clip)
    return score_derivative(logits, actions, np.where(done, 0, ratios * weights))


def log_probabilities(logits: ArrayLike, actions: IntegerArray) -> FloatArray:
    """log pi(a_b) of what was done, (batch,)."""
    return np.take_along_axis(log_softmax(logits), actions[:, np.newaxis], 1)[:, 0]


def generalized_advantages(
    rewards: ArrayLike, values: ArrayLike, discount: float, trace: float
) -> FloatArray:
    """Advantages of the actions of one episode that has ended, (steps,).

    A_t = sum_k (discount trace)^k d_{t+k}, d_t = r_t + discount V_{t+1} - V_t, where V after the
    last step is 0. With trace 1 it is the discounted return less the baseline V; a smaller trace
    trusts V more, for less variance. Schulman et al., "High-dimensional continuous control using
    generalized advantage estimation", 2016, equation 16.
    """
    gains, baseline = as_floats(rewards), as_floats(values)
    if gains.ndim != 1 or gains.shape != baseline.shape:
        raise ValueError("rewards and values must be of one shape (steps,), not "
                         f"{gains.shape} and {baseline.shape}.")
    after = np.append(baseline[1:], 0)
    surprises = gains + discount * after - baseline
    found = np.zeros_like(surprises)
    running = 0.0
    for step in reversed(range(len(surprises))):
        running = float(surprises[step]) + discount * trace * running
        found[step] = running
    return found
