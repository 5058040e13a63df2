"""What a file is: text, text in fields or with marks, or no text; by its beginning and its name."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from words_and_images.common.errors import UserError
from words_and_images.common.streams import LOOK, PACKED_ENDINGS

JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
TABLE_ENDINGS = (".csv", ".tsv", ".tab")
CODE_ENDINGS = (".py", ".js", ".ts", ".css", ".c", ".h", ".cpp", ".java", ".go", ".rs", ".sh",
                ".r", ".php", ".rb", ".sql", ".yaml", ".yml", ".toml", ".ini")
DELIMITERS = "\t;,|"
_TAB_ENDINGS = (".tsv", ".tab")
SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\s*\n', re.I)  # of Excel; it is no row
_ROWS = 20  # by which a table is told that its name does not tell
_TAGS_PER_WORD = 0.01


class NoTextError(UserError):
    """A file that holds nothing to read, which a folder may hold beside its texts.

    Parameters
    ----------
    sentence : the refusal, where it is the only file.
    kind : what the file is, with its article.
    """

    def __init__(self, sentence: str, kind: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(frozen=True)
class _Binary:
    """A kind of file that is told by what stands at one place of it.

    Parameters
    ----------
    mark : the bytes.
    kind : what it is, with its article.
    remedy : how its text is to be had.
    place : where the mark stands.
    is_corpus : whether it holds what a corpus is made of: such a file is never passed over.
    in_ascii : whether all of it may be printable characters. The mark of another kind may be the
        beginning of a text, in which there is no zero byte.
    """

    mark: bytes
    kind: str
    remedy: str = "give plain text"
    place: int = 0
    is_corpus: bool = False
    in_ascii: bool = False

    def begins(self, beginning: bytes) -> bool:
        """Whether a file with this beginning is of the kind."""
        return beginning[self.place :].startswith(self.mark) and (
            self.in_ascii or b"\0" in beginning or not self.mark.isalnum())


_UNPACK = "unpack it and give what it holds"
_EXPORT = "write its text to a text file first"
_BINARIES = (
    _Binary(b"PAR1", "a Parquet table", "write its column of text to a CSV file first, for example "
            "with pandas, and read that", is_corpus=True),
    _Binary(b"ARROW1", "an Arrow table", _EXPORT, is_corpus=True),
    _Binary(b"Obj\x01", "an Avro file", _EXPORT, is_corpus=True),
    _Binary(b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK, is_corpus=True),
    _Binary(b"Rar!\x1a\x07", "a RAR archive", _UNPACK, is_corpus=True),
    _Binary(b"\x04\x22\x4d\x18", "packed by LZ4", "unpack it with lz4 -d", is_corpus=True),
    _Binary(b"\x1f\x9d", "packed by compress", "unpack it with gzip -d", is_corpus=True),
    _Binary(b"LZIP\1", "packed by lzip", "unpack it with lzip -d", is_corpus=True),
    _Binary(b"version https://git-lfs.github.com/", "a pointer of Git LFS to the file",
            "fetch the file with git lfs pull", is_corpus=True, in_ascii=True),
    _Binary(b"%PDF-", "a PDF document", "take its text out first, for example with pdftotext"),
    _Binary(b"%!PS", "a PostScript document", "take its text out first, for example with ps2ascii"),
    _Binary(b"{\\rtf", "an RTF document", "save it as plain text"),
    _Binary(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document or Thumbs.db",
            "save it as plain text"),
    _Binary(b"SQLite format 3\0", "an SQLite database", _EXPORT),
    _Binary(b"\x93NUMPY", "a NumPy array"),
    _Binary(b"\x89HDF", "an HDF5 file"),
    *(_Binary(b"\x80" + bytes([protocol]), "a Python pickle", _EXPORT) for protocol in range(2, 6)),
    _Binary(b"\x89PNG", "a PNG image"),
    _Binary(b"\xff\xd8\xff", "a JPEG image"),
    _Binary(b"GIF8", "a GIF image"),
    _Binary(b"WEBP", "a WebP image", place=8),
    _Binary(b"II*\0", "a TIFF image"),
    _Binary(b"MM\0*", "a TIFF image"),
    _Binary(b"ftyp", "a film or sound", place=4),
    _Binary(b"WAVE", "a sound", place=8),
    _Binary(b"OggS", "a sound"),
    _Binary(b"fLaC", "a sound"),
    _Binary(b"ID3", "a sound"),
    _Binary(b"\x7fELF", "a program"),
    _Binary(b"\xca\xfe\xba\xbe", "a program"),
    _Binary(b"\0\0\0\1Bud1", "a folder's settings, .DS_Store"),
)
# Zip archives that are documents, by a member that they have.
_DOCUMENTS = {"word/document.xml": "a Word document", "xl/workbook.xml": "an Excel table",
              "ppt/presentation.xml": "a PowerPoint document",
              "META-INF/container.xml": "an EPUB book", "content.xml": "an OpenDocument file",
              "META-INF/MANIFEST.MF": "a Java archive"}

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_JSON = re.compile(rf"\s*+\[?\s*+\{{\s*+(?:{_QUOTED}|'[^'\n]*')\s*:")
# Atomic groups, (?>...): a comment has one end, where each of many might be tried with every other.
_BEFORE_ROOT = r"\s*(?:<\?xml[^>]*>\s*)?(?>(?:<!--(?>.*?-->)\s*)*)"
_DUMP = re.compile(rf"{_BEFORE_ROOT}<mediawiki\b", re.S)
_HTML = re.compile(rf"{_BEFORE_ROOT}"
                   r"<(?:!doctype\s+html|html|head|body)\b", re.S | re.I)
_XML = re.compile(r"\s*<(?:\?xml\b|!DOCTYPE\b|(?:doc|tei|text|corpus)\b[^<>]*>)", re.I)
_LATEX = re.compile(r"^[^\S\n]*\\(?:documentclass|documentstyle|begin\{document\})", re.M)
_SQL = re.compile(r"\s*(?:-- (?:MySQL|MariaDB|PostgreSQL)|(?:INSERT INTO|CREATE TABLE)\b)", re.I)
# Sentence bounds and placeholders of texts that are tokenised already are no tags.
_TAG = re.compile(r"</?(?!/?(?:s|unk|bos|eos|pad|num|mask)>)([a-z][\w:-]*)(?:\s[^<>]*)?/?>"
                  r"|&([a-z]+|#\d+);", re.I)
_COMMAND = re.compile(r"\\([a-z]+)", re.I)

DUMP, HTML, XML, LATEX, SQL, TAGS, NO_JSON = (
    "a MediaWiki dump", "HTML", "XML", "LaTeX", "SQL", "text with tags or entities",
    "something like JSON")
MARKUP = {
    HTML: "take the text out first, for example with pandoc -f html -t plain",
    XML: "take the text out first, for example by itertext() of Python's xml.etree",
    LATEX: "take the text out first, for example with pandoc -f latex -t plain",
    SQL: "write the column of text to a CSV file first, and read that with --field",
    NO_JSON: "write it as JSON, and read that with --field",
    TAGS: "take them out first, for example with pandoc -f html -t plain",
}


def refuse_binary(name: str, beginning: bytes) -> None:
    """Refuse a file that its first bytes tell to be no text.

    Raises
    ------
    NoTextError
        Or a UserError that is none, for a file that holds what a corpus is made of.
    """
    for binary in _BINARIES:
        if binary.begins(beginning):
            sentence = f"{name} is no text but {binary.kind}; {binary.remedy}."
            raise UserError(sentence) if binary.is_corpus else NoTextError(sentence, binary.kind)


def refuse_document(name: str, members: list[str]) -> None:
    """Refuse a zip archive whose members make a document of it; NoTextError."""
    for mark, kind in _DOCUMENTS.items():
        if mark in members:
            raise NoTextError(f"{name} is no text but {kind}; save it as plain text.", kind)


def ending_of(name: str) -> str:
    """The ending of a file's name, in lower case, without the one of what packed it."""
    path = PurePosixPath(name.lower())
    if path.suffix in PACKED_ENDINGS:
        path = path.with_suffix("")
    return path.suffix


def is_json(name: str, text: str) -> bool:
    """Whether the name tells JSON, or the first object: it is whole, or longer than the text."""
    if ending_of(name) in JSON_ENDINGS:
        return True
    if not _JSON.match(text):
        return False
    try:
        json.JSONDecoder().raw_decode(text, text.index("{"))
    except (ValueError, RecursionError):
        return len(text) > LOOK // 2
    return True


def markup_of(name: str, text: str) -> str | None:
    """A key of MARKUP, or DUMP, that name or beginning tell; None for prose."""
    ending = ending_of(name)
    if _DUMP.match(text):
        return DUMP
    if ending in (".html", ".htm", ".xhtml") or _HTML.match(text):
        return HTML
    if ending == ".xml" or _XML.match(text):
        return XML
    if ending == ".tex" or _LATEX.search(text):
        return LATEX
    if _SQL.match(text):
        return SQL
    if _JSON.match(text):
        return NO_JSON
    tags = sum(1 for _ in _TAG.finditer(text)) if "<" in text or "&" in text else 0
    return TAGS if tags > 4 and tags > _TAGS_PER_WORD * len(text.split()) else None


def frequent_marks(text: str) -> list[str]:
    """The most frequent names of tags, entities and commands, which would be taken for words."""
    names = [tag or entity for tag, entity in _TAG.findall(text)] or _COMMAND.findall(text)
    return [name for name, _ in Counter(names).most_common(3)]


@dataclass(frozen=True)
class Table:
    """The beginning of a table.

    Parameters
    ----------
    delimiter : between the columns of a row.
    columns : the first row.
    """

    delimiter: str
    columns: list[str]


def named_table(name: str, text: str) -> Table | None:
    """The table that a file's name tells, or a first line ``sep=;``; without this, the delimiter is
    the most frequent one of the first row, outside quotes."""
    if said := SEPARATOR_LINE.match(text):
        return table_by(said[1], text[said.end() :])
    ending = ending_of(name)
    if ending not in TABLE_ENDINGS:
        return None
    return table_by("\t", text) if ending in _TAB_ENDINGS else _first_row(text)


def _first_row(text: str) -> Table:
    """The first row as that of a table, by its most frequent delimiter."""
    line = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return table_by(max(DELIMITERS, key=line.count) if line.strip() else ",", text)


def table_by(delimiter: str, text: str) -> Table:
    """The first row by one delimiter."""
    row = next(_rows(text.lstrip("\r\n"), delimiter), [])
    return Table(delimiter, [cell.strip() for cell in row])


def apparent_table(text: str) -> Table | None:
    """A table that only its rows tell: a heading and more, all of as many cells, and a sign that
    these are no prose."""
    text = text[: text.rfind("\n") + 1] if text.count("\n") > 2 else text
    for delimiter in DELIMITERS:
        rows = [row for row, _ in zip(_rows(text, delimiter), range(_ROWS), strict=False) if row]
        if len(rows) > 2 and _is_heading(rows[0]) and _are_cells(rows, text):
            return Table(delimiter, rows[0])
    return None


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    except csv.Error:
        return


_HEADING = re.compile(r"[^\W\d][\w .-]{0,39}(?<! )$")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?$")
_USUAL = {"text", "content", "body", "sentence", "review", "comment", "message", "title", "id",
          "label", "category", "date", "author", "abstract", "summary", "question", "answer"}


def _is_heading(row: list[str]) -> bool:
    return len(row) > 1 and len(set(row)) == len(row) and all(map(_HEADING.match, row))


def _are_cells(rows: list[list[str]], text: str) -> bool:
    heading, *others = rows
    if any(len(row) != len(heading) for row in others):
        return False
    numbers = any(all(map(_NUMBER.match, column)) for column in zip(*others, strict=True))
    usual = sum(name.lower() in _USUAL for name in heading)
    return numbers or usual > 1 or re.search(rf'[{DELIMITERS}]"', text) is not None
