import tracemalloc

import numpy as np
import pytest
from sklearn.decomposition import PCA

from words_and_images.neural.principal_components import principal_components


@pytest.fixture
def data():
    generator = np.random.default_rng(7)
    return generator.normal(size=(40, 6)) * [5, 4, 3, 2, 1, 0.5] + 10


def test_components_of_points_on_a_line():
    # Along (-3, -4) / 5 with coordinates -5, 0, 5: variance 50 / 2
    result = principal_components([[3, 4], [0, 0], [-3, -4]], 1)
    np.testing.assert_allclose(result.components, [[0.6, 0.8]], rtol=1e-14)
    np.testing.assert_allclose(result.explained_variance, [25], rtol=1e-14)
    np.testing.assert_allclose(result.explained_variance_ratio, [1], rtol=1e-14)
    np.testing.assert_allclose(result.project([[3, 4], [0.8, -0.6]]), [[5], [0]], atol=1e-14)


@pytest.mark.parametrize("shape", [(40, 6), (4, 6)])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_components_agree_with_scikit_learn_signs_included(data, shape, count):
    data = data[: shape[0]]
    count = min(count, shape[0] - 1)
    ours, theirs = principal_components(data, count), PCA(count, svd_solver="full").fit(data)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.components, theirs.components_, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(ours.explained_variance, theirs.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(
        ours.explained_variance_ratio, theirs.explained_variance_ratio_, rtol=1e-10
    )
    np.testing.assert_allclose(ours.project(data), theirs.transform(data), rtol=1e-8, atol=1e-10)


def test_the_largest_loading_of_each_component_is_positive(data):
    components = principal_components(data, 6).components
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(6), largest] > 0).all()


def test_mirrored_data_have_the_same_components(data):
    ours, mirrored = principal_components(data, 6), principal_components(-data, 6)
    np.testing.assert_allclose(ours.components, mirrored.components, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1 + 1e-13, 1 - 1e-13])
def test_of_equally_large_loadings_the_first_is_positive(scale):
    result = principal_components([[1, -1 * scale], [-1, 1 * scale], [0, 0]], 1)
    np.testing.assert_allclose(result.components, [[np.sqrt(0.5), -np.sqrt(0.5)]], rtol=1e-9)


def test_data_that_do_not_vary_explain_nothing():
    result = principal_components(np.ones((3, 2)), 2)
    assert result.explained_variance.tolist() == [0, 0]
    assert result.explained_variance_ratio.tolist() == [0, 0]


@pytest.mark.parametrize("data", [[1.0, 2.0], [[1.0, 2.0]]])
def test_fewer_than_two_examples_are_refused(data):
    with pytest.raises(ValueError, match="2 or more examples"):
        principal_components(data, 1)


@pytest.mark.parametrize("count", [0, 3])
def test_a_count_beyond_the_data_is_refused(count):
    with pytest.raises(ValueError, match=f"between 1 and 2, not {count}"):
        principal_components([[1, 2], [3, 4], [5, 7]], count)


def test_data_of_another_width_are_not_projected(data):
    with pytest.raises(ValueError, match=r"6 features on the last axis, not \(2, 1\)"):
        principal_components(data, 2).project(np.ones((2, 1)))


def test_data_are_taken_in_float64_and_shares_do_not_depend_on_their_unit():
    single = np.array([[2**24, 0], [2**24 + 2, 0], [2**24 + 2, 3e-3]], np.float32)
    result = principal_components(single, 2)
    assert result.mean[0] == 2**24 + 4 / 3
    tiny = principal_components(single.astype(np.float64) * 1e-3, 2)
    np.testing.assert_allclose(tiny.explained_variance_ratio, result.explained_variance_ratio)
    assert result.explained_variance_ratio.sum() == pytest.approx(1)


def test_many_examples_take_no_more_memory_than_a_few_copies_of_them():
    examples = np.random.default_rng(1).normal(size=(3000, 2))
    tracemalloc.start()
    principal_components(examples, 2)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * examples.nbytes
