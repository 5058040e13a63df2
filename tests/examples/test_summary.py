"""The table that the worked examples end with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from words_and_images.common.files import write_json

ROOT = Path(__file__).parents[2]


@pytest.fixture
def results(tmp_path) -> Path:
    """A folder where one example has run."""
    write_json(tmp_path / "examples" / "results" / "xor.json", {
        "outputs": {"0 0": 0.01, "0 1": 0.99}, "learned": 18, "seeds": 20})
    return tmp_path


def run(folder: Path, *options: str, **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    finished = subprocess.run(
        [sys.executable, "-m", "examples.summary", *options], cwd=folder, capture_output=True,
        text=True, env={**plain, "PYTHONPATH": str(ROOT), **environment})
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


@pytest.mark.parametrize("environment", [{}, {"COLUMNS": "40"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_pipe_gets_the_table_whole_and_without_escapes(results, environment):
    *table, last = run(results, **environment).splitlines()
    assert last.startswith("pictures: examples/results")
    assert len({cell_len(line) for line in table}) == 1 and "\x1b" not in "".join(table)
    [line] = [line for line in table if "outputs for 0 0, 0 1" in line]
    assert "0.010, 0.990" in line
    assert sum("did not run" in line for line in table) == 7


def test_as_json_it_has_all_figures_and_none_for_what_did_not_run(results):
    found = json.loads(run(results, "--json"))
    assert found["xor"]["figures"]["learned"] == 18
    assert found["digits"] == {"figures": None, "costs": None}
