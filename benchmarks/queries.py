"""How long questions to word vectors take, beside gensim, of the same vectors.

Each measurement is a process of its own; the two take turns, and medians over the rounds are
compared. The vectors are random: what they answer does not matter here, only how soon.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import counted
from words_and_images.common.tables import table_console

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
LIBRARIES = ("here", "gensim")
QUERIES = 20
WORD = "athens"  # of the questions; they stand in the middle of the vocabulary


@dataclass(frozen=True)
class Task:
    """What one process measures."""

    library: str
    question: str  # a key of QUESTIONS
    folder: str  # that `make_vectors` filled
    threads: int  # of the matrix products


@application.command()
def compare(
    words: Annotated[int, typer.Option(help="words that nearest is asked among")] = 1_000_000,
    bound: Annotated[int, typer.Option(help="words that analogies are asked among")] = 30_000,
    dim: Annotated[int, typer.Option(help="values a vector")] = 100,
    rounds: Annotated[int, typer.Option(help="processes for each measurement")] = 3,
    threads: Annotated[int, typer.Option(help="threads of the matrix products")] = 2,
    output: Annotated[Path, typer.Option(help="where the figures go as JSON")] = Path(
        "results/benchmarks/queries.json"),
) -> None:
    """Ask both, in turn, and print medians and ratios."""
    from words_and_images.common.files import write_json

    with tempfile.TemporaryDirectory() as folder:
        make_vectors(Path(folder) / "nearest", words, dim)
        make_vectors(Path(folder) / "analogies", bound, dim)
        figures = {"words": words, "bound": bound, "dim": dim, "threads": threads,
                   "rounds": rounds, **compared(folder, threads, rounds)}
    write_json(output, figures)
    show(figures)


def compared(folder: str, threads: int, rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds of each question for each library that answers it."""
    seconds: dict[str, dict[str, float]] = {library: {} for library in LIBRARIES}
    for question, (subfolder, asked) in QUESTIONS.items():
        times: dict[str, list[float]] = {library: [] for library in asked}
        for _ in range(rounds):
            for library, measured in times.items():
                task = Task(library, question, str(Path(folder) / subfolder), threads)
                measured.append(measure(task))
        for library, measured in times.items():
            seconds[library][question] = statistics.median(measured)
    return seconds


def make_vectors(folder: Path, words: int, dim: int) -> None:
    """Random vectors, those of all words of the questions among them, in both libraries' form."""
    import numpy as np
    from gensim.models import KeyedVectors

    from word2vec.evaluation.evaluation import load_questions
    from word2vec.vectors.formats import write_folder

    asked = {word.lower() for section in load_questions("questions_words")
             for question in section.questions for word in question}
    others = [f"word{number}" for number in range(words - len(asked))]
    names = [*others[: len(others) // 2], *sorted(asked), *others[len(others) // 2 :]]
    vectors = np.random.default_rng(1).standard_normal((words, dim), np.float32)
    folder.mkdir(parents=True)
    write_folder(folder / "vectors", names, vectors, None, {})
    keyed = KeyedVectors(dim)
    keyed.add_vectors(names, vectors)
    keyed.save(str(folder / "vectors.kv"))
    (folder / "questions.txt").write_text("".join(
        f": {section.name}\n" + "".join(f"{' '.join(question)}\n" for question in section.questions)
        for section in load_questions("questions_words")))


def measure(task: Task) -> float:
    """Seconds of one measurement in a process of its own."""
    command = [sys.executable, __file__, "once", json.dumps(asdict(task))]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(task.threads)}
    if task.question == "command":
        command = [sys.executable, "-m", "word2vec.command_line", "nearest",
                   f"{task.folder}/vectors", WORD]
    started = time.perf_counter()
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                              env=environment)
    if task.question == "command":
        return time.perf_counter() - started
    return json.loads(finished.stdout.splitlines()[-1])


def once(task: Task) -> float:
    """Ask as the task says, in this process."""
    ask = QUESTIONS[task.question][1][task.library]
    return ask(Path(task.folder))


def start_here(folder: Path) -> float:
    """From nothing imported to the first answer."""
    started = time.perf_counter()
    _ = open_here(folder).most_similar(WORD)
    return time.perf_counter() - started


def start_gensim(folder: Path) -> float:
    """The same, from gensim's own memory-mapped file."""
    started = time.perf_counter()
    _ = open_gensim(folder).most_similar(WORD)
    return time.perf_counter() - started


def nearest_here(folder: Path) -> float:
    """The median question after the first."""
    return _median_query(open_here(folder))


def nearest_gensim(folder: Path) -> float:
    """The median question after the first."""
    return _median_query(open_gensim(folder))


def analogies_here(method: str) -> Callable[[Path], float]:
    """All questions by one method."""

    def ask(folder: Path) -> float:
        vectors, questions = open_here(folder), folder / "questions.txt"
        started = time.perf_counter()
        vectors.evaluate_word_analogies(questions, method=method)
        return time.perf_counter() - started

    return ask


def analogies_gensim(folder: Path) -> float:
    """All questions; gensim answers them by 3CosAdd only."""
    vectors = open_gensim(folder)
    started = time.perf_counter()
    vectors.evaluate_word_analogies(str(folder / "questions.txt"), restrict_vocab=30_000)
    return time.perf_counter() - started


def open_here(folder: Path) -> Any:
    """This project's vectors, mapped."""
    from word2vec.vectors import load_vectors

    return load_vectors(folder / "vectors")


def open_gensim(folder: Path) -> Any:
    """gensim's vectors, mapped."""
    from gensim.models import KeyedVectors

    return KeyedVectors.load(str(folder / "vectors.kv"), mmap="r")


def _median_query(vectors: Any) -> float:
    words = [f"word{number}" for number in range(0, 10_000, 10_000 // QUERIES)]
    times = []
    for word in [WORD, *words]:
        started = time.perf_counter()
        vectors.most_similar(word)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


# What is asked: the vectors it is asked of, and how each library that can is asked.
QUESTIONS: dict[str, tuple[str, dict[str, Callable[[Path], float]]]] = {
    "start": ("nearest", {"here": start_here, "gensim": start_gensim}),
    "command": ("nearest", {"here": start_here}),
    "nearest": ("nearest", {"here": nearest_here, "gensim": nearest_gensim}),
    "3cosadd": ("analogies", {"here": analogies_here("3cosadd"), "gensim": analogies_gensim}),
    "3cosmul": ("analogies", {"here": analogies_here("3cosmul")}),
}


def show(figures: dict[str, Any]) -> None:
    """The table: milliseconds of each library and the ratio."""
    from rich.table import Table

    here, gensim = figures["here"], figures["gensim"]
    labels = {
        "start": f"import, open {figures['words']:,} words, first answer",
        "command": "the command `word2vec nearest`", "nearest": "nearest, once open",
        "3cosadd": f"all questions over {figures['bound']:,} words, 3CosAdd",
        "3cosmul": "the same, 3CosMul"}
    table = Table(f"milliseconds, {counted(figures['threads'], 'thread')}", "here", "gensim",
                  "ratio")
    for name, label in labels.items():
        other = gensim.get(name)
        table.add_row(label, f"{1000 * here[name]:,.0f}", f"{1000 * other:,.0f}" if other else "-",
                      f"{other / here[name]:.1f}" if other else "")
    table_console().print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        print(json.dumps(once(Task(**json.loads(sys.argv[2])))))
    else:
        run_application(application)
