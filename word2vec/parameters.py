"""The parameters of the stages and of `word2vec train`, with their defaults.

This module imports no NumPy, so that a command line can show the defaults at once.
"""

import math
from dataclasses import dataclass

from common.parameters import require, require_choice
from word2vec.tokens import TOKENISERS

BLOCK = 16  # centres whose products with their surroundings are one matrix product
SEGMENT = 64  # tokens that stay together when a slab is dealt out to the steps
GROUPS = (BLOCK, 2 * BLOCK, SEGMENT)
CHUNKS = 2  # threads that can share a step; fixed, so that their number changes no result


@dataclass(frozen=True)
class EncodeParameters:
    """How text becomes ids.

    Parameters
    ----------
    tokens : ``letters`` (lower-cased a to z), ``words`` (lower-cased letters of any alphabet) or
        ``whitespace`` (as it stands).
    min_count : words that occur less often are left out.
    shuffle : whether the documents are put in random order.
    seed : of that order.
    """

    tokens: str = "letters"
    min_count: int = 5
    shuffle: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        require_choice("tokens", self.tokens, tuple(TOKENISERS))
        require(self.min_count >= 1, "min_count", self.min_count, "at least 1")
        require(self.seed >= 0, "seed", self.seed, "0 or more")


@dataclass(frozen=True)
class TrainParameters:
    """What both models have in common.

    Parameters
    ----------
    dim : length of a word vector.
    window : largest distance between a centre and its contexts, in kept tokens.
    dynamic_window : draw each centre's window from 1 to `window`, or always take all of it.
    negative : negatives for each positive.
    noise_exponent : noise words are drawn with probability count^noise_exponent.
    epochs : passes over the corpus.
    seed : of everything that is drawn; one seed gives one result, on any number of threads.
    threads : at most this many at work; 0 takes one for each core.
    step : tokens a step, whose gradients are taken at the same point.
    group : tokens that share noise words.
    shared_negatives : noise words a group; together they weigh as much as `negative` a positive.
    row_exponent : a row that a step meets m times moves by the sum divided by m^row_exponent.
    """

    dim: int = 100
    window: int = 5
    dynamic_window: bool = True
    negative: int = 5
    noise_exponent: float = 0.75
    epochs: int = 5
    seed: int = 1
    threads: int = 0
    step: int = 2048
    group: int = 64
    shared_negatives: int = 32
    row_exponent: float = 0.5

    def __post_init__(self) -> None:
        for name in ("dim", "negative", "epochs", "shared_negatives"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        require(1 <= self.window <= BLOCK, "window", self.window, f"between 1 and {BLOCK}")
        for name in ("seed", "threads", "noise_exponent", "row_exponent"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        smallest = CHUNKS * SEGMENT
        require(self.step >= smallest and self.step % smallest == 0, "step", self.step,
                f"a multiple of {smallest}")
        require(self.group in GROUPS, "group", self.group, f"one of {GROUPS}")

@dataclass(frozen=True)
class SkipgramParameters:
    """What skip-gram has of its own.

    Parameters
    ----------
    sample : threshold of subsampling: words with a larger share of the corpus are thinned out;
        0 keeps all.
    learning_rate : at the beginning; it falls linearly with the words read.
    minimum_learning_rate : at the end.
    """

    sample: float = 1e-4
    learning_rate: float = 0.05
    minimum_learning_rate: float = 1e-4

    def __post_init__(self) -> None:
        require(0 <= self.sample < 1, "sample", self.sample, "0 or a share of the corpus below 1")
        require(0 < self.learning_rate < math.inf, "learning_rate", self.learning_rate,
                "above 0 and finite")
        require(0 <= self.minimum_learning_rate <= self.learning_rate, "minimum_learning_rate",
                self.minimum_learning_rate, "between 0 and learning_rate")


@dataclass(frozen=True)
class CbowParameters(SkipgramParameters):
    """What CBOW has of its own.

    Parameters
    ----------
    divided : whether each context gets the gradient divided by the number of contexts (the true
        derivative) or all of it (as in word2vec.c).
    """

    sample: float = 1e-3
    divided: bool = False


MODEL_PARAMETERS: dict[str, type[SkipgramParameters]] = {
    "skipgram": SkipgramParameters, "cbow": CbowParameters,
}
