"""Corpora: documents of text from the catalogue or from files, one document a line."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from common.catalogue import Source, fetch, find, load_catalogue, wanted_files
from common.errors import UserError
from common.files import read_json, replacing
from common.own_files import refuse_input
from common.progress import progress
from word2vec.own_text import own_documents
from word2vec.parameters import ReadingParameters
from word2vec.readers import READERS
from word2vec.text import text_files

AS_IT_IS = ReadingParameters()


def collect_corpus(
    source: str, path: Path, reading: ReadingParameters = AS_IT_IS
) -> dict[str, Any]:
    """Write the documents of a source to one text file, a document a line; return the record.

    Parameters
    ----------
    source : a name of the catalogue or a path.
    path : the file to write.
    reading : how files of one's own are read.

    Raises
    ------
    UserError
        When the source does not exist, cannot be reached or holds no text, and when it is `path`.
    """
    refuse_input(path, text_files(source))
    record = describe_source(source, reading)
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace") as output,
        progress(f"reading the corpus {source}", None, "documents") as counter,
    ):
        for document in documents(source, reading):
            line = " ".join(document.split())
            if line:
                output.write(line + "\n")
                counter.advance()
        if not counter.done:
            raise UserError(f"the corpus {source} holds no text; give one with at least a line.")
    return {**record, "documents": int(counter.done), "bytes": path.stat().st_size}


def refuse_foreign_text(path: Path, record: Path) -> None:
    """Refuse to replace a text that is not as `collect_corpus` wrote it, by what its record says.

    Raises
    ------
    UserError
        With the way to train on such a text.
    """
    if not path.is_file() or not path.stat().st_size:
        return
    told = read_json(record).get("bytes") if record.is_file() else None
    if told != path.stat().st_size:
        raise UserError(f"{path} is not the text that {record} tells of; if it is yours, move it "
                        "elsewhere and name it as corpus.source; else delete it.")


def describe_source(source: str, reading: ReadingParameters = AS_IT_IS) -> dict[str, Any]:
    """What a record says of where a text comes from; the files themselves are not opened."""
    return {"source": source, **_options(reading),
            "origins": [origin.describe() for origin in origins(source)]}


def documents(source: str, reading: ReadingParameters = AS_IT_IS) -> Iterator[str]:
    """The documents of a catalogue's corpus or of files of one's own.

    Raises
    ------
    UserError
        For a source that is neither, a folder without files, and files that cannot be read so.
    """
    paths = text_files(source)
    if paths:
        yield from own_documents(source, paths, reading)
        return
    if Path(source).is_dir():
        raise UserError(f"the folder {source} holds no text: it has no files but hidden ones; "
                        "name another.")
    _refuse_reading(source, reading)
    for origin in origins(source):
        reader = READERS[origin.reader]
        for name, content in _files(origin):
            yield from reader(name, content)


def origins(source: str) -> list[Source]:
    """The catalogue's entries behind a source; none for files of one's own."""
    if text_files(source) or Path(source).is_dir():
        return []
    found = find(source, "corpus", "collection")
    catalogue = load_catalogue()
    return [catalogue[name] for name in found.members] or [found]


def _options(reading: ReadingParameters) -> dict[str, str]:
    """What is chosen of them."""
    values = {field.name: getattr(reading, field.name) for field in fields(ReadingParameters)}
    return {name: value for name, value in values.items() if value is not None}


def _refuse_reading(source: str, reading: ReadingParameters) -> None:
    for name, value in _options(reading).items():
        raise UserError(f"{name} is {value!r} and {source!r} names no file; leave {name} out, "
                        "which is for files of your own.")


def _files(origin: Source) -> Iterator[tuple[str, bytes]]:
    if origin.wheel:
        yield from wanted_files(origin)
    else:
        path = fetch(origin)
        yield path.name, path.read_bytes()
