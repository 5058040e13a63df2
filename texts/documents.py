"""Documents with their labels: from a folder, an archive of one, or a file of them."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from texts.class_folders import REMEDY, read_folder
from texts.document import NOUN, Document, Found
from texts.document_rows import Columns, read_rows
from texts.orange_tables import read_orange_table
from word2vec.corpus.documents.text import is_visible
from word2vec.corpus.documents.text_kinds import JSON_ENDINGS, TABLE_ENDINGS, ending_of
from words_and_images.common.archives import is_archive, unpack
from words_and_images.common.catalogue import Source, entry_of, tell_taken, wanted_files
from words_and_images.common.errors import UserError, counted
from words_and_images.common.parameters import require, require_encoding
from words_and_images.common.progress import progress, say
from words_and_images.common.streams import STANDARD_INPUT, is_standard_input
from words_and_images.common.workspaces import workspace
from words_and_images.retraining.labels import comparable, of_one_spelling
from words_and_images.retraining.recalls import shortened
from words_and_images.retraining.record import NOT_SURE
from words_and_images.retraining.split import TEST

CATALOGUE_KIND = "texts"
FEW = 20  # documents of a class, below which it is told
MISSING = ("nan", "null", "n/a", "<na>")  # what programs write where there is no label
_FILES = (*TABLE_ENDINGS, *JSON_ENDINGS)


@dataclass(frozen=True)
class DocumentsParameters:
    """Where the documents come from, and how they are read.

    Attributes
    ----------
    source : str, optional
        A folder of class folders, a zip or tar of one, a file of texts with labels, or a name of
        the catalogue.
    test_documents : str, optional
        A second source, which the classifier is tested on; without it, and without test/ or a
        column that tells, a share of the documents is set aside.
    text_column : str, optional
        The column of a table, or the field of JSON objects, that holds the texts; by default the
        one that is called as usual (text, content, review...).
    label_column : str, optional
        The same of the labels (label, class, category...).
    split_column : str, optional
        The same of train, validation or test, by default `split` where there is one; none for
        none.
    encoding : str, optional
        Of the files, by any name that Python knows; by default UTF-8.
    """

    source: str | None = None
    test_documents: str | None = None
    text_column: str | None = None
    label_column: str | None = None
    split_column: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.source is not None:
            _refuse_blank(self.source)
        require(self.test_documents != "", "test_documents", self.test_documents,
                "a folder or a file of documents")
        for name in ("text_column", "label_column", "split_column"):
            require(getattr(self, name) != "", name, getattr(self, name), "the name of a column")
        if self.encoding is not None:
            require_encoding("encoding", self.encoding)

    @property
    def columns(self) -> Columns:
        """The columns of text, label and split."""
        return Columns(self.text_column, self.label_column, self.split_column)


@dataclass(frozen=True)
class Collected:
    """The documents of a source in its order, and what the record says of it."""

    documents: list[Document] = field(repr=False)
    source: dict[str, Any]

    @property
    def labels(self) -> list[str]:
        """All labels, sorted."""
        return sorted({document.label for document in self.documents})


def collect_documents(source: str, parameters: DocumentsParameters | None = None) -> Collected:
    """Read the documents of two or more classes to learn from.

    Parameters
    ----------
    source : see `DocumentsParameters`.
    parameters : the other source, if any, and how they are read.

    Raises
    ------
    UserError
        For a source that is nothing of the kind, fewer than two classes, and test documents of a
        class that is not among the others.
    """
    parameters = parameters or DocumentsParameters()
    documents = read_documents(source, parameters)
    about: dict[str, Any] = _about(source)
    if parameters.test_documents is not None:
        if any(document.split == TEST for document in documents):
            raise UserError(f"{source} holds test documents, and {parameters.test_documents} is "
                            "given for them too; leave one of them out.")
        other = read_documents(parameters.test_documents, parameters)
        if any(document.split not in (None, TEST) for document in other):
            raise UserError(f"{parameters.test_documents} is given for test documents and holds "
                            "some to learn from; give its test part alone.")
        documents += [replace(document, split=TEST) for document in other]
        about["test_documents"] = parameters.test_documents
    documents = _of_one_spelling(documents)
    _refuse_labels(documents, source)
    counts = dict(sorted(Counter(document.label for document in documents).items()))
    _tell_of_few(counts)
    _tell_of_missing(counts)
    return Collected(documents, {**about, "counts": counts})


def _about(source: str) -> dict[str, Any]:
    """What a record says of a source."""
    entry = _entry_of(source)
    if entry:
        return entry.describe()
    return {"name": Path(source).resolve().name, "path": source}


def read_documents(
    source: str, parameters: DocumentsParameters, known: Collection[str] = ()
) -> list[Document]:
    """The documents of one source, of any number of classes, labels as they are written.

    `known` are labels that are sought. UserError where there are no documents.
    """
    found = Found()
    entry = _entry_of(source)
    tell_taken("documents", source, entry, CATALOGUE_KIND)
    if entry:
        for name, content in wanted_files(entry):
            read_orange_table(Path(name).name, content, found)
        return found.documents
    with (
        _opened(source) as path,
        progress(f"reading {source}", None, f"{NOUN}s", brief=True) as counter,
    ):
        if path != STANDARD_INPUT and path.is_dir():
            read_folder(path, source, known, parameters.encoding, found, counter)
        else:
            read_rows(path, parameters.columns, parameters.encoding, found)
            counter.advance(len(found.documents))
    found.tell()
    found.refuse_emptied(source)
    if not found.documents:
        raise UserError(f"{source} holds no documents with a label; {REMEDY}, or a file of them.")
    return found.documents


def _entry_of(source: str) -> Source | None:
    """The entry of the catalogue that a source stands for; None of a path and standard input."""
    _refuse_blank(source)
    given = is_standard_input(source) or Path(source).expanduser().exists()
    return entry_of(source, given, CATALOGUE_KIND)


def _refuse_blank(source: str) -> None:
    """UserError for what a shell makes of a variable that is not set: it would be this folder."""
    if not source.strip():
        raise UserError(f"the documents are {source!r}; name a folder or a file of them.")


@contextmanager
def _opened(source: str) -> Iterator[Path]:
    """The folder or file of a source, unpacked where it is an archive."""
    path = Path(source).expanduser()
    plain = path == STANDARD_INPUT or path.is_dir() or ending_of(path.name) in (*_FILES, ".txt")
    if plain or not is_archive(path):
        yield path
        return
    with workspace() as temporary:
        unpack(path, temporary)
        files = [each for each in temporary.rglob("*")
                 if each.is_file() and is_visible(each.relative_to(temporary))]
        # An archive around a table stands for it.
        alone = len(files) == 1 and ending_of(files[0].name) in _FILES
        yield files[0] if alone else temporary


def _of_one_spelling(documents: list[Document]) -> list[Document]:
    chosen = of_one_spelling((document.label for document in documents), "label")
    return [replace(document, label=chosen[document.label]) for document in documents]


def _refuse_labels(documents: list[Document], source: str) -> None:
    """UserError for fewer than two classes, a label that is an answer, and one of tests alone."""
    learnt = sorted({document.label for document in documents if document.split != TEST})
    tested = sorted({document.label for document in documents if document.split == TEST})
    for label in (*learnt, *tested):
        if comparable(label) == NOT_SURE:
            raise UserError(f"a class of {source} is called {label!r}, which is what a classifier "
                            "answers when it has no answer; rename it.")
    if not learnt:
        raise UserError(f"{source} holds test documents only; give some to learn from.")
    if len(learnt) == 1:
        raise UserError(f"{source} holds documents of only one class, {learnt[0]!r}; give those of "
                        "two or more.")
    if strange := sorted(set(tested) - set(learnt)):
        raise UserError(f"the test documents of {source} have labels that no others have, "
                        f"{shortened(list(map(repr, strange)))}; rename them, or take them out.")
    if tested and (untested := sorted(set(learnt) - set(tested))):
        say(f"warning: there are no test documents of {shortened(list(map(repr, untested)))}")


def _tell_of_missing(counts: dict[str, int]) -> None:
    """A class of documents that have no label would pass for one of its own."""
    for label, count in counts.items():
        if label.lower() in MISSING:
            say(f"warning: {counted(count, NOUN)} of a class {label!r}, which is what programs "
                "write where there is no label; empty these, and the documents are passed over")


def _tell_of_few(counts: dict[str, int]) -> None:
    few = [f"{label} ({count})" for label, count in counts.items() if count < FEW]
    if few:
        say(f"warning: fewer than {FEW} documents of {counted(len(few), 'class')}, "
            f"{shortened(few)}; more make a better classifier")
