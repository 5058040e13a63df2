import os
import resource
import tempfile

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.memory import PROPORTIONAL, memory_method, proportional_memory
from words_and_images.common.paged import forget, paged

MEGABYTES = 2**18  # float32


def test_what_was_written_is_there_after_it_was_forgotten(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    array = paged((3, 2, 5))
    assert (array.shape, array.dtype, array.any()) == ((3, 2, 5), np.float32, False)
    array[1] = np.arange(10).reshape(2, 5)
    forget(array[:, 1])  # a view is of the same file
    assert array[1].ravel().tolist() == list(range(10)) and not array[[0, 2]].any()
    assert not os.listdir(tmp_path)  # the file has no name that anybody would have to remove


@pytest.mark.skipif(memory_method() != PROPORTIONAL, reason="there is no /proc")
def test_what_is_forgotten_takes_no_memory():
    array = paged((64, MEGABYTES))
    before = proportional_memory(os.getpid())
    array += 1
    assert proportional_memory(os.getpid()) > before + 60 * 2**20
    forget(array)
    assert proportional_memory(os.getpid()) < before + 10 * 2**20
    assert array.min() == array.max() == 1


def test_other_arrays_are_left_alone():
    array = np.arange(5)
    forget(array[1:])
    assert array.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("shape", [(0, 2, 5), (3, 0, 5)])
def test_nothing_needs_no_file(shape):
    assert paged(shape).shape == shape


def test_too_little_room_is_one_sentence():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        with pytest.raises(UserError, match=r"no room for 8.4 MB of numbers \(File too large\)"):
            paged((8, MEGABYTES))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
