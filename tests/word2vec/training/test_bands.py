"""Reaches, and what follows from them, against their definition."""

import numpy as np
import pytest

from word2vec.parameters import BLOCK
from word2vec.training.bands import TABLED, ByReach, all_reaches, contexts, masks, reaches_of


@pytest.mark.parametrize(("i", "left", "right", "ones"), [
    # with a window of 2, centre i of a block stands in column i + 2
    (0, 0, 0, []),
    (0, 1, 0, [1]),
    (0, 2, 2, [0, 1, 3, 4]),
    (7, 1, 2, [8, 10, 11]),
    (15, 0, 2, [18, 19]),
    (15, 2, 0, [15, 16]),
])
def test_masks_by_hand(i, left, right, ones):
    found = masks(all_reaches(2), 2)
    assert found.shape == (BLOCK * 3 * 3, BLOCK + 2 * 2) and found.dtype == np.float32
    row = found[(i * 3 + left) * 3 + right]
    assert np.flatnonzero(row).tolist() == ones
    assert set(row.tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("window", [1, 2, 5, 16, 20])
def test_every_mask_has_as_many_ones_as_its_centre_has_contexts(window):
    found = masks(all_reaches(window), window).reshape(BLOCK, window + 1, window + 1, -1)
    reach = np.arange(window + 1)
    for i in range(BLOCK):
        np.testing.assert_array_equal(found[i, :, :, : i + window].sum(axis=2),
                                      np.repeat(reach[:, None], window + 1, axis=1))
        np.testing.assert_array_equal(found[i, :, :, i + window + 1 :].sum(axis=2),
                                      np.repeat(reach[None], window + 1, axis=0))
    assert not any(found[i, :, :, i + window].any() for i in range(BLOCK))


@pytest.mark.parametrize("window", [1, 16, 20, 1000])
def test_a_reach_is_a_place_and_two_sides_in_one_number(window):
    generator = np.random.default_rng(1)
    left, right = generator.integers(0, window + 1, (2, 3, BLOCK)).astype(np.int32)
    reaches = reaches_of(left, right, np.full((3, 1), window, np.int32))
    assert reaches.dtype == np.int32 and reaches.min() >= 0
    np.testing.assert_array_equal(contexts(reaches, window), left + right)
    band = masks(reaches, window)
    for block, i in np.ndindex(3, BLOCK):
        here = window + i
        expected = [*range(here - left[block, i], here),
                    *range(here + 1, here + 1 + right[block, i])]
        assert np.flatnonzero(band[block, i]).tolist() == expected


@pytest.mark.parametrize("window", [1, TABLED, TABLED + 1, 40])
@pytest.mark.parametrize("follow", [masks, contexts])
def test_values_are_the_same_from_a_table_and_without_one(window, follow):
    values = ByReach(40, follow)
    reaches = np.random.default_rng(2).choice(all_reaches(window), (4, BLOCK))
    np.testing.assert_array_equal(values(reaches, window), follow(reaches, window))
    assert values(reaches, window).dtype == np.float32
