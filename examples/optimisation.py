"""Newton beside gradient descent, and batches beside mini-batches, a falling rate and momentum."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from examples.moons_data import two_moons
from examples.pictures import draw_curves, draw_panels
from examples.stage import read_example, require_above_0, require_seed, run_example
from words_and_images.common.errors import UserError
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require
from words_and_images.neural.arrays import FloatArray
from words_and_images.neural.logistic_regression import LogisticRegression
from words_and_images.neural.network import Network
from words_and_images.neural.newton import newton_steps
from words_and_images.neural.optimisers import GradientDescent
from words_and_images.neural.training import (
    OnStep,
    TrainingRecord,
    TrainingSettings,
    train,
    validation_losses,
)

FRESH = 2000
Curve = tuple[Sequence[float], Sequence[float]]


@dataclass(frozen=True)
class OptimisationParameters:
    """Both problems.

    Attributes
    ----------
    count, noise : of the moons that logistic regression parts.
    iterations : int, above 0
        Of Newton's method and of gradient descent.
    learning_rate : float, above 0
        Of gradient descent there.
    many : int
        Moons for the network.
    hidden : int
        Its tanh units.
    batch_size : int
        Of a mini-batch; an epoch of them has as many steps as the training with whole batches.
    rate, momentum : of the network's training.
    cut_at : int
        Step from which the rate is a tenth.
    repeats : int, above 0
        Runs, of which the median time counts.
    """

    count: int = 1000
    noise: float = 0.2
    iterations: int = 20
    learning_rate: float = 1.0
    many: int = 100_000
    hidden: int = 10
    batch_size: int = 500
    rate: float = 1.0
    momentum: float = 0.9
    cut_at: int = 150
    repeats: int = 3
    seed: int = 1

    def __post_init__(self) -> None:
        require_above_0(self, "count", "iterations", "learning_rate", "hidden", "rate", "repeats")
        require(0 <= self.noise <= 100, "noise", self.noise, "from 0 to 100")
        require(0 <= self.momentum < 1, "momentum", self.momentum, "from 0 to below 1")
        require_seed(self.seed)
        require(0 < self.batch_size <= self.many, "batch_size", self.batch_size,
                f"from 1 to many, {self.many}")
        require(0 < self.cut_at < self.steps, "cut_at", self.cut_at,
                f"from 1 to below the {self.steps} steps of an epoch")

    @property
    def steps(self) -> int:
        """Mini-batches in an epoch."""
        return -(-self.many // self.batch_size)


def logistic_problem(parameters: OptimisationParameters) -> LogisticRegression:
    """Moons with a column of ones, labelled -1 and 1."""
    points, labels = two_moons(parameters.count, parameters.noise,
                               np.random.default_rng(parameters.seed))
    inputs = np.column_stack([np.ones(len(points)), points])
    return LogisticRegression.of(inputs, 2 * labels - 1)


def newton_path(problem: LogisticRegression, iterations: int) -> list[FloatArray]:
    """The weights from 0 on, before each step and after the last."""
    start = np.zeros(problem.inputs.shape[1])
    return [start, *islice(newton_steps(problem, start), iterations)]


def descent_path(
    problem: LogisticRegression, iterations: int, learning_rate: float
) -> list[FloatArray]:
    """The same by gradient descent."""
    weights = np.zeros(problem.inputs.shape[1])
    path: list[FloatArray] = [weights.copy()]
    optimiser = GradientDescent(learning_rate)
    for _ in range(iterations):
        optimiser.update([weights], [problem.gradient(weights)])
        path.append(weights.copy())
    if not np.isfinite([problem.loss(place) for place in path]).all():
        raise UserError(f"learning_rate is {learning_rate:g}, and gradient descent leaves all "
                        "bounds; lower it.")
    return path


def smallest_eigenvalue(problem: LogisticRegression, places: list[FloatArray]) -> float:
    """Of the Hessians at all these places: not below 0, however the weights are."""
    return float(min(np.linalg.eigvalsh(problem.hessian(place)).min() for place in places))


@dataclass(frozen=True, eq=False)
class Run:
    """A training of the network, and the seconds that each record took to reach, run by run."""

    history: list[TrainingRecord]
    seconds: list[list[float]]

    def loss(self) -> float:
        """The last one, on fresh points."""
        return validation_losses(self.history)[-1]

    def median_seconds(self) -> list[float]:
        """Of all runs, record by record."""
        return [median(record) for record in zip(*self.seconds, strict=True)]

    def curve(self, across: Sequence[float]) -> Curve:
        """Loss on fresh points against what each record has across."""
        return across, validation_losses(self.history)

    def by_step(self) -> Curve:
        """Against steps."""
        return self.curve([record.step for record in self.history])

    def by_time(self) -> Curve:
        """Against seconds."""
        return self.curve(self.median_seconds())


def ways(parameters: OptimisationParameters) -> dict[str, TrainingSettings]:
    """How the network is trained, by name: the same number of steps each."""
    def settings(batch_size: int, momentum: float = 0.0, **schedule: Any) -> TrainingSettings:
        return TrainingSettings(steps=parameters.steps, batch_size=batch_size, momentum=momentum,
                                learning_rate=parameters.rate, evaluate_every=5, **schedule)

    small = parameters.batch_size
    cut: Any = {"schedule": "step", "decay_steps": parameters.cut_at, "decay": 0.1}
    return {
        "whole batches": settings(parameters.many),
        f"mini-batches of {small}": settings(small),
        f"rate cut at {parameters.cut_at}": settings(small, **cut),
        "momentum": settings(small, parameters.momentum),
        "momentum, rate cut": settings(small, parameters.momentum, **cut),
    }


def run_way(settings: TrainingSettings, parameters: OptimisationParameters) -> Run:
    """Train the network, with the same bits each time: once measured, else against the clock."""
    history = train_network(settings, parameters)
    clocked = [clock(settings, parameters) for _ in range(parameters.repeats)]
    return Run(history, [[seconds[record.step - 1] for record in history] for seconds in clocked])


def clock(settings: TrainingSettings, parameters: OptimisationParameters) -> list[float]:
    """Seconds from the first step of a training to each, without what measuring takes."""
    ends: list[float] = []
    train_network(replace(settings, evaluate_every=settings.steps), parameters,
                  lambda _step, _record: ends.append(time.perf_counter()))
    return [end - ends[0] for end in ends]


def train_network(
    settings: TrainingSettings, parameters: OptimisationParameters, on_step: OnStep | None = None
) -> list[TrainingRecord]:
    """A new network on many moons, measured on 2,000 fresh ones."""
    generator = np.random.default_rng(parameters.seed)
    points = two_moons(parameters.many, parameters.noise, generator)
    fresh = two_moons(FRESH, parameters.noise, generator)
    network = Network.of_widths(generator, [2, parameters.hidden, 2], "tanh")
    return train(network, points, fresh, settings, generator, on_step)


def main(metrics: str, picture: str, costs: str, costs_picture: str) -> None:
    """Solve both problems in every way; write losses and times, each with its picture."""
    parameters = read_example("optimisation", OptimisationParameters)
    problem = logistic_problem(parameters)
    newton = newton_path(problem, parameters.iterations)
    descent = descent_path(problem, parameters.iterations, parameters.learning_rate)
    runs = {name: run_way(settings, parameters) for name, settings in ways(parameters).items()}
    lowest = problem.loss(newton_path(problem, 2 * parameters.iterations)[-1])
    draw(problem, {"Newton": newton, "gradient descent": descent}, lowest, runs, picture)
    draw_panels(costs_picture, [lambda axes: draw_against_time(axes, runs)], 1, (4.5, 3.2))
    write_json(metrics, {
        "lowest_loss": round(lowest, 8),
        "newton_steps": steps_to(problem, newton, lowest),
        "descent_above_lowest": round(problem.loss(descent[-1]) - lowest, 8),
        "smallest_eigenvalue": smallest_eigenvalue(problem, newton + descent),
        "loss": {name: round(run.loss(), 5) for name, run in runs.items()}})
    write_json(costs, {name: round(run.median_seconds()[-1], 3) for name, run in runs.items()})


def steps_to(problem: LogisticRegression, path: list[FloatArray], lowest: float) -> int | None:
    """Steps until the loss is within 1e-8 of the lowest; None where it never is."""
    near = (step for step, place in enumerate(path) if problem.loss(place) < lowest + 1e-8)
    return next(near, None)


def draw(
    problem: LogisticRegression, paths: dict[str, list[FloatArray]], lowest: float,
    runs: dict[str, Run], path: str,
) -> None:
    """How far each is from the lowest loss, step by step, and the network's losses."""
    floor = 1e-16
    above = {name: (list(range(len(places))),
                    [max(problem.loss(place) - lowest, floor) for place in places])
             for name, places in paths.items()}
    draw_panels(path, [
        lambda axes: draw_curves(axes, above, "logistic regression: loss above the lowest",
                                 "iteration", "nats", True),
        lambda axes: draw_curves(axes, {name: run.by_step() for name, run in runs.items()},
                                 "network: loss on fresh points", "step", "nats", True),
    ], 2, (3.9, 3.1))


def draw_against_time(axes: Axes, runs: dict[str, Run]) -> None:
    """The network's losses against seconds."""
    draw_curves(axes, {name: run.by_time() for name, run in runs.items()},
                "network: loss on fresh points", "seconds", "nats", True, False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)  # it has no room inside
    axes.set_xscale("log")


if __name__ == "__main__":
    run_example(main)
