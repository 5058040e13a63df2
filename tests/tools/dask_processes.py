"""Schedulers and workers of Dask as processes of their own, as people start them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from words_and_images.common.errors import UserError

PATHS = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]


class Processes:
    """A scheduler and its workers, without nannies: who is killed stays away.

    Parameters
    ----------
    folder : for what they write.
    options : of all of them, such as certificates.
    protocol : tcp or tls.
    host : of the scheduler.
    """

    def __init__(
        self, folder: Path, options: tuple[str, ...] = (), protocol: str = "tcp",
        host: str = "127.0.0.1",
    ) -> None:
        self._folder, self._options, self.host = folder, options, host
        with socket.socket() as free:
            free.bind((host, 0))
            self.port = free.getsockname()[1]
        self.address = f"{protocol}://{host}:{self.port}"
        paths = os.pathsep.join(filter(None, [*PATHS, os.environ.get("PYTHONPATH")]))
        self._environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": paths}
        self.scheduler = self.start("scheduler", "--port", str(self.port), "--host", host,
                                    "--no-dashboard", "--protocol", protocol)
        self.workers: list[subprocess.Popen] = []

    def start(
        self, kind: str, *arguments: str, within: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen:
        """Start `dask scheduler` or `dask worker`, by way of the command `within`."""
        with (self._folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [*within, sys.executable, "-m", "dask", kind, *arguments, *self._options],
                env={**self._environment, **environment}, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, cwd=self._folder)

    def add_worker(
        self, within: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen:
        """Start one more worker."""
        worker = self.start("worker", self.address, "--nthreads", "1", "--no-nanny",
                            "--no-dashboard", "--local-directory", str(self._folder),
                            within=within, **environment)
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        """End all."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def slowly_negated(number: int) -> int:
    """Work for a worker."""
    time.sleep(0.2)
    return -number


def slowly_measured(content: bytes) -> int:
    """Work on what is sent."""
    time.sleep(0.2)
    return len(content)


def ending(_: object) -> None:
    """Work that takes its worker with it."""
    os._exit(1)


def refusing(number: int) -> None:
    """Work that is refused."""
    raise UserError(f"number is {number}; give another.")


@contextmanager
def dask_processes(
    folder: Path, workers: int, options: tuple[str, ...] = (), protocol: str = "tcp",
    host: str = "127.0.0.1",
) -> Iterator[Processes]:
    """A scheduler with so many workers while the block lasts."""
    processes = Processes(folder, options, protocol, host)
    try:
        for _ in range(workers):
            processes.add_worker()
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection((host, processes.port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield processes
    finally:
        processes.stop()
