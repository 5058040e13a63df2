"""Two moons by tanh networks: width, overfitting, learning rate, weight decay, first weights.

All training is gradient descent on all points at once. Rates are those of the sum over the
points, as in much of the literature; a mean over n points needs n times the rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from examples.moons_data import two_moons
from examples.pictures import BLUE, RED, draw_boundary, draw_curves, draw_panels
from examples.stage import read_example, require_above_0, require_seed, run_example
from words_and_images.common.errors import UserError, percent
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.layers import lecun
from words_and_images.neural.metrics import accuracy
from words_and_images.neural.network import Network
from words_and_images.neural.training import (
    TrainingRecord,
    TrainingSettings,
    train,
    validation_losses,
)

Points = tuple[FloatArray, IntegerArray]


@dataclass(frozen=True)
class MoonsParameters:
    """The points, the networks and their training.

    Attributes
    ----------
    count : int, 10 or more
        Points that are learned from.
    fresh : int, 10 or more
        Others of the same kind, that are not.
    noise : float, 0 or more
        Deviation of what is added to each coordinate.
    iterations : int, above 0
    eta : float, above 0
        Learning rate, for the sum over the points.
    hidden : tuple of int, above 0
        Units of the hidden layer, a network each.
    etas : tuple of float
        Other learning rates to compare.
    decays : tuple of float
        lambda of L2 as in W <- (1 - eta lambda) W - eta dL/dW, to compare.
    neurons, inputs : int
        Whose pre-activations are drawn, to compare deviations of the first weights.
    """

    count: int = 200
    fresh: int = 2000
    noise: float = 0.2
    iterations: int = 2000
    eta: float = 0.01
    hidden: tuple[int, ...] = (3, 10)
    etas: tuple[float, ...] = (0.001, 0.01)
    decays: tuple[float, ...] = (0.0, 0.01, 0.1, 1.0)
    neurons: int = 100_000
    inputs: int = 1000
    seed: int = 5

    def __post_init__(self) -> None:
        for name in ("count", "fresh"):
            require(getattr(self, name) >= 10, name, getattr(self, name), "10 or more")
        require_above_0(self, "iterations", "eta", "neurons", "inputs")
        require(0 <= self.noise <= 100, "noise", self.noise, "from 0 to 100")
        for name, least in (("hidden", 1), ("etas", 1e-9), ("decays", 0)):
            values = getattr(self, name)
            require(bool(values) and min(values) >= least, name, values,
                    "one or more, each " + ("0 or more" if least == 0 else "above 0"))
        require_seed(self.seed)


@dataclass(frozen=True, eq=False)
class Run:
    """A trained network, and its losses along the way, on its own points and on fresh ones."""

    network: Network
    history: list[TrainingRecord]

    def curves(self) -> dict[str, tuple[list[int], list[float]]]:
        """Both losses by name."""
        steps = [record.step for record in self.history]
        own = [record.training_loss for record in self.history]
        return {"training": (steps, own), "fresh": (steps, validation_losses(self.history))}

    def figures(self) -> dict[str, float | None]:
        """Last losses and accuracies, and the lowest loss on fresh points."""
        last, fresh = self.history[-1], validation_losses(self.history)
        return {"training_loss": round(last.training_loss, 4),
                "fresh_loss": round(fresh[-1], 4),
                "training_accuracy": last.training_accuracy,
                "fresh_accuracy": last.validation_accuracy,
                "lowest_fresh_loss": round(min(fresh), 4)}


def fitted(
    widths: Sequence[int], points: Points, fresh: Points, parameters: MoonsParameters,
    decay: float = 0.0, deviation: float | None = None,
) -> Run:
    """A network of tanh and softmax on the points; without a hidden layer, logistic regression.

    `deviation` is that of all first weights; by default 1 / sqrt(fan-in).
    """
    generator = np.random.default_rng(parameters.seed)
    spread = lecun if deviation is None else lambda _fan_in: deviation
    network = Network.of_widths(generator, widths, "tanh", spread, np.float64)
    count = len(points[0])
    settings = TrainingSettings(
        steps=parameters.iterations, batch_size=count, momentum=0.0,
        learning_rate=parameters.eta * count, l2=decay / count)
    try:
        return Run(network, train(network, points, fresh, settings, generator))
    except UserError:
        raise UserError(f"eta {parameters.eta:g} with a decay of {decay:g} makes the loss of "
                        f"{' - '.join(map(str, widths))} units diverge; lower it.") from None


def pre_activations(deviation: float, parameters: MoonsParameters) -> FloatArray:
    """z = w.x + b of many new neurons, (neurons,): all inputs are 1, the bias has deviation 1.

    The variance of a sum of independent terms is the sum of their variances: inputs x
    deviation^2 + 1.
    """
    generator = np.random.default_rng(parameters.seed)
    sums = np.zeros(parameters.neurons)
    for _ in range(parameters.inputs):
        sums += generator.normal(0, deviation, parameters.neurons)
    return sums + generator.standard_normal(parameters.neurons)


def main(metrics: str, picture: str) -> None:
    """Train all networks; write their figures and the picture of boundaries and curves."""
    parameters = read_example("moons", MoonsParameters)
    generator = np.random.default_rng(parameters.seed)
    points = two_moons(parameters.count, parameters.noise, generator)
    fresh = two_moons(parameters.fresh, parameters.noise, generator)

    @cache  # the widest network is compared three times
    def run(hidden: int | None, eta: float = parameters.eta, decay: float = 0.0,
            deviation: float | None = None) -> Run:
        widths = [2, 2] if hidden is None else [2, hidden, 2]
        return fitted(widths, points, fresh, replace(parameters, eta=eta), decay, deviation)

    widest = max(parameters.hidden)
    runs = {"logistic regression": run(None)}
    runs |= {f"{units} hidden": run(units) for units in parameters.hidden}
    rates = {f"eta {eta:g}": run(widest, eta) for eta in parameters.etas}
    decays = {f"lambda {decay:g}": run(widest, decay=decay) for decay in parameters.decays}
    firsts = {"deviation 1": run(widest, deviation=1.0), "deviation 1 / sqrt(N)": run(widest)}
    sums = {"1": pre_activations(1.0, parameters),
            "1 / sqrt(N)": pre_activations(lecun(parameters.inputs), parameters)}
    draw(points, fresh, runs, {"learning rates": rates, "weight decay": decays,
                               "first weights": firsts}, sums, picture)
    groups = {"models": runs, "learning_rates": rates, "weight_decay": decays,
              "first_weights": firsts}
    figures: dict[str, Any] = {group: {name: run.figures() for name, run in members.items()}
                               for group, members in groups.items()}
    figures["pre_activation_deviation"] = {
        name: round(float(values.std()), 3) for name, values in sums.items()}
    write_json(metrics, figures)


def draw(
    points: Points, fresh: Points, runs: dict[str, Run], comparisons: dict[str, dict[str, Run]],
    sums: dict[str, FloatArray], path: str,
) -> None:
    """Boundaries, then loss curves, then comparisons, and the boundaries of strong decay."""
    def boundary(title: str, run: Run, shown: Points) -> Any:
        said = accuracy(shown[1], run.network.outputs(shown[0]).argmax(axis=1))
        return lambda axes: draw_boundary(
            axes, lambda places: run.network.probabilities(places)[:, 1], *shown,
            f"{title}: {percent(said)}")

    def compared(title: str, members: dict[str, Run]) -> Any:
        curves = {name: run.curves()["fresh"] for name, run in members.items()}
        return lambda axes: draw_curves(axes, curves, f"{title}: loss on fresh points",
                                        "iteration", "loss")

    panels = [boundary(name, run, points) for name, run in runs.items()]
    panels += [boundary(f"{name}, fresh", run, fresh) for name, run in runs.items()]
    panels += [lambda axes, name=name, run=run: draw_curves(
        axes, run.curves(), name, "iteration", "loss") for name, run in runs.items()]
    panels += [compared(title, members) for title, members in comparisons.items()]
    panels += [lambda axes: _histogram(axes, sums)]
    decayed = list(comparisons["weight decay"].items())[-2:]
    panels += [boundary(f"{name}, fresh", run, fresh) for name, run in decayed]
    draw_panels(path, panels, len(runs))


def _histogram(axes: Axes, sums: dict[str, FloatArray]) -> None:
    widest = 3 * max(float(values.std()) for values in sums.values())
    edges = np.linspace(-widest, widest, 201).tolist()
    for (name, values), colour in zip(sums.items(), (RED, BLUE), strict=True):
        axes.hist(values, edges, density=True, color=colour, alpha=0.6, label=f"deviation {name}")
    axes.set_yscale("log")
    axes.set_title("pre-activations of new neurons")
    axes.set_xlabel("w.x + b")
    axes.legend()


if __name__ == "__main__":
    run_example(main)
