"""Corpora: documents of text from the catalogue or from files, one document a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.catalogue import Source, fetch, find, load_catalogue, wanted_files
from common.errors import UserError
from common.files import replacing
from common.progress import progress
from word2vec.readers import READERS
from word2vec.text import lines, text_files


@dataclass(frozen=True)
class CorpusParameters:
    """Where the text comes from.

    Parameters
    ----------
    source : a corpus of the catalogue, or a path: a text file, plain or .gz or .bz2, a folder of
        them, or a glob. None takes the profile's.
    """

    source: str | None = None


def collect_corpus(source: str, path: Path) -> dict[str, Any]:
    """Write the documents of a source to one text file, a document a line; return the record.

    Parameters
    ----------
    source : a name of the catalogue or a path.
    path : the file to write.

    Raises
    ------
    UserError
        When the source does not exist, cannot be reached or holds no text.
    """
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8") as output,
        progress(f"reading the corpus {source}", None, "documents") as counter,
    ):
        for document in documents(source):
            line = " ".join(document.split())
            if line:
                output.write(line + "\n")
                counter.advance()
        if not counter.done:
            raise UserError(f"the corpus {source} holds no text; give one with at least a line.")
    return {"source": source, "documents": int(counter.done), "bytes": path.stat().st_size,
            "origins": [origin.describe() for origin in origins(source)]}


def documents(source: str) -> Iterator[str]:
    """The documents of a catalogue's corpus or of text files."""
    paths = text_files(source)
    if paths or Path(source).is_dir():
        for path in paths:
            yield from lines(path)
        return
    for origin in origins(source):
        reader = READERS[origin.reader]
        for name, content in _files(origin):
            yield from reader(name, content)


def origins(source: str) -> list[Source]:
    """The catalogue's entries behind a source; none for files of one's own."""
    if text_files(source):
        return []
    found = find(source, "corpus", "collection")
    catalogue = load_catalogue()
    return [catalogue[name] for name in found.members] or [found]


def _files(origin: Source) -> Iterator[tuple[str, bytes]]:
    if origin.wheel:
        yield from wanted_files(origin)
    else:
        path = fetch(origin)
        yield path.name, path.read_bytes()
