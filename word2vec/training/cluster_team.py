"""A training by the workers of a cluster, from the point of view of who leads it.

A round is: every worker learns with its replicas, what they have moved goes to the workers that
merge, range by range of the rows, and what comes of it to all of them (cluster_replicas.py). Who
does what is decided here, since a worker holds tables and a part of the text. So every piece of
work is for one worker; when one is gone, or lacks what it needs, the others are asked what they
hold, and the round is learned again from the tables that are left: those of a worker, or else those
that were kept last. The result is the same.

Some rounds are given out ahead, so that workers do not wait for this process in between; where all
are of one machine, several as one piece of work, in which they wait for each other by themselves.
Before tables are fetched, and where workers have come or gone, all that was given out is waited
for.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from word2vec.corpus.token_stream import TokenStream
from word2vec.training import cluster_replicas as work
from word2vec.training.capacity import size
from word2vec.training.cluster_replicas import (
    LackingError,
    MissedError,
    Range,
    Round,
    Stands,
    unchanged,
)
from word2vec.training.tables import Floats, Tables
from word2vec.training.team import Arrays, read_offered
from word2vec.training.worker import Standing, Sums, Task
from words_and_images.common.engine import LostError
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say

if TYPE_CHECKING:
    from distributed import Future

    from words_and_images.common.cluster import Cluster

MOST_SHARES = 16  # of the rows; each costs the scheduler a piece of work for every worker
AHEAD = 4  # rounds that are given out at once
TOGETHER = 2  # of them in a piece of work, where all workers are of one machine
MISSES = 3  # of workers that waited for each other, until they do so no more
LOOK = 1.0  # seconds between two looks at who is there
KEPT_ROUNDS = 64  # after which the tables are kept, and how they came about is forgotten
TRIALS = 20  # of a round
ANSWER = 15  # seconds in which a worker says what it holds
ENDING = 5  # seconds in which it lets go of it
BLOCK = 1 << 26  # bytes of tables that travel at once
Keep = Callable[[Tables, Standing], None]


@dataclass(frozen=True)
class _Given:
    """A round that is given out, or several that workers learn together.

    Parameters
    ----------
    rounds : how many.
    learned : by each worker.
    merged : by whom, in the order of the shares of rows; nothing where they do so by themselves.
    carried : the same, for workers that cannot read the memory of who has merged it.
    """

    rounds: int
    learned: "dict[str, Future]"
    merged: "dict[str, Future]"
    carried: "dict[str, Future]" = field(default_factory=dict)


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
        self._last: _Given | None = None  # what makes the version of the one before
        self._ahead: deque[_Given] = deque()  # what is given out since, in this order
        self._near: set[tuple[str, str]] = set()  # who reads whose memory
        self._names: dict[str, str] = {}  # by which workers offer what they merge
        self._misses = 0
        self._bases: dict[str, Arrays] = {}  # tables of workers that this process can read
        self._looked = 0.0  # when it was last seen who is there
        self._standing: dict[int, Standing] = {}  # how far the epoch has come, by version
        self._held: dict[str, int] = {}  # the version that each worker holds
        self._placed: dict[str, set[int]] = {}  # the replicas that each worker holds
        self._silent: dict[str, Future] = {}  # workers that do not answer, and the question
        self._here: tuple[int, Tables | None] = (0, None)  # a version and its tables; None: drawn

    def __enter__(self) -> "ClusterTeam":
        return self

    def __exit__(self, *error: Any) -> None:
        self._last, self._ahead, self._bases = None, deque(), {}
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
                    if not self._ahead:
                        self._prepare()
                    self._give_out()
                    self._finish_round()
                then()
                return
            except (LackingError, LostError) as error:
                reason = str(error)
                self._misses += isinstance(error, MissedError)
                self._find_out(reason)
        raise UserError(f"a round of the training was lost {TRIALS} times ({reason}); see why "
                        "workers come and go.")

    # ---- a round ----

    def _give_out(self) -> None:
        """Give out the next rounds; only those that are under way where workers come or go."""
        if self._ahead and self._changed():
            return
        last = min(self._version + AHEAD, self._next_fetch())
        together = self._together()
        if together:
            self._advance()
        version = self._version + sum(given.rounds for given in self._ahead)
        while version < last:
            if together:
                self._ahead.append(self._learned_together(version, min(TOGETHER, last - version)))
            else:
                self._ahead.append(self._learned(version))
            version += self._ahead[-1].rounds

    def _together(self) -> bool:
        """Whether all workers that learn read each other's memory, and come when they should."""
        workers = self._learning()
        return self._misses < MISSES and all(
            self._reads(worker, other) for worker in workers for other in workers)

    def _learning(self) -> list[str]:
        """The workers that hold replicas."""
        return sorted(worker for worker, replicas in self._placed.items() if replicas)

    def _next_fetch(self) -> int:
        """The next version whose tables are asked for."""
        epoch, number = self._schedule[self._version]
        ends = self._version + len(self._rounds[epoch]) - number
        return min(ends, (self._version // KEPT_ROUNDS + 1) * KEPT_ROUNDS)

    def _changed(self) -> bool:
        """Whether workers have come, gone or begun to answer since `_prepare`."""
        if time.monotonic() < self._looked + LOOK:
            return False
        self._looked = time.monotonic()
        return (any(asked.done() for asked in self._silent.values())
                or set(self._cluster.workers()) - set(self._silent) != set(self._placed))

    def _part(self, version: int) -> Round:
        """The round that begins with a version."""
        epoch, number = self._schedule[version]
        begin, end = [0.0, *self._rounds[epoch]][number : number + 2]
        return Round(epoch, begin, end)

    def _learned_together(self, version: int, rounds: int) -> _Given:
        """Give out rounds, the first of which begins with a version, as one piece of work each."""
        workers = self._learning()
        parts = [self._part(version + further) for further in range(rounds)]
        mergers = [self._names[worker] for worker in workers[:MOST_SHARES]]
        return _Given(rounds, {
            worker: self._cluster.submit(work.learn_together, self._run, version, parts,
                                         self._before(worker, version), mergers, only=worker)
            for worker in workers}, {})

    def _before(self, worker: str, version: int) -> "Future | Stands":
        """What a worker goes on from in the round that begins with a version."""
        return self._ahead[-1].learned[worker] if self._ahead else self._stands(worker, version)

    def _learned(self, version: int) -> _Given:
        """Give out the round that begins with a version."""
        run, submit, part = self._run, self._cluster.submit, self._part(version)
        before = self._ahead[-1] if self._ahead else self._last
        workers = self._learning()
        learned = {
            worker: submit(work.learn, run, version, part, self._before(worker, version),
                           *self._merged_for(worker, before), only=worker)
            for worker in workers}
        shares = min(len(workers), MOST_SHARES)
        merged = {}
        for share, worker in enumerate(workers[:shares]):
            sources = [learned[other] if self._reads(worker, other)
                       else submit(work.pick, run, (share, shares), learned[other], only=other)
                       for other in workers]
            merged[worker] = submit(work.merge_share, run, version, (share, shares), *sources,
                                    only=worker)
        return _Given(1, learned, merged)

    def _stands(self, worker: str, version: int) -> Stands:
        """Where the replicas of a worker stand as a round begins."""
        standing = (self._standing[version] if self._schedule[version][1]
                    else Standing.none(self._task.parameters.replicas))
        return {replica: (standing.sums[replica].tolist(), standing.places[replica].tolist())
                for replica in sorted(self._placed[worker])}

    def _merged_for(self, worker: str, before: _Given | None) -> "list[Future]":
        """What a round has merged, as a worker comes by it."""
        if before is None:
            return []
        found = []
        for holder, merged in before.merged.items():
            if self._reads(worker, holder):
                found.append(merged)
                continue
            if holder not in before.carried:
                before.carried[holder] = self._cluster.submit(work.carry, self._run, merged,
                                                              only=holder)
            found.append(before.carried[holder])
        return found

    def _reads(self, worker: str, other: str) -> bool:
        return worker == other or (worker, other) in self._near

    def _finish_round(self) -> None:
        """Wait for the first of what is given out."""
        first = self._ahead[0]
        workers, futures = list(first.learned), list((first.merged or first.learned).values())
        self._cluster.wait(futures, workers)
        stands = self._cluster.result(futures[0], workers).stands
        self._version += first.rounds
        self._standing[self._version] = self._standing_of(self._version, stands)
        self._ahead.popleft()
        self._last = first if first.merged else None
        self._held.update(dict.fromkeys(workers, self._version - (1 if first.merged else 0)))

    def _standing_of(self, version: int, stands: Stands) -> Standing:
        """How far the epoch has come with a version, all of whose replicas stand so."""
        _, number = self._schedule[version - 1]
        in_order = [stands[replica] for replica in range(self._task.parameters.replicas)]
        return Standing(number + 1, np.array([sums for sums, _ in in_order]),
                        np.array([place for _, place in in_order]))

    def _advance(self) -> None:
        """Have all take over the last merge, and forget how it came about."""
        if self._last is None:
            return
        holders = [worker for worker, version in self._held.items() if version >= 0]
        self._cluster.wait([self._cluster.submit(
            work.advance, self._run, self._version, *self._merged_for(worker, self._last),
            only=worker) for worker in holders], holders)
        self._held.update(dict.fromkeys(holders, self._version))
        self._last = None

    def _fetch(self) -> None:
        """Bring the tables here."""
        self._advance()
        words, dim = len(self._tokens.counts), self._task.parameters.dim
        tables = np.empty((2, words + 1, dim), np.float32)
        holders = self._holders()
        if not holders:
            self._prepare()
            holders = self._holders()
        if not self._copied(tables, holders):
            for place, rows in enumerate(self._blocks()):
                block = self._export(rows, holders, place)
                tables[:, slice(*rows)] = self._cluster.result(block, holders)[1]
        self._here = self._version, Tables(tables[0, :-1], tables[1, :-1])
        self._standing = {self._version: self._standing[self._version]}

    def _copied(self, tables: Floats, holders: list[str]) -> bool:
        """Whether the tables are those of a worker whose memory this process reads."""
        for arrays in (self._bases[holder] for holder in holders if holder in self._bases):
            with suppress(LackingError), unchanged(arrays, self._version):
                tables[:] = arrays["tables"]
                return True
        return False

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
        self._looked = time.monotonic()
        wanted = distributed_evenly(self._task.parameters.replicas, there, self._placed)
        known = wanted == self._placed
        for worker, replicas in wanted.items():
            if replicas and self._held.get(worker, -1) not in self._usable():
                if worker not in self._held:
                    self._refuse_more_than_memory(worker, len(replicas))
                self._give_tables(worker)
            for replica in sorted(replicas - self._placed.get(worker, set())):
                self._place(worker, replica)
        self._placed = wanted
        if not known:
            self._introduce([worker for worker, replicas in wanted.items() if replicas])

    def _introduce(self, workers: list[str]) -> None:
        """Find out which workers read each other's memory."""
        cluster, run, self._near = self._cluster, self._run, set()
        offers = {worker: cluster.submit(work.offer, run, only=worker) for worker in workers}
        found = {worker: cluster.result(offer, workers) for worker, offer in offers.items()}
        self._names = {worker: offer.holder for worker, offer in found.items()}
        bases = {worker: read_offered(offer.base) for worker, offer in found.items()}
        self._bases = {worker: arrays for worker, arrays in bases.items() if arrays}
        for worker in workers:
            others = [other for other in workers
                      if other != worker and machine_of(other) == machine_of(worker)]
            accepted = cluster.result(cluster.submit(
                work.accept, run, *(offers[other] for other in others), only=worker), workers)
            self._near |= {(worker, other)
                           for other, reads in zip(others, accepted, strict=True) if reads}

    def _refuse_more_than_memory(self, worker: str, replicas: int) -> None:
        """UserError where a worker has no room for its replicas, the base and what is merged."""
        needed = size({"tables": ((replicas + 2, 2, len(self._tokens.counts) + 1,
                                   self._task.parameters.dim), np.float32)})
        free = self._cluster.result(self._cluster.submit(work.free_memory, only=worker), [worker])
        if needed > free:
            raise UserError(f"the tables of {counted(replicas, 'replica')} take {needed / 1e9:.1f} "
                            f"GB and the worker {worker} has {free / 1e9:.1f} GB of memory free; "
                            "add workers, or lower replicas, dim or max_words.")

    def _usable(self) -> tuple[int, ...]:
        """The versions from which a worker can go on."""
        return (self._version, self._version - 1) if self._last else (self._version,)

    def _give_tables(self, worker: str) -> None:
        """Have a worker hold the tables of the version."""
        self._advance()
        values, words = self._task.values(), len(self._tokens.counts)
        version, tables = self._here
        alone = sum(machine_of(other) == machine_of(worker)
                    for other in self._cluster.workers()) == 1
        holders, cluster, run = self._holders(), self._cluster, self._run
        if tables is None and version == self._version:  # as they are drawn
            cluster.wait([cluster.submit(work.start, run, values, words, alone,
                                         only=worker)], [worker])
            self._placed[worker] = set()
        else:
            for place, rows in enumerate(self._blocks()):
                block = (self._export(rows, holders, place) if holders
                         else cluster.send((rows, _block(tables, rows)), worker))
                cluster.wait([cluster.submit(work.restore, run, values, words, alone, -1, block,
                                             only=worker)], [worker, *holders])
            cluster.wait([cluster.submit(work.restore, run, values, words, alone, self._version,
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
        self._last, self._ahead = None, deque()
        self._cluster.wait_for_any()
        asked = {worker: self._cluster.submit(work.state, self._run, only=worker)
                 for worker in self._cluster.workers()}
        answers = self._cluster.answers(asked, ANSWER)
        self._silent = {worker: asked[worker] for worker in asked if worker not in answers}
        self._held = {worker: version for worker, (version, _, _) in answers.items()}
        self._placed = {worker: set(replicas) for worker, (_, replicas, _) in answers.items()}
        for version, _, stands in answers.values():
            if stands:  # it may have come further than was told here
                self._standing[version] = self._standing_of(version, stands)
        left = [version for version in self._held.values() if version in self._standing]
        version = max([self._here[0], *left])
        say(f"warning: {reason}; going on from round {version} with "
            f"{counted(len(answers), 'worker')}")
        self._version = version


def machine_of(worker: str) -> str:
    """The host in a worker's address."""
    return worker.rpartition(":")[0]


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
