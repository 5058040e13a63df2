"""What a classifier's record says, in words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vision.folders import CLASSIFIER
from words_and_images.common.errors import counted, percent
from words_and_images.retraining.record import (
    LINE,
    UNKNOWN,
    Row,
    described,
    parameter_rows,
    summary_rows,
)


def describe(folder: Path, record: dict[str, Any], line: int = LINE) -> str:
    """The record of the classifier in a folder, in words; `described` says how, and what else.

    What an older version did not write is called "not recorded".
    """
    return described(folder, CLASSIFIER, lambda: _rows(record), line)


def _rows(record: dict[str, Any]) -> Iterator[Row]:
    yield from summary_rows(record)
    yield "looks", _looks(record)
    yield from _backbone(record.get("backbone", {}))
    yield from _images(record.get("images", {}))
    yield from parameter_rows(record)
    yield from _search(record.get("search", {}))
    yield from _exports(record.get("exports", {}))


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
    return [(name, f"{file['bytes'] / 1e6:.1f} MB, {percent(file['accuracy'])} right of "
                   f"{exports['compared_images']:,} images compared")
            for name, file in exports.get("files", {}).items()]
