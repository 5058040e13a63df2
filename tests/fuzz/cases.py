"""A changed file given to its reader, and what the reader may do about it.

It reads it, or raises UserError, whose sentence is of one line and of bounded length. It takes
no more than SECONDS of processors and, on Linux, BYTES of memory more than before; it writes
nothing outside of the file's folder and of that for temporary files, starts no process, opens no
connection and looks up no name for a pickle.
"""

import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.targets import Target
from words_and_images.common.errors import UserError

SECONDS = 1.0
BYTES = 256 << 20
LONGEST_SENTENCE = 4000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Events of sys.audit, which of their arguments are paths that change, and which is the open folder
# that a path is in.
CHANGING = {"os.mkdir": ((0, 2),), "os.rename": ((0, 2), (1, 3)), "os.remove": ((0, 1),),
            "os.rmdir": ((0, 1),), "os.link": ((0, 2), (1, 3)), "os.symlink": ((1, 2),),
            "os.chmod": ((0, 2),), "os.chown": ((0, 3),), "os.utime": ((0, 3),)}
FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
             "subprocess.Popen", "socket.connect", "socket.bind", "socket.getaddrinfo",
             "pickle.find_class", "os.kill", "ctypes.dlopen", "webbrowser.open")


class MisdeedError(AssertionError):
    """What no reader may do, whatever it reads."""


class _Watch:
    """Looks at what Python tells of (`sys.audit`), while there is a folder outside of which nothing
    may be changed."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._hook)  # there is no way to take one back

    def _hook(self, event: str, arguments: tuple) -> None:
        if self.folder is None:
            return
        if event in FORBIDDEN:
            self._tell(f"{event}{arguments!r}")
        elif event == "open":
            path, mode, flags = arguments
            writes = any(each in mode for each in "wax+") if mode else flags & WRITING
            if writes and isinstance(path, (str, bytes)):
                self._look(event, path)
        else:
            for place, folder in CHANGING.get(event, ()):
                self._look(event, arguments[place], arguments[folder])

    def _look(self, event: str, path: object, folder: int = -1) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # a file that is open
        place = os.fsdecode(path)
        if folder >= 0:
            place = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), place)
        place = os.path.realpath(place)
        if not place.startswith(str(self.folder)) and "__pycache__" not in place and (
                place != os.devnull):
            self._tell(f"{event} of {place}")

    def _tell(self, what: str) -> None:
        self.seen.append(what)
        raise MisdeedError(what)


_watch = _Watch()


class Case:
    """A target with its files made, to be read again and again.

    Parameters
    ----------
    target
    folder : an empty one.
    """

    def __init__(self, target: Target, folder: Path) -> None:
        self._target, self._folder = target, folder
        files = folder / "files"
        files.mkdir()
        self.paths = list(target.make(files))
        self.contents = [path.read_bytes() for path in self.paths]
        self._temporary = folder / "temporary"
        self._temporary.mkdir()
        for number, content in enumerate(self.contents):
            with contextlib.redirect_stderr(io.StringIO()):
                target.read(self.paths[number])  # which may import: that is no case
            assert self.try_one(number, content), f"{self.paths[number]} is refused as it is"

    def try_one(self, number: int, content: bytes) -> bool:
        """Whether the file of that number is read with that content, and not refused.

        MisdeedError, or whatever else it is, where it is neither, or does too much.
        """
        path = self.paths[number % len(self.paths)]
        whole = self.contents[number % len(self.paths)]
        path.write_bytes(content)
        try:
            with watched(self._folder, self._temporary):
                self._target.read(path)
        except UserError as error:
            if "\n" in str(error) or len(str(error)) > LONGEST_SENTENCE:
                raise MisdeedError(f"no sentence: {str(error)[:1000]!r}") from error
            return False
        finally:
            path.write_bytes(whole)
        return True


@contextmanager
def watched(folder: Path, temporary: Path) -> Iterator[None]:
    """Measure a block, and look at what it does."""
    before, directory = _memory(), tempfile.tempdir
    tempfile.tempdir = str(temporary)
    _watch.seen, _watch.folder = [], os.path.realpath(folder)
    start = time.process_time()
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        spent = time.process_time() - start
        _watch.folder, tempfile.tempdir = None, directory
        if _watch.seen:  # where the reader takes that for a reason to refuse the file, too
            raise MisdeedError("; ".join(_watch.seen))
    after = _memory(peak=True)
    if spent > SECONDS:
        raise MisdeedError(f"{spent:.1f} seconds")
    if after - before > BYTES:
        raise MisdeedError(f"{(after - before) >> 20:,} MB")


def _memory(peak: bool = False) -> int:
    """Bytes that the process holds, or held at most since this was asked without `peak`."""
    try:
        if not peak:
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        status = Path("/proc/self/status").read_text()
    except OSError:  # not on Linux
        return 0
    name = "VmHWM:" if peak else "VmRSS:"
    return int(status.partition(name)[2].split()[0]) << 10
