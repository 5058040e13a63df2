"""MNIST by a network of 784, 512 and 10 units in NumPy, beside the same network in Keras."""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from examples.mnist import CLASSES, SIDE, Digits, load_digits
from examples.pictures import BLUE, draw_panels
from examples.stage import read_example, run_example
from words_and_images.common.files import write_json
from words_and_images.common.parameters import require, require_choice
from words_and_images.common.progress import progress, say
from words_and_images.neural.arrays import FloatArray, IntegerArray
from words_and_images.neural.metrics import (
    accuracy,
    accuracy_interval,
    confusion_matrix,
    named,
    precision,
    recall,
)
from words_and_images.neural.network import Network
from words_and_images.neural.training import TrainingSettings, train

MISTAKES = 24  # that are drawn


@dataclass(frozen=True)
class DigitsParameters:
    """The network and its training, the same for NumPy and Keras.

    Attributes
    ----------
    hidden : int, above 0
        ReLUs.
    epochs, batch_size : int, above 0
    learning_rate : float, above 0
        Of the first step.
    schedule : str
        "cosine": it falls along half a cosine to 0; "constant": it stays.
    momentum : float, from 0 to below 1
    l2 : float, 0 or more
        Weight decay.
    input_dropout, hidden_dropout : float, from 0 to below 1
    seeds : tuple of int
        A network each; the figures are of the one with the median accuracy.
    pieces : int, above 0
        Of each batch, computed side by side by NumPy, see `TrainingSettings`.
    """

    hidden: int = 512
    epochs: int = 15
    batch_size: int = 256
    learning_rate: float = 0.2
    schedule: str = "cosine"
    momentum: float = 0.9
    l2: float = 2e-5
    input_dropout: float = 0.2
    hidden_dropout: float = 0.2
    seeds: tuple[int, ...] = (1, 2, 3)
    pieces: int = 2

    def __post_init__(self) -> None:
        for name in ("hidden", "epochs", "batch_size"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        unlike = len(set(self.seeds)) == len(self.seeds) > 0
        require(unlike and min(self.seeds) >= 0, "seeds", self.seeds,
                "one or more from 0 on, each once")
        require_choice("schedule", self.schedule, ("cosine", "constant"))
        self.settings(self.batch_size)

    def settings(self, examples: int) -> TrainingSettings:
        """The same for `train`; the history has a record an epoch."""
        steps_an_epoch = -(-examples // self.batch_size)
        return TrainingSettings(
            steps=self.epochs * steps_an_epoch, batch_size=self.batch_size,
            learning_rate=self.learning_rate, momentum=self.momentum, l2=self.l2,
            input_dropout=self.input_dropout, hidden_dropout=self.hidden_dropout,
            schedule=self.schedule, evaluate_every=steps_an_epoch, pieces=self.pieces)


@dataclass(frozen=True, eq=False)
class Trained:
    """Probabilities of the test digits (digits, 10), and the seconds that the training took."""

    probabilities: FloatArray
    seconds: float


def train_here(
    digits: Digits, test: FloatArray, seed: int, parameters: DigitsParameters
) -> Trained:
    """By `neural`."""
    generator = np.random.default_rng(seed)
    inputs = digits.inputs()
    settings = parameters.settings(len(inputs))
    network = Network.of_widths(generator, [inputs.shape[1], parameters.hidden, CLASSES])
    with progress(f"digits in NumPy, seed {seed}", settings.steps, "steps") as counter:
        started = time.perf_counter()
        train(network, (inputs, digits.labels), None, settings, generator,
              lambda _step, _record: counter.advance())
        seconds = time.perf_counter() - started
    return Trained(network.probabilities(test), seconds)


def train_peer(
    digits: Digits, test: FloatArray, seed: int, parameters: DigitsParameters
) -> Trained:
    """By Keras, with the same settings."""
    from examples.digits_in_keras import train_keras  # not above: TensorFlow takes its time

    inputs = digits.inputs()
    trained = Trained(*train_keras([inputs.shape[1], parameters.hidden, CLASSES], inputs,
                                   digits.labels, test, seed, parameters.settings(len(inputs))))
    say(f"digits in Keras, seed {seed}: {trained.seconds:.1f} s")
    return trained


@dataclass(frozen=True, eq=False)
class Comparison:
    """The networks of all seeds, by NumPy and by Keras, trained in turn, and the test labels."""

    labels: IntegerArray
    here: list[Trained]
    keras: list[Trained]

    def accuracies(self, networks: list[Trained]) -> list[float]:
        """Shares of right test digits."""
        return [accuracy(self.labels, network.probabilities.argmax(axis=1))
                for network in networks]

    def median(self) -> Trained:
        """The network in NumPy with the median accuracy, or the lower of the two in the middle."""
        order = np.argsort(self.accuracies(self.here), kind="stable")
        return self.here[order[(len(order) - 1) // 2]]


def compare(training: Digits, test: Digits, parameters: DigitsParameters) -> Comparison:
    """Train by both, seed by seed in turn, so that neither has the quieter machine."""
    inputs = test.inputs()
    here, peer = [], []
    for seed in parameters.seeds:
        here.append(train_here(training, inputs, seed, parameters))
        peer.append(train_peer(training, inputs, seed, parameters))
    return Comparison(test.labels, here, peer)


def figures(comparison: Comparison) -> dict[str, Any]:
    """What the median network is worth, digit by digit, beside Keras' networks."""
    shown = comparison.median()
    guesses = shown.probabilities.argmax(axis=1)
    matrix = confusion_matrix(comparison.labels, guesses, CLASSES)
    right = int(np.trace(matrix))
    return {
        "accuracy": accuracy(comparison.labels, guesses),
        "interval": accuracy_interval(right, len(guesses)),
        "accuracies": comparison.accuracies(comparison.here),
        "by_digit": [_rates(digit, precision(matrix)[digit], recall(matrix)[digit])
                     for digit in range(CLASSES)],
        "confusion": matrix.tolist(),
    }


def _rates(digit: int, precision: float, recall: float) -> dict[str, Any]:
    """Of one digit, those that can be computed."""
    rates = {"precision": precision, "recall": recall}
    return {"digit": digit, **{name: round(float(rate), 4) for name, rate in rates.items()
                               if not np.isnan(rate)},
            **named({name: "no such answers" if name == "precision" else "no such digits"
                     for name, rate in rates.items() if np.isnan(rate)})}


def times(comparison: Comparison) -> dict[str, Any]:
    """Seconds of each training, their medians, the ratio, and Keras' accuracies."""
    here = [round(network.seconds, 2) for network in comparison.here]
    peer = [round(network.seconds, 2) for network in comparison.keras]
    return {"seconds": here, "keras_seconds": peer,
            "seconds_by_keras_seconds": round(median(here) / median(peer), 3),
            "keras_accuracies": comparison.accuracies(comparison.keras)}


def draw(comparison: Comparison, test: Digits, path: str) -> None:
    """The confusion matrix, and the most confident mistakes with their scores."""
    shown = comparison.median().probabilities
    guesses = shown.argmax(axis=1)
    matrix = confusion_matrix(test.labels, guesses, CLASSES)
    wrong = np.flatnonzero(guesses != test.labels)
    order = wrong[np.argsort(-shown[wrong].max(axis=1), kind="stable")][:MISTAKES]
    captions = [f"{test.labels[row]} read as {guesses[row]}\n{shown[row].max():.3f}"
                for row in order]
    draw_panels(path, [lambda axes: _draw_confusion(axes, matrix),
                       lambda axes: _draw_sheet(axes, test.images[order], captions)], 2, (4.6, 4.2))


def _draw_confusion(axes: Axes, matrix: IntegerArray) -> None:
    mistakes = matrix * (1 - np.eye(CLASSES, dtype=int))
    axes.imshow(mistakes, cmap="Reds")
    for row in range(CLASSES):
        for column in range(CLASSES):
            if matrix[row, column]:
                dark = mistakes[row, column] > 0.6 * mistakes.max()
                colour = BLUE if row == column else "white" if dark else "black"
                axes.text(column, row, f"{matrix[row, column]}", ha="center", va="center",
                          fontsize=7, color=colour)
    axes.set_xticks(range(CLASSES))
    axes.set_yticks(range(CLASSES))
    axes.set_xlabel("read as")
    axes.set_ylabel("digit")
    axes.set_title(f"{np.trace(matrix):,} of {matrix.sum():,} right")


def _draw_sheet(axes: Axes, images: NDArray[np.uint8], captions: list[str]) -> None:
    columns, room = 6, 1.5  # images, and their heights from one row to the next
    axes.axis("off")
    axes.set_title("the most confident mistakes")
    for number, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = SIDE * 1.2 * (number % columns), SIDE * room * (number // columns)
        axes.imshow(255 - image, cmap="gray", extent=(left, left + SIDE, top + SIDE, top))
        axes.text(left + SIDE / 2, top + SIDE + 1, caption, ha="center", va="top", fontsize=5.5)
    axes.set_xlim(0, SIDE * 1.2 * columns)
    axes.set_ylim(SIDE * room * -(-max(len(images), 1) // columns), 0)


def main(folder: str, metrics: str, picture: str, costs: str) -> None:
    """Train by NumPy and by Keras; write what they get right, their times and the picture."""
    parameters = read_example("digits", DigitsParameters)
    training, test = load_digits(Path(folder))
    comparison = compare(training, test, parameters)
    draw(comparison, test, picture)
    write_json(metrics, figures(comparison))
    write_json(costs, times(comparison))


if __name__ == "__main__":
    run_example(main)
