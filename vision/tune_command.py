"""The command `vision tune`, whose options are parameters of the stages and of the search."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vision.retrain_command import (
    HEAD_CHOICES,
    BackboneName,
    Bottlenecks,
    Classify,
    Collection,
    Distortions,
    Export,
    Images,
    Network,
    NotSure,
    Placed,
    Seed,
    SplitOptions,
    source_of_backbone,
)
from words_and_images.common.commandline import (
    AsJson,
    Engine,
    EngineKind,
    Quiet,
    Scheduler,
    print_json,
)
from words_and_images.common.options import Options, spread_parameters
from words_and_images.common.tables import print_lines
from words_and_images.retraining.evaluation import ClassifyParameters
from words_and_images.retraining.head import RetrainParameters
from words_and_images.retraining.recalls import warn_of_few
from words_and_images.retraining.tables import print_classifier
from words_and_images.tuning.parameters import SAMPLERS, SearchParameters

MINUTES = 10.0

tune_application = typer.Typer(add_completion=False)


@tune_application.command("tune")
@spread_parameters
def tune_command(
    images: Images,
    out: Annotated[Path, typer.Argument(
        metavar="OUT", help="Folder for the classifier; the study is OUT.study beside it.")],
    search: Annotated[SearchParameters, Options("Search", choices=(("sampler", SAMPLERS),))],
    collection: Collection,
    split: SplitOptions,
    network: Network,
    bottlenecks: Bottlenecks,
    distortions: Distortions,
    head: Annotated[RetrainParameters, Options(
        "Training of the head", without=("patience",), choices=HEAD_CHOICES)],
    classify: Classify,
    export: Export,
    placed: Placed,
    minutes: Annotated[float, typer.Option(
        help="After which no more trials are begun; 0: until all have been tried.",
        rich_help_panel="Search")] = MINUTES,
    space: Annotated[Path | None, typer.Option(
        metavar="FILE", help="A YAML file of the parameters to search and their values.",
        rich_help_panel="Search", show_default="what is cheap to try")] = None,
    join: Annotated[bool, typer.Option(
        "--join", help="Try sets for a search of OUT that is under way in another process, and "
        "leave the end to that.", rich_help_panel="Search")] = False,
    backbone: BackboneName = None,
    not_sure: NotSure = ClassifyParameters.not_sure,
    seed: Seed = RetrainParameters.seed,
    engine: Engine = EngineKind.LOCAL,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the parameters that make the best classifier of these images, and train it."""
    from vision.retraining import Recipe
    from vision.tuning import tune_classifier
    from words_and_images.common.fetching import refuse_unwritable_cache
    from words_and_images.tuning.beside import study_folder
    from words_and_images.tuning.tables import study_table, study_text

    refuse_unwritable_cache()
    recipe = Recipe(
        images=replace(collection, source=images, distortions=distortions),
        backbone=replace(network, source=source_of_backbone(backbone)), split=split,
        bottlenecks=bottlenecks, head=head, classify=classify, export=export,
        engine=placed.chosen(engine.value))
    found = tune_classifier(recipe, search, out, space, join)
    made, evaluation = found.split, found.evaluation
    if as_json:
        report = {} if evaluation is None else {
            "classifier": str(out), "images": made.counts(), "test": evaluation.report()}
        print_json({**found.study.rows(), **report})
    elif not quiet:
        print(study_table(found.study))
        print_lines(study_text(found.study, found.seconds))
        if evaluation:
            print_classifier(made, evaluation, out)
        print_lines(f"study in {study_folder(out)}")
    if evaluation:
        warn_of_few(evaluation.recalls, evaluation.noun)
