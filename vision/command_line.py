"""The command `vision`: retrain a classifier on a folder of images, use it, evaluate it."""

from pathlib import Path
from typing import Annotated

import typer

from words_and_images.common.commandline import (
    BAD_INPUT,
    AsJson,
    Quiet,
    late_commands,
    print_json,
    run_application,
    with_version,
)
from words_and_images.common.errors import counted
from words_and_images.common.progress import say
from words_and_images.retraining.commands import (
    AnswerPrinter,
    AsCsv,
    ExplainedLabel,
    NotSure,
    Top,
    form_of,
    print_record,
)
from words_and_images.retraining.quality_gate import AtLeast, refuse_below
from words_and_images.retraining.tables import evaluation_text

# Everything heavy (NumPy, Pillow, LiteRT, TensorFlow) is imported by the commands that need it,
# so that --help and usage errors answer at once.
UNREADABLE_SHARE = 0.05


application = typer.Typer(
    cls=late_commands("vision", "retrain", "tune", "check"),
    help="Retrain image classifiers on your own photos, and use them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

ModelFolder = Annotated[Path, typer.Argument(
    metavar="MODEL", help="Folder of a classifier, as vision retrain writes it.")]
RunByTensorFlow = Annotated[bool, typer.Option(
    "--tensorflow", help="Run a classifier that only TensorFlow can run. Its SavedModel is a "
    "program: for classifiers of people you trust.")]


@application.command("retrain")
def retrain_placeholder() -> None:
    """Train a classifier on folders of images and test it on images kept aside."""


@application.command("tune")
def tune_placeholder() -> None:
    """Find the parameters that make the best classifier of these images, and train it."""


@application.command("check")
def check_placeholder() -> None:
    """Find images whose label may be wrong: models that did not see them say otherwise."""


@application.command("classify")
def classify_command(
    model: ModelFolder,
    images: Annotated[list[str], typer.Argument(
        metavar="IMAGE...", help="Image files, folders, globs in quotes ('photos/**/*.jpg'); or -: "
        "an image on standard input, or paths, one a line.")],
    top: Top = None,
    not_sure: NotSure = None,
    tensorflow: RunByTensorFlow = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    quiet: Quiet = False,
) -> None:
    """Print the labels of images with their scores, best first."""
    form = form_of(as_json, as_csv)
    from vision.classifier.answers import answers_to
    from vision.classifier.classifier import Classifier
    from vision.photos.given_images import known_images

    classifier = Classifier.load(model, tensorflow=tensorflow)
    given = known_images(images)
    threshold = classifier.not_sure if not_sure is None else not_sure
    printer = AnswerPrinter(form, classifier.labels, "images",
                            alone=images[0] if len(images) == 1 else None)
    outcome = printer.print(answers_to(classifier, given, top, threshold),
                            len(given) if isinstance(given, list) else None)
    if outcome.failed:
        raise typer.Exit(BAD_INPUT)


@application.command("evaluate")
def evaluate_command(
    model: ModelFolder,
    images: Annotated[str, typer.Argument(
        metavar="IMAGES", help="A folder with a folder of images for each class, or a zip or tar "
        "of one; its labels are the classifier's.")],
    at_least: AtLeast = None,
    mistakes: Annotated[Path | None, typer.Option(
        metavar="PNG", help="Write a picture of the mistakes, most confident first.")] = None,
    not_sure: NotSure = None,
    unreadable_share: Annotated[float, typer.Option(
        min=0, max=1, help="Up to this share of the images, unreadable ones are skipped."
    )] = UNREADABLE_SHARE,
    tensorflow: RunByTensorFlow = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print how good a classifier is on images whose labels are known."""
    from vision.classifier.classifier import Classifier
    from vision.classifier.labelled_images import evaluate_classifier, labelled_images
    from words_and_images.common.files import refuse_unwritable_file
    from words_and_images.retraining.recalls import warn_of_few

    if mistakes:
        refuse_unwritable_file(mistakes)
    classifier = Classifier.load(model, tensorflow=tensorflow)
    with labelled_images(images, classifier.labels) as files:
        if mistakes:
            from vision.sheets.sheet_files import refuse_other_picture

            refuse_other_picture(mistakes, "--mistakes",
                                 [model, images, *(file.path for file in files)])
        threshold = classifier.not_sure if not_sure is None else not_sure
        evaluation, paths = evaluate_classifier(classifier, files, unreadable_share, threshold)
        if as_json:
            print_json(evaluation.report())
        else:
            print(evaluation_text(evaluation))
        if mistakes:  # while the images of an archive are there
            from vision.classifier.mistakes import draw_mistakes

            draw_mistakes(evaluation, paths, mistakes)
            wrong = evaluation.count - evaluation.correct
            say(f"{counted(wrong, 'mistake')} in {mistakes}")
    warn_of_few(evaluation.recalls, evaluation.noun)
    refuse_below(at_least, evaluation)


@application.command("explain")
def explain_command(
    model: ModelFolder,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="An image file.")],
    label: ExplainedLabel = None,
    out: Annotated[Path | None, typer.Option(
        metavar="PNG", help="Where to write the map.", show_default="IMAGE-explained.png")] = None,
    tensorflow: RunByTensorFlow = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw which parts of an image speak for a label: what is lost when they are covered."""
    from vision.classifier.classifier import Classifier
    from vision.classifier.explanation import explain_image

    classifier = Classifier.load(model, tensorflow=tensorflow)
    explanation = explain_image(classifier, image, label, out)
    if as_json:
        print_json(explanation.to_json())
    else:
        print(explanation.text())


@application.command("show")
def show_command(model: ModelFolder, as_json: AsJson = False) -> None:
    """Print what a classifier is: labels, backbone, accuracy, and what it was trained on."""
    from vision.classifier.classifier import read_record, refuse_other_folder
    from vision.classifier.description import describe

    refuse_other_folder(model)
    print_record(model, read_record(model), describe, as_json)


def main() -> None:
    """Entry point of the console script."""
    run_application(with_version(application))


if __name__ == "__main__":
    main()
