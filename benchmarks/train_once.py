"""One piece of work by this project or by gensim, in a process of its own that `trainers` starts.

Timed is the work alone: not the start of the interpreter and, where it trains, not the reading and
counting of the text.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIM, WINDOW, NEGATIVE, MIN_COUNT = 100, 5, 5, 5
SAMPLES = {"skipgram": 1e-4, "cbow": 1e-3}  # the papers' and word2vec.c's usual ones

COPIED = 1 << 28  # bytes, that no cache holds
COPYING = 0.5  # seconds


@dataclass(frozen=True)
class Task:
    """What to train.

    Parameters
    ----------
    model : skipgram or cbow.
    epochs, threads : of the trainer.
    folder : holds text.txt and encoded/, and gets the vectors.
    replicas : of this project's tables; 0 leaves the number to the text.
    seed : of everything drawn.
    shuffle : the documents of the encoded text, which otherwise stay in their order.
    engine : local, or dask: as many worker processes as threads.
    apart : whether these exchange rows as the workers of different machines do.
    subwords, buckets : of the n-grams that words are composed of; none where subwords is None.
    """

    model: str
    epochs: int
    threads: int
    folder: str
    replicas: int = 0
    seed: int = 1
    shuffle: bool = True
    engine: str = "local"
    apart: bool = False
    subwords: str | None = None
    buckets: int = 200_000

    @property
    def text(self) -> Path:
        """The tokenised text, a document a line."""
        return Path(self.folder) / "text.txt"

    @property
    def encoded(self) -> Path:
        """The text as this project encodes it."""
        return Path(self.folder) / "encoded"


def encode(task: Task) -> dict[str, Any]:
    """This project's first step: words become ids on disk."""
    from word2vec.corpus import encode, lines
    from word2vec.parameters import EncodeParameters

    clock = Clock()
    encode(lines(task.text), task.encoded,
           EncodeParameters(min_count=MIN_COUNT, shuffle=task.shuffle))
    return clock.figures()


def train_here(task: Task) -> dict[str, Any]:
    """This project's second step."""
    from word2vec.corpus import EncodedCorpus
    from word2vec.parameters import MODEL_PARAMETERS, TrainParameters
    from word2vec.training import cluster_team, train
    from word2vec.vectors.formats import write_vectors
    from word2vec.vectors.formats.vector_files import write_folder
    from words_and_images.common.engine import EngineParameters
    from words_and_images.common.running import running

    corpus = EncodedCorpus.load(task.encoded)
    parameters = TrainParameters(dim=DIM, window=WINDOW, negative=NEGATIVE, epochs=task.epochs,
                                 threads=task.threads, replicas=task.replicas, seed=task.seed,
                                 subwords=task.subwords, buckets=task.buckets)
    own = MODEL_PARAMETERS[task.model](sample=SAMPLES[task.model])
    if task.apart:
        cluster_team.machine_of = lambda worker: worker
    with running(EngineParameters(task.engine, processes=task.threads)) as cluster:
        clock = Clock()
        trained = train(corpus, task.model, parameters, own, cluster=cluster)
        figures = clock.figures()
        if cluster:
            figures["moved_bytes"] = sum(cluster.client.run(_moved_bytes).values())
    tables = trained.tables
    digest = hashlib.sha256(tables.inputs)
    digest.update(tables.outputs)
    if trained.subwords:
        write_folder(Path(task.folder) / "here", trained.vocabulary.words, tables.inputs,
                     trained.vocabulary.counts, {}, trained.subwords)
    else:
        write_vectors(Path(task.folder) / "here.bin", trained.vocabulary.words, tables.inputs)
    return {**figures, "sha256": digest.hexdigest()}


def _moved_bytes(dask_worker: Any) -> int:
    """What a worker of Dask has sent: to the others, and the vectors here."""
    return int(dask_worker.transfer_outgoing_bytes_total)


def train_in_phases(task: Task) -> dict[str, Any]:
    """As `train_here`, and where the time goes."""
    from benchmarks.training_phases import noted_phases

    with noted_phases() as phases:
        figures = train_here(task)
    return {**figures, **phases.figures()}


def copy_memory(task: Task) -> dict[str, Any]:
    """Copy an array to and fro for a while, as other processes may at the same time."""
    import numpy as np

    there, back = np.ones((2, COPIED), np.uint8)
    begun = time.perf_counter()
    copies = 0
    while time.perf_counter() - begun < COPYING:
        np.copyto(*((there, back) if copies % 2 else (back, there)))
        copies += 1
    return {"bytes_a_second": 2 * COPIED * copies / (time.perf_counter() - begun)}


def train_gensim(task: Task) -> dict[str, Any]:
    """gensim, which reads the text by its fastest way, `corpus_file`."""
    from gensim.models import Word2Vec

    model = Word2Vec(vector_size=DIM, window=WINDOW, negative=NEGATIVE, min_count=MIN_COUNT,
                     workers=task.threads, sample=SAMPLES[task.model],
                     sg=int(task.model == "skipgram"), seed=task.seed)
    model.build_vocab(corpus_file=str(task.text))
    clock = Clock()
    model.train(corpus_file=str(task.text), total_examples=model.corpus_count,
                total_words=model.corpus_total_words, epochs=task.epochs)
    figures = clock.figures()
    model.wv.save_word2vec_format(f"{task.folder}/gensim.bin", binary=True)
    return figures


class Clock:
    """Time since it was made, by the wall and of the processors."""

    def __init__(self) -> None:
        self._seconds, self._cpu_seconds = time.perf_counter(), _cpu_seconds()

    def figures(self) -> dict[str, float]:
        """Seconds and CPU seconds."""
        return {"seconds": time.perf_counter() - self._seconds,
                "cpu_seconds": _cpu_seconds() - self._cpu_seconds}


def _cpu_seconds() -> float:
    """Of this process and of those that it has waited for: threads may be processes."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


WORK: dict[str, Callable[[Task], dict[str, Any]]] = {
    "encode": encode, "here": train_here, "phases": train_in_phases,
    "gensim": train_gensim, "copy": copy_memory}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](Task(**json.loads(sys.argv[2])))))
