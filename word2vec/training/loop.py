"""Training: the loop over epochs, and the folder it ends in."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.reading import Reading
from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import Vocabulary, keep_probabilities
from word2vec.folders import VECTORS
from word2vec.parameters import (
    LOSSES,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.training.capacity import refuse_more_than_memory, refuse_more_than_words
from word2vec.training.checkpoints import Checkpoint, fingerprint
from word2vec.training.models import MODELS, Floats
from word2vec.training.suited_defaults import suited
from word2vec.training.team import create_arrays, helpers, shared_folder
from word2vec.training.worker import Task, Worker, layout
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import write_json
from words_and_images.common.own_files import making
from words_and_images.common.parameters import require_choice
from words_and_images.common.processor import describe_kernels
from words_and_images.common.progress import Counter, progress, say

LEAST_LEARNT = 0.002  # share of the loss of guessing that something learnt has taken off
ALONE = 1 << 19  # tokens in all epochs up to which starting a second process takes longer


@dataclass(frozen=True)
class Tables:
    """What is learnt.

    Parameters
    ----------
    inputs : (words, dim) v, the word vectors.
    outputs : (words, dim) u, the words as contexts (skip-gram) or as centres (CBOW); with
        hierarchical softmax the inner nodes of the tree, and a row of zeros at the end.
    """

    inputs: Floats
    outputs: Floats


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
    """

    tables: Tables
    vocabulary: Vocabulary
    losses: list[float | None]
    record: dict[str, Any]

    def save(
        self, folder: Path, corpus: dict[str, Any], reading: Reading | None = None
    ) -> None:
        """Write vectors, vocabulary, record and how the text was read, atomically."""
        with making(folder, VECTORS) as temporary:
            temporary.mkdir()
            np.save(temporary / "input_vectors.npy", self.tables.inputs)
            np.save(temporary / "output_vectors.npy", self.tables.outputs)
            self.vocabulary.save(temporary / "vocabulary.txt")
            record = {**self.record, "losses": self.losses, "corpus": corpus}
            if reading:
                record |= reading.describe()
                reading.save_phrases(temporary)
            write_json(temporary / "record.json", record)


def train(
    corpus: EncodedCorpus, model: str, parameters: TrainParameters, own: SkipgramParameters,
    checkpoint: Path | None = None, start: Tables | None = None,
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
    start : tables of the corpus's vocabulary to begin with, in the place of random ones.

    Raises
    ------
    UserError
        When the model is unknown, when no word of the text has a context, when there are more
        replicas than words or memory for them, and when learning diverges.
    """
    require_choice("model", model, tuple(MODELS))
    require_choice("loss", parameters.loss, LOSSES)
    _refuse_without_contexts(corpus)
    parameters, damping = suited(corpus.vocabulary.counts, len(corpus.ids), parameters, own)
    refuse_more_than_words(parameters.replicas, len(corpus.ids))
    task = Task(model, parameters, own, workers(corpus, parameters), 0, damping)
    tokens = TokenStream.of(corpus)
    refuse_more_than_memory(parameters.replicas, lambda replicas: layout(
        replace(task, parameters=replace(parameters, replicas=replicas)), tokens))
    run = _Run(corpus, task, start)
    if checkpoint:
        run.keep(Checkpoint(checkpoint, fingerprint(corpus, model, parameters, own, start)))
    return run.train()


def begin(words: int, parameters: TrainParameters) -> Tables:
    """As word2vec.c begins: small random input vectors, output vectors of zeros."""
    tables = Tables(*np.zeros((2, words, parameters.dim), np.float32))
    _draw_inputs(tables.inputs, parameters.seed)
    return tables


def _draw_inputs(inputs: Floats, seed: int) -> None:
    """Small random numbers, in the place of what stands there."""
    # No piece has such a key: these are other numbers than those that pieces draw.
    generator = np.random.default_rng([seed, 0, 0, 1])
    generator.random(dtype=np.float32, out=inputs)
    inputs -= np.float32(0.5)
    inputs /= np.float32(inputs.shape[1])


def workers(corpus: EncodedCorpus, parameters: TrainParameters) -> int:
    """Processes that a training is worth."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if len(corpus.ids) * parameters.epochs < ALONE:
        return 1
    return min(parameters.threads or available or 1, parameters.replicas)


def _refuse_without_contexts(corpus: EncodedCorpus) -> None:
    longest = int(np.diff(corpus.bounds).max(initial=0))
    if longest < 2:
        raise UserError(
            f"no word has a context: none of the {counted(len(corpus.bounds) - 1, 'document')} has "
            f"more than {counted(longest, 'word')} of the vocabulary; write what belongs together "
            "on one line, or lower min_count.")


def _taken(shared: dict[str, Any]) -> Tables:
    """The trained tables, with no more in memory at any time than while training."""
    if len(shared["inputs"]) == 1:
        return Tables(*(shared[name][0, :-1] for name in ("inputs", "outputs")))
    del shared["base"]  # which is as large as what is copied
    return Tables(*(np.array(shared.pop(name)[0, :-1]) for name in ("inputs", "outputs")))


class _Run:
    """One training run, from the point of view of its first worker."""

    def __init__(self, corpus: EncodedCorpus, task: Task, start: Tables | None) -> None:
        self._corpus, self._task, self._start = corpus, task, start
        self._tokens = TokenStream.of(corpus)
        self._guessing = task.build(self._tokens)[1].guessing
        self._checkpoint: Checkpoint | None = None
        self._losses: list[float | None] = []

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep the tables of each epoch, and begin with those that are kept already."""
        self._checkpoint = checkpoint
        if kept := checkpoint.load():
            self._losses, self._start = kept.losses, Tables(kept.inputs, kept.outputs)
            self._task = replace(self._task, first_epoch=len(kept.losses))
            say(f"going on after epoch {len(kept.losses)}, which {checkpoint.folder} kept")

    def train(self) -> Trained:
        """Train, alone or with helpers."""
        task, words = self._task, len(self._corpus.vocabulary)
        say(f"training {task.model} on {len(self._corpus.ids):,} words, {words:,} different, "
            f"with {task.workers} thread{'s'[: task.workers - 1]} and {describe_kernels()}")
        with (
            threadpool_limits(limits=1, user_api="blas"),  # parallelism comes from the replicas
            shared_folder(task.workers) as folder,
        ):
            shared = create_arrays(folder, layout(task, self._tokens))
            if folder:
                task.save(folder, self._tokens.share(folder))
            with helpers("word2vec.training.worker", folder, task.workers) as check:
                self._begin(shared)  # while the others start; they wait for the first round
                self._epochs(shared, check)
            tables = _taken(shared)
        if self._checkpoint:
            self._checkpoint.remove()
        self._warn_of_nothing_learnt()
        record = {"model": task.model, "parameters": {**asdict(task.parameters),
                                                      **asdict(task.own)}}
        return Trained(tables, self._corpus.vocabulary, self._losses, record)

    def _begin(self, shared: dict[str, Any]) -> None:
        """Give every replica the tables to begin with, and forget these."""
        inputs, outputs = (shared[name][:, :-1] for name in ("inputs", "outputs"))
        if self._start:
            inputs[0], outputs[0] = self._start.inputs, self._start.outputs
            self._start = None
        else:
            _draw_inputs(inputs[0], self._task.parameters.seed)
        inputs[1:], outputs[1:] = inputs[0], outputs[0]
        if shared["base"].size:
            shared["base"][:, :-1] = inputs[0], outputs[0]

    def _epochs(self, shared: dict[str, Any], check: Callable[[], None]) -> None:
        task = self._task
        worker = Worker(task, self._tokens, shared, 0, check)
        total = (task.parameters.epochs - task.first_epoch) * len(self._tokens)
        with progress(f"training {task.model}", total, "words") as counter:
            for epoch in range(task.first_epoch, task.parameters.epochs):
                self._losses.append(self._epoch(worker, epoch, shared, counter))
                if self._checkpoint and epoch + 1 < task.parameters.epochs:
                    self._checkpoint.save(shared["inputs"][0, :-1], shared["outputs"][0, :-1],
                                          self._corpus.vocabulary, self._losses)

    def _epoch(
        self, worker: Worker, epoch: int, shared: dict[str, Any], counter: Counter
    ) -> float | None:
        """Pass over the corpus once; return the mean loss, None where nothing was predicted."""
        words, done, mean = len(self._tokens), 0.0, None
        for number, end in enumerate(worker.rounds[epoch]):
            for share in chain(worker.round(epoch, number), [end]):  # which may have had no step
                counter.advance(words * (share - done))
                done = share
            loss, guess, predictions = shared["losses"][epoch].sum(axis=0)
            mean = float(loss / predictions) if predictions else None
            self._guessing = float(guess / predictions) if predictions else self._guessing
            counter.advance(0, f"epoch {epoch + 1}, loss {'-' if mean is None else f'{mean:.4f}'}")
            if mean is not None and not mean < 2 * self._guessing:
                raise self._diverged(epoch, mean)
        # The loss is of every eighth step and may not have seen the last ones.
        if not all(np.isfinite(extreme) for table in ("inputs", "outputs")
                   for extreme in (shared[table][0].min(), shared[table][0].max())):
            raise self._diverged(epoch, float("inf"))
        return mean

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
            f"subsampling keeps {100 * kept:.0f} %, gone over {counted(epochs, 'time')}; give more "
            f"epochs{', sample 0' if kept < 0.9 else ''} or more text.")

    def _diverged(self, epoch: int, loss: float) -> UserError:
        kept = ""
        if self._checkpoint and self._losses:
            kept = f" The vectors after epoch {epoch} are in {self._checkpoint.folder}."
        return UserError(
            f"learning diverged in epoch {epoch + 1}, to a loss of {loss:.4g} where guessing has "
            f"{self._guessing:.4g}; lower learning_rate, which is {self._task.own.learning_rate}."
            + kept)
