"""Processes that train the same tables: their shared arrays, and how they wait for each other.

Threads of one process would meet on the interpreter's lock at every one of the small array
operations of a step. The arrays that all processes need are files, which each of them maps; where
the system has files that live in memory only (Linux), these.
"""

import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import DTypeLike, NDArray

from words_and_images.common.errors import UserError
from words_and_images.common.progress import say
from words_and_images.common.workspaces import workspace

Arrays = dict[str, NDArray[Any]]
Layout = dict[str, tuple[tuple[int, ...], DTypeLike]]
Offered = dict[str, tuple[str, str]]  # by name: a path, and what it leads to

FILES_IN_MEMORY = hasattr(os, "memfd_create") and Path("/proc/self/fd").exists()
PATIENCE = 3.0  # seconds between two looks at whether a process is stopped
NAP = 2e-4  # seconds between two looks at the others' progress


def create_arrays(folder: Path | None, layout: Layout) -> Arrays:
    """Arrays of zeros: mapped files of a folder, or this process's own memory without one."""
    if folder is None:
        return {name: np.zeros(shape, dtype) for name, (shape, dtype) in layout.items()}
    return {name: _create_file(folder / f"shared_{name}.npy", shape, dtype)
            for name, (shape, dtype) in layout.items()}


def _create_file(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """A mapped file of zeros; in memory, the path only leads to it.

    A file on disk would be written out again and again while training changes it, and one that is
    in memory leaves nothing behind, however this process ends.
    """
    if not FILES_IN_MEMORY:
        return np.lib.format.open_memmap(path, "w+", dtype, shape)
    array, found = _create_in_memory(path.stem, shape, dtype)
    path.symlink_to(found)
    return array


def _create_in_memory(
    name: str, shape: tuple[int, ...], dtype: DTypeLike
) -> tuple[NDArray[Any], str]:
    """The array, and the path of its file, which leads to `name`."""
    descriptor = os.memfd_create(name)
    path = f"/proc/{os.getpid()}/fd/{descriptor}"
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    weakref.finalize(array, os.close, descriptor)
    return array, path


def offered_arrays(layout: Layout) -> tuple[Arrays, Offered]:
    """Arrays of zeros, and where other processes of this machine read them: `read_offered`.

    Without files that live in memory nothing is offered.
    """
    if not FILES_IN_MEMORY:
        return create_arrays(None, layout), {}
    arrays, offered = {}, {}
    for name, (shape, dtype) in layout.items():
        label = uuid4().hex
        arrays[name], path = _create_in_memory(label, shape, dtype)
        offered[name] = path, label
    return arrays, offered


def read_offered(offered: Offered) -> Arrays | None:
    """Map the arrays that another process offers; None where they are not of this machine.

    The same path may be another process's here, or be a pipe.
    """
    try:
        for path, label in offered.values():
            if not os.readlink(path).startswith(f"/memfd:{label}"):
                return None
        return {name: np.load(path, mmap_mode="r") for name, (path, _) in offered.items()} or None
    except OSError:
        return None


def open_arrays(folder: Path) -> Arrays:
    """The arrays that another process created in a folder."""
    return {path.stem.removeprefix("shared_"): np.load(path, mmap_mode="r+")
            for path in folder.glob("shared_*.npy")}


class Barrier:
    """Where the members of a team wait until all have come so far.

    A member writes down how often it has come, and looks at what the others wrote until they have
    come as often.

    Parameters
    ----------
    arrivals : (members,) int64, shared, zeros at the beginning.
    member : the number of this one.
    check : called now and then while waiting; raises when another member is gone.
    """

    def __init__(
        self, arrivals: NDArray[np.int64], member: int, check: Callable[[], None]
    ) -> None:
        self._arrivals = arrivals
        self._others = [i for i in range(len(arrivals)) if i != member]
        self._member, self._check, self._count = member, check, 0
        self._fence = threading.Lock()

    def wait(self) -> None:
        """Return when all have come."""
        self._count += 1
        # A lock taken and released orders the memory accesses before and after it, also on
        # processors that reorder writes.
        with self._fence:
            self._arrivals[self._member] = self._count
        for other in self._others:
            while self._arrivals[other] < self._count:
                time.sleep(NAP)
                try:
                    self._check()
                except UserError:  # it may have come, and ended, since the look at its arrivals
                    if self._arrivals[other] < self._count:
                        raise
        with self._fence:
            pass


@contextmanager
def shared_folder(members: int) -> Iterator[Path | None]:
    """A temporary folder for the arrays of several members; None for one alone."""
    with ExitStack() as stack:
        yield None if members == 1 else stack.enter_context(workspace())


@contextmanager
def helpers(module: str, folder: Path | None, members: int) -> Iterator[Callable[[], None]]:
    """Run ``python -m module folder member parent`` for the members 1, 2, ... in the block.

    Yields
    ------
    A function that raises UserError when one of them has ended too early.
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1",
                   "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    processes = [
        subprocess.Popen([sys.executable, "-m", module, str(folder), str(member), str(os.getpid())],
                         env=environment, stdin=subprocess.DEVNULL,
                         start_new_session=True)  # Ctrl-C is for the first one, who ends them
        for member in range(1, members)
    ]

    told: dict[int, bool] = {}
    look = time.monotonic() + PATIENCE

    def check() -> None:
        nonlocal look
        for process in processes:
            if process.poll() is not None:
                raise UserError(
                    f"a training process ended early with exit code {process.returncode} (negative "
                    "is a signal: -9 is often too little memory); train again, with threads set "
                    "to 1 if it comes back.")
        if time.monotonic() < look:
            return
        look = time.monotonic() + PATIENCE
        for process in processes:
            stopped = is_stopped(process.pid)
            if stopped and not told.get(process.pid):
                say(f"warning: the training process {process.pid} is stopped, and the others wait "
                    f"for it; let it go on with kill -CONT {process.pid}.")
            told[process.pid] = stopped

    try:
        yield check
    finally:
        for process in processes:
            process.kill()
            process.wait()


def is_stopped(process: int) -> bool:
    """Whether a process of this machine is stopped, as by Ctrl-Z; False where nothing tells."""
    try:
        # The name of the program stands in brackets before the state, and may hold any.
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state in ("T", "t")


def check_parent(parent: int) -> Callable[[], None]:
    """A function that ends this process when the one that started it is gone."""
    def check() -> None:
        if os.getppid() != parent:
            sys.exit(1)

    return check
