import numpy as np
import pytest

from word2vec.training import merging
from word2vec.training.merging import ends_of_rounds, merge_many, merge_pair


@pytest.fixture(params=[1 << 11, 2], ids=["in one stretch", "in stretches of two rows"])
def stretches(request, monkeypatch):
    monkeypatch.setattr(merging, "MERGED_ROWS", request.param)


def merged(base, moves, learnt):
    """One table of a base and each replica's moves (tables, rows, dim)."""
    base = np.array(base, np.float32)
    tables = base + np.array(moves, np.float32)
    merge_many(tables, base, np.array(learnt, np.float32))
    assert all(np.array_equal(table, base) for table in tables)
    return base


def test_moves_that_have_nothing_in_common_are_added(stretches):
    found = merged([[1, 1], [5, 5]], [[[3, 0], [0, 2]], [[0, 4], [7, 0]]], np.full((2, 2), 1e-6))
    np.testing.assert_allclose(found, [[4, 5], [12, 7]])


def test_equal_moves_become_their_mean_and_opposite_ones_cancel(stretches):
    moves = [[[3, 1], [3, 1]], [[3, 1], [-3, -1]], [[3, 1], [0, 0]]]
    found = merged([[1, 1], [5, 5]], moves, [[1e-6, 1e-6], [1e-6, 1e-6], [1e-6, 0]])
    np.testing.assert_allclose(found, [[4, 2], [5, 5]])


def test_what_two_moves_have_in_common_counts_once_by_hand():
    # |sum|^2 = 9 + 1, the squares 5 + 5 less: c = (20 - 10) / 10 ... of (2, 1) and (2, -1):
    # sum (4, 0), 16 - 10 over 10 = 0.6, so that the sum is divided by 1.6
    found = merged([[0, 0]], [[[2, 1]], [[2, -1]]], [[1e-6], [1e-6]])
    np.testing.assert_allclose(found, [[2.5, 0]], rtol=1e-6)


def test_a_row_that_each_replica_moved_far_takes_the_mean_by_hand():
    # Learnt 1 and 3, 2 on average: h = 4 / 5, and orthogonal moves are divided by 1.8.
    found = merged([[0, 0]], [[[9, 0]], [[0, 18]]], [[1], [3]])
    np.testing.assert_allclose(found, [[5, 10]], rtol=1e-6)
    far = merged([[0, 0]], [[[9, 0]], [[0, 18]]], [[1e4], [1e4]])
    np.testing.assert_allclose(far, [[4.5, 9]], rtol=1e-6)


def test_only_the_replicas_that_moved_a_row_count(stretches):
    moves = [[[3, 3], [0, 0], [0, 0]], [[3, 3], [2, 2], [0, 0]], [[0, 0], [0, 0], [0, 0]]]
    learnt = [[1e4, 0, 0], [1e4, 1e4, 0], [0, 0, 0]]
    found = merged([[1, 1], [0.1, 0.2], [0.3, 0.4]], moves, learnt)
    # the mean over two of three; the one that moved; and as it was
    np.testing.assert_array_equal(found, np.float32([[4, 4], [2.1, 2.2], [0.3, 0.4]]))


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_shares_of_a_merge_make_up_the_whole_to_the_last_bit(stretches, shares):
    generator = np.random.default_rng(4)
    base = generator.standard_normal((50, 7)).astype(np.float32)
    learnt = ((generator.random((5, 50)) < 0.5) * generator.random((5, 50))).astype(np.float32)
    whole = base + np.where(learnt > 0, 1, 0)[..., np.newaxis] * generator.standard_normal(
        (5, 50, 7)).astype(np.float32)
    whole, parts, whole_base, parts_base = (
        each.astype(np.float32) for each in (whole, whole.copy(), base, base.copy()))
    merge_many(whole, whole_base, learnt)
    for number in range(shares):
        before = parts.copy()
        merge_many(parts, parts_base, learnt, (number, shares))
        changed = (parts != before).any(axis=(0, 2)).sum()
        assert 0 < changed <= 50 // shares + 6  # alike, whichever rows have moved
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(parts_base, whole_base)
    assert all(np.array_equal(table, whole_base) for table in whole)


def test_the_order_of_the_replicas_makes_no_difference_but_rounding():
    generator = np.random.default_rng(5)
    moves, learnt = generator.standard_normal((4, 20, 6)), generator.random((4, 20))
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(merged(np.zeros((20, 6)), moves, learnt),
                               merged(np.zeros((20, 6)), moves[order], learnt[order]), rtol=1e-4)


def test_a_row_that_moved_in_one_table_is_taken_over_to_the_last_bit():
    generator = np.random.default_rng(4)
    base = generator.standard_normal((50, 4)).astype(np.float32)
    tables = np.stack([base] * 3)
    mover = generator.integers(0, 3, 50)
    moved = generator.standard_normal((50, 4)).astype(np.float32)
    tables[mover, np.arange(50)] = moved
    merge_many(tables, base, (mover == np.arange(3)[:, np.newaxis]).astype(np.float32))
    np.testing.assert_array_equal(base, moved)
    np.testing.assert_array_equal(tables, np.stack([moved] * 3))


# ---- a pair ----


def pair_merged(tables, moved):
    tables = [np.array(table, np.float32) for table in tables]
    merge_pair(tables, np.array(moved, bool))
    assert all(np.array_equal(table, tables[0]) for table in tables)
    return tables[0].tolist()


def test_two_tables_merge_by_hand(stretches):
    first = [[1, 10], [2, 20], [3, 30], [4, 40], [0.1, 0.3]]
    second = [[5, 50], [6, 60], [7, 70], [4, 40], [0.1, 0.3]]
    moved = [[True, True, False, False, False],
             [True, False, True, False, False]]
    # the mean of both; the one that moved; the other that moved; and as they were
    assert pair_merged([first, second], moved) == np.float32(
        [[3, 30], [2, 20], [7, 70], [4, 40], [0.1, 0.3]]).tolist()


def test_three_tables_merge_by_hand(stretches):
    tables = np.array([[[3], [3], [3], [0.7], [0.7]],
                       [[6], [6], [6], [0.2], [0.7]],
                       [[12], [12], [12], [0.7], [0.7]]], np.float32)
    moved = [[True, True, False, False, False],
             [True, True, True, True, False],
             [True, False, True, False, False]]
    # (3 + 6 + 12) / 3, (3 + 6) / 2, (6 + 12) / 2, the one that moved, and as they were
    assert pair_merged(tables, moved) == np.float32([[7], [4.5], [9], [0.2], [0.7]]).tolist()


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_shares_of_a_merge_of_means_make_up_the_whole(stretches, shares):
    generator = np.random.default_rng(4)
    whole = generator.standard_normal((3, 50, 4)).astype(np.float32)
    moved = generator.random((3, 50)) < 0.5
    parts = whole.copy()
    merge_pair(whole, moved)
    for number in range(shares):
        before = parts.copy()
        merge_pair(parts, moved, (number, shares))
        changed = (parts != before).any(axis=(0, 2)).sum()
        assert 0 < changed <= 50 // shares + 2  # alike, whichever rows have moved
    np.testing.assert_array_equal(parts, whole)


def test_a_row_that_moved_in_one_of_a_pair_is_taken_over_to_the_last_bit():
    generator = np.random.default_rng(4)
    tables = generator.standard_normal((3, 50, 4)).astype(np.float32)
    mover = generator.integers(0, 3, 50)
    found = pair_merged(tables, mover == np.arange(3)[:, np.newaxis])
    np.testing.assert_array_equal(found, tables[mover, np.arange(50)])


def test_a_table_alone_stays_as_it_is():
    table = np.random.default_rng(5).standard_normal((5, 3)).astype(np.float32)
    assert pair_merged([table], [[True, False, True, True, False]]) == table.tolist()


# ---- rounds ----


def test_rounds_grow_with_what_has_been_learned_by_hand(monkeypatch):
    monkeypatch.setattr(merging, "GROWTH", 1.0)
    monkeypatch.setattr(merging, "LONGEST", 60)
    first, second = ends_of_rounds(tokens=800, epochs=2, replicas=4, step=20)
    # 80 tokens are four steps; a quarter of what was read is more from 320 on; 240 are the most.
    assert [round(800 * end) for end in first] == [80, 160, 240, 320, 400, 500, 625, 800]
    assert [round(800 * end) for end in second] == [200, 440, 680, 800]
    assert first[-1] == second[-1] == 1


@pytest.mark.parametrize("tokens", [0, 1, 39, 40, 59])
def test_a_text_of_hardly_a_step_has_one_round(tokens):
    assert ends_of_rounds(tokens, 2, 2, 20) == [[1.0], [1.0]]
    assert ends_of_rounds(tokens, 2, 3, 20) == [[1.0], [1.0]]


def test_rounds_of_a_pair_are_alike():
    assert ends_of_rounds(3 << 20, 2, 2, 4096) == [[1 / 3, 2 / 3, 1]] * 2


def test_of_a_long_text_rounds_are_as_long_as_allowed_but_the_first():
    ends = ends_of_rounds(17_000_000, 5, 8, 4096)
    lengths = np.diff([0, *ends[4]]) * 17_000_000 / 8
    assert max(lengths) < 1.5 * merging.LONGEST and min(lengths) > 0.99 * merging.LONGEST
    assert 50 < len(ends[0]) < 100 and sum(map(len, ends)) < 150
