"""The texts of one field: of JSON objects, and of the rows of a table."""

import csv
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from word2vec.corpus.documents.file_warnings import Remarks, quoted
from word2vec.corpus.documents.text_kinds import SEPARATOR_LINE, Table
from words_and_images.common.errors import UserError, nearest, printable

LONGEST_RECORD = 1 << 28  # characters: a file that is one record without end fills no memory
_TRIED = 1000  # records of which one must have the field
_SHOWN = 8
_NAMED_DEPTH = 3  # of the objects within objects whose fields are named in a refusal
_BETWEEN_VALUES = re.compile(r"[\s,\[\]]*")
_OPEN_CELL = re.compile(r'(?:^|\t)"(?:[^"\t]|"")*$')  # a quote that is not closed before the end


def json_texts(
    stretches: Iterable[str], field: str, name: str, remarks: Remarks
) -> Iterator[str]:
    """The texts in one field of JSON objects, one a line, in a list, or one behind the other.

    `field` may lead through objects to one of theirs, ``data.text``, and through a list of objects
    to that of each. A list of words or sentences is one text. Objects without a text there are
    counted, and remarked upon.

    Raises
    ------
    UserError
        For what is no JSON, naming the line, and a field that no object has or that holds no text.
    """
    fields: dict[str, Any] = {}
    read = without = 0
    for read, record in enumerate(json_objects(stretches, name), start=1):
        if texts := [text for value in _values(record, field) for text in _texts(value)]:
            yield from texts
            continue
        without += 1
        if without == read:
            fields |= {key: value for key, value in record.items() if value or key not in fields}
            if read == _TRIED:
                break
    if read and without == read:
        raise _no_text(field, fields, name)
    if without:
        remarks.add("without text", "{files}: {part} of {whole} records hold no text in "
                    f"{quoted(repr(field))} and are passed over.", name, without, read)


def _values(value: Any, field: str) -> list[Any]:
    """What a field holds of an object, or of each of a list of them."""
    if isinstance(value, list):
        return [found for each in value if isinstance(each, dict) for found in _values(each, field)]
    if not isinstance(value, dict):
        return []
    first, _, rest = field.partition(".")
    if field in value or not rest:
        return [value[field]] if field in value else []
    return _values(value.get(first), rest)


def _texts(value: Any) -> list[str]:
    """The texts in a field: one, a list of words that are one, or a list of such lists."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return []
    if all(isinstance(each, list) for each in value):
        return [text for words in value if (text := _joined(words)) is not None]
    text = _joined(value)
    return [] if text is None else [text]


def _joined(words: list[Any]) -> str | None:
    """Words, and numbers among them, as one text; None for a list of anything else."""
    given = [word for word in words if word is not None]
    plain = all(isinstance(word, (str, int, float)) for word in given)
    if not plain or not any(isinstance(word, str) for word in given):
        return None
    return " ".join(map(str, given))


def _no_text(field: str, fields: dict[str, Any], name: str) -> UserError:
    values = _values(fields, field)
    if not values:
        return UserError(f"{name} has no field {field!r}; {near_fields(field, _names(fields))}")
    if inner := _names(values[0], f"{field}."):
        return UserError(f"the field {field!r} of {name} holds objects, not text; it has "
                         f"{listed_fields(inner)}.")
    kind = {dict: "objects", list: "lists without words", type(None): "null"}.get(
        type(values[0]), "numbers")
    return UserError(f"the field {field!r} of {name} holds {kind}, not text; name another.")


def _names(value: Any, before: str = "", depth: int = _NAMED_DEPTH) -> list[str]:
    """The fields of an object, those of objects in it with the way to them: ``data.text``."""
    if isinstance(value, list) and before:
        value = next((each for each in value if isinstance(each, dict)), None)
    if not isinstance(value, dict) or not depth:
        return []
    return [name for key, inner in value.items()
            for name in _names(inner, f"{before}{key}.", depth - 1) or [f"{before}{key}"]]


def json_objects(stretches: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    """JSON objects, one a line, in a list, or one behind the other."""
    for value in _json_values(iter(stretches), name):
        if not isinstance(value, dict):
            raise UserError(f"{name} holds JSON that is no object ({json.dumps(value)[:40]}); give "
                            "objects with a field of text.")
        yield value


def _json_values(stretches: Iterator[str], name: str) -> Iterator[Any]:
    first = next((stretch for stretch in stretches if stretch.strip()), "")
    stretches = itertools.chain([first], stretches)
    if not first.lstrip().startswith("{"):
        return _one_after_the_other(stretches, name)
    lines = whole_lines(stretches, name)
    first = next(line for line in lines if line.strip())
    lines = itertools.chain([first], lines)
    return (_of_lines if _is_json(first) else _one_after_the_other)(lines, name)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _of_lines(lines: Iterator[str], name: str) -> Iterator[Any]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _no_json(name, number, error) from None


def _one_after_the_other(pieces: Iterator[str], name: str) -> Iterator[Any]:
    """The members of lists, and what stands outside of any; a value may go on in the next piece."""
    decoder = json.JSONDecoder()
    text, place, wanted, lines = "", 0, 0, 1
    for piece in itertools.chain(filter(None, pieces), [""]):
        lines += text.count("\n", 0, place)
        text, place = text[place:] + piece, 0
        if piece and len(text) < wanted:
            continue
        while (place := _BETWEEN_VALUES.match(text, place).end()) < len(text):  # type: ignore[union-attr]
            try:
                value, place = decoder.raw_decode(text, place)
            except (ValueError, RecursionError) as error:
                if not piece or len(text) - place > LONGEST_RECORD:
                    lines += text.count("\n", 0, getattr(error, "pos", place))
                    raise _no_json(name, lines, error) from None
                break
            yield value
        wanted = 2 * (len(text) - place)  # it is read from its beginning again: not too often


def _no_json(name: str, number: int, error: Exception) -> UserError:
    reason = getattr(error, "msg", "too many brackets")
    return UserError(f"{name}, line {number:,}: no JSON ({reason}); mend or remove it, or call the "
                     "file .txt if it is prose.")


def fields_of_json(stretches: Iterable[str], name: str) -> list[str]:
    """The fields of the first object; none where there is none."""
    return _names(next(json_objects(stretches, name), {}))


def table_texts(
    stretches: Iterable[str], table: Table, field: str, name: str, remarks: Remarks
) -> Iterator[str]:
    """The texts in one column of a table (RFC 4180).

    Parameters
    ----------
    field : the name of the column; or its number, from 1 on, where no column is called so: then
        the first row is no heading but read as well.

    Raises
    ------
    UserError
        For a column that is not there or is there twice, and quotes that are not as they must be.
    """
    rows = table_rows(stretches, table, name)
    column = column_of(table, field, name)
    if field in table.columns:
        next(rows, None)
    read = unlike = 0
    for row in rows:
        read += 1
        unlike += len(row) != len(table.columns)
        if column < len(row):
            yield row[column]
    if unlike:
        remarks.add("unlike rows", "{files}: {part} of {whole} rows have more or fewer cells than "
                    "the first; a text with line ends or the delimiter in it must stand in quotes.",
                    name, unlike, read)


def column_of(table: Table, field: str, name: str) -> int:
    """The place of a column that is called so, or has that number; UserError where none is."""
    if table.columns.count(field) > 1:
        raise UserError(f"{name} has {table.columns.count(field)} columns {field!r}; name one by "
                        "its number, from 1 on.")
    if field in table.columns:
        return table.columns.index(field)
    if field.isdecimal() and 1 <= int(field) <= len(table.columns):
        return int(field) - 1
    raise UserError(f"{name} has no column {field!r}; {near_fields(field, table.columns)}")


def near_fields(field: str, fields: list[str]) -> str:
    """The remedy for a field that is not there."""
    near = nearest(field, fields)
    return f"did you mean {' or '.join(near)}?" if near else f"it has {listed_fields(fields)}."


def listed_fields(fields: list[str]) -> str:
    """The first fields, long names cut."""
    more = len(fields) - _SHOWN
    shown = ", ".join(repr(name[:40]) if name != name.strip() or not name else
                      printable(name[:40]) for name in fields[:_SHOWN])
    return f"{shown} and {more:,} more" if more > 0 else shown or "none"


def table_rows(stretches: Iterable[str], table: Table, name: str) -> Iterator[list[str]]:
    """The rows that are not empty, the heading among them; UserError for quotes gone wrong."""
    lines = _without_separator_line(whole_lines(stretches, name))
    if table.delimiter == "\t":
        yield from _rows_by_tabs(lines, len(table.columns))
        return
    csv.field_size_limit(LONGEST_RECORD)
    reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
    try:
        yield from filter(None, reader)
    except csv.Error as error:
        raise UserError(f"{name}, line {reader.line_num:,}: no row of a table ({error}); mend it, "
                        "or write the table anew: a quote within quotes stands twice, and rows end "
                        "with a line feed.") from None


def _without_separator_line(lines: Iterator[str]) -> Iterator[str]:
    first = next(lines, "")
    return lines if SEPARATOR_LINE.fullmatch(first) else itertools.chain([first], lines)


def _rows_by_tabs(lines: Iterator[str], columns: int) -> Iterator[list[str]]:
    """Rows in which quotes may be quotes of the text, as most writers leave them, or stand around
    a cell that goes on in the next line: then that one has too few tabs to be a row."""
    row = ""
    for line in itertools.chain(lines, [None]):
        goes_on = line is not None and line.count("\t") < columns - 1 and _OPEN_CELL.search(row)
        if row.strip() and not goes_on:
            yield [_unquoted(cell) for cell in row.rstrip("\r\n").split("\t")]
        row = f"{row}{line}" if goes_on else line or ""


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def whole_lines(stretches: Iterable[str], name: str) -> Iterator[str]:
    """Lines with their ends, those too that were cut because they are long."""
    waiting: list[str] = []
    for stretch in stretches:
        # Not str.splitlines, which knows ten more kinds of ends.
        *lines, rest = stretch.split("\n")
        for line in lines:
            yield "".join([*waiting, line, "\n"])
            waiting = []
        waiting += [rest] if rest else []
        if sum(map(len, waiting)) > LONGEST_RECORD:
            raise UserError(f"{name} has a line of more than {LONGEST_RECORD:,} characters; divide "
                            "it.")
    if waiting:
        yield "".join(waiting)
