"""The command `vision check`, whose options are parameters of the stages and of the check."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vision.backbones.bottlenecks import BottleneckParameters
from vision.backbones.record import INFERENCES, BackboneParameters
from vision.label_check import CheckParameters, CheckRecipe, LabelCheck, Outputs, check_labels
from vision.photos.class_folders import READINGS
from vision.photos.dataset import ImagesParameters
from vision.photos.looks import VIEWS
from vision.photos.split import PhotoSplitParameters
from words_and_images.common.catalogue import MARK
from words_and_images.common.commandline import AsJson, Quiet, print_json
from words_and_images.common.errors import counted
from words_and_images.common.options import Options, spread_parameters
from words_and_images.common.profile import PROFILES
from words_and_images.common.tables import print_lines, table
from words_and_images.neural.training import OPTIMISERS, SCHEDULES
from words_and_images.retraining.head import CLASS_WEIGHTS, RetrainParameters

DEFAULT_BACKBONE = PROFILES["embedded"]["backbone"]
NAMED = 10  # groups of near-duplicates in more than one class that are printed

check_application = typer.Typer(add_completion=False)


@check_application.command("check")
@spread_parameters
def check_command(
    images: Annotated[str, typer.Argument(
        metavar="IMAGES", help="A folder with a folder of images for each class, a zip or tar of "
        "one, or a name of the catalogue. Only read, unless --move is given.")],
    check: Annotated[CheckParameters, Options()],
    collection: Annotated[ImagesParameters, Options(
        "Images", without=("source", "distortions"), choices=(("class_folders", READINGS),))],
    split: Annotated[PhotoSplitParameters, Options("Images", without=("validation", "test"))],
    network: Annotated[BackboneParameters, Options(
        "Backbone", without=("source",), choices=(("inference", INFERENCES),))],
    bottlenecks: Annotated[BottleneckParameters, Options("Backbone", choices=(("looks", VIEWS),))],
    head: Annotated[RetrainParameters, Options(
        "Training of the models", without=("patience", "temperature", "first_look", "refit"),
        choices=(("optimiser", OPTIMISERS), ("schedule", SCHEDULES),
                 ("class_weights", CLASS_WEIGHTS)))],
    sheet: Annotated[Path | None, typer.Option(
        metavar="PNG", help="Where to draw the first.",
        show_default="IMAGES-suspects.png")] = None,
    csv: Annotated[Path | None, typer.Option(
        metavar="CSV", help="Where to list all images.",
        show_default="IMAGES-suspects.csv")] = None,
    move: Annotated[Path | None, typer.Option(
        metavar="FOLDER", help="Move what is on the sheet there, out of IMAGES.",
        show_default="nothing is moved")] = None,
    backbone: Annotated[str | None, typer.Option(
        help="As of vision retrain.", show_default=DEFAULT_BACKBONE)] = None,
    seed: Annotated[int, typer.Option(
        help="Of everything random (0 or more).")] = RetrainParameters.seed,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find images whose label may be wrong: models that did not see them say otherwise."""
    recipe = CheckRecipe(
        images=replace(collection, source=images),
        backbone=replace(network, source=MARK + DEFAULT_BACKBONE if backbone is None else backbone),
        check=check, split=split, bottlenecks=bottlenecks, head=head)
    name = _name_of(images)
    outputs = Outputs(sheet or Path(f"{name}-suspects.png"), csv or Path(f"{name}-suspects.csv"),
                      move)
    found = check_labels(recipe, outputs)
    if as_json:
        print_json({"sheet": str(outputs.sheet), "csv": str(outputs.table), **found.to_json()})
    elif not quiet:
        print(counts_table(found))
        print_lines(*_across_classes(found), _written(found, check.first, outputs))


def _name_of(source: str) -> str:
    """What the outputs are called by: a folder's name, also of ``.``; an archive's to its dot."""
    path = Path(os.path.abspath(os.path.expanduser(source)))
    return (path.name if path.is_dir() else path.name.partition(".")[0]) or "images"


def counts_table(found: LabelCheck) -> str:
    """Images and contradicted labels, label by label."""
    counts = found.counts()
    totals = [sum(column) for column in zip(*counts.values(), strict=True)]
    rows = [[label, f"{images:,}", f"{contradicted:,}"]
            for label, (images, contradicted) in [*counts.items(), ("all", totals)]]
    return table([["", "images", "contradicted"], *rows], sys.stdout)


def _across_classes(found: LabelCheck) -> list[str]:
    """Copies and near-duplicates with different labels, of which one at least is wrong."""
    groups = found.across_classes()
    if not groups:
        return []
    lines = [f"{counted(len(groups), 'group')} of copies or near-duplicates in more than one "
             "class:", *("  " + " and ".join(paths) for paths in groups[:NAMED])]
    more = len(groups) - NAMED
    return [*lines, *([f"  and {more:,} more, see the column other_class"] if more > 0 else [])]


def _written(found: LabelCheck, first: int, outputs: Outputs) -> str:
    shown = min(first, len(found.contradicted))
    drawn = f"the first {shown:,}" if shown else "no photo"
    return f"{drawn} in {outputs.sheet}, all images in {outputs.table}"
