"""What a worker of a cluster holds of a training, and the work that it is given.

A worker holds both tables as they were after the last merge (the base, by version: the number of
merges so far), and its replicas of them. All work is pure in these: a round of a version gives the
same however often and wherever it is done, and what a worker lacks is `LackingError`, upon which
cluster_team.py sends it. No table goes by way of the scheduler. Rows that have moved go from worker
to worker, in as many ranges as there are workers that merge; those of one machine read each other's
memory. What is read there has the version that it is of beside it, before and after.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import uuid4

import numpy as np
import psutil
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from word2vec.corpus.token_stream import TokenStream
from word2vec.training import batches, merging
from word2vec.training.merging import STRETCH, merge_into
from word2vec.training.tables import Floats, draw_inputs
from word2vec.training.team import (
    NAP,
    Arrays,
    Layout,
    Offered,
    create_arrays,
    offered_arrays,
    read_offered,
)
from word2vec.training.worker import Places, Replica, Sums, Task, parts_of
from words_and_images.common.errors import UserError

Ids = NDArray[np.int64]
Rows = tuple[Ids, Floats]  # which rows of a table, and these
Stand = tuple[list[float], list[int]]  # a replica's sums and place in an epoch
Stands = dict[int, Stand]  # by replica
Share = tuple[int, int]  # (i, n): every n-th stretch of rows from the i-th on
Range = tuple[int, int]  # of rows, one after the other

CHANGING = -1  # the version of an array that is being written
PATIENCE = 10.0  # seconds that another worker may take longer than this one
SLOWER = 4  # and how many times as long


class LackingError(Exception):
    """A worker does not hold what its work needs."""


class MissedError(LackingError):
    """Another worker of the machine did not come to where this one waited for it."""


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


@dataclass(frozen=True)
class Learned:
    """What a worker's replicas have learned in a round.

    Parameters
    ----------
    version : that they began with; that they have come to, where it is all replicas.
    stands : where they stand now.
    """

    version: int
    stands: Stands


@dataclass(frozen=True)
class Round:
    """Which share of which epoch is learned."""

    epoch: int
    begin: float
    end: float


@dataclass(frozen=True)
class Moved:
    """The rows of a share that a replica has moved, of both tables: for another machine.

    Parameters
    ----------
    stand : where it stands now.
    ids, rows, learnt : which rows, these, and how far each.
    """

    stand: Stand
    ids: tuple[Ids, Ids]
    rows: tuple[Floats, Floats]
    learnt: tuple[Floats, Floats]

    def __sizeof__(self) -> int:  # by which Dask tells what is kept and sent
        return sum(array.nbytes for array in (*self.ids, *self.rows, *self.learnt))


@dataclass(frozen=True)
class Merged:
    """The rows of a share that some replica has moved, of both tables.

    Parameters
    ----------
    version : that they make.
    holder : who has them among what it offers.
    stands : where all replicas stand with that version.
    carried : which rows of both tables, and these: for another machine.
    """

    version: int
    holder: str
    stands: Stands
    carried: tuple[Rows, ...] = ()

    def __sizeof__(self) -> int:
        return sum(ids.nbytes + rows.nbytes for ids, rows in self.carried)


@dataclass(frozen=True)
class Offer:
    """Where other processes of the machine find a worker's arrays."""

    holder: str
    base: Offered
    merged: Offered
    replicas: dict[int, Offered]


class MovedRows:
    """Rows that a replica elsewhere has moved, as the table that they are of.

    Parameters
    ----------
    ids, rows : which rows, in their order, and these.
    base : (words, dim), what all others are equal to.
    """

    def __init__(self, ids: Ids, rows: Floats, base: Floats) -> None:
        self._ids, self._rows, self._base = ids, rows, base

    def __getitem__(self, wanted: merging.Rows) -> Floats:
        found: Floats = np.array(self._base[wanted])
        if isinstance(wanted, slice):
            some = slice(*np.searchsorted(self._ids, (wanted.start, wanted.stop)))
            found[self._ids[some] - wanted.start] = self._rows[some]
        elif len(self._ids):
            places = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
            here = self._ids[places] == wanted
            found[here] = self._rows[places[here]]
        return found


class Held:
    """What this process holds of a training.

    Parameters
    ----------
    task : what is trained, with the sizes that it is cut by (`settings_of`).
    words : rows of a table, without the one for padding.
    alone : whether no other worker of the machine is to read what replicas have learned. Memory
        that no other process maps has larger pages, and is faster.
    """

    def __init__(self, task: Task, words: int, alone: bool) -> None:
        self.task, self.name = task, uuid4().hex
        self.stands: Stands = {}
        "Where all replicas stand with the version, where a merge has told it."
        shape = (2, words + 1, task.parameters.dim)
        base, self.base_offered = offered_arrays({
            "tables": (shape, np.float32), "version": ((1,), np.int64)})
        self.base: Floats = base["tables"]
        self._version = base["version"]
        self._fence = threading.Lock()
        self.version = CHANGING
        self.offered_arrays = _unoffered if alone else offered_arrays
        self.merged, self.merged_offered = self.offered_arrays({
            "rows": (shape, np.float32), "moved": (shape[:2], np.bool_),
            "version": ((1,), np.int64)})
        self.replicas: dict[int, HeldReplica] = {}
        self.others: dict[str, Arrays] = {self.name: self.merged}
        "What workers of this machine have merged."
        self.other_replicas: dict[int, Arrays] = {}
        "What replicas of other workers of this machine have learned."

    @property
    def version(self) -> int:
        """Of the base."""
        return int(self._version[0])

    @version.setter
    def version(self, number: int) -> None:
        self._version[0] = number

    def place(self, number: int, tokens: TokenStream) -> None:
        """Take over a replica: its part of the text."""
        self.replicas[number] = HeldReplica(self, number, tokens)

    def replica(self, number: int) -> "HeldReplica":
        """A replica, with the tables of the base."""
        if number not in self.replicas:
            raise LackingError(f"replica {number}")
        held = self.replicas[number]
        if not held.clean:
            held.tables[:] = self.base
            held.clean = True
        return held

    def offered(self, number: int) -> Arrays:
        """The arrays of a replica of this machine."""
        if number in self.replicas:
            return self.replicas[number].arrays
        if number not in self.other_replicas:
            raise LackingError(f"replica {number}")
        return self.other_replicas[number]

    def wait_for(self, all_of: Sequence[Arrays], version: int, patience: float) -> None:
        """Return when arrays of this machine are of a version; MissedError where they are not."""
        end = time.monotonic() + patience
        for arrays in all_of:
            while arrays["version"][0] != version:
                time.sleep(NAP)
                if time.monotonic() > end:
                    raise MissedError(f"a worker waited {patience:.0f} s for another")
        with self._fence:  # orders what is read before and after it
            pass

    def offer_as(self, arrays: Arrays, version: int) -> None:
        """Tell those who read arrays that they are now of a version, or CHANGING."""
        with self._fence:  # orders what was written before it, and what is after
            arrays["version"][0] = version
        with self._fence:
            pass

    def withdraw(self) -> None:
        """Offer nothing any more that was learned or merged."""
        for arrays in (self.merged, *(each.arrays for each in self.replicas.values())):
            self.offer_as(arrays, CHANGING)

    def merges(self, name: str) -> Arrays:
        """The arrays of what a worker of this machine has merged."""
        if name not in self.others:
            raise LackingError(f"what {name} has merged")
        return self.others[name]

    def require(self, version: int) -> None:
        """LackingError where the base is of another version."""
        if self.version != version:
            raise LackingError(f"version {version}, which is {self.version}")

    def advance(self, version: int, merged: Sequence[Merged]) -> None:
        """Take over the rows of the merge that made this version, unless that is done."""
        if self.version == version:
            return
        self.require(version - 1)
        self.version, self.stands = CHANGING, {}  # should it fail between
        for share in merged:
            self._take_over(version, share)
            self.stands = share.stands
        self.version = version
        for held in self.replicas.values():  # what they have learned is among the merged rows
            held.clean = held.learned or held.clean
            held.learned = False

    def _take_over(self, version: int, share: Merged) -> None:
        offered = {} if share.carried else self.merges(share.holder)
        with unchanged(offered, version):
            for side in (0, 1):
                ids, rows = (share.carried[side] if share.carried else
                             (np.flatnonzero(offered["moved"][side]), offered["rows"][side]))
                for begin in range(0, len(ids), STRETCH):
                    some = ids[begin : begin + STRETCH]
                    taken = (rows[begin : begin + STRETCH] if share.carried
                             else np.take(rows, some, axis=0))
                    for table in (self.base, *(held.tables for held in self.replicas.values())):
                        table[side, some] = taken

    def forget(self, kept: Collection[int]) -> None:
        """Drop the replicas that others have taken over."""
        for number in set(self.replicas) - set(kept):
            del self.replicas[number]


class HeldReplica:
    """A replica and its tables."""

    def __init__(self, holder: Held, number: int, tokens: TokenStream) -> None:
        task, shape = holder.task, holder.base.shape
        self.arrays, self.offered = holder.offered_arrays({
            "tables": (shape, np.float32), "learnt": (shape[:2], np.float32),
            "losses": ((task.parameters.epochs, 3), np.float64), "place": ((2,), np.int64),
            "version": ((1,), np.int64)})
        self.tables, self.learnt = self.arrays["tables"], self.arrays["learnt"]
        self._holder = holder
        holder.offer_as(self.arrays, CHANGING)
        self.losses: Sums = self.arrays["losses"]
        self.place: Places = self.arrays["place"]
        self.clean = False  # equal to the base
        self.learned = False  # a whole round since it was
        self.learner = Replica(task, parts_of(task, tokens), task.pieces(tokens, number),
                               list(self.tables), list(self.learnt), self.losses, self.place)

    def learn(self, version: int, part: Round, before: Stand) -> Stand:
        """Learn a round."""
        self.clean = self.learned = False
        self._holder.offer_as(self.arrays, CHANGING)
        self.learnt[:] = 0
        self.losses[part.epoch], self.place[:] = before
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is told by loop.py
            for _ in self.learner.learn(part.epoch, part.begin, part.end):
                pass
        self._holder.offer_as(self.arrays, version)
        self.learned = True
        return _stand(self.arrays, part.epoch)

    def moved(self, share: Share, stand: Stand) -> Moved:
        """What it has moved of a share, when it stands so."""
        moved = [np.flatnonzero(learnt) for learnt in self.learnt]
        inputs, outputs = (ids[ids // STRETCH % share[1] == share[0]] for ids in moved)
        return Moved(stand, (inputs, outputs),
                     (np.take(self.tables[0], inputs, axis=0),
                      np.take(self.tables[1], outputs, axis=0)),
                     (self.learnt[0, inputs], self.learnt[1, outputs]))


def _stand(replica: Arrays, epoch: int) -> Stand:
    return replica["losses"][epoch].tolist(), replica["place"].tolist()


def _unoffered(layout: Layout) -> tuple[Arrays, Offered]:
    """Arrays of zeros that no other process reads."""
    return create_arrays(None, layout), {}


@contextmanager
def unchanged(offered: Arrays, version: int) -> Iterator[None]:
    """LackingError where arrays are not of a version, or do not stay so in the block."""
    for when in ("is", "was"):
        if offered and offered["version"][0] != version:
            raise LackingError(f"version {version}, which {when} {offered['version'][0]}")
        if when == "is":
            yield


_held: dict[str, Held] = {}  # by run: one at a time
_lock = threading.RLock()  # where a worker has several threads, one of them works on this


def held(run: str) -> Held:
    """What this process holds of a run."""
    if run not in _held:
        raise LackingError("everything")
    return _held[run]


# ---- the work ----


def start(run: str, values: dict[str, Any], words: int, alone: bool) -> None:
    """Hold the tables that a training begins with."""
    with _lock:
        found = _new(run, values, words, alone)
        draw_inputs(found.base[0, :-1], found.task.parameters.seed)
        found.version = 0


def restore(
    run: str, values: dict[str, Any], words: int, alone: bool, version: int,
    *blocks: tuple[Range, Floats],
) -> None:
    """Hold the tables of a version, of which the blocks are ranges of rows."""
    with _lock:
        found = _held.get(run) or _new(run, values, words, alone)
        for rows, block in blocks:
            found.base[:, slice(*rows)] = block
        found.version, found.stands = version, {}
        for each in found.replicas.values():
            each.clean = each.learned = False


def _new(run: str, values: dict[str, Any], words: int, alone: bool) -> Held:
    _held.clear()  # of a run that has ended, or was given up
    merging.LONGEST, batches.PIECE = values["longest"], values["piece"]
    _held[run] = Held(Task.of(values), words, alone)
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


def offer(run: str) -> Offer:
    """Where others of this machine find what this worker has."""
    with _lock:
        here = held(run)
        return Offer(here.name, here.base_offered, here.merged_offered,
                     {number: replica.offered for number, replica in here.replicas.items()})


def accept(run: str, *offers: Offer) -> list[bool]:
    """Map what other workers offer; return which of it can be read here."""
    with _lock:
        here, accepted = held(run), []
        for each in offers:
            merged = read_offered(each.merged)
            replicas = {number: found for number, offered in each.replicas.items()
                        if (found := read_offered(offered))}
            accepted.append(merged is not None and len(replicas) == len(each.replicas))
            here.others |= {each.holder: merged} if merged else {}
            here.other_replicas |= replicas
        return accepted


def learn(
    run: str, version: int, part: Round, before: "Stands | Learned", *merged: Merged
) -> Learned:
    """Learn a round with some replicas.

    Parameters
    ----------
    version : of the tables to begin with, which are made of the rows `merged` where this worker
        has those before.
    part : the round.
    before : where the replicas stand in the epoch, or what they learned in the round before.
    """
    with _lock, _libraries().limit(limits=1, user_api="blas"):
        here = held(run)
        here.advance(version, merged)
        stands = before.stands if isinstance(before, Learned) else before
        here.forget(stands)
        return Learned(version, {number: here.replica(number).learn(version, part, stand)
                                 for number, stand in stands.items()})


def learn_together(
    run: str, version: int, parts: Sequence[Round], before: "Stands | Learned",
    mergers: Sequence[str],
) -> Learned:
    """Learn rounds and merge, with workers of this machine that do the same at the same time.

    They meet in the memory that they offer each other: all wait until all have learned, and until
    all have merged their shares.

    Parameters
    ----------
    version : of the tables to begin with.
    parts : the rounds.
    before : where the replicas of this worker stand in the epoch, or all as it was left.
    mergers : who merges, in the order of the shares of rows.

    Raises
    ------
    MissedError
        Where another worker does not come.
    """
    with _lock:
        here = held(run)
        mine = set(here.replicas if isinstance(before, Learned) else before)
        replicas = range(here.task.parameters.replicas)
        stands = before.stands if isinstance(before, Learned) else before
        for part in parts:
            begun = time.thread_time()  # which a pause of this process does not lengthen
            learn(run, version, part, {number: stands[number] for number in sorted(mine)})
            patience = PATIENCE + SLOWER * (time.thread_time() - begun)
            learned = [here.offered(number) for number in replicas]
            here.wait_for(learned, version, patience)
            stands = {number: _stand(arrays, part.epoch)
                      for number, arrays in enumerate(learned)}
            if here.name in mergers:
                share = mergers.index(here.name), len(mergers)
                merge_share(run, version, share, Learned(version, stands))
            here.wait_for([here.merges(name) for name in mergers], version + 1, patience)
            here.advance(version + 1, [Merged(version + 1, name, stands) for name in mergers])
            version += 1
        return Learned(version, stands)


def pick(run: str, share: Share, learned: Learned) -> dict[int, Moved]:
    """What the replicas of this worker have moved of a share, for a worker elsewhere."""
    with _lock:
        found = {}
        for number, stand in learned.stands.items():
            with unchanged(held(run).offered(number), learned.version):
                found[number] = held(run).replicas[number].moved(share, stand)
        return found


def merge_share(
    run: str, version: int, share: Share, *learned: "Learned | dict[int, Moved]"
) -> Merged:
    """Merge the rows of a share.

    Parameters
    ----------
    version : of the tables that the replicas began with.
    learned : by the workers of this machine, or moved by those of others.
    """
    with _lock, ExitStack() as stack:
        here = held(run)
        here.require(version)
        sources: dict[int, Arrays | Moved] = {}
        stands: Stands = {}
        for each in learned:
            if isinstance(each, Learned):
                sources |= {number: here.offered(number) for number in each.stands}
                stands |= each.stands
            else:
                sources |= each
                stands |= {number: moved.stand for number, moved in each.items()}
        for source in sources.values():
            if not isinstance(source, Moved):
                stack.enter_context(unchanged(source, version))
        here.offer_as(here.merged, CHANGING)
        in_order = [sources[number] for number in sorted(sources)]  # sums depend on it
        for side in (0, 1):
            _merge_side(here, side, share, in_order)
        here.offer_as(here.merged, version + 1)
        return Merged(version + 1, here.name, stands)


def _merge_side(
    here: Held, side: int, share: Share, replicas: Sequence[Arrays | Moved]
) -> None:
    """Merge one table's rows of a share."""
    base, tables = here.base[side], []
    learnt = np.zeros((len(replicas), len(base)), np.float32)
    for far, replica in zip(learnt, replicas, strict=True):
        if isinstance(replica, Moved):
            tables.append(MovedRows(replica.ids[side], replica.rows[side], base))
            far[replica.ids[side]] = replica.learnt[side]
        else:
            tables.append(replica["tables"][side])
            far[:] = replica["learnt"][side]
    place, moved = here.merged["rows"][side], here.merged["moved"][side]
    if len(tables) > 1:
        ids = merge_into((place,), tables, base, learnt, share)
    else:  # it has nothing to be merged with
        ids = np.flatnonzero(learnt[0])
        place[ids] = tables[0][ids]
    moved[:] = False
    moved[ids] = True


def carry(run: str, merged: Merged) -> Merged:
    """What this worker has merged, for workers elsewhere."""
    with _lock, unchanged(held(run).merged, merged.version):
        offered = held(run).merged
        ids = [np.flatnonzero(moved) for moved in offered["moved"]]
        return replace(merged, carried=tuple(
            (some, np.take(rows, some, axis=0))
            for some, rows in zip(ids, offered["rows"], strict=True)))


def advance(run: str, version: int, *merged: Merged) -> None:
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


def state(run: str) -> tuple[int, list[int], Stands]:
    """The version that is held, -1 for none, the replicas, and where all stand if it is known.

    What was learned since is no longer offered: it is learned again, by whom others may not know.
    """
    with _lock:
        here = _held.get(run)
        if here:
            here.withdraw()
        return (here.version, sorted(here.replicas), here.stands) if here else (CHANGING, [], {})


def finish(run: str) -> None:
    """Hold nothing any more."""
    with _lock:
        _held.pop(run, None)
