"""The command `texts`: retrain a classifier on documents, use it, evaluate it, explain it."""

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
from words_and_images.common.own_files import refuse_among, refuse_input
from words_and_images.common.progress import say
from words_and_images.common.streams import refuse_sharing_input
from words_and_images.retraining.commands import (
    AnswerPrinter,
    AsCsv,
    ExplainedLabel,
    NotSure,
    Top,
    form_of,
    print_record,
)

# NumPy and all that needs it are imported by the commands, so that --help and usage errors answer
# at once.
application = typer.Typer(
    cls=late_commands("texts", "retrain", "evaluate"),
    help="Train classifiers of texts on your own documents, and use them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

ModelFolder = Annotated[Path, typer.Argument(
    metavar="MODEL", help="Folder of a classifier, as texts retrain writes it.")]


@application.command("retrain")
def retrain_placeholder() -> None:
    """Train a classifier on documents of each class and test it on documents kept aside."""


@application.command("evaluate")
def evaluate_placeholder() -> None:
    """Print how good a classifier is on documents whose labels are known."""


@application.command("classify")
def classify_command(
    model: ModelFolder,
    files: Annotated[list[str], typer.Argument(
        metavar="FILE...", help="Files of one text each, plain or packed; - is standard input.")],
    lines: Annotated[bool, typer.Option(
        "--lines", help="Each line of the files is a text.")] = False,
    top: Top = None,
    not_sure: NotSure = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    quiet: Quiet = False,
) -> None:
    """Print the labels of texts with their scores, best first."""
    form = form_of(as_json, as_csv)
    refuse_sharing_input(files)
    from texts.classifier import Classifier, TextAnswer, noting_strange, tell_of_strange
    from texts.given_texts import given_texts

    classifier = Classifier.load(model)
    threshold = classifier.not_sure if not_sure is None else not_sure
    strange: list[str] = []
    found = noting_strange(
        classifier.answers_to(given_texts(files, lines), top, threshold), strange)
    printer = AnswerPrinter(form, classifier.labels, "texts", TextAnswer,
                            files[0] if len(files) == 1 else None)
    outcome = printer.print(found, None if lines else len(files))
    tell_of_strange(strange, outcome.answered)
    if outcome.failed:
        raise typer.Exit(BAD_INPUT)


@application.command("explain")
def explain_command(
    model: ModelFolder,
    file: Annotated[str, typer.Argument(
        metavar="FILE", help="A file of one text, plain or packed; - is standard input.")],
    label: ExplainedLabel = None,
    out: Annotated[Path | None, typer.Option(
        metavar="HTML", help="Write the text with its words marked, too.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print which words of a text speak for a label: what is lost when they are left out."""
    from texts.classifier import MOST_UNKNOWN, Classifier, tell_of_strange
    from texts.explanation import explain_text, refuse_other_page, write_page
    from texts.given_texts import whole_text
    from words_and_images.retraining.answers import encodable

    if out:
        refuse_other_page(out)
        refuse_input(out, [model, file])
        refuse_among(out, model)
    classifier = Classifier.load(model)
    given = whole_text(file)
    explanation = explain_text(classifier, given.text, label, given.name)
    if out:
        write_page(explanation, out)
    if as_json:
        print_json(explanation.to_json())
    else:
        print(explanation.text())
    if out:
        say(f"page in {out}")
    if explanation.unknown > MOST_UNKNOWN:
        tell_of_strange([encodable(given.name)], 1)


@application.command("show")
def show_command(model: ModelFolder, as_json: AsJson = False) -> None:
    """Print what a classifier is: labels, kind, accuracy, and what it was trained on."""
    from texts.classifier import read_record, refuse_other_folder
    from texts.description import describe

    refuse_other_folder(model)
    print_record(model, read_record(model), describe, as_json)


def main() -> None:
    """Entry point of the console script."""
    run_application(with_version(application))


if __name__ == "__main__":
    main()
