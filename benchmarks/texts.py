"""Accuracy, time and size of classifiers of texts beside fastText's and scikit-learn's.

On Reuters R8, R52 and 20 Newsgroups with their published test parts. Every classifier is learnt in
a process of its own, with one thread; in each round all of them take their turns, a seed a round.
Run it from the project's folder with ``python -m benchmarks.texts``.
"""

import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import texts_fasttext, texts_once, texts_picture, texts_tables
from benchmarks.measuring import ONE_THREAD, Measured, run
from benchmarks.words import machine
from texts.documents import collect_documents
from texts.split import groups_of, split_documents
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json
from words_and_images.common.memory import memory_method
from words_and_images.common.parameters import require, require_choice
from words_and_images.common.progress import say
from words_and_images.retraining.split import TEST

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

Figures = dict[str, Any]
COLLECTIONS = {"R8": "reuters_r8", "R52": "reuters_r52", "20 Newsgroups": "newsgroups_20"}
SMALL = 2.0  # megabytes of the small classifier
FEW = (5, 10, 50)  # documents a class
FASTTEXT = "fastText"
ONCE = ("LogisticRegression",)  # what chance has no part in


@dataclass(frozen=True)
class Plan:
    """What is measured, and with what.

    Parameters
    ----------
    vectors : word vectors, which have not seen the test documents.
    fasttext : a Python that has fastText, if any.
    seeds : rounds of trainings on all documents; 0 for none.
    draws : of a few documents a class; 0 for none.
    starts : of the command that classifies; 0 for none.
    only : beginnings of the contenders' names; none for all.
    """

    vectors: str
    fasttext: str | None
    seeds: int
    draws: int
    starts: int
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("seeds", "draws", "starts"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "at least 0")
        if not Path(self.vectors).exists():
            raise UserError(f"vectors is {self.vectors}, which is not there; train some with "
                            "`make run` or `word2vec train`.")


@application.command()
def compare(
    vectors: Annotated[str, typer.Option(help="word vectors, as make run trains them")]
    = "models/vectors/skipgram",
    fasttext: Annotated[str | None, typer.Option(
        help="a Python that has fastText's package; it is left out if not given")] = None,
    collections: Annotated[str, typer.Option(help="which, between commas")]
    = ",".join(COLLECTIONS),
    contenders: Annotated[str, typer.Option(
        help="beginnings of their names, between commas; all if not given")] = "",
    seeds: Annotated[int, typer.Option(help="rounds on all documents; 0 skips them")] = 3,
    draws: Annotated[int, typer.Option(help="of a few documents a class; 0 skips them")] = 10,
    starts: Annotated[int, typer.Option(help="cold starts of texts classify; 0 skips them")] = 5,
    output: Annotated[Path, typer.Option(
        help="where the figures go as JSON, beside what it has of other collections and parts, "
        "and beside it as a picture")] = Path("results/benchmarks/texts.json"),
) -> None:
    """Learn with each, in turn, and print medians."""
    os.environ.update(ONE_THREAD)
    plan = Plan(vectors, fasttext, seeds, draws, starts,
                tuple(name.strip() for name in contenders.split(",") if name.strip()))
    names = [name.strip() for name in collections.split(",")]
    for name in names:
        require_choice("collections", name, tuple(COLLECTIONS))
    require(output.suffix == ".json", "output", str(output), "a name that ends in .json")
    if not fasttext:
        say("no Python with fastText is given, so it is left out; give one: "
            "make bench-texts FASTTEXT=path/to/python")
    with tempfile.TemporaryDirectory(prefix="bench-texts-") as place:
        for name in names:
            folder = Path(place) / name.replace(" ", "_")
            about = write_parts(COLLECTIONS[name], folder)
            measure(name, about, plan, folder, output)
    figures = read_json(output)
    texts_tables.show(figures)
    texts_picture.draw(figures, output.with_suffix(".png"))


def write_parts(source: str, folder: Path) -> Figures:
    """The documents of a collection as the processes read them; their numbers."""
    collected = collect_documents(source)
    split = split_documents(collected)
    groups = groups_of(split)
    folder.mkdir(parents=True)
    test = set(split.rows(TEST).tolist())
    counts = {}
    for name, inside in (("training", False), ("test", True)):
        rows = [row for row in range(len(split.examples)) if (row in test) is inside]
        columns = ([collected.documents[row].text for row in rows],
                   [split.examples[row].label for row in rows], [groups[row] for row in rows])
        (folder / f"{name}.json").write_text(json.dumps(columns), encoding="utf-8")
        counts[name] = len(rows)
    return {**counts, "labels": len(split.labels)}


def measure(name: str, about: Figures, plan: Plan, folder: Path, output: Path) -> None:
    """All parts that are asked for, of one collection; what is measured is kept at once."""
    keep(output, name, about)
    if plan.seeds:
        measure_all(name, plan, folder, output)
    if plan.draws:
        for count in FEW:
            say(f"{name}, {plan.draws} draws of {count} documents a class")
            few = once("few_labels", folder=str(folder), count=count, draws=plan.draws,
                       vectors=plan.vectors)[0]
            known = known_figures(output)["collections"][name].get("few", {})
            keep(output, name, {"few": {**known, str(count): few}})
    if plan.starts:
        keep(output, name, {"start": cold_starts(plan, folder)})


def measure_all(name: str, plan: Plan, folder: Path, output: Path) -> None:
    """Rounds on all documents, a seed each; each training is kept at once."""
    works = chosen(plan, folder, lambda found: keep(output, name, {"fasttext": found}))
    runs: dict[str, list[Figures]] = {each: [] for each in works}
    for seed in range(1, plan.seeds + 1):
        for each, work in works.items():
            if seed > 1 and each.startswith(ONCE):
                continue
            say(f"{name}, round {seed} of {plan.seeds}: {each}")
            runs[each].append(work(seed))
            known = known_figures(output)["collections"][name].get("contenders", {})
            keep(output, name, {"contenders": {**known, each: summary(runs[each])}})


def chosen(
    plan: Plan, folder: Path, on_tuned: Callable[[Figures], None]
) -> dict[str, Callable[[int], Figures]]:
    """What each contender does with a seed."""
    def here(kind: str, vectors: str | None = plan.vectors, **others: Any) -> Any:
        return lambda seed: taken(once("fit_here", folder=str(folder), kind=kind, seed=seed,
                                       vectors=vectors, **others))

    def sklearn(learner: str, sublinear: bool) -> Any:
        return lambda seed: taken(once("fit_sklearn", folder=str(folder), learner=learner,
                                       sublinear=sublinear, seed=seed))

    def fasttext(parameters: Figures) -> Any:
        return lambda seed: taken(once_fasttext(plan, "fit", folder=str(folder), seed=seed,
                                                parameters=parameters))

    works = {}
    if plan.fasttext and wanted(plan, FASTTEXT):
        say("choosing fastText's lr and epochs")
        tuned, measured = once_fasttext(plan, "tune", folder=str(folder))
        on_tuned({**tuned, "cpu_seconds": measured.cpu_seconds})
        own = {key: tuned[key] for key in ("lr", "epoch", "wordNgrams")}
        works = {f"{FASTTEXT}, defaults": fasttext({}), f"{FASTTEXT}, tuned": fasttext(own)}
    for learner in ("LinearSVC", "LogisticRegression"):
        works |= {learner: sklearn(learner, False), f"{learner}, sublinear": sklearn(learner, True)}
    works |= {"tfidf": here("tfidf", None), "vectors": here("vectors"),
              "combined": here("combined"), "learnt": here("learnt"), "auto": here("auto"),
              f"auto, {SMALL:g} MB": here("auto", megabytes=SMALL)}
    return {each: work for each, work in works.items() if wanted(plan, each)}


def wanted(plan: Plan, name: str) -> bool:
    """Whether a contender takes part."""
    return not plan.only or name.startswith(plan.only)


def once(work: str, **arguments: Any) -> tuple[Figures, Measured]:
    """A piece of work of `texts_once` in a process of its own."""
    measured = run([sys.executable, "-m", texts_once.__name__, work, json.dumps(arguments)])
    return json.loads(measured.output.splitlines()[-1]), measured


def once_fasttext(plan: Plan, work: str, **arguments: Any) -> tuple[Figures, Measured]:
    """The same of `texts_fasttext`, by the Python that has it."""
    assert plan.fasttext is not None
    measured = run([plan.fasttext, "-m", texts_fasttext.__name__, work, json.dumps(arguments)])
    return json.loads(measured.output.splitlines()[-1]), measured


def taken(found: tuple[Figures, Measured]) -> Figures:
    """What a training says of itself, and the memory of its process."""
    return {**found[0], "peak_memory_mb": found[1].peak_memory_mb}


def summary(measured: list[Figures]) -> Figures:
    """Medians over the seeds, and what each of them gave."""
    keys = ("accuracy", "seconds", "cpu_seconds", "megabytes", "documents_a_second",
            "peak_memory_mb")
    return {**{key: statistics.median(each[key] for each in measured) for key in keys},
            "all": measured}


def cold_starts(plan: Plan, folder: Path) -> Figures:
    """`texts classify` of one document, its process from beginning to end."""
    model, text = folder / "classifier", folder / "text.txt"
    once("fit_here", folder=str(folder), kind="combined", seed=1, vectors=plan.vectors,
         out=str(model))
    text.write_text(texts_once.read_part(str(folder), "test").texts[0], encoding="utf-8")
    command = [sys.executable, "-m", "texts.command_line", "classify", str(model), str(text)]
    runs = [run(command) for _ in range(plan.starts)]
    needed = once("classify_once", model=str(model), file=str(text))[0]
    return {"seconds": statistics.median(each.seconds for each in runs),
            "cpu_seconds": statistics.median(each.cpu_seconds for each in runs),
            "peak_memory_mb": max(each.peak_memory_mb for each in runs),
            "all_seconds": [each.seconds for each in runs], **needed}


def keep(output: Path, name: str, part: Figures) -> None:
    """Put what was measured of a collection among the figures that are there."""
    figures = known_figures(output)
    figures["collections"].setdefault(name, {}).update(part)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_json(output, figures)


def known_figures(output: Path) -> Figures:
    """Those of earlier runs, or none."""
    if output.exists():
        return read_json(output)
    packages = {package: version(package) for package in ("scikit-learn", "numpy")}
    return {"machine": {**machine(), **packages, "system": platform.system()},
            "memory": memory_method(), "collections": {}}


if __name__ == "__main__":
    run_application(application)
