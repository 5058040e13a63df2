"""What a classifier's record.json says whatever it classifies: its labels, how it was trained, how
good it was, and when it is not sure; checked, and in words."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json
from words_and_images.common.own_files import DamagedError, Kind
from words_and_images.common.tables import shown, wrapped
from words_and_images.retraining.tables import accuracy_text

if TYPE_CHECKING:
    from words_and_images.retraining.evaluation import Evaluation

RECORD_FILE = "record.json"
NOT_SURE = "not sure"
UNKNOWN = "not recorded"
LINE = 100  # cells of a terminal: 犬 takes two

Row = tuple[str, str]


def record_facts(parameters: Mapping[str, Any], evaluation: "Evaluation") -> dict[str, Any]:
    """How a classifier was trained, a group a stage, and how good it was on the test examples."""
    return {"parameters": parameters, "test": evaluation.summary()}


def labels_text(labels: Sequence[str]) -> str:
    """The labels, one a line.

    Raises
    ------
    UserError
        For a label of no line or of several, which would move all after it.
    """
    for label in labels:
        if label.splitlines() != [label]:
            raise UserError(f"the label {label!r} is not one line of text, and programs read the "
                            "labels line by line; rename its folder and train again.")
    return "".join(f"{label}\n" for label in labels)


def read_checked(path: Path, needed: Sequence[str]) -> dict[str, Any]:
    """A record with its threshold checked; ValueError also where it lacks something needed."""
    record = read_json(path)
    if not isinstance(record, dict):
        raise ValueError("it holds no record")
    if not 0 <= record.get("not_sure", 0) <= 1:
        raise ValueError(f"not_sure is {record['not_sure']!r}")
    for name in needed:
        if not record.get(name):
            raise ValueError(f"it tells no {name}")
    labels = record.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("its labels are no list of names")
    return record


def described(
    folder: Path, kind: Kind, rows: Callable[[], Iterable[Row]], line: int = LINE
) -> str:
    """What the classifier in a folder is and what it was made of: names and values, a line each.

    Parameters
    ----------
    folder : where it is.
    kind : of the folder.
    rows : what its record says.
    line : cells after which a line is continued below the beginning of its value.

    Raises
    ------
    DamagedError
        For a record whose values are not those that a classifier's has.
    """
    try:
        return rows_text([("classifier", str(folder)), *rows()], line)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DamagedError(f"{folder / RECORD_FILE} is broken ({error})", kind.remedy) from None


def summary_rows(record: Mapping[str, Any]) -> list[Row]:
    """Labels, test accuracy, and the threshold, in words."""
    return [("labels", ", ".join(record["labels"])),
            ("test accuracy", _accuracy(record.get("test", {}))),
            ("not sure", _not_sure(record.get("not_sure", 0)))]


def parameter_rows(record: Mapping[str, Any]) -> list[Row]:
    """The parameters, a group a row, as params.yaml would have them."""
    return [(group, ", ".join(f"{name} {_value(value)}" for name, value in values.items()))
            for group, values in record.get("parameters", {}).items()]


def rows_text(rows: Sequence[Row], line: int) -> str:
    """Names and values, a line each, continued below the beginning of the value after `line` cells.
    """
    rows = [(shown(name, sys.stdout), value) for name, value in rows]
    width = max(len(name) for name, _ in rows) + 2
    values = [wrapped(value, line - width, sys.stdout) for _, value in rows]
    return "\n".join(f"{name:{width}}" + f"\n{'':{width}}".join(lines)
                     for (name, _), lines in zip(rows, values, strict=True))


def _accuracy(test: Mapping[str, Any]) -> str:
    from words_and_images.retraining.recalls import (  # not above: they take NumPy
        hidden_by_accuracy,
        recalls_of,
    )

    if not test:
        return UNKNOWN
    accuracy = accuracy_text(test["accuracy"], test["count"], test["interval"])
    return "; ".join([accuracy, *hidden_by_accuracy(recalls_of(test.get("labels", {})))])


def _not_sure(threshold: float) -> str:
    return f"where the best score is below {threshold:g}" if threshold else "never"


def _value(value: Any) -> str:
    """A parameter's value as params.yaml would have it."""
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_value(each)}' for name, each in value.items())})"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
