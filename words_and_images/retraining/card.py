"""What the card of a classifier says, whatever it classifies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from words_and_images.common.errors import counted, percent, percent_range
from words_and_images.common.model_card import (
    ModelCard,
    bullets,
    code_block,
    data_section,
    escaped,
    file_name,
    table,
    values_block,
)
from words_and_images.retraining.recalls import (
    constant_answer,
    few_examples,
    recalls_of,
    worst,
)
from words_and_images.retraining.tables import accuracy_text


@dataclass(frozen=True)
class Subject:
    """What a classifier classifies.

    Parameters
    ----------
    noun : of one example.
    task : a hub's name for it.
    module : that gives out the class Classifier.
    answer : the code that asks `classifier` in the example of how to load it.
    limit : what none of this kind can do, in a sentence.
    options : further arguments of Classifier.load, with a comma before them.
    """

    noun: str
    task: str
    module: str
    answer: str
    limit: str
    options: str = ""


def classifier_card(
    subject: Subject, title: str, record: Mapping[str, Any], source: str,
    data: Sequence[str], made: Mapping[str, Any], more: Sequence[str] = (),
) -> ModelCard:
    """The card of a classifier.

    Parameters
    ----------
    subject, title
    record : of the folder: labels, test, not_sure.
    source : the name of where its examples are from.
    data : what it was made of, and the terms, a line each.
    made : parameters.
    more : what else was measured.
    """
    test = _measured(record.get("test") or {})
    metadata: dict[str, Any] = {"pipeline_tag": subject.task, "tags": [subject.task]}
    if test:
        metadata |= {"metrics": ["accuracy"],
                     "model-index": [_index(subject, title, file_name(source), test)]}
    loading = code_block(
        f"from {subject.module} import Classifier",
        f'classifier = Classifier.load("classifier"{subject.options})  # the path of this folder',
        f"print({subject.answer})")
    return ModelCard(escaped(title), metadata, {
        "Data and their terms": data_section(data),
        "Figures": [*_figures(subject, test), *more],
        "Limits": [bullets(*_limits(subject, record, test))],
        "Loading it": [loading],
        "How it was made": [values_block(made)] if made else [],
    })


def _measured(test: Mapping[str, Any]) -> Mapping[str, Any]:
    """A test's figures; none where its size is not told."""
    return test if {"accuracy", "count", "interval"} <= test.keys() else {}


def _index(
    subject: Subject, title: str, source: str, test: Mapping[str, Any]
) -> dict[str, Any]:
    """The figure that hubs list, with its interval in its name."""
    name = (f"accuracy on {counted(test['count'], f'test {subject.noun}')}, 95 % interval "
            f"{percent_range(test['interval'])}")
    return {"name": title, "results": [{
        "task": {"type": subject.task}, "dataset": {"name": source, "type": source},
        "metrics": [{"type": "accuracy", "value": round(test["accuracy"], 6), "name": name}]}]}


def _figures(subject: Subject, test: Mapping[str, Any]) -> list[str]:
    if not test:
        return ["Nothing was measured: the record tells of no test and its size."]
    accuracy = accuracy_text(test["accuracy"], test["count"], test["interval"])
    lines = [f"Accuracy on {subject.noun}s kept aside, Wilson's interval: {accuracy}."]
    recalls = recalls_of(test.get("labels", {}))
    if not recalls:
        return lines
    label, share = constant_answer(recalls)
    lines[0] += f" Always answering {escaped(label)} would be right for {percent(share)}."
    rows = [[escaped(each.label), f"{each.count:,}", percent(each.share),
             percent_range(each.interval)] for each in recalls]
    return [*lines, table([["label", f"test {subject.noun}s", "found", "95 % interval"], *rows])]


def _limits(
    subject: Subject, record: Mapping[str, Any], test: Mapping[str, Any]
) -> list[str]:
    least, noun = record.get("not_sure", 0), subject.noun
    unsure = (f"where the best score is below {least:g} it says that it is not sure" if least
              else "it never says that it is not sure")
    limits = [f"It answers with one of its {counted(len(record['labels']), 'label')}, whatever the "
              f"{noun} is; {unsure}.", subject.limit]
    if not test:
        return [*limits, "How often it is right is not known."]
    limits.append(f"The figures are of {noun}s from the sources above, and of no others.")
    recalls = recalls_of(test.get("labels", {}))
    if recalls and (lowest := worst(recalls)).right < lowest.count:
        limits.append(f"The label that it finds least is {escaped(lowest.text())}.")
    unseen = [label for label, each in test.get("labels", {}).items() if not each["count"]]
    if unseen:
        limits.append(f"It was tested on no {noun} of {escaped(', '.join(unseen))}.")
    if few := few_examples(recalls, noun):
        limits.append(f"Some labels have {escaped(few)}.")
    return limits
