"""Where the time of a training by several processes goes, as its first process sees it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from word2vec.training import worker
from word2vec.training.team import Barrier
from word2vec.training.updates import RowUpdater
from word2vec.training.worker import Worker

SAMPLED = 64  # steps, of which one is looked at: how many different rows it changes


@dataclass
class Phases:
    """What the first process did.

    Parameters
    ----------
    rounds : after each of which the replicas are merged.
    seconds, waiting, merging : of all rounds, and of these for the other processes and for the
        merges; the rest are its replicas' steps.
    starting : seconds before the others had started.
    updates : of a table; each step has two.
    row_bytes : of the different rows of `sampled` updates, each fetched and written back once.
    merged_bytes : of its share of the merged rows, fetched from all tables and given to all.
    """

    rounds: int = 0
    seconds: float = 0.0
    waiting: float = 0.0
    merging: float = 0.0
    starting: float = 0.0
    updates: int = 0
    sampled: int = 0
    row_bytes: int = 0
    merged_bytes: int = 0

    def figures(self) -> dict[str, float]:
        """What a benchmark asks for."""
        steps = self.updates // 2
        return {"rounds": self.rounds, "steps": steps, "starting": self.starting,
                "waiting": self.waiting, "merging": self.merging, "merged_bytes": self.merged_bytes,
                "stepping": self.seconds - self.waiting - self.merging,
                "stepped_bytes": steps * 2 * self.row_bytes / max(1, self.sampled)}

    def note_update(self, ids: NDArray[np.int32], row: int) -> None:
        """Count an update of rows of so many bytes, and now and then how many they are."""
        if self.updates // 2 % SAMPLED == 0:
            self.row_bytes += 2 * row * len(np.unique(ids))
            self.sampled += 1
        self.updates += 1

    def note_merge(self, learnt: NDArray[np.float32], share: tuple[int, int], row: int) -> None:
        """Count the rows of a table that are about to be merged."""
        rows = np.count_nonzero(learnt[:, share[0] :: share[1]].any(axis=0))
        self.merged_bytes += 2 * row * int(rows) * (len(learnt) + 1)  # the base is one more


@contextmanager
def noted_phases() -> Iterator[Phases]:
    """Note what a training in the block, in this process, spends its time on."""
    phases = Phases()
    learn, wait, merge, add = Worker.round, Barrier.wait, worker.merge, RowUpdater.add

    def noting_round(self: Worker, epoch: int, number: int) -> Iterator[float]:
        begun = time.perf_counter()
        yield from learn(self, epoch, number)
        phases.seconds += time.perf_counter() - begun
        phases.rounds += 1

    def noting_wait(self: Barrier) -> None:
        begun = time.perf_counter()
        wait(self)
        if phases.rounds or phases.starting:
            phases.waiting += time.perf_counter() - begun
        else:
            phases.starting = time.perf_counter() - begun
            phases.seconds -= phases.starting

    def noting_merge(tables: Any, base: Any, learnt: Any, share: Any) -> None:
        phases.note_merge(learnt, share, base[0].nbytes)
        begun = time.perf_counter()
        merge(tables, base, learnt, share)
        phases.merging += time.perf_counter() - begun

    def noting_add(self: RowUpdater, ids: Any, gradients: Any, *others: Any) -> None:
        phases.note_update(ids, gradients[0].nbytes)
        add(self, ids, gradients, *others)

    with (patch.object(Worker, "round", noting_round), patch.object(Barrier, "wait", noting_wait),
          patch.object(worker, "merge", noting_merge), patch.object(RowUpdater, "add", noting_add)):
        yield phases
