"""Threads that answer photos: few, so that few pictures are in memory at one time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from words_and_images.common.workers import cores

MOST_ANSWERS, MOST_MAPS = 100, 8  # that wait or are worked on: half a minute of work at most

Result = TypeVar("Result")


class QueueFullError(Exception):
    """As much is waiting as there may be."""


class Workers:
    """Threads with a queue of a bounded length.

    Parameters
    ----------
    name : of the threads.
    threads : that work side by side.
    most : that may wait or be worked on.
    """

    def __init__(self, name: str, threads: int, most: int) -> None:
        self._pool = ThreadPoolExecutor(threads, name)
        self._most, self._taken = most, 0
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether nothing more is taken at this moment."""
        return self._taken >= self._most

    def begin(self, work: Callable[..., Result], *given: Any) -> Future[Result]:
        """Have work done by a thread as soon as one is free.

        Raises
        ------
        QueueFullError
            Where too much is waiting.
        """
        with self._lock:
            if self.full:
                raise QueueFullError
            self._taken += 1
        future = self._pool.submit(self._run, work, *given)
        future.add_done_callback(lambda ended: self._release() if ended.cancelled() else None)
        return future

    def _run(self, work: Callable[..., Result], *given: Any) -> Result:
        try:
            return work(*given)
        finally:  # before the result is known, so that who has it finds the place free
            self._release()

    def _release(self) -> None:
        with self._lock:
            self._taken -= 1


class Room:
    """Bytes that uploads take up together, kept by one thread.

    Parameters
    ----------
    most : of them.
    """

    def __init__(self, most: int) -> None:
        self._left = most

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """A function that takes bytes; all are given back at the end.

        Raises
        ------
        QueueFullError
            Where the function asks for more than are left.
        """
        taken = 0

        def take(count: int) -> None:
            nonlocal taken
            if count > self._left:
                raise QueueFullError
            taken += count
            self._left -= count

        try:
            yield take
        finally:
            self._left += taken


class PhotoWorkers:
    """Those that answer, and one that draws maps, which takes seconds, out of their way."""

    def __init__(self) -> None:
        self.answering = Workers("photo", cores(), MOST_ANSWERS)
        self.explaining = Workers("map", 1, MOST_MAPS)
