"""Files of word vectors in a zip archive, as GloVe's come: ``glove.6B.zip/glove.6B.50d.txt``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from word2vec.corpus.documents.text import is_visible
from word2vec.vectors.formats.not_vectors import briefly
from words_and_images.common.archives import is_zip, opened_zip, shown_name, zip_member
from words_and_images.common.errors import UserError, did_you_mean
from words_and_images.common.streams import Stream, unpacked

TRIED_MEMBERS = 20  # of an archive without a choice made
TOLD_MEMBERS = 8


def archive_of(path: Path) -> tuple[Path, str] | None:
    """The archive that a path names or leads into, and which of its members, '' for none."""
    for place in (path, *path.parents):
        if place.is_file():
            member = "" if place == path else path.relative_to(place).as_posix()
            with place.open("rb") as beginning:
                return (place, member) if is_zip(beginning.read(4)) else None
    return None


def choose(archive: Path, member: str, holds_vectors: Callable[[str], bool]) -> str:
    """The member to read: the one that was asked for, or the only one with vectors.

    Raises
    ------
    UserError
        Naming the members, where none or several have vectors.
    """
    names = _members(archive)
    if member:
        if member not in names:
            raise UserError(f"{archive} has no member {member!r}; {did_you_mean(member, names)}")
        return member
    if len(names) > 1 and all(name.endswith(".npy") for name in names):
        raise UserError(f"{archive} is a NumPy archive of the arrays {_listed(names)}; bring words "
                        "and matrix together in Python: "
                        "word2vec.vectors.formats.write_vectors(Path('vectors.bin'), words, "
                        "matrix).")
    if len(names) == 1:
        return names[0]
    fitting = [name for name in names[:TRIED_MEMBERS] if holds_vectors(name)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise UserError(f"{archive} is a zip archive without a file of word vectors; it holds "
                        f"{_listed(names) or 'nothing'}.")
    raise UserError(f"{archive} holds {len(fitting)} files of word vectors, {_listed(fitting)}; "
                    f"choose one as {archive}/{briefly(fitting[0])}.")


@contextmanager
def opened(archive: Path, member: str) -> Iterator[Stream]:
    """The content of a member, unpacked once more if it is packed itself."""
    with opened_zip(archive, str(archive)) as whole:
        content = zip_member(whole, whole.getinfo(member), str(archive))
        yield unpacked(content, f"{archive}/{shown_name(member)}")


def _members(archive: Path) -> list[str]:
    """The files of an archive, without those that macOS adds."""
    with opened_zip(archive, str(archive)) as whole:
        return [name for name in whole.namelist()
                if not name.endswith("/") and is_visible(PurePosixPath(name))]


def _listed(names: list[str]) -> str:
    more = ", ..." if len(names) > TOLD_MEMBERS else ""
    return ", ".join(map(briefly, names[:TOLD_MEMBERS])) + more
