import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from words_and_images.neural import scaling
from words_and_images.neural.layers import DenseLayer
from words_and_images.neural.scaling import Standardiser


@pytest.fixture
def generator():
    return np.random.default_rng(5)


def test_standardised_features_of_worked_numbers():
    scaler = Standardiser.fit([[1, 10], [3, 10]])
    assert scaler.mean.tolist() == [2, 10]
    assert scaler.deviation.tolist() == [1, 1]
    assert scaler.apply([[1, 10], [3, 11]]).tolist() == [[-1, 0], [1, 1]]


def test_standardising_agrees_with_scikit_learn(generator):
    inputs = generator.normal(3, 10, size=(50, 4))
    expected = StandardScaler().fit_transform(inputs)
    np.testing.assert_allclose(Standardiser.fit(inputs).apply(inputs), expected, rtol=1e-10)


def test_a_feature_that_never_changes_is_not_blown_up_by_rounding():
    inputs = np.full((1000, 1), 0.1, np.float32)
    scaler = Standardiser.fit(inputs)
    assert scaler.deviation.tolist() == [1]
    np.testing.assert_allclose(scaler.apply(inputs), 0, atol=1e-7)


def test_float32_features_stay_float32_and_are_summed_in_float64(generator):
    inputs = (generator.random((100_000, 1)) + 1000).astype(np.float32)
    scaler = Standardiser.fit(inputs)
    assert scaler.apply(inputs).dtype == np.float32
    assert scaler.mean[0] == np.float32(inputs.mean(dtype=np.float64))
    assert scaler.deviation[0] == np.float32(inputs.std(dtype=np.float64))


def test_rows_are_summed_a_part_at_a_time_as_if_at_once(generator, monkeypatch):
    monkeypatch.setattr(scaling, "ROWS_AT_ONCE", 7)
    inputs = generator.normal(3, 10, size=(50, 4)).astype(np.float32)
    scaler = Standardiser.fit(inputs)
    for values, expected in ((scaler.mean, inputs.mean(axis=0, dtype=np.float64)),
                             (scaler.deviation, inputs.std(axis=0, dtype=np.float64))):
        np.testing.assert_array_equal(values, expected.astype(np.float32))


def test_a_number_that_is_not_finite_is_told_with_its_place_among_all_rows(monkeypatch):
    monkeypatch.setattr(scaling, "ROWS_AT_ONCE", 7)
    inputs = np.zeros((50, 4))
    inputs[30, 2] = np.inf
    with pytest.raises(ValueError, match=r"not inf at \(30, 2\)"):
        Standardiser.fit(inputs)


def test_standardising_in_place_has_the_same_bits(generator):
    inputs = generator.normal(3, 10, size=(50, 4)).astype(np.float32)
    scaler = Standardiser.fit(inputs)
    expected = scaler.apply(inputs)
    scaler.apply_in_place(inputs)
    np.testing.assert_array_equal(inputs, expected)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 2e-5)])
def test_a_folded_layer_gives_of_raw_features_what_it_gives_of_scaled_ones(
    generator, dtype, tolerance
):
    inputs = generator.normal(2, 5, size=(30, 6)).astype(dtype)
    inputs[:, 3] = 7
    scaler = Standardiser.fit(inputs)
    layer = DenseLayer.initialise(generator, (6, 3), "tanh", dtype=dtype)
    layer.bias += generator.normal(size=3).astype(dtype)
    folded = scaler.fold(layer)
    expected = layer.outputs(scaler.apply(inputs))
    np.testing.assert_allclose(folded.outputs(inputs), expected, rtol=0, atol=tolerance)
    assert folded.weights.dtype == folded.bias.dtype == dtype
    assert folded.activation == "tanh"


def test_folding_into_a_layer_of_other_features_is_refused(generator):
    layer = DenseLayer.initialise(generator, (4, 2))
    with pytest.raises(ValueError, match="2 features, not 4"):
        Standardiser.fit([[1, 2], [3, 4]]).fold(layer)


@pytest.mark.parametrize("inputs", [[1.0, 2.0], np.empty((0, 3))])
def test_inputs_that_are_no_table_are_refused(inputs):
    with pytest.raises(ValueError, match="examples, features"):
        Standardiser.fit(inputs)


def test_inputs_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"3 features on the last axis, not \(2, 1\)"):
        Standardiser.fit(np.eye(3)).apply(np.ones((2, 1)))
