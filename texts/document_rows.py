"""Documents that are the rows of a table, JSON objects, or lines in fastText's form."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from texts.document import Found, part_called
from word2vec.corpus.documents.decoding import Decoder
from word2vec.corpus.documents.json_and_tables import (
    column_of,
    json_objects,
    listed_fields,
    near_fields,
    table_rows,
    whole_lines,
)
from word2vec.corpus.documents.text import stretches, with_line_feeds
from word2vec.corpus.documents.text_kinds import (
    Table,
    apparent_table,
    ending_of,
    is_json,
    named_table,
    refuse_binary,
)
from words_and_images.common.errors import UserError, printable
from words_and_images.common.parameters import briefly
from words_and_images.common.progress import say
from words_and_images.common.streams import STANDARD_INPUT, called, opened, unpacked

FASTTEXT = "__label__"
USUAL_TEXT = ("text", "content", "body", "sentence", "review", "comment", "message")
USUAL_LABEL = ("label", "class", "category", "target", "sentiment", "topic")
USUAL_SPLIT = ("split",)
NUMBERED = ", or give its number there where the first row is no heading"
NONE = "none"  # of --split-column: that there is no such column
_LABELS = re.compile(rf"(?<!\S){FASTTEXT}(\S*)\s*")
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of characters, which JSON can spell


@dataclass(frozen=True)
class Columns:
    """The columns, or fields of JSON objects, of text, label and split; None: by usual names."""

    text: str | None = None
    label: str | None = None
    split: str | None = None

    def among(self, fields: Sequence[str], name: str, remedy: str) -> "Columns":
        """Those that a file with these columns has; UserError where that is not one each.

        A column that is asked for is not looked for here. With `remedy` the sentence ends.
        """
        try:
            text = self.text or _usual(fields, USUAL_TEXT, "texts", "--text-column")
            label = self.label or _usual(fields, USUAL_LABEL, "labels", "--label-column")
        except LookupError as error:
            raise UserError(f"{name} {error.args[0]}{remedy}.") from None
        split = self.split or next((each for each in fields if _is_usual(each, USUAL_SPLIT)), None)
        return Columns(text, label, None if split == NONE else split)

    def tell(self, given: "Columns", name: str) -> None:
        """Say which they are, where nobody named them."""
        if given.text is None or given.label is None:
            say(f"{name}: texts from the column {self.text!r}, labels from the column "
                f"{self.label!r}")

    def given(self) -> list[str]:
        """Their names, of those that there are."""
        return [each for each in (self.text, self.label, self.split) if each is not None]


def read_rows(path: Path, columns: Columns, encoding: str | None, found: Found) -> None:
    """Add the documents of a file, plain or packed, to those that are found.

    They are called by the file's name and the number of their row, object or line, from 1 on.

    Raises
    ------
    UserError
        For a file of another kind, columns that are not there, rows without as many cells as the
        first, several labels of one document, and bytes that are not of the encoding.
    """
    given = called(path)
    name = given if path == STANDARD_INPUT else path.name
    with opened(path) as packed:
        stream = unpacked(packed, given)
        refuse_binary(given, stream.look())
        decoder = Decoder(stream.look(), encoding)
        beginning = with_line_feeds(decoder.beginning(stream.look()))
        if "\0" in beginning:
            raise UserError(f"{given} is no text (it holds a NUL byte); give plain text, or name "
                            "its encoding with --encoding, such as utf-16-le.")
        text = _strictly(stretches(stream, decoder, given), decoder, given)
        if beginning.lstrip().startswith(FASTTEXT):
            _lines(whole_lines(text, name), name, found)
        elif is_json(name, beginning):
            _objects(json_objects(text, name), columns, name, found)
        elif table := named_table(name, beginning) or _unnamed_table(name, beginning):
            _table(text, table, columns, name, found)
        else:
            raise UserError(
                f"{given} is no set of documents that can be read; give a folder with a folder of "
                f".txt files for each class, a .csv, .tsv or .jsonl with columns of texts and "
                f"labels, or lines that begin with {FASTTEXT}.")


def _unnamed_table(name: str, beginning: str) -> Table | None:
    """The table of a pipe, whose name tells nothing."""
    return None if ending_of(name) else apparent_table(beginning)


def _strictly(texts: Iterable[str], decoder: Decoder, name: str) -> Iterator[str]:
    """The same; UserError at the first byte that is not of the encoding."""
    for text in texts:
        if decoder.undecodable:
            raise UserError(f"{name} is not {decoder.encoding.upper()} at byte {decoder.place:,}; "
                            "convert it, or name its encoding with --encoding.")
        yield text


def _table(
    text: Iterator[str], table: Table, columns: Columns, name: str, found: Found
) -> None:
    asked, columns = columns, columns.among(table.columns, name, NUMBERED)
    places = [column_of(table, each, name) for each in columns.given()]
    _refuse_same(places, columns, name)
    columns.tell(asked, name)
    rows = table_rows(text, table, name)
    # As in word2vec: where all columns are numbers, there is no heading.
    begins = 1 if set(columns.given()) & set(table.columns) else 0
    for number, row in enumerate(rows, start=1):
        if number <= begins:
            continue
        if len(row) != len(table.columns):
            raise UserError(f"{name}, row {number:,} has {len(row):,} cells and the first row has "
                            f"{len(table.columns):,}; put texts with the delimiter or line ends in "
                            "them into quotes.")
        split = _part(row[places[2]], f"{name}, row {number:,}") if columns.split else None
        found.add(f"{name}:{number}", row[places[1]], row[places[0]], split)


def _refuse_same(places: Sequence[Any], columns: Columns, name: str) -> None:
    """UserError for a column that is taken for two things; `places` are those of `given`."""
    if len(set(places)) < len(places):
        raise UserError(f"{name}: of texts, labels and splits, two are to be in the same column "
                        f"({listed_fields(columns.given())}); name different ones with "
                        "--text-column and --label-column.")


def _objects(
    objects: Iterator[dict[str, Any]], columns: Columns, name: str, found: Found
) -> None:
    known: Columns | None = None
    for number, each in enumerate(objects, start=1):
        if known is None:
            known = columns.among(list(each), name, "")
            for field in known.given():
                if field not in each:
                    raise UserError(f"{name} has no field {field!r}; "
                                    f"{near_fields(field, list(each))}")
            _refuse_same(known.given(), known, name)
            known.tell(columns, name)
        place = f"{name}, object {number:,}"
        text, label = each.get(known.text or ""), each.get(known.label or "")
        if not isinstance(text, str | None):
            raise UserError(f"{place}: its {known.text!r} is no text but "
                            f"{_shown(text)}; name another with --text-column.")
        split = _part(str(each.get(known.split)), place) if known.split else None
        found.add(f"{name}:{number}", _label(label, place), _SURROGATES.sub("\ufffd", text or ""),
                  split)


def _label(value: Any, place: str) -> str:
    """A label of JSON; UserError for several, and for objects."""
    if isinstance(value, list):
        raise UserError(f"{place}: its label is a list, {_shown(value)}; several labels a document "
                        "are not supported yet: give each document one.")
    if isinstance(value, dict):
        raise UserError(f"{place}: its label is an object, {_shown(value)}; name a field that "
                        "holds a name with --label-column.")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _lines(lines: Iterator[str], name: str, found: Found) -> None:
    """fastText's lines: ``__label__sport the text``."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        labels = _LABELS.findall(line)
        place = f"{name}, line {number:,}"
        if not labels:
            raise UserError(f"{place} has no {FASTTEXT} as the lines before it have; begin it with "
                            "its label, or take it out.")
        if len(labels) > 1:
            raise UserError(f"{place} has the labels {_shown(labels)}; several labels a document "
                            "are not supported yet: give each document one.")
        found.add(f"{name}:{number}", labels[0], _LABELS.sub("", line, count=1).strip())


def _part(value: str, place: str) -> str:
    part = part_called(value)
    if part is None:
        raise UserError(f"{place}: its split is {value[:40]!r}, and train, validation and test are "
                        f"known; mend it, or give --split-column {NONE}.")
    return part


def _usual(fields: Sequence[str], usual: Sequence[str], what: str, option: str) -> str:
    """The one column that is called as usual; LookupError, which says why, where that is not one.
    """
    called = [each for each in fields if _is_usual(each, usual)]
    if len(called) == 1:
        return called[0]
    why = (f"has several columns that may hold the {what}, {listed_fields(called)}" if called else
           f"has no column that is called as usual for {what}; it has "
           f"{listed_fields(list(fields))}")
    raise LookupError(f"{why}; name the one with {option}")


def _is_usual(name: str, usual: Sequence[str]) -> bool:
    return name.strip().lower() in usual


def _shown(value: Any) -> str:
    return briefly(printable(json.dumps(value, ensure_ascii=False)))
