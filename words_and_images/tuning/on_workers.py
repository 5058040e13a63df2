"""Trials on the workers of a cluster: each is the work of one, from its first part to its last.

What scores a trial goes to a worker once, and the scores come back one by one, so that a trial can
be given up after any of them. What is under way stays on its worker; where that is lost, another
begins the trial again and leaves out what is known of it already, since it comes out the same.
"""

import math
from collections.abc import Generator
from contextlib import suppress
from threading import Condition
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from threadpoolctl import threadpool_limits

from words_and_images.common.engine import LostError
from words_and_images.common.errors import UserError
from words_and_images.common.progress import WARNING, say
from words_and_images.tuning.space import Values
from words_and_images.tuning.study import Score

if TYPE_CHECKING:
    from distributed import Future

    from words_and_images.common.cluster import Cluster

LOOK = 1.0  # seconds between two looks at whether a worker is free
TRIES = 5  # of a trial whose workers are lost

_under_way: dict[str, Generator[Score, None, None]] = {}  # the trials of a worker's process


class Scorer(Protocol):
    """Scores sets of values, with all that this takes; it can be sent to another process."""

    def scores(self, values: Values, seed: int) -> Generator[Score, None, None]:
        """The score so far, after each part of a trial."""


class Workers:
    """The workers that try sets of values, of which each has one trial at a time.

    Parameters
    ----------
    cluster : connected.
    """

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster = cluster
        self._changed = Condition()  # and lock of what follows
        self._busy: set[str] = set()
        self._held: dict[str, tuple[Scorer, Future]] = {}  # by worker
        self._asked: dict[str, Future] = {}  # the part of a trial that each is at
        self._stopped = False

    def __len__(self) -> int:
        return len(self._cluster.workers())

    def scores(
        self, scorer: Scorer, values: Values, seed: int
    ) -> Generator[Score, None, None]:
        """The scores of a trial, on the next worker that is free; to close it ends the trial.

        May be called from several threads.

        Raises
        ------
        UserError
            Where the cluster can no longer do it.
        What the scorer raises.
        """
        known = 0
        for _ in range(TRIES):
            worker, trial = self._take(scorer), uuid4().hex
            try:
                while score := self._next(worker, trial, known, scorer, values, seed):
                    yield score
                    known += 1
                return
            except LostError as error:
                if self._stopped:
                    return
                reason = str(error)
                say(f"{WARNING}{reason}; another worker begins its trial again")
            finally:
                self._end(worker, trial)
        raise UserError(f"a trial was lost with its worker {TRIES} times ({reason}); see why "
                        "workers come and go.")

    def stop(self) -> None:
        """End all trials, without waiting for the parts that they are at."""
        with self._changed:
            self._stopped = True
            self._cluster.client.cancel(list(self._asked.values()))

    def _take(self, scorer: Scorer) -> str:
        """A worker that is free; one that holds what scores, where there is such a one."""
        while True:
            with self._changed:
                if free := [each for each in self._cluster.workers() if each not in self._busy]:
                    worker = next((each for each in free if self._holds(each, scorer)), free[0])
                    self._busy.add(worker)
                    return worker
                self._changed.wait(LOOK)
            self._cluster.wait_for_any()

    def _holds(self, worker: str, scorer: Scorer) -> bool:
        held = self._held.get(worker)
        return held is not None and held[0] is scorer and not held[1].cancelled()

    def _next(
        self, worker: str, trial: str, known: int, scorer: Scorer, values: Values, seed: int
    ) -> Score | None:
        """The score after the next part, None after the last; LostError without the worker."""
        if not self._holds(worker, scorer):
            self._held.pop(worker, None)  # of what was scored before, memory holds no copy
            self._held[worker] = scorer, self._cluster.send(scorer, worker)
        with self._changed:
            if self._stopped:
                raise LostError("the search has been stopped")
            self._asked[worker] = self._cluster.submit(
                score_next, trial, known, self._held[worker][1], values, seed, only=worker)
        # A part may take hours, and a worker that says nothing is taken out by the scheduler.
        score: Score | None = self._cluster.result(self._asked[worker], [worker], math.inf)
        return score

    def _end(self, worker: str, trial: str) -> None:
        with self._changed:
            self._asked.pop(worker, None)
            if worker in self._cluster.workers():
                self._cluster.have(forget, trial, only=worker)
            self._busy.discard(worker)
            self._changed.notify()


def score_next(
    trial: str, known: int, scorer: Scorer, values: Values, seed: int
) -> Score | None:
    """On a worker: the score after the next part of a trial, None after the last.

    Parameters
    ----------
    trial : its name.
    known : scores that are known of it; the first call here leaves them out.
    """
    with threadpool_limits(limits=1, user_api="blas"):  # sums in the same order everywhere
        if trial not in _under_way:
            _under_way[trial] = scorer.scores(values, seed)
            for _ in range(known):
                next(_under_way[trial])
        return next(_under_way[trial], None)


def forget(trial: str) -> None:
    """On a worker: end a trial."""
    if parts := _under_way.pop(trial, None):
        with suppress(ValueError):  # it is at a part, after which it ends
            parts.close()
