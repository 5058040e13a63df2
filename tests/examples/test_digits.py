"""The network of the digits, here and in Keras, on a few digits that are easily told apart."""

from dataclasses import replace

import numpy as np
import pytest

from examples.digits import (
    Comparison,
    DigitsParameters,
    Trained,
    draw,
    figures,
    times,
    train_here,
    train_peer,
)
from examples.mnist import Digits
from words_and_images.common.errors import UserError

SMALL = DigitsParameters(hidden=32, epochs=4, batch_size=64, seeds=(1,))


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Noise, and in each digit's own place a bar."""
    generator = np.random.default_rng(1)
    labels = np.arange(1000) % 10
    images = generator.integers(0, 100, (1000, 28, 28)).astype(np.uint8)
    for digit in range(10):
        images[labels == digit, 4:24, 2 * digit + 4] = 255
    return Digits(images, labels)


@pytest.mark.parametrize("trainer", [train_here, train_peer])
def test_what_is_easily_told_apart_is_learned(digits, trainer):
    trained = trainer(digits, digits.inputs()[:100], 1, SMALL)
    assert trained.probabilities.shape == (100, 10) and trained.seconds > 0
    np.testing.assert_allclose(trained.probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (trained.probabilities.argmax(axis=1) == digits.labels[:100]).all()


def test_one_seed_gives_one_network(digits):
    first, second, other = (train_here(digits, digits.inputs()[:10], seed, SMALL).probabilities
                            for seed in (1, 1, 2))
    assert first.tobytes() == second.tobytes() != other.tobytes()


def guesses(labels) -> np.ndarray:
    """Probabilities that say these digits, the surer the later."""
    sure = np.linspace(0.5, 0.9, len(labels))[:, np.newaxis]
    return np.where(np.arange(10) == np.array(labels)[:, np.newaxis], sure, (1 - sure) / 9)


@pytest.fixture
def comparison() -> Comparison:
    """Ten digits; three networks with 9, 10 and 8 right, and Keras' with 10 each."""
    labels = np.arange(10)
    right, one, two = labels.copy(), labels.copy(), labels.copy()
    one[9], two[8], two[9] = 4, 3, 3
    here = [Trained(guesses(said), seconds)
            for said, seconds in ((one, 2.0), (right, 1.0), (two, 4.0))]
    return Comparison(labels, here, [Trained(guesses(right), 5.0)] * 3)


def test_the_figures_are_those_of_the_network_in_the_middle(comparison):
    found = figures(comparison)
    assert found["accuracy"] == 0.9 and found["accuracies"] == [0.9, 1.0, 0.8]
    assert found["by_digit"][4] == {"digit": 4, "precision": 0.5, "recall": 1.0}
    assert found["by_digit"][9] == {"digit": 9, "recall": 0.0,  # which none said
                                     "not_computed": {"precision": "no such answers"}}
    assert found["confusion"][9][4] == 1
    assert times(comparison) == {
        "seconds": [2.0, 1.0, 4.0], "keras_seconds": [5.0] * 3, "seconds_by_keras_seconds": 0.4,
        "keras_accuracies": [1.0, 1.0, 1.0]}


def test_the_picture_is_the_same_every_time(comparison, tmp_path):
    images = Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10))
    for name in ("first", "second"):
        draw(comparison, images, str(tmp_path / f"{name}.png"))
    first, second = ((tmp_path / f"{name}.png").read_bytes() for name in ("first", "second"))
    assert first == second and first.startswith(b"\x89PNG")


@pytest.mark.parametrize("wrong", [
    {"hidden": 0}, {"seeds": ()}, {"seeds": (1, 1)}, {"learning_rate": 0.0},
    {"input_dropout": 1.0}, {"pieces": 0}])
def test_parameters_that_cannot_be_are_refused(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        replace(SMALL, **wrong)
