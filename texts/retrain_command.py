"""The command `texts retrain`, whose options are the parameters of the steps."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from texts.documents import DocumentsParameters
from texts.parameters import AUTO, KINDS, ModelParameters
from words_and_images.common.commandline import AsJson, Quiet, print_json
from words_and_images.common.options import Options, spread_parameters
from words_and_images.common.streams import refuse_sharing_input
from words_and_images.retraining.evaluation import ClassifyParameters
from words_and_images.retraining.quality_gate import AtLeast, refuse_below
from words_and_images.retraining.recalls import warn_of_few
from words_and_images.retraining.split import SplitParameters
from words_and_images.retraining.tables import print_classifier

retrain_application = typer.Typer(add_completion=False)


@retrain_application.command("retrain")
@spread_parameters
def retrain_command(
    documents: Annotated[str, typer.Argument(
        metavar="DOCUMENTS", help="A folder with a folder of .txt files for each class, a zip or "
        "tar of one, a .csv, .tsv or .jsonl with columns of texts and labels, or lines that begin "
        "with __label__; plain or packed. - is a table, objects or lines on standard input.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the classifier.")],
    reading: Annotated[DocumentsParameters, Options("Documents", without=("source",))],
    split: Annotated[SplitParameters, Options("Documents")],
    model: Annotated[ModelParameters, Options("Model", choices=(("kind", (AUTO, *KINDS)),))],
    classify: Annotated[ClassifyParameters, Options()],
    vectors: Annotated[str | None, typer.Option(
        metavar="FOLDER|FILE", help="Word vectors, as word2vec train writes them or of another "
        "maker, for the models that use them.", rich_help_panel="Model")] = None,
    not_sure: Annotated[float, typer.Option(
        min=0, max=1, help="The classifier answers 'not sure' where the best score is below.",
    )] = ClassifyParameters.not_sure,
    seed: Annotated[int, typer.Option(
        help="Of everything random (0 or more).")] = ModelParameters.seed,
    at_least: AtLeast = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier on documents of each class and test it on documents kept aside."""
    from texts.retraining import Recipe, refuse_occupied, retrain_classifier

    refuse_sharing_input(filter(None, [documents, reading.test_documents]))
    recipe = Recipe(replace(reading, source=documents), split, model, classify, vectors)
    refuse_occupied(out, recipe)
    made_of, evaluation = retrain_classifier(recipe, out)
    if as_json:
        print_json({"classifier": str(out), "documents": made_of.counts(), **evaluation.report()})
    elif not quiet:
        print_classifier(made_of, evaluation, out)
    warn_of_few(evaluation.recalls, evaluation.noun)
    refuse_below(at_least, evaluation)
