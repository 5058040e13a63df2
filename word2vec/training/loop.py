"""Training: the loop over epochs, and the folder it ends in."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.reading import Reading
from word2vec.corpus.subwords import Ragged, Subwords
from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import Vocabulary, keep_probabilities
from word2vec.folders import VECTORS
from word2vec.parameters import (
    LOSSES,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.training.capacity import refuse_more_than_memory, refuse_more_than_words
from word2vec.training.card import vectors_card
from word2vec.training.checkpoints import Checkpoint, Kept, fingerprint
from word2vec.training.cluster_team import ClusterTeam
from word2vec.training.composition import parts_of_words
from word2vec.training.models import MODELS
from word2vec.training.suited_defaults import suited
from word2vec.training.tables import Tables, draw_inputs
from word2vec.training.team import create_arrays, helpers, shared_folder
from word2vec.training.updates import compose
from word2vec.training.worker import TABLES, Standing, Sums, Task, Worker, layout
from word2vec.vectors.subword_vectors import SubwordVectors
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.files import refuse_without_room, write_json
from words_and_images.common.own_files import making
from words_and_images.common.parameters import require_choice
from words_and_images.common.processor import describe_kernels
from words_and_images.common.progress import Counter, progress, say

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster

LEAST_LEARNT = 0.002  # share of the loss of guessing that something learnt has taken off
ALONE = 1 << 19  # tokens in all epochs up to which starting a second process takes longer

OnEpoch = Callable[[int, float | None], None]
"""Called with the number of an epoch, from 1, and its loss."""


@dataclass(frozen=True)
class Trained:
    """What training ends with.

    Parameters
    ----------
    tables : input and output vectors.
    vocabulary : the words of their rows.
    losses : the loss of each epoch, per positive pair (skip-gram) or centre (CBOW): a float64
        mean over every eighth step. None for an epoch without predictions.
    record : model and parameters.
    subwords : the vectors of n-grams, where there are some.
    """

    tables: Tables
    vocabulary: Vocabulary
    losses: list[float | None]
    record: dict[str, Any]
    subwords: SubwordVectors | None = None

    def save(
        self, folder: Path, corpus: dict[str, Any], reading: Reading | None = None
    ) -> None:
        """Write vectors, vocabulary, record, card and how the text was read, atomically."""
        with making(folder, VECTORS) as temporary:
            temporary.mkdir()
            np.save(temporary / "input_vectors.npy", self.tables.inputs)
            np.save(temporary / "output_vectors.npy", self.tables.outputs)
            self.vocabulary.save(temporary / "vocabulary.txt")
            record = {**self.record, "losses": self.losses, "corpus": corpus}
            if self.subwords:
                record |= self.subwords.save(temporary)
            if reading:
                record |= reading.describe()
                reading.save_phrases(temporary)
            write_json(temporary / "record.json", record)
            words, dim = self.tables.inputs.shape
            vectors_card(record, words, self.vocabulary.words[0], dim).write(temporary)


def train(
    corpus: EncodedCorpus, model: str, parameters: TrainParameters, own: SkipgramParameters,
    checkpoint: Path | None = None, start: Tables | None = None,
    cluster: "Cluster | None" = None, on_epoch: OnEpoch = lambda epoch, loss: None,
) -> Trained:
    """Train word vectors on an encoded corpus.

    Parameters
    ----------
    corpus : ids, documents, vocabulary.
    model : skipgram or cbow.
    parameters : what both models have in common.
    own : the model's own.
    checkpoint : a folder that keeps the tables after every epoch while training lasts. If it
        holds those of a training that was cut off, this one goes on from there, to the same
        result.
    start : tables of the corpus's vocabulary to begin with, in the place of random ones. With
        n-grams, their rows stand behind those of the words in the inputs.
    cluster : whose workers train; None: processes of this machine.
    on_epoch : called with the number and the loss of each epoch as it ends, and first of those
        before a training was cut off.

    Raises
    ------
    UserError
        When the model is unknown, when no word of the text has a context, when there are more
        replicas than words or memory for them, for n-grams on a cluster, and when learning
        diverges.
    """
    with closing(train_by_epochs(
            corpus, model, parameters, own, checkpoint, start, cluster, on_epoch)) as epochs:
        while True:
            try:
                next(epochs)
            except StopIteration as end:
                trained: Trained = end.value
                return trained


def train_by_epochs(
    corpus: EncodedCorpus, model: str, parameters: TrainParameters, own: SkipgramParameters,
    checkpoint: Path | None = None, start: Tables | None = None,
    cluster: "Cluster | None" = None, on_epoch: OnEpoch = lambda epoch, loss: None,
) -> Generator[Tables, None, Trained]:
    """`train`, and yield the tables after each epoch; to close it ends the training.

    They go on changing when the next epoch is asked for. While one can be, BLAS has one thread.
    """
    require_choice("model", model, tuple(MODELS))
    require_choice("loss", parameters.loss, LOSSES)
    _refuse_without_contexts(corpus)
    parameters, damping = suited(corpus.vocabulary.counts, len(corpus.ids), parameters, own)
    refuse_more_than_words(parameters.replicas, len(corpus.ids))
    task = Task(model, parameters, own, workers(corpus, parameters), 0, damping)
    tokens = TokenStream.of(corpus)
    parts = None
    if parameters.subwords:
        _refuse_cluster(cluster, parameters.subwords)
        parts = parts_of_words(corpus.vocabulary.words,
                               Subwords.of(parameters.subwords, parameters.buckets))
    if cluster is None:
        refuse_more_than_memory(parameters.replicas, lambda replicas: layout(
            replace(task, parameters=replace(parameters, replicas=replicas)), tokens, parts))
    run = _Run(corpus, task, start, parts, on_epoch)
    if checkpoint:
        # The last state stays until the next one is whole.
        states = min(2, max(1, parameters.epochs - 1))
        rows = 2 * len(corpus.vocabulary) + (
            len(corpus.vocabulary) + parameters.buckets if parts else 0)
        refuse_without_room(checkpoint,
                            states * rows * parameters.dim * np.dtype(np.float32).itemsize)
        run.keep(Checkpoint(checkpoint, fingerprint(corpus, model, parameters, own, start)))
    return (yield from run.train(cluster))


def workers(corpus: EncodedCorpus, parameters: TrainParameters) -> int:
    """Processes that a training is worth."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if len(corpus.ids) * parameters.epochs < ALONE:
        return 1
    return min(parameters.threads or available or 1, parameters.replicas)


def _refuse_cluster(cluster: "Cluster | None", subwords: str) -> None:
    if cluster:
        raise UserError(f"subwords is {subwords} and the workers of a cluster train words alone; "
                        "leave --engine out, or subwords.")


def _refuse_without_contexts(corpus: EncodedCorpus) -> None:
    longest = int(np.diff(corpus.bounds).max(initial=0))
    if longest < 2:
        raise UserError(
            f"no word has a context: none of the {counted(len(corpus.bounds) - 1, 'document')} has "
            f"more than {counted(longest, 'word')} of the vocabulary; write what belongs together "
            "on one line, or lower min_count.")


class _Processes:
    """The processes of this machine that train, from the point of view of the first one."""

    def __init__(self, task: Task, tokens: TokenStream, parts: Ragged | None) -> None:
        self._task, self._tokens, self._parts = task, tokens, parts
        self._stack = ExitStack()

    def __enter__(self) -> "_Processes":
        task, stack = self._task, self._stack
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))  # replicas are parallel
        folder = stack.enter_context(shared_folder(task.workers))
        self._shared = create_arrays(folder, layout(task, self._tokens, self._parts))
        if folder:
            task.save(folder, self._tokens.share(folder))
        self._check = stack.enter_context(helpers("word2vec.training.worker", folder, task.workers))
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

    def begin(self, start: Tables | None, within: Standing) -> None:
        """Give every replica the tables to begin with, and its place in an epoch."""
        shared = self._shared
        if self._parts:
            shared["starts"][:], shared["parts"][:] = self._parts.starts, self._parts.values
        inputs, outputs = (shared[name][:, :-1] for name in TABLES)
        if start:
            inputs[0], outputs[0] = start.inputs, start.outputs
        else:
            draw_inputs(inputs[0, : outputs.shape[1]], self._task.parameters.seed)
        for name, table in zip(TABLES, (inputs, outputs), strict=True):
            table[1:] = table[0]
            if shared[f"base_{name}"].size:
                shared[f"base_{name}"][:-1] = table[0]
        if within.rounds:
            shared["losses"][self._task.first_epoch] = within.sums
            shared["places"][:] = within.places
        # The other processes have started meanwhile, and wait for the first round.
        self._worker = Worker(self._task, self._tokens, shared, 0, self._check)

    def round(self, epoch: int, number: int) -> Iterator[float]:
        """Learn a round and merge; yield the share of the epoch that is done."""
        return self._worker.round(epoch, number)

    def sums(self, epoch: int) -> Sums:
        """Of an epoch so far, (replicas, 3)."""
        sums: Sums = self._shared["losses"][epoch]
        return sums

    def tables(self) -> Tables:
        """What is learnt so far; it goes on changing."""
        return Tables(*(self._shared[name][0, :-1] for name in TABLES))

    def take(self) -> Tables:
        """The trained tables, with no more in memory at any time than while training."""
        shared = self._shared
        del self._worker
        if len(shared["inputs"]) == 1:
            return self.tables()
        for name in TABLES:
            del shared[f"base_{name}"]  # which is as large as what is copied
        return Tables(*(np.array(shared.pop(name)[0, :-1]) for name in TABLES))


class Team(Protocol):
    """Who learns: processes of this machine (`_Processes`), or the workers of a cluster."""

    def __enter__(self) -> object: ...
    def __exit__(self, *error: Any) -> None: ...
    def begin(self, start: Tables | None, within: Standing) -> None: ...
    def round(self, epoch: int, number: int) -> Iterator[float]: ...
    def sums(self, epoch: int) -> Sums: ...
    def tables(self) -> Tables: ...
    def take(self) -> Tables: ...


class _Run:
    """One training run, from the point of view of who leads it."""

    def __init__(
        self, corpus: EncodedCorpus, task: Task, start: Tables | None, parts: Ragged | None,
        on_epoch: OnEpoch,
    ) -> None:
        self._on_epoch = on_epoch
        self._corpus, self._task, self._start, self._parts = corpus, task, start, parts
        self._tokens = TokenStream.of(corpus)
        self._guessing = task.build(self._tokens)[1].guessing
        self._checkpoint: Checkpoint | None = None
        self._losses: list[float | None] = []
        self._mean: float | None = None  # of the epoch so far
        self._within = Standing.none(task.parameters.replicas)

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep the tables of each epoch, and begin with those that are kept already."""
        self._checkpoint = checkpoint
        if kept := checkpoint.load(self._fits):
            self._losses, self._start = kept.losses, Tables(kept.inputs, kept.outputs)
            self._within = kept.within or self._within
            rounds = self._within.rounds
            self._task = replace(self._task, first_epoch=len(kept.losses), first_round=rounds)
            say(f"going on after epoch {len(kept.losses)}"
                + (f" and {counted(rounds, 'round')}" if rounds else "")
                + f", which {checkpoint.folder} kept")

    def _fits(self, kept: Kept) -> bool:
        """Whether a state can be one of this training, its numbers used as places in memory."""
        task, losses, within = self._task, kept.losses, kept.within
        words, dim = len(self._corpus.vocabulary), task.parameters.dim
        rows = words + (task.parameters.buckets if self._parts else 0)
        shapes = kept.inputs.shape, kept.outputs.shape
        if (shapes != ((rows, dim), (words, dim)) or not isinstance(losses, list)
                or len(losses) >= task.parameters.epochs
                or not all(loss is None or isinstance(loss, float) for loss in losses)
                or not Tables(kept.inputs, kept.outputs).are_finite()):
            return False
        none = Standing.none(task.parameters.replicas)
        return within is None or bool(
            0 <= within.rounds <= len(task.rounds(self._tokens)[len(losses)])
            and within.sums.shape == none.sums.shape and np.isfinite(within.sums).all()
            and within.places.shape == none.places.shape and (within.places >= 0).all())

    def train(self, cluster: "Cluster | None" = None) -> Generator[Tables, None, Trained]:
        """Train, alone, with helpers or on the workers of a cluster; yield after each epoch."""
        task, words = self._task, len(self._corpus.vocabulary)
        team: Team = (ClusterTeam(cluster, task, self._tokens, self._keep_round) if cluster
                      else _Processes(task, self._tokens, self._parts))
        by = (f"{counted(task.parameters.replicas, 'replica')} on the workers of a cluster"
              if cluster else f"{counted(task.workers, 'thread')} and {describe_kernels()}")
        say(f"training {task.model} on {len(self._corpus.ids):,} words, {words:,} different, "
            f"with {by}")
        for epoch, loss in enumerate(self._losses, start=1):
            self._on_epoch(epoch, loss)
        with team:
            team.begin(self._start, self._within)
            self._start = None
            yield from self._epochs(team)
            tables = team.take()
        if self._checkpoint:
            self._checkpoint.remove()
        self._warn_of_nothing_learnt()
        record = {"model": task.model, "parameters": {**task.parameters.describe(),
                                                      **asdict(task.own)}}
        return Trained(self._composed(tables), self._corpus.vocabulary, self._losses, record,
                       self._subwords(tables))

    def _composed(self, tables: Tables) -> Tables:
        """The vectors of the words."""
        if self._parts is None:
            return tables
        words = self._parts.take(np.arange(len(tables.outputs)))
        return Tables(compose(tables.inputs, words.starts, words.values), tables.outputs)

    def _subwords(self, tables: Tables) -> SubwordVectors | None:
        """The vectors of the n-grams."""
        parameters, words = self._task.parameters, len(tables.outputs)
        if self._parts is None or not parameters.subwords:
            return None
        return SubwordVectors(Subwords.of(parameters.subwords, parameters.buckets),
                              tables.inputs[words:], self._corpus.vocabulary.words)

    def _epochs(self, team: Team) -> Iterator[Tables]:
        task, words = self._task, len(self._tokens)
        rounds = task.rounds(self._tokens)
        done = [0.0, *rounds[task.first_epoch]][task.first_round] if task.first_epoch < len(
            rounds) else 0.0
        total = (task.parameters.epochs - task.first_epoch - done) * words
        with progress(f"training {task.model}", total, "words") as counter:
            for epoch, number in task.schedule(rounds):
                end = rounds[epoch][number]
                for share in chain(team.round(epoch, number), [end]):  # which may have no step
                    counter.advance(words * (share - done))
                    done = share
                self._follow(team, epoch, counter)
                if end == 1:
                    yield self._composed(self._end_epoch(team, epoch))
                    done = 0.0

    def _follow(self, team: Team, epoch: int, counter: Counter) -> None:
        """Tell the loss of an epoch so far; UserError where it grows beyond all bounds."""
        loss, guess, predictions = team.sums(epoch).sum(axis=0)
        mean = float(loss / predictions) if predictions else None
        self._guessing = float(guess / predictions) if predictions else self._guessing
        counter.advance(0, f"epoch {epoch + 1}, loss {'-' if mean is None else f'{mean:.4f}'}")
        if mean is not None and not mean < 2 * self._guessing:
            raise self._diverged(epoch, mean)
        self._mean = mean

    def _end_epoch(self, team: Team, epoch: int) -> Tables:
        """Look at what was learnt, and keep it."""
        tables = team.tables()
        # The loss is of every eighth step and may not have seen the last ones.
        if not tables.are_finite():
            raise self._diverged(epoch, float("inf"))
        self._losses.append(self._mean)
        self._on_epoch(len(self._losses), self._mean)
        if self._checkpoint and epoch + 1 < self._task.parameters.epochs:
            self._checkpoint.save(Kept(tables.inputs, tables.outputs, self._losses),
                                  self._corpus.vocabulary,
                                  self._composed(tables).inputs if self._parts else None)
        return tables

    def _keep_round(self, tables: Tables, within: Standing) -> None:
        """Keep what was learnt within an epoch, where anything is kept."""
        if self._checkpoint:
            self._checkpoint.save(Kept(tables.inputs, tables.outputs, self._losses, within),
                                  self._corpus.vocabulary)

    def _warn_of_nothing_learnt(self) -> None:
        """Say so where the loss has hardly moved, and what to do about it."""
        loss, task = self._losses[-1] if self._losses else None, self._task
        if loss is not None and loss < (1 - LEAST_LEARNT) * self._guessing:
            return
        tokens, epochs = len(self._tokens), task.parameters.epochs
        keep = keep_probabilities(self._tokens.counts, task.own.sample, task.parameters.least_kept)
        kept = self._tokens.counts @ keep / self._tokens.counts.sum()
        reached = "nothing was predicted" if loss is None else (
            f"the loss is {loss:.4f} and guessing has {self._guessing:.4f}")
        say(f"warning: hardly anything was learnt: {reached}. The vectors are close to the random "
            f"ones that training began with. The text has {counted(tokens, 'word')}, of which "
            f"subsampling keeps {percent(kept, 0)}, gone over {counted(epochs, 'time')}; give more "
            f"epochs{', sample 0' if kept < 0.9 else ''} or more text.")

    def _diverged(self, epoch: int, loss: float) -> UserError:
        kept = ""
        if self._checkpoint and self._losses:
            kept = f" The vectors after epoch {epoch} are in {self._checkpoint.folder}."
        return UserError(
            f"learning diverged in epoch {epoch + 1}, to a loss of {loss:.4g} where guessing has "
            f"{self._guessing:.4g}; lower learning_rate, which is {self._task.own.learning_rate}."
            + kept)
