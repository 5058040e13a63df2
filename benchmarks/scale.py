"""What the workers of a cluster cost beside this machine's processes, and what large inputs take.

The same training by as many processes of this machine and by as many workers of a Dask cluster on
it, in turn: words a second, bytes that workers sent each other and here, and whether the vectors
are the same. Then `word2vec train` on texts of several lengths, made up from the word frequencies
of the given one: time and the memory of all processes. The same of images (scale_images.py). Run
it from the project's folder with ``python -m benchmarks.scale``.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks import encoding, scale_images, scale_picture, scale_tables
from benchmarks.images import EFFICIENTNET
from benchmarks.measuring import ONE_THREAD, run
from benchmarks.train_once import Task
from benchmarks.trainers import checked_models, work_once
from benchmarks.words import machine, speed
from word2vec.corpus import EncodedCorpus
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import counted
from words_and_images.common.files import replacing, write_json
from words_and_images.common.memory import memory_method
from words_and_images.common.parameters import require, require_choice
from words_and_images.common.progress import say

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
Figures = dict[str, Any]
DOCUMENT = 500  # words, of a text that is made up
ENGINES = ("local", "dask")
WORDS, IMAGES = PARTS = ("words", "images")


@application.command()
def compare(
    corpus: Annotated[Path, typer.Argument(help="text, one document a line, plain or compressed")]
    = Path("data/corpus.txt"),
    model: Annotated[str, typer.Option(help="skipgram, cbow or both")] = "both",
    rounds: Annotated[int, typer.Option(help="timed trainings of each")] = 3,
    workers: Annotated[int, typer.Option(help="1 to so many of them")] = 2,
    epochs: Annotated[int, typer.Option(help="of each timed training")] = 5,
    base: Annotated[int, typer.Option(help="words of the shortest text")] = 250_000,
    times: Annotated[str, typer.Option(help="lengths of the texts as times that, between commas")]
    = "1,4,16,64",
    photos: Annotated[str | None, typer.Option(
        help="folder or archive of class folders; drawings if not given")] = None,
    backbone: Annotated[str, typer.Option(
        help="of the timed extractions: as `vision retrain` takes it")] = EFFICIENTNET,
    images: Annotated[int, typer.Option(help="photos of each timed extraction")] = 300,
    image_counts: Annotated[str, typer.Option(
        help="numbers of small images that are made up and retrained on, between commas")]
    = "1000,10000,100000",
    only: Annotated[str | None, typer.Option(help="words or images; both if not given")] = None,
    output: Annotated[Path, typer.Option(
        help="where the figures go as JSON, and beside it as a picture")]
    = Path("results/benchmarks/scale.json"),
) -> None:
    """Train and extract by both engines and on inputs of several sizes, and print what that takes.
    """
    os.environ.update(ONE_THREAD)
    for name, value, least in (("rounds", rounds, 1), ("workers", workers, 1),
                               ("epochs", epochs, 1), ("base", base, 1), ("images", images, 2)):
        require(value >= least, name, value, f"at least {least}")
    lengths = [base * times for times in _numbers("times", times, 1)]
    counts = _numbers("image_counts", image_counts, scale_images.LEAST)
    require(output.suffix == ".json", "output", str(output), "a name that ends in .json")
    if only:
        require_choice("only", only, PARTS)
    models = () if only == IMAGES else checked_models(model, corpus, output, "bench-scale")
    plan = scale_images.Plan(photos, backbone, images, counts, workers, rounds)
    with (replacing(output) as temporary,
          tempfile.TemporaryDirectory(prefix="bench-scale-") as folder):
        figures: Figures = {"rounds": rounds, "machine": machine(), "memory": memory_method()}
        if models:
            figures[WORDS] = measure_words(corpus, models, workers, rounds, epochs, lengths,
                                           folder)
        if only != WORDS:
            figures[IMAGES] = scale_images.measure(plan, Path(folder))
        write_json(temporary, figures)
    scale_tables.show(figures)
    scale_picture.draw(figures, output.with_suffix(".png"))


def _numbers(name: str, text: str, least: int) -> list[int]:
    """Whole numbers between commas; UserError for anything else, and for smaller ones."""
    numbers = [int(each) for each in text.split(",") if each.strip().isdecimal()]
    require(len(numbers) == len(text.split(",")) and min(numbers) >= least, name, text,
            f"numbers between commas, each at least {least}")
    return numbers


def measure_words(
    corpus: Path, models: Sequence[str], workers: int, rounds: int, epochs: int,
    lengths: list[int], folder: str,
) -> Figures:
    """Both engines on the text, and texts of several lengths."""
    words = encoding.write_tokenised(corpus, Path(folder) / "text.txt")
    task = Task("", epochs, 1, folder, workers)
    work_once("encode", task)
    measured = {name: measure_engines(replace(task, model=name), workers, rounds, words)
                for name in models}
    return {"corpus": corpus.name, "words": words, "epochs": epochs, "models": measured,
            "lengths": measure_lengths(task, lengths)}


def measure_engines(task: Task, workers: int, rounds: int, words: int) -> list[Figures]:
    """Trainings by both engines in turn, by 1 to so many processes.

    Several workers once as they are, and once as if each had a machine of its own.
    """
    ways = [(count, engine, apart) for count in range(1, workers + 1)
            for engine, apart in (*((engine, False) for engine in ENGINES), ("dask", True))
            if count > 1 or not apart]
    runs: dict[tuple[int, str, bool], list[Figures]] = {way: [] for way in ways}
    for number in range(rounds):
        for (count, engine, apart), measured in runs.items():
            say(f"{task.model}, round {number + 1} of {rounds}: {engine}, "
                f"{counted(count, 'process')}{', apart' if apart else ''}")
            measured.append(work_once("here", replace(
                task, threads=count, engine=engine, apart=apart))[0])
    rows, words = [], words * task.epochs
    for count, engine, apart in ways:
        if engine == "local":
            continue
        local, dask = runs[count, "local", False], runs[count, engine, apart]
        here, there = (statistics.median(run["seconds"] for run in each) for each in (local, dask))
        rows.append({
            "workers": count, "apart": apart, "local": speed(words, here),
            "dask": speed(words, there), "cost": there / here - 1,
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


if __name__ == "__main__":
    run_application(application)
