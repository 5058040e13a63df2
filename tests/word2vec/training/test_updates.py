import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from word2vec.training import updates
from word2vec.training.updates import RowUpdater, add_rows_by_product

IDS = np.array([3, 0, 3, 3, 1, 0], np.int32)  # rows 3, 0 and 1 are met 3, 2 and 1 times
GRADIENTS = np.array([[1, 10], [2, 20], [3, 30], [4, 40], [5, 50], [6, 60]], np.float32)


@pytest.fixture(params=["scipy's own kernel", "public functions only"])
def either_way(request, monkeypatch):
    if request.param == "public functions only":
        monkeypatch.setattr(updates, "csc_matvecs", None)
    else:
        assert updates.csc_matvecs is not None


def updater_of(table, exponent):
    return RowUpdater(table, exponent)


def whole_numbers(generator, *shape):
    """Small whole numbers, whose sums and products float32 holds exactly."""
    return generator.integers(-8, 9, shape).astype(np.float32)


def test_rows_are_added_as_add_at_adds_them_repeated_ids_included(either_way):
    generator = np.random.default_rng(1)
    table = whole_numbers(generator, 20, 7)
    ids = generator.integers(0, 20, 300).astype(np.int32)
    gradients = whole_numbers(generator, 300, 7)
    expected = table.copy()
    np.add.at(expected, ids, 2 * gradients)
    updater_of(table, 0).add(ids, gradients, 2.0)
    np.testing.assert_array_equal(table, expected)


@pytest.mark.parametrize("exponent", [0, 0.5, 1])
def test_real_numbers_are_added_to_their_rounding(either_way, exponent):
    generator = np.random.default_rng(2)
    table = generator.standard_normal((50, 9), np.float32)
    ids = generator.integers(0, 50, 400).astype(np.int32)
    gradients = generator.standard_normal((400, 9), np.float32)
    expected, m = table.astype(np.float64), np.bincount(ids, minlength=50)[ids]
    np.add.at(expected, ids, 0.3 / m[:, np.newaxis] ** exponent * gradients)
    updater_of(table, exponent).add(ids, gradients, 0.3)
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-5)
    assert table.dtype == np.float32


@pytest.mark.parametrize(("exponent", "rows"), [
    # the sums are 2 + 6, 5, nothing and 1 + 3 + 4, and the rate is 6
    (0, [48, 30, 0, 48]),
    (1, [24, 30, 0, 16]),
    (0.5, [48 / 2**0.5, 30, 0, 48 / 3**0.5]),
])
def test_a_step_by_hand(either_way, exponent, rows):
    table = np.zeros((4, 2), np.float32)
    updater_of(table, exponent).add(IDS, GRADIENTS, 6.0)
    np.testing.assert_allclose(table, np.outer(rows, [1, 10]), rtol=1e-6)


@pytest.mark.parametrize(("exponent", "rows"), [
    (0, [48, 30, 0, 48]),
    (1, [12, 30, 0, 48]),
    (0.5, [24, 30, 0, 48]),
])
def test_a_step_whose_rows_are_counted_elsewhere_by_hand(either_way, exponent, rows):
    # Row 0 is met four times, row 2 twice without a gradient, rows 1 and 3 never: that counts 1.
    table, met = np.zeros((4, 2), np.float32), np.array([0, 2, 0, 0, 2, 0], np.int32)
    updater = updater_of(table, exponent)
    for times in (1, 2):  # what was met is forgotten with the step
        updater.add(IDS, GRADIENTS, 6.0, met)
        np.testing.assert_allclose(table, times * np.outer(rows, [1, 10]), rtol=1e-6)


def test_rows_that_are_not_met_stay_as_they_are(either_way):
    table = np.random.default_rng(3).standard_normal((6, 2), np.float32)
    before = table.copy()
    updater_of(table, 0.5).add(IDS, GRADIENTS, 1.0)
    np.testing.assert_array_equal(table[[2, 4, 5]], before[[2, 4, 5]])
    assert (table[[0, 1, 3]] != before[[0, 1, 3]]).all()


def test_how_far_each_row_is_moved_adds_up_over_the_steps_by_hand(either_way):
    learnt = np.zeros(6, np.float32)
    updater = RowUpdater(np.zeros((6, 2), np.float32), 0.5, 1.5, learnt)
    # Rows 3, 0 and 1 are met 3, 2 and 1 times: rate times the root, and 1.5 means at most.
    updater.add(IDS, GRADIENTS, 2.0)
    np.testing.assert_allclose(learnt, [2 * 2**0.5, 2, 0, 2 * 1.5, 0, 0], rtol=1e-6)
    updater.add(np.array([5, 0], np.int32), GRADIENTS[:2], 1.0, np.array([2], np.int32))
    np.testing.assert_allclose(learnt, [2 * 2**0.5 + 1, 2, 0, 3, 0, 1], rtol=1e-6)


def test_a_step_knows_nothing_of_the_step_before(either_way):
    once, twice = np.zeros((2, 4, 2), np.float32)
    updater_of(once, 1).add(IDS, GRADIENTS, 6.0)
    updater = updater_of(twice, 1)
    for _ in range(2):
        updater.add(IDS, GRADIENTS, 6.0)
    np.testing.assert_array_equal(twice, 2 * once)
    updater.add(np.array([3], np.int32), np.array([[1, 1]], np.float32), 1.0)
    np.testing.assert_array_equal(twice[3], 2 * once[3] + 1)


def test_a_row_may_be_met_more_often_than_in_any_step_before(either_way):
    table = np.zeros((2, 1), np.float32)
    updater = updater_of(table, 0.5)
    for times in (1, 4, 100, 9):
        updater.add(np.ones(times, np.int32), np.ones((times, 1), np.float32), 1.0)
    # times / sqrt(times) each
    np.testing.assert_allclose(table, [[0], [1 + 2 + 10 + 3]], rtol=1e-6)


def test_a_table_that_is_part_of_a_larger_one_is_changed_in_its_place(either_way):
    tables = np.zeros((2, 4, 2), np.float32)
    updater_of(tables[1], 0).add(IDS, GRADIENTS, 1.0)
    assert not tables[0].any() and tables[1].tolist() == [[8, 80], [5, 50], [0, 0], [8, 80]]


def test_the_public_way_is_the_other_to_rounding():
    generator = np.random.default_rng(3)
    tables = np.repeat(generator.standard_normal((1, 30, 8), np.float32), 2, axis=0)
    ids = generator.integers(0, 30, 200).astype(np.int32)
    gradients = generator.standard_normal((200, 8), np.float32)
    updater_of(tables[0], 0).add(ids, gradients, 0.7)
    add_rows_by_product(tables[1], np.arange(201), ids, np.full(200, 0.7, np.float32), gradients)
    np.testing.assert_allclose(tables[0], tables[1], rtol=1e-5, atol=1e-5)


def test_the_kernel_is_loaded_without_the_package_around_it():
    code = ("import sys, word2vec.training.updates as updates\n"
            "sys.exit(updates.csc_matvecs is None or 'scipy' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_where_the_kernel_is_not_found_public_functions_do_its_work(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert updates._load_kernels() is None
