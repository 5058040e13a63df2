import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import chromium

SCRIPT = Path(chromium.__file__)


def program(path: Path, text: str = "exit 0") -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def run(**environment) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(SCRIPT)], env=environment, text=True,
                          capture_output=True)


@pytest.mark.parametrize("name", chromium.NAMES)
def test_a_chromium_that_is_there_is_found_and_nothing_is_done(tmp_path, name):
    program(tmp_path / name)
    ended = run(PATH=str(tmp_path))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_named_program_is_taken_before_all_others(tmp_path, monkeypatch):
    other = program(tmp_path / "other")
    monkeypatch.setenv("CHROMIUM", str(other))
    assert chromium.find_chromium() == str(other)


def test_a_named_program_that_is_none_is_one_sentence(tmp_path):
    ended = run(PATH=str(tmp_path), CHROMIUM=str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr == f"CHROMIUM is {tmp_path}, which is no program; give the path of a " \
                           "Chromium.\n"


def test_without_apt_get_it_says_what_to_install(tmp_path):
    ended = run(PATH=str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "install the package chromium" in ended.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root installs")
def test_it_is_installed_with_apt_get_which_is_said(tmp_path):
    program(tmp_path / "apt-get", f'echo "$@" >> {tmp_path}/asked; [ "$1" = update ] || '
            f"/bin/ln -s /bin/true {tmp_path}/chromium")
    ended = run(PATH=str(tmp_path))
    assert ended.returncode == 0
    assert "installing the package chromium with apt-get" in ended.stderr
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0].startswith("update")
    assert asked[1].startswith("install") and asked[1].endswith(" chromium")
