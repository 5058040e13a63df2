import numpy as np
import pytest

from neural.arrays import as_floats, as_labels


def test_floats_keep_their_type_and_are_not_copied():
    values = np.ones(3, np.float32)
    assert as_floats(values) is values


def test_whole_numbers_become_float64():
    assert as_floats([1, 2]).dtype == np.float64


@pytest.mark.parametrize("labels", [[], [[0, 1]], [0.0, 1.0], [0, -1], 3])
def test_what_cannot_be_labels_is_refused(labels):
    with pytest.raises(ValueError, match="labels must be"):
        as_labels(labels)
