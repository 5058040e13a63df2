"""The memory of a process and of all that come from it, watched while it works."""

import contextlib
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INTERVAL = 0.05  # seconds between two looks at the memory
SHARE = 0.02  # of a core's time, at most, goes into looking
PROPORTIONAL = "proportional set size, summed over all processes"
RESIDENT = "largest resident set of one process, for there is no /proc"


def memory_limit() -> int | None:
    """The most bytes that this process may address (``ulimit -v`` or ``-d``); None without one."""
    if sys.platform != "linux":
        return None  # others have the call, and do not heed it
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)


def memory_method() -> str:
    """How memory is measured here."""
    own = Path("/proc/self")
    known = (own / "smaps_rollup").exists() and any(own.glob("task/*/children"))
    return PROPORTIONAL if known else RESIDENT


class Memory:
    """The most memory seen at one time, in bytes."""

    def __init__(self) -> None:
        self.peak = 0


@contextmanager
def watched(process: int) -> Iterator[Memory]:
    """Watch the memory of a process and its descendants while the block lasts."""
    memory, ended = Memory(), threading.Event()

    def watch() -> None:
        while not ended.is_set():
            began = time.thread_time()
            memory.peak = max(memory.peak, proportional_memory(process))
            ended.wait(max(INTERVAL, (time.thread_time() - began) / SHARE))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()


def proportional_memory(process: int) -> int:
    """Bytes of a process and its descendants; pages that several share are split among them."""
    return sum(_proportional_set_size(member) for member in descendants(process))


def descendants(process: int) -> list[int]:
    """A process and all that come from it, as far as they are there."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):  # it may end meanwhile
            for listed in Path(f"/proc/{parent}/task").glob("*/children"):
                found += map(int, _read(listed).split())
    return found


def _proportional_set_size(process: int) -> int:
    for line in _read(Path(f"/proc/{process}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    """A file of a process, empty when the process is gone."""
    try:
        return path.read_text()
    except OSError:
        return ""
