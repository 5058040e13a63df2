"""A trained classifier of texts: a folder that holds everything, from text to scores."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from texts.card import text_card
from texts.folders import MODEL_FILE, TEXT_CLASSIFIER
from texts.given_texts import Given, UnansweredError
from texts.models import TextModel, model_from
from words_and_images.common.array_files import opened_arrays
from words_and_images.common.errors import UserError, counted, percent
from words_and_images.common.files import write_json
from words_and_images.common.own_files import LIST_KEY, DamagedError, check, making, remedy_for
from words_and_images.common.parameters import briefly
from words_and_images.common.progress import say
from words_and_images.common.streams import called
from words_and_images.neural.arrays import FloatArray
from words_and_images.retraining.answers import Answer, best_first, encodable
from words_and_images.retraining.recalls import shortened
from words_and_images.retraining.record import RECORD_FILE, labels_text, read_checked

NEEDED = (RECORD_FILE, MODEL_FILE)
MOST_UNKNOWN = 0.5  # share of a text's words; of more, the answer is a guess


@dataclass(frozen=True)
class TextAnswer(Answer):
    """An answer, and the share of the text's words that the model does not know, below 1."""

    unknown: float = 0.0

    about: ClassVar[tuple[str, ...]] = ("path", "label", "score", "unknown")

    @property
    def is_strange(self) -> bool:
        """Whether more of the text is unknown than known: it may be in another language."""
        return self.unknown > MOST_UNKNOWN

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**super().to_json(), "unknown": self.unknown}


class NoKnownWordError(UnansweredError):
    """A text of which the model knows no word: its scores would be those of any other such text.

    Attributes
    ----------
    has_words : whether it has words at all.
    """

    def __init__(self, name: str, has_words: bool) -> None:
        what = called(Path(name))
        super().__init__(encodable(name), (
            f"{what} has no word that the classifier knows; give a text in the language of the "
            "documents that it was trained on." if has_words else
            f"{what} has no words; give a text that has some."))
        self.has_words = has_words


@dataclass(frozen=True, eq=False)
class Classifier:
    """A model of texts, and the record of how it was made.

    Attributes
    ----------
    model
    record : dict
        record.json. Of its content `not_sure` (the score below which the best label is no answer)
        is used here.
    """

    model: TextModel
    record: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path | str) -> "Classifier":
        """Load the folder that `texts retrain` wrote.

        Raises
        ------
        UserError
            For anything else, and for a folder that is not as it was written.
        """
        folder = Path(folder)
        refuse_other_folder(folder)
        record = read_record(folder)
        check(folder, TEXT_CLASSIFIER)
        try:
            with opened_arrays(folder / MODEL_FILE) as arrays:
                model = model_from(arrays, record["labels"])
        except (OSError, ValueError) as error:
            raise DamagedError(f"{folder / MODEL_FILE} is broken ({briefly(str(error))})",
                               remedy_for(folder, TEXT_CLASSIFIER)) from None
        return cls(model, record)

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the probabilities."""
        return self.model.labels

    @property
    def not_sure(self) -> float:
        """The score below which the best label is no answer; 0: never."""
        return float(self.record.get("not_sure", 0))

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """float32 (texts, labels); each row sums to 1.

        A text without any known word has a row as well, the same as every other: `classify` and
        `attempt` tell it.
        """
        if not texts:
            return np.zeros((0, len(self.labels)), np.float32)
        return self.model.probabilities(texts)

    def classify(
        self, texts: Sequence[str], names: Sequence[str] | None = None, top: int | None = None,
        not_sure: float | None = None,
    ) -> list[TextAnswer]:
        """Label, score and share of unknown words of each text.

        Parameters
        ----------
        texts
        names : what the answers call them; text 1, text 2 and so on, if not given.
        top : so many labels an answer; None for all.
        not_sure : answers whose best score is below are not sure; None: the classifier's own.

        Raises
        ------
        NoKnownWordError
            For the first text of which the model knows no word, and one without words.
        """
        answers = []
        for found in self.attempt(texts, names, top, not_sure):
            if isinstance(found, NoKnownWordError):
                raise found
            answers.append(found)
        return answers

    def attempt(
        self, texts: Sequence[str], names: Sequence[str] | None = None, top: int | None = None,
        not_sure: float | None = None,
    ) -> list[TextAnswer | NoKnownWordError]:
        """The same; for a text without any known word the error, not raised."""
        names = [f"text {number + 1}" for number in range(len(texts))] if names is None else names
        least = self.not_sure if not_sure is None else not_sure
        found: list[TextAnswer | NoKnownWordError] = []
        if not texts:
            return found
        for name, row, unknown in zip(names, self.probabilities(texts), self.model.unknown(texts),
                                      strict=True):
            if not unknown < 1:
                found.append(NoKnownWordError(name, has_words=not math.isnan(unknown)))
                continue
            scores = best_first(self.labels, row, top)
            found.append(TextAnswer(name, scores, scores[0][1] >= least, float(unknown)))
        return found

    def answers_to(
        self, given: Iterable[Given], top: int | None, not_sure: float
    ) -> Iterator[TextAnswer | UnansweredError]:
        """`attempt`, text by text as they come; errors among them keep their place."""
        for each in given:
            if isinstance(each, UnansweredError):
                yield each
            else:
                yield from self.attempt([each.text], [each.name], top, not_sure)

    def write(self, folder: Path, megabytes: float = math.inf) -> None:
        """Write a folder of its own, whole or not at all.

        Raises
        ------
        UserError
            For labels that are not one line each, a folder with other content, and a model that
            takes more than so many megabytes.
        """
        labels_text(self.labels)
        with making(folder, TEXT_CLASSIFIER) as temporary:
            temporary.mkdir()
            np.savez(temporary / MODEL_FILE, **self.model.arrays())  # type: ignore[arg-type]
            _refuse_larger(temporary / MODEL_FILE, megabytes)
            record = {"labels": self.labels, "kind": self.model.kind, **self.record}
            write_json(temporary / RECORD_FILE, record)
            text_card(record).write(temporary)


def _refuse_larger(path: Path, megabytes: float) -> None:
    size = path.stat().st_size / 1e6
    if size > megabytes:
        raise UserError(f"megabytes is {megabytes:g}, and a classifier of these documents takes "
                        f"{math.ceil(1000 * size) / 1000:g} at least; give it that.")


def noting_strange(found: Iterable[Any], strange: list[str]) -> Iterator[Any]:
    """The same; the names of texts that the model knows little of are kept in `strange`."""
    for each in found:
        if isinstance(each, TextAnswer) and each.is_strange:
            strange.append(encodable(each.path))
        yield each


def tell_of_strange(strange: Sequence[str], total: int) -> None:
    """Say which of so many answers are to texts that the model knows little of."""
    if strange:
        say(f"warning: more than {percent(MOST_UNKNOWN, 0)} of the words are unknown in "
            f"{len(strange):,} of {counted(total, 'text')}, which may be of another language or "
            f"kind: {shortened(strange)}")


def refuse_other_folder(folder: Path) -> None:
    """UserError unless the folder is a classifier's of texts."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        reason = f"it lacks {', '.join(missing)}" if folder.is_dir() else "there is no such folder"
        raise UserError(f"{folder} is no classifier of texts ({reason}); give a folder that "
                        f"texts retrain wrote, with {', '.join(NEEDED)} inside.")


def read_record(folder: Path) -> dict[str, Any]:
    """record.json of a classifier's folder, with what is used of it checked."""
    path = folder / RECORD_FILE
    try:
        record = read_checked(path, ("labels", "kind"))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise DamagedError(f"{path} is broken ({briefly(str(error))})",
                           TEXT_CLASSIFIER.remedy) from None
    check(folder, TEXT_CLASSIFIER, lambda name: False)  # the record alone
    record.pop(LIST_KEY, None)
    return record
