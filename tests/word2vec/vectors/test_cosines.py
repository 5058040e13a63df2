import numpy as np
import pytest

from word2vec.vectors import cosines
from word2vec.vectors.cosines import cosine, lengths, unit, unit_rows

SCALES = [1, 1e20, 1e-30, 1e37, 1e-44]
TRIANGLE = np.array([3, 4])


@pytest.mark.parametrize("scale", SCALES)
def test_a_length_is_right_at_any_scale(scale):
    vectors = np.float32([TRIANGLE * scale, [0, 0], [1, 0]])
    tolerance = 0.2 if scale == 1e-44 else 1e-6  # where float32 itself has one digit
    assert lengths(vectors) == pytest.approx([5 * scale, 0, 1], rel=tolerance)


def test_lengths_of_many_rows_are_computed_in_blocks(monkeypatch):
    monkeypatch.setattr(cosines, "ROWS", 7)
    vectors = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    vectors[::5] *= np.float32(1e25)
    exact = np.linalg.norm(vectors.astype(np.float64), axis=1)
    assert lengths(vectors) == pytest.approx(exact)
    direction = unit([1, 2, 3])
    assert cosines.cosines(vectors, lengths(vectors), direction) == pytest.approx(
        vectors.astype(np.float64) @ direction / exact, abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_has_no_finite_length(value):
    assert not np.isfinite(lengths(np.float32([[1, value]]))).any()


@pytest.mark.parametrize("scale", [1, 1e300, 1e-310])
def test_vectors_of_any_scale_are_brought_to_length_1(scale):
    assert unit(TRIANGLE * scale) == pytest.approx([0.6, 0.8])
    assert unit([[0, 0], TRIANGLE * scale]).tolist()[0] == [0, 0]


@pytest.mark.parametrize("scale", SCALES[:4])
def test_rows_are_brought_to_length_1(scale):
    vectors = np.float32([TRIANGLE * scale])
    units = unit_rows(vectors, lengths(vectors))
    assert units.dtype == np.float32 and units[0] == pytest.approx([0.6, 0.8])


def test_a_cosine_is_exact_and_within_its_bounds():
    assert cosine([1e20, 0], [1e-30, 1e-30]) == pytest.approx(np.sqrt(0.5))
    for vector in np.random.default_rng(2).normal(size=(200, 31)):
        assert cosine(vector, 7 * vector) == 1 and cosine(vector, -vector) == -1
    assert cosine([0, 0], [1, 1]) == 0
