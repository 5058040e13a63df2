"""What the commands of all classifiers have alike: options, printed answers, a shown record."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from words_and_images.common.commandline import print_json
from words_and_images.common.errors import UserError
from words_and_images.common.tables import columns_of
from words_and_images.retraining.answers import (
    Answer,
    Found,
    bar,
    json_of,
    print_csv,
    print_texts,
    told,
)
from words_and_images.retraining.record import LINE

TEXT, JSON, CSV = "text", "json", "csv"

NotSure = Annotated[float | None, typer.Option(
    min=0, max=1, help="Answer 'not sure' where the best score is below.",
    show_default="the classifier's own")]
Top = Annotated[int | None, typer.Option(
    min=1, help="Only the best so many labels; all if not given.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead.")]
ExplainedLabel = Annotated[str | None, typer.Option(
    help="The label to explain.", show_default="the best one")]


class Outcome(NamedTuple):
    """How many have an answer, and how many have none."""

    answered: int
    failed: int


@dataclass(frozen=True)
class AnswerPrinter:
    """How answers are printed.

    Attributes
    ----------
    form : TEXT, JSON or CSV.
    labels : of the classifier.
    unit : what the progress counts.
    kind : of the answers, whose columns the CSV has.
    alone : the name that needs not stand above its answer.
    """

    form: str
    labels: Sequence[str]
    unit: str
    kind: type[Answer] = Answer
    alone: str | None = None

    def print(self, found: Iterator[Any], total: int | None) -> Outcome:
        """Print answers as they come, JSON in the end; what has none is said on standard error.

        Parameters
        ----------
        found : answers, and errors where there is none.
        total : how many are awaited, where that is known.
        """
        failures: list[UserError] = []
        values: list[dict[str, Any]] = []
        behind = sys.stdout.isatty() and self.form != JSON
        with bar("classifying", total, self.unit, behind) as counter:
            answers: Iterator[Found] = told(found, counter, failures)
            if self.form == CSV:
                print_csv(answers, self.labels, kind=self.kind)
            elif self.form == JSON:
                values = [json_of(each) for each in answers]
            else:
                print_texts(answers, alone=self.alone)
        if self.form == JSON:
            print_json(values)
        return Outcome(int(counter.done) - len(failures), len(failures))


def form_of(as_json: bool, as_csv: bool) -> str:
    """The form that is asked for; UserError for two."""
    if as_json and as_csv:
        raise UserError("--json and --csv are both given; give one of them.")
    return JSON if as_json else CSV if as_csv else TEXT


def print_record(
    folder: Path, record: dict[str, Any], describe: Callable[[Path, dict[str, Any], int], str],
    as_json: bool,
) -> None:
    """A classifier's record, in words as `describe` has them or as JSON."""
    if as_json:
        print_json(record)
    else:
        print(describe(folder, record, min(columns_of(sys.stdout) or LINE, LINE)))
