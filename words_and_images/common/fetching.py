"""Downloads: verified by sha256, kept outside the repository, taken from a mirror folder first.

What a server does is bounded: how long it may be silent, how slowly it may send, how long all of it
may take, how much may come, and how often it is asked again.
"""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urljoin, urlsplit

import pooch
import requests
import urllib3
from packaging.utils import parse_wheel_filename

from words_and_images.common.errors import UserError
from words_and_images.common.progress import progress, say
from words_and_images.common.workspaces import workspace

MIRROR_VARIABLE = "WORDS_AND_IMAGES_MIRROR"
CACHE_VARIABLE = "WORDS_AND_IMAGES_CACHE"
TIMEOUT_SECONDS = 30  # of silence
ANSWER_SECONDS = 120  # for the headers, of all redirects on the way to a file
MOST_REDIRECTS = 30
LEAST_RATE, RATE_SECONDS = 1 << 10, 60  # bytes a second, over so many
MOST_SECONDS = 6 * 3600  # for an address, or for a registry's client
MOST_BYTES = 1 << 32  # of what the catalogue gives no size of
WAITS = (1, 4, 16)  # seconds before an address is asked again
BLOCK_BYTES = 1 << 16
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # HTTP statuses that may be others soon
WEB_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)

# Where a client's complaint turns into lists of versions and addresses.
_NPM_PACKAGE = re.compile(r"(@\w[\w.-]*/)?\w[\w.-]*@\w[\w.+-]*")
_DETAILS = re.compile(r"\s*(?:\(from|https?://|HTTPS?ConnectionPool).*")

# pooch tells of every download and prints the hash of unverified files; `say` does that here.
pooch.get_logger().setLevel(logging.WARNING)

Downloader = Callable[[str, str, object], None]


class WrongFileError(UserError):
    """A file that is not the one that was asked for; it was not kept."""


class ChecksumError(WrongFileError):
    """The same, told by the checksum that was stated."""

    def __init__(self, address: str, checksum: str, stated: str = "data/sources.yaml") -> None:
        self.address = address
        algorithm, _, digits = checksum.partition(":")
        super().__init__(
            f"{address} does not have the {algorithm} {digits} that {stated} gives, and was not "
            "kept; fetch it again, or correct the checksum if the change is meant."
        )


class UnreachableError(UserError):
    """A source that did not answer."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"{address} cannot be reached ({reason}); connect to the network, or set "
            f"{MIRROR_VARIABLE} to a folder that holds the file, or give a path of your own as "
            "the source."
        )
        self.reason = reason


def cache_folder() -> Path:
    """Where downloads are kept: WORDS_AND_IMAGES_CACHE, or the user's cache folder."""
    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("words-and-images"))


def refuse_unwritable_cache() -> None:
    """UserError, before any work, where nothing can be kept in the cache folder."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with workspace(folder):
            pass
    except OSError as error:
        raise _unwritable_cache(error) from None


def _unwritable_cache(error: OSError) -> UserError:
    return UserError(f"{cache_folder()}, where downloads and what is made of them are kept, cannot "
                     f"be written ({error.strerror or error}); set {CACHE_VARIABLE} to another "
                     "folder.")


def fetch_wheel(wheel: str, sha256: str | None) -> Path:
    """A published wheel by its file name, fetched with the registry's own client.

    The name carries package, version and tags, so the same file comes on every platform.
    """
    try:
        name, version, _, _ = parse_wheel_filename(wheel)
    except ValueError as error:
        raise UserError(f"the wheel {wheel!r} is none by its name ({error}); mend it in "
                        "data/sources.yaml.") from None
    checksum = f"sha256:{sha256}" if sha256 else None
    return _retrieve(f"{name}=={version}", wheel, checksum, partial(_download_wheel, wheel))


def fetch_npm(package: str, sha256: str | None) -> Path:
    """The archive of a published npm package, name@version, fetched by npm itself."""
    if not _NPM_PACKAGE.fullmatch(package):  # another would be an option, or a path in the cache
        raise UserError(f"the npm package {package!r} has no name and version; write it as "
                        "name@1.2.3.")
    name, _, version = package.rpartition("@")
    file_name = f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    checksum = f"sha256:{sha256}" if sha256 else None
    return _retrieve(package, file_name, checksum, partial(_pack, file_name))


def fetch_url(
    urls: tuple[str, ...], sha256: str | None, size: int | None = None, md5: str | None = None
) -> Path:
    """A file by the first of its URLs that gives it; an interrupted download continues.

    It is verified by its sha256, or by its md5 where its publisher gives only that.

    Raises
    ------
    UnreachableError
        Where no URL answers, or all answer with a web page.
    WrongFileError
        Where one answers with another checksum, another size, or without an end.
    """
    checksum = f"sha256:{sha256}" if sha256 else f"md5:{md5}" if md5 else None
    refusals: list[UnreachableError | WrongFileError] = []
    for url in urls:
        # Two URLs may end alike: the address is part of the name in the cache.
        prefix = hashlib.sha256(url.encode()).hexdigest()[:8]
        file_name = f"{prefix}-{Path(urlsplit(url).path).name}"
        download = _Download(url, size, is_checked=checksum is not None)
        try:
            path = _retrieve(url, file_name, checksum, download)
            _check_size(path, url, size)
            return path
        except (UnreachableError, WrongFileError) as error:
            refusals.append(error)
    reasons = []
    for refusal in refusals:
        if isinstance(refusal, WrongFileError):
            raise refusal
        reasons.append(refusal.reason)
    raise UnreachableError(" and ".join(urls), ", ".join(dict.fromkeys(reasons)))


def _retrieve(address: str, file_name: str, checksum: str | None, download: Downloader) -> Path:
    """The file from the cache, else from the mirror, else downloaded; always verified."""
    path, mirrored = cache_folder() / file_name, _mirrored(file_name)
    if _is_whole(path, checksum):
        return path
    refuse_unwritable_cache()
    try:
        with _alone(path):
            return Path(pooch.retrieve(
                url=address,
                known_hash=checksum,
                fname=file_name,
                path=cache_folder(),
                downloader=partial(_copy, mirrored) if mirrored else download,
            ))
    except ValueError as error:
        if "hash" not in str(error):
            raise
        raise ChecksumError(str(mirrored or address), str(checksum)) from None
    except OSError as error:
        if error.filename and not Path(error.filename).is_relative_to(cache_folder()):
            raise
        if error.errno == errno.ENOSPC and isinstance(download, _Download):
            download.give_up()  # a disk that stays full would stop everything else
        raise _unwritable_cache(error) from None


def _is_whole(path: Path, checksum: str | None) -> bool:
    """Whether a file is in the cache, and is the one of the checksum if there is one."""
    if not path.is_file():
        return False
    algorithm, _, digits = (checksum or "").partition(":")
    return not checksum or pooch.file_hash(str(path), algorithm) == digits


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from fetching the same file; the system frees the lock of a dead one."""
    lock = path.with_name(f".{path.name}.lock")
    while True:
        with _opened(lock) as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"waiting for {path.name}, which another process is fetching")
                fcntl.flock(opened, fcntl.LOCK_EX)
            # Whoever had it has removed it: a third process may hold a new one.
            try:
                if not os.path.samestat(lock.stat(), os.fstat(opened.fileno())):
                    continue
            except FileNotFoundError:
                continue
            try:
                yield
            finally:
                with contextlib.suppress(PermissionError):  # another user's, who died
                    lock.unlink(missing_ok=True)
            return


def _opened(lock: Path) -> IO[bytes]:
    """A file to lock: to write to, as network file systems ask, where it is not another user's."""
    try:
        return lock.open("ab")
    except PermissionError:
        return lock.open("rb")


def _mirrored(file_name: str) -> Path | None:
    """The file in the mirror folder, with or without the cache's prefix, if there is one."""
    folder = os.environ.get(MIRROR_VARIABLE)
    candidates = (file_name, file_name.partition("-")[2]) if folder else ()
    return next((Path(folder) / name for name in candidates  # type: ignore[arg-type]
                 if name and (Path(folder) / name).is_file()), None)  # type: ignore[arg-type]


def _copy(source: Path, _address: str, target: str, _pooch: object) -> None:
    shutil.copyfile(source, target)


def _check_size(path: Path, url: str, size: int | None) -> None:
    """Refuse a file of another size, for sources that publish no hash."""
    actual = path.stat().st_size
    if size is not None and actual != size:
        path.unlink()
        raise _wrong_size(url, f"{actual:,}", size)


def _wrong_size(url: str, given: str, size: int) -> WrongFileError:
    return WrongFileError(
        f"{url} gave {given} bytes where data/sources.yaml says {size:,}, and was not kept; fetch "
        "it again, or correct the entry if the change is meant.")


def _download_wheel(wheel: str, address: str, target: str, _pooch: object) -> None:
    """Fetch ``name==version`` with the tags of the wheel's file name."""
    with (
        workspace() as folder,
        progress(f"fetching the package {address}", None, "bytes") as counter,
    ):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--disable-pip-version-check", "--only-binary=:all:", "--dest", str(folder),
                   *_tag_flags(wheel), address]
        finished = _finished(command, f"the package {address}", folder)
        if finished.returncode or not (folder / wheel).is_file():
            raise UnreachableError(f"the package {address}", _reason(finished.stderr))
        shutil.copyfile(folder / wheel, target)
        counter.advance(Path(target).stat().st_size)


def _pack(file_name: str, package: str, target: str, _pooch: object) -> None:
    """Fetch an npm package without running anything of it."""
    npm = shutil.which("npm")
    if npm is None:
        raise UnreachableError(f"the npm package {package}",
                               "npm is not installed: install Node.js")
    with (
        workspace() as folder,
        progress(f"fetching the npm package {package}", None, "bytes") as counter,
    ):
        command = [npm, "pack", "--loglevel=error", "--ignore-scripts",
                   "--pack-destination", str(folder), package]
        finished = _finished(command, f"the npm package {package}", folder)
        if finished.returncode or not (folder / file_name).is_file():
            code = re.search(r"\bcode (E\w+)", finished.stderr)
            raise UnreachableError(f"the npm package {package}",
                                   f"npm says {code[1]}" if code else "no answer")
        shutil.copyfile(folder / file_name, target)
        counter.advance(Path(target).stat().st_size)


def _finished(command: list[str], what: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A registry's client, run to its end."""
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=folder,
                              env={**os.environ, "TMPDIR": str(folder)}, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        raise UnreachableError(what, f"no end within {MOST_SECONDS:,} seconds") from None


def _tag_flags(wheel: str) -> list[str]:
    """Flags that make the registry's client pick this wheel whatever machine it runs on."""
    tags = sorted(parse_wheel_filename(wheel)[3], key=str)
    if any(tag.platform == "any" for tag in tags):
        return []
    return ["--python-version", tags[0].interpreter.removeprefix("cp"), "--implementation", "cp",
            "--abi", tags[0].abi] + [f"--platform={tag.platform}" for tag in tags]


def _reason(messages: str) -> str:
    """The registry client's last complaint, without the list of versions or addresses."""
    errors = [line.removeprefix("ERROR: ") for line in messages.splitlines() if "ERROR" in line]
    return _DETAILS.sub("", errors[-1]) if errors else "no answer"


class _FailedError(Exception):
    """Why one request gave no file, and whether another may."""

    def __init__(self, reason: str, again: bool) -> None:
        super().__init__(reason)
        self.reason, self.again = reason, again


class _Download:
    """Fetches a URL, going on where an interrupted download stopped.

    Parameters
    ----------
    url : to ask.
    size : of the file in bytes, as the catalogue gives it; None where it does not.
    is_checked : whether a checksum will tell if two versions of the file were mixed. Where not, an
        earlier run's part is left alone, and this run's goes on only in what the server calls the
        same version.
    """

    def __init__(self, url: str, size: int | None, is_checked: bool) -> None:
        self._url, self._size, self._is_checked = url, size, is_checked
        # Each user's own: nobody may append to another's.
        key = hashlib.sha256(url.encode()).hexdigest()
        self._part = cache_folder() / f"{key}-{os.getuid()}.part"
        self._version: str | None = None

    def __call__(self, _url: str, target: str, _pooch: object) -> None:
        """Write the file to `target`."""
        if not self._is_checked:
            self.give_up()
        deadline = _now() + MOST_SECONDS
        for wait in (*WAITS, None):
            try:
                self._request(deadline)
                break
            except _FailedError as error:
                if not error.again or wait is None or _now() + wait > deadline:
                    if not self._is_checked:
                        self.give_up()  # the next run would not go on with it
                    raise UnreachableError(self._url, error.reason) from None
                say(f"{self._url}: {error.reason}; asking again in {wait:g} s")
                _sleep(wait)
        shutil.move(self._part, target)

    def give_up(self) -> None:
        """Remove what has come."""
        self._part.unlink(missing_ok=True)

    def _request(self, deadline: float) -> None:
        """Append what is still missing, or start again if the server insists."""
        have = self._part.stat().st_size if self._part.exists() else 0
        if not (self._is_checked or self._version):
            have = 0
        # A part of a file that is packed on the way could not be gone on with.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            headers |= {"If-Range": self._version} if self._version else {}
        try:
            with _asked(self._url, headers) as response:
                if not have or response.status_code != requests.codes.range_not_satisfiable:
                    self._receive(response, have, deadline)
                    return
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _failure(error) from None
        self.give_up()
        self._request(deadline)

    def _receive(self, response: requests.Response, have: int, deadline: float) -> None:
        status, tag = response.status_code, response.headers.get("ETag", "W/")
        if status not in (requests.codes.ok, requests.codes.partial_content):
            raise _FailedError(f"HTTP status {status}", status in PASSING)
        # A weak tag is that of all versions which mean the same.
        self._version = response.headers.get("Last-Modified") if tag.startswith("W/") else tag
        if status == requests.codes.ok:
            have = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            self.give_up()
            raise _FailedError("it sent another part of the file than was asked for", again=True)
        told = response.headers.get("Content-Length", "")
        expected = int(told) if told.isascii() and told.isdecimal() and len(told) < 20 else None
        self._refuse_size(have + (expected or 0))
        with (
            progress(f"fetching {self._url}", expected, "bytes") as counter,
            self._part.open("ab" if have else "wb") as output,
        ):
            for block in self._blocks(response, have, deadline):
                output.write(block)
                counter.advance(len(block))
            received = output.tell() - have
        if expected is not None and received < expected:
            raise _FailedError("it broke off", again=True)

    def _blocks(self, response: requests.Response, have: int, deadline: float) -> Iterator[bytes]:
        """The content as it comes, within all bounds."""
        total, began, before = have, _now(), have
        # Unlike `read`, this one gives what is there, and does not wait for a whole block.
        while block := response.raw.read1(BLOCK_BYTES, decode_content=False):
            if not total:
                self._refuse_web_page(block)
            total += len(block)
            self._refuse_size(total)
            yield block
            now = _now()
            if now > deadline:
                raise _FailedError(f"not all of it came within {MOST_SECONDS:,} seconds",
                                   again=False)
            if now - began > RATE_SECONDS:
                if total - before < LEAST_RATE * (now - began):
                    raise _FailedError(f"fewer than {LEAST_RATE:,} bytes a second came", again=True)
                began, before = now, total

    def _refuse_size(self, total: int) -> None:
        if total <= (MOST_BYTES if self._size is None else self._size):
            return
        self.give_up()
        if self._size is not None:
            raise _wrong_size(self._url, f"{total:,} or more", self._size)
        raise WrongFileError(
            f"{self._url} gives more than {MOST_BYTES:,} bytes, which is the most for a file whose "
            "size is not known, and was not kept; fetch it yourself and give its path.")

    def _refuse_web_page(self, beginning: bytes) -> None:
        """What came to be logged in to, or as an error, would be kept as the file itself."""
        if WEB_PAGE.match(beginning) and not urlsplit(self._url).path.endswith((".html", ".htm")):
            self.give_up()
            raise _FailedError("a web page came, such as one to log in", again=False)


_now, _sleep = time.monotonic, time.sleep


def _asked(url: str, headers: dict[str, str]) -> requests.Response:
    """The answer up to its headers, which may come a byte now and then without an end."""
    answers: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_followed(url, headers))
        except Exception as error:  # of any kind: it is raised below
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        raise _FailedError(f"no whole answer within {ANSWER_SECONDS} seconds",
                           again=True) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


class _OneRequest(requests.Session):
    """Follows no redirect: it would first read all that comes with one, however much."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _followed(url: str, headers: dict[str, str]) -> requests.Response:
    """The answer behind all redirects, its content still to be read."""
    for _ in range(MOST_REDIRECTS):
        with _OneRequest() as session:
            response = session.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS)
        if not response.is_redirect:
            return response
        response.close()
        try:
            url = urljoin(url, response.headers["Location"])
        except ValueError as error:
            raise requests.exceptions.InvalidURL(str(error)) from None
    raise requests.TooManyRedirects


def _failure(error: Exception) -> _FailedError:
    """A request's failure in a few words, and whether another may do better."""
    if isinstance(error, (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)):
        return _FailedError(f"no answer within {TIMEOUT_SECONDS} seconds", again=True)
    if isinstance(error, requests.Timeout):
        return _FailedError(f"no answer within {TIMEOUT_SECONDS} seconds", again=False)
    if isinstance(error, urllib3.exceptions.HTTPError):
        return _FailedError("it broke off", again=True)
    if isinstance(error, requests.TooManyRedirects):
        return _FailedError("it redirects without end", again=False)
    if isinstance(error, requests.exceptions.InvalidSchema):
        return _FailedError("it is or leads to an address that is not http", again=False)
    # A name that nobody knows and a port that nobody listens at stay so; a reset may pass.
    reason = getattr(next(iter(error.args), None), "reason", None)
    again = type(error) is requests.ConnectionError and reason is None
    return _FailedError(type(error).__name__, again)
