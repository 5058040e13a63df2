"""A program run to its end: its time, and the memory of all its processes."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from words_and_images.common.errors import UserError
from words_and_images.common.memory import PROPORTIONAL, memory_method, watched

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
