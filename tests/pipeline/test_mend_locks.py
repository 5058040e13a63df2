"""DVC's own files after a kill: half of one is made whole, and what is in use is left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.lock import make_lock

from pipelines import mend_locks

STAGES = "schema: '2.0'\nstages:\n"
COMMITTED = STAGES + "  first:\n    cmd: one\n    outs:\n    - path: a\n      md5: '123'\n"
WHOLE = COMMITTED + "  second:\n    cmd: two\n"
NOBODY = 2**22  # above every number of a process


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(".dvc/tmp").mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def rwlock(process):
    return json.dumps({"read": {"a": [{"pid": process, "cmd": "dvc repro"}]}, "write": {}})


@pytest.fixture
def dvc():
    """A process whose command line is DVC's."""
    with subprocess.Popen([sys.executable, "-c", "input()", "dvc"], stdin=subprocess.PIPE) as one:
        yield one.pid
        one.kill()


@pytest.mark.parametrize("content", [
    "", '{"write": {"a"', "[]", '{"write": 1}', rwlock(NOBODY), rwlock(os.getpid())],
    ids=["empty", "half", "a list", "no mapping", "of nobody", "of another process"])
def test_a_file_of_locks_that_is_half_or_of_dead_processes_is_removed(content):
    Path(".dvc/tmp/rwlock").write_text(content)
    mend_locks.main()
    assert not Path(".dvc/tmp/rwlock").exists()


def test_a_file_of_locks_that_are_in_force_stays(dvc):
    Path(".dvc/tmp/rwlock").write_text(rwlock(dvc))
    mend_locks.main()
    assert Path(".dvc/tmp/rwlock").read_text() == rwlock(dvc)


@pytest.mark.parametrize("size", [0, 5, len(STAGES) + 12, len(COMMITTED) + 12, len(WHOLE) - 6])
def test_half_of_a_lock_file_is_replaced_by_gits(size, capsys):
    git("init", "--quiet")
    Path("dvc.lock").write_text(COMMITTED)
    git("add", "dvc.lock")
    Path("dvc.lock").write_text(WHOLE[:size])
    mend_locks.main()
    assert Path("dvc.lock").read_text() == COMMITTED
    assert "git's copy of it is put back" in capsys.readouterr().err


@pytest.mark.parametrize("with_git", [False, True])
def test_half_of_a_lock_file_that_git_does_not_have_is_removed(with_git):
    if with_git:
        git("init", "--quiet")
    Path("dvc.lock").write_text(WHOLE[:-6])
    mend_locks.main()
    assert not Path("dvc.lock").exists()


def test_a_new_clone_has_nothing_to_mend():
    Path(".dvc/tmp").rmdir()
    mend_locks.main()
    assert not Path(".dvc/tmp/rwlock").exists() and not Path("dvc.lock").exists()


def test_whole_lock_files_stay_and_missing_ones_are_not_made(capsys):
    Path("dvc.lock").write_text(WHOLE)
    mend_locks.main()
    assert Path("dvc.lock").read_text() == WHOLE and not Path(".dvc/tmp/rwlock").exists()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["lock", "rwlock.lock"])
def test_while_dvc_is_at_work_nothing_is_mended(name):
    Path("dvc.lock").write_text(WHOLE[:-6])
    with make_lock(f".dvc/tmp/{name}"):
        mend_locks.main()
    assert Path("dvc.lock").read_text() == WHOLE[:-6]
