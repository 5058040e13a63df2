"""What each stage of the pipeline took the last time it ran on this machine.

The figures differ from run to run, so they are no output of a stage: dvc.lock stays the same.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from words_and_images.common.files import read_json, write_json
from words_and_images.common.memory import PROPORTIONAL, Memory, memory_method, watched

COSTS_FOLDER = Path("results") / "costs"
SCRIPTS = "pipelines"  # the folder of the stages' scripts


@contextmanager
def recorded_costs(folder: Path = COSTS_FOLDER) -> Iterator[None]:
    """Write what the process has taken, from its start to the end of the block, to <stage>.json.

    The stage is the one that DVC runs, `train_embeddings@cbow` for one of a matrix. Nothing is
    written where DVC runs none, where its script is no stage of this pipeline, and where the
    block fails.
    """
    # Called from below the root, DVC names the stage "../dvc.yaml:retrain".
    stage = os.environ.get("DVC_STAGE", "").rpartition(":")[2]
    if not stage or Path(sys.argv[0]).parent.name != SCRIPTS:
        yield
        return
    with watched(os.getpid()) as memory:
        yield
    write_json(folder / f"{stage}.json", _costs(stage, memory))


def read_costs(folder: Path) -> dict[str, dict[str, Any]]:
    """What is known of each stage, by its name."""
    return {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}


def _costs(stage: str, memory: Memory) -> dict[str, Any]:
    """Seconds by the wall clock and of the processors, and the peak of the memory."""
    import psutil  # not above: command lines import this module, and must answer at once

    spent = os.times()
    return {
        "stage": stage,
        "seconds": round(time.time() - psutil.Process().create_time(), 2),
        "cpu_seconds": round(spent.user + spent.system + spent.children_user
                             + spent.children_system, 2),
        "peak_memory_mb": round(_peak(memory) / 2**20, 1),
        "memory": memory_method(),
        "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _peak(memory: Memory) -> int:
    """Bytes."""
    if memory_method() == PROPORTIONAL:
        return memory.peak
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
