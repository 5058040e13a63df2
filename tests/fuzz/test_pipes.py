"""Pipes, devices and folders in the place of stored files: refused, and not waited for."""

import contextlib
import os
import signal

import pytest

from tests.fuzz.targets import TARGETS
from words_and_images.common.errors import UserError

STORED = ("vector_folders", "encoded_corpora", "trainings_to_go_on_with", "classifiers", "splits",
          "settings", "lists_of_files", "networks_of_litert", "kept_bottlenecks")


@pytest.fixture
def bounded():
    """Ends what is waited for without end."""
    def ring(*_):
        raise TimeoutError("it is waited for")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def make_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("make", [os.mkfifo, make_device])
def test_what_is_no_file_is_not_read(tmp_path, bounded, name, make):
    (files := tmp_path / "files").mkdir()
    for path in TARGETS[name].make(files):
        whole = path.read_bytes()
        path.unlink()
        make(path)
        passed_over = path.parent.name == "checkpoint" or name == "kept_bottlenecks"  # said, if not
        with contextlib.nullcontext() if passed_over else pytest.raises(UserError):
            TARGETS[name].read(path)
        path.unlink(missing_ok=True)
        path.write_bytes(whole)
