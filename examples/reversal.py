"""Reversing 4-bit numbers: what a network cannot know of inputs that it has never seen vary.

Trained on the eight numbers that begin with 0, and asked for the eight that begin with 1. The
weights from the first bit get no gradient, because that input is always 0: they stay as they
were drawn. The last bit of the reversal, which should follow it, was always 0 as well, and that is
what the network goes on to say. Then the same network, trained on both.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from examples.pictures import draw_panels
from examples.stage import read_example, require_above_0, run_example
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.network import Network
from words_and_images.neural.training import TrainingSettings, train

BITS = 4


@dataclass(frozen=True)
class ReversalParameters:
    """One layer of hidden sigmoids, and gradient descent on all numbers at once.

    Attributes
    ----------
    hidden : int, above 0
    steps, learning_rate, momentum : of the training
    seeds : int, above 0
        Networks that are trained from other first weights, over which the scores are means.
    """

    hidden: int = 8
    steps: int = 3000
    learning_rate: float = 4.0
    momentum: float = 0.9
    seeds: int = 20

    def __post_init__(self) -> None:
        require_above_0(self, "hidden", "steps", "learning_rate", "seeds")
        require(0 <= self.momentum < 1, "momentum", self.momentum, "from 0 to below 1")


NUMBERS = np.array(list(product((0.0, 1.0), repeat=BITS)))  # (16, 4), from 0000 to 1111
REVERSED = NUMBERS[:, ::-1]
BEGINS_WITH_0 = NUMBERS[:, 0] == 0


def trained(seed: int, rows: NDArray[np.bool_], parameters: ReversalParameters) -> Network:
    """A 4-hidden-4 network of sigmoids that has seen the chosen rows, (16,), of the numbers."""
    generator = np.random.default_rng(seed)
    network = Network.of_widths(generator, [BITS, parameters.hidden, BITS], "sigmoid",
                                lambda _fan_in: 1.0, np.float64, "sigmoid", "squared_error")
    settings = TrainingSettings(
        steps=parameters.steps, batch_size=len(NUMBERS), learning_rate=parameters.learning_rate,
        momentum=parameters.momentum)
    train(network, (NUMBERS[rows], REVERSED[rows]), None, settings, generator)
    return network


def scores(networks: list[Network]) -> dict[str, Any]:
    """Shares of right bits and of wholly right numbers, of both halves of the numbers."""
    right = np.array([(network.outputs(NUMBERS) > 0.5) == (REVERSED > 0.5)
                      for network in networks])  # (networks, numbers, bits)
    found: dict[str, Any] = {}
    for name, rows in (("begins_with_0", BEGINS_WITH_0), ("begins_with_1", ~BEGINS_WITH_0)):
        found[name] = {"bits": [round(float(share), 4) for share in
                                right[:, rows].mean(axis=(0, 1))],
                       "numbers": float(right[:, rows].all(axis=2).mean())}
    return found


def draw(networks: dict[str, Network], path: str) -> None:
    """What each network puts out for all numbers, a row a number."""
    def panel(title: str, values: FloatArray) -> Any:
        def draw_bits(axes: Axes) -> None:
            axes.imshow(values, cmap="RdBu_r", vmin=0, vmax=1, aspect="auto")
            axes.set_title(title)
            axes.set_xticks(range(BITS), [f"bit {bit}" for bit in range(1, BITS + 1)])
            axes.set_yticks(range(len(NUMBERS)),
                            ["".join(f"{bit:.0f}" for bit in number) for number in NUMBERS])
            axes.axhline(BEGINS_WITH_0.sum() - 0.5, color="black", linewidth=0.8)
        return draw_bits

    panels = [panel("wanted: red 1, blue 0", REVERSED)]
    panels += [panel(f"trained on {name}", network.outputs(NUMBERS))
               for name, network in networks.items()]
    draw_panels(path, panels, 3, (2.3, 3.4))


def main(metrics: str, picture: str) -> None:
    """Train on half of the numbers and on all, from several first weights; write the scores."""
    parameters = read_example("reversal", ReversalParameters)
    seeds = range(1, parameters.seeds + 1)
    of_half = [trained(seed, BEGINS_WITH_0, parameters) for seed in seeds]
    of_all = [trained(seed, np.ones(len(NUMBERS), bool), parameters) for seed in seeds]
    draw({"0xxx": of_half[0], "all": of_all[0]}, picture)
    write_json(metrics, {"trained_on_0": scores(of_half), "trained_on_both": scores(of_all),
                         "networks": parameters.seeds})


if __name__ == "__main__":
    run_example(main)
