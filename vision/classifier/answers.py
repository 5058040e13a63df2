"""Answers to `vision classify`, image by image as they come."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from vision.photos.given_images import STANDARD_INPUT, Given
from vision.photos.image import UnreadableImageError
from words_and_images.common.errors import UserError
from words_and_images.retraining.answers import Answer, Found, encodable


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
