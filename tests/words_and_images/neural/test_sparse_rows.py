import numpy as np
import pytest
from sparse_tables import sparse

from words_and_images.neural.sparse_rows import SparseRows


def dense_of(rows: SparseRows) -> np.ndarray:
    made = np.zeros((len(rows), rows.width), np.float32)
    for row, (features, values) in enumerate(rows):
        made[row, features] = values
    return made


@pytest.fixture
def dense():
    """Six rows of eight features, three of four of which are 0; the third row is empty."""
    generator = np.random.default_rng(3)
    made = generator.normal(size=(6, 8)).astype(np.float32) * (generator.random((6, 8)) < 0.25)
    made[2] = 0
    return made


def test_rows_are_what_was_put_into_them():
    rows = sparse([[0, 2, 0], [0, 0, 0], [1, 0, 3]])
    assert len(rows) == 3
    assert rows.ends.tolist() == [0, 1, 1, 3]
    assert [(features.tolist(), values.tolist()) for features, values in rows] == [
        ([1], [2]), ([], []), ([0, 2], [1, 3])]
    assert rows.owners.tolist() == [0, 2, 2]


def test_squared_lengths_are_those_of_the_dense_rows(dense):
    np.testing.assert_allclose(sparse(dense).squared_lengths(), (dense**2).sum(axis=1), rtol=1e-6)


def test_the_product_with_a_table_is_that_of_the_dense_rows(dense):
    table = np.random.default_rng(4).normal(size=(8, 3)).astype(np.float32)
    made = sparse(dense).times(table)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, dense @ table, rtol=1e-5, atol=1e-6)


def test_a_row_has_the_same_product_alone_as_among_others(dense):
    table = np.random.default_rng(4).normal(size=(8, 3)).astype(np.float32)
    rows = sparse(dense)
    for number, product in enumerate(rows.times(table)):
        assert rows.take(np.array([number])).times(table).tobytes() == product.tobytes()


@pytest.mark.parametrize("numbers", [[4, 0, 2], [1, 1], []])
def test_taken_rows_are_in_the_order_of_their_numbers(dense, numbers):
    taken = sparse(dense).take(np.array(numbers, np.int64))
    assert taken.width == 8
    np.testing.assert_array_equal(dense_of(taken), dense[numbers])


def test_columns_beside_come_behind_the_features(dense):
    more = np.random.default_rng(5).normal(size=(6, 2)).astype(np.float32)
    made = sparse(dense).beside(more)
    assert made.width == 10
    np.testing.assert_array_equal(dense_of(made), np.hstack([dense, more]))


def test_joined_rows_come_one_below_the_other(dense):
    made = SparseRows.joined([sparse(dense[:2]), sparse(dense[2:3]), sparse(dense[3:])])
    np.testing.assert_array_equal(dense_of(made), dense)
    assert made.ends.tolist() == sparse(dense).ends.tolist()
