"""The command `texts evaluate`, some of whose options tell how documents are read."""

from pathlib import Path
from typing import Annotated

import typer

from texts.documents import DocumentsParameters
from words_and_images.common.commandline import AsJson, Quiet, print_json
from words_and_images.common.errors import counted
from words_and_images.common.options import Options, spread_parameters
from words_and_images.common.own_files import refuse_among, refuse_input
from words_and_images.common.progress import say
from words_and_images.retraining.commands import NotSure
from words_and_images.retraining.quality_gate import AtLeast, refuse_below
from words_and_images.retraining.tables import evaluation_text

evaluate_application = typer.Typer(add_completion=False)


@evaluate_application.command("evaluate")
@spread_parameters
def evaluate_command(
    model: Annotated[Path, typer.Argument(
        metavar="MODEL", help="Folder of a classifier, as texts retrain writes it.")],
    documents: Annotated[str, typer.Argument(
        metavar="DOCUMENTS", help="As for texts retrain; the labels are the classifier's. Of a set "
        "that is divided, its test documents.")],
    reading: Annotated[DocumentsParameters, Options(
        "Documents", without=("source", "test_documents"))],
    at_least: AtLeast = None,
    mistakes: Annotated[Path | None, typer.Option(
        metavar="CSV", help="Write a table of the mistakes, most confident first.")] = None,
    not_sure: NotSure = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print how good a classifier is on documents whose labels are known."""
    from texts.classifier import Classifier
    from texts.fitting import guessed_rows, tell_of_guessed
    from texts.labelled_texts import (
        evaluate_classifier,
        labelled_texts,
        refuse_other_table,
        write_mistakes,
    )
    from words_and_images.retraining.recalls import warn_of_few

    if mistakes:
        refuse_other_table(mistakes)
        refuse_input(mistakes, [model, documents])
        refuse_among(mistakes, documents)
        refuse_among(mistakes, model)
    classifier = Classifier.load(model)
    known = labelled_texts(documents, reading, classifier.labels)
    threshold = classifier.not_sure if not_sure is None else not_sure
    evaluation = evaluate_classifier(classifier, known, threshold)
    guessed = guessed_rows(classifier.model, [document.text for document in known])
    if as_json:
        print_json({**evaluation.report(), "guessed": {
            "count": len(guessed), "right": int(evaluation.hits[guessed].sum())}})
    else:
        print(evaluation_text(evaluation))
    if mistakes:
        write_mistakes(evaluation, known, mistakes)
        wrong = evaluation.count - evaluation.correct
        say(f"{counted(wrong, 'mistake')} in {mistakes}")
    tell_of_guessed(evaluation, guessed)
    warn_of_few(evaluation.recalls, evaluation.noun)
    refuse_below(at_least, evaluation)
