"""What a classifier's record says, in words."""

from pathlib import Path
from typing import Any

from vision.folders import CLASSIFIER
from words_and_images.common.errors import counted
from words_and_images.common.own_files import DamagedError
from words_and_images.retraining.record import (
    RECORD_FILE,
    UNKNOWN,
    Row,
    parameter_rows,
    rows_text,
    summary_rows,
)

LINE = 100  # cells of a terminal: 犬 takes two


def describe(folder: Path, record: dict[str, Any], line: int = LINE) -> str:
    """Names and values, a line each: what the classifier in a folder is and what it was made of.

    Parameters
    ----------
    folder : where it is.
    record : its record.json; what an older version did not write is called "not recorded".
    line : cells after which a line is continued below the beginning of its value.

    Raises
    ------
    DamagedError
        For a record whose values are not those that a classifier's has.
    """
    try:
        rows = [
            ("classifier", str(folder)),
            *summary_rows(record),
            ("looks", _looks(record)),
            *_backbone(record.get("backbone", {})),
            *_images(record.get("images", {})),
            *parameter_rows(record),
            *_search(record.get("search", {})),
            *_exports(record.get("exports", {})),
        ]
        return rows_text(rows, line)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DamagedError(f"{folder / RECORD_FILE} is broken ({error})",
                           CLASSIFIER.remedy) from None


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


def _search(search: dict[str, Any]) -> list[Row]:
    """What a search chose the parameters from, and how it ended."""
    if not search:
        return []
    return [("search", f"{counted(search['trials'], 'trial')} of {', '.join(search['space'])}; "
                       f"{search['verdict']}")]


def _exports(exports: dict[str, Any]) -> list[Row]:
    """The files beside it, each as it answered the images it was compared on."""
    return [(name, f"{file['bytes'] / 1e6:.1f} MB, {100 * file['accuracy']:.1f} % right of "
                   f"{exports['compared_images']:,} images compared")
            for name, file in exports.get("files", {}).items()]
