"""A training by the workers of a cluster, from the point of view of who leads it.

A round is: every worker learns with its replicas, what they have moved goes to the workers that
merge, range by range of the rows, and what comes of it to all of them (cluster_replicas.py). Who
does what is decided here, since a worker holds tables and a part of the text. So every piece of
work is for one worker; when one is gone, or lacks what it needs, the others are asked what they
hold, and the round is learned again from the tables that are left: those of a worker, or else those
that were kept last. The result is the same.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from word2vec.corpus.token_stream import TokenStream
from word2vec.training import cluster_replicas as work
from word2vec.training.capacity import size
from word2vec.training.cluster_replicas import LackingError, Range
from word2vec.training.tables import Floats, Tables
from word2vec.training.worker import Standing, Sums, Task
from words_and_images.common.engine import LostError
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say

if TYPE_CHECKING:
    from distributed import Future

    from words_and_images.common.cluster import Cluster

MOST_SHARES = 16  # of the rows; each costs the scheduler a piece of work for every worker
KEPT_ROUNDS = 32  # after which the tables are kept, and how they came about is forgotten
TRIALS = 20  # of a round
ANSWER = 15  # seconds in which a worker says what it holds
ENDING = 5  # seconds in which it lets go of it
BLOCK = 1 << 26  # bytes of tables that travel at once
Keep = Callable[[Tables, Standing], None]


class ClusterTeam:
    """The workers of a cluster that train.

    Parameters
    ----------
    cluster : connected.
    task : what is trained.
    tokens : the text.
    keep : is given tables, and how far their epoch has come, every so many rounds.
    """

    def __init__(self, cluster: "Cluster", task: Task, tokens: TokenStream, keep: Keep) -> None:
        self._cluster, self._task, self._tokens, self._keep = cluster, task, tokens, keep
        self._run = uuid4().hex
        self._rounds = task.rounds(tokens)
        self._schedule = task.schedule(self._rounds)
        self._version = 0  # rounds of the schedule that are done
        self._merged: list[Future] = []  # what makes the version of the one before
        self._standing: dict[int, Standing] = {}  # how far the epoch has come, by version
        self._held: dict[str, int] = {}  # the version that each worker holds
        self._placed: dict[str, set[int]] = {}  # the replicas that each worker holds
        self._silent: dict[str, Future] = {}  # workers that do not answer, and the question
        self._here: tuple[int, Tables | None] = (0, None)  # a version and its tables; None: drawn

    def __enter__(self) -> "ClusterTeam":
        return self

    def __exit__(self, *error: Any) -> None:
        self._merged = []
        with suppress(Exception) if error[0] else nullcontext():  # who fails may have no cluster
            self._cluster.answers({worker: self._cluster.submit(
                work.finish, self._run, only=worker) for worker in self._held}, ENDING)

    def begin(self, start: Tables | None, within: Standing) -> None:
        """The tables to begin with, and how far an epoch has come that is under way."""
        self._here, self._standing[0] = (0, start), within

    def round(self, epoch: int, number: int) -> Iterator[float]:
        """Learn a round and merge; yield the share of the epoch that is done."""
        wanted = self._schedule.index((epoch, number)) + 1
        self._until(wanted, lambda: None)
        ended = number + 1 == len(self._rounds[epoch])
        if wanted % KEPT_ROUNDS == 0 and not ended:
            self._keep(self.tables(), self._standing[self._version])
        yield self._rounds[epoch][number]

    def sums(self, epoch: int) -> Sums:
        """Of the epoch so far, (replicas, 3)."""
        return self._standing[self._version].sums

    def tables(self) -> Tables:
        """What is learnt so far."""
        if self._here[0] != self._version or self._here[1] is None:
            self._until(self._version, self._fetch)
        tables = self._here[1]
        assert tables is not None
        return tables

    def take(self) -> Tables:
        """The trained tables."""
        return self.tables()

    def _until(self, wanted: int, then: Callable[[], None]) -> None:
        """Learn until a version is there, and do something with it, whatever is lost meanwhile."""
        for _ in range(TRIALS):
            try:
                while self._version < wanted:
                    self._prepare()
                    self._learn(*self._schedule[self._version])
                then()
                return
            except (LackingError, LostError) as error:
                reason = str(error)
                self._find_out(reason)
        raise UserError(f"a round of the training was lost {TRIALS} times ({reason}); see why "
                        "workers come and go.")

    # ---- a round ----

    def _learn(self, epoch: int, number: int) -> None:
        """Learn the round that makes the next version."""
        begin, end = [0.0, *self._rounds[epoch]][number : number + 2]
        before = (self._standing[self._version] if number else
                  Standing.none(self._task.parameters.replicas))
        workers = sorted(worker for worker, replicas in self._placed.items() if replicas)
        shares = min(len(workers), MOST_SHARES)
        run, version, submit = self._run, self._version, self._cluster.submit
        learned, order = {}, []
        for worker in workers:
            replicas = sorted(self._placed[worker])
            order += replicas
            learned[worker] = submit(
                work.learn, run, version, epoch, begin, end,
                {replica: (before.sums[replica].tolist(), before.places[replica].tolist())
                 for replica in replicas}, shares, *self._merged, only=worker)
        told = submit(work.together, *(
            submit(work.told, learned[worker], only=worker) for worker in workers))
        merged = [
            submit(work.merge_share, run, version, (share, shares), order,
                   *(submit(work.pick, learned[worker], share, only=worker) for worker in workers),
                   only=workers[share]) for share in range(shares)]
        self._cluster.wait([told, *merged], workers)
        after = Standing(number + 1, before.sums.copy(), before.places.copy())
        for replica, stand in self._cluster.result(told, workers).items():
            after.sums[replica], after.places[replica] = stand
        self._held.update(dict.fromkeys(workers, version))
        self._version, self._merged = version + 1, merged
        self._standing[self._version] = after

    def _advance(self) -> None:
        """Have all take over the last merge, and forget how it came about."""
        if not self._merged:
            return
        holders = [worker for worker, version in self._held.items() if version >= 0]
        self._cluster.wait([self._cluster.submit(work.advance, self._run, self._version,
                                                 *self._merged, only=worker)
                            for worker in holders], holders)
        self._held.update(dict.fromkeys(holders, self._version))
        self._merged = []

    def _fetch(self) -> None:
        """Bring the tables here."""
        self._advance()
        words, dim = len(self._tokens.counts), self._task.parameters.dim
        tables = np.empty((2, words + 1, dim), np.float32)
        holders = self._holders()
        if not holders:
            self._prepare()
            holders = self._holders()
        for place, rows in enumerate(self._blocks()):
            block = self._export(rows, holders, place)
            tables[:, slice(*rows)] = self._cluster.result(block, holders)[1]
        self._here = self._version, Tables(tables[0, :-1], tables[1, :-1])
        self._standing = {self._version: self._standing[self._version]}

    # ---- who holds what ----

    def _holders(self) -> list[str]:
        return sorted(worker for worker, version in self._held.items()
                      if version == self._version)

    def _blocks(self) -> list[Range]:
        """The rows of the tables, so many at once."""
        rows = len(self._tokens.counts) + 1
        step = max(1, BLOCK // (2 * 4 * self._task.parameters.dim))
        return [(begin, min(begin + step, rows)) for begin in range(0, rows, step)]

    def _export(self, rows: Range, holders: list[str], place: int) -> "Future":
        return self._cluster.submit(work.export, self._run, self._version, rows,
                                    only=holders[place % len(holders)])

    def _prepare(self) -> None:
        """See that the workers that are there hold the tables, and all replicas between them."""
        for worker in [worker for worker, asked in self._silent.items() if asked.done()]:
            del self._silent[worker]
        there = [worker for worker in self._cluster.workers() if worker not in self._silent]
        if not there:
            raise LostError("no worker is left")
        wanted = distributed_evenly(self._task.parameters.replicas, there, self._placed)
        for worker, replicas in wanted.items():
            if replicas and self._held.get(worker, -1) not in self._usable():
                if worker not in self._held:
                    self._refuse_more_than_memory(worker, len(replicas))
                self._give_tables(worker)
            for replica in sorted(replicas - self._placed.get(worker, set())):
                self._place(worker, replica)
        self._placed = wanted

    def _refuse_more_than_memory(self, worker: str, replicas: int) -> None:
        """UserError where a worker has no room for its replicas and the base."""
        needed = size({"tables": ((replicas + 1, 2, len(self._tokens.counts) + 1,
                                   self._task.parameters.dim), np.float32)})
        free = self._cluster.result(self._cluster.submit(work.free_memory, only=worker), [worker])
        if needed > free:
            raise UserError(f"the tables of {counted(replicas, 'replica')} take {needed / 1e9:.1f} "
                            f"GB and the worker {worker} has {free / 1e9:.1f} GB of memory free; "
                            "add workers, or lower replicas, dim or max_words.")

    def _usable(self) -> tuple[int, ...]:
        """The versions from which a worker can go on."""
        return (self._version, self._version - 1) if self._merged else (self._version,)

    def _give_tables(self, worker: str) -> None:
        """Have a worker hold the tables of the version."""
        self._advance()
        values, words = self._task.values(), len(self._tokens.counts)
        version, tables = self._here
        holders, cluster, run = self._holders(), self._cluster, self._run
        if not holders and tables is None:
            cluster.wait([cluster.submit(work.start, run, values, words, only=worker)], [worker])
            self._placed[worker] = set()
        else:
            for place, rows in enumerate(self._blocks()):
                block = (self._export(rows, holders, place) if holders
                         else cluster.send((rows, _block(tables, rows)), worker))
                cluster.wait([cluster.submit(work.restore, run, values, words, -1, block,
                                             only=worker)], [worker, *holders])
            cluster.wait([cluster.submit(work.restore, run, values, words, self._version,
                                         only=worker)], [worker])
        self._held[worker] = self._version

    def _place(self, worker: str, replica: int) -> None:
        """Have a worker hold a replica: its part of the text."""
        tokens, cluster = self._tokens, self._cluster
        start, stop = self._task.part(tokens, replica)
        first, last = np.searchsorted(tokens.bounds, (start, stop + 1))
        shared = cluster.shared and tokens.file
        text = [tokens.bounds[first:last], tokens.counts,
                tokens.file if shared else tokens.read(start, stop)]
        sent = [value if isinstance(value, str) else cluster.send(np.asarray(value), worker)
                for value in text]
        cluster.wait([cluster.submit(work.place, self._run, replica, start, len(tokens), *sent,
                                     only=worker)], [worker])
        self._placed.setdefault(worker, set()).add(replica)

    def _find_out(self, reason: str) -> None:
        """Ask all workers what they hold, and go back to what is left of the tables."""
        self._merged = []
        self._cluster.wait_for_any()
        asked = {worker: self._cluster.submit(work.state, self._run, only=worker)
                 for worker in self._cluster.workers()}
        answers = self._cluster.answers(asked, ANSWER)
        self._silent = {worker: asked[worker] for worker in asked if worker not in answers}
        self._held = {worker: version for worker, (version, _) in answers.items()}
        self._placed = {worker: set(replicas) for worker, (_, replicas) in answers.items()}
        left = [version for version in self._held.values() if version in self._standing]
        version = max([self._here[0], *left])
        say(f"warning: {reason}; going on from round {version} with "
            f"{counted(len(answers), 'worker')}")
        self._version = version


def distributed_evenly(
    replicas: int, workers: list[str], placed: dict[str, set[int]]
) -> dict[str, set[int]]:
    """Which worker is to hold which replicas: as even as can be, moving as few as possible."""
    wanted: dict[str, set[int]] = {worker: set() for worker in workers}
    free = set(range(replicas))
    for worker in workers:
        wanted[worker] = placed.get(worker, set()) & free
        free -= wanted[worker]
    for replica in sorted(free):
        wanted[min(workers, key=lambda worker: len(wanted[worker]))].add(replica)
    while True:
        most, least = (of(workers, key=lambda worker: len(wanted[worker])) for of in (max, min))
        if len(wanted[most]) - len(wanted[least]) < 2:
            return wanted
        moved = max(wanted[most])
        wanted[most].remove(moved)
        wanted[least].add(moved)


def _block(tables: Tables | None, rows: Range) -> Floats:
    """Rows of both tables, with that for padding behind the last word's."""
    assert tables is not None
    block: Floats = np.stack([table[slice(*rows)] for table in (tables.inputs, tables.outputs)])
    missing = rows[1] - rows[0] - block.shape[1]
    return np.pad(block, ((0, 0), (0, missing), (0, 0)))
