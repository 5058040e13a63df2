"""Whatever is asked of the page's routes: no error of the server, nothing said in the terminal, no
file and no other machine touched."""

import io
import json
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

testclient = pytest.importorskip("starlette.testclient", reason="the extra app is not installed")
gr = pytest.importorskip("gradio", reason="the extra app is not installed")

from small_pages import serving  # noqa: E402

from words_and_images_page import server  # noqa: E402
from words_and_images_page.gate import QUESTION  # noqa: E402
from words_and_images_page.limits import Limits  # noqa: E402
from words_and_images_page.models import Models  # noqa: E402

FEW, MANY = (settings(max_examples=count, derandomize=True, database=None, deadline=None)
             for count in (80, 250))
SECRET = "/etc/hostname"  # readable everywhere
MEANT = (200, 304, 400, 403, 404, 405, 413, 415, 416, 422)
CODE = (Path(gr.__file__).parents[1], Path(os.__file__).parent, Path(server.__file__).parent)
NOTED = ("open", "socket.getaddrinfo", "socket.connect", "subprocess.Popen", "os.system",
         "os.remove", "os.rename", "os.mkdir")
PHOTO = {b"content-type": b"application/octet-stream"}
PICTURE = io.BytesIO()
Image.new("RGB", (20, 10), "red").save(PICTURE, "PNG")

_touched: list[str] | None = None


def _note(event, arguments):
    if _touched is not None and event in NOTED:
        _touched.append(f"{event} {arguments[0]}")


sys.addaudithook(_note)  # which stays, and notes nothing but between two lines of `touched_by`


@pytest.fixture
def ask(word_model, photo_model, text_model, tmp_path):
    """A function that asks the page: method, path, query, headers and body; the status."""
    (tmp_path / "example.png").write_bytes(PICTURE.getvalue())
    limits = Limits(megabytes=0.01, pixels=5000)
    photos = replace(photo_model(limits), examples=[tmp_path / "example.png"])
    application = server.make_application(
        Models({"tiny": word_model}, {"tiny": photos}, {"tiny": text_model}), limits)
    allowed = (*CODE, tmp_path / "example.png", "/proc")

    with testclient.TestClient(application) as client:
        def request(method, path, query=b"", headers=(), body=b""):
            global _touched
            parts = [{"type": "http.request", "body": body, "more_body": False}]
            sent = []

            async def receive():
                return parts.pop() if parts else {"type": "http.disconnect"}

            async def send(message):
                sent.append(message)

            scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(),
                     "query_string": query, "headers": [(b"host", b"x"), *headers],
                     "http_version": "1.1", "scheme": "http", "server": ("x", 80),
                     "client": ("x", 1), "root_path": "", "state": {}}
            _touched = []
            try:
                client.portal.call(client.app, scope, receive, send)
            finally:
                touched, _touched = _touched, None
            assert not [each for each in touched
                        if not each.startswith(tuple(f"open {path}" for path in allowed))]
            assert sent[0]["status"] in MEANT
            return sent[0]["status"]

        request.config = client.get("/config").json()
        # What is imported late is imported now.
        for path in ("answer", "map"):
            client.post(f"/photos/{path}?model=tiny", content=PICTURE.getvalue(), headers=PHOTO)
        for each in request.config["dependencies"]:
            client.post(QUESTION, json={"fn_index": each["id"], "data": ["tiny", "king"]})
        yield request


UPLOADS = st.sampled_from(
    [SECRET, "/dev/zero", "http://nowhere.invalid/x", "../../etc/passwd"]).map(
    lambda path: {"path": path, "meta": {"_type": "gradio.FileData"}})
LEAVES = (st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
          | st.sampled_from(["tiny", "king", "a\x00b", "\u202e"]) | UPLOADS)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.sampled_from(["data", "path", "meta", "_type", "fn_index", "x"]), inner, max_size=3),
    max_leaves=12)


@st.composite
def mutated(draw, *originals):
    """A text of bytes with some of them changed, left out or put in, or cut off."""
    content = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        content[at:at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content[:draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


def test_any_question_is_answered_or_refused(ask, capfd):
    numbers = [each["id"] for each in ask.config["dependencies"]]
    fields = st.lists(st.sampled_from(["tiny", "king", "queen", "nowhere", " "]) | VALUES,
                      min_size=1, max_size=5)
    questions = st.fixed_dictionaries(
        {"fn_index": st.sampled_from(numbers) | LEAVES, "data": fields | VALUES},
        optional={"session_hash": VALUES, "event_data": VALUES, "trigger_id": VALUES,
                  "batched": LEAVES, "event_id": VALUES})
    asked = {number: json.dumps({"fn_index": number, "data": ["tiny", "king"]}).encode()
             for number in numbers}
    bodies = (questions | VALUES).map(lambda value: json.dumps(value).encode()) | mutated(
        *asked.values()) | st.binary(max_size=40)
    json_type = [(b"content-type", b"application/json")]
    answered = [ask("POST", QUESTION, b"", json_type, body) for body in asked.values()]
    assert 200 in answered

    @MANY
    @given(bodies)
    def each(body):
        ask("POST", QUESTION, b"", json_type, body)

    each()
    assert capfd.readouterr() == ("", "")


def test_any_photo_is_answered_or_refused(ask, capfd):
    photo = [*PHOTO.items()]
    assert ask("POST", "/photos/answer", b"model=tiny", photo, PICTURE.getvalue()) == 200

    @FEW
    @given(st.sampled_from(["answer", "map"]),
           mutated(PICTURE.getvalue(), b"GIF89a" + bytes(40), b"\xff\xd8\xff\xe0" + bytes(40),
                   b"RIFF\x20\0\0\0WEBPVP8 " + bytes(40), b"II*\0\x08\0\0\0" + bytes(40)))
    def each(what, content):
        ask("POST", f"/photos/{what}", b"model=tiny", photo, content)

    each()
    assert capfd.readouterr() == ("", "")


def test_any_address_and_any_header_are_answered_or_refused(ask, capfd):
    begun = st.sampled_from(["/", "/config", "/theme.css", "/favicon.ico", "/assets/", "/static/",
                             "/static/img/logo.svg", "/photos/", "/photos/answer",
                             "/photos/example", "/photos/map", QUESTION, "/gradio_api/file=",
                             "/gradio_api/upload", "/gradio_api/queue/join", "/manifest.json"])
    rest = st.just("") | st.text(max_size=8) | st.sampled_from(
        ["../" * 6 + SECRET, SECRET, "\0", "..\\..\\x", "//x", "x" * 300])
    queries = st.binary(max_size=10) | st.sampled_from(
        [b"model=tiny&number=0", b"model=tiny&number=-1", b"model=%ff&number=%00",
         b"model=tiny&number=" + b"9" * 5000, b"model=tiny&model=x&number=0&number=1", b"=&&;%"])
    names = st.sampled_from([
        b"host", b"origin", b"content-type", b"content-length", b"content-encoding", b"accept",
        b"accept-encoding", b"range", b"if-range", b"if-none-match", b"if-modified-since",
        b"cookie", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server", b"authorization"])
    values = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=12).map(
        lambda text: text.encode("latin-1")) | st.sampled_from(
        [b"application/json", b"application/octet-stream", b"multipart/form-data; boundary=x",
         b"bytes=0-0", b"bytes=9-1", b"bytes=\xb2-", b"bytes=-", b"[", b"a:99999", b"http://[",
         b"Mon, 99 Foo 99999 99:99:99 +9999", b"9" * 400])

    @MANY
    @given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "X-\xe9"]), begun, rest,
           queries, st.lists(st.tuples(names, values), max_size=3), st.binary(max_size=20))
    def each(method, path, more, query, headers, body):
        ask(method, f"{path}{more}", query, headers, body)

    each()
    assert capfd.readouterr() == ("", "")


async def _read_and_say(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"read"})


def test_any_bytes_on_a_connection_leave_the_server_as_it_was(capfd):
    whole = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    requests = mutated(
        whole, whole + whole, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}")
    answers = set()
    with serving(_read_and_say) as address:
        def send(*parts):
            with socket.create_connection(address, timeout=10) as connection:
                answer = b""
                try:
                    for part in parts:
                        connection.sendall(part)
                    connection.shutdown(socket.SHUT_WR)
                    while got := connection.recv(65536):
                        answer += got
                except OSError:  # closed by the server, which has refused it
                    pass
                return answer

        @MANY
        @given(requests, st.binary(max_size=20))
        def each(request, more):
            answer = send(request, more)
            assert b"HTTP/1.1 5" not in answer
            answers.add(answer[:12])

        each()
        assert send(whole.replace(b"Host: x", b"Host: x\r\nConnection: close"))[:12] in (
            b"", b"HTTP/1.1 200")
    assert b"HTTP/1.1 400" in answers
    assert capfd.readouterr() == ("", "")
