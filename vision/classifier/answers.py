"""Answers to `vision classify`: an image's label and scores, as text, CSV or JSON."""

import csv
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TextIO

from vision.photos.given_images import STANDARD_INPUT, Given
from vision.photos.image import UnreadableImageError
from words_and_images.common.errors import UserError, printable
from words_and_images.common.tables import shown
from words_and_images.retraining.record import NOT_SURE

ABOUT_IMAGE, ERROR = ("path", "label", "score"), "error"  # columns of CSV


@dataclass(frozen=True)
class Answer:
    """One image's labels with their scores, best first, and whether the best is good enough."""

    path: str
    scores: list[tuple[str, float]]
    sure: bool = True

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


# Of each image, or of what was given for one: the answer, or why there is none.
Found = Answer | UserError


class Answering(Protocol):
    """What answers need of `vision.classifier.classifier.Classifier`."""

    def attempt(self, images: Iterable[Any], /) -> Iterator[Any]: ...

    def top(self, probabilities: Any, count: int | None = None, /) -> list[tuple[str, float]]: ...


def answers_to(
    classifier: Answering, images: Iterable[Given], top: int | None = None, not_sure: float = 0.0
) -> Iterator[Found]:
    """Classify images one after the other as they come.

    Parameters
    ----------
    classifier : answers in the order of the images, and may read ahead.
    images : as `vision.photos.given_images` gives them; errors among them keep their place.
    top : so many labels an answer; None for all.
    not_sure : answers whose best score is below are not sure.

    Yields
    ------
    Answer, or the error that tells why there is none.
    """
    waiting: deque[Given] = deque()

    def sources() -> Iterator[Any]:
        for given in images:
            waiting.append(given)
            if not isinstance(given, UserError):
                yield given.source

    alone = isinstance(images, Sequence) and len(images) == 1
    for found in classifier.attempt([*sources()] if alone else sources()):
        while isinstance(given := waiting.popleft(), UserError):
            yield given
        if isinstance(found, UnreadableImageError):
            yield _renamed(found, given.name)
        else:
            scores = classifier.top(found, top)
            yield Answer(given.name, scores, scores[0][1] >= not_sure)
    yield from (given for given in waiting if isinstance(given, UserError))


def _renamed(error: UnreadableImageError, name: str) -> UnreadableImageError:
    """The same error of a content without a path, by its name."""
    name = "standard input" if name == STANDARD_INPUT else encodable(name)
    return UnreadableImageError(name, error.reason)


def json_of(found: Found) -> dict[str, Any]:
    """An answer as plain values; an image without one has its path, where it has one, and why."""
    if isinstance(found, Answer):
        return found.to_json()
    return {"path": _path_of(found), "error": str(found)}


def _path_of(error: UserError) -> str | None:
    return error.name if isinstance(error, UnreadableImageError) else None


def print_texts(found: Iterable[Found], alone: str | None = None) -> None:
    """Labels and scores as TensorFlow's label_image prints them, below the file's name.

    The image called `alone` has no name above it: nobody needs to be told. Errors are left to who
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


def print_csv(found: Iterable[Found], labels: Sequence[str], stream: TextIO | None = None
              ) -> None:
    """A row an image: path, label, score, the score of every label, and why there are none."""
    stream = stream or sys.stdout
    writer = csv.writer(stream, lineterminator="\n")
    rows = chain([[*ABOUT_IMAGE, *score_columns(labels), ERROR]],
                 (_row(each, labels) for each in found))
    for row in rows:
        # Line breaks are quoted by CSV itself.
        writer.writerow(["\n".join(map(printable, cell.split("\n"))) if isinstance(cell, str)
                         else cell for cell in row])
        stream.flush()


def score_columns(labels: Sequence[str]) -> Sequence[str]:
    """The labels; all of them with a word before where one is called like another column."""
    if not {*ABOUT_IMAGE, ERROR}.intersection(labels):
        return labels
    return [f"score of {label}" for label in labels]


def _row(found: Found, labels: Sequence[str]) -> list[Any]:
    if isinstance(found, UserError):
        return [_path_of(found), "", "", *("" for _ in labels), str(found)]
    scores = dict(found.scores)
    return [found.path, found.label, found.score,
            *(scores.get(label, "") for label in labels), ""]


def encodable(name: str) -> str:
    """A file's name with what no encoding can hold made visible."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
