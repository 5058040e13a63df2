"""The server of the page: Gradio's own routes, as far as the page uses them, and the photos'."""

import asyncio
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.types import Message, Receive, Scope, Send

from app.limits import Limits
from app.models import Models
from app.page import build_page, look
from app.photos import PhotoModel, PhotoWorkers
from common.errors import UserError

CONTENT_TYPE = "application/octet-stream"
QUESTION_BYTES = 100_000  # of a question about words
# All that a browser asks for while the page is used. Gradio's other routes (uploads, files of this
# machine, requests to other hosts, the list of the API) are not there.
GRADIO_PATHS = ("/assets/", "/static/")
GRADIO_FILES = ("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt",
                "/gradio_api/run/predict")
OWN_PATHS = ("/photos/",)


class TooLargeError(Exception):
    """A request with a longer body than is read."""


class Gate:
    """Lets only through what the page itself asks for, and only short questions."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] != "http" or not is_open(scope["path"]):
            await self._refuse(404, "There is no such page.", scope, receive, send)
        elif scope["path"].startswith(OWN_PATHS):
            await self._application(scope, receive, send)
        elif declared_length(scope) > QUESTION_BYTES:
            await self._refuse(413, "This question is too long.", scope, receive, send)
        else:
            await self._application(scope, _limited(receive), send)

    async def _refuse(
        self, status: int, sentence: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "http":
            await Response(sentence, status, media_type="text/plain")(scope, receive, send)
        else:
            await send({"type": "websocket.close"})


def is_open(path: str) -> bool:
    """Whether the page asks for such a path."""
    return path in GRADIO_FILES or path.startswith((*GRADIO_PATHS, *OWN_PATHS))


def declared_length(scope: Scope) -> int:
    """The length of a request's body as its header tells; 0 where it does not."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


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


def make_application(models: Models, limits: Limits) -> Any:
    """The whole page as an ASGI application."""
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    workers = PhotoWorkers()
    _add_photo_routes(application, models, limits, workers)
    gr.mount_gradio_app(
        application, build_page(models), path="/", footer_links=[], run_history=False,
        ssr_mode=False, mcp_server=False, enable_monitoring=False, show_error=False, pwa=False,
        max_file_size=1, **look())
    return Gate(application)


def _add_photo_routes(
    application: FastAPI, models: Models, limits: Limits, workers: PhotoWorkers
) -> None:
    @application.post("/photos/answer")
    async def answer(request: Request, model: str) -> Response:
        return await _of_photo(request, limits, models.photos.get(model), partial(
            _in_thread, workers.answering, lambda chosen, content: asdict(chosen.answer(content))))

    @application.post("/photos/map")
    async def explain(request: Request, model: str) -> Response:
        return await _of_photo(request, limits, models.photos.get(model), partial(
            _in_thread, workers.explaining, _map_values))

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
    request: Request, limits: Limits, model: PhotoModel | None,
    work: Callable[[PhotoModel, bytes], Awaitable[dict[str, Any]]],
) -> Response:
    """What is said of the photo that a request holds."""
    # A browser lets no other site send this type without asking first.
    if request.headers.get("content-type") != CONTENT_TYPE:
        return JSONResponse({"refused": f"Send the photo as {CONTENT_TYPE}."}, 415)
    if model is None:
        return JSONResponse({"refused": "This classifier is not here; load the page anew."}, 404)
    try:
        content = await _body(request, limits.bytes)
    except TooLargeError:
        return JSONResponse({"refused": limits.too_many_bytes}, 413)
    try:
        return JSONResponse(await work(model, content))
    except UserError as error:
        return JSONResponse({"refused": str(error)})


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


async def _in_thread(
    pool: Any, ask: Callable[[PhotoModel, bytes], dict[str, Any]], model: PhotoModel,
    content: bytes,
) -> dict[str, Any]:
    return await asyncio.get_running_loop().run_in_executor(pool, ask, model, content)


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
