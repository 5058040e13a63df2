import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from words_and_images.neural.calibration import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    fit_temperature,
    scaled_loss,
    scaled_loss_derivative,
)
from words_and_images.neural.gradient_check import numerical_gradient
from words_and_images.neural.metrics import expected_calibration_error
from words_and_images.neural.softmax import softmax


@pytest.fixture(params=range(4))
def generator(request):
    return np.random.default_rng(request.param)


@pytest.fixture
def drawn(generator):
    """Logits of four classes, and labels drawn by exactly the probabilities they stand for."""
    logits = generator.normal(0, 2, (4000, 4))
    chances = softmax(logits).cumsum(axis=1)
    return logits, (generator.random((4000, 1)) > chances).sum(axis=1)


def test_temperature_of_worked_numbers():
    # Always a margin of 2 in favour of class 0, right 3 times of 4. The likelihood is largest
    # where the probability is 3/4: 1 / (1 + e^(-2 / T)) = 3/4, so T = 2 / ln 3
    logits = [[2.0, 0.0]] * 4
    assert fit_temperature(logits, [0, 0, 0, 1]) == pytest.approx(2 / np.log(3), rel=1e-12)


def test_temperature_of_three_classes_by_hand():
    # Margins of 1 over two others, right 8 times of 10: e^(1/T) / (e^(1/T) + 2) = 0.8, T = 1 / ln 8
    logits = np.tile([1.0, 0.0, 0.0], (10, 1))
    labels = [0] * 8 + [1, 2]
    assert fit_temperature(logits, labels) == pytest.approx(1 / np.log(8), rel=1e-12)


def test_loss_of_worked_numbers():
    # -ln(e^2 / (e^2 + 1)) at sharpness 1, ln 2 at sharpness 0
    assert scaled_loss([[2.0, 0.0]], [0], 1) == pytest.approx(np.log(1 + np.exp(-2)), rel=1e-14)
    assert scaled_loss([[2.0, 0.0]], [0], 0) == pytest.approx(np.log(2), rel=1e-14)


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 3.0])
def test_derivative_agrees_with_central_differences(generator, sharpness):
    logits, labels = generator.normal(0, 2, (20, 5)), generator.integers(0, 5, 20)
    slope = numerical_gradient(lambda b: scaled_loss(logits, labels, float(b)), sharpness)
    assert scaled_loss_derivative(logits, labels, sharpness) == pytest.approx(slope, rel=1e-6)


def test_no_other_temperature_has_a_smaller_loss(generator):
    logits, labels = generator.normal(0, 3, (60, 3)), generator.integers(0, 3, 60)
    logits[np.arange(60), labels] += 2
    found = minimize_scalar(lambda b: scaled_loss(logits, labels, b), bounds=(0.05, 20),
                            method="bounded", options={"xatol": 1e-10})
    assert fit_temperature(logits, labels) == pytest.approx(1 / found.x, rel=1e-6)


def test_logits_that_tell_the_truth_stay_as_they_are(drawn):
    assert fit_temperature(*drawn) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_temperature_takes_a_factor_of_the_logits_back(drawn, factor):
    logits, labels = drawn
    ratio = fit_temperature(factor * logits, labels) / fit_temperature(logits, labels)
    assert ratio == pytest.approx(factor, rel=1e-9)


def test_scaling_mends_the_calibration_and_no_answer_changes(drawn):
    logits, labels = 4 * drawn[0], drawn[1]
    before, after = softmax(logits), softmax(logits / fit_temperature(logits, labels))
    assert np.array_equal(before.argmax(axis=1), after.argmax(axis=1))
    hits = (before.argmax(axis=1) == labels).astype(int)
    errors = [expected_calibration_error(hits, p.max(axis=1)) for p in (before, after)]
    assert errors[0] > 0.2 and errors[1] < 0.03


def test_a_number_added_to_all_logits_of_an_example_changes_nothing(drawn, generator):
    logits, labels = drawn
    moved = logits + generator.normal(0, 100, (len(logits), 1))
    assert fit_temperature(moved, labels) == pytest.approx(fit_temperature(logits, labels))


def test_right_answers_only_support_the_confidence_of_the_rule_of_succession():
    # Eight of eight: (8 + 1) / (8 + 2) = 0.9 = 1 / (1 + e^(-0.5 / T)), so T = 0.5 / ln 9
    logits = np.tile([0.5, 0.0], (8, 1))
    assert fit_temperature(logits, [0] * 8) == pytest.approx(0.5 / np.log(9), rel=1e-12)


def test_right_answers_that_are_sure_already_are_left_alone():
    # A mean confidence of 1 / (1 + e^-5) = 0.993 is above 9 / 10
    assert fit_temperature(np.tile([5.0, 0.0], (8, 1)), [0] * 8) == 1


@pytest.mark.parametrize("height", [500, 5e4, 1e38, 1.7e308])
def test_right_answers_beyond_all_doubt_are_left_alone(height):
    # Over the whole bracket the other probability is 0, and so is the derivative
    logits = np.tile([height, -height], (8, 1))
    assert fit_temperature(logits, [0] * 8) == 1


def test_temperatures_stay_within_their_bounds():
    nearly_even = np.tile([0.001, 0.0], (8, 1))
    assert fit_temperature(nearly_even, [0] * 8) == pytest.approx(LOWEST_TEMPERATURE)
    assert fit_temperature([[9.0, 0.0]], [1]) == pytest.approx(HIGHEST_TEMPERATURE)
    assert fit_temperature(np.array([[1e30, 0]] * 3, np.float32), [0, 0, 1]) == HIGHEST_TEMPERATURE


def test_logits_without_a_preference_have_a_temperature_of_one():
    assert fit_temperature(np.full((5, 3), 7.0), [0, 1, 2, 0, 1]) == 1


def test_classes_without_examples_and_single_examples_are_no_trouble():
    assert 0.05 <= fit_temperature([[1.0, 2.0, 3.0]], [2]) <= 20


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([1.0, 2.0], [0], r"\(examples, classes\), not \(2,\)"),
        (np.zeros((0, 2)), [], r"^logits must have the shape .*, not \(0, 2\)\.$"),
        ([[np.nan, 1.0]], [0], "finite"),
        ([[np.inf, 1.0]], [0], "finite"),
        ([[1.0, 2.0]], [2], "below the 2 classes"),
        ([[1.0, 2.0]], [0, 1], "not 2 and 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        fit_temperature(logits, labels)
