import numpy as np
import pytest

from word2vec import updates
from word2vec.updates import RowScales, add_rows, add_rows_by_product

IDS = np.array([3, 0, 3, 3, 1, 0], np.int32)


@pytest.fixture(params=["scipy's own kernel", "public functions only"])
def either_way(request, monkeypatch):
    if request.param == "public functions only":
        monkeypatch.setattr(updates, "csc_matvecs", None)
    else:
        assert updates.csc_matvecs is not None


def whole_numbers(generator, *shape):
    """Small whole numbers, whose sums and products float32 holds exactly."""
    return generator.integers(-8, 9, shape).astype(np.float32)


def test_rows_are_added_as_add_at_adds_them_repeated_ids_included(either_way):
    generator = np.random.default_rng(1)
    table = whole_numbers(generator, 20, 7)
    ids = generator.integers(0, 20, 300).astype(np.int32)
    scales, gradients = whole_numbers(generator, 300), whole_numbers(generator, 300, 7)
    expected = table.copy()
    np.add.at(expected, ids, scales[:, None] * gradients)
    add_rows(table, ids, scales, gradients)
    np.testing.assert_array_equal(table, expected)


def test_real_numbers_are_added_to_their_rounding(either_way):
    generator = np.random.default_rng(2)
    table = generator.standard_normal((50, 9), np.float32)
    ids = generator.integers(0, 50, 400).astype(np.int32)
    scales = generator.random(400, np.float32)
    gradients = generator.standard_normal((400, 9), np.float32)
    expected = table.astype(np.float64)
    np.add.at(expected, ids, scales[:, None].astype(np.float64) * gradients)
    add_rows(table, ids, scales, gradients)
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-5)
    assert table.dtype == np.float32


def test_a_row_by_hand(either_way):
    table = np.zeros((4, 2), np.float32)
    gradients = np.array([[1, 10], [2, 20], [3, 30], [4, 40], [5, 50], [6, 60]], np.float32)
    add_rows(table, IDS, np.array([1, 1, 2, 1, 1, 0.5], np.float32), gradients)
    # row 0: 2 + 6 / 2; row 1: 5; row 2: nothing; row 3: 1 + 2 * 3 + 4
    assert table.tolist() == [[5, 50], [5, 50], [0, 0], [11, 110]]


def test_the_public_way_is_the_other_to_rounding():
    generator = np.random.default_rng(3)
    tables = np.repeat(generator.standard_normal((1, 30, 8), np.float32), 2, axis=0)
    ids = generator.integers(0, 30, 200).astype(np.int32)
    scales = generator.random(200, np.float32)
    gradients = generator.standard_normal((200, 8), np.float32)
    add_rows(tables[0], ids, scales, gradients)
    add_rows_by_product(tables[1], ids, scales, gradients)
    np.testing.assert_allclose(tables[0], tables[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("exponent", "expected"), [
    # rows 3, 0 and 1 occur 3, 2 and 1 times; the rate is 6
    (0, [6, 6, 6, 6, 6, 6]),
    (1, [2, 3, 2, 2, 6, 3]),
    (0.5, [6 / 3**0.5, 6 / 2**0.5, 6 / 3**0.5, 6 / 3**0.5, 6, 6 / 2**0.5]),
])
def test_the_scale_is_the_rate_by_the_occurrences_to_the_exponent(exponent, expected):
    scales = RowScales(4, exponent).of(IDS, 6.0)
    np.testing.assert_allclose(scales, expected, rtol=1e-6)
    assert scales.dtype == np.float32


def test_the_scales_of_a_step_know_nothing_of_the_step_before():
    scales = RowScales(4, 0.5)
    first = scales.of(IDS, 6.0)
    np.testing.assert_array_equal(scales.of(IDS, 6.0), first)
    np.testing.assert_array_equal(scales.of(np.array([3], np.int32), 1.0), [1])
