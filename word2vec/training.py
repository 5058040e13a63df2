"""Training: the loop over epochs, slabs and steps, and the folder it ends in."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from common.errors import UserError
from common.files import replacing, write_json
from common.parameters import require_choice
from common.progress import Counter, progress, say
from word2vec.batches import Geometry, Slab, SlabReader, mask_table
from word2vec.encoding import EncodedCorpus
from word2vec.models import Ascent, Cbow, Floats, Model, Skipgram, Tables
from word2vec.parameters import (
    CHUNKS,
    SEGMENT,
    CbowParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.processor import describe_kernels
from word2vec.updates import RowScales, add_rows
from word2vec.vocabulary import Vocabulary

MODELS: dict[str, type[Model]] = {"skipgram": Skipgram, "cbow": Cbow}
LOSS_EVERY = 8  # steps; the logarithms of every step would take a tenth of the time


@dataclass(frozen=True)
class Trained:
    """What training ends with.

    Parameters
    ----------
    tables : input and output vectors.
    vocabulary : the words of their rows.
    losses : the loss of each epoch, per positive pair (skip-gram) or centre (CBOW): a float64
        mean over every eighth step.
    record : model and parameters.
    """

    tables: Tables
    vocabulary: Vocabulary
    losses: list[float]
    record: dict[str, Any]

    def save(self, folder: Path, corpus: dict[str, Any]) -> None:
        """Write vectors, vocabulary and record, atomically."""
        with replacing(folder) as temporary:
            temporary.mkdir()
            np.save(temporary / "input_vectors.npy", self.tables.inputs)
            np.save(temporary / "output_vectors.npy", self.tables.outputs)
            self.vocabulary.save(temporary / "vocabulary.txt")
            record = {**self.record, "losses": self.losses, "corpus": corpus}
            write_json(temporary / "record.json", record)


def train(
    corpus: EncodedCorpus, model: str, parameters: TrainParameters, own: SkipgramParameters
) -> Trained:
    """Train word vectors on an encoded corpus.

    Parameters
    ----------
    corpus : ids, documents, vocabulary.
    model : skipgram or cbow.
    parameters : what both models have in common.
    own : the model's own.

    Raises
    ------
    UserError
        When the model is unknown, and when learning diverges.
    """
    require_choice("model", model, tuple(MODELS))
    run = _Run(corpus, model, parameters, own)
    say(f"training {model} on {len(corpus.ids):,} words, {len(corpus.vocabulary):,} different, "
        f"with {run.threads} threads and {describe_kernels()}")
    total = parameters.epochs * len(corpus.ids)
    with (
        threadpool_limits(limits=1, user_api="blas"),  # parallelism comes from the chunks
        run.team(),
        progress(f"training {model}", total, "words") as counter,
    ):
        losses = [run.epoch(epoch, counter) for epoch in range(parameters.epochs)]
    record = {"model": model, "parameters": {**asdict(parameters), **asdict(own)}}
    tables = Tables(run.tables.inputs[:-1], run.tables.outputs[:-1])
    return Trained(tables, corpus.vocabulary, losses, record)


def geometry(parameters: TrainParameters) -> Geometry:
    """The sizes of a step."""
    segments = parameters.step // (CHUNKS * SEGMENT)
    return Geometry(parameters.window, CHUNKS, segments, SEGMENT, parameters.group,
                    parameters.shared_negatives)


class _Run:
    """One training run: its tables, its random numbers and its threads."""

    def __init__(
        self, corpus: EncodedCorpus, model: str, parameters: TrainParameters,
        own: SkipgramParameters,
    ) -> None:
        # One row more than there are words: padding looks it up, and it stays as it is.
        words, dim = len(corpus.vocabulary) + 1, parameters.dim
        generator = np.random.default_rng(parameters.seed)
        # As word2vec.c begins: small random input vectors, output vectors of zeros.
        start = (generator.random((words, dim), np.float32) - np.float32(0.5)) / np.float32(dim)
        self.tables = Tables(start, np.zeros((words, dim), np.float32))
        self.threads = min(parameters.threads or os.cpu_count() or 1, CHUNKS)
        divided = isinstance(own, CbowParameters) and own.divided
        self._model = MODELS[model](parameters.negative, divided)
        self._masks = mask_table(parameters.window)
        self._scales = [RowScales(words, parameters.row_exponent) for _ in range(2)]
        self._reader = SlabReader(corpus, geometry(parameters), own.sample,
                                  parameters.noise_exponent, parameters.dynamic_window,
                                  parameters.seed)
        self._own, self._read = own, 0
        self._guessing = (1 + parameters.negative) * np.log(2)  # the loss of vectors of zeros
        self._total = parameters.epochs * len(corpus.ids)
        self._pool: ThreadPoolExecutor | None = None

    @contextmanager
    def team(self) -> Iterator[None]:
        """Keep the threads of this run while the block lasts."""
        settings = partial(np.seterr, over="ignore", invalid="ignore")
        with (
            # Overflows are told by `epoch`, in one sentence; each thread has its own settings.
            np.errstate(over="ignore", invalid="ignore"),
            ThreadPoolExecutor(max(1, self.threads - 1), initializer=settings) as pool,
        ):
            self._pool = pool if self.threads > 1 else None
            yield
        self._pool = None

    def epoch(self, epoch: int, counter: Counter) -> float:
        """Pass over the corpus once; return the mean loss."""
        loss = predictions = 0.0
        for slab in self._slabs(epoch):
            slab_loss, slab_predictions = self._learn(slab)
            loss, predictions = loss + slab_loss, predictions + slab_predictions
            self._read += slab.raw_tokens
            mean = loss / max(predictions, 1)
            counter.advance(slab.raw_tokens, f"epoch {epoch + 1}, loss {mean:.4f}")
            if not mean < 2 * self._guessing:
                raise self._diverged(epoch)
        # The loss is of every eighth step and may not have seen the last ones.
        if not (np.isfinite(self.tables.inputs).all() and np.isfinite(self.tables.outputs).all()):
            raise self._diverged(epoch)
        return mean

    def _diverged(self, epoch: int) -> UserError:
        return UserError(f"learning diverged in epoch {epoch + 1}; lower learning_rate, which is "
                         f"{self._own.learning_rate}.")

    def _slabs(self, epoch: int) -> Iterator[Slab]:
        """The slabs of an epoch, the next one read while this one is learnt."""
        starts = list(self._reader.starts())
        if self._pool is None:
            yield from (self._reader.read(epoch, start) for start in starts)
            return
        with ThreadPoolExecutor(1) as ahead:
            coming: Future[Slab] = ahead.submit(self._reader.read, epoch, starts[0])
            for start in starts[1:]:
                slab = coming.result()
                coming = ahead.submit(self._reader.read, epoch, start)
                yield slab
            yield coming.result()

    def _learn(self, slab: Slab) -> tuple[float, float]:
        """Take the steps of a slab; return the loss and the number of predictions it is of."""
        loss = predictions = 0.0
        input_ids, output_ids = self._model.input_ids(slab), self._model.output_ids(slab)
        for step in range(slab.steps):
            with_loss = step % LOSS_EVERY == 0
            ascents = self._each(CHUNKS, partial(self._ascend, slab, step, with_loss))
            rate = self._rate(slab.raw_tokens * step / slab.steps)
            updates = (
                (self.tables.inputs, input_ids[step], [g for a in ascents for g in a.inputs]),
                (self.tables.outputs, output_ids[step], [g for a in ascents for g in a.outputs]))
            self._each(2, lambda table, rate=rate, updates=updates:  # type: ignore[misc]
                       self._update(table, rate, *updates[table]))
            if with_loss:
                loss += sum(ascent.loss for ascent in ascents)
                predictions += self._model.predictions(slab.positives[step])
        return loss, predictions

    def _ascend(self, slab: Slab, step: int, with_loss: bool, chunk: int) -> Ascent:
        return self._model.ascent(self.tables, slab.chunk(step, chunk), self._masks, with_loss)

    def _update(
        self, table: int, rate: float, rows: Floats, ids: NDArray[np.int32],
        gradients: list[Floats],
    ) -> None:
        """Add the chunks' gradients in their order, whichever thread was first."""
        scales = self._scales[table].of(ids, rate)
        begin = 0
        for part in gradients:
            here = slice(begin, begin := begin + len(part))
            add_rows(rows, ids[here], scales[here], part)

    def _rate(self, read: float) -> float:
        """The learning rate after so many words of the current slab: linear, with a floor."""
        left = 1 - (self._read + read) / self._total
        return max(self._own.minimum_learning_rate, self._own.learning_rate * left)

    def _each(self, count: int, work: Callable[[int], Any]) -> list[Any]:
        """The work of 0 .. count - 1, shared out among this thread and the others."""
        if self._pool is None:
            return [work(i) for i in range(count)]
        others = [self._pool.submit(work, i) for i in range(1, count)]
        return [work(0), *(other.result() for other in others)]
