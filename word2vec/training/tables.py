"""What is learnt: the tables of both kinds of vectors, and how they begin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from word2vec.parameters import TrainParameters

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tables:
    """What is learnt.

    Parameters
    ----------
    inputs : (words, dim) v, the word vectors.
    outputs : (words, dim) u, the words as contexts (skip-gram) or as centres (CBOW); with
        hierarchical softmax the inner nodes of the tree, and a row of zeros at the end.
    """

    inputs: Floats
    outputs: Floats

    def are_finite(self) -> bool:
        """Whether every value is a number."""
        return all(bool(np.isfinite(extreme)) for table in (self.inputs, self.outputs)
                   for extreme in (table.min(initial=0), table.max(initial=0)))


def begin(words: int, parameters: TrainParameters) -> Tables:
    """As word2vec.c begins: small random input vectors, output vectors of zeros."""
    tables = Tables(*np.zeros((2, words, parameters.dim), np.float32))
    draw_inputs(tables.inputs, parameters.seed)
    return tables


def draw_inputs(inputs: Floats, seed: int) -> None:
    """Small random numbers, in the place of what stands there."""
    # No piece has such a key: these are other numbers than those that pieces draw.
    generator = np.random.default_rng([seed, 0, 0, 1])
    generator.random(dtype=np.float32, out=inputs)
    inputs -= np.float32(0.5)
    inputs /= np.float32(inputs.shape[1])
