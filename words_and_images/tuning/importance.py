"""How much each parameter of a search has to do with what scores best: PED-ANOVA.

Watanabe, Bansal and Hutter (IJCAI 2023) compare the values of the best trials with those of all: a
parameter is important as far as the two are distributed differently. Only the order of the scores
counts, so that trials that were pruned can take part: each was worse than half of the others.

Of few trials any parameter's best values differ from the others. So each importance is compared
with those that it has when the scores are put in a random order (a permutation test).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from words_and_images.tuning.space import Choice, Range, Space, space_as_described
from words_and_images.tuning.study import PRUNED, WHOLE

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

FEWEST = 20  # trials, whole or pruned, from which anything can be told
BEST_SHARE, FEWEST_BEST = 0.2, 5  # of the trials are the best; of fewer than 5 little is known
RESAMPLINGS, SEED = 40, 1
CHANCE = 0.95  # of the random orders have to give less
SPREAD = (0.1, 0.9)  # quantiles over the resamplings


@dataclass(frozen=True)
class Importance:
    """A parameter's share of all importance.

    Parameters
    ----------
    share : the median over trials that are drawn with replacement (a bootstrap).
    spread : from where to where 8 of 10 of them lie.
    beyond_chance : whether 95 of 100 random orders of the scores would give less.
    """

    name: str
    share: float
    spread: tuple[float, float]
    beyond_chance: bool


def importances(study: Mapping[str, Any]) -> list[Importance]:
    """The parameters of a study, the most important first; none where too few have been tried.

    `study` is what `Study.rows` gives.
    """
    space = space_as_described(study["space"])
    tried = [each for each in study["trials"] if each["state"] in (WHOLE, PRUNED)]
    if len(tried) < FEWEST or all(each["state"] == PRUNED for each in tried):
        return []
    lowest = min(each["score"] for each in tried if each["state"] == WHOLE) - 1
    scores = np.array([each["score"] if each["state"] == WHOLE else lowest for each in tried])
    values = [each["values"] for each in tried]
    generator = np.random.default_rng(SEED)
    draws = generator.integers(len(tried), size=(RESAMPLINGS, len(tried)))
    drawn = np.array([_divergences(space, [values[place] for place in draw], scores[draw])
                      for draw in draws])  # (resamplings, parameters)
    shares = drawn / np.maximum(drawn.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    low, middle, high = np.quantile(shares, (SPREAD[0], 0.5, SPREAD[1]), axis=0)
    by_chance = np.quantile([_divergences(space, values, generator.permutation(scores))
                             for _ in range(RESAMPLINGS)], CHANCE, axis=0)
    beyond = _divergences(space, values, scores) > by_chance
    found = [Importance(name, float(middle[place]), (float(low[place]), float(high[place])),
                        bool(beyond[place])) for place, name in enumerate(space)]
    return sorted(found, key=lambda each: -each.share)


def _divergences(
    space: Space, values: Sequence[Mapping[str, Any]], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far the values of the best are distributed otherwise than all: (parameters,)."""
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {name: _distribution(dimension) for name, dimension in space.items()}
    study = optuna.create_study(direction="maximize")
    study.add_trials([optuna.trial.create_trial(
        params={name: space[name].known(value) for name, value in each.items()},
        distributions=distributions, value=float(score))
        for each, score in zip(values, scores, strict=True)])
    share = max(BEST_SHARE, FEWEST_BEST / len(values))
    found = PedAnovaImportanceEvaluator(target_quantile=share).evaluate(study)
    return np.array([found[name] for name in space])


def _distribution(dimension: Choice | Range) -> "BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(dimension, Choice):
        return CategoricalDistribution(dimension.grid())
    low, high, step = dimension.low, dimension.high, dimension.step
    if dimension.whole:
        return IntDistribution(int(low), int(high), log=dimension.log, step=int(step or 1))
    return FloatDistribution(low, high, log=dimension.log, step=step)
