"""The trainers that are compared, and what one training by each of them takes."""

import json
import shutil
import sys
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks import train_once
from benchmarks.measuring import Measured, run
from benchmarks.train_once import DIM, MIN_COUNT, NEGATIVE, SAMPLES, WINDOW, Task
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import require, require_choice

ALWAYS = ("here", "gensim")
WITH_SUBWORDS = ("here", "fastText")
PROGRAMS = {"word2vec.c": "--word2vec", "fastText": "--fasttext"}  # and the options that name them
NAMES = (*ALWAYS, *PROGRAMS)


@dataclass(frozen=True)
class Training:
    """What one training took.

    Parameters
    ----------
    seconds, cpu_seconds : of training alone.
    peak_memory_mb : of the whole program.
    sha256 : of the vectors, where one seed gives one result.
    """

    seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    sha256: str = ""


class Trainer(Protocol):
    """Something that trains word vectors."""

    @property
    def name(self) -> str:
        """One of `NAMES`."""

    def train(self, task: Task) -> Training:
        """Train, and leave the vectors where `vectors` says."""

    def vectors(self, task: Task) -> Path:
        """The file of the vectors."""


@dataclass(frozen=True)
class PythonTrainer:
    """This project or gensim, in an interpreter of its own that times the training."""

    name: str

    def train(self, task: Task) -> Training:
        """Train in a new process."""
        figures, measured = work_once(self.name, task)
        return Training(**figures, peak_memory_mb=measured.peak_memory_mb)

    def vectors(self, task: Task) -> Path:
        """The file of the vectors, or the folder of those with n-grams."""
        return Path(task.folder) / (self.name if task.subwords else f"{self.name}.bin")


class Program(ABC):
    """A program that reads, counts, trains and writes in one go.

    What it takes to train is what all of that takes, less what a run takes that does all the
    rest: so the words are read and counted twice, and neither counts.
    """

    name = ""

    def __init__(self, binary: str) -> None:
        found = shutil.which(binary)
        if not found:
            raise UserError(f"there is no program {binary} for {self.name}; give the path of its "
                            "binary, or leave it out.")
        self._binary = str(Path(found).resolve())

    def train(self, task: Task) -> Training:
        """Run the program twice."""
        counted = run([self._binary, *self.counting(task)])
        whole = run([self._binary, *self.training(task)])
        if not self.vectors(task).exists():
            raise UserError(f"{self._binary} has written no vectors; give the binary of "
                            f"{self.name}.")
        return Training(whole.seconds - counted.seconds, whole.cpu_seconds - counted.cpu_seconds,
                        whole.peak_memory_mb)

    @abstractmethod
    def counting(self, task: Task) -> list[str]:
        """Arguments of a run that trains nothing."""

    @abstractmethod
    def training(self, task: Task) -> list[str]:
        """Arguments of the run that is measured."""

    @abstractmethod
    def vectors(self, task: Task) -> Path:
        """The file of the vectors."""


class Word2vecC(Program):
    """word2vec.c, which only counts when it is given no output."""

    name = "word2vec.c"

    def counting(self, task: Task) -> list[str]:
        """Arguments of a run that trains nothing."""
        return ["-train", str(task.text), "-min-count", str(MIN_COUNT), "-debug", "0"]

    def training(self, task: Task) -> list[str]:
        """Arguments of the run that is measured; the learning rate is its own default."""
        return [*self.counting(task), "-output", str(self.vectors(task)), "-binary", "1",
                "-size", str(DIM), "-window", str(WINDOW), "-negative", str(NEGATIVE), "-hs", "0",
                "-sample", str(SAMPLES[task.model]), "-cbow", str(int(task.model == "cbow")),
                "-iter", str(task.epochs), "-threads", str(task.threads)]

    def vectors(self, task: Task) -> Path:
        """The file of the vectors."""
        return Path(task.folder) / "word2vec.c.bin"


class FastText(Program):
    """fastText, which without the pieces of words is skip-gram or CBOW as the others have it.

    0 epochs are all but the training.
    """

    name = "fastText"

    def counting(self, task: Task) -> list[str]:
        """Arguments of a run that trains nothing."""
        return self._arguments(task, "counted", 0)

    def training(self, task: Task) -> list[str]:
        """Arguments of the run that is measured; the learning rate is its own default."""
        return self._arguments(task, "fasttext", task.epochs)

    def vectors(self, task: Task) -> Path:
        """The file of the vectors."""
        return Path(task.folder) / ("fasttext.bin" if task.subwords else "fasttext.vec")

    def _arguments(self, task: Task, output: str, epochs: int) -> list[str]:
        shortest, longest = task.subwords.split("-") if task.subwords else ("0", "0")
        return [task.model, "-input", str(task.text), "-output", f"{task.folder}/{output}",
                "-epoch", str(epochs), "-dim", str(DIM), "-ws", str(WINDOW), "-loss", "ns",
                "-neg", str(NEGATIVE), "-t", str(SAMPLES[task.model]), "-minn", shortest,
                "-maxn", longest, "-bucket", str(task.buckets),
                "-minCount", str(MIN_COUNT), "-thread", str(task.threads), "-verbose", "0"]


def work_once(work: str, task: Task) -> tuple[dict[str, Any], Measured]:
    """A piece of work of `train_once` in a process of its own: what it says, what it took."""
    measured = run([sys.executable, "-m", train_once.__name__, work, json.dumps(asdict(task))])
    return json.loads(measured.output.splitlines()[-1]), measured


def checked_models(model: str, corpus: Path, output: Path, target: str) -> tuple[str, ...]:
    """The models of a command line whose other arguments can be worked with.

    Parameters
    ----------
    model : skipgram, cbow or both.
    corpus, output : the text, and where the figures go.
    target : of make, which runs the benchmark.

    Raises
    ------
    UserError
        For another model, a text that is not there, and an output that is not JSON.
    """
    require_choice("model", model, (*SAMPLES, "both"))
    if not corpus.is_file():
        raise UserError(f"no text {corpus}; run `dvc repro fetch_corpus`, or name a text of your "
                        f"own: make {target} CORPUS=text.txt.gz")
    require(output.suffix == ".json", "output", str(output), "a name that ends in .json")
    return tuple(SAMPLES) if model == "both" else (model,)


def choose(
    names: str | None, word2vec: str | None, fasttext: str | None, subwords: str | None = None
) -> list[Trainer]:
    """The trainers of a command line, this project first.

    Parameters
    ----------
    names : of the trainers, between commas; None takes all there are.
    word2vec, fasttext : the programs, where there are any.
    subwords : of the training; with n-grams only this project and fastText take part.

    Raises
    ------
    UserError
        For an unknown name, a program that is not there, and a trainer without n-grams.
    """
    binaries = {name: binary for name, binary in zip(PROGRAMS, (word2vec, fasttext), strict=True)
                if binary}
    there = [*ALWAYS, *binaries]
    wanted = names.replace(" ", "").split(",") if names else [
        name for name in there if subwords is None or name in WITH_SUBWORDS]
    for name in wanted:
        require_choice("trainers", name, NAMES)
        if subwords and name not in WITH_SUBWORDS:
            raise UserError(f"trainers has {name}, which has no n-grams; leave it or subwords out.")
        if name in PROGRAMS and name not in binaries:
            raise UserError(f"trainers has {name}, whose program is not given; add "
                            f"{PROGRAMS[name]} PATH.")
    kinds = {kind.name: kind for kind in (Word2vecC, FastText)}
    return [kinds[name](binaries[name]) if name in kinds else PythonTrainer(name)
            for name in NAMES if name in wanted]
