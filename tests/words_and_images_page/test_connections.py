"""Visitors who send nothing, or badly, or do not read: over sockets, as they come."""

import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("uvicorn", reason="the extra app is not installed")
pytest.importorskip("gradio", reason="the extra app is not installed")

from small_pages import serving  # noqa: E402

from words_and_images_page import connections  # noqa: E402

HOST = b"Host: x\r\n"
CHUNKED = HOST + b"Transfer-Encoding: chunked\r\n\r\n"
LONG = 50_000_000  # bytes of an answer: more than the kernel takes of one that is not read


async def echo(scope, receive, send):
    """An application that says how many bytes a request had, or sends a long answer."""
    if scope["type"] != "http":
        return
    length, more = 0, scope["path"] == "/read"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    answer = b"x" * LONG if scope["path"] == "/long" else b"%d bytes" % length
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"%d" % len(answer))]})
    for start in range(0, len(answer), 65536):
        more = start + 65536 < len(answer)
        await send({"type": "http.response.body", "body": answer[start:start + 65536],
                    "more_body": more})


@pytest.fixture
def visit():
    """A function that opens a connection to a server of `echo`, which has sent some bytes."""
    opened = []
    with serving(echo) as address:

        def connect(*parts: bytes) -> socket.socket:
            connection = socket.create_connection(address, timeout=10)
            opened.append(connection)
            for part in parts:
                connection.sendall(part)
            return connection

        yield connect
        for connection in opened:
            connection.close()


def rest_of(connection: socket.socket) -> bytes:
    """What still comes, until the other side has closed."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def asked(connection: socket.socket) -> bytes:
    """The answer to one more request, which is the connection's last."""
    connection.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    return rest_of(connection)


@contextmanager
def dripping(connection: socket.socket):
    """Letters sent one after the other in the background, as long as they are taken."""
    stopped = threading.Event()

    def drip():
        try:
            while not stopped.wait(0.02):
                connection.sendall(b"a")
        except OSError:
            pass

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    stopped.set()
    thread.join()


@pytest.mark.parametrize("begun", [
    b"GET / HT", b"GET / HTTP/1.1\r\n" + HOST + b"X: ",
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\nGET /"])  # also after an answer
def test_headers_that_drip_are_given_up_with_a_sentence(visit, monkeypatch, begun):
    monkeypatch.setattr(connections, "ASKING", 0.3)
    connection = visit(begun)
    with dripping(connection):
        answers = rest_of(connection).split(b"HTTP/1.1 ")[1:]
    assert answers[-1].startswith(b"408 Request Timeout\r\n")
    assert answers[-1].endswith(connections.TOO_SLOW.encode())


@pytest.mark.parametrize("begun, answer", [
    (b"", b""), (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n", b"0 bytes")])
def test_what_is_idle_or_answered_before_its_end_is_closed(visit, monkeypatch, begun, answer):
    monkeypatch.setattr(connections, "ASKING", 0.3)
    connection = visit(begun)
    if begun:
        with dripping(connection):
            assert rest_of(connection).endswith(answer)
    else:
        assert rest_of(connection) == answer


def test_a_body_has_the_time_that_the_application_gives_it(visit, monkeypatch):
    monkeypatch.setattr(connections, "ASKING", 0.2)
    connection = visit(b"POST /read HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n"
                       b"Connection: close\r\n\r\na")
    time.sleep(0.6)
    connection.sendall(b"b")
    assert rest_of(connection).endswith(b"2 bytes")


def test_an_answer_that_is_not_read_is_given_up(visit, monkeypatch):
    monkeypatch.setattr(connections, "READING", 0.3)
    connection = visit(b"GET /long HTTP/1.1\r\n" + HOST + b"\r\n")
    time.sleep(1)
    assert len(rest_of(connection)) < LONG


def test_an_answer_that_is_read_comes_whole(visit):
    connection = visit(b"GET /long HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert len(rest_of(connection)) > LONG


def test_with_too_many_connections_the_one_that_has_waited_longest_goes(visit, monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 3)
    oldest, *others = [visit(b"GET") for _ in range(4)]
    assert rest_of(oldest) == b""
    assert asked(visit()).endswith(b"0 bytes")  # in the place of the next
    assert rest_of(others[0]) == b""
    others[-1].sendall(b" / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert rest_of(others[-1]).endswith(b"0 bytes")


def test_half_open_connections_keep_nobody_waiting(visit, monkeypatch, capfd):
    monkeypatch.setattr(connections, "most_connections", lambda: 50)
    for number in range(120):
        visit([b"", b"GET / HT", b"POST /read HTTP/1.1\r\n" + HOST
               + b"Content-Length: 9\r\n\r\na"][number % 3])
    begun = time.monotonic()
    assert asked(visit()).endswith(b"0 bytes")
    assert time.monotonic() < begun + 3
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("files, most", [
    (1024, 412), (256, 28), (50, 1), (100_000, 500), (-1, 500)])
def test_there_are_no_more_connections_than_files_may_be_open(monkeypatch, files, most):
    monkeypatch.setattr(connections.resource, "getrlimit", lambda _: (files, files))
    monkeypatch.setattr(connections.resource, "RLIM_INFINITY", -1)
    assert connections.most_connections() == most


@pytest.mark.parametrize("request_bytes", [
    b"\r\n", b"hello\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /\xe9 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"a b: c\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: \0\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", b"\x16\x03\x01\x02\x00" + bytes(range(99)),
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: abc\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n",
    b"POST /read HTTP/1.1\r\n" + CHUNKED + b"zz\r\n",
    b"POST /read HTTP/1.1\r\n" + CHUNKED + b"2\r\nabXX\r\n"])
def test_what_is_no_request_gets_one_sentence(visit, capfd, request_bytes):
    answer = rest_of(visit(request_bytes))
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(connections.NO_REQUEST.encode())
    assert capfd.readouterr() == ("", "")


def test_a_body_that_turns_out_malformed_after_the_answer_leaves_no_traceback(visit, capfd):
    connection = visit(b"POST / HTTP/1.1\r\n" + CHUNKED)
    answer = connection.recv(65536)
    connection.sendall(b"zz\r\n")
    answer += rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"0 bytes")
    assert capfd.readouterr() == ("", "")


def test_what_is_asked_for_at_once_is_answered_in_turn(visit):
    one = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    connection = visit(20 * one + one[:-2] + b"Connection: close\r\n\r\n")
    assert rest_of(connection).count(b"0 bytes") == 21


def test_the_handlers_of_other_loggers_stay_as_they_are():
    class Handler(logging.Handler):
        closed = False

        def close(self):
            self.closed = True
            super().close()

    handler = Handler()
    with serving(echo):
        assert not handler.closed
