import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from word2vec.training import team
from word2vec.training.team import (
    Barrier,
    check_parent,
    create_arrays,
    helpers,
    is_stopped,
    open_arrays,
    shared_folder,
)
from words_and_images.common.errors import UserError

LAYOUT = {"table": ((2, 3), np.float32), "arrivals": ((2,), np.int64)}
PATIENCE = 20  # seconds, on a busy machine


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def until(condition):
    """Wait for something that comes soon."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def nothing():
    """Nobody is gone."""


# ---- shared arrays ----


def test_arrays_of_one_alone_are_zeros_in_memory():
    arrays = create_arrays(None, LAYOUT)
    assert arrays["table"].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert {name: array.dtype for name, array in arrays.items()} == {
        "table": np.float32, "arrivals": np.int64}


def test_arrays_in_a_folder_are_one_for_all_who_open_them(tmp_path):
    mine = create_arrays(tmp_path, LAYOUT)
    (tmp_path / "bounds.npy").write_bytes(b"no shared array")
    yours = open_arrays(tmp_path)
    assert sorted(yours) == ["arrivals", "table"]
    assert yours["table"].shape == (2, 3) and yours["table"].dtype == np.float32
    assert not yours["table"].any()
    mine["table"][1] = [1, 2, 3]
    yours["table"][0, 0] = 9
    assert mine["table"].tolist() == yours["table"].tolist() == [[9, 0, 0], [1, 2, 3]]


def test_a_folder_is_made_for_several_and_removed_in_the_end(temporary):
    with shared_folder(2) as folder:
        assert folder.parent == temporary
        create_arrays(folder, LAYOUT)
    assert not list(temporary.iterdir())
    with pytest.raises(KeyboardInterrupt), shared_folder(2) as folder:
        create_arrays(folder, LAYOUT)
        raise KeyboardInterrupt
    assert not list(temporary.iterdir())


def test_one_alone_needs_no_folder(temporary):
    with shared_folder(1) as folder:
        assert folder is None and not list(temporary.iterdir())


# ---- the barrier ----


def test_one_alone_waits_for_nobody():
    barrier = Barrier(np.zeros(1, np.int64), 0, pytest.fail)
    barrier.wait()
    barrier.wait()


@pytest.mark.parametrize("members", [2, 3])
def test_after_the_barrier_all_see_what_all_wrote_before(members):
    arrivals, values = np.zeros(members, np.int64), np.zeros(members, np.int64)
    seen = [[] for _ in range(members)]

    def work(member):
        barrier = Barrier(arrivals, member, nothing)
        for number in range(1, 101):
            values[member] = number
            if number % 10 == member:
                time.sleep(2e-3)
            barrier.wait()
            seen[member].append(values.tolist())
            barrier.wait()

    threads = [threading.Thread(target=work, args=(member,)) for member in range(members)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert seen == [[[number] * members for number in range(1, 101)]] * members
    assert arrivals.tolist() == [200] * members


ADDING = """
import sys
from pathlib import Path
from word2vec.training.team import Barrier, open_arrays
arrays = open_arrays(Path(sys.argv[1]))
barrier = Barrier(arrays["arrivals"], 1, lambda: None)
for _ in range(50):
    barrier.wait()
    arrays["table"][1] = arrays["table"][0] + 1
    barrier.wait()
"""


def test_two_processes_take_turns_at_shared_arrays(tmp_path):
    arrays = create_arrays(tmp_path, LAYOUT)
    other = subprocess.Popen([sys.executable, "-c", ADDING, str(tmp_path)])
    end = time.monotonic() + PATIENCE

    def check():
        assert time.monotonic() < end

    try:
        barrier = Barrier(arrays["arrivals"], 0, check)
        for number in range(50):
            arrays["table"][0] = 2 * arrays["table"][1] + [0, number, 1]
            mine = arrays["table"][0].tolist()
            barrier.wait()
            barrier.wait()
            assert arrays["table"][1].tolist() == [value + 1 for value in mine]
            arrays["table"][1] %= 97
        assert other.wait(PATIENCE) == 0
    finally:
        other.kill()
        other.wait()


def test_who_waits_looks_after_the_others():
    looks = []

    def check():
        looks.append(1)
        if len(looks) == 3:
            raise UserError("another member is gone.")

    with pytest.raises(UserError, match="another member is gone"):
        Barrier(np.zeros(2, np.int64), 0, check).wait()


def test_who_comes_last_waits_for_nobody():
    arrivals = np.array([0, 1, 1])
    Barrier(arrivals, 0, pytest.fail).wait()
    assert arrivals.tolist() == [1, 1, 1]


def test_a_member_that_came_and_has_ended_since_is_not_missed():
    arrivals = np.zeros(2, np.int64)

    def check():
        arrivals[1] = 1  # it came after we looked at its number, and its process is gone already
        raise UserError("a training process ended early")

    Barrier(arrivals, 0, check).wait()


# ---- the helpers ----

SLEEPING = """
import os, sys, time
folder, member, parent = sys.argv[1:]
part = os.path.join(folder, member + ".part")
with open(part, "w") as opened:
    print(os.getpid(), os.environ["OPENBLAS_NUM_THREADS"], sys.stdin.read() == "", file=opened)
os.rename(part, os.path.join(folder, member))
time.sleep(60)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Makes a module that helpers can run."""
    (tmp_path / "modules").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "modules")

    def make(code):
        (tmp_path / "modules" / "made_helper.py").write_text(code)
        return "made_helper"

    return make


def ended(pid):
    """Whether a process is gone; one that nobody has asked for its end still counts as there."""
    return not Path(f"/proc/{pid}").exists()


def pid_of(folder, member):
    until((folder / str(member)).exists)
    return int((folder / str(member)).read_text().split()[0])


def test_helpers_get_the_folder_and_their_number_and_end_with_the_block(module, tmp_path):
    with helpers(module(SLEEPING), tmp_path, 3) as check:
        pids = [pid_of(tmp_path, member) for member in (1, 2)]
        assert not any(map(ended, pids)) and not (tmp_path / "3").exists()
        assert (tmp_path / "1").read_text().split()[1:] == ["1", "True"]
        check()
    assert all(map(ended, pids))


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_helpers_end_with_a_block_that_fails(module, tmp_path, failure):
    with pytest.raises(failure), helpers(module(SLEEPING), tmp_path, 2):
        pid = pid_of(tmp_path, 1)
        raise failure
    assert ended(pid)


def test_one_alone_starts_nobody(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", pytest.fail)
    with helpers("made_helper", None, 1) as check:
        check()


@pytest.mark.parametrize(("code", "exit_code"), [
    ("import sys; sys.exit(3)", "3"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "-9"),
])
def test_a_helper_that_dies_is_told_in_one_sentence(module, tmp_path, code, exit_code):
    with (
        pytest.raises(UserError) as error,
        helpers(module(code), tmp_path, 2) as check,
    ):
        until(check)  # it returns None until it raises
    assert str(error.value) == (
        f"a training process ended early with exit code {exit_code} (negative is a signal: -9 is "
        "often too little memory); train again, with threads set to 1 if it comes back.")


def test_when_one_helper_dies_the_others_end_too(module, tmp_path):
    with pytest.raises(UserError, match="-9"), helpers(module(SLEEPING), tmp_path, 3) as check:
        pids = [pid_of(tmp_path, member) for member in (1, 2)]
        os.kill(pids[1], signal.SIGKILL)
        until(check)
    assert all(map(ended, pids))


def test_a_process_ends_when_the_one_that_started_it_is_gone(monkeypatch):
    parent = os.getppid()
    check = check_parent(parent)
    check()
    monkeypatch.setattr(os, "getppid", lambda: parent + 1)
    with pytest.raises(SystemExit) as ending:
        check()
    assert ending.value.code == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="nothing tells of processes here")
def test_a_helper_that_is_stopped_is_told_once_and_again_when_it_is_stopped_again(
    module, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(team, "PATIENCE", 0.0)
    with helpers(module(SLEEPING), tmp_path, 2) as check:
        pid = pid_of(tmp_path, 1)
        for _ in range(2):
            os.kill(pid, signal.SIGSTOP)
            until(lambda: is_stopped(pid))
            check()
            check()
            assert capsys.readouterr().err == (
                f"warning: the training process {pid} is stopped, and the others wait for it; let "
                f"it go on with kill -CONT {pid}.\n")
            os.kill(pid, signal.SIGCONT)
            until(lambda: not is_stopped(pid))
            check()
    assert ended(pid) and capsys.readouterr().err == ""
