"""The server of the page: Gradio's own routes, as far as the page uses them, and the photos'."""

import asyncio
import socket
from base64 import b64encode
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.types import Message, Receive, Scope, Send

from words_and_images.common.errors import UserError
from words_and_images_page.limits import Limits
from words_and_images_page.models import Models
from words_and_images_page.page import build_page, look
from words_and_images_page.photos import PhotoModel
from words_and_images_page.workers import PhotoWorkers, QueueFullError, Workers

CONTENT_TYPE = "application/octet-stream"
QUESTION_BYTES = 100_000  # of a question about words
LONGEST_PATH = 200
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BUSY = "Too many photos are waiting for their answers; try again in a moment."
LEFT = 0.5  # seconds between two looks at whether who asked is still there
# All that a browser asks for while the page is used. Gradio's other routes (uploads, files of this
# machine, requests to other hosts, the list of the API) are not there.
GRADIO_PATHS = ("/assets/", "/static/")
GRADIO_FILES = ("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt",
                "/gradio_api/run/predict")
OWN_PATHS = ("/photos/",)


class TooLargeError(Exception):
    """A request with a longer body than is read."""


class Gate:
    """Lets only through what the page itself asks for, and only short questions.

    Parameters
    ----------
    application : ASGI.
    hosts : names under which the page may be asked for, None for any. Without them another site
        whose name has come to mean this machine could read the answers (DNS rebinding).
    """

    def __init__(self, application: Any, hosts: Collection[str] | None = None) -> None:
        self._application = application
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] != "http" or not is_open(scope["path"]):
            await self._refuse(404, "There is no such page.", scope, receive, send)
        elif not self._is_own(scope):
            await self._refuse(403, "Other sites cannot ask here.", scope, receive, send)
        elif scope["path"].startswith(OWN_PATHS):
            await self._application(scope, receive, send)
        elif declared_length(scope) > QUESTION_BYTES:
            await self._refuse(413, "This question is too long.", scope, receive, send)
        else:
            await self._application(scope, _limited(receive), send)

    def _is_own(self, scope: Scope) -> bool:
        """Whether the page itself asks, under a name of its own."""
        host, origin = header(scope, b"host"), header(scope, b"origin")
        if origin and urlsplit(origin).netloc != host:
            return False
        return self._hosts is None or (urlsplit(f"//{host}").hostname or "") in self._hosts

    async def _refuse(
        self, status: int, sentence: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "http":
            await Response(sentence, status, media_type="text/plain")(scope, receive, send)
        else:
            await send({"type": "websocket.close"})


def is_open(path: str) -> bool:
    """Whether the page asks for such a path."""
    known = path in GRADIO_FILES or path.startswith((*GRADIO_PATHS, *OWN_PATHS))
    return known and len(path) <= LONGEST_PATH


def header(scope: Scope, name: bytes) -> str:
    """A header of a request, empty where it has none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def declared_length(scope: Scope) -> int:
    """The length of a request's body as its header tells; 0 where it does not."""
    length = header(scope, b"content-length")
    return int(length) if length.isascii() and length.isdigit() else 0


def _limited(receive: Receive) -> Receive:
    """A body whose header does not tell the length, cut off where it grows too long."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > QUESTION_BYTES:
            return {"type": "http.disconnect"}
        return message

    return limited


def make_application(
    models: Models, limits: Limits, hosts: Collection[str] | None = None
) -> Any:
    """The whole page as an ASGI application; `hosts` as `Gate` takes them."""
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    workers = PhotoWorkers()
    _add_photo_routes(application, models, limits, workers)
    gr.mount_gradio_app(
        application, build_page(models), path="/", footer_links=[], run_history=False,
        ssr_mode=False, mcp_server=False, enable_monitoring=False, show_error=False, pwa=False,
        max_file_size=1, **look())
    return Gate(application, hosts)


def _add_photo_routes(
    application: FastAPI, models: Models, limits: Limits, workers: PhotoWorkers
) -> None:
    @application.post("/photos/answer")
    async def answer(request: Request, model: str) -> Response:
        return await _of_photo(request, limits, models.photos.get(model), workers.answering,
                               lambda chosen, content: asdict(chosen.answer(content)))

    @application.post("/photos/map")
    async def explain(request: Request, model: str) -> Response:
        return await _of_photo(request, limits, models.photos.get(model), workers.explaining,
                               _map_values)

    @application.get("/photos/example")
    def example(model: str, number: int) -> Response:
        pictures = models.photos[model].examples if model in models.photos else ()
        if not 0 <= number < len(pictures) or not pictures[number].is_file():
            return Response("There is no such example.", 404, media_type="text/plain")
        return FileResponse(pictures[number])


def _map_values(model: PhotoModel, content: bytes) -> dict[str, Any]:
    found = model.explain(content)
    return {"picture": f"data:image/png;base64,{b64encode(found.png).decode()}",
            "sentence": found.sentence}


async def _of_photo(
    request: Request, limits: Limits, model: PhotoModel | None, workers: Workers,
    ask: Callable[[PhotoModel, bytes], dict[str, Any]],
) -> Response:
    """What is said of the photo that a request holds."""
    # No form of another site can send this type.
    if request.headers.get("content-type") != CONTENT_TYPE:
        return JSONResponse({"refused": f"Send the photo as {CONTENT_TYPE}."}, 415)
    if model is None:
        return JSONResponse({"refused": "This classifier is not here; load the page anew."}, 404)
    if workers.full:
        return JSONResponse({"refused": BUSY}, 503)
    try:
        content = await _body(request, limits.bytes)
        work = workers.begin(ask, model, content)
    except TooLargeError:
        return JSONResponse({"refused": limits.too_many_bytes}, 413)
    except QueueFullError:
        return JSONResponse({"refused": BUSY}, 503)
    try:
        return JSONResponse(await _result(request, work))
    except UserError as error:
        return JSONResponse({"refused": str(error)})


async def _result(request: Request, work: Future[dict[str, Any]]) -> dict[str, Any]:
    """What work gives; it is not begun for somebody who has left meanwhile."""
    waiting = asyncio.wrap_future(work)
    while not waiting.done():
        await asyncio.wait([waiting], timeout=LEFT)
        if not waiting.done() and await request.is_disconnected() and work.cancel():
            return {}
    return waiting.result()


async def _body(request: Request, most: int) -> bytes:
    """The body, never more of it in memory than is allowed."""
    if declared_length(request.scope) > most:
        raise TooLargeError
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > most:
            raise TooLargeError
        parts.append(part)
    return b"".join(parts)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; UserError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(128)
    except (OSError, OverflowError) as error:
        taken.close()
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UserError(f"the page cannot listen on {host}, port {port} ({reason}); give another "
                        "--port or --host.") from None
    return taken


def address_of(listening: socket.socket) -> str:
    """What to open in a browser on this machine."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def serve(application: Any, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    application : ASGI.
    listening : a socket that listens.
    ready : called when requests are answered.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(application, log_level="critical", access_log=False,
                            timeout_graceful_shutdown=1, ws="none")
    Server(config).run([listening])
