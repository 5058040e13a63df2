"""NumPy's files of others."""

import io
import os
import zipfile

import numpy as np
import pytest

from words_and_images.common import array_files
from words_and_images.common.array_files import map_array, opened_arrays


def test_arrays_come_back(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6).reshape(2, 3))
    np.savez(tmp_path / "a.npz", first=np.arange(3), second=np.array(["x"]))
    np.testing.assert_array_equal(map_array(tmp_path / "a.npy"), [[0, 1, 2], [3, 4, 5]])
    with opened_arrays(tmp_path / "a.npz") as arrays:
        assert arrays["first"].tolist() == [0, 1, 2] and arrays["second"].tolist() == ["x"]


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        map_array(tmp_path / "a.npy")
    with pytest.raises(FileNotFoundError), opened_arrays(tmp_path / "a.npz"):
        pass


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(array_files, "SIZE_CAP", 1000)
    array = io.BytesIO()
    np.save(array, np.zeros(10**6))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.npy", array.getvalue())
    with pytest.raises(ValueError, match="would unpack to 8,000,128 bytes"), opened_arrays(
            tmp_path / "a.npz"):
        pass


def test_a_pipe_is_no_file_of_arrays(tmp_path):
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(ValueError, match="is no file"):
        map_array(tmp_path / "a.npy")


def test_a_member_that_is_no_array_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("features.npy", "text")
    with pytest.raises(ValueError, match="its features is no array"), opened_arrays(
            tmp_path / "a.npz") as arrays:
        arrays["features"]
