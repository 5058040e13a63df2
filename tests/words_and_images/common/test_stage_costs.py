"""What stages take, written beside their results and nowhere else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from words_and_images.common.files import write_json, write_text
from words_and_images.common.stage_costs import read_costs, recorded_costs

ROOT = Path(__file__).parents[3]
STAGE = """
import time
from words_and_images.common.commandline import run_stage
from words_and_images.common.errors import UserError

def main(seconds: str) -> None:
    content = bytearray(b"x") * (50 * 2**20)
    time.sleep(float(seconds))
    if float(seconds) > 0.5:
        raise UserError("it takes too long; take less.")

run_stage(main)
"""


def run(folder, seconds: str, stage: str, script: str = "pipelines/retrain.py"):
    write_text(folder / script, STAGE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DVC_STAGE": stage}
    return subprocess.run([sys.executable, script, seconds], cwd=folder, env=environment,
                          capture_output=True, text=True)


def test_a_stage_leaves_its_time_and_memory(tmp_path):
    assert run(tmp_path, "0.4", "train_embeddings@cbow").returncode == 0
    path = tmp_path / "results" / "costs" / "train_embeddings@cbow.json"
    costs = json.loads(path.read_text())
    # The start of the process counts as well; the upper bounds only tell seconds from hours.
    assert 0.4 <= costs["seconds"] < 300 and 0 < costs["cpu_seconds"] < 300
    assert 50 < costs["peak_memory_mb"] < 2000
    assert costs["stage"] == "train_embeddings@cbow" and costs["finished"].startswith("20")


def test_a_stage_that_fails_leaves_the_figures_of_the_run_before(tmp_path):
    write_json(tmp_path / "results" / "costs" / "retrain.json", {"seconds": 7})
    failed = run(tmp_path, "0.6", "retrain")
    assert failed.returncode == 2 and "it takes too long" in failed.stderr
    assert read_costs(tmp_path / "results" / "costs") == {"retrain": {"seconds": 7}}


@pytest.mark.parametrize("stage, script", [
    ("", "pipelines/retrain.py"), ("examples/dvc.yaml:xor", "examples/xor.py"),
    ("xor", "examples/xor.py")])
def test_outside_this_pipeline_nothing_is_written(tmp_path, stage, script):
    assert run(tmp_path, "0", stage, script).returncode == 0
    assert not (tmp_path / "results").exists()


def test_a_stage_run_from_below_the_root_has_its_name(tmp_path):
    assert run(tmp_path, "0", "../dvc.yaml:retrain").returncode == 0
    assert set(read_costs(tmp_path / "results" / "costs")) == {"retrain"}


def test_nothing_is_measured_where_no_stage_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    with recorded_costs(tmp_path / "costs"):
        pass
    assert not (tmp_path / "costs").exists()


def test_unknown_costs_are_none(tmp_path):
    assert read_costs(tmp_path / "costs") == {}
