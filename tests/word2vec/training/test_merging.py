import numpy as np
import pytest

from word2vec.training import merging
from word2vec.training.merging import ends_of_rounds, merge


@pytest.fixture(params=[1 << 11, 2], ids=["row by row", "in stretches of two rows"])
def stretches(request, monkeypatch):
    monkeypatch.setattr(merging, "STRETCH", request.param)


def merged(base, moves, learnt):
    """One table of a base and each replica's moves (tables, rows, dim)."""
    base = np.array(base, np.float32)
    tables = base + np.array(moves, np.float32)
    merge(tables, base, np.array(learnt, np.float32))
    assert all(np.array_equal(table, base) for table in tables)
    return base


def test_moves_that_have_nothing_in_common_are_added(stretches):
    found = merged([[1, 1], [5, 5]], [[[3, 0], [0, 2]], [[0, 4], [7, 0]]], np.full((2, 2), 1e-6))
    np.testing.assert_allclose(found, [[4, 5], [12, 7]])


def test_equal_moves_become_their_mean_and_opposite_ones_cancel(stretches):
    moves = [[[3, 1], [3, 1]], [[3, 1], [-3, -1]], [[3, 1], [0, 0]]]
    found = merged([[1, 1], [5, 5]], moves, [[1e4, 1e4], [1e4, 1e4], [1e4, 0]])
    np.testing.assert_allclose(found, [[4, 2], [5, 5]])


def test_short_moves_are_added_whatever_they_have_in_common(stretches):
    found = merged([[1, 1]], [[[3, 1]], [[3, 1]], [[3, 1]]], [[1e-6]] * 3)
    np.testing.assert_allclose(found, [[10, 4]])


def test_what_two_moves_have_in_common_counts_once_by_hand():
    # (2, 1) and (2, -1): the sum (4, 0) of square 16, the squares 5 + 5: c = (16 - 10) / 10 = 0.6.
    # Learnt 0.2 and 0.4, together 0.6: 0.36 / (0.09 + 0.36) = 0.8; on average 0.3: a half.
    found = merged([[0, 0]], [[[2, 1]], [[2, -1]]], [[0.2], [0.4]])
    np.testing.assert_allclose(found, [[4 / (1 + 0.8 * 0.6 + 0.5), 0]], rtol=1e-6)


def test_no_row_goes_less_far_than_the_mean_by_hand():
    # c is 0.6 again, and both count as far: 1 + 0.6 + 1 is more than the two that there are.
    found = merged([[0, 0]], [[[2, 1]], [[2, -1]]], [[1e4], [1e4]])
    np.testing.assert_allclose(found, [[2, 0]], rtol=1e-6)


def test_a_row_that_each_replica_moved_far_goes_half_as_far_by_hand():
    # Orthogonal moves are divided by 2 at most, of three replicas as of two.
    far = merged([[0, 0, 0]], [[[9, 0, 0]], [[0, 18, 0]]], [[1e4], [1e4]])
    np.testing.assert_allclose(far, [[4.5, 9, 0]], rtol=1e-6)
    far = merged([[0, 0, 0]], [[[9, 0, 0]], [[0, 18, 0]], [[0, 0, 3]]], [[1e4]] * 3)
    np.testing.assert_allclose(far, [[4.5, 9, 1.5]], rtol=1e-6)


@pytest.mark.parametrize(("back", "replicas", "variance"), [
    # Long rounds forget where they began, and c is v / (1 + v): v = 1 / (2 D - m).
    (1, 2, 0.5), (1, 4, 0.5), (1, 16, 0.79),
    # Of short ones c is 0: v = 1 / D.
    (0.02, 2, 0.5), (0.02, 4, 0.5), (0.02, 16, 0.5)])
def test_a_word_at_its_place_wanders_less_than_that_of_one_replica(back, replicas, variance):
    # A round takes the row a share back, and adds chance, so that of one its variance is 1.
    generator = np.random.default_rng(7)
    base, seen = np.zeros((1, 500), np.float32), []
    for _ in range(400):
        chance = generator.standard_normal((replicas, 1, 500), np.float32)
        tables = np.float32(1 - back) * base + np.float32(1 - (1 - back) ** 2) ** 0.5 * chance
        merge(tables, base, np.full((replicas, 1), 1e4, np.float32))
        seen.append(float((base**2).mean()))
    assert np.mean(seen[100:]) == pytest.approx(variance, rel=0.1)


def test_only_the_replicas_that_moved_a_row_count(stretches):
    moves = [[[3, 3], [0, 0], [0, 0]], [[3, 3], [2, 2], [0, 0]], [[0, 0], [0, 0], [0, 0]]]
    learnt = [[1e4, 0, 0], [1e4, 1e4, 0], [0, 0, 0]]
    found = merged([[1, 1], [0.1, 0.2], [0.3, 0.4]], moves, learnt)
    # the mean over two of three; the one that moved; and as it was
    np.testing.assert_allclose(found, [[4, 4], [2.1, 2.2], [0.3, 0.4]], rtol=1e-6)
    assert found[2].tolist() == np.float32([0.3, 0.4]).tolist()


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_shares_of_a_merge_make_up_the_whole_to_the_last_bit(stretches, shares):
    generator = np.random.default_rng(4)
    base = generator.standard_normal((50, 7)).astype(np.float32)
    learnt = ((generator.random((5, 50)) < 0.5) * generator.random((5, 50))).astype(np.float32)
    whole = base + np.where(learnt > 0, 1, 0)[..., np.newaxis] * generator.standard_normal(
        (5, 50, 7)).astype(np.float32)
    whole, parts, whole_base, parts_base = (
        each.astype(np.float32) for each in (whole, whole.copy(), base, base.copy()))
    parts_learnt = learnt.copy()
    merge(whole, whole_base, learnt)
    for number in range(shares):
        before = parts.copy()
        merge(parts, parts_base, parts_learnt, (number, shares))
        changed = np.flatnonzero((parts != before).any(axis=(0, 2)))
        assert set(changed // merging.STRETCH % shares) <= {number}
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(parts_base, whole_base)
    assert not parts_learnt.any() and not learnt.any()
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
    merge(tables, base, (mover == np.arange(3)[:, np.newaxis]).astype(np.float32))
    np.testing.assert_array_equal(base, moved)
    np.testing.assert_array_equal(tables, np.stack([moved] * 3))


# ---- rounds ----


def test_rounds_grow_with_what_has_been_learned_by_hand(monkeypatch):
    monkeypatch.setattr(merging, "GROWTH", 1.0)
    monkeypatch.setattr(merging, "LONGEST", 60)
    first, second = ends_of_rounds(tokens=800, epochs=2, replicas=4, step=20)
    # 80 tokens are four steps; a quarter of what was read is more from 320 on; 240 are the most.
    assert [round(800 * end) for end in first] == [80, 160, 240, 320, 400, 500, 625, 800]
    assert [round(800 * end) for end in second] == [200, 440, 680, 800]
    assert first[-1] == second[-1] == 1
    # Of two replicas a half of what was read, up to the same 240.
    assert [round(800 * end) for end in ends_of_rounds(800, 2, 2, 20)[0]] == [
        40, 80, 120, 180, 270, 405, 608, 800]


@pytest.mark.parametrize("tokens", [0, 1, 39, 40, 59])
def test_a_text_of_hardly_a_step_has_one_round(tokens):
    assert ends_of_rounds(tokens, 2, 2, 20) == [[1.0], [1.0]]


def test_the_rate_of_replicas_rises_in_the_first_hundredth():
    assert [merging.warm(done, 4) for done in (0, 0.005, 0.01, 0.5)] == pytest.approx(
        [0.1, 0.55, 1, 1])
    assert merging.warm(0, 1) == 1


def test_of_a_long_text_rounds_are_as_long_as_allowed_but_the_first():
    ends = ends_of_rounds(50_000_000, 5, 8, 4096)
    lengths = np.diff([0, *ends[4]]) * 50_000_000 / 8
    assert min(lengths) >= merging.LONGEST / 2 and max(lengths) < 1.5 * merging.LONGEST
    # 20 of a step, then each a twentieth longer than all before: 1.05^82 is 42 / 0.75
    assert 90 < len(ends[0]) < 120 and len(ends[4]) == 24
