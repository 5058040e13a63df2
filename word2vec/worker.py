"""One of the processes that train: its replicas of the tables.

Each replica learns from its own stretch of the corpus. After a round all replicas are merged:
every row takes the mean over the replicas that moved it. Replicas share nothing in between, so
two processes train two of them in nearly half the time of one process, which trains one after
the other, to the same result.
"""

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from common.files import read_json, write_json
from word2vec import batches
from word2vec.batches import Batch, Geometry, PieceReader
from word2vec.losses import LOSSES, Loss
from word2vec.models import MODELS, Model
from word2vec.parameters import (
    CHUNK,
    MODEL_PARAMETERS,
    SEGMENT,
    CbowParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.team import Arrays, Barrier, Layout, check_parent, open_arrays
from word2vec.token_stream import TokenStream
from word2vec.updates import RowUpdater, merge_tables

LOSS_EVERY = 8  # steps; the logarithms of every step would take a tenth of the time


@dataclass(frozen=True)
class Task:
    """What a team trains.

    Parameters
    ----------
    model : skipgram or cbow.
    parameters, own : what both models have in common, and the model's own.
    workers : processes.
    first_epoch : the one to begin with, from 0 on.
    """

    model: str
    parameters: TrainParameters
    own: SkipgramParameters
    workers: int
    first_epoch: int

    @property
    def geometry(self) -> Geometry:
        """The sizes of a step."""
        step, chunk = self.parameters.step, min(self.parameters.step, CHUNK)
        sampled = self.parameters.loss == "negative_sampling"
        return Geometry(self.parameters.window, step // chunk, chunk // SEGMENT, SEGMENT,
                        self.own.group, self.own.shared_negatives if sampled else 0)

    def build(self, tokens: TokenStream) -> tuple[Model, Loss]:
        """The model and its loss."""
        divided = isinstance(self.own, CbowParameters) and self.own.divided
        model = MODELS[self.model](self.geometry, divided)
        loss = LOSSES[self.parameters.loss]
        return model, loss(model, self.geometry, self.parameters.negative, tokens.counts,
                           self.own.sample)

    def rounds(self, tokens: TokenStream) -> int:
        """Rounds an epoch; in each, every replica learns from a piece."""
        return max(1, -(-len(tokens) // (batches.PIECE * self.parameters.replicas)))

    def rate(self, done: float) -> float:
        """The learning rate when so large a share of the training is done: linear, to a floor."""
        return max(self.own.minimum_learning_rate, self.own.learning_rate * (1 - done))

    def save(self, folder: Path, ids: str) -> None:
        """Write the task for the other workers, with the path of the ids."""
        write_json(folder / "task.json", {**asdict(self), "ids": ids, "piece": batches.PIECE})

    @classmethod
    def load(cls, folder: Path) -> "tuple[Task, str]":
        """Read what `save` wrote."""
        values = read_json(folder / "task.json")
        batches.PIECE = values["piece"]
        task = cls(values["model"], TrainParameters(**values["parameters"]),
                   MODEL_PARAMETERS[values["model"]](**values["own"]), values["workers"],
                   values["first_epoch"])
        return task, values["ids"]


def layout(task: Task, tokens: TokenStream) -> Layout:
    """The arrays that the workers share.

    inputs, outputs: each replica's tables, with a row behind the last word's for padding.
    moved: the rows of both that a replica has changed in this round.
    losses: of each epoch and replica, the loss and the number of predictions that it is of.
    arrivals: for the barrier.
    """
    replicas, words = task.parameters.replicas, len(tokens.counts) + 1
    tables = ((replicas, words, task.parameters.dim), np.float32)
    return {
        "inputs": tables, "outputs": tables, "moved": ((2, replicas, words), np.bool_),
        "losses": ((task.parameters.epochs, replicas, 2), np.float64),
        "arrivals": ((task.workers,), np.int64),
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
        self._task, self._tokens, self._shared, self._member = task, tokens, shared, member
        self._model, self._loss = task.build(tokens)
        reader = PieceReader(tokens, task.geometry, task.own.sample, parameters.noise_exponent,
                             parameters.dynamic_window, parameters.seed)
        self._replicas = [_Replica(task, self._model, self._loss, reader, shared, number)
                          for number in range(member, parameters.replicas, task.workers)]
        self._barrier = Barrier(shared["arrivals"], member, check)
        self.rounds = task.rounds(tokens)

    def run(self) -> None:
        """Train to the end."""
        for epoch in range(self._task.first_epoch, self._task.parameters.epochs):
            for number in range(self.rounds):
                for _ in self.round(epoch, number):
                    pass

    def round(self, epoch: int, number: int) -> Iterator[float]:
        """Train this worker's replicas and merge all; yield the share of it that is done."""
        self._barrier.wait()
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is told by training.py
            for i, replica in enumerate(self._replicas):
                start, stop = self._stretch(replica.number, number)
                for share in replica.learn(epoch, start, stop, (number, self.rounds)):
                    yield (i + share) / len(self._replicas)
            self._barrier.wait()
            self._merge()
            self._barrier.wait()

    def _stretch(self, replica: int, number: int) -> tuple[int, int]:
        """Where a replica's tokens of a round begin and end; each has its own part of the text."""
        place, places = replica * self.rounds + number, self.rounds * self._task.parameters.replicas
        return len(self._tokens) * place // places, len(self._tokens) * (place + 1) // places

    def _merge(self) -> None:
        """Merge this worker's share of the rows of both tables."""
        words, workers = self._shared["moved"].shape[-1], self._task.workers
        rows = slice(words * self._member // workers, words * (self._member + 1) // workers)
        for table, moved in zip(("inputs", "outputs"), self._shared["moved"], strict=True):
            merge_tables([replica[rows] for replica in self._shared[table]], moved[:, rows])


class _Replica:
    """A copy of the tables, and how it learns."""

    def __init__(
        self, task: Task, model: Model, loss: Loss, reader: PieceReader, shared: Arrays,
        number: int,
    ) -> None:
        self.number = number
        self._task, self._model, self._loss, self._reader = task, model, loss, reader
        self._inputs, self._outputs = (shared[name][number] for name in ("inputs", "outputs"))
        self._moved, self._losses = shared["moved"][:, number], shared["losses"][:, number]
        exponent, dim = task.parameters.row_exponent, task.parameters.dim
        self._updaters = [RowUpdater(table, exponent) for table in (self._inputs, self._outputs)]
        self._gradients = [np.empty((task.geometry.chunks, rows, dim), np.float32)
                           for rows in (model.input_rows, loss.output_rows)]

    def learn(
        self, epoch: int, start: int, stop: int, place: tuple[int, int]
    ) -> Iterator[float]:
        """Learn from the tokens from start to stop; yield the share of them that is done.

        They are the round place[0] of the place[1] rounds of an epoch.
        """
        self._moved[...] = False
        piece = self._reader.read(epoch, start, stop)
        for step in range(piece.steps):
            with_loss = step % LOSS_EVERY == 0
            for chunk in range(self._task.geometry.chunks):
                self._ascend(epoch, piece.batch(step, chunk), chunk, with_loss)
            done = epoch + (place[0] + step / piece.steps) / place[1]
            rate = self._task.rate(done / self._task.parameters.epochs)
            self._update(rate, piece.batch(step))
            yield (step + 1) / piece.steps

    def _ascend(self, epoch: int, batch: Batch, chunk: int, with_loss: bool) -> None:
        """Compute a chunk's gradients by the rows that it looks up."""
        by_inputs, by_outputs = (gradients[chunk] for gradients in self._gradients)
        hidden, by_hidden = self._model.hidden(self._inputs, batch), self._model.room(by_inputs)
        loss = self._loss.ascend(self._outputs, hidden, batch, by_hidden, by_outputs, with_loss)
        self._model.spread(by_hidden, batch, by_inputs)
        if with_loss:
            predictions = 2 * self._model.half_predictions(batch).sum(dtype=np.float64)
            self._losses[epoch] += loss, predictions

    def _update(self, rate: float, step: Batch) -> None:
        """Add the gradients of all chunks of a step to the tables."""
        ids = self._model.input_ids(step).ravel(), self._loss.output_ids(step).ravel()
        for updater, moved, looked_up, gradients, met in zip(
            self._updaters, self._moved, ids, self._gradients, (None, self._loss.met(step)),
            strict=True,
        ):
            updater.add(looked_up, gradients.reshape(len(looked_up), -1), rate, met)
            moved[looked_up] = True


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
