"""Readers: how the files that packages carry become documents of plain text.

Each takes the name and content of one file and yields its documents.
"""

import bz2
import csv
import html
import io
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable, Iterator

Reader = Callable[[str, bytes], Iterator[str]]

_TAG = re.compile(r"<[^>]*>")
_HEADER_LINES = 3  # Orange's tables: names, types, roles of the columns

# Wiki mark-up that is no prose: tables, templates, references, files, and the address of a link.
_COMMENT_OR_REFERENCE = re.compile(r"<!--.*?-->|<ref[^>/]*/>|<ref.*?</ref>|<math.*?</math>", re.S)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}|\{\|[^{}]*\|\}")
_FILE_LINK = re.compile(r"\[\[(?:File|Image|Category):[^\[\]]*(?:\[\[[^\[\]]*\]\][^\[\]]*)*\]\]")
_LINK = re.compile(r"\[\[(?:[^|\]]*\|)?([^\]]*)\]\]")
_ADDRESS = re.compile(r"\[?https?://[^\s\]]*")


def read_text(_name: str, content: bytes) -> Iterator[str]:
    """One document a file."""
    yield content.decode("utf-8", errors="replace")


def read_orange_table(_name: str, content: bytes) -> Iterator[str]:
    """Orange's tab-separated tables: title, abstract and texts of a row are a document."""
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(content.decode("utf-8", errors="replace")), delimiter="\t")
    names = next(rows)
    prose = [i for i, name in enumerate(names) if name in ("Title", "Abstract", "Content", "Text")]
    for row_number, row in enumerate(rows, start=2):
        if row_number > _HEADER_LINES:
            yield " ".join(row[i] for i in prose if i < len(row))


def read_dictionary(_name: str, content: bytes) -> Iterator[str]:
    """A dictionary's entries: the word, its definitions and their examples."""
    for entry in json.loads(content).values():
        parts = [entry["entry"]]
        for sense in entry["pos"]:
            for definition in sense["definitions"]:
                parts += [definition["text"], *map(str, definition["examples"])]
        yield " ".join(parts)


def read_zipped_news(_name: str, content: bytes) -> Iterator[str]:
    """A zip of one CSV of news: title, subtitle and text of an article are a document."""
    csv.field_size_limit(sys.maxsize)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".csv"))
        lines = io.TextIOWrapper(opened.open(name), encoding="utf-8", errors="replace")
        for row in csv.DictReader(lines):
            yield " ".join(row[part] or "" for part in ("title", "subtitle", "text"))


def read_factbook(_name: str, content: bytes) -> Iterator[str]:
    """A country's page: its headings and texts, in order, without their HTML."""
    yield " ".join(_plain(text) for text in _texts(json.loads(content)))


def read_summaries(_name: str, content: bytes) -> Iterator[str]:
    """Encyclopedia summaries: title, extract and description of an article."""
    for article in json.loads(content).values():
        yield " ".join(article.get(part) or "" for part in ("title", "extract", "description"))


def read_wiki_dump(_name: str, content: bytes) -> Iterator[str]:
    """A bz2 of a MediaWiki XML dump: the prose of each article that is no redirect."""
    with bz2.open(io.BytesIO(content)) as opened:
        for _, element in ElementTree.iterparse(opened):
            if element.tag.endswith("}text") and element.text:
                if not element.text.lstrip().lower().startswith("#redirect"):
                    yield plain_wiki(element.text)
                element.clear()


def read_zipped_text(_name: str, content: bytes) -> Iterator[str]:
    """A zip of text files: one document a line."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        for name in sorted(opened.namelist()):
            yield from io.TextIOWrapper(opened.open(name), encoding="utf-8", errors="replace")


def plain_wiki(text: str) -> str:
    """Wiki mark-up reduced to its prose."""
    text = _COMMENT_OR_REFERENCE.sub(" ", html.unescape(text))
    for _ in range(4):  # templates and tables stand inside each other
        text = _TEMPLATE.sub(" ", text)
    text = _FILE_LINK.sub(" ", text)
    return _plain(_ADDRESS.sub(" ", _LINK.sub(r"\1", text)))


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub(" ", text))


def _texts(value: object) -> Iterator[str]:
    """Keys and strings of nested JSON objects, in order; the key ``text`` itself is no heading."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "text":
                yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


READERS: dict[str, Reader] = {
    "text": read_text,
    "orange_table": read_orange_table,
    "dictionary": read_dictionary,
    "zipped_news": read_zipped_news,
    "factbook": read_factbook,
    "summaries": read_summaries,
    "wiki_dump": read_wiki_dump,
    "zipped_text": read_zipped_text,
}
