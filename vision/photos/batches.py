"""Images for other processes: batches of them, with all that their looks need.

A process that reads no files of this machine's is given their contents. One that reads the same
files under the same paths is given these, and makes sure that what it reads is the same.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from socket import gethostname

from vision.photos.image import ImageFile, UnreadableImageError, content_of
from vision.photos.looks import Look
from vision.photos.variants import Inset, InsetInPart, InsetOfOne
from words_and_images.common.errors import UserError

FEWEST, MOST = 16, 64  # images of a batch
BATCHES = 16  # that each worker is to have at least, where these are not smaller than `FEWEST`
BATCH_BYTES = 1 << 23  # of contents: photos of some megabytes each make smaller batches


@dataclass(frozen=True)
class Wanted:
    """An image, and the looks that are wanted of it."""

    file: ImageFile
    looks: tuple[Look, ...]

    @classmethod
    def of(cls, file: ImageFile, looks: Sequence[Look]) -> "Wanted":
        """With looks of this image alone, which hold no more than they need for it."""
        return cls(file, tuple(
            look.of(file.sha256) if isinstance(look, (Inset, InsetInPart)) else look
            for look in looks))

    def each(self, change: Callable[[ImageFile], ImageFile]) -> "Wanted":
        """The same with a change of every file: the image's own, and those its looks need."""
        return Wanted(change(self.file), tuple(
            replace(look, around=change(look.around)) if isinstance(look, InsetOfOne) else look
            for look in self.looks))

    def files(self) -> list[ImageFile]:
        """The image's own, and those its looks need."""
        return [self.file, *(look.around for look in self.looks if isinstance(look, InsetOfOne))]


def batch_size(images: int, workers: int) -> int:
    """Images of a batch where so many are divided among so many workers.

    Each batch costs whoever sends it some messages, whatever its size; the last ones are the longer
    waited for, the larger they are.
    """
    return min(MOST, max(FEWEST, images // (BATCHES * max(1, workers))))


def batches(wanted: Iterable[Wanted], shared: bool, most: int) -> Iterator[list[Wanted]]:
    """Batches of so many images at most for other processes.

    With their contents, or for processes that read the same files (`shared`), without.

    Raises
    ------
    UnreadableImageError
        For a file that is to be sent and cannot be read.
    """
    batch: list[Wanted] = []
    size = 0
    for each in wanted:
        batch.append(each.each(_placed if shared else _read))
        size += sum(len(file.source) for file in batch[-1].files()
                    if isinstance(file.source, bytes))
        if len(batch) == most or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def verified(file: ImageFile) -> ImageFile:
    """A file with its content, in the process that works on it.

    Raises
    ------
    UserError
        Where this process finds another file under the same path, or none.
    """
    if isinstance(file.source, bytes):
        return file
    try:
        content = content_of(file.source)
    except UnreadableImageError as error:
        raise _not_shared(f"{file.source} cannot be read", error.reason) from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _not_shared(f"{file.source} is another file", f"its sha256 is not {file.sha256}")
    return replace(file, source=content)


def _not_shared(what: str, reason: str) -> UserError:
    return UserError(f"{what} on the worker {gethostname()} ({reason}); give it the same files "
                     "under the same paths, or set engine.files to sent.")


def _read(file: ImageFile) -> ImageFile:
    return file if isinstance(file.source, bytes) else replace(file, source=content_of(file.source))


def _placed(file: ImageFile) -> ImageFile:
    """Under a path that does not depend on the folder that a process is in."""
    return file if isinstance(file.source, bytes) else replace(file, source=file.source.absolute())
