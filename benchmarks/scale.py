"""What the workers of a cluster cost beside this machine's processes, and what long texts take.

The same training by as many processes of this machine and by as many workers of a Dask cluster on
it, in turn: words a second, bytes that workers sent each other and here, and whether the vectors
are the same. Then `word2vec train` on texts of several lengths, made up from the word frequencies
of the given one: time and the memory of all processes. Run it from the project's folder with
``python -m benchmarks.scale``.
"""

import os
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from benchmarks import encoding
from benchmarks.bars import PALETTE, draw_panels
from benchmarks.measuring import ONE_THREAD, run
from benchmarks.train_once import Task
from benchmarks.trainers import checked_models, work_once
from benchmarks.words import machine, speed
from word2vec.corpus import EncodedCorpus
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import counted
from words_and_images.common.files import replacing, write_json
from words_and_images.common.memory import memory_method
from words_and_images.common.parameters import require
from words_and_images.common.progress import say
from words_and_images.common.tables import table_console

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
Figures = dict[str, Any]
DOCUMENT = 500  # words, of a text that is made up
ENGINES = ("local", "dask")


@application.command()
def compare(
    corpus: Annotated[Path, typer.Argument(help="text, one document a line, plain or compressed")]
    = Path("data/corpus.txt"),
    model: Annotated[str, typer.Option(help="skipgram, cbow or both")] = "both",
    rounds: Annotated[int, typer.Option(help="timed trainings of each")] = 3,
    workers: Annotated[int, typer.Option(help="1 to so many of them")] = 2,
    base: Annotated[int, typer.Option(help="words of the shortest text")] = 250_000,
    times: Annotated[str, typer.Option(help="lengths of the texts as times that, between commas")]
    = "1,4,16,64",
    output: Annotated[Path, typer.Option(
        help="where the figures go as JSON, and beside it as a picture")]
    = Path("results/benchmarks/scale.json"),
) -> None:
    """Train by both engines and on several lengths of text, and print what that takes."""
    os.environ.update(ONE_THREAD)
    models = checked_models(model, corpus, output, "bench-scale")
    for name, value in (("rounds", rounds), ("workers", workers), ("base", base)):
        require(value >= 1, name, value, "at least 1")
    lengths = [base * int(each) for each in times.split(",") if each.isdecimal() and int(each)]
    require(len(lengths) == len(times.split(",")), "times", times, "numbers between commas")
    with (replacing(output) as temporary,
          tempfile.TemporaryDirectory(prefix="bench-scale-") as folder):
        words = encoding.write_tokenised(corpus, Path(folder) / "text.txt")
        task = Task("", 1, 1, folder, workers)
        work_once("encode", task)
        measured = {name: measure_engines(replace(task, model=name), workers, rounds, words)
                    for name in models}
        figures = {"corpus": corpus.name, "words": words, "rounds": rounds, "machine": machine(),
                   "memory": memory_method(), "models": measured,
                   "lengths": measure_lengths(task, lengths)}
        write_json(temporary, figures)
    show(figures)
    draw(figures, output.with_suffix(".png"))


def measure_engines(task: Task, workers: int, rounds: int, words: int) -> list[Figures]:
    """Trainings of one epoch by both engines in turn, by 1 to so many processes."""
    runs: dict[tuple[int, str], list[Figures]] = {
        (count, engine): [] for count in range(1, workers + 1) for engine in ENGINES}
    for number in range(rounds):
        for (count, engine), measured in runs.items():
            say(f"{task.model}, round {number + 1} of {rounds}: {engine}, "
                f"{counted(count, 'process')}")
            measured.append(work_once("here", replace(task, threads=count, engine=engine))[0])
    rows = []
    for count in range(1, workers + 1):
        local, dask = (runs[count, engine] for engine in ENGINES)
        here, there = (statistics.median(run["seconds"] for run in each) for each in (local, dask))
        rows.append({
            "workers": count, "local": speed(words, here), "dask": speed(words, there),
            "cost": there / here - 1,
            "moved_bytes_a_word": statistics.median(run["moved_bytes"] for run in dask) / words,
            "same": len({run["sha256"] for run in (*local, *dask)}) == 1})
    return rows


def measure_lengths(task: Task, lengths: list[int]) -> list[Figures]:
    """`word2vec train` on texts of so many words."""
    vocabulary = EncodedCorpus.load(task.encoded).vocabulary
    rows = []
    for length in lengths:
        text = Path(task.folder) / "made_up.txt"
        distinct = make_up(vocabulary.words, vocabulary.counts, length, text)
        say(f"a text of {length:,} words")
        taken = run([sys.executable, "-c", "from word2vec.command_line import main; main()",
                     "train", str(text), str(Path(task.folder) / "vectors"), "--epochs", "1",
                     "--replicas", "2", "--min-count", "1"])
        rows.append({"words": length, "distinct": distinct, "seconds": taken.seconds,
                     "peak_memory_mb": taken.peak_memory_mb})
    return rows


def make_up(words: list[str], counts: NDArray[np.int64], length: int, path: Path) -> int:
    """Write a text of words drawn by their counts; return how many different ones it has."""
    generator, names = np.random.default_rng(1), np.array(words, object)
    ends = np.cumsum(counts / counts.sum())
    met = np.zeros(len(words), bool)
    with path.open("w", encoding="utf-8") as file:
        for begin in range(0, length, 1000 * DOCUMENT):
            ids = np.searchsorted(ends, generator.random(min(1000 * DOCUMENT, length - begin)))
            ids = np.minimum(ids, len(words) - 1)  # the sum of the shares is 1 up to its rounding
            met[ids] = True
            for start in range(0, len(ids), DOCUMENT):
                file.write(" ".join(names[ids[start : start + DOCUMENT]]) + "\n")
    return int(np.count_nonzero(met))


def show(figures: Figures) -> None:
    """Print both tables."""
    console = table_console()
    for model, rows in figures["models"].items():
        table = _table(f"{model}, {counted(figures['words'], 'word')}, one epoch: words a second",
                       "processes", "local", "dask", "cost", "bytes moved a word", "same vectors")
        for row in rows:
            table.add_row(str(row["workers"]), f"{row['local']:,.0f}", f"{row['dask']:,.0f}",
                          f"{row['cost']:.0%}", f"{row['moved_bytes_a_word']:.1f}",
                          "yes" if row["same"] else "NO")
        console.print(table)
    table = _table("word2vec train, one epoch, texts made up", "words", "different", "seconds",
                   "peak memory, MB")
    for row in figures["lengths"]:
        table.add_row(f"{row['words']:,}", f"{row['distinct']:,}", f"{row['seconds']:.1f}",
                      f"{row['peak_memory_mb']:.0f}")
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def draw(figures: Figures, path: Path) -> None:
    """Draw speeds by processes, and time and memory by length."""
    def fill(axes: list[Any]) -> None:
        for (model, rows), colour in zip(figures["models"].items(), PALETTE, strict=False):
            for engine, style in zip(ENGINES, ("o-", "s:"), strict=True):
                axes[0].plot([row["workers"] for row in rows],
                             [row[engine] / 1e6 for row in rows], style, color=colour,
                             label=f"{model}, {engine}", markersize=5)
        axes[0].set_title("million words a second", fontsize=10)
        axes[0].set_xlabel("processes")
        axes[0].set_ylim(bottom=0)
        lengths = [row["words"] / 1e6 for row in figures["lengths"]]
        for panel, name, title in ((axes[1], "seconds", "seconds of a training, one epoch"),
                                   (axes[2], "peak_memory_mb", "peak memory, MB")):
            panel.plot(lengths, [row[name] for row in figures["lengths"]], "o-", color=PALETTE[0],
                       markersize=5)
            panel.set_title(title, fontsize=10)
            panel.set_xlabel("million words")
            panel.set_ylim(bottom=0)
        for panel in axes:
            panel.spines[["top", "right"]].set_visible(False)

    draw_panels(path, 3, fill)


if __name__ == "__main__":
    run_application(application)
