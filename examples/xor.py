"""XOR by two hidden sigmoids: what no single line can part."""

from dataclasses import dataclass

import numpy as np

from examples.pictures import draw_boundary, draw_curves, draw_panels
from examples.stage import read_example, require_above_0, run_example
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.network import Network
from words_and_images.neural.training import TrainingRecord, TrainingSettings, train

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = np.array([[0.0], [1.0], [1.0], [0.0]])
LEARNED = 0.1  # every output is nearer to its target than this


@dataclass(frozen=True)
class XorParameters:
    """Steps of gradient descent on all four points, its rate and momentum.

    `seeds` networks are trained from other first weights, to see how many find the way; the
    picture is of the first that does.
    """

    steps: int = 3000
    learning_rate: float = 2.0
    momentum: float = 0.9
    seeds: int = 20

    def __post_init__(self) -> None:
        require_above_0(self, "steps", "learning_rate", "seeds")
        require(0 <= self.momentum < 1, "momentum", self.momentum, "from 0 to below 1")


def trained(seed: int, parameters: XorParameters) -> tuple[Network, list[TrainingRecord]]:
    """A network of 2 inputs, 2 hidden and 1 output sigmoid, and its records."""
    generator = np.random.default_rng(seed)
    network = Network.of_widths(generator, [2, 2, 1], "sigmoid", lambda _fan_in: 1.0, np.float64,
                                "sigmoid", "squared_error")
    settings = TrainingSettings(
        steps=parameters.steps, batch_size=len(INPUTS), learning_rate=parameters.learning_rate,
        momentum=parameters.momentum)
    return network, train(network, (INPUTS, TARGETS), None, settings, generator)


def outputs(network: Network, inputs: FloatArray = INPUTS) -> FloatArray:
    """What the network says of inputs (points, 2): (points,)."""
    return network.outputs(inputs)[:, 0]


def has_learned(network: Network) -> bool:
    """Whether all four outputs are near their targets."""
    return bool(np.abs(outputs(network) - TARGETS[:, 0]).max() < LEARNED)


def main(metrics: str, picture: str) -> None:
    """Train from several first weights; write the outputs and the picture of the first success."""
    parameters = read_example("xor", XorParameters)
    runs = [trained(seed, parameters) for seed in range(1, parameters.seeds + 1)]
    learned = [has_learned(network) for network, _ in runs]
    shown, history = runs[learned.index(True) if any(learned) else 0]
    stuck = [run for run, well in zip(runs, learned, strict=True) if not well]
    curves = {"learned": _curve(history)} if any(learned) else {}
    if stuck:
        curves["not learned"] = _curve(stuck[0][1])
    draw_panels(picture, [
        lambda axes: draw_boundary(axes, lambda points: outputs(shown, points), INPUTS,
                                   TARGETS[:, 0].astype(int), "output: red 1, blue 0"),
        lambda axes: draw_curves(axes, curves, "squared error", "step", "loss", True),
    ], 2)
    write_json(metrics, {
        "outputs": dict(zip(("0 0", "0 1", "1 0", "1 1"), outputs(shown).round(4).tolist(),
                            strict=True)),
        "learned": sum(learned),
        "seeds": parameters.seeds,
        "loss": history[-1].training_loss,
    })


def _curve(history: list[TrainingRecord]) -> tuple[list[int], list[float]]:
    return [record.step for record in history], [record.training_loss for record in history]


if __name__ == "__main__":
    run_example(main)
