"""One of the processes that train: its replicas of the tables.

Each replica learns from its own stretch of the corpus. After a round all replicas are merged
(merging.py). They share nothing in between, so that two processes train two of them in nearly half
the time of one process, which trains one after the other, to the same result.
"""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.subwords import Ragged
from word2vec.corpus.token_stream import TokenStream
from word2vec.parameters import (
    BLOCK,
    CHUNK,
    MODEL_PARAMETERS,
    SEGMENT,
    CbowParameters,
    SkipgramParameters,
    TrainParameters,
    in_batch,
)
from word2vec.training import batches, merging
from word2vec.training.batches import Batch, Geometry, Piece, PieceReader, Stretches, cut
from word2vec.training.composition import COMPOSERS
from word2vec.training.losses import LOSSES, InBatchNegatives, Loss
from word2vec.training.merging import ends_of_rounds, merge, warm
from word2vec.training.models import MODELS, Floats, Ids, Model
from word2vec.training.team import Arrays, Barrier, Layout, check_parent, open_arrays
from word2vec.training.updates import RowUpdater
from words_and_images.common.files import read_json, write_json
from words_and_images.common.parameters import require

Sums = NDArray[np.float64]  # (..., 3): the loss, that of guessing, and how many predictions
Places = NDArray[np.int64]  # (..., 2): a piece, and a step of it

TABLES = ("inputs", "outputs")
MOST_MEANS = 4.0  # of its gradients in a step that a row moves by
# With n-grams and noise words output rows move by the sum of their gradients, and by so many means
# at most. Where they move less, input vectors have less in common, which is part of what makes rare
# words similar (docs/trainer.md).
COMPOSED_OUTPUTS = 0.0, 16.0
COMPOSED_WARM = 0.03  # of the training, in which the rate of n-grams rises from a tenth
ALIKE = 1 << 19  # tokens that are cut into equally many pieces: with others vectors are others
ROUNDING = 1e-9  # of shares of an epoch
LOSS_EVERY = 8  # steps; the logarithms of every step would take a tenth of the time


@dataclass(frozen=True)
class Standing:
    """How far an epoch has come.

    Parameters
    ----------
    rounds : that are done.
    sums : (replicas, 3) of each replica's learning.
    places : (replicas, 2) what each learns from next. A round has one step of a replica at least,
        so that they do not follow from the number of rounds.
    """

    rounds: int
    sums: Sums
    places: Places

    @classmethod
    def none(cls, replicas: int) -> "Standing":
        """Of an epoch that has not begun."""
        return cls(0, np.zeros((replicas, 3)), np.zeros((replicas, 2), np.int64))


@dataclass(frozen=True)
class Task:
    """What a team trains.

    Parameters
    ----------
    model : skipgram or cbow.
    parameters, own : what both models have in common, and the model's own.
    workers : processes.
    first_epoch, first_round : the epoch to begin with, and its round, from 0 on.
    damping : what the learning rate is multiplied by (word2vec/training/suited_defaults.py).
    """

    model: str
    parameters: TrainParameters
    own: SkipgramParameters
    workers: int
    first_epoch: int = 0
    damping: float = 1.0
    first_round: int = 0

    def __post_init__(self) -> None:
        if in_batch(self.parameters, self.own):
            least = BLOCK * self.own.group
            require(self.parameters.step % least == 0, "step", self.parameters.step,
                    f"a multiple of {least}, {BLOCK} times the group of cbow's noise; or set noise "
                    "to drawn")

    @property
    def geometry(self) -> Geometry:
        """The sizes of a step."""
        step, chunk = self.parameters.step, min(self.parameters.step, CHUNK)
        in_the_batch = in_batch(self.parameters, self.own)
        drawn = self.parameters.loss == "negative_sampling" and not in_the_batch
        segment = BLOCK if in_the_batch else SEGMENT
        return Geometry(self.parameters.window, step // chunk, chunk // segment, segment,
                        self.own.group, self.own.shared_negatives if drawn else 0)

    def build(self, tokens: TokenStream) -> tuple[Model, Loss]:
        """The model and its loss."""
        divided = isinstance(self.own, CbowParameters) and self.own.divided
        model = MODELS[self.model](self.geometry, divided, self.parameters.dynamic_window)
        loss = (InBatchNegatives if in_batch(self.parameters, self.own)
                else LOSSES[self.parameters.loss])
        return model, loss(model, self.geometry, self.parameters.negative, tokens.counts,
                           self.own.sample, self.parameters.noise_exponent,
                           self.parameters.least_kept)

    def rounds(self, tokens: TokenStream) -> list[list[float]]:
        """After which shares of each epoch the replicas are merged."""
        parameters = self.parameters
        return ends_of_rounds(len(tokens), parameters.epochs, parameters.replicas,
                              parameters.step)

    def schedule(self, rounds: list[list[float]]) -> list[tuple[int, int]]:
        """The epoch and number of each round that is to be learned."""
        return [(epoch, number) for epoch, ends in enumerate(rounds) for number in range(len(ends))
                if (epoch, number) >= (self.first_epoch, self.first_round)]

    def part(self, tokens: TokenStream, replica: int) -> tuple[int, int]:
        """Where a replica's own part of the text begins and ends."""
        length, replicas = len(tokens), self.parameters.replicas
        return length * replica // replicas, length * (replica + 1) // replicas

    def pieces(self, tokens: TokenStream, replica: int) -> list[Stretches]:
        """The pieces of a replica's own part of the text."""
        start, stop = self.part(tokens, replica)
        alike = max(1, -(-(stop - start) // ALIKE))
        return cut(start, stop, alike * max(1, -(-(stop - start) // (alike * batches.PIECE))))

    def rate(self, done: float) -> float:
        """The learning rate when so large a share of the training is done: linear, to a floor.

        Where there are replicas, or n-grams that many words share, it has to rise first.
        """
        rate = self.own.learning_rate * self.damping * (1 - done)
        rate *= warm(done, self.parameters.replicas)
        if self.parameters.subwords:
            rate *= min(1.0, 0.1 + 0.9 * done / COMPOSED_WARM)
        return max(self.own.minimum_learning_rate, rate)

    def values(self) -> dict[str, Any]:
        """What another process needs in order to train the same, for JSON; see `of`."""
        return {**asdict(self), "longest": merging.LONGEST, "piece": batches.PIECE}

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Task":
        """The task of `values`; how rounds and pieces are cut in this process, too."""
        merging.LONGEST, batches.PIECE = values["longest"], values["piece"]
        return cls(values["model"], TrainParameters(**values["parameters"]),
                   MODEL_PARAMETERS[values["model"]](**values["own"]), values["workers"],
                   values["first_epoch"], values["damping"], values["first_round"])

    def save(self, folder: Path, ids: str) -> None:
        """Write the task for the other workers, with the path of the ids."""
        write_json(folder / "task.json", {**self.values(), "ids": ids})

    @classmethod
    def load(cls, folder: Path) -> "tuple[Task, str]":
        """Read what `save` wrote."""
        values = read_json(folder / "task.json")
        return cls.of(values), values["ids"]


def layout(task: Task, tokens: TokenStream, parts: Ragged | None = None) -> Layout:
    """The arrays that the workers share.

    inputs, outputs: each replica's tables, with a row behind the last word's for padding. With
        n-grams the inputs have the rows of their buckets before that.
    base_inputs, base_outputs: both tables as they were after the last merge, of two replicas or
        more.
    learnt_inputs, learnt_outputs: how far each of these has moved each row of both since then.
    losses: of each epoch and replica, the loss, that of guessing, and the number of predictions
        that they are of.
    places: where each replica stands in its epoch (`Standing`).
    arrivals: for the barrier.
    starts, parts: with n-grams, the rows of each word's vector (`parts_of_words`).
    """
    parameters, words = task.parameters, len(tokens.counts) + 1
    replicas, dim = parameters.replicas, parameters.dim
    rows = {"inputs": words + (parameters.buckets if parts else 0), "outputs": words}
    merged = {name: count if replicas > 1 else 0  # one replica has nothing to be merged with
              for name, count in rows.items()}
    composed: Layout = {"starts": (parts.starts.shape, np.int32),
                        "parts": (parts.values.shape, np.int32)} if parts else {}
    return {
        **{name: ((replicas, count, dim), np.float32) for name, count in rows.items()},
        **{f"base_{name}": ((count, dim), np.float32) for name, count in merged.items()},
        **{f"learnt_{name}": ((replicas, count), np.float32) for name, count in merged.items()},
        "losses": ((parameters.epochs, replicas, 3), np.float64),
        "places": ((replicas, 2), np.int64),
        "arrivals": ((task.workers,), np.int64),
        **composed,
    }


class Worker:
    """The work of one process.

    Parameters
    ----------
    task : what the team trains.
    tokens : the corpus.
    shared : the arrays of `layout`.
    member : the number of this worker, from 0 on.
    check : called now and then while this worker waits; raises when another one is gone.
    """

    def __init__(
        self, task: Task, tokens: TokenStream, shared: Arrays, member: int,
        check: Callable[[], None],
    ) -> None:
        parameters = task.parameters
        self._task, self._shared, self._member = task, shared, member
        self.rounds = task.rounds(tokens)
        "After which shares of each epoch all replicas are merged."
        parts = parts_of(task, tokens)
        composed = Ragged(shared["starts"], shared["parts"]) if "parts" in shared else None
        self._replicas = [
            Replica(task, parts, task.pieces(tokens, number),
                    [shared[name][number] for name in TABLES],
                    [shared[f"learnt_{name}"][number] for name in TABLES],
                    shared["losses"][:, number], shared["places"][number], composed)
            for number in range(member, parameters.replicas, task.workers)]
        self._barrier = Barrier(shared["arrivals"], member, check)

    def run(self) -> None:
        """Train to the end."""
        for epoch, number in self._task.schedule(self.rounds):
            for _ in self.round(epoch, number):
                pass

    def round(self, epoch: int, number: int) -> Iterator[float]:
        """Train this worker's replicas and merge all; yield the share of the epoch that is done."""
        begin, end = [0.0, *self.rounds[epoch]][number : number + 2]
        self._barrier.wait()
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is told by loop.py
            for i, replica in enumerate(self._replicas):
                for share in replica.learn(epoch, begin, end):
                    yield begin + (end - begin) * (i + share) / len(self._replicas)
            self._barrier.wait()
            self._merge()
            self._barrier.wait()

    def _merge(self) -> None:
        """Merge this worker's share of the rows of both tables."""
        if self._task.parameters.replicas == 1:
            return
        share = self._member, self._task.workers
        for name in TABLES:
            merge(self._shared[name], self._shared[f"base_{name}"],
                  self._shared[f"learnt_{name}"], share)


Parts = tuple[Model, Loss, PieceReader]


def parts_of(task: Task, tokens: TokenStream) -> Parts:
    """Model, loss and reader of the text."""
    parameters = task.parameters
    reader = PieceReader(tokens, task.geometry, task.own.sample, parameters.noise_exponent,
                         parameters.dynamic_window, parameters.seed, parameters.least_kept)
    return *task.build(tokens), reader


class Replica:
    """A copy of the tables, and how it learns.

    Parameters
    ----------
    task : what is trained.
    parts : model, loss and reader of the text, which the replicas of a process share.
    pieces : of the text, that it learns from.
    tables : inputs and outputs, changed in place.
    learnt : (rows,) of each table, to which is added how far it moves each row (`RowUpdater`); of
        no rows where nothing is to be merged.
    losses : (epochs, 3) to which are added the loss, that of guessing, and the number of
        predictions that they are of.
    place : (2,) the piece and the step of it that it learns from next; goes on with it.
    composed : the rows of each word's input vector; None where each has one.
    """

    def __init__(
        self, task: Task, parts: Parts, pieces: list[Stretches], tables: Sequence[Floats],
        learnt: Sequence[Floats], losses: Sums, place: Places, composed: Ragged | None = None,
    ) -> None:
        self._task, self._pieces, self._losses, self._place = task, pieces, losses, place
        self._model, self._loss, self._reader = parts
        self._steps: Iterator[float] = iter(())
        self._reached = (-1, 0, 0)  # the epoch and the place that `_steps` stands at
        self._in_stretch = False  # of several steps, whose words are composed (composition.py)
        self._inputs, self._outputs = tables
        parameters = task.parameters
        exponent, moved = parameters.row_exponent, [each if each.size else None for each in learnt]
        summed = composed is not None and parameters.loss == "negative_sampling"
        by_outputs = COMPOSED_OUTPUTS if summed else (exponent, MOST_MEANS)
        self._composer = (None if composed is None else
                          COMPOSERS[task.model](self._inputs, composed, exponent, moved[0]))
        self._movers = (self._composer or RowUpdater(self._inputs, exponent, MOST_MEANS, moved[0]),
                        RowUpdater(self._outputs, *by_outputs, moved[1]))
        self._by_inputs, self._by_outputs = (
            _Gradients(task.geometry.chunks * rows, parameters.dim)
            for rows in (self._model.input_rows, self._loss.output_rows))

    def learn(self, epoch: int, begin: float, end: float) -> Iterator[float]:
        """Learn a round, from one share of an epoch to another; yield the share of it that is done.

        A round ends with the first step at or behind its end, and an epoch with its last. It
        begins at the place, wherever this replica has been last.
        """
        if begin == 0:
            self._place[:] = 0
        if self._reached != (epoch, *self._place):
            self._steps = self._epoch(epoch)
        for share in self._steps:
            yield min(1.0, (share - begin) / (end - begin))
            if end < 1 and share > end - ROUNDING:
                self._end_stretch()
                return

    def _epoch(self, epoch: int) -> Iterator[float]:
        """Learn from all pieces, from the place on; yield the share of the epoch that is done."""
        first, learned = map(int, self._place)
        for i in range(first, len(self._pieces)):
            piece = self._reader.read(epoch, self._pieces[i])
            for step in range(learned if i == first else 0, piece.steps):
                self._begin_stretch(piece, step)
                done = epoch + (i + step / piece.steps) / len(self._pieces)
                rate = self._task.rate(done / self._task.parameters.epochs)
                self._step(epoch, piece.step(step), rate, step % LOSS_EVERY == 0)
                self._place[:] = i, step + 1
                self._reached = epoch, i, step + 1
                if step + 1 == piece.steps:
                    self._end_stretch()
                yield (i + (step + 1) / piece.steps) / len(self._pieces)

    def _begin_stretch(self, piece: Piece, step: int) -> None:
        """Compose the words of a step, or of all steps from this one on."""
        if self._composer is None or self._in_stretch:
            return
        self._in_stretch = self._composer.whole_piece
        steps = range(step, piece.steps if self._in_stretch else step + 1)
        self._composer.begin(np.concatenate([
            self._model.input_ids(batch) for each in steps for batch in piece.step(each)]))

    def _end_stretch(self) -> None:
        """Bring what is learned into the tables: the next steps are of another piece or round."""
        if self._composer and self._in_stretch:
            self._composer.end()
        self._in_stretch = False

    def _step(self, epoch: int, chunks: list[Batch], rate: float, with_loss: bool) -> None:
        """Compute the gradients of all chunks, and then add them to the tables."""
        for batch in chunks:
            self._ascend(epoch, batch, with_loss)
        for mover, gradients in zip(
                self._movers, (self._by_inputs, self._by_outputs), strict=True):
            places, by_rows, met = gradients.take()
            mover.add(places, by_rows, rate, met)

    def _ascend(self, epoch: int, batch: Batch, with_loss: bool) -> None:
        """Compute a chunk's gradients by the rows that it looks up."""
        model, loss, inputs, looking = self._model, self._loss, self._inputs, batch
        ids = model.input_ids(batch)
        if self._composer:
            inputs, ids = self._composer.vectors, self._composer.places(ids)
            looking = model.renumbered(batch, ids)
        by_inputs = self._by_inputs.room(ids)
        by_outputs = self._by_outputs.room(loss.output_ids(batch), loss.met(batch))
        hidden, by_hidden = model.hidden(inputs, looking), model.room(by_inputs)
        cost = loss.ascend(self._outputs, hidden, batch, by_hidden, by_outputs, with_loss)
        model.spread(by_hidden, batch, by_inputs)
        if with_loss:
            predictions = 2 * model.half_predictions(batch).sum(dtype=np.float64)
            self._losses[epoch] += cost, loss.guess(batch), predictions


class _Gradients:
    """The gradients of a step by the rows of a table, chunk after chunk.

    Parameters
    ----------
    rows : how many a step looks up at most.
    dim : their length.
    """

    def __init__(self, rows: int, dim: int) -> None:
        self._by_rows = np.empty((rows, dim), np.float32)
        self._ids: list[Ids] = []
        self._met: list[Ids] = []
        self._end = 0

    def room(self, ids: Ids, met: Ids | None = None) -> Floats:
        """Where the gradients by the next rows are to be put, (rows, dim)."""
        begin, self._end = self._end, self._end + len(ids)
        self._ids.append(ids)
        if met is not None:
            self._met.append(met)
        return self._by_rows[begin : self._end]

    def take(self) -> tuple[Ids, Floats, Ids | None]:
        """Rows, gradients, and the rows that count as met (updates.py); begin the next step."""
        met = np.concatenate(self._met) if self._met else None
        taken = np.concatenate(self._ids), self._by_rows[: self._end], met
        self._ids, self._met, self._end = [], [], 0
        return taken


def main(folder: str, member: str, parent: str) -> None:
    """A worker beside the first one, which made the folder and is the process `parent`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first worker ends the others
    check = check_parent(int(parent))
    try:
        task, ids = Task.load(Path(folder))
        tokens = TokenStream.open(ids, Path(folder))
        shared = open_arrays(Path(folder))
    except OSError:
        check()  # the folder has gone with the process that made it
        raise
    Worker(task, tokens, shared, int(member), check).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
