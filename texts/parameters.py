"""What a classifier of texts is learnt by: its parameters, checked."""

import math
from dataclasses import dataclass

from words_and_images.common.parameters import require, require_choice

TFIDF, VECTORS, COMBINED, LEARNT = "tfidf", "vectors", "combined", "learnt"
KINDS = (TFIDF, VECTORS, COMBINED, LEARNT)
AUTO = "auto"
LEAST_COST, MOST_COST = 1e-6, 1e6  # beyond, single precision has no number for what follows


@dataclass(frozen=True)
class ModelParameters:
    """How documents become numbers, and what is learnt on top of them.

    Attributes
    ----------
    kind : str
        "tfidf": support vector machines on weighted words and pairs of words; "vectors": a softmax
        on means of word vectors; "combined": support vector machines on both; "learnt": vectors
        of words and of pairs that are learnt together with a softmax; or "auto": what
        cross-validation finds best.
    cost : float, from 1e-6 to 1e6
        What violated margins of a support vector machine cost beside the length of its weights;
        less with fewer than 100 documents a label.
    visits : int, 1 or more
        Times that a support vector machine sees each document, at most.
    megabytes : float, above 0
        What a classifier takes on disk, at most: the n-grams that say most are kept, and the most
        frequent words of the vectors.
    seed : int, 0 or more
        Of everything random.
    """

    kind: str = AUTO
    cost: float = 3.0
    visits: int = 10
    megabytes: float = 20.0
    seed: int = 1

    def __post_init__(self) -> None:
        require_choice("kind", self.kind, (AUTO, *KINDS))
        require(LEAST_COST <= self.cost <= MOST_COST, "cost", self.cost, "from 1e-6 to 1e6")
        require(self.visits >= 1, "visits", self.visits, "1 or more")
        require(0 < self.megabytes < math.inf, "megabytes", self.megabytes,
                "a number above 0")
        require(self.seed >= 0, "seed", self.seed, "0 or more")


@dataclass(frozen=True)
class SourcesParameters:
    """Where the pipeline's collections are from: names of the catalogue, or paths.

    Attributes
    ----------
    newsgroups, reuters : str
    """

    newsgroups: str = "newsgroups_20"
    reuters: str = "reuters_r52"
