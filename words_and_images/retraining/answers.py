"""What a classifier's commands answer: label and scores of each example, as text, CSV or JSON."""

import contextlib
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, TextIO

from words_and_images.common.commandline import complain
from words_and_images.common.errors import UserError, printable
from words_and_images.common.progress import Counter, progress
from words_and_images.common.tables import shown
from words_and_images.retraining.record import NOT_SURE

ERROR = "error"  # the last column of CSV


@dataclass(frozen=True)
class Answer:
    """One example's labels with their scores, best first, and whether the best is good enough."""

    path: str
    scores: list[tuple[str, float]]
    sure: bool = True

    # What is told of an example besides the scores: fields of `to_json`, columns of CSV.
    about: ClassVar[tuple[str, ...]] = ("path", "label", "score")

    @property
    def label(self) -> str:
        """The best label, or ``not sure``."""
        return self.scores[0][0] if self.sure else NOT_SURE

    @property
    def score(self) -> float:
        """The best score."""
        return self.scores[0][1]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"path": encodable(self.path), "label": self.label, "score": self.score,
                "scores": dict(self.scores)}


# Of each example, or of what was given for one: the answer, or why there is none.
Found = Answer | UserError


def best_first(
    labels: Sequence[str], probabilities: Iterable[float], count: int | None = None
) -> list[tuple[str, float]]:
    """Labels with the scores (labels,) of one example, best first, at most `count`."""
    scores = zip(labels, map(float, probabilities), strict=True)
    return sorted(scores, key=lambda each: -each[1])[:count]


def json_of(found: Found) -> dict[str, Any]:
    """An answer as plain values; what has none has its path, where it has one, and why."""
    if isinstance(found, Answer):
        return found.to_json()
    return {"path": _path_of(found), "error": str(found)}


def _path_of(error: UserError) -> str | None:
    """The example that an error is about, where it tells."""
    return getattr(error, "name", None)


def print_texts(found: Iterable[Found], alone: str | None = None) -> None:
    """Labels and scores as TensorFlow's label programs print them, below the example's name.

    The one called `alone` has no name above it: nobody needs to be told. Errors are left to who
    says them.
    """
    for answer in found:
        if isinstance(answer, UserError):
            continue
        lines = [] if answer.path == alone else [printable(answer.path)]
        if not answer.sure:
            lines.append(NOT_SURE)
        lines += [f"{shown(label)} (score = {score:.5f})" for label, score in answer.scores]
        print("\n".join(lines), flush=True)


def print_csv(
    found: Iterable[Found], labels: Sequence[str], stream: TextIO | None = None,
    kind: type[Answer] = Answer,
) -> None:
    """A row an example: `Answer.about`, the score of every label, and why there are none.

    Parameters
    ----------
    found, labels
    stream : standard output, if not given.
    kind : of the answers, which has their columns.
    """
    stream = stream or sys.stdout
    writer = csv.writer(stream, lineterminator="\n")
    rows = chain([[*kind.about, *score_columns(labels, kind), ERROR]],
                 (_row(each, labels, kind) for each in found))
    for row in rows:
        # Line breaks are quoted by CSV itself.
        writer.writerow(["\n".join(map(printable, cell.split("\n"))) if isinstance(cell, str)
                         else cell for cell in row])
        stream.flush()


def score_columns(labels: Sequence[str], kind: type[Answer] = Answer) -> Sequence[str]:
    """The labels; all of them with a word before where one is called like another column."""
    if not {*kind.about, ERROR}.intersection(labels):
        return labels
    return [f"score of {label}" for label in labels]


def _row(found: Found, labels: Sequence[str], kind: type[Answer]) -> list[Any]:
    path, *others = kind.about
    if isinstance(found, UserError):
        return [_path_of(found), *("" for _ in (*others, *labels)), str(found)]
    scores = dict(found.scores)
    return [found.path, *(getattr(found, name) for name in others),
            *(scores.get(label, "") for label in labels), ""]


def encodable(name: str) -> str:
    """A file's name with what no encoding can hold made visible."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def told(found: Iterator[Any], counter: Counter, failures: list[UserError]) -> Iterator[Any]:
    """The same; what has no answer is said at once, and kept among the failures."""
    for each in found:
        counter.advance()
        if isinstance(each, UserError):
            failures.append(each)
            complain(str(each))
        yield each


@contextlib.contextmanager
def bar(description: str, total: int | None, unit: str, behind: bool) -> Iterator[Counter]:
    """A progress bar, where someone sees it and the answers are not printed over it."""
    if sys.stderr.isatty() and not behind:
        with progress(description, total, unit) as counter:
            yield counter
    else:
        yield Counter(total, unit)
