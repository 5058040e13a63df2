"""What many cores and many replicas of the tables give: speed beside gensim, and accuracy.

Timed are trainings of one epoch by 1 to as many processes as there are cores, beside gensim with
as many workers. Cost and accuracy are those of all epochs by one process, by the number of
replicas, over seeds. For more cores than there are the speed is a model, made of what one process
took for the steps and the merges of so many replicas, and of how much the cores hinder each other.
Run it from the project's folder with ``python -m benchmarks.cores``.
"""

import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import cores_picture, cores_tables, encoding
from benchmarks.measuring import ONE_THREAD
from benchmarks.train_once import Task
from benchmarks.trainers import checked_models, work_once
from benchmarks.words import machine, speed
from word2vec.training.loop import ALONE
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import replacing, write_json
from words_and_images.common.parameters import require
from words_and_images.common.progress import say

application = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
Figures = dict[str, Any]
KINDS = ("accuracy", "semantic", "syntactic")
SUMS = ("steps", "starting", "waiting", "merging", "merged_bytes", "stepping", "stepped_bytes",
        "rounds")


@dataclass(frozen=True)
class Plan:
    """What is measured, and where.

    Parameters
    ----------
    models : skipgram, cbow or both.
    rounds : timed trainings of each.
    epochs, seeds : of the trainings whose cost and accuracy are measured.
    replicas : with which these train.
    cores : processes, at most.
    words : of the text.
    folder : holds it, encoded and not.
    """

    models: tuple[str, ...]
    rounds: int
    epochs: int
    seeds: int
    replicas: tuple[int, ...]
    cores: int
    words: int
    folder: str


@application.command()
def compare(
    corpus: Annotated[Path, typer.Argument(help="text, one document a line, plain or compressed")]
    = Path("data/corpus.txt"),
    model: Annotated[str, typer.Option(help="skipgram, cbow or both")] = "both",
    rounds: Annotated[int, typer.Option(help="timed rounds of one epoch each")] = 3,
    epochs: Annotated[int, typer.Option(help="of the trainings for cost and accuracy")] = 5,
    seeds: Annotated[int, typer.Option(help="trainings that these are the median of")] = 3,
    replicas: Annotated[str, typer.Option(help="of the tables, between commas")]
    = "1,2,4,8,16,32",
    shuffle: Annotated[bool, typer.Option(help="put the documents in random order")] = True,
    output: Annotated[Path, typer.Option(
        help="where the figures go as JSON, and beside it as a picture")]
    = Path("results/benchmarks/cores.json"),
) -> None:
    """Train with many processes and many replicas, and print speeds, accuracies and the model."""
    os.environ.update(ONE_THREAD)
    models = checked_models(model, corpus, output, "bench-cores")
    for name, value, least in (("rounds", rounds, 1), ("epochs", epochs, 1), ("seeds", seeds, 1)):
        require(value >= least, name, value, f"at least {least}")
    numbers = _numbers(replicas)
    with (replacing(output) as temporary,
          tempfile.TemporaryDirectory(prefix="bench-cores-") as folder):
        words = encoding.write_tokenised(corpus, Path(folder) / "text.txt")
        if words <= ALONE:
            raise UserError(f"the text has {counted(words, 'word')}, which one process trains; "
                            f"name one of more than {ALONE:,}.")
        work_once("encode", Task("", 0, 1, folder, shuffle=shuffle))
        plan = Plan(models, rounds, epochs, seeds, numbers, _cores(), words, folder)
        figures = {"corpus": corpus.name, "shuffle": shuffle, **measure(plan)}
        write_json(temporary, figures)
    cores_tables.show(figures)
    cores_picture.draw(figures, output.with_suffix(".png"))


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(number) for number in text.split(","))
    except ValueError:
        numbers = (0,)
    require(min(numbers) >= 1, "replicas", text, "numbers of 1 or more, between commas")
    return tuple(sorted(set(numbers)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure(plan: Plan) -> Figures:
    """All figures of a run, for JSON."""
    memory = {str(count): bandwidth(count, plan.folder) for count in range(1, plan.cores + 1)}
    return {"words": plan.words, "cores": plan.cores, "rounds": plan.rounds,
            "epochs": plan.epochs, "seeds": plan.seeds, "machine": machine(), "bandwidth": memory,
            "models": {model: measure_model(model, plan, max(memory.values()))
                       for model in plan.models}}


def bandwidth(processes: int, folder: str) -> float:
    """Bytes a second that so many processes together read from memory and write to it."""
    say(f"memory bandwidth of {processes}")
    with ThreadPoolExecutor(processes) as pool:
        runs = [pool.submit(work_once, "copy", Task("", 0, 1, folder)) for _ in range(processes)]
        return sum(run.result()[0]["bytes_a_second"] for run in runs)


def measure_model(model: str, plan: Plan, memory: float) -> Figures:
    """The speeds, the cost and the accuracy of one model, and what more cores would give."""
    task = Task(model, 1, 1, plan.folder)
    default = default_replicas(task)
    speeds = measure_speeds(task, default, plan)
    rows = measure_replicas(replace(task, epochs=plan.epochs), plan)
    return {"default_replicas": default, "speeds": speeds, "replicas": rows,
            "model": modelled(speeds, rows, plan.words * plan.epochs, memory)}


def default_replicas(task: Task) -> int:
    """The number that training chooses for the text."""
    from word2vec.corpus import EncodedCorpus
    from word2vec.parameters import MODEL_PARAMETERS, TrainParameters
    from word2vec.training.suited_defaults import suited

    corpus = EncodedCorpus.load(task.encoded)
    return suited(corpus.vocabulary.counts, len(corpus.ids), TrainParameters(),
                  MODEL_PARAMETERS[task.model]())[0].replicas


def measure_speeds(task: Task, default: int, plan: Plan) -> list[Figures]:
    """Rounds of one epoch by 1 to all cores, this project and gensim in turn.

    Replicas are as many as the default, rounded up to a multiple of the processes, so that all
    have as much to do.
    """
    tasks = [replace(task, threads=count, replicas=count * -(-default // count))
             for count in range(1, plan.cores + 1)]
    here: list[list[Figures]] = [[] for _ in tasks]
    gensim: list[list[Figures]] = [[] for _ in tasks]
    for number in range(plan.rounds):
        for each, ours, theirs in zip(tasks, here, gensim, strict=True):
            say(f"{task.model}, round {number + 1} of {plan.rounds}: {each.threads} of "
                f"{plan.cores} cores")
            ours.append(work_once("phases", each)[0])
            theirs.append(work_once("gensim", each)[0])
    rows = []
    for each, ours, theirs in zip(tasks, here, gensim, strict=True):
        speeds = {name: speed(plan.words, statistics.median(run["seconds"] for run in runs))
                  for name, runs in (("here", ours), ("gensim", theirs))}
        ratio = speeds["here"] / speeds["gensim"] if all(speeds.values()) else None
        rows.append({"processes": each.threads, "replicas": each.replicas, **speeds,
                     "ratio": ratio, "seconds": {"here": [run["seconds"] for run in ours],
                                                 "gensim": [run["seconds"] for run in theirs]},
                     **medians(ours)})
    return rows


def medians(runs: list[Figures]) -> Figures:
    """Each figure of the phases, as the median of the runs."""
    return {name: statistics.median(run[name] for run in runs) for name in SUMS}


def measure_replicas(task: Task, plan: Plan) -> list[Figures]:
    """What a training by one process takes and learns by the number of replicas, over seeds."""
    runs: dict[int, list[Figures]] = {number: [] for number in plan.replicas}
    for seed in range(1, plan.seeds + 1):
        for number, measured in runs.items():
            say(f"{task.model}, seed {seed} of {plan.seeds}: {number} replicas, one process")
            found = work_once("phases", replace(task, replicas=number, seed=seed))[0]
            measured.append({**found, **score(task)})
    words = plan.words * task.epochs
    return [{"replicas": number, "cpu_seconds": [run["cpu_seconds"] for run in measured],
             "cpu_seconds_a_million_words":
                 statistics.median(run["cpu_seconds"] for run in measured) / words * 1e6,
             **medians(measured),
             "accuracy": {kind: summary([run[kind] for run in measured]) for kind in KINDS}}
            for number, measured in runs.items()]


def score(task: Task) -> dict[str, float | None]:
    """Ask the vectors of the last training all analogies over the most frequent words."""
    from word2vec.evaluation import EvaluateParameters, evaluate
    from word2vec.vectors import load_vectors

    scores = evaluate(load_vectors(Path(task.folder) / "here.bin"),
                      EvaluateParameters("questions_words", ())).metrics()
    return {kind: scores.get(f"analogies_{kind}") for kind in KINDS}


def summary(values: list[float | None]) -> Figures:
    """Median, lowest and highest of what is known, and all."""
    known = [value for value in values if value is not None]
    return {"all": values, "median": statistics.median(known) if known else None,
            "lowest": min(known, default=None), "highest": max(known, default=None)}


def modelled(
    speeds: list[Figures], costs: list[Figures], words: int, memory: float
) -> list[Figures]:
    """The speed of a training by as many processes as replicas, of what was measured.

    A training by P processes takes

        starting + h steps / P + max(merging / P, merged bytes / memory) + rounds * wait.

    Steps and merges are those of one process with as many replicas; h is how much longer a step
    takes where all cores of this machine are at work; `memory` is the bytes a second that these
    read and write together, and the most that merges are given with any number of cores; and the
    wait, of a round, is what its first process waits for the others then, at the barriers and for
    the slowest.
    """
    every = speeds[-1]
    alone = speeds[0]
    hindrance = every["stepping"] / every["steps"] / (alone["stepping"] / alone["steps"])
    wait = every["waiting"] / every["rounds"]
    rows = []
    for cost in costs:
        processes = cost["replicas"]
        parts = {"starting": every["starting"] if processes > 1 else 0.0,
                 "steps": (hindrance if processes > 1 else 1) * cost["stepping"] / processes,
                 "merging": max(cost["merging"] / processes, cost["merged_bytes"] / memory),
                 "waiting": wait * cost["rounds"] if processes > 1 else 0.0}
        seconds = sum(parts.values())
        rows.append({
            "processes": processes, "words_a_second": speed(words, seconds),
            "hindrance": hindrance, "wait": wait, "seconds": parts,
            "shares": {name: part / seconds for name, part in parts.items()},
            "bandwidth": {"steps": _rate(cost["stepped_bytes"], parts["steps"]),
                          "merging": _rate(cost["merged_bytes"], parts["merging"])}})
    return rows


def _rate(amount: float, seconds: float) -> float | None:
    return amount / seconds if seconds > 0 else None


if __name__ == "__main__":
    run_application(application)
