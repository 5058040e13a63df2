import numpy as np
import pytest

from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining import rows as module
from words_and_images.retraining.rows import Part, Rows


@pytest.fixture
def parts():
    """Examples 4 and 1 in two looks, then example 2 in three: seven rows of two features."""
    two, three = np.arange(20).reshape(5, 2, 2), 100 + np.arange(18).reshape(3, 3, 2)
    return [Part(two.astype(np.float32), np.array([4, 1]), np.array([40, 10]), np.array([0, 1])),
            Part(three.astype(np.float32), np.array([2]), np.array([20]), np.array([1]))]


def test_every_look_of_every_example_is_a_row_with_its_label(parts):
    rows = Rows(parts)
    assert (len(rows), rows.shape) == (7, (7, 2))
    assert rows.targets.tolist() == [0, 0, 1, 1, 1, 1, 1]
    expected = [[16, 17], [18, 19], [4, 5], [6, 7], [112, 113], [114, 115], [116, 117]]
    assert rows[np.arange(7)].tolist() == expected
    assert rows[np.array([6, 0, 4, 0])].tolist() == [expected[row] for row in (6, 0, 4, 0)]


def test_blocks_are_all_rows_in_their_order(parts, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 3)
    blocks = list(Rows(parts).blocks())
    assert [len(block) for block in blocks] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(blocks), Rows(parts)[np.arange(7)])


def test_standardised_rows_have_the_bits_of_rows_standardised_at_once(parts):
    everything = Rows(parts)[np.arange(7)]
    standardiser = Standardiser.fit(everything)
    scaled = Rows(parts).standardised(standardiser)
    np.testing.assert_array_equal(scaled[np.array([5, 2])],
                                  standardiser.apply(everything)[[5, 2]])
    assert parts[0].bottlenecks[4, 0, 0] == 16  # what they were copied from is as it was


def test_a_part_goes_without_examples_by_their_rows_in_the_split(parts):
    left = parts[0].without(np.array([10, 20]))
    assert (left.examples.tolist(), left.rows.tolist(), left.targets.tolist()) == ([4], [40], [0])
