"""The derivative of a softmax layer, the long way and the short one, and what each costs."""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from examples.pictures import LINES, draw_panels, draw_table
from examples.stage import read_example, require_above_0, require_seed, run_example
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.losses import one_hot
from words_and_images.neural.softmax import softmax_jacobian
from words_and_images.neural.softmax_layer import (
    layer_jacobian,
    layer_jacobian_by_product,
    layer_loss,
    logits_jacobian,
    loss_derivative,
    loss_derivative_by_product,
    probability_cross_entropy_derivative,
    softmax_layer,
)

INPUTS = np.array([0.1, 0.5, 0.4])
WEIGHTS = np.array([
    [0.1, 0.2, 0.3, 0.4, 0.5],
    [0.6, 0.7, 0.8, 0.9, 0.1],
    [0.11, 0.12, 0.13, 0.14, 0.15],
])
TRUE_CLASS = 2
WAYS: dict[str, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]] = {
    "Jacobian, by the product": lambda x, w, y: layer_jacobian_by_product(x, w),
    "Jacobian, short": lambda x, w, y: layer_jacobian(x, w),
    "of the loss, by the product": loss_derivative_by_product,
    "of the loss, closed form": loss_derivative,
}


@dataclass(frozen=True)
class SoftmaxParameters:
    """How large the measured layers are.

    Attributes
    ----------
    features : int, above 0
    classes : tuple of int, above 0
        One layer each, by rising number.
    repeats : int, above 0
        Runs of each way, of which the median time counts.
    """

    features: int = 64
    classes: tuple[int, ...] = (5, 10, 20, 40, 80, 160, 320)
    repeats: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        require_above_0(self, "features", "repeats")
        require_seed(self.seed)
        require(bool(self.classes) and all(a < b for a, b in zip((0, *self.classes), self.classes,
                                                                 strict=False)),
                "classes", self.classes, "numbers above 0, rising")


def worked_numbers() -> dict[str, Any]:
    """Every step of a layer of three inputs and five classes."""
    classes = WEIGHTS.shape[1]
    targets = one_hot([TRUE_CLASS], classes)[0]
    probabilities = softmax_layer(INPUTS, WEIGHTS)
    return {
        "probabilities": probabilities,
        "loss": layer_loss(INPUTS, WEIGHTS, targets),
        "loss_by_probabilities": probability_cross_entropy_derivative(probabilities, targets),
        "softmax_jacobian": softmax_jacobian(probabilities),
        "logits_by_weights": logits_jacobian(INPUTS, classes).reshape(classes, -1),
        "probabilities_by_weights": layer_jacobian(INPUTS, WEIGHTS).reshape(classes, -1),
        "loss_by_weights": loss_derivative(INPUTS, WEIGHTS, targets),
        "loss_by_weights_by_product": loss_derivative_by_product(INPUTS, WEIGHTS, targets),
    }


def largest_difference(numbers: dict[str, Any]) -> float:
    """Between both ways to the loss's derivative, of any element."""
    difference = numbers["loss_by_weights"] - numbers["loss_by_weights_by_product"]
    return float(np.abs(difference).max())


def measure(parameters: SoftmaxParameters) -> dict[str, list[dict[str, float]]]:
    """Seconds and megabytes of every way at every number of classes."""
    generator = np.random.default_rng(parameters.seed)
    rows: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for classes in parameters.classes:
        inputs = generator.standard_normal(parameters.features)
        weights = generator.standard_normal((parameters.features, classes)) / 8
        targets = one_hot([0], classes)[0]
        for way, derivative in WAYS.items():
            def run(derivative: Any = derivative) -> FloatArray:
                return derivative(inputs, weights, targets)  # noqa: B023

            rows[way].append({"classes": classes, "seconds": _seconds(run, parameters.repeats),
                              "megabytes": _megabytes(run)})
    return rows


def _seconds(run: Callable[[], Any], repeats: int) -> float:
    def once() -> float:
        started = time.perf_counter()
        run()
        return time.perf_counter() - started

    return median(once() for _ in range(repeats))


def _megabytes(run: Callable[[], Any]) -> float:
    """At the peak, of all that NumPy allocates meanwhile."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def draw(numbers: dict[str, Any], path: str) -> None:
    """The matrices of the chain rule, in the order in which they are multiplied."""
    titles = {
        "softmax_jacobian": "dh / dz: diag(h) - h h^T",
        "logits_by_weights": "dz / dW: mostly 0",
        "probabilities_by_weights": "dh / dW, their product",
        "loss_by_weights": "dxe / dW: (h - y) x^T",
    }
    across = {"softmax_jacobian": "class of z", "loss_by_weights": "feature"}
    draw_panels(path, [
        lambda axes, name=name, title=title: draw_table(  # type: ignore[misc]
            axes, numbers[name], title, across.get(name, "class and feature of W"), "class")
        for name, title in titles.items()], 2, (4.4, 2.4))


def draw_costs(rows: dict[str, list[dict[str, float]]], features: int, path: str) -> None:
    """Time and memory against the number of classes, a line for each way."""
    def panel(what: str, unit: str) -> Callable[[Axes], None]:
        def draw_lines(axes: Axes) -> None:
            for (way, measured), colour in zip(rows.items(), LINES, strict=False):
                axes.loglog([row["classes"] for row in measured], [row[what] for row in measured],
                            label=way, color=colour, marker=".", linewidth=1,
                            linestyle=":" if way == "of the loss, by the product" else "-")
            axes.set_xlabel(f"classes of a layer of {features} features")
            axes.set_ylabel(unit)
            axes.legend()
        return draw_lines

    draw_panels(path, [panel("seconds", "seconds"), panel("megabytes", "megabytes")], 2, (4, 3.2))


def main(metrics: str, picture: str, costs: str, costs_picture: str) -> None:
    """Write the worked numbers, and what both ways cost, each with its picture."""
    parameters = read_example("softmax_derivatives", SoftmaxParameters)
    numbers, rows = worked_numbers(), measure(parameters)
    draw(numbers, picture)
    draw_costs(rows, parameters.features, costs_picture)
    write_json(metrics, {
        **{name: np.asarray(value).round(8).tolist() for name, value in numbers.items()},
        "largest_difference_of_both_ways": largest_difference(numbers)})
    write_json(costs, {way: measured[-1] for way, measured in rows.items()})


if __name__ == "__main__":
    run_example(main)
