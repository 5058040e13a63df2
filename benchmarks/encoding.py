"""Counting and encoding a text, and finding its phrases, beside gensim: words a second and memory.

Each measurement is a process of its own; the trainers take turns, and medians over the rounds are
compared. The text is tokenised before, for gensim cuts at blanks only. Here it is counted, encoded
and written to disk; gensim's `build_vocab` counts it, by its two ways to read a file.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.tables import table_console

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
TRAINERS = {"encoding": ("here", "gensim corpus_file", "gensim LineSentence"),
            "phrases": ("here", "gensim LineSentence")}


@application.command()
def compare(
    corpus: Annotated[Path, typer.Argument(help="text, one document a line, plain or compressed")]
    = Path("data/corpus.txt"),
    rounds: Annotated[int, typer.Option(help="timed rounds")] = 3,
    phrases: Annotated[bool, typer.Option(help="measure the search for phrases, not encoding")]
    = False,
    output: Annotated[Path, typer.Option(help="where the figures go as JSON")] = Path(
        "results/benchmarks/encoding.json"),
) -> None:
    """Count and encode with each, in turn, and print medians and ratios."""
    from words_and_images.common.files import write_json

    if not corpus.is_file():
        raise UserError(f"no text {corpus}; run `dvc repro fetch_corpus`, or name a text.")
    work = "phrases" if phrases else "encoding"
    timed: dict[str, list[dict[str, Any]]] = {trainer: [] for trainer in TRAINERS[work]}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        words = write_tokenised(corpus, text)
        for _ in range(rounds):
            for trainer, runs in timed.items():
                runs.append(measure(work, text, trainer))
    figures = {"corpus": corpus.name, "work": work, "words": words, "rounds": rounds,
               "trainers": {trainer: summary(words, runs) for trainer, runs in timed.items()}}
    write_json(output, figures)
    show(figures)


def write_tokenised(corpus: Path, text: Path) -> int:
    """Write a text's words between blanks, a document a line, and return how many there are."""
    from word2vec.corpus import lines
    from word2vec.corpus.tokens import letters

    words = 0
    with text.open("w") as output:
        for line in lines(corpus):
            tokens = letters(line)
            words += len(tokens)
            output.write(" ".join(tokens) + "\n")
    return words


def measure_encoding(text: Path, trainer: str) -> dict[str, Any]:
    """Seconds, CPU seconds and peak memory of counting a tokenised text, in an own process.

    Parameters
    ----------
    text : plain text, tokens between blanks, a document a line.
    trainer : ``here``, ``gensim corpus_file`` or ``gensim LineSentence``.
    """
    return measure("encoding", text, trainer)


def measure(work: str, text: Path, trainer: str) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "once", work, str(text), trainer]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(finished.stdout.splitlines()[-1])


def once(work: str, text: str, trainer: str) -> dict[str, Any]:
    """Do the work in this process."""
    if trainer == "here":
        return (encode_here if work == "encoding" else find_phrases_here)(Path(text))
    if work == "phrases":
        return find_phrases_gensim(text)
    return count_gensim(text, as_file=trainer.endswith("corpus_file"))


def encode_here(text: Path) -> dict[str, Any]:
    """Count, encode and write to disk."""
    from word2vec.corpus import encode, lines
    from word2vec.parameters import EncodeParameters

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        vocabulary = encode(lines(text), Path(folder) / "encoded", EncodeParameters())
        return {**clock.figures(), "found": len(vocabulary)}


def count_gensim(text: str, as_file: bool) -> dict[str, Any]:
    """gensim's vocabulary; its tables of vectors are made small, for they are no part of this."""
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    model = Word2Vec(vector_size=1, min_count=5)
    clock = Clock()
    if as_file:
        model.build_vocab(corpus_file=text)
    else:
        model.build_vocab(LineSentence(text))
    return {**clock.figures(), "found": len(model.wv)}


def find_phrases_here(text: Path) -> dict[str, Any]:
    """One pass of phrases by npmi, and the text with them joined."""
    from word2vec.corpus import lines
    from word2vec.corpus.numbering import number_documents
    from word2vec.corpus.phrases import find_phrases
    from word2vec.parameters import PhraseParameters

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        corpus = number_documents(lines(text), Path(folder) / "numbered", "letters")
        passes, _ = find_phrases(corpus, PhraseParameters(1, "npmi"))
        return {**clock.figures(), "found": len(passes[0])}


def find_phrases_gensim(text: str) -> dict[str, Any]:
    """The same by gensim."""
    from gensim.models.phrases import Phrases
    from gensim.models.word2vec import LineSentence

    from word2vec.parameters import PhraseParameters

    threshold = PhraseParameters(scoring="npmi").least_score
    clock = Clock()
    frozen = Phrases(LineSentence(text), min_count=5, threshold=threshold, scoring="npmi").freeze()
    for _ in frozen[LineSentence(text)]:
        pass
    return {**clock.figures(), "found": len(frozen.phrasegrams)}


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


def summary(words: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of one trainer's rounds."""
    return {
        "words_a_second": words / statistics.median(run["seconds"] for run in runs),
        "words_a_cpu_second": words / statistics.median(run["cpu_seconds"] for run in runs),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
        "found": runs[0]["found"],
    }


def show(figures: dict[str, Any]) -> None:
    """The table: each trainer, and how many times faster than gensim's fastest this project is."""
    from rich.table import Table

    trainers = figures["trainers"]
    table = Table(f"{figures['work']}, {figures['words']:,} words", *trainers)
    for name in ("words_a_second", "words_a_cpu_second", "peak_memory_mb", "found"):
        table.add_row(name.replace("_", " "), *(f"{row[name]:,.0f}" for row in trainers.values()))
    console = table_console()
    console.print(table)
    fastest = max(row["words_a_second"] for name, row in trainers.items() if name != "here")
    console.print(f"{trainers['here']['words_a_second'] / fastest:.2f} times gensim's fastest")


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        print(json.dumps(once(*sys.argv[2:])))
    else:
        run_application(application)
