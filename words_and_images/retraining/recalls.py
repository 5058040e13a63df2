"""What an accuracy hides: how many of each label were found, and what needs no classifier at all.

Where one label has most of the examples, saying it always is right most of the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from words_and_images.common.errors import counted, percent, percent_range
from words_and_images.common.progress import say
from words_and_images.neural.metrics import accuracy_interval

FEW = 10  # examples of a label: were all of nine found, the interval would still begin at 70 %
MOST_NAMED = 5


@dataclass(frozen=True)
class Recall:
    """How many of a label's examples were answered with it: `right` of `count`, above 0."""

    label: str
    right: int
    count: int

    @property
    def share(self) -> float:
        """The recall."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of it."""
        return accuracy_interval(self.right, self.count)

    def text(self) -> str:
        """In words: ``hotdog 12.5 % (1 of 8)``."""
        return f"{self.label} {percent(self.share)} ({self.right:,} of {self.count:,})"


def recalls_of(labels: Mapping[str, Mapping[str, Any]]) -> list[Recall]:
    """Of the labels that have examples; `labels` holds `right` and `count` of each."""
    return [Recall(label, int(each["right"]), int(each["count"]))
            for label, each in labels.items() if each["count"]]


def constant_answer(recalls: Sequence[Recall]) -> tuple[str, float]:
    """The label that most examples have, and the accuracy of who always answers with it."""
    most = max(recalls, key=lambda recall: recall.count)
    return most.label, most.count / sum(recall.count for recall in recalls)


def worst(recalls: Iterable[Recall]) -> Recall:
    """The lowest recall; of equal ones that of the most examples."""
    return min(recalls, key=lambda recall: (recall.share, -recall.count))


def hidden_by_accuracy(recalls: Sequence[Recall]) -> list[str]:
    """What belongs beside an accuracy, in sentences without an end: constant answer, worst class.

    No sentence where there is nothing to compare: without examples, or with those of one label.
    """
    if len(recalls) < 2:
        return []
    label, share = constant_answer(recalls)
    lowest = worst(recalls)
    found = f"worst class {lowest.text()}" if lowest.right < lowest.count else (
        "no class has a mistake")
    return [f"always answering {label} would be right for {percent(share)}", found]


def warn_of_few(recalls: Iterable[Recall], noun: str = "example") -> None:
    """Say which labels have too few examples for their recall to tell much."""
    if few := few_examples(recalls, noun):
        say(f"warning: {few}")


def few_examples(recalls: Iterable[Recall], noun: str = "example") -> str | None:
    """The same as a sentence without an end; None where all have enough."""
    few = [recall for recall in recalls if recall.count < FEW]
    named = [f"{recall.label} ({counted(recall.count, noun)}: recall "
             f"{percent_range(recall.interval, 0)})"
             for recall in few]
    if not few:
        return None
    return f"fewer than {FEW} {noun}s to test on, so that chance decides: {shortened(named)}"


def below(recalls: Iterable[Recall], at_least: float) -> list[Recall]:
    """The recalls below a gate, the lowest first."""
    return sorted((recall for recall in recalls if recall.share < at_least),
                  key=lambda recall: (recall.share, -recall.count))


def shortened(texts: Sequence[str]) -> str:
    """A list in words, of which only the beginning is told where it is long."""
    more = len(texts) - MOST_NAMED
    return ", ".join(texts[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
