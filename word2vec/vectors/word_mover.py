"""The Word Mover's Distance: how far the words of one text must travel to those of another.

A text is a distribution over its distinct words; moving a share f of the mass from a word to
another costs f times the Euclidean distance of their vectors, and the distance is the cost of the
cheapest plan. Kusner et al., From Word Embeddings To Document Distances, 2015, equation 1. The plan
is found by the network simplex of POT, Python Optimal Transport.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from word2vec.vectors.cosines import Doubles
from words_and_images.common.errors import UserError

# POT imports every one of them that is installed, for seconds: none is needed that is not in use.
BACKENDS = {"torch": "PYTORCH", "jax": "JAX", "cupy": "CUPY", "tensorflow": "TENSORFLOW"}


def shares(words: Sequence[str]) -> tuple[list[str], Doubles]:
    """Distinct words, in the order in which they come, and the share of each, (words,)."""
    counts = Counter(words)
    return list(counts), np.array(list(counts.values()), np.float64) / len(words)


def transport_cost(
    first: Doubles, first_shares: Doubles, second: Doubles, second_shares: Doubles
) -> float:
    """Cost of the cheapest plan, at least 0.

    Parameters
    ----------
    first, second : vectors of the distinct words of each text, (words, dim).
    first_shares, second_shares : (words,), each of sum 1.

    Raises
    ------
    UserError
        Where POT is not installed.
    """
    from scipy.spatial.distance import cdist

    distances = cdist(first, second)  # (words of the first, words of the second)
    if not distances.any():
        return 0.0
    return max(0.0, float(_solver()(first_shares, second_shares, distances)))


def _solver() -> Callable[..., Any]:
    for module, name in BACKENDS.items():
        if module not in sys.modules:
            os.environ.setdefault(f"POT_BACKEND_DISABLE_{name}", "1")
    try:
        from ot import emd2
    except ImportError:
        raise UserError("the Word Mover's Distance takes the package POT, which is not installed; "
                        "install it: pip install pot.") from None
    return emd2
