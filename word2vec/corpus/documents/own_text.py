"""Documents out of files of one's own: what each file is, and how its text is read.

A file that holds no text is refused by name; in a folder, a glob or an archive it is passed over,
and said to be. What holds text but needs to be told how to read it is refused there too.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

from word2vec.corpus.documents.decoding import Decoder, remark_on_encoding, unmarked_encoding
from word2vec.corpus.documents.file_warnings import Remarks, quoted
from word2vec.corpus.documents.json_and_tables import (
    fields_of_json,
    json_texts,
    listed_fields,
    table_texts,
)
from word2vec.corpus.documents.readers import wiki_pages
from word2vec.corpus.documents.text import is_visible, lines_of, stretches, with_line_feeds
from word2vec.corpus.documents.text_kinds import (
    CODE_ENDINGS,
    DELIMITERS,
    DUMP,
    MARKUP,
    NoTextError,
    Table,
    apparent_table,
    ending_of,
    frequent_marks,
    is_json,
    markup_of,
    named_table,
    refuse_binary,
    refuse_document,
    table_by,
)
from word2vec.parameters import ReadingParameters
from words_and_images.common.archives import (
    is_tar,
    is_zip,
    opened_zip,
    shown_name,
    tar_members,
    zip_members,
)
from words_and_images.common.errors import UserError
from words_and_images.common.streams import Stream, called, opened, unpacked

SNIFFED = 1 << 14  # characters by which text is told from text with marks
PASSED_OVER = "passed over"


def own_documents(
    source: str, paths: list[Path], reading: ReadingParameters
) -> Iterator[str]:
    """The documents of files, one after the other; at the end is said what they are not fit for.

    Parameters
    ----------
    source : that names the files: a file, a folder or a glob.
    paths : the files.
    reading : how they are read.

    Raises
    ------
    UserError
        For a file that cannot be read, and where there is no text in any.
    """
    reader = _Reader(reading)
    found = reader.files(paths, Path(source).is_dir() or len(paths) > 1)
    first = next(found, None)
    passed_over = reader.remarks.text(PASSED_OVER)
    if first is None and passed_over:
        raise UserError(f"{source} holds no text; {passed_over}")
    if first is not None:
        yield first
    yield from found
    reader.remarks.say()


class _Reader:
    """Reads files and remarks on them."""

    def __init__(self, reading: ReadingParameters) -> None:
        self._reading, self.remarks = reading, Remarks()

    def files(self, paths: list[Path], several: bool) -> Iterator[str]:
        """The documents of files; with several, one without text is passed over."""
        for path in paths:
            try:
                with opened(path) as stream:
                    yield from self._stream(unpacked(stream, called(path)), called(path))
            except NoTextError as error:
                if not several:
                    raise
                self._pass_over(called(path), error)
        self._remark_on_code(paths)

    def _stream(self, stream: Stream, name: str) -> Iterator[str]:
        beginning = stream.look()
        if is_zip(beginning):
            members = zip_members(stream, name, partial(refuse_document, name))
            yield from self._members(members, name)
        elif is_tar(beginning):
            yield from self._members(tar_members(stream, name), name)
        else:
            yield from self._text(stream, name)

    def _members(self, members: Iterator[tuple[str, Stream]], archive: str) -> Iterator[str]:
        for member, packed in members:
            if not is_visible(PurePosixPath(member)):
                continue
            name = f"{archive}/{shown_name(member)}"
            stream = unpacked(packed, name)
            try:
                _refuse_archive(stream, name, archive)
                yield from self._text(stream, name)
            except NoTextError as error:
                self._pass_over(name, error)

    def _text(self, stream: Stream, name: str) -> Iterator[str]:
        beginning = stream.look()
        refuse_binary(name, beginning)
        decoder = Decoder(beginning, self._reading.encoding)
        sample = with_line_feeds(decoder.beginning(beginning))
        if "\0" in sample:
            _refuse_zeros(name, beginning)
        yield from self._by_kind(stretches(stream, decoder, name), sample, name)
        remark_on_encoding(self.remarks, decoder, self._reading.encoding, name)

    def _by_kind(self, texts: Iterator[str], sample: str, name: str) -> Iterator[str]:
        """The documents of a text, by what it is."""
        field = self._reading.field
        if is_json(name, sample):
            if field is None:
                raise _without_field(name, "is JSON", fields_of_json(texts, name))
            return json_texts(texts, field, name, self.remarks)
        if field is not None:
            chosen = _table_with(field, sample, name)
            return table_texts(texts, chosen, field, name, self.remarks)
        if table := named_table(name, sample):
            raise _without_field(name, "is a table", table.columns)
        return self._prose(texts, sample, name)

    def _prose(self, texts: Iterator[str], sample: str, name: str) -> Iterator[str]:
        markup = markup_of(name, sample[:SNIFFED])
        if markup == DUMP:
            return wiki_pages(texts, name)
        if markup:
            marks = frequent_marks(sample[:SNIFFED])
            named = f" ({quoted(', '.join(marks))})" if marks else ""
            self.remarks.add(markup, f"{{files}}: {markup}, whose marks are taken for words"
                             f"{named}; {MARKUP[markup]}.", name)
        elif table := apparent_table(sample):
            self.remarks.add("table", "{files}: it looks like a table with the columns "
                             f"{quoted(listed_fields(table.columns))}, and all of it is taken for "
                             "prose; --field NAME reads one column.", name)
        return chain.from_iterable(map(lines_of, texts))

    def _pass_over(self, name: str, error: NoTextError) -> None:
        self.remarks.add(PASSED_OVER, "passed over what holds no text: {files}.",
                         f"{name} ({error.kind})")

    def _remark_on_code(self, paths: list[Path]) -> None:
        code = [path for path in paths if ending_of(path.name) in CODE_ENDINGS]
        for path in code if len(code) < len(paths) else []:
            self.remarks.add("code", "{files}: code of a program or its settings, taken for prose "
                             "like the texts beside it; a glob such as 'FOLDER/**/*.txt' leaves it "
                             "out.", str(path))


def _refuse_archive(stream: Stream, name: str, archive: str) -> None:
    """Refuse a member that is an archive itself, or a document that looks like one."""
    packed = is_zip(stream.look())
    if packed:
        with stream.at_any_place() as file, opened_zip(file, name) as opened:
            refuse_document(name, opened.namelist())
    if packed or is_tar(stream.look()):
        raise UserError(f"{name} is an archive in an archive; unpack {archive} and give the "
                        "folder.")


def _refuse_zeros(name: str, beginning: bytes) -> None:
    if encoding := unmarked_encoding(beginning):
        raise UserError(f"{name} holds zero bytes as {encoding} without its mark does; read it "
                        f"with --encoding {encoding}, or give plain text in UTF-8.")
    raise NoTextError(f"{name} is no text (it holds a NUL byte); give plain text.",
                      "with NUL bytes")


def _without_field(name: str, what: str, fields: list[str]) -> UserError:
    if not fields:
        return UserError(f"{name} {what} and is empty; give one with text.")
    noun = "field" if len(fields) == 1 else "fields"
    return UserError(f"{name} {what} with the {noun} {listed_fields(fields)}; name the one to read "
                     "with --field NAME (corpus.field in the pipeline).")


def _table_with(field: str, sample: str, name: str) -> Table:
    """The table of a file in which a field is asked for."""
    table = named_table(name, sample) or apparent_table(sample)
    if table is not None:
        return table
    for table in (table_by(delimiter, sample) for delimiter in DELIMITERS):
        if field in table.columns or (field.isdecimal() and 1 < len(table.columns) >= int(field)):
            return table
    raise NoTextError(f"field is {field!r} and {name} is plain text without fields; leave the "
                      "field out, or give JSON, CSV or TSV.", "plain text without fields")
