import warnings

import numpy as np
import pytest
from scipy import special

from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.softmax import log_softmax, softmax, softmax_jacobian

INPUTS = np.array([0.1, 0.5, 0.4])
WEIGHTS = np.array(
    [[0.1, 0.2, 0.3, 0.4, 0.5], [0.6, 0.7, 0.8, 0.9, 0.1], [0.11, 0.12, 0.13, 0.14, 0.15]]
)
PROBABILITIES = [0.19091352, 0.20353145, 0.21698333, 0.23132428, 0.15724743]


def test_softmax_of_the_worked_example():
    np.testing.assert_allclose(softmax(INPUTS @ WEIGHTS), PROBABILITIES, rtol=0, atol=5e-9)


def test_softmax_of_logarithms_is_their_share():
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625], rtol=1e-15)


def test_softmax_is_unchanged_by_adding_a_constant():
    logits = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, 3.0]])
    np.testing.assert_allclose(softmax(logits + 100), softmax(logits), rtol=1e-13)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_softmax_and_its_logarithm_work_over_the_last_axis(shape):
    logits = np.random.default_rng(0).normal(size=shape) * 10
    np.testing.assert_allclose(softmax(logits), special.softmax(logits, axis=-1), rtol=1e-13)
    np.testing.assert_allclose(
        log_softmax(logits), special.log_softmax(logits, axis=-1), rtol=1e-13
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_finite_logits_give_finite_results_without_a_warning(dtype):
    largest = np.finfo(dtype).max
    logits = np.array([[largest, -largest, 0], [-largest, -largest, -largest]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probabilities, logarithms = softmax(logits), log_softmax(logits)
    np.testing.assert_allclose(probabilities, [[1, 0, 0], [1 / 3] * 3], rtol=1e-3)
    assert np.isfinite(logarithms).all()
    assert probabilities.dtype == logarithms.dtype == dtype


def test_log_softmax_keeps_what_softmax_has_lost():
    assert softmax([0.0, -1000.0])[1] == 0
    assert log_softmax([0.0, -1000.0]).tolist() == [0.0, -1000.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_jacobian_keeps_its_float_type(dtype):
    assert softmax_jacobian(np.array([0.25, 0.75], dtype)).dtype == dtype


def test_whole_number_logits_are_taken_as_float64():
    assert softmax([0, 0]).tolist() == [0.5, 0.5]


def test_jacobian_of_the_worked_example():
    jacobian = softmax_jacobian(softmax(INPUTS @ WEIGHTS))
    first_row = [0.154465, -0.038856, -0.041425, -0.044162, -0.030020]
    np.testing.assert_allclose(jacobian[0], first_row, rtol=0, atol=1e-6)
    np.testing.assert_allclose(jacobian, jacobian.T, rtol=1e-15)
    np.testing.assert_allclose(jacobian.sum(axis=1), 0, atol=1e-16)


def test_jacobian_agrees_with_central_differences_for_each_of_a_batch():
    logits = np.random.default_rng(1).normal(size=(3, 4))
    jacobians = softmax_jacobian(softmax(logits))
    assert jacobians.shape == (3, 4, 4)
    for row, jacobian in zip(logits, jacobians, strict=True):
        numerical = [numerical_gradient(lambda z, i=i: softmax(z)[i], row) for i in range(4)]
        assert relative_error(jacobian, numerical) < 1e-8


@pytest.mark.parametrize("function", [softmax, log_softmax, softmax_jacobian])
@pytest.mark.parametrize("values", [1.0, np.empty((2, 0))])
def test_no_class_to_normalise_over_is_refused(function, values):
    with pytest.raises(ValueError, match="at least one class"):
        function(values)


@pytest.mark.parametrize(("logits", "limit"), [
    ([np.inf, 0.0], [1, 0]),
    ([np.inf, np.inf, 0.0], [0.5, 0.5, 0]),
    ([0.0, -np.inf, 0.0], [0.5, 0, 0.5]),
    ([-np.inf, -np.inf], [0.5, 0.5]),
])
def test_what_is_infinite_has_its_limit_without_a_warning(logits, limit):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(softmax(logits), limit)
        assert np.isfinite(log_softmax(logits)).all()
        assert np.isnan(softmax([np.nan, 0.0])).all()


def test_as_many_classes_as_a_float16_cannot_count_still_sum_to_one():
    probabilities = softmax(np.zeros(70_000, np.float16))
    assert probabilities.dtype == np.float16 and (probabilities > 0).all()
    logarithms = log_softmax(np.zeros(70_000, np.float16))
    np.testing.assert_allclose(logarithms, -np.log(70_000), rtol=1e-3)
