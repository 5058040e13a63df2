"""What a worker of a cluster holds of a training, and the work that it is given.

A worker holds both tables as they were after the last merge (the base, by version: the number of
merges so far), and its replicas of them. All work is pure in these: a round of a version gives the
same however often and wherever it is done, and what a worker lacks is `LackingError`, upon which
cluster_team.py sends it. No table goes by way of the scheduler: rows that have moved go from worker
to worker, in as many ranges as there are workers that merge.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from word2vec.corpus.token_stream import TokenStream
from word2vec.training import batches, merging
from word2vec.training.merging import STRETCH, merge
from word2vec.training.tables import Floats, draw_inputs
from word2vec.training.worker import Places, Replica, Sums, Task, parts_of
from words_and_images.common.errors import UserError

Ids = NDArray[np.int64]
Rows = tuple[Ids, Floats]  # which rows of a table, and these
Both = tuple[Rows, ...]  # of both tables
Moved = tuple[Ids, Floats, Floats]  # which rows a replica has moved, these, and how far (learnt)
Stand = tuple[list[float], list[int]]  # a replica's sums and place in an epoch
Stands = dict[int, Stand]  # by replica
Learned = tuple[Stands, list[list[list[Moved]]]]
Share = tuple[int, int]  # (i, n): every n-th stretch of rows from the i-th on
Range = tuple[int, int]  # of rows, one after the other


class LackingError(Exception):
    """A worker does not hold what its work needs."""


@dataclass(frozen=True)
class Part(TokenStream):
    """A part of a text, asked for by places in the whole.

    Parameters
    ----------
    begin, length : where it begins, and how long the whole text is.
    """

    begin: int = 0
    length: int = 0

    def __len__(self) -> int:
        return self.length

    def read(self, start: int, stop: int) -> NDArray[np.int32]:
        """A copy of the tokens from start to stop, which are of this part."""
        return np.array(self.ids[start - self.begin : stop - self.begin])


class Held:
    """What this process holds of a training.

    Parameters
    ----------
    task : what is trained, with the sizes that it is cut by (`settings_of`).
    words : rows of a table, without the one for padding.
    """

    def __init__(self, task: Task, words: int) -> None:
        self.task = task
        self.version = -1
        self.base: Floats = np.zeros((2, words + 1, task.parameters.dim), np.float32)
        self.replicas: dict[int, _HeldReplica] = {}

    def place(self, number: int, tokens: TokenStream) -> None:
        """Take over a replica: its part of the text."""
        self.replicas[number] = _HeldReplica(self.task, number, tokens, self.base.shape)

    def replica(self, number: int) -> "_HeldReplica":
        """A replica, with the tables of the base."""
        if number not in self.replicas:
            raise LackingError(f"replica {number}")
        held = self.replicas[number]
        if not held.clean:
            held.tables[:] = self.base
            held.clean = True
        return held

    def require(self, version: int) -> None:
        """LackingError where the base is of another version."""
        if self.version != version:
            raise LackingError(f"version {version}, which is {self.version}")

    def advance(self, version: int, merged: Sequence[Both]) -> None:
        """Take over the rows of the merge that made this version, unless that is done."""
        if self.version == version:
            return
        self.require(version - 1)
        for both in merged:
            for side, (ids, rows) in enumerate(both):
                for table in (self.base, *(held.tables for held in self.replicas.values())):
                    table[side, ids] = rows
        self.version = version
        for held in self.replicas.values():  # what they have learned is among the merged rows
            held.clean = held.learned or held.clean
            held.learned = False

    def forget(self, kept: Collection[int]) -> None:
        """Drop the replicas that others have taken over."""
        for number in set(self.replicas) - set(kept):
            del self.replicas[number]


class _HeldReplica:
    """A replica and its tables."""

    def __init__(
        self, task: Task, number: int, tokens: TokenStream, shape: tuple[int, ...]
    ) -> None:
        self.tables, self.learnt = np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32)
        self.losses: Sums = np.zeros((task.parameters.epochs, 3))
        self.place: Places = np.zeros(2, np.int64)
        self.clean = False  # equal to the base
        self.learned = False  # a whole round since it was
        self.learner = Replica(task, parts_of(task, tokens), task.pieces(tokens, number),
                               list(self.tables), self.learnt, self.losses, self.place)

    def learn(self, epoch: int, begin: float, end: float, before: Stand) -> Stand:
        """Learn a round."""
        self.clean = self.learned = False
        self.learnt[:] = 0
        self.losses[epoch], self.place[:] = before
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is told by loop.py
            for _ in self.learner.learn(epoch, begin, end):
                pass
        self.learned = True
        return self.losses[epoch].tolist(), self.place.tolist()

    def moved(self, shares: int) -> list[list[Moved]]:
        """What it has moved of both tables, by share of so many."""
        found: list[list[Moved]] = [[] for _ in range(shares)]
        for table, learnt in zip(self.tables, self.learnt, strict=True):
            ids = np.flatnonzero(learnt)
            owners = ids // STRETCH % shares
            for number, some in enumerate(found):
                own = ids[owners == number]
                some.append((own, np.take(table, own, axis=0), learnt[own]))
        return found


_held: dict[str, Held] = {}  # by run: one at a time
_lock = threading.RLock()  # where a worker has several threads, one of them works on this


def held(run: str) -> Held:
    """What this process holds of a run."""
    if run not in _held:
        raise LackingError("everything")
    return _held[run]


# ---- the work ----


def start(run: str, values: dict[str, Any], words: int) -> None:
    """Hold the tables that a training begins with."""
    with _lock:
        found = _new(run, values, words)
        draw_inputs(found.base[0, :-1], found.task.parameters.seed)
        found.version = 0


def restore(
    run: str, values: dict[str, Any], words: int, version: int, *blocks: tuple[Range, Floats]
) -> None:
    """Hold the tables of a version, of which the blocks are ranges of rows."""
    with _lock:
        found = _held.get(run) or _new(run, values, words)
        for rows, block in blocks:
            found.base[:, slice(*rows)] = block
        found.version = version
        for each in found.replicas.values():
            each.clean = each.learned = False


def _new(run: str, values: dict[str, Any], words: int) -> Held:
    _held.clear()  # of a run that has ended, or was given up
    merging.LONGEST, batches.PIECE = values["longest"], values["piece"]
    _held[run] = Held(Task.of(values), words)
    return _held[run]


def place(
    run: str, number: int, begin: int, length: int, bounds: NDArray[np.int64],
    counts: NDArray[np.int64], ids: "NDArray[np.int32] | str",
) -> None:
    """Hold a replica: its part of the text, or the path of the whole."""
    with _lock:
        if isinstance(ids, str):
            tokens = TokenStream(_opened(ids, length), bounds, counts)
        else:
            tokens = Part(ids, bounds, counts, begin, length)
        held(run).place(number, tokens)


@cache
def _libraries() -> ThreadpoolController:
    """This process's libraries of threads, which take milliseconds to find."""
    return ThreadpoolController()


def _opened(path: str, length: int) -> NDArray[np.int32]:
    """The ids of a shared file system."""
    try:
        ids: NDArray[np.int32] = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise UserError(f"a worker cannot read {path} ({error}), which files = shared asks of it; "
                        "share the folder, or give files = sent.") from None
    if len(ids) != length:
        raise UserError(f"{path} has {len(ids):,} words on a worker and {length:,} here; share the "
                        "folder, or give files = sent.")
    return ids


def learn(
    run: str, version: int, epoch: int, begin: float, end: float, stands: Stands, shares: int,
    *merged: Both,
) -> Learned:
    """Learn a round with some replicas.

    Parameters
    ----------
    version : of the tables to begin with, which are made of the rows `merged` where this worker
        has those before.
    epoch, begin, end : the round.
    stands : where the replicas stand in the epoch.
    shares : of the rows, that are merged by one worker each.

    Returns
    -------
    Where they stand now, and what each has moved: of the shares, of both tables.
    """
    with _lock, _libraries().limit(limits=1, user_api="blas"):
        here = held(run)
        here.advance(version, merged)
        here.forget(stands)
        after = {number: here.replica(number).learn(epoch, begin, end, before)
                 for number, before in stands.items()}
        return after, [here.replicas[number].moved(shares) for number in stands]


def pick(learned: Learned, number: int) -> list[list[Moved]]:
    """What some replicas have moved of the share of that number, of both tables."""
    return [shares[number] for shares in learned[1]]


def told(learned: Learned) -> Stands:
    """Where the replicas stand that have learned."""
    return learned[0]


def together(*told: Stands) -> Stands:
    """Where all replicas stand."""
    return {replica: stand for some in told for replica, stand in some.items()}


def merge_share(
    run: str, version: int, share: Share, order: Sequence[int], *moved: list[list[Moved]]
) -> Both:
    """The rows of a share that some replica has moved, in their common place.

    Parameters
    ----------
    version : of the tables that the replicas began with.
    order : numbers of the replicas in `moved`, one after the other: sums depend on their order.
    """
    with _lock:
        here = held(run)
        here.require(version)
        flat = [replica for some in moved for replica in some]
        replicas = [flat[place] for place in np.argsort(order)]
        if len(replicas) == 1:  # has nothing to be merged with
            return tuple((ids, rows) for ids, rows, _ in replicas[0])
        return tuple(_merged([replica[side] for replica in replicas], here.base[side], share)
                     for side in (0, 1))


def _merged(replicas: Sequence[Moved], base: Floats, share: Share) -> Rows:
    """The moved rows of a share of one table, merged as `merging.merge` does, a stretch at a time.
    """
    found: list[Rows] = [(np.zeros(0, np.int64), base[:0])]
    for begin in range(share[0] * STRETCH, len(base), share[1] * STRETCH):
        place = base[begin : begin + STRETCH].copy()
        tables = np.repeat(place[np.newaxis], len(replicas), axis=0)
        learnt = np.zeros(tables.shape[:2], np.float32)
        for number, (ids, rows, far) in enumerate(replicas):
            some = slice(*np.searchsorted(ids, (begin, begin + STRETCH)))
            tables[number, ids[some] - begin] = rows[some]
            learnt[number, ids[some] - begin] = far[some]
        moved = np.flatnonzero(learnt.any(axis=0))
        merge(tables, place, learnt)
        found.append((begin + moved, place[moved]))
    return (np.concatenate([ids for ids, _ in found]),
            np.concatenate([rows for _, rows in found]))


def advance(run: str, version: int, *merged: Both) -> None:
    """Take over the rows of the merge that made this version."""
    with _lock:
        held(run).advance(version, merged)


def export(run: str, version: int, rows: Range) -> tuple[Range, Floats]:
    """A range of rows of both tables of a version, (2, rows, dim)."""
    with _lock:
        held(run).require(version)
        return rows, held(run).base[:, slice(*rows)].copy()


def free_memory() -> int:
    """Bytes of memory that this machine has free."""
    return int(psutil.virtual_memory().available)


def state(run: str) -> tuple[int, list[int]]:
    """The version that is held, -1 for none, and the replicas."""
    with _lock:
        here = _held.get(run)
        return (here.version, sorted(here.replicas)) if here else (-1, [])


def finish(run: str) -> None:
    """Hold nothing any more."""
    with _lock:
        _held.pop(run, None)
