"""What a classifier's record says, in words."""

import sys
from pathlib import Path
from typing import Any

from common.tables import wrapped
from vision.recalls import hidden_by_accuracy, recalls_of
from vision.tables import accuracy_text

UNKNOWN = "not recorded"
LINE = 100  # cells of a terminal: 犬 takes two
Row = tuple[str, str]


def describe(folder: Path, record: dict[str, Any], line: int = LINE) -> str:
    """Names and values, a line each: what the classifier in a folder is and what it was made of.

    Parameters
    ----------
    folder : where it is.
    record : its record.json; what an older version did not write is called "not recorded".
    line : cells after which a line is continued below the beginning of its value.
    """
    rows: list[Row] = [
        ("classifier", str(folder)),
        ("labels", ", ".join(record["labels"])),
        ("test accuracy", _accuracy(record.get("test", {}))),
        ("not sure", _not_sure(record.get("not_sure", 0))),
        ("looks", _looks(record)),
        *_backbone(record.get("backbone", {})),
        *_images(record.get("images", {})),
        *_parameters(record.get("parameters", {})),
        *_exports(record.get("exports", {})),
    ]
    width = max(len(name) for name, _ in rows) + 2
    values = [wrapped(value, line - width, sys.stdout) for _, value in rows]
    return "\n".join(f"{name:{width}}" + f"\n{'':{width}}".join(lines)
                     for (name, _), lines in zip(rows, values, strict=True))


def _accuracy(test: dict[str, Any]) -> str:
    if not test:
        return UNKNOWN
    accuracy = accuracy_text(test["accuracy"], test["count"], test["interval"])
    return "; ".join([accuracy, *hidden_by_accuracy(recalls_of(test.get("labels", {})))])


def _not_sure(threshold: float) -> str:
    return f"where the best score is below {threshold:g}" if threshold else "never"


def _looks(record: dict[str, Any]) -> str:
    looks, enough = record.get("looks", ["whole"]), record.get("first_look")
    alone = f"; {looks[0]} alone where its best score is {enough:g} or more" if enough else ""
    return ", ".join(looks) + alone


def _backbone(backbone: dict[str, Any]) -> list[Row]:
    if not backbone:
        return [("backbone", UNKNOWN)]
    inference = f", run in {backbone['inference']}" if "inference" in backbone else ""
    return [
        ("backbone", f"{backbone['name']}, {backbone['feature_width']:,} features{inference}"),
        ("image size", f"{backbone['height']} x {backbone['width']} pixels"),
        ("weights", str(backbone["source"])),
        *_terms("weights", backbone),
    ]


def _images(about: dict[str, Any]) -> list[Row]:
    """Where the images are from, and their terms, as far as that is known."""
    return [("images", about.get("path") or about.get("name") or UNKNOWN),
            *_terms("images", about)]


def _terms(what: str, about: dict[str, Any]) -> list[Row]:
    return [(f"{what}, {name}", str(about[name])) for name in ("about", "licence", "citation")
            if about.get(name)]


def _parameters(groups: dict[str, dict[str, Any]]) -> list[Row]:
    return [(group, ", ".join(f"{name} {_value(value)}" for name, value in values.items()))
            for group, values in groups.items()]


def _value(value: Any) -> str:
    """A parameter's value as params.yaml would have it."""
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_value(each)}' for name, each in value.items())})"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _exports(exports: dict[str, Any]) -> list[Row]:
    """The files beside it, each as it answered the images it was compared on."""
    return [(name, f"{file['bytes'] / 1e6:.1f} MB, {100 * file['accuracy']:.1f} % right of "
                   f"{exports['compared_images']:,} images compared")
            for name, file in exports.get("files", {}).items()]
