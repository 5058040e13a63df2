"""The command `vision retrain`, whose options are the parameters of the stages."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vision.backbones.bottlenecks import BottleneckParameters
from vision.backbones.fine_tuning import FineTuneParameters
from vision.backbones.record import INFERENCES, BackboneParameters
from vision.classifier.export import ExportParameters
from vision.photos.class_folders import READINGS
from vision.photos.dataset import ImagesParameters
from vision.photos.distortions import DistortionParameters
from vision.photos.looks import VIEWS
from vision.photos.split import PhotoSplitParameters
from words_and_images.common.commandline import (
    AsJson,
    Engine,
    EngineKind,
    Quiet,
    Scheduler,
    print_json,
)
from words_and_images.common.engine import FILES, EngineParameters
from words_and_images.common.options import Options, spread_parameters
from words_and_images.common.profile import PROFILES
from words_and_images.neural.training import OPTIMISERS, SCHEDULES
from words_and_images.retraining.evaluation import ClassifyParameters
from words_and_images.retraining.head import CLASS_WEIGHTS, RetrainParameters
from words_and_images.retraining.quality_gate import AtLeast, refuse_below
from words_and_images.retraining.recalls import warn_of_few
from words_and_images.retraining.tables import print_classifier

DEFAULT_BACKBONE = PROFILES["embedded"]["backbone"]


def _known_backbones() -> list[str]:
    from words_and_images.common import catalogue

    return catalogue.names("backbone")


# What `vision tune` has as well.
Images = Annotated[str, typer.Argument(
    metavar="IMAGES", help="A folder with a folder of images for each class, a zip or tar of "
    "one, or a name of the catalogue (drawings, hotdog_photos).")]
Collection = Annotated[ImagesParameters, Options(
    "Images", without=("source", "distortions"), choices=(("class_folders", READINGS),))]
SplitOptions = Annotated[PhotoSplitParameters, Options("Images")]
Network = Annotated[BackboneParameters, Options(
    "Backbone", without=("source",), choices=(("inference", INFERENCES),))]
Bottlenecks = Annotated[BottleneckParameters, Options("Backbone", choices=(("looks", VIEWS),))]
Distortions = Annotated[DistortionParameters, Options("Distortions of the training images")]
HEAD_CHOICES = (("optimiser", OPTIMISERS), ("schedule", SCHEDULES),
                ("class_weights", CLASS_WEIGHTS))
Classify = Annotated[ClassifyParameters, Options()]
Export = Annotated[ExportParameters, Options("Export", without=("images",))]
Placed = Annotated[EngineParameters, Options(
    "Engine", without=("kind",), prefix="engine_", choices=(("files", FILES),))]
BackboneName = Annotated[str | None, typer.Option(
    help="A Keras weights file, a SavedModel folder, a TF-Hub handle, or a name of the "
    "catalogue (efficientnet_lite2, inception_v3). SavedModels and handles are programs: of "
    "people you trust.", autocompletion=_known_backbones, show_default=DEFAULT_BACKBONE)]
NotSure = Annotated[float, typer.Option(
    min=0, max=1, help="The classifier answers 'not sure' where the best score is below.")]
Seed = Annotated[int, typer.Option(help="Of everything random (0 or more).")]

retrain_application = typer.Typer(add_completion=False)


@retrain_application.command("retrain")
@spread_parameters
def retrain_command(
    images: Images,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the classifier.")],
    collection: Collection,
    split: SplitOptions,
    network: Network,
    fine_tune: Annotated[FineTuneParameters, Options(
        "Retraining of the backbone's last block", prefix="fine_tune_")],
    bottlenecks: Bottlenecks,
    distortions: Distortions,
    head: Annotated[RetrainParameters, Options("Training of the head", choices=HEAD_CHOICES)],
    classify: Classify,
    export: Export,
    placed: Placed,
    backbone: BackboneName = None,
    not_sure: NotSure = ClassifyParameters.not_sure,
    seed: Seed = RetrainParameters.seed,
    engine: Engine = EngineKind.LOCAL,
    scheduler: Scheduler = None,
    at_least: AtLeast = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier on folders of images and test it on images kept aside."""
    from vision.retraining import Recipe, refuse_occupied, retrain_classifier
    from words_and_images.common.fetching import refuse_unwritable_cache

    recipe = Recipe(
        images=replace(collection, source=images, distortions=distortions),
        backbone=replace(network, source=source_of_backbone(backbone)),
        split=split, fine_tune=fine_tune,
        bottlenecks=bottlenecks, head=head, classify=classify, export=export,
        engine=placed.chosen(engine.value))
    refuse_occupied(out, recipe)
    refuse_unwritable_cache()
    made_of, evaluation = retrain_classifier(recipe, out)
    if as_json:
        print_json({"classifier": str(out), "images": made_of.counts(), **evaluation.report()})
    elif not quiet:
        print_classifier(made_of, evaluation, out)
    warn_of_few(evaluation.recalls, evaluation.noun)
    refuse_below(at_least, evaluation)


def source_of_backbone(backbone: str | None) -> str:
    """The backbone that is named, or that of the catalogue."""
    from words_and_images.common.catalogue import MARK

    return MARK + DEFAULT_BACKBONE if backbone is None else backbone
