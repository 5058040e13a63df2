"""The gate before Gradio: only what the page itself asks for, and of it only what was expected.

Gradio takes any value where a text is expected. One that looks like an upload names a file of this
machine, or an address, which it then reads. So nothing that a visitor sends reaches it as it came:
a question is read here, and handed on made anew from the texts in it.
"""

import asyncio
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import httpx
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from words_and_images.common.errors import UserError
from words_and_images.common.workers import cores

QUESTION = "/gradio_api/run/predict"
# All else of Gradio that a browser asks for while the page is used. Its other routes (uploads,
# files of this machine, requests to other hosts, the list of the API) are not there.
GRADIO_FOLDERS = ("/assets/", "/static/")
GRADIO_FILES = ("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt")
JSON = "application/json"
OWN_PATHS = ("/photos/",)
LONGEST_PATH = 200
QUESTION_BYTES = 100_000
MOST_QUESTIONS = 300  # that wait or are worked on: two seconds of work at most
# Those of functions whose concurrency_id says that they take up to a second, not a millisecond:
# they have turns of their own, so that they keep no others waiting.
SLOW, MOST_SLOW = "slow", 20
UPLOAD_SECONDS = 60  # from the first byte of a body to its last
# Of a request, what Gradio needs to know; it also makes addresses of what others tell.
HEADERS = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"accept", b"accept-encoding",
           b"if-none-match", b"if-modified-since", b"range")
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(:[0-9]+)?", re.I)
# One for everybody: the page remembers nothing of a visitor, and Gradio would never forget one.
SESSION = "page"
BUSY = "Too many questions are waiting for their answers; try again in a moment."
NO_QUESTION = "This is no question that the page asks; load the page anew."


class TooLargeError(Exception):
    """A request with a longer body than is read."""


class TooSlowError(Exception):
    """A request whose body does not come to its end."""


class Gate:
    """Lets only through what the page itself asks for, and only short questions.

    Parameters
    ----------
    application : ASGI.
    functions : of Gradio, by their numbers, with what each takes.
    hosts : names under which the page may be asked for, None for any. Without them another site
        whose name has come to mean this machine could read the answers (DNS rebinding).
    """

    def __init__(
        self, application: Any, functions: Mapping[int, Any], hosts: Collection[str] | None = None
    ) -> None:
        self._application = application
        self._functions = functions
        self._hosts = hosts
        self._waiting = {False: 0, True: 0}  # or worked on, quick ones and slow ones
        self._turns = {False: asyncio.Semaphore(cores()),
                       True: asyncio.Semaphore(max(1, cores() - 1))}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif refused := self._refusal(scope):
            await refused(scope, receive, send)
        elif scope["path"].startswith(OWN_PATHS):
            await self._application(scope, receive, send)
        elif scope["path"] == QUESTION:
            await self._ask(scope, receive, send)
        else:
            await self._application(narrowed(scope), receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that is not let through, whatever its body."""
        path, method = scope["path"], scope["method"]
        if len(path) > LONGEST_PATH or not (
                path in (QUESTION, *GRADIO_FILES)
                or path.startswith((*GRADIO_FOLDERS, *OWN_PATHS))):
            return plain(404, "There is no such page.")
        # Of a chain of proxies the first tells what the browser asked for.
        names = header(scope, b"host"), header(scope, b"x-forwarded-host").split(",")[0].strip()
        if not all(name == "" or is_authority(name) for name in names):
            return plain(400, "The host that this request names is none; ask for the page by its "
                              "address.")
        if not self._is_own(scope):
            return plain(403, "Other sites cannot ask here.")
        if not path.startswith(OWN_PATHS) and method not in (
                ("POST",) if path == QUESTION else ("GET", "HEAD")):
            return plain(405, "This page is not asked for in that way.")
        if path == QUESTION and not header(scope, b"content-type").startswith(JSON):
            return refusal(415, f"Send the question as {JSON}.")
        return None

    def _is_own(self, scope: Scope) -> bool:
        """Whether the page itself asks, under a name of its own."""
        host, origin = header(scope, b"host"), header(scope, b"origin")
        if origin and origin not in (f"http://{host}", f"https://{host}"):
            return False
        return self._hosts is None or (urlsplit(f"//{host}").hostname or "") in self._hosts

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask Gradio one of the page's questions."""
        try:
            number, body = question_of(await body_of(Request(scope, receive), QUESTION_BYTES),
                                       self._functions)
        except TooLargeError:
            await refusal(413, "This question is too long.")(scope, receive, send)
        except TooSlowError:
            await refusal(408, "This question did not come to its end.")(scope, receive, send)
        except UserError as error:
            await refusal(400, str(error))(scope, receive, send)
        except ClientDisconnect:
            pass
        else:
            described = [(b"content-type", JSON.encode()),
                         (b"content-length", str(len(body)).encode())]
            # More at once would only take the interpreter from each other, hundreds for minutes.
            # What is answered is kept until the next one's turn: who asks may be slow to read it.
            answer: list[Message] = []
            slow = getattr(self._functions[number], "concurrency_id", None) == SLOW
            if self._waiting[slow] >= (MOST_SLOW if slow else MOST_QUESTIONS):
                await refusal(503, BUSY)(scope, receive, send)
                return
            self._waiting[slow] += 1
            try:
                async with self._turns[slow]:
                    await self._application(narrowed(scope, described), _whole(body, receive),
                                            _kept(answer))
            finally:
                self._waiting[slow] -= 1
            for message in answer:
                await send(message)


def narrowed(scope: Scope, described: Sequence[tuple[bytes, bytes]] = ()) -> Scope:
    """A request without what Gradio need not know; `described` are headers of its new body."""
    headers = [(name, value) for name, value in scope["headers"] if name in HEADERS]
    return {**scope, "query_string": b"", "headers": [*headers, *described]}


def question_of(body: bytes, functions: Mapping[int, Any]) -> tuple[int, bytes]:
    """The function of a question, and its body made anew from the texts that it takes.

    Parameters
    ----------
    body : as it came.
    functions : of Gradio, by their numbers.

    Raises
    ------
    UserError
        For all else that it may be.
    """
    try:
        asked = json.loads(body)
        given, number = asked["data"], asked["fn_index"]
        pairs = zip(functions[number].inputs, given, strict=True)
        if not isinstance(given, list) or not all(takes(*pair) for pair in pairs):
            raise UserError(NO_QUESTION)
        made = {"fn_index": int(number), "data": given, "session_hash": SESSION}
        return int(number), json.dumps(made, ensure_ascii=False).encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UserError(NO_QUESTION) from None


def takes(component: Any, value: Any) -> bool:
    """Whether a field of the page can have that value."""
    if not isinstance(value, str):
        return False
    if isinstance(component, gr.Dropdown):
        return any(value == choice for _, choice in component.choices)
    return isinstance(component, gr.Textbox) and len(value) <= (component.max_length or 0)


async def body_of(
    request: Request, most: int, take: Callable[[int], None] = lambda length: None
) -> bytes:
    """The body of a request.

    Parameters
    ----------
    request
    most : bytes, never more of them in memory.
    take : told of the length of each part before it is kept; what it raises is raised here.

    Raises
    ------
    TooLargeError, TooSlowError
    """
    if declared_length(request.scope) > most:
        raise TooLargeError
    parts, length = [], 0
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            async for part in request.stream():
                length += len(part)
                if length > most:
                    raise TooLargeError
                take(len(part))
                parts.append(part)
    except TimeoutError:
        raise TooSlowError from None
    return b"".join(parts)


def header(scope: Scope, name: bytes) -> str:
    """A header of a request, empty where it has none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def is_authority(text: str) -> bool:
    """Whether a text is the name or address of a host, perhaps with a port."""
    try:
        # Both take such names apart later: the gate with the one, Gradio with the other.
        urlsplit(f"//{text}").port, httpx.URL(f"http://{text}")  # noqa: B018
    except (ValueError, httpx.InvalidURL):
        return False
    return _AUTHORITY.fullmatch(text) is not None


def declared_length(scope: Scope) -> int:
    """The length of a request's body as its header tells; 0 where it does not."""
    length = header(scope, b"content-length")
    return int(length) if length.isascii() and length.isdigit() else 0


def plain(status: int, sentence: str) -> Response:
    """A sentence for whoever asks."""
    return Response(sentence, status, media_type="text/plain")


def refusal(status: int, sentence: str) -> Response:
    """A sentence that Gradio's script shows."""
    return JSONResponse({"error": sentence}, status)


def _whole(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, and then whether who asks is still there."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return left.pop() if left else await receive()

    return given


def _kept(messages: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        messages.append(message)

    return keep
