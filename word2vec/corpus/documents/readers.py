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
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from words_and_images.common.archives import opened_zip, zip_member, zip_members
from words_and_images.common.errors import UserError
from words_and_images.common.streams import Stream

Reader = Callable[[str, bytes], Iterator[str]]

_TAG = re.compile(r"<[^>]*>")
_HEADER_LINES = 3  # Orange's tables: names, types, roles of the columns

# Wiki mark-up that is no prose: tables, templates, references, files, and the address of a link.
# Each is looked for so that a page of nothing but beginnings takes no longer than another.
_ENDS = {"<!--": "-->", "<ref": "</ref>", "<math": "</math>"}
_BEGINNING = re.compile("|".join(_ENDS))
_END_OF_TAG = re.compile("[>/]")
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}|\{\|[^{}]*\|\}")
_MEDIA, _MEDIA_KEYS = ("File", "Image", "Category"), ("6", "14")  # name spaces
_LINK = re.compile(r"\[\[([^\]]*)(\]\]|\]|\Z)")
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


def read_zipped_news(name: str, content: bytes) -> Iterator[str]:
    """A zip of one CSV of news: title, subtitle and text of an article are a document."""
    csv.field_size_limit(sys.maxsize)
    with opened_zip(io.BytesIO(content), name) as archive:
        member = next(each for each in archive.infolist() if each.filename.endswith(".csv"))
        for row in csv.DictReader(_text(zip_member(archive, member, name))):
            yield " ".join(row[part] or "" for part in ("title", "subtitle", "text"))


def read_factbook(_name: str, content: bytes) -> Iterator[str]:
    """A country's page: its headings and texts, in order, without their HTML."""
    yield " ".join(_plain(text) for text in _texts(json.loads(content)))


def read_summaries(_name: str, content: bytes) -> Iterator[str]:
    """Encyclopedia summaries: title, extract and description of an article."""
    for article in json.loads(content).values():
        yield " ".join(article.get(part) or "" for part in ("title", "extract", "description"))


def read_wiki_dump(name: str, content: bytes) -> Iterator[str]:
    """A bz2 of a MediaWiki XML dump: the prose of each page that is no redirect."""
    with bz2.open(io.BytesIO(content)) as opened:
        yield from wiki_pages(iter(lambda: opened.read(1 << 16), b""), name, articles_only=False)


def wiki_pages(
    pieces: Iterable[str | bytes], name: str, articles_only: bool = True
) -> Iterator[str]:
    """A MediaWiki XML dump, piece by piece: the prose of each page that is no redirect.

    Parameters
    ----------
    pieces : of the dump.
    name : of its file.
    articles_only : leave out the pages of other name spaces: talk, templates, modules.

    Raises
    ------
    UserError
        For what is no XML, or ends before the dump does.
    """
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    dump = _Dump(articles_only)
    try:
        for piece in pieces:
            parser.feed(piece)
            yield from dump.pages(parser.read_events())
        parser.close()
    except ElementTree.ParseError as error:
        raise UserError(f"{name} cannot be read to its end as XML ({error}); make it "
                        "anew.") from None


class _Dump:
    """What has been read of a dump so far."""

    def __init__(self, articles_only: bool) -> None:
        self._articles_only = articles_only
        self._media: tuple[str, ...] = _MEDIA
        self._root: ElementTree.Element | None = None
        self._text, self._space, self._redirects = "", "0", False

    def pages(self, events: Iterable[tuple[str, Any]]) -> Iterator[str]:
        """The pages that end with these events."""
        for event, element in events:
            if event == "start":
                self._root = element if self._root is None else self._root
                continue
            tag = element.tag.rpartition("}")[2]
            self._take(tag, element)
            if tag == "page":
                if self._text and not self._redirects and (
                        self._space == "0" or not self._articles_only):
                    yield plain_wiki(self._text, self._media)
                self._text, self._space, self._redirects = "", "0", False
                self._root.clear()  # type: ignore[union-attr]

    def _take(self, tag: str, element: ElementTree.Element) -> None:
        if tag == "text":  # of several revisions the last
            self._text = element.text or ""
            self._redirects |= self._text.lstrip().lower().startswith("#redirect")
            element.clear()
        elif tag == "redirect":
            self._redirects = True
        elif tag == "ns":
            self._space = element.text or "0"
        elif tag == "namespace" and element.get("key") in _MEDIA_KEYS and element.text:
            self._media = (*self._media, element.text)  # in the dump's own language


def read_zipped_text(name: str, content: bytes) -> Iterator[str]:
    """A zip of text files: one document a line."""
    whole = Stream(iter([content]), io.BytesIO(content))
    for _, member in zip_members(whole, name, lambda names: None):
        yield from _text(member)


def _text(content: Stream) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(content), encoding="utf-8", errors="replace")


def plain_wiki(text: str, media: tuple[str, ...] = _MEDIA) -> str:
    """Wiki mark-up reduced to its prose; links to what is in the name spaces `media` are none."""
    text = _without_references(html.unescape(text))
    for _ in range(4):  # templates and tables stand inside each other
        text = _TEMPLATE.sub(" ", text)
    text = _media_link(media).sub(" ", text)
    return _plain(_ADDRESS.sub(" ", _LINK.sub(_shown_of_link, text)))


def _without_references(text: str) -> str:
    """The text with a blank for each comment, reference and formula."""
    parts, place = [], 0
    last = {beginning: text.rfind(end) for beginning, end in _ENDS.items()}
    stop = -1  # the next end of a tag, or slash
    beginning = _BEGINNING.search(text)
    while beginning:
        kind, behind = beginning[0], beginning.end()
        if kind == "<ref" and stop < behind:
            found = _END_OF_TAG.search(text, behind)
            stop = found.start() if found else len(text)
        if kind == "<ref" and text.startswith("/>", stop):
            behind = stop + 2
        elif last[kind] >= behind:
            behind = text.index(_ENDS[kind], behind) + len(_ENDS[kind])
        else:
            beginning = _BEGINNING.search(text, behind)
            continue
        parts += [text[place : beginning.start()], " "]
        place = behind
        beginning = _BEGINNING.search(text, place)
    return "".join([*parts, text[place:]])


def _shown_of_link(link: re.Match[str]) -> str:
    """What is read of a link: all of it, or what is behind its first bar; no link is left as it is.
    """
    inside, end = link.groups()
    return (inside.partition("|")[2] if "|" in inside else inside) if end == "]]" else link[0]


@cache
def _media_link(media: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, media))
    return re.compile(rf"\[\[(?:{names}):[^\[\]]*(?:\[\[[^\[\]]*\]\][^\[\]]*)*\]\]")


def _plain(text: str) -> str:
    end = text.rfind(">") + 1  # behind it there is no tag
    return html.unescape(_TAG.sub(" ", text[:end]) + text[end:])


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
