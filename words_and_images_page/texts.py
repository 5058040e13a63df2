"""Answers to texts, as plain data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from texts.classifier import MOST_UNKNOWN, Classifier, NoKnownWordError
from texts.description import describe
from texts.explanation import Explanation, explain_text
from words_and_images.common.errors import UserError, counted, percent
from words_and_images_page.evaluation import (
    NOT_SURE,
    below_sentence,
    score_sentence,
    source_name,
    tested_sentence,
)

NOUN = "test document"
ONLY_ALIKE = "It holds for texts like those."
LONGEST = 20_000  # UTF-16 units of a text, which is what a browser counts
# Of all texts that are classified for one explanation: a second of work, two where each
# character is a word. Half of the longest text is explained with as many pieces as there may be,
# the longest with half as many.
MOST_CHARACTERS = 5_000_000
SHOWN = 5  # labels of an answer
MISSING = "The text is missing; paste one."
TOO_LONG = f"This text is longer than {LONGEST:,} characters; paste a part of it."
NO_WORDS = "This text has no words; paste one that has."
NO_KNOWN_WORDS = ("This classifier knows none of the text's words; paste one in the language of "
                  "the documents that it was trained on.")


@dataclass(frozen=True)
class TextAnswer:
    """What a classifier says of a text.

    Attributes
    ----------
    answer : the label, or NOT SURE.
    sure : whether the best score reaches the classifier's threshold.
    sentence : what the evaluation says of answers with such a score.
    scores : the best labels, best first.
    warning : where most of the words are unknown, what that means; else empty.
    explanation : of the best label.
    """

    answer: str
    sure: bool
    sentence: str
    scores: list[tuple[str, float]]
    warning: str
    explanation: Explanation


@dataclass(frozen=True, eq=False)
class TextModel:
    """A classifier of texts that answers, from any number of threads; the page calls it `name`."""

    name: str
    classifier: Classifier

    @classmethod
    def load(cls, folder: Path, name: str) -> "TextModel":
        """Load a classifier's folder.

        Raises
        ------
        UserError
            For any other folder, and a damaged one.
        """
        classifier = Classifier.load(folder)
        describe(folder, classifier.record)  # the page tells the same, and is built before it asks
        return cls(name, classifier)

    @property
    def record(self) -> dict[str, Any]:
        """The classifier's record."""
        return self.classifier.record

    def answer(self, text: str) -> TextAnswer:
        """What a text is about.

        Raises
        ------
        UserError
            One sentence for too long a text, and for one of which the classifier knows no word:
            its scores would be those of any other.
        """
        refuse_unreadable(text)
        found = self.classifier.attempt([text], top=SHOWN)[0]
        if isinstance(found, NoKnownWordError):
            raise UserError(NO_KNOWN_WORDS if found.has_words else NO_WORDS)
        sentence = below_sentence(found.score, self.classifier.not_sure) + score_sentence(
            self.record, found.score, NOUN, self._source, ONLY_ALIKE)
        return TextAnswer(
            found.label if found.sure else NOT_SURE, found.sure, sentence, found.scores,
            unknown_sentence(found.unknown) if found.is_strange else "",
            explain_text(self.classifier, text, most_characters=MOST_CHARACTERS))

    @property
    def made_of(self) -> str:
        """The classifier's kind and documents, as far as its record tells."""
        counts = (self.record.get("documents") or {}).get("counts") or {}
        size = (f" ({counted(sum(counts.values()), 'document')} with those of its test)" if counts
                else "")
        trained = (f"trained on {self._source}{size}" if self._source
                   else "its training documents are not recorded")
        return f"the kind {self.classifier.model.kind}, {trained}"

    @property
    def tested(self) -> str:
        """How well it did on its test documents."""
        return tested_sentence(self.record, NOUN)

    @property
    def _source(self) -> str:
        return source_name(self.record.get("documents") or {})


def refuse_unreadable(text: str) -> None:
    """UserError for no text, and for too long a one."""
    if not text.strip():
        raise UserError(MISSING)
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST:
        raise UserError(TOO_LONG)


def unknown_sentence(unknown: float) -> str:
    """What it means that so large a share of a text's words is unknown."""
    return (f"More than {percent(MOST_UNKNOWN, 0)} of the words ({percent(unknown)}) are unknown "
            "to this classifier, and the text may be of another language or kind: take the answer "
            "for a guess.")
