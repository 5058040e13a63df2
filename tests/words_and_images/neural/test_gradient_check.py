import numpy as np
import pytest

from words_and_images.neural.gradient_check import numerical_gradient, relative_error


def test_numerical_gradient_of_a_known_function():
    point = np.array([[1.0, 2.0], [3.0, -4.0]])
    gradient = numerical_gradient(lambda x: float((x**3).sum()), point)
    np.testing.assert_allclose(gradient, 3 * point**2, rtol=1e-8)


def test_numerical_gradient_leaves_the_point_alone_and_works_in_float64():
    point = np.array([0.5, 0.25], np.float32)
    gradient = numerical_gradient(lambda x: float(np.sin(x).sum()), point)
    assert gradient.dtype == np.float64
    assert point.tolist() == [0.5, 0.25]
    np.testing.assert_allclose(gradient, np.cos([0.5, 0.25]), rtol=1e-8)


def test_numerical_gradient_of_a_single_number():
    assert numerical_gradient(lambda x: float(x) ** 2, 3.0) == pytest.approx(6.0)


def test_the_step_is_the_callers():
    # (f(x + 1) - f(x - 1)) / 2 of x^3 at 0 is 1, not the derivative 0
    assert numerical_gradient(lambda x: float(x[0] ** 3), [0.0], step=1.0).tolist() == [1.0]


def test_relative_error_of_worked_numbers():
    assert relative_error([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_error([0.0, 0.0], [0.0, 0.0]) == 0
    assert relative_error([3.0, 4.0], [0.0, 0.0]) == 1
    assert relative_error([3.0, 4.0], [-3.0, -4.0]) == 2


def test_relative_error_of_two_shapes_is_refused():
    with pytest.raises(ValueError, match=r"\(2,\) and \(2, 1\)"):
        relative_error([1, 2], [[1], [2]])


def test_nan_is_no_agreement():
    assert not relative_error([np.nan, 1.0], [1.0, 1.0]) < 1
    assert not relative_error([np.nan], [np.nan]) < 1
