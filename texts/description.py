"""What the record of a classifier of texts says, in words."""

from pathlib import Path
from typing import Any

from texts.folders import TEXT_CLASSIFIER
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
    record : its record.json.
    line : cells after which a line is continued below the beginning of its value.

    Raises
    ------
    DamagedError
        For a record whose values are not those that a classifier's has.
    """
    try:
        return rows_text([("classifier", str(folder)), ("kind", str(record["kind"])),
                          *summary_rows(record), *_documents(record.get("documents", {})),
                          *_vectors(record.get("vectors", {})),
                          *parameter_rows({"parameters": {"chosen": record.get("chosen", {}),
                                                          **record.get("parameters", {})}})], line)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise DamagedError(f"{folder / RECORD_FILE} is broken ({error})",
                           TEXT_CLASSIFIER.remedy) from None


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
