"""The workers of a Dask cluster, with a bound and a sentence for every wait.

Dask places the work, moves results from worker to worker and computes again what a lost worker
had; what is computed is the stages'. Two things are seen to here: that every worker has the same
code and packages as this process, and that a run ends where it can no longer go on: without a
scheduler, without workers, or where a piece of work takes its workers with it.
"""

import hashlib
import logging
import re
import tempfile
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from platform import python_version
from typing import Any, TypeVar
from uuid import uuid4

import dask
from distributed import Client, Future, LocalCluster, Security, fire_and_forget, wait
from distributed.scheduler import KilledWorker

from words_and_images.common.engine import EngineParameters, LostError
from words_and_images.common.errors import UserError, counted
from words_and_images.common.processor import CHOSEN, describe_kernels
from words_and_images.common.progress import say
from words_and_images.common.workers import cores

Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECTING = 10  # seconds until a scheduler counts as out of reach
GONE = 20  # seconds without a connection until the scheduler counts as lost
STARTING = 60  # seconds in which the first worker has to come
PATIENCE = 600  # seconds in which something has to finish
LOOK = 1.0  # seconds between two looks at whether all are still there
DEATHS = 3  # of workers that had a piece of work, until it counts as their cause
AHEAD = 2  # items a worker that are taken from a list before their results are
TRIALS = 5  # of a piece of work whose data are lost with their worker
PACKAGES = ("words_and_images", "word2vec", "vision")
OTHER_PACKAGES = ("numpy", "scipy", "pillow", "pillow-heif", "ai-edge-litert", "tensorflow", "dask",
                  "distributed", "cloudpickle", "msgpack")


class Cluster:
    """The workers, as the stages use them.

    Parameters
    ----------
    client : of Dask, connected.
    files : whether workers get files `sent` or read them under the same paths (`shared`).
    """

    def __init__(self, client: Client, files: str) -> None:
        self.client, self.shared = client, files == "shared"
        self._address = client.scheduler.address
        self._scheduler = f"the scheduler {self._address}"
        self._expected = code_version()
        self._progress = time.monotonic()

    def workers(self) -> list[str]:
        """The addresses of the workers that are there, in alphabetical order."""
        return sorted(self.client.scheduler_info(n_workers=-1)["workers"])

    def check(self) -> None:
        """UserError where there are no workers, or some have other code or packages."""
        try:
            self.client.wait_for_workers(1, timeout=STARTING)
        except TimeoutError:
            raise UserError(f"the scheduler {self._address} has had no worker for {STARTING} s; "
                            f"start some with: dask worker {self._address}") from None
        answers = self._asked()
        for who, found in answers.items():
            if isinstance(found, BaseException):
                lacking = "ModuleNotFoundError" in repr(found) or "ImportError" in repr(found)
                raise UserError(
                    f"{who} cannot import this project ({found}); install "
                    "words-and-images[cluster] there, as it is here." if lacking else
                    f"{who} does not answer ({found!r}); start it again.")
            _refuse_other(who, found["versions"], versions())
        here = kernels()
        for who, found in answers.items():
            if found["kernels"] != here and who != self._scheduler:
                say(f"warning: {who} has {found['kernels']} and this process {here}; results may "
                    "differ in their last digits. Workers with one kind of processor, or "
                    "OPENBLAS_CORETYPE and NPY_DISABLE_CPU_FEATURES of the same value, give the "
                    "same bytes.")

    def _asked(self) -> dict[str, Any]:
        """What the scheduler, which reads all work too, and each worker say of themselves."""
        try:
            found = self.client.sync(self.client._run, describe_process, on_error="return",
                                     callback_timeout=STARTING)
            scheduler = self.client.sync(self.client._run_on_scheduler, describe_process,
                                         callback_timeout=STARTING)
        except TimeoutError:
            raise UserError(f"a worker of {self._address} has not answered for {STARTING} s; "
                            "start it again, or take it out.") from None
        except Exception as error:  # of whatever kind the scheduler raises
            scheduler = error
        return {self._scheduler: scheduler,
                **{f"the worker {address}": found[address] for address in sorted(found)}}

    def submit(
        self, function: Callable[..., Any], *arguments: Any, only: str | None = None
    ) -> Future:
        """Have a function called by a worker; by one alone, if it holds what is needed.

        Nothing large may be among the arguments but futures: they go by way of the scheduler. Who
        names one worker has to `wait` in a way that notices when that is gone.
        """
        return self.client.submit(
            _checked, self._expected, function, *arguments, pure=False,
            key=f"{function.__name__}-{uuid4().hex}", workers=only and [only])

    def have(self, function: Callable[..., Any], *arguments: Any, only: str) -> None:
        """Have a worker call a function, whether or not anybody waits for it."""
        fire_and_forget(self.submit(function, *arguments, only=only))

    def threads(self) -> int:
        """The threads that each worker has; the fewest, where they differ."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        return min((int(worker["nthreads"]) for worker in workers), default=1)

    def send(self, value: Any, worker: str | None = None) -> Future:
        """Put a value into the memory of a worker. It is lost with that worker."""
        for _ in range(TRIALS):
            try:
                # In a list: tuples and lists themselves would be sent piece by piece.
                futures: list[Future] = self.client.scatter(
                    [value], workers=worker and [worker], direct=True, hash=False)
                return futures[0]
            except (OSError, TimeoutError) as error:
                reason = error
                time.sleep(LOOK)  # until the scheduler knows, too, that a worker is gone
                if worker and worker not in self.workers():
                    raise LostError(f"{worker} is gone") from None
                self.wait_for_any()
        raise UserError(f"data cannot be sent to the workers of {self._address} ({reason}); they "
                        "have to be reachable from here.")

    def wait(self, futures: Sequence[Future], workers: Collection[str]) -> None:
        """Return when all is done, without fetching it.

        Raises
        ------
        LostError
            When one of these workers is gone, or something that was needed is lost.
        UserError
            When the cluster can no longer do it.
        What the work itself raises.
        """
        while True:
            try:
                wait(futures, timeout=LOOK)
            except CancelledError:
                self._wait_for_scheduler()
                raise LostError("a result was lost") from None
            except TimeoutError:
                self._raise_errors(futures)  # of which the others may never come to an end
                self._look(workers)
            else:
                self._progress = time.monotonic()
                self._raise_errors(futures)
                return

    def _raise_errors(self, futures: Sequence[Future]) -> None:
        for future in futures:
            if future.status == "error":
                self.result(future)  # which raises it

    def result(
        self, future: Future, workers: Collection[str] = (), patience: float = PATIENCE
    ) -> Any:
        """What a worker has computed.

        Parameters
        ----------
        future : of it.
        workers : without which there is nothing to wait for.
        patience : seconds in which something has to finish.

        Raises
        ------
        LostError
            When it went with its worker, and with it what it was computed from; and when one of
            these workers is gone before it is here.
        UserError
            When the cluster can no longer give it.
        What the work itself raises.
        """
        while True:
            try:
                value = future.result(timeout=LOOK)
            except CancelledError:
                self._wait_for_scheduler()
                raise LostError("a result was lost") from None
            except KilledWorker:
                raise UserError(
                    f"{DEATHS + 1} workers died over the same piece of work, often of too little "
                    "memory; give them more, or fewer processes a machine.") from None
            except TimeoutError:
                if future.status == "error":  # of the work itself
                    raise
                self._look(workers, patience)
            else:
                self._progress = time.monotonic()
                return value

    def in_order(
        self, work: Callable[..., Result], items: Iterable[Item], sent: bool = False,
        common: Any = None,
    ) -> Iterator[Result]:
        """The results of a function over items, in their order, from all workers.

        Items are taken only a few ahead. What is lost with a worker is worked on again.

        Parameters
        ----------
        work : called with each item on a worker; of a module that workers can import.
        items : read here.
        sent : whether items are large, and go to the workers without a way round by the scheduler.
        common : if given, a second argument of all calls, which may be large: workers get it once,
            one from the other, and again where it was lost with its worker.
        """
        kept: list[Future] = []
        waiting: deque[tuple[Item, Future]] = deque()

        def begun(item: Item) -> Future:
            if common is not None and (not kept or kept[0].cancelled()):
                kept[:] = [self.send(common)]
            return self.submit(work, self.send(item) if sent else item, *kept)

        def first() -> Result:
            item, future = waiting.popleft()
            for _ in range(TRIALS):
                with suppress(LostError):
                    result: Result = self.result(future)
                    return result
                future = begun(item)
            raise UserError(f"a piece of work was lost with its worker {TRIALS} times; see why "
                            f"workers of {self._address} come and go.")

        for item in items:
            waiting.append((item, begun(item)))
            while waiting and (waiting[0][1].done()
                               or len(waiting) > AHEAD * max(1, len(self.workers()))):
                yield first()
        while waiting:
            yield first()

    def wait_for_any(self) -> None:
        """Return when there is a worker; UserError where none comes."""
        self._progress = time.monotonic()
        while not self.workers():
            self._look()
            time.sleep(LOOK)

    def answers(self, asked: dict[str, Future], seconds: float) -> dict[str, Any]:
        """What each of some workers has answered within so many seconds."""
        with suppress(TimeoutError, CancelledError):
            wait(list(asked.values()), timeout=seconds)
        return {worker: self.result(future) for worker, future in asked.items()
                if future.status == "finished"}

    def _look(self, needed: Collection[str] = (), patience: float = PATIENCE) -> None:
        """UserError where there is nothing more to wait for, LostError without who is needed."""
        if self.client.status != "running":
            self._wait_for_scheduler()
        still, workers = time.monotonic() - self._progress, self.workers()
        if not workers and still > STARTING:
            raise UserError(f"the scheduler {self._address} has had no worker for "
                            f"{STARTING} s; start some with: dask worker {self._address}")
        if gone := set(needed) - set(workers):
            raise LostError(f"{', '.join(sorted(gone))} is gone")
        if still > patience:
            raise UserError(f"no worker of {self._address} has finished anything for {PATIENCE} s; "
                            "see what they are doing, and start them again.")

    def _wait_for_scheduler(self) -> None:
        """Return when there is a connection; UserError where it is gone."""
        end = time.monotonic() + GONE
        while self.client.status == "connecting" and time.monotonic() < end:
            time.sleep(LOOK / 10)
        if self.client.status != "running":
            raise UserError(f"the scheduler {self._address} is gone; start it again, and run this "
                            "again: what was finished is kept.")


@contextmanager
def connected(parameters: EngineParameters) -> Iterator[Cluster]:
    """A cluster whose workers have been checked, until the end of the block."""
    for name in filter(re.compile("distributed").match, logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told in sentences
    settings = {"distributed.worker.profile.enabled": False,
                # With it, glibc returns the memory of each large array at once, and gets it anew.
                "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
                "distributed.scheduler.allowed-failures": DEATHS,
                "distributed.comm.timeouts.connect": CONNECTING}
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        local = None if parameters.scheduler else stack.enter_context(_local(parameters))
        address = local.scheduler_address if local else str(parameters.scheduler)
        try:
            client = stack.enter_context(Client(
                local or address, timeout=CONNECTING, security=_security(parameters),
                direct_to_workers=True))
        except (OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise UserError(f"the scheduler {address} cannot be reached ({reason}); start it with: "
                            "dask scheduler, or name another with scheduler.") from None
        cluster = Cluster(client, parameters.files)
        cluster.check()
        say(f"{counted(len(cluster.workers()), 'worker')} of {address}")
        yield cluster


def _local(parameters: EngineParameters) -> LocalCluster:
    """Worker processes on this machine, without a page of their own and bounds of memory."""
    return LocalCluster(
        n_workers=parameters.processes or cores(), threads_per_worker=1, memory_limit=0,
        dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
        local_directory=tempfile.gettempdir())


def _security(parameters: EngineParameters) -> Security | None:
    if not parameters.ca_file:
        return None
    for name in ("ca_file", "certificate", "key"):
        path = getattr(parameters, name)
        if not Path(path).is_file():
            raise UserError(f"{name} is {path!r}, which is no file; give a PEM file.")
    return Security(tls_ca_file=parameters.ca_file, tls_client_cert=parameters.certificate,
                    tls_client_key=parameters.key, require_encryption=True)


def _checked(expected: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function on a worker, which may have joined late, if it has the same code."""
    if code_version() != expected:
        raise UserError("a worker that joined late has another version of this project; install "
                        "the same there, and run this again.")
    return function(*arguments)


def describe_process() -> dict[str, Any]:
    """What has to be the same everywhere."""
    return {"versions": versions(), "kernels": kernels()}


def kernels() -> str:
    """What NumPy has chosen for the processor: matrix kernels, and its own for all else."""
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    own = np.show_config(mode="dicts")["SIMD Extensions"]["found"]  # type: ignore[call-overload]
    return f"{describe_kernels().removesuffix(CHOSEN)} and {' '.join(own) or 'no extensions'}"


@cache
def versions() -> dict[str, str]:
    """Versions of all that decides results, or how processes talk to each other."""
    return {"python": python_version(), **{name: _version(name) for name in OTHER_PACKAGES},
            "words-and-images": code_version()}


def _version(package: str) -> str:
    with suppress(PackageNotFoundError):
        return version(package)
    return "not installed"


@cache
def code_version() -> str:
    """A digest of the project's own code."""
    digest = hashlib.blake2b(digest_size=8)
    for package in PACKAGES:
        folder = Path(str(find_spec(package).origin)).parent  # type: ignore[union-attr]
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _refuse_other(who: str, there: dict[str, str], here: dict[str, str]) -> None:
    for name, wanted in here.items():
        if there.get(name) != wanted:
            raise UserError(f"{who} has {name} {there.get(name)} and this process "
                            f"{wanted}; install the same there.")
