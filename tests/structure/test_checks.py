"""What runs by itself, on a host of code and before a commit, is what anyone runs by hand."""

import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from project_imports import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
JOBS = WORKFLOW["jobs"]
MACHINES = JOBS["checks"]["strategy"]["matrix"]["include"]
LATEST = 99  # what a host gives for 3.11 is the last 3.11


def pythons_of_make() -> set[str]:
    """The minor versions that the Makefile takes for .venv."""
    low, high = re.search(r"\(3, (\d+), \d+\) <= sys.version_info < \(3, (\d+)\)",
                          MAKEFILE).groups()
    return {f"3.{minor}" for minor in range(int(low), int(high))}


def is_for(python: str) -> bool:
    """Whether pyproject.toml takes a Python."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{python}.{LATEST}" in SpecifierSet(project["requires-python"])


def python_of(job: dict[str, Any]) -> str:
    return next(step["with"]["python-version"] for step in job["steps"]
                if step.get("uses", "").startswith("actions/setup-python@"))


def commands_of(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_linux_has_every_python_that_make_takes_and_macos_one():
    of_linux = [machine["python"] for machine in MACHINES if "ubuntu" in machine["system"]]
    of_macs = [machine["python"] for machine in MACHINES if "macos" in machine["system"]]
    assert len(of_linux) + len(of_macs) == len(MACHINES)
    assert len(of_linux) == len(set(of_linux)) and set(of_linux) == pythons_of_make()
    assert len(of_macs) == 1 and set(of_macs) <= pythons_of_make()
    assert all(is_for(machine["python"]) for machine in MACHINES)


def test_all_of_them_run_what_runs_on_every_change_with_their_python():
    assert commands_of(JOBS["checks"]) == [".ci/run"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o100
    assert python_of(JOBS["checks"]) == "${{ matrix.python }}"
    assert JOBS["checks"]["env"]["PYTHON"] == "python${{ matrix.python }}"


def test_the_core_is_tried_alone_on_the_python_that_only_it_is_for():
    python = python_of(JOBS["core"])
    assert is_for(python) and python not in pythons_of_make()
    assert not is_for(f"3.{int(python.partition('.')[2]) + 1}")
    commands = commands_of(JOBS["core"])
    assert commands[0] == "python -m pip install ." and "\nword2vec train " in commands[1]
    rooms = commands[-1].removeprefix("python -m pytest ").split()
    assert len(rooms) == 4 and all((ROOT / room).is_dir() for room in rooms)
    assert python_of(JOBS["docs"]) in pythons_of_make()


@pytest.mark.parametrize("job", JOBS)
def test_every_job_ends_and_may_only_read(job):
    assert 0 < JOBS[job]["timeout-minutes"] <= 120
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in JOBS[job]
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is True


def test_the_hooks_before_a_commit_are_those_of_make_lint():
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [each["repo"] for each in configuration["repos"]] == ["local"]
    hooks = configuration["repos"][0]["hooks"]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1]
    assert [hook["entry"] for hook in hooks] == [line.strip("\t@") for line in recipe.splitlines()]
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)
