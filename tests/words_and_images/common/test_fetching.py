import base64
import hashlib
import io
import json
import shutil
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from words_and_images.common import fetching
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import (
    UnreachableError,
    cache_folder,
    fetch_npm,
    fetch_url,
    fetch_wheel,
)

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()
WHEEL = "tiny-1.0-py3-none-any.whl"


class Server(ThreadingHTTPServer):
    """Serves CONTENT as its flags say, and remembers the Range header of each request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.ranges = CONTENT, []
        self.knows_ranges, self.cut_first_at = True, None
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.url = f"{self.address}/data.bin"

    @property
    def requests(self):
        return len(self.ranges)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):  # noqa: N802
        if self.path == "/moved.bin":
            self.send_response(302)
            self.send_header("Location", "/data.bin")
            self.end_headers()
            return
        self.server.ranges.append(self.headers.get("Range"))
        if self.path == "/missing.bin":
            self.send_error(404)
            return
        self.send_content()

    def send_content(self):
        content, first = self.server.content, 0
        wanted = self.headers.get("Range")
        if wanted and self.server.knows_ranges:
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
            if first >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(content) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        end = self.server.cut_first_at if self.server.requests == 1 else None
        self.wfile.write(content[first:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "WORDS_AND_IMAGES_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORDS_AND_IMAGES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("WORDS_AND_IMAGES_MIRROR", str(folder))
    return folder


@pytest.fixture
def no_server():
    """A URL that nobody serves: the port was just given back."""
    with Server() as closed:
        return closed.url


def interrupted(server, at):
    """A first download that the server cuts after so many bytes, and that is given up then."""
    server.cut_first_at = at
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "WAITS", ())
        with pytest.raises(UnreachableError, match="broke off"):
            fetch_url((server.url,), SHA256)


def kept(cache):
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def write_wheel(folder, name=WHEEL):
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("tiny/data.txt", "inside")
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_a_file_is_fetched_under_its_name_into_the_cache(server, cache):
    path = fetch_url((server.url,), SHA256, len(CONTENT))
    assert path.read_bytes() == CONTENT
    assert path.parent == cache and path.name.endswith("-data.bin")
    assert kept(cache) == [path.name]  # neither a partial nor a temporary file


def test_a_fetched_file_is_not_fetched_again(server):
    first = fetch_url((server.url,), SHA256)
    server.content = b"something else"
    assert fetch_url((server.url,), SHA256) == first
    assert server.requests == 1


def test_a_fetched_file_without_a_published_hash_is_not_fetched_again(server):
    first = fetch_url((server.url,), None, len(CONTENT))
    assert fetch_url((server.url,), None, len(CONTENT)) == first
    assert server.requests == 1


def test_a_damaged_file_in_the_cache_is_fetched_again(server):
    path = fetch_url((server.url,), SHA256)
    path.write_bytes(b"damaged")
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT


def test_files_that_end_alike_keep_apart(server):
    first = fetch_url((server.url,), None)
    server.content = b"other"
    second = fetch_url((f"{server.address}/other/data.bin",), None)
    assert first.read_bytes() == CONTENT and second.read_bytes() == b"other"


def test_a_wrong_sha256_is_refused_and_nothing_is_kept(server, cache):
    with pytest.raises(UserError, match=f"{server.url} does not have the sha256 {'0' * 64}"):
        fetch_url((server.url,), "0" * 64)
    assert kept(cache) == []


def test_a_wrong_size_is_refused_and_nothing_is_kept(server, cache):
    with pytest.raises(UserError, match=r"gave 512,000 bytes where .* says 512,001"):
        fetch_url((server.url,), None, 512_001)
    assert kept(cache) == []


def test_a_redirect_is_followed(server):
    assert fetch_url((f"{server.address}/moved.bin",), SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize("at", [100_000, 511_999])
def test_an_interrupted_download_goes_on_where_it_stopped(server, cache, at):
    interrupted(server, at)
    [partial] = cache.glob("*.part")
    have = partial.stat().st_size
    assert 0 < have <= at and at - have < 1 << 16  # at most a block is lost
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={have}-"]
    assert not list(cache.glob("*.part"))


def test_a_download_starts_again_where_the_server_knows_no_ranges(server, cache):
    server.knows_ranges = False
    interrupted(server, 100_000)
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT
    assert server.requests == 2


def test_a_partial_file_that_is_complete_already_does_not_end_in_an_error(server, cache):
    interrupted(server, 100_000)
    [partial] = cache.glob("*.part")
    partial.write_bytes(CONTENT)
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT
    assert server.ranges[1:] == ["bytes=512000-", None]


def test_a_missing_file_is_told_with_the_status(server):
    url = f"{server.address}/missing.bin"
    with pytest.raises(UnreachableError, match=rf"{url} cannot be reached \(HTTP status 404\)"):
        fetch_url((url,), SHA256)


def test_no_server_at_all_is_told_with_the_remedies(no_server):
    with pytest.raises(UnreachableError) as caught:
        fetch_url((no_server,), SHA256)
    told = str(caught.value)
    assert told.startswith(f"{no_server} cannot be reached (")
    assert "WORDS_AND_IMAGES_MIRROR" in told and "a path of your own" in told
    assert "\n" not in told and "object at 0x" not in told


def test_a_server_that_does_not_answer_in_time_is_told(server, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(fetching, "WAITS", ())
    asleep = threading.Event()
    monkeypatch.setattr(Handler, "send_content", lambda _: asleep.wait(5))
    with pytest.raises(UnreachableError, match="no answer within 0.05 seconds"):
        fetch_url((server.url,), SHA256)
    asleep.set()


def test_the_second_address_is_tried_when_the_first_fails(server, no_server):
    urls = (no_server, f"{server.address}/missing.bin", server.url)
    assert fetch_url(urls, SHA256).read_bytes() == CONTENT


def test_all_addresses_are_named_when_none_answers(server, no_server):
    urls = (no_server, f"{server.address}/missing.bin")
    with pytest.raises(UnreachableError) as caught:
        fetch_url(urls, SHA256)
    assert " and ".join(urls) in str(caught.value)
    assert "HTTP status 404" in str(caught.value)


@pytest.mark.parametrize("with_prefix", [False, True])
def test_the_mirror_folder_comes_before_the_network(server, mirror, with_prefix):
    prefix = hashlib.sha256(server.url.encode()).hexdigest()[:8] + "-" if with_prefix else ""
    (mirror / f"{prefix}data.bin").write_bytes(CONTENT)
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT
    assert server.requests == 0


def test_a_mirror_without_the_file_is_passed_over(server, mirror):
    (mirror / "other.bin").write_bytes(b"other")
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT


def test_a_wrong_file_in_the_mirror_is_named(server, mirror, cache):
    (mirror / "data.bin").write_bytes(b"wrong")
    with pytest.raises(UserError, match=f"{mirror / 'data.bin'} does not have the sha256"):
        fetch_url((server.url,), SHA256)
    assert kept(cache) == []


def test_the_cache_is_where_its_variable_says_or_else_the_users_own(cache, monkeypatch):
    assert cache_folder() == cache
    monkeypatch.delenv("WORDS_AND_IMAGES_CACHE")
    assert cache_folder().name == "words-and-images"


def test_a_wheel_comes_from_the_mirror_and_then_from_the_cache(mirror, cache):
    sha256 = write_wheel(mirror)
    assert fetch_wheel(WHEEL, sha256) == cache / WHEEL
    (mirror / WHEEL).unlink()
    assert zipfile.ZipFile(fetch_wheel(WHEEL, sha256)).read("tiny/data.txt") == b"inside"


def test_a_wheel_comes_by_the_registrys_client(tmp_path, monkeypatch, cache):
    (tmp_path / "index").mkdir()
    name = "tiny-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    with zipfile.ZipFile(tmp_path / "index" / name, "w") as archive:
        archive.writestr("tiny-1.0.dist-info/METADATA",
                         "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    assert fetch_wheel(name, None).read_bytes() == (tmp_path / "index" / name).read_bytes()


def test_a_wheel_that_cannot_be_had_is_named_without_addresses(monkeypatch, cache):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(UnreachableError) as caught:
        fetch_wheel("no_such_package_of_ours-9.9.9-py3-none-any.whl", SHA256)
    told = str(caught.value)
    assert told.startswith("the package no-such-package-of-ours==9.9.9 cannot be reached (")
    assert "WORDS_AND_IMAGES_MIRROR" in told
    assert "://" not in told and "(from" not in told and "\n" not in told
    assert kept(cache) == []


@pytest.mark.parametrize(("messages", "told"), [
    ("", "no answer"),
    ("WARNING: Retrying\nERROR: No matching distribution found for tiny==1.0",
     "No matching distribution found for tiny==1.0"),
    ("ERROR: Could not find a version of tiny==1.0 (from versions: 1, 2)",
     "Could not find a version of tiny==1.0"),
    ("ERROR: HTTP error 403 while getting https://host.example/tiny.whl",
     "HTTP error 403 while getting"),
    ("ERROR: Could not install: HTTPSConnectionPool(host='host.example', port=443)",
     "Could not install:"),
])
def test_the_clients_complaint_is_told_without_versions_and_addresses(messages, told):
    assert fetching._reason(messages) == told


def test_a_wheel_for_one_platform_is_asked_for_with_its_tags():
    flags = fetching._tag_flags(
        "tiny-1.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl")
    assert flags == ["--python-version", "311", "--implementation", "cp", "--abi", "cp311",
                     "--platform=manylinux_2_24_x86_64", "--platform=manylinux_2_28_x86_64"]
    assert fetching._tag_flags(WHEEL) == []


class Registry(BaseHTTPRequestHandler):
    """Answers npm with one package, tiny@1.0.0."""

    def do_GET(self):  # noqa: N802
        answers = {"/tiny": self.server.description(), "/tiny/-/tiny-1.0.0.tgz": npm_archive()}
        content = answers.get(self.path)
        self.send_response(200 if content else 404)
        self.end_headers()
        self.wfile.write(content or b"{}")

    def log_message(self, *_):
        pass


class RegistryServer(ThreadingHTTPServer):
    def description(self):
        integrity = base64.b64encode(hashlib.sha512(npm_archive()).digest()).decode()
        version = {"name": "tiny", "version": "1.0.0", "dist": {
            "tarball": f"http://127.0.0.1:{self.server_port}/tiny/-/tiny-1.0.0.tgz",
            "integrity": f"sha512-{integrity}"}}
        return json.dumps({"name": "tiny", "dist-tags": {"latest": "1.0.0"},
                           "versions": {"1.0.0": version}}).encode()


def npm_archive():
    """What `npm pack` gives of a package: all files below package/."""
    files = {"package/package.json": b'{"name": "tiny", "version": "1.0.0"}',
             "package/data/digits": b"inside"}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    # gzip writes the time: without it the archive has one hash
    return archive.getvalue()[:4] + bytes(4) + archive.getvalue()[8:]


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """npm, made to ask a server of our own."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    server = RegistryServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    yield server
    server.shutdown()


def test_an_npm_package_comes_by_npm_and_then_from_the_cache(registry, cache):
    sha256 = hashlib.sha256(npm_archive()).hexdigest()
    path = fetch_npm("tiny@1.0.0", sha256)
    assert path == cache / "tiny-1.0.0.tgz"
    registry.shutdown()
    with tarfile.open(fetch_npm("tiny@1.0.0", sha256)) as archive:
        assert archive.extractfile("package/data/digits").read() == b"inside"


def test_an_npm_package_of_another_hash_is_not_kept(registry, cache):
    with pytest.raises(UserError, match=f"tiny@1.0.0 does not have the sha256 {SHA256}"):
        fetch_npm("tiny@1.0.0", SHA256)
    assert kept(cache) == []


def test_an_npm_package_that_nobody_has_is_told_with_npms_own_word(registry, cache):
    told = r"no-such-package@9.9.9 cannot be reached \(npm says E404\); .*WORDS_AND_IMAGES_MIRROR"
    with pytest.raises(UnreachableError, match=told):
        fetch_npm("no-such-package@9.9.9", None)
    assert kept(cache) == []


@pytest.mark.parametrize("package", ["tiny", "@owner/tiny", "-g@1.2.3", "a@../../b", "../a@1"])
def test_an_npm_package_without_a_name_and_a_version_is_told(package):
    with pytest.raises(UserError, match=f"'{package}' has no name and version; write it as name@"):
        fetch_npm(package, None)


@pytest.mark.parametrize("wheel", ["tiny", "-r-1.0-py3-none-any.whl", "../a-1.0-py3-none-any.whl"])
def test_a_wheel_that_is_none_by_its_name_is_told(wheel):
    with pytest.raises(UserError, match=f"the wheel '{wheel}' is none by its name"):
        fetch_wheel(wheel, None)


def test_without_npm_that_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    told = r"package tiny@1.0.0 .* \(npm is not installed: install Node.js\)"
    with pytest.raises(UnreachableError, match=told):
        fetch_npm("tiny@1.0.0", None)


def test_an_npm_package_comes_from_the_mirror_without_npm(mirror, cache, monkeypatch):
    (mirror / "owner-tiny-1.0.0.tgz").write_bytes(npm_archive())
    monkeypatch.setattr(fetching.shutil, "which", lambda _: None)
    path = fetch_npm("@owner/tiny@1.0.0", hashlib.sha256(npm_archive()).hexdigest())
    assert path.name == "owner-tiny-1.0.0.tgz"
