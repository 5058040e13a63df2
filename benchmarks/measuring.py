"""A program run to its end: its time, and the memory of all its processes, watched from outside."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from common.errors import UserError

INTERVAL = 0.05  # seconds between two looks at the memory
SHARE = 0.02  # of a core's time, at most, goes into looking
PROPORTIONAL = "proportional set size, summed over all processes"
RESIDENT = "largest resident set of one process, for there is no /proc"
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


@dataclass(frozen=True)
class Measured:
    """What a program took.

    Parameters
    ----------
    seconds : by the wall clock, its start included.
    cpu_seconds : of the program and of the processes that it waited for.
    peak_memory_mb : at one time, in 2^20 bytes, measured as `memory_method` says.
    output : what it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    output: str


def run(command: list[str]) -> Measured:
    """Run a program to its end, with one thread for matrix products.

    Raises
    ------
    UserError
        When it cannot be started, and when it fails, with the last line of its errors.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = _start(command, output, errors)
        try:
            with watched(process.pid) as memory:
                _, status, usage = os.wait4(process.pid, 0)
                seconds = time.perf_counter() - started
                process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        if process.returncode:
            raise UserError(f"{Path(command[0]).name} ended with exit code {process.returncode} "
                            f"({_last_line(errors) or 'it said nothing'}); see whether "
                            f"`{' '.join(command)[:200]}` runs by itself.")
        peak = memory.peak if memory_method() == PROPORTIONAL else usage.ru_maxrss * 1024
        return Measured(seconds, usage.ru_utime + usage.ru_stime, peak / 2**20, _text(output))


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


def _start(command: list[str], output: IO[bytes], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                env={**os.environ, **ONE_THREAD})
    except OSError as error:
        raise UserError(f"{command[0]} cannot be run ({error.strerror}); give a program made for "
                        "this machine.") from None


def _last_line(file: IO[bytes]) -> str:
    lines = [line.strip() for line in _text(file).splitlines()]
    return next((line for line in reversed(lines) if line), "").rstrip(".")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")
