"""Downloads from servers that break off, dawdle, lie or never end: none harms the cache."""

import contextlib
import hashlib
import itertools
import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from words_and_images.common import fetching
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import UnreachableError, WrongFileError, fetch_url

CONTENT = bytes(range(250)) * 400  # 100,000 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PAGE = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>"


def answer(*headers, status="200 OK", body=b""):
    """What is sent on a connection, which is closed behind it."""
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def length(size):
    return f"Content-Length: {size}"


GOOD = answer(length(len(CONTENT)), body=CONTENT)


class Server:
    """Gives each connection the next of its answers, bytes or an iterator of them.

    A piece that is None waits until the test is over; what follows a piece that is an Exception is
    a reset. `heard` are the requests.
    """

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/data.bin"
        self.answers, self.heard, self.over = [], [], threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError), connection:
            self.heard.append(connection.recv(1 << 16).decode())
            pieces = self.answers[min(len(self.heard), len(self.answers)) - 1]
            for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                if piece is None:
                    self.over.wait(20)
                elif isinstance(piece, Exception):
                    # Linger of zero: closing sends a reset.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          b"\1\0\0\0\0\0\0\0")
                    return
                else:
                    connection.sendall(piece)

    def close(self):
        self.over.set()
        self.listening.close()


@pytest.fixture
def server():
    serving = Server()
    yield serving
    serving.close()


@pytest.fixture
def slept(monkeypatch):
    return []


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, slept):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "WORDS_AND_IMAGES_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORDS_AND_IMAGES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetching, "_sleep", slept.append)
    return tmp_path / "cache"


def kept(cache):
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def refused(server, kind, match, **source):
    with pytest.raises(kind, match=match) as caught:
        fetch_url((server.url,), source.pop("sha256", None), **source)
    assert "\n" not in str(caught.value) and server.url in str(caught.value)


@pytest.mark.parametrize("bad", [
    answer(status="500 Internal Server Error"), answer(status="503 Service Unavailable"),
    answer(length(len(CONTENT)), body=CONTENT[:50_000]),
    answer("Transfer-Encoding: chunked", body=b"ffff\r\nonly this"),
    [answer(length(len(CONTENT)), body=CONTENT[:50_000]), ConnectionResetError()],
    [ConnectionResetError()],
])
def test_what_may_pass_is_asked_for_again_with_growing_waits(server, slept, cache, bad):
    server.answers = [bad, bad, GOOD]
    assert fetch_url((server.url,), None).read_bytes() == CONTENT
    assert len(server.heard) == 3 and slept == [1, 4]
    assert len(kept(cache)) == 1


def test_an_address_is_given_up_in_the_end(server, slept, cache):
    server.answers = [answer(status="500 Internal Server Error")]
    refused(server, UnreachableError, "HTTP status 500")
    assert slept == [1, 4, 16] and kept(cache) == []


@pytest.mark.parametrize(("bad", "told"), [
    (answer(status="404 Not Found"), "HTTP status 404"),
    (answer(status="416 Range Not Satisfiable"), "HTTP status 416"),
    (answer("Location: /data.bin", status="302 Found"), "it redirects without end"),
    (answer("Location: file:///etc/passwd", status="302 Found"), "that is not http"),
    (answer("Location: http://[", status="302 Found"), "InvalidURL"),
    (answer(length(len(PAGE)), body=PAGE), "a web page came"),
])
def test_what_will_not_pass_is_told_at_once_and_nothing_is_kept(server, slept, cache, bad, told):
    server.answers = [bad]
    refused(server, UnreachableError, told)
    assert slept == [] and kept(cache) == []


def test_the_next_address_is_asked_after_a_web_page_and_a_wrong_file(server, cache):
    server.answers = [answer(length(len(PAGE)), body=PAGE), answer(length(3), body=b"odd"), GOOD]
    urls = tuple(f"{server.url}?{number}" for number in range(3))
    assert fetch_url(urls, SHA256).read_bytes() == CONTENT
    assert len(kept(cache)) == 1


def test_a_length_that_is_no_number_does_not_matter(server):
    server.answers = [answer("Content-Length: abc", body=CONTENT)]
    assert fetch_url((server.url,), None).read_bytes() == CONTENT


def test_a_silent_server_is_asked_again_and_given_up(server, slept, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.05)
    server.answers = [[answer(length(len(CONTENT))), None], [None]]
    refused(server, UnreachableError, "no answer within 0.05 seconds")
    assert slept == [1, 4, 16]


def test_headers_that_never_end_are_given_up(server, slept, monkeypatch):
    monkeypatch.setattr(fetching, "ANSWER_SECONDS", 0.2)

    def slowly():
        yield b"HTTP/1.1 200 OK\r\nX-Long: "
        while not server.over.wait(0.02):
            yield b"x"

    server.answers = [slowly() for _ in range(4)]
    refused(server, UnreachableError, "no whole answer within 0.2 seconds")
    assert slept == [1, 4, 16]


def test_what_comes_with_a_redirect_is_not_read(server):
    endless = itertools.chain([answer("Location: /data.bin", status="302 Found")],
                              itertools.repeat(bytes(1 << 16)))
    server.answers = [endless, GOOD]
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT


def test_a_wrong_length_breaks_off_or_is_cut_and_is_no_poison(server, cache, monkeypatch):
    """One that is too long waits for more; one that is too short gives another file."""
    monkeypatch.setattr(fetching, "WAITS", ())
    server.answers = [answer(length(len(CONTENT) + 7), body=CONTENT)]
    refused(server, UnreachableError, "it broke off")
    server.answers = [answer(length(len(CONTENT) - 7), body=CONTENT)]
    refused(server, WrongFileError, "does not have the sha256", sha256=SHA256)
    assert kept(cache) == []
    server.answers = [GOOD]
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT


def test_of_three_addresses_the_second_is_asked_after_a_404_and_the_third_never(server):
    server.answers = [answer(status="404 Not Found"), GOOD]
    urls = tuple(f"{server.url}?{number}" for number in range(3))
    assert fetch_url(urls, SHA256).read_bytes() == CONTENT
    assert [line.split()[1] for line in server.heard] == ["/data.bin?0", "/data.bin?1"]


def test_a_byte_now_and_then_is_too_slow(server, slept, monkeypatch):
    monkeypatch.setattr(fetching, "_now", itertools.count(0, 20).__next__)

    def slowly():
        yield answer(length(len(CONTENT)))
        for _ in range(999):
            yield b"x"
            time.sleep(0.005)

    server.answers = [slowly() for _ in range(4)]
    refused(server, UnreachableError, "fewer than 1,024 bytes a second came")
    assert slept == [1, 4, 16]


def test_all_of_it_must_come_within_some_hours(server, slept, monkeypatch):
    clock = iter([0, 0, *[fetching.MOST_SECONDS + 1] * 9])
    monkeypatch.setattr(fetching, "_now", clock.__next__)
    server.answers = [GOOD]
    refused(server, UnreachableError, "not all of it came within 21,600 seconds")
    assert slept == []


@pytest.mark.parametrize("headers", [(), (length(10**15),), ("Transfer-Encoding: chunked",)])
def test_a_body_without_end_stops_at_the_size_of_the_catalogue_or_at_a_cap(
        server, cache, monkeypatch, headers):
    monkeypatch.setattr(fetching, "MOST_BYTES", 300_000)
    block = b"%x\r\n%b\r\n" % (len(CONTENT), CONTENT) if "Transfer" in str(headers) else CONTENT
    server.answers = [itertools.chain([answer(*headers)], itertools.repeat(block))
                      for _ in range(2)]
    refused(server, WrongFileError, "gives more than 300,000 bytes, which is the most")
    refused(server, WrongFileError, "or more bytes where .* says 150,000", size=150_000)
    assert kept(cache) == []


def test_a_part_is_gone_on_with_only_in_the_same_version_where_nothing_is_checked(server):
    start = answer(length(len(CONTENT)), 'ETag: "1"', body=CONTENT[:60_000])
    rest = answer("Content-Range: bytes 60000-99999/100000", length(40_000),
                  status="206 Partial Content", body=CONTENT[60_000:])
    server.answers = [start, rest]
    assert fetch_url((server.url,), None).read_bytes() == CONTENT
    assert "Range: bytes=60000-" in server.heard[1] and 'If-Range: "1"' in server.heard[1]


def test_a_part_of_an_earlier_run_is_not_mixed_with_an_unchecked_file(
        server, cache, monkeypatch):
    monkeypatch.setattr(fetching, "WAITS", ())
    server.answers = [answer(length(len(CONTENT)), body=b"x" * 50_000), GOOD]
    refused(server, UnreachableError, "it broke off")
    assert fetch_url((server.url,), None).read_bytes() == CONTENT
    assert "Range:" not in server.heard[1]


def test_another_part_than_was_asked_for_is_not_put_behind_the_first(server):
    other = answer("Content-Range: bytes 70000-99999/100000", length(30_000),
                   status="206 Partial Content", body=CONTENT[70_000:])
    server.answers = [answer(length(len(CONTENT)), body=CONTENT[:60_000]), other, GOOD]
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize("sha256", [None, SHA256])
def test_of_two_processes_the_second_waits_and_takes_what_the_first_fetched(
        server, cache, sha256):
    began = threading.Event()

    def slowly():
        yield answer(length(len(CONTENT)), body=CONTENT[:1000])
        began.set()
        ready.wait(20)
        yield CONTENT[1000:]

    ready = threading.Event()
    server.answers = [slowly(), GOOD]
    code = ("from words_and_images.common.fetching import fetch_url; "
            f"fetched = fetch_url(({server.url!r},), {sha256!r}).read_bytes(); "
            "print(fetched == bytes(range(250)) * 400)")
    start = [sys.executable, "-c", code]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(start, env=environment, **pipes) as first:
        assert began.wait(20)
        with subprocess.Popen(start, env=environment, **pipes) as second:
            assert "waiting for" in second.stderr.readline()
            ready.set()
            assert [each.communicate()[0] for each in (first, second)] == ["True\n"] * 2
    assert len(server.heard) == 1
    assert len(kept(cache)) == 1


def test_the_lock_of_a_process_that_died_does_not_stop_the_next(server, cache):
    cache.mkdir()
    (cache / f".{hashlib.sha256(server.url.encode()).hexdigest()[:8]}-data.bin.lock").touch()
    server.answers = [GOOD]
    assert fetch_url((server.url,), SHA256).read_bytes() == CONTENT
    assert len(kept(cache)) == 1


def test_a_disk_that_is_full_loses_the_part_and_is_told(server, cache, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching.shutil, "move", full)
    server.answers = [GOOD]
    with pytest.raises(UserError, match=r"cannot be written \(No space left on device\)"):
        fetch_url((server.url,), SHA256)
    assert kept(cache) == []
