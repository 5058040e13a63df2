"""How long is searched, and how; without NumPy, so that a command line can show it at once."""

import math
from dataclasses import dataclass

from words_and_images.common.parameters import require, require_choice, require_whole

SAMPLERS = ("tpe", "random", "grid")


@dataclass(frozen=True)
class SearchParameters:
    """How long is searched, and how.

    Attributes
    ----------
    trials : int, 1 or more
        Sets of values that are tried.
    minutes : float, 0 or more
        After which no more are begun; 0: until all have been tried.
    sampler : str
        "tpe" learns from what the others scored, "random" draws, and "grid" tries all in turn.
    confirm : int, 0 or more
        More seeds with which the best three, and the defaults, are scored again.
    prune : bool
        Whether a trial ends early that is worse than half of the others have been so far.
    seed : int, 0 or more
        Of everything random.
    """

    trials: int = 60
    minutes: float = 0.0
    sampler: str = "tpe"
    confirm: int = 3
    prune: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        require_whole("trials", self.trials, 1)
        require(0 <= self.minutes < math.inf, "minutes", self.minutes, "0 or more")
        require_choice("sampler", self.sampler, SAMPLERS)
        require_whole("confirm", self.confirm, 0)
        require_whole("seed", self.seed, 0)
