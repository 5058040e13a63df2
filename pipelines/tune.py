"""Search for better parameters on the pipeline's own data: what `make tune` does; no stage.

What is better can be written into params.yaml, or is recorded with DVC; the pipeline makes of it
what it makes of any other values.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from vision.backbones import BottleneckParameters, load_backbone
from vision.photos import DistortionParameters, read_split
from vision.retraining import Prepared
from vision.tuning import HEADING as OF_IMAGES
from vision.tuning import search_heads
from word2vec.evaluation import EvaluateParameters
from word2vec.parameters import (
    MODEL_PARAMETERS,
    EncodeParameters,
    MeasureParameters,
    OwnParameters,
    PhraseParameters,
    TrainParameters,
)
from word2vec.train_text import Recipe
from word2vec.tune_text import HEADING as OF_WORDS
from word2vec.tune_text import search_text
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, write_json
from words_and_images.common.parameters import PARAMETERS_FILE, read_group
from words_and_images.common.running import engine_of_the_pipeline, running
from words_and_images.common.tables import print_lines
from words_and_images.retraining import RetrainParameters
from words_and_images.tuning.experiments import Experiments, trials_of
from words_and_images.tuning.page import write_page
from words_and_images.tuning.parameters import SearchParameters
from words_and_images.tuning.parameters_file import write_values
from words_and_images.tuning.study import Study
from words_and_images.tuning.tables import study_table, study_text

DATA, RESULTS = Path("data"), Path("results")
WANTED = ("data/images", "data/split.json", "data/tuned_backbone", "data/corpus.txt",
          "data/corpus.json", "data/phrases.txt")
Search = Callable[[SearchParameters, Path, Callable[[Study], None]], Study]

application = typer.Typer(add_completion=False)


class Model(str, Enum):  # noqa: UP042 (typer shows the values of this kind as choices)
    """Of word vectors."""

    SKIPGRAM = "skipgram"
    CBOW = "cbow"


@application.command()
def main(
    trials: Annotated[int, typer.Option(help="Sets of values that each search tries.")] = 60,
    minutes: Annotated[float, typer.Option(
        help="After which a search begins no more; 0: until all have been tried.")] = 10,
    model: Annotated[Model, typer.Option(help="Of the word vectors.")] = Model.SKIPGRAM,
    apply: Annotated[bool, typer.Option(
        "--apply", help="Write what is better than the defaults into params.yaml.")] = False,
    record: Annotated[bool, typer.Option(
        "--record", help="Make every trial an experiment of DVC.")] = False,
) -> None:
    """Search for the parameters of the classifier's head, and of word vectors."""
    parameters = SearchParameters(trials=trials, minutes=minutes)
    missing = [name for name in WANTED if not Path(name).exists()]
    if missing:
        raise UserError(f"{missing[0]} is missing; make it with make run.")
    experiments = Experiments() if record else None
    studies = [
        searched("images", "images", OF_IMAGES, search_images, parameters, experiments),
        searched("words", model.value, f"{OF_WORDS}, {model.value}",
                 partial(search_words, model.value), parameters, experiments)]
    better = {name: value for study in studies for name, value in winners(study).items()}
    if apply and better:
        write_values(better)
    print_lines(told(better, apply))


def winners(study: Study) -> dict[str, Any]:
    """The values that are better than the defaults by more than chance; none without an interval.
    """
    return (study.confirmed and study.best) or {}


def told(better: dict[str, Any], applied: bool) -> str:
    """What to do next."""
    if not better:
        return f"{PARAMETERS_FILE} stays as it is"
    values = ", ".join(f"{name}={value}" for name, value in better.items())
    return (f"{PARAMETERS_FILE} has {values} now; make run trains with them" if applied else
            f"APPLY=1 writes {values} into {PARAMETERS_FILE}")


def searched(
    name: str, of: str, heading: str, search: Search, parameters: SearchParameters,
    experiments: Experiments | None,
) -> Study:
    """A search that is kept in results/tuning, from where the next one goes on, and is told of."""
    folder, begun = RESULTS / "tuning" / f"{of}.study", time.monotonic()

    def keep(study: Study) -> None:
        write_json(folder.with_name(f"{name}.json"), {"heading": heading, **study.rows()})
        if experiments:
            experiments.record(trials_of(study, of))

    study = search(parameters, folder, keep)
    kept = map(read_json, sorted(folder.parent.glob("*.json")))
    write_page([(rows.pop("heading"), rows) for rows in kept], RESULTS / "tuning.html")
    print(study_table(study))
    print_lines(study_text(study, time.monotonic() - begun))
    return study


def search_images(
    parameters: SearchParameters, folder: Path, keep: Callable[[Study], None]
) -> Study:
    """For the head, on the split and the backbone that the stages made."""
    bottlenecks = read_group("bottlenecks", BottleneckParameters)
    groups = {"retrain": read_group("retrain", RetrainParameters), "bottlenecks": bottlenecks,
              "images.distortions": read_group("images.distortions", DistortionParameters)}
    backbone = DATA / "tuned_backbone"
    with running(engine_of_the_pipeline()) as cluster:
        prepared = Prepared(DATA / "images", {}, read_split(DATA / "split.json"), backbone,
                            load_backbone(backbone), bottlenecks.workers, cluster)
        return search_heads(prepared, groups, parameters, folder, keep)


def search_words(
    model: str, parameters: SearchParameters, folder: Path, keep: Callable[[Study], None]
) -> Study:
    """For word vectors, on the text that the stages made."""
    origins = read_json(DATA / "corpus.json")["origins"]
    own = OwnParameters(**asdict(read_group(model, MODEL_PARAMETERS[model])))
    passes = read_group("phrases", PhraseParameters).passes
    recipe = Recipe(
        model, read_group("encode", EncodeParameters).for_corpus(origins),
        read_group("train", TrainParameters), own,
        phrases=str(DATA / "phrases.txt") if passes else None)
    with running(engine_of_the_pipeline()) as cluster:
        return search_text(str(DATA / "corpus.txt"), recipe, parameters, measured(), folder, keep,
                           cluster=cluster)


def measured() -> MeasureParameters:
    """By the questions of the pipeline where they are one's own, else by what suits the text."""
    evaluate = read_group("evaluate", EvaluateParameters)
    given = () if evaluate.questions == EvaluateParameters().questions else evaluate.questions
    return MeasureParameters(questions=(given,) if isinstance(given, str) else given,
                             restrict_vocab=evaluate.restrict_vocab)


if __name__ == "__main__":
    run_application(application)
