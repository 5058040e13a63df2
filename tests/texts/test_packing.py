"""Tables of 4 bits a number."""

import numpy as np
import pytest

from texts.packing import LEVELS, in_parts, packed, unpacked, width


def test_rows_are_in_parts_of_their_largest_number():
    whole, parts = in_parts(np.array([[1.4, -0.7, 0.31], [0, 0, 0], [-7e-9, 1e-9, 0]], np.float32))
    assert whole.tolist() == [[7, -4, 2], [0, 0, 0], [-7, 1, 0]]  # -3.5 to the even, 1.55
    np.testing.assert_allclose(parts, [[0.2], [0], [1e-9]], rtol=1e-6)


def test_two_numbers_are_a_byte():
    # 1, -2 are 0001 and 1110, 7 is 0111 with nothing beside it.
    assert packed(np.array([[1, -2, 7]], np.int8)).tolist() == [[0b11100001, 0b0111]]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (5, 4), (4, 7)])
def test_what_is_packed_comes_back(shape):
    whole = np.random.default_rng(0).integers(-LEVELS, LEVELS, shape, endpoint=True, dtype=np.int8)
    stored = packed(whole)
    assert stored.shape == (shape[0], width(shape[1])) and stored.dtype == np.uint8
    np.testing.assert_array_equal(unpacked(stored, shape[1]), whole)


@pytest.mark.parametrize("stored", [[[0b1000]], [[0b10000000]], [[0, 0b10000]]])
def test_numbers_that_none_packs_are_refused(stored):
    # -8, -8, and something behind the last of three
    with pytest.raises(ValueError, match="not whole parts"):
        unpacked(np.array(stored, np.uint8), 2 * len(stored[0]) - (len(stored[0]) > 1))
