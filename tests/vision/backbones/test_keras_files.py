"""Keras' files of weights: what stands elsewhere, and more than the network has, is refused."""

import zipfile

import h5py
import numpy as np
import pytest

from vision.backbones.keras_files import refuse_unsound

NUMBERS = 14


def written(path, change=lambda group: None):
    with h5py.File(path, "w") as opened:
        group = opened.create_group("layers/dense/vars")
        group["0"], group["1"] = np.ones((3, 4), np.float32), np.ones(2, np.float32)
        opened["optimizer/iteration"] = 5
        change(group)
    return path


def in_another_file(group):
    group.create_dataset("2", (2,), "f4", external=[("/etc/hostname", 0, 8)])


def of_another_file(group):
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (2,))
    group.create_virtual_dataset("2", layout)


def linked(group):
    group["2"] = h5py.ExternalLink("/tmp/other.h5", "x")


def renamed(group):
    group["2"] = h5py.SoftLink("/layers")


def in_a_circle(group):
    group["2"] = group.file["/layers"]


def huge(group):
    group.create_dataset("2", (1 << 20, 1 << 20), "f4", chunks=(1 << 10, 1 << 10))


def texts(group):
    group.create_dataset("2", (2,), h5py.string_dtype())


def test_weights_and_what_an_optimiser_leaves_beside_them_pass(tmp_path):
    refuse_unsound(written(tmp_path / "a.h5"), NUMBERS)
    refuse_unsound(written(tmp_path / "a.h5", in_a_circle), NUMBERS)
    with zipfile.ZipFile(tmp_path / "a.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.h5", "model.weights.h5")
    refuse_unsound(tmp_path / "a.keras", NUMBERS)


@pytest.mark.parametrize(("change", "reason"), [
    (in_another_file, "in another file"), (of_another_file, "in another file"),
    (linked, "leads elsewhere"), (renamed, "leads elsewhere"), (texts, "an array of object"),
    (huge, "it holds 1,099,511,627,791 numbers, and the network 14")])
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_sound_file_of_weights_is_refused(tmp_path, change, reason, packed):
    path = written(tmp_path / "a.h5", change)
    if packed:
        with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
            archive.write(path, "model.weights.h5")
        path = tmp_path / "a.keras"
    with pytest.raises(ValueError, match=reason):
        refuse_unsound(path, NUMBERS)


def test_weights_that_unpack_to_far_more_than_the_network_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(70 << 20))
    with pytest.raises(ValueError, match="it unpacks to more than 67,109,312 bytes"):
        refuse_unsound(tmp_path / "a.keras", NUMBERS)


def test_what_is_no_hdf5_or_no_archive_is_refused(tmp_path):
    (tmp_path / "a.h5").write_text("text")
    with pytest.raises(ValueError, match="file signature not found"):
        refuse_unsound(tmp_path / "a.h5", NUMBERS)
    (tmp_path / "a.keras").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(ValueError, match="cannot be unpacked"):
        refuse_unsound(tmp_path / "a.keras", NUMBERS)
