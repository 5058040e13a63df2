"""Words a second, memory and accuracy beside gensim, word2vec.c and fastText on one corpus.

Each measurement is a process of its own, with the same settings, on the same cores; the trainers
take turns, and medians over the rounds are compared. Run it from the project's folder with
``python -m benchmarks.words``.
"""

import os
import platform
import statistics
import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import encoding, queries, words_picture, words_tables
from benchmarks.measuring import ONE_THREAD
from benchmarks.train_once import DIM, MIN_COUNT, NEGATIVE, SAMPLES, WINDOW, Task
from benchmarks.trainers import ALWAYS, Trainer, Training, checked_models, choose, work_once
from word2vec.parameters import TrainParameters
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import counted
from words_and_images.common.files import replacing, write_json
from words_and_images.common.memory import memory_method
from words_and_images.common.parameters import require
from words_and_images.common.progress import say

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
RATIOS = ("words_a_second", "words_a_cpu_second", "peak_memory_mb")
BOUND = 30_000  # words of the vectors that the analogies of the queries are asked of
QUERY_ROUNDS = 1  # gensim's analogies take long, and benchmarks/queries.py has more of them


@dataclass(frozen=True)
class Plan:
    """What is measured, and where.

    Parameters
    ----------
    models : skipgram, cbow or both.
    trainers : who takes part.
    rounds : trainings of one epoch by each.
    epochs : of the training whose accuracy is measured; 0 for none.
    threads : of each trainer.
    folder : holds the text in the trainers' forms.
    subwords : of the n-grams that words are composed of.
    """

    models: tuple[str, ...]
    trainers: list[Trainer]
    rounds: int
    epochs: int
    threads: int
    folder: str
    subwords: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("rounds", 1), ("epochs", 0), ("threads", 1)):
            value = getattr(self, name)
            require(value >= least, name, value, f"at least {least}")

    @property
    def names(self) -> list[str]:
        """Of the trainers."""
        return [trainer.name for trainer in self.trainers]


@application.command()
def compare(
    corpus: Annotated[Path, typer.Argument(help="text, one document a line, plain or compressed")]
    = Path("data/corpus.txt"),
    model: Annotated[str, typer.Option(help="skipgram, cbow or both")] = "both",
    rounds: Annotated[int, typer.Option(help="timed rounds of one epoch each")] = 3,
    epochs: Annotated[int, typer.Option(help="epochs before the accuracy; 0 skips it")] = 5,
    threads: Annotated[int, typer.Option(help="threads of each trainer")] = 2,
    trainers: Annotated[str | None, typer.Option(
        help="here, gensim, word2vec.c, fastText, between commas; all that are there by default")]
    = None,
    word2vec: Annotated[str | None, typer.Option(help="the program word2vec of word2vec.c")] = None,
    fasttext: Annotated[str | None, typer.Option(help="the program fasttext")] = None,
    subwords: Annotated[str | None, typer.Option(
        help="compose words of n-grams too, such as 3-6, here and in fastText")] = None,
    query_words: Annotated[int, typer.Option(
        help="words of the vectors that queries are timed on; 0 skips them")] = 1_000_000,
    output: Annotated[Path, typer.Option(
        help="where the figures go as JSON, and beside it as a picture")]
    = Path("results/benchmarks/words.json"),
) -> None:
    """Train with each, in turn, and print medians and ratios."""
    os.environ.update(ONE_THREAD)
    models = checked_models(model, corpus, output, "bench-words")
    chosen = choose(trainers, word2vec, fasttext, subwords)
    TrainParameters(subwords=subwords)  # which refuses what is none
    # Where nothing can be written is found out before all the work, not after it.
    with (replacing(output) as temporary,
          tempfile.TemporaryDirectory(prefix="bench-words-") as folder):
        plan = Plan(models, chosen, rounds, epochs, threads, folder, subwords)
        figures = {"corpus": corpus.name, **measure(corpus, plan, query_words)}
        write_json(temporary, figures)
    words_tables.show(figures)
    words_picture.draw(figures, output.with_suffix(".png"))


def measure(corpus: Path, plan: Plan, query_words: int) -> dict[str, Any]:
    """All figures of a run, for JSON."""
    say(f"writing the words of {corpus.name} for all trainers")
    words = encoding.write_tokenised(corpus, Path(plan.folder) / "text.txt")
    figures = {"words": words, "threads": plan.threads, "rounds": plan.rounds,
               "epochs": plan.epochs, "memory": memory_method(), "machine": machine(),
               "settings": {"dim": DIM, "window": WINDOW, "negative": NEGATIVE,
                            "min_count": MIN_COUNT, "sample": SAMPLES,
                            "subwords": plan.subwords}}
    both = set(ALWAYS).issubset(plan.names)
    if both:
        figures["vocabulary"] = measure_vocabulary(words, plan)
    encoded_mb = encode(plan) if "here" in plan.names else 0
    figures["models"] = {model: measure_model(model, words, encoded_mb, plan)
                         for model in plan.models}
    if both and query_words:
        figures["queries"] = measure_queries(query_words)
    return figures


def machine() -> dict[str, str | int | None]:
    """Where and with what this is measured."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return {"processor": next(named, platform.processor() or platform.machine()),
            "cores": os.cpu_count(), "python": platform.python_version(),
            **{package: version(package) for package in ("numpy", "gensim")}}


def measure_vocabulary(words: int, plan: Plan) -> dict[str, Any]:
    """Counting and encoding the words, beside gensim's ways to count them."""
    text = Path(plan.folder) / "text.txt"
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in encoding.TRAINERS["encoding"]}
    for number in range(plan.rounds):
        for name, measured in runs.items():
            say(f"vocabulary, round {number + 1} of {plan.rounds}: {name}")
            measured.append(encoding.measure_encoding(text, name))
    return {name: encoding.summary(words, measured) for name, measured in runs.items()}


def encode(plan: Plan) -> float:
    """Encode the text for this project's trainer; return the peak memory of that."""
    say("encoding the words")
    _, measured = work_once("encode", Task("", 0, plan.threads, plan.folder))
    return measured.peak_memory_mb


def measure_model(model: str, words: int, encoded_mb: float, plan: Plan) -> dict[str, Any]:
    """Rounds of one epoch by each trainer in turn, then a longer training by each."""
    timed: dict[str, list[Training]] = {name: [] for name in plan.names}
    alone: list[Training] = []  # this project with one thread
    for number in range(plan.rounds):
        label = f"{model}, round {number + 1} of {plan.rounds}"
        for trainer in plan.trainers:
            task = Task(model, 1, plan.threads, plan.folder, subwords=plan.subwords)
            timed[trainer.name].append(train(label, trainer, task, words))
            if trainer.name == "here" and plan.threads > 1:
                alone.append(train(label, trainer, replace(task, threads=1), words))
    figures = {name: summary(words, trainings) for name, trainings in timed.items()}
    if plan.epochs:
        for trainer in plan.trainers:
            figures[trainer.name] |= measure_accuracy(model, trainer, words, plan)
    for name, row in figures.items():
        row |= peaks(timed[name], row, encoded_mb if name == "here" else 0)
    if alone:
        figures["here"]["one_thread"] = one_thread(words, alone, timed["here"])
    return {"sample": SAMPLES[model], "trainers": figures, "ratios": ratios(figures)}


def train(label: str, trainer: Trainer, task: Task, words: int) -> Training:
    """One training, told before and after."""
    say(f"{label}: {trainer.name}, {counted(task.epochs, 'epoch')}, "
        f"{counted(task.threads, 'thread')}")
    trained = trainer.train(task)
    rate = speed(words * task.epochs, trained.seconds)
    say(f"    {rate:,.0f} words a second" if rate else "    too short a text to time it")
    return trained


def measure_accuracy(model: str, trainer: Trainer, words: int, plan: Plan) -> dict[str, Any]:
    """A training of all epochs: its speed, and what its vectors know."""
    from word2vec.evaluation import EvaluateParameters, evaluate
    from word2vec.vectors import load_vectors

    task = Task(model, plan.epochs, plan.threads, plan.folder, subwords=plan.subwords)
    trained = train(f"{model}, for accuracy", trainer, task, words)
    evaluation = evaluate(load_vectors(trainer.vectors(task)), EvaluateParameters())
    return {"final": {"seconds": trained.seconds, "cpu_seconds": trained.cpu_seconds,
                      "words_a_second": speed(words * plan.epochs, trained.seconds),
                      "words_a_cpu_second": speed(words * plan.epochs, trained.cpu_seconds),
                      "peak_memory_mb": trained.peak_memory_mb},
            "scores": evaluation.metrics(), "sections": evaluation.sections()}


def summary(words: int, trainings: list[Training]) -> dict[str, Any]:
    """Medians of one trainer's rounds, and the rounds."""
    seconds = [trained.seconds for trained in trainings]
    cpu_seconds = [trained.cpu_seconds for trained in trainings]
    return {"words_a_second": speed(words, statistics.median(seconds)),
            "words_a_cpu_second": speed(words, statistics.median(cpu_seconds)),
            "seconds": seconds, "cpu_seconds": cpu_seconds}


def peaks(trainings: list[Training], row: dict[str, Any], encoded_mb: float) -> dict[str, float]:
    """The most memory of all stages, which are one where a trainer counts words itself."""
    trained_mb = max(trained.peak_memory_mb for trained in trainings)
    if "final" in row:
        trained_mb = max(trained_mb, row["final"]["peak_memory_mb"])
    stages = {"encoding_mb": encoded_mb, "training_mb": trained_mb} if encoded_mb else {}
    return {"peak_memory_mb": max(trained_mb, encoded_mb), **stages}


def one_thread(words: int, alone: list[Training], together: list[Training]) -> dict[str, Any]:
    """One thread beside several: the speed and the vectors."""
    row = summary(words, alone)
    several = statistics.median(trained.seconds for trained in together)
    hashes = {trained.sha256 for trained in [*alone, *together]}
    return {**row, "speed_up": statistics.median(row["seconds"]) / several,
            "same_vectors": len(hashes) == 1, "sha256": sorted(hashes)}


def ratios(figures: dict[str, dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    """This project's figures over each other trainer's."""
    here = figures.get("here", {})
    return {name: {key: here[key] / row[key] if here[key] and row[key] else None for key in RATIOS}
            for name, row in figures.items() if here and name != "here"}


def speed(words: int, seconds: float) -> float | None:
    """Words a second; None where the time is a difference that is lost in its noise."""
    return words / seconds if seconds > 0 else None


def measure_queries(words: int) -> dict[str, Any]:
    """Questions to random vectors, with one thread as everything here."""
    say(f"queries of {words:,} words")
    with tempfile.TemporaryDirectory(prefix="bench-queries-") as folder:
        queries.make_vectors(Path(folder) / "nearest", words, DIM)
        queries.make_vectors(Path(folder) / "analogies", BOUND, DIM)
        return {"words": words, "bound": BOUND, "dim": DIM, "threads": 1, "rounds": QUERY_ROUNDS,
                **queries.compared(folder, 1, QUERY_ROUNDS)}


if __name__ == "__main__":
    run_application(application)
