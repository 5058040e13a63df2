"""Downloads: verified by sha256, kept outside the repository, taken from a mirror folder first."""

import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
from packaging.utils import parse_wheel_filename

from words_and_images.common.errors import UserError
from words_and_images.common.progress import progress
from words_and_images.common.workspaces import workspace

MIRROR_VARIABLE = "WORDS_AND_IMAGES_MIRROR"
CACHE_VARIABLE = "WORDS_AND_IMAGES_CACHE"
TIMEOUT_SECONDS = 30
BLOCK_BYTES = 1 << 16  # what a broken connection loses at most

# Where a client's complaint turns into lists of versions and addresses.
_DETAILS = re.compile(r"\s*(?:\(from|https?://|HTTPS?ConnectionPool).*")

# pooch tells of every download and prints the hash of unverified files; `say` does that here.
pooch.get_logger().setLevel(logging.WARNING)

Downloader = Callable[[str, str, object], None]


class ChecksumError(UserError):
    """A file that is not the one whose checksum was stated; it was not kept."""

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
    name, version, _, _ = parse_wheel_filename(wheel)
    checksum = f"sha256:{sha256}" if sha256 else None
    return _retrieve(f"{name}=={version}", wheel, checksum, partial(_download_wheel, wheel))


def fetch_npm(package: str, sha256: str | None) -> Path:
    """The archive of a published npm package, name@version, fetched by npm itself."""
    name, _, version = package.rpartition("@")
    if not name:
        raise UserError(f"the npm package {package!r} has no version; write it as name@1.2.3.")
    file_name = f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    checksum = f"sha256:{sha256}" if sha256 else None
    return _retrieve(package, file_name, checksum, partial(_pack, file_name))


def fetch_url(
    urls: tuple[str, ...], sha256: str | None, size: int | None = None, md5: str | None = None
) -> Path:
    """A file by the first of its URLs that answers; an interrupted download continues.

    It is verified by its sha256, or by its md5 where its publisher gives only that.
    """
    checksum = f"sha256:{sha256}" if sha256 else f"md5:{md5}" if md5 else None
    refusals = []
    for url in urls:
        # Two URLs may end alike: the address is part of the name in the cache.
        prefix = hashlib.sha256(url.encode()).hexdigest()[:8]
        file_name = f"{prefix}-{Path(urlsplit(url).path).name}"
        try:
            path = _retrieve(url, file_name, checksum, _download_url)
        except UnreachableError as error:
            refusals.append(error.reason)
            continue
        _check_size(path, url, size)
        return path
    raise UnreachableError(" and ".join(urls), ", ".join(dict.fromkeys(refusals)))


def _retrieve(address: str, file_name: str, checksum: str | None, download: Downloader) -> Path:
    """The file from the cache, else from the mirror, else downloaded; always verified."""
    mirrored = _mirrored(file_name)
    if not (cache_folder() / file_name).exists():
        refuse_unwritable_cache()
    try:
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
        raise _unwritable_cache(error) from None


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
        raise UserError(
            f"{url} gave {actual:,} bytes where data/sources.yaml says {size:,}, and was not kept; "
            "fetch it again, or correct the entry if the change is meant."
        )


def _download_wheel(wheel: str, address: str, target: str, _pooch: object) -> None:
    """Fetch ``name==version`` with the tags of the wheel's file name."""
    with (
        workspace() as folder,
        progress(f"fetching the package {address}", None, "bytes") as counter,
    ):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--disable-pip-version-check", "--only-binary=:all:", "--dest", str(folder),
                   *_tag_flags(wheel), address]
        finished = subprocess.run(command, capture_output=True, text=True,
                                  env={**os.environ, "TMPDIR": str(folder)})
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
        finished = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if finished.returncode or not (folder / file_name).is_file():
            code = re.search(r"\bcode (E\w+)", finished.stderr)
            raise UnreachableError(f"the npm package {package}",
                                   f"npm says {code[1]}" if code else "no answer")
        shutil.copyfile(folder / file_name, target)
        counter.advance(Path(target).stat().st_size)


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


def _download_url(url: str, target: str, _pooch: object) -> None:
    """Fetch a URL, going on where an interrupted download stopped."""
    partial_file = cache_folder() / f"{hashlib.sha256(url.encode()).hexdigest()}.part"
    try:
        _download_rest(url, partial_file)
    except requests.RequestException as error:
        raise UnreachableError(url, _request_reason(error)) from None
    shutil.move(partial_file, target)


def _download_rest(url: str, partial_file: Path) -> None:
    """Append to the partial file what is still missing, or start again if the server insists."""
    have = partial_file.stat().st_size if partial_file.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            partial_file.unlink()
            _download_rest(url, partial_file)
            return
        response.raise_for_status()
        resumed = response.status_code == requests.codes.partial_content
        expected = int(response.headers.get("Content-Length", 0)) or None
        with (
            progress(f"fetching {url}", expected, "bytes") as counter,
            partial_file.open("ab" if resumed else "wb") as output,
        ):
            for block in response.iter_content(BLOCK_BYTES):
                output.write(block)
                counter.advance(len(block))
        received = partial_file.stat().st_size - (have if resumed else 0)
        if expected and "Content-Encoding" not in response.headers and received < expected:
            raise requests.ConnectionError(f"it broke off after {received:,} of {expected:,} bytes")


def _request_reason(error: requests.RequestException) -> str:
    """A request's failure in a few words."""
    if error.response is not None:
        return f"HTTP status {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "it broke off; what has come is kept for the next time"
    text = str(error)
    return text if text.startswith("it broke off") else type(error).__name__
