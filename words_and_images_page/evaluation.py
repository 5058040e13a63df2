"""What the record of a classifier tells of its test, in sentences of the page."""

from pathlib import Path
from typing import Any

from words_and_images.common.errors import counted, percent_range, printable
from words_and_images.retraining import hidden_by_accuracy, recalls_of

NOT_SURE = "NOT SURE"
RANGE_FIELDS = {"low", "high", "count", "right", "interval"}
UNTOLD = "the evaluation tells nothing about it"


def tested_sentence(record: dict[str, Any], noun: str) -> str:
    """How well a classifier did on its test; `noun` is one of what it was tested on."""
    test = record.get("test") or {}
    if not {"accuracy", "count", "interval"} <= test.keys():
        return "its test is not recorded"
    right = round(test["accuracy"] * test["count"])
    accuracy = (f"{right:,} of {counted(test['count'], noun)} right "
                f"(95 % interval {percent_range(test['interval'], 0)})")
    return "; ".join([accuracy, *hidden_by_accuracy(recalls_of(test.get("labels") or {}))])


def below_sentence(score: float, not_sure: float) -> str:
    """Why an answer is not sure, to begin a sentence's line with; empty where it is."""
    return f"Scores below {not_sure:g} are no answer. " if score < not_sure else ""


def score_sentence(record: dict[str, Any], score: float, noun: str, name: str, holds: str) -> str:
    """How often answers with such a score were right on the test.

    Parameters
    ----------
    record : of the classifier.
    score
    noun : one of what it was tested on.
    name : of what it was tested on; empty where that is not known.
    holds : of what the sentence holds.
    """
    ranges = (record.get("test") or {}).get("score_ranges")
    if ranges is None:
        return ("The record of this classifier, made by an older version, has no scores by range: "
                f"{UNTOLD}.")
    for each in ranges:
        if each.keys() >= RANGE_FIELDS and each["low"] < score <= each["high"]:
            return f"{_range_sentence(each, noun, name)} {holds}"
    return f"No {noun} had a score near {score:.2f}: {UNTOLD}."


def source_name(about: dict[str, Any]) -> str:
    """What is called that a classifier was trained and tested on, as far as known."""
    return printable(str(about.get("name") or Path(str(about.get("path") or "")).name))


def _range_sentence(each: dict[str, Any], noun: str, name: str) -> str:
    count, right = each["count"], each["right"]
    of = f" of {name}" if name else ""
    return (f"Of {counted(count, noun)}{of} with a score of {each['low']:.1f} to "
            f"{each['high']:.1f}, {right:,} {'was' if right == 1 else 'were'} right (95 % interval "
            f"{percent_range(each['interval'], 0)}).")
