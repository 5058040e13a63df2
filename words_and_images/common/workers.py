"""Threads that work side by side on the items of a list."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4  # items a worker that are taken from the list before their results are


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int = 0
) -> Iterator[Result]:
    """The results of a function over items, in their order, from threads.

    Items are taken only a few ahead, so that a list may be endless and results may be large.

    Parameters
    ----------
    work : called with each item, in any thread; what it raises is raised here, at the item's turn.
    items : read in the calling thread.
    workers : threads; 0: one for each core.
    """
    workers = workers or cores()
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            # What is done goes out before the next item is asked for, which may take its time.
            while waiting and (waiting[0].done() or len(waiting) > AHEAD * workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also when the caller stops early: what has not begun never does
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
