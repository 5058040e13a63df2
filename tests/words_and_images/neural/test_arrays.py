import numpy as np
import pytest

from words_and_images.neural.arrays import as_floats, as_labels, require_finite
from words_and_images.neural.calibration import fit_temperature
from words_and_images.neural.logistic_regression import LogisticRegression
from words_and_images.neural.metrics import brier_score, log_loss
from words_and_images.neural.newton import newton_direction
from words_and_images.neural.principal_components import principal_components
from words_and_images.neural.scaling import Standardiser
from words_and_images.neural.softmax_layer import softmax_layer


def test_floats_keep_their_type_and_are_not_copied():
    values = np.ones(3, np.float32)
    assert as_floats(values) is values


def test_whole_numbers_become_float64():
    assert as_floats([1, 2]).dtype == np.float64


@pytest.mark.parametrize("labels", [[], [[0, 1]], [0.0, 1.0], [0, -1], 3])
def test_what_cannot_be_labels_is_refused(labels):
    with pytest.raises(ValueError, match="labels must be"):
        as_labels(labels)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_the_first_number_that_is_not_finite_is_named_with_its_place(wrong):
    values = np.zeros((2, 3))
    require_finite("heights", values)
    values[1, 2] = values[1, 0] = wrong
    message = rf"^heights must be finite numbers, not {wrong} at \(1, 0\)\.$"
    with pytest.raises(ValueError, match=message):
        require_finite("heights", values)


@pytest.mark.parametrize("call", [
    lambda broken: principal_components(broken, 1),
    lambda broken: Standardiser.fit(broken),
    lambda broken: softmax_layer(broken, np.ones((2, 3))),
    lambda broken: log_loss([0, 1], broken),
    lambda broken: brier_score([0, 1], broken),
    lambda broken: LogisticRegression.of(broken, [1, -1]),
    lambda broken: newton_direction(np.ones(2), broken),
    lambda broken: fit_temperature(broken, [0, 1]),
])
def test_what_comes_from_outside_is_asked_to_be_finite(call):
    with pytest.raises(ValueError, match="finite"):
        call(np.array([[1.0, np.nan], [0.0, 1.0]]))
