"""Evaluation of a classifier on documents whose labels are known."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from texts.classifier import Classifier
from texts.document import NOUN, Document
from texts.documents import DocumentsParameters, read_documents
from words_and_images.common.errors import UserError, counted, printable
from words_and_images.common.files import begins_with, refuse_unwritable_file, write_text
from words_and_images.common.progress import progress, say
from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.labels import as_called
from words_and_images.retraining.split import TEST

AT_ONCE = 256  # documents between two steps of the progress
MISTAKES = ("document", "label", "answer", "score", "text")  # columns
BEGINNING = 200  # characters of a text that are shown
FORMULA = ("=", "+", "-", "@")  # what spreadsheets do not show but compute


def labelled_texts(
    source: str, parameters: DocumentsParameters, labels: Sequence[str]
) -> list[Document]:
    """The documents of a source, with labels as a classifier writes them.

    Of a set that is divided, only the test documents: of the others the classifier may have
    learnt.

    Raises
    ------
    UserError
        That names all labels which are none of the classifier's, and for a source without
        documents.
    """
    documents = read_documents(source, parameters, labels)
    tests = [document for document in documents if document.split == TEST]
    if tests and len(tests) < len(documents):
        say(f"evaluated are the {counted(len(tests), f'test {NOUN}')} of {source}, and not the "
            f"{len(documents) - len(tests):,} others")
        documents = tests
    called = as_called((document.label for document in documents), labels, "label")
    return [replace(document, label=called[document.label]) for document in documents]


def evaluate_classifier(
    classifier: Classifier, documents: Sequence[Document], not_sure: float
) -> Evaluation:
    """Classify documents of labels that the classifier knows."""
    rows = []
    with progress("classifying", len(documents), f"{NOUN}s", brief=True) as counter:
        for start in range(0, len(documents), AT_ONCE):
            some = documents[start:start + AT_ONCE]
            rows.append(classifier.probabilities([document.text for document in some]))
            counter.advance(len(some))
    numbers = {label: number for number, label in enumerate(classifier.labels)}
    targets = np.array([numbers[document.label] for document in documents], np.intp)
    return Evaluation(classifier.labels, [document.name for document in documents], targets,
                      np.concatenate(rows), not_sure=not_sure, noun=NOUN)


def write_mistakes(evaluation: Evaluation, documents: Sequence[Document], out: Path) -> None:
    """A CSV row for each wrong answer, the most confident first; see `refuse_other_table`."""
    refuse_other_table(out)
    wrong = np.flatnonzero(~evaluation.hits)
    order = wrong[np.argsort(-evaluation.confidences[wrong], kind="stable")]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(MISTAKES)
    for row in order.tolist():
        answer = evaluation.labels[evaluation.predicted[row]]
        text = " ".join(documents[row].text[:BEGINNING].split())
        writer.writerow([evaluation.names[row], documents[row].label, answer,
                         f"{evaluation.confidences[row]:.5f}", _no_formula(printable(text))])
    write_text(out, stream.getvalue())


def _no_formula(text: str) -> str:
    """A text that a spreadsheet shows as it is: documents may be anybody's."""
    return f"'{text}" if text.startswith(FORMULA) else text


def refuse_other_table(out: Path) -> None:
    """UserError, before any work, where it cannot be written or would replace another file."""
    refuse_unwritable_file(out)
    if not begins_with(out, (",".join(MISTAKES).encode(),)):
        raise UserError(f"{out} exists and is no table of mistakes; name a new file, or move it "
                        "away.")
