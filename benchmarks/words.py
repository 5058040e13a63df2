"""Words a second, memory and accuracy beside gensim's, on one corpus and the same cores.

Each measurement is a process of its own; the two trainers take turns, and medians over the rounds
are compared. Reading and counting the corpus are not timed here, only training.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from common.commandline import run_application
from common.errors import UserError

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
TRAINERS = ("here", "gensim")


@dataclass(frozen=True)
class Task:
    """What one process measures."""

    trainer: str
    folder: str  # holds encoded/ and text.txt
    model: str
    epochs: int
    threads: int
    evaluate: bool


@application.command()
def compare(
    corpus: Annotated[Path, typer.Argument(help="text, one document a line, plain or compressed")]
    = Path("data/corpus.txt"),
    model: Annotated[str, typer.Option(help="skipgram or cbow")] = "skipgram",
    rounds: Annotated[int, typer.Option(help="timed rounds of one epoch each")] = 3,
    epochs: Annotated[int, typer.Option(help="epochs before the accuracy; 0 skips it")] = 5,
    threads: Annotated[int, typer.Option(help="threads of each trainer")] = 2,
    output: Annotated[Path, typer.Option(help="where the figures go as JSON")] = Path(
        "results/benchmarks/words.json"),
) -> None:
    """Train with both, in turn, and print medians and ratios."""
    from common.files import write_json

    if not corpus.is_file():
        raise UserError(f"no text {corpus}; run `dvc repro fetch_corpus`, or name a text of your "
                        "own: make bench-words CORPUS=text.txt.gz")
    with tempfile.TemporaryDirectory() as folder:
        words = prepare(corpus, Path(folder))
        timed = {trainer: [] for trainer in TRAINERS}
        for _ in range(rounds):
            for trainer in TRAINERS:
                timed[trainer].append(measure(Task(trainer, folder, model, 1, threads, False)))
        final = {}
        if epochs:
            final = {trainer: measure(Task(trainer, folder, model, epochs, threads, True))
                     for trainer in TRAINERS}
    figures = {"corpus": corpus.name, "words": words, "model": model, "rounds": rounds,
               "epochs": epochs, "threads": threads,
               **{trainer: summary(words, timed[trainer], final.get(trainer))
                  for trainer in TRAINERS}}
    write_json(output, figures)
    show(figures)


def prepare(corpus: Path, folder: Path) -> int:
    """Encode the corpus for this trainer, and write it tokenised for gensim; return its words."""
    from word2vec.encoding import encode
    from word2vec.parameters import EncodeParameters
    from word2vec.text import lines
    from word2vec.tokens import letters

    encode(lines(corpus), folder / "encoded", EncodeParameters())
    words = 0
    with (folder / "text.txt").open("w") as output:
        for line in lines(corpus):
            tokens = letters(line)
            words += len(tokens)
            output.write(" ".join(tokens) + "\n")
    return words


def measure(task: Task) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "once", json.dumps(asdict(task))]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(finished.stdout.splitlines()[-1])


def summary(
    words: int, timed: list[dict[str, Any]], final: dict[str, Any] | None
) -> dict[str, Any]:
    """Medians of one trainer's rounds, and its accuracy."""
    return {
        "words_a_second": words / statistics.median(run["seconds"] for run in timed),
        "words_a_cpu_second": words / statistics.median(run["cpu_seconds"] for run in timed),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in timed),
        "scores": final["scores"] if final else {},
    }


def once(task: Task) -> dict[str, Any]:
    """Train as the task says, in this process."""
    return (train_here if task.trainer == "here" else train_gensim)(task)


def train_here(task: Task) -> dict[str, Any]:
    """This project's trainer."""
    from word2vec.training import train  # isort: skip
    from word2vec.encoding import EncodedCorpus
    from word2vec.parameters import MODEL_PARAMETERS, TrainParameters
    from word2vec.vectors import WordVectors

    corpus = EncodedCorpus.load(Path(task.folder) / "encoded")
    parameters = TrainParameters(epochs=task.epochs, threads=task.threads)
    clock = Clock()
    trained = train(corpus, task.model, parameters, MODEL_PARAMETERS[task.model]())
    figures = clock.figures()
    if task.evaluate:
        words, counts = trained.vocabulary.words, trained.vocabulary.counts
        figures["scores"] = scores(WordVectors(words, trained.tables.inputs, counts))
    return figures


def train_gensim(task: Task) -> dict[str, Any]:
    """gensim with the same settings, reading the text by its fastest way, `corpus_file`."""
    from gensim.models import Word2Vec

    from word2vec.vectors import WordVectors

    text = str(Path(task.folder) / "text.txt")
    skipgram = task.model == "skipgram"
    model = Word2Vec(vector_size=100, window=5, negative=5, min_count=5, workers=task.threads,
                     sample=1e-4 if skipgram else 1e-3, sg=int(skipgram), seed=1)
    model.build_vocab(corpus_file=text)
    clock = Clock()
    model.train(corpus_file=text, total_examples=model.corpus_count,
                total_words=model.corpus_total_words, epochs=task.epochs)
    figures = clock.figures()
    if task.evaluate:
        figures["scores"] = scores(WordVectors(model.wv.index_to_key, model.wv.vectors, None))
    return figures


class Clock:
    """Time since it was made, and the memory of this process."""

    def __init__(self) -> None:
        self._seconds, self._cpu = time.perf_counter(), time.process_time()

    def figures(self) -> dict[str, Any]:
        """Seconds, CPU seconds and peak memory."""
        return {
            "seconds": time.perf_counter() - self._seconds,
            "cpu_seconds": time.process_time() - self._cpu,
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def scores(vectors: Any) -> dict[str, float]:
    """The pipeline's scores of the vectors."""
    from word2vec.evaluation import EvaluateParameters, evaluate

    return evaluate(vectors, EvaluateParameters()).metrics()


def show(figures: dict[str, Any]) -> None:
    """The table: each trainer and the ratio."""
    from rich.console import Console
    from rich.table import Table

    here, gensim = figures["here"], figures["gensim"]
    table = Table(f"{figures['model']}, {figures['words']:,} words, {figures['threads']} threads",
                  "here", "gensim", "ratio")
    for name in ("words_a_second", "words_a_cpu_second", "peak_memory_mb"):
        table.add_row(name.replace("_", " "), f"{here[name]:,.0f}", f"{gensim[name]:,.0f}",
                      f"{here[name] / gensim[name]:.2f}")
    for name in ("analogies_accuracy", "analogies_semantic", "analogies_syntactic",
                 "wordsim353_spearman", "simlex999_spearman"):
        if here["scores"]:
            table.add_row(name.replace("_", " "), f"{here['scores'][name]:.4f}",
                          f"{gensim['scores'][name]:.4f}", "")
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        print(json.dumps(once(Task(**json.loads(sys.argv[2])))))
    else:
        run_application(application)
