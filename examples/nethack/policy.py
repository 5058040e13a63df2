"""A network that looks at glyphs: embeddings of the window, bytes as numbers, dense layers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from examples.nethack.games import ENTER, KICK, SEARCH
from examples.nethack.observations import NUMBERS, PLACES, SCALE, Observations
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.embeddings import Embedding
from words_and_images.neural.network import Network

ANSWERS = np.array([ENTER, 1, 2, 3, 4, 5, 6, 7, 8, KICK, SEARCH])
"""The actions that the network chooses from, by its outputs: those that the planner uses."""
GLYPHS = 5977


@dataclass(eq=False)
class GlyphNetwork:
    """Embeddings of the glyphs in the window, beside all else that was seen, into a network.

    Attributes
    ----------
    embedding : Embedding
        Of every glyph; the places of the window share it.
    network : Network
        With one output for each of `ANSWERS`.
    """

    embedding: Embedding
    network: Network

    @classmethod
    def initialise(cls, generator: np.random.Generator, width: int,
                   hidden: tuple[int, ...]) -> "GlyphNetwork":
        """A new one: vectors of that width, all 0, and hidden layers of ReLUs."""
        widths = [PLACES * width + NUMBERS, *hidden, len(ANSWERS)]
        return cls(Embedding.zeros(GLYPHS, width), Network.of_widths(generator, widths))

    @property
    def parameters(self) -> list[FloatArray]:
        """The arrays an optimiser changes in place."""
        return [self.embedding.table, *self.network.parameters]

    def inputs(self, seen: Observations) -> FloatArray:
        """What the network takes, (rows, 121 * width + NUMBERS)."""
        vectors = self.embedding.outputs(seen.window)
        return np.concatenate([vectors, seen.numbers * np.float32(1 / SCALE)], axis=1)

    def logits(self, seen: Observations) -> FloatArray:
        """Of `ANSWERS`, (rows, answers)."""
        return self.network.outputs(self.inputs(seen))

    def gradients(
        self, seen: Observations, inputs: FloatArray,
        derivative: Callable[[FloatArray], FloatArray],
    ) -> list[FloatArray]:
        """Of a loss by `parameters`, where `inputs` are those of what was seen.

        `derivative` takes the logits to the derivative of the loss by them.
        """
        found, error = self.network.gradients_by(inputs, derivative)
        width = PLACES * self.embedding.table.shape[1]
        return [self.embedding.gradient(seen.window, error[:, :width]), *found]


def answers_of(actions: IntegerArray) -> IntegerArray:
    """The outputs that stand for actions of the environment."""
    return np.searchsorted(ANSWERS, actions)
