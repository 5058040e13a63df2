"""What the record of a classifier of texts says, in words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from texts.folders import TEXT_CLASSIFIER
from words_and_images.retraining.record import (
    LINE,
    UNKNOWN,
    Row,
    described,
    parameter_rows,
    summary_rows,
)


def describe(folder: Path, record: dict[str, Any], line: int = LINE) -> str:
    """The record of the classifier in a folder, in words; `described` says how, and what else."""
    return described(folder, TEXT_CLASSIFIER, lambda: _rows(record), line)


def _rows(record: dict[str, Any]) -> Iterator[Row]:
    yield "kind", str(record["kind"])
    yield from summary_rows(record)
    yield from _documents(record.get("documents", {}))
    yield from _vectors(record.get("vectors", {}))
    yield from parameter_rows({"parameters": {"chosen": record.get("chosen", {}),
                                              **record.get("parameters", {})}})


def _documents(about: dict[str, Any]) -> list[Row]:
    """Where the documents are from, and how many there are of each class."""
    rows = [("documents", str(about.get("path") or about.get("name") or UNKNOWN))]
    if "test_documents" in about:
        rows.append(("test documents", str(about["test_documents"])))
    counts = about.get("counts", {})
    if counts:
        rows.append(("of each class",
                     ", ".join(f"{label} {count:,}" for label, count in counts.items())))
    return rows


def _vectors(about: dict[str, Any]) -> list[Row]:
    if not about:
        return []
    return [("word vectors", f"{about['path']}, {about['words']:,} words of "
                             f"{about['dim']:,} numbers")]
