"""Corpora: documents of text from the catalogue or from files, one document a line."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from word2vec.corpus.documents.own_text import own_documents
from word2vec.corpus.documents.readers import READERS
from word2vec.corpus.documents.text import links_out, text_files
from word2vec.parameters import ReadingParameters
from words_and_images.common.catalogue import (
    Source,
    entry_of,
    fetched,
    load_catalogue,
    tell_taken,
    wanted_files,
)
from words_and_images.common.errors import UserError
from words_and_images.common.files import known_record, replacing
from words_and_images.common.own_files import refuse_among, refuse_input
from words_and_images.common.parameters import require_choice
from words_and_images.common.progress import WARNING, progress, say
from words_and_images.common.streams import called

AS_IT_IS = ReadingParameters()
KINDS = ("corpus", "collection")


def collect_corpus(
    source: str, path: Path, reading: ReadingParameters = AS_IT_IS
) -> dict[str, Any]:
    """Write the documents of a source to one text file, a document a line; return the record.

    Parameters
    ----------
    source : a path, or else a name of the catalogue.
    path : the file to write.
    reading : how files of one's own are read.

    Raises
    ------
    UserError
        When the source does not exist, cannot be reached or holds no text, and when it is `path`.
    """
    refuse_input(path, text_files(source))
    refuse_among(path, source)
    tell_corpus(source)
    record = describe_source(source, reading)
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace") as output,
        progress(f"reading the corpus {record['source']}", None, "documents") as counter,
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
    told = known_record(record).get("bytes")
    if told != path.stat().st_size:
        raise UserError(f"{path} is not the text that {record} tells of; if it is yours, move it "
                        "elsewhere and name it as corpus.source; else delete it.")


def describe_source(source: str, reading: ReadingParameters = AS_IT_IS) -> dict[str, Any]:
    """What a record says of where a text comes from; the files themselves are not opened."""
    entry = _entry(source)
    return {"source": entry.name if entry else source, **_options(reading),
            "origins": [origin.describe() for origin in origins(source)]}


def documents(source: str, reading: ReadingParameters = AS_IT_IS) -> Iterator[str]:
    """The documents of a catalogue's corpus or of files of one's own.

    Raises
    ------
    UserError
        For a source that is neither, a folder without files, and files that cannot be read so.
    """
    if _entry(source) is None:
        paths = text_files(source)
        if not paths:
            raise UserError(f"the folder {source} holds no text: it has no files but hidden ones; "
                            "name another.")
        if left_out := links_out(source):
            say(f"{WARNING}passed over links that lead out of {source}: "
                f"{', '.join(map(str, left_out[:3]))}{' ...' if left_out[3:] else ''}")
        yield from own_documents(source, paths, reading)
        return
    _refuse_reading(source, reading)
    for origin in origins(source):
        yield from _documents_of(origin)


def _documents_of(origin: Source) -> Iterator[str]:
    require_choice(f"the reader of {origin.name}", origin.reader, tuple(READERS))
    read = READERS[origin.reader]
    if origin.wheel or origin.npm:
        for name, content in wanted_files(origin):
            yield from _read(read(name, content), origin, name)
        return
    with fetched(origin) as path:
        yield from _read(read(path.name, path.read_bytes()), origin, path.name)


def _read(documents: Iterator[str], origin: Source, name: str) -> Iterator[str]:
    try:
        yield from documents
    except (UserError, MemoryError):
        raise
    except Exception as error:  # Readers meet what is of another kind with errors of every kind.
        raise UserError(
            f"{name} of {origin.name} cannot be read as {origin.reader} ({type(error).__name__}: "
            f"{error}); fetch it again, or mend the reader of {origin.name} in data/sources.yaml."
        ) from None


def origins(source: str) -> list[Source]:
    """The catalogue's entries behind a source; none for files of one's own."""
    entry = _entry(source)
    if entry is None:
        return []
    catalogue = load_catalogue()
    return [catalogue[name] for name in entry.members] or [entry]


def tell_corpus(source: str) -> None:
    """Say whether a source is a path or a name of the catalogue; UserError if it is neither."""
    tell_taken("corpus", called(Path(source)), _entry(source), *KINDS)


def _entry(source: str) -> Source | None:
    """The catalogue's entry of that name, unless it is a path, a folder or a glob of files."""
    return entry_of(source, bool(text_files(source)) or Path(source).is_dir(), *KINDS)


def _options(reading: ReadingParameters) -> dict[str, str]:
    """What is chosen of them."""
    values = {field.name: getattr(reading, field.name) for field in fields(ReadingParameters)}
    return {name: value for name, value in values.items() if value is not None}


def _refuse_reading(source: str, reading: ReadingParameters) -> None:
    for name, value in _options(reading).items():
        raise UserError(f"{name} is {value!r} and {source!r} names no file; leave {name} out, "
                        "which is for files of your own.")
