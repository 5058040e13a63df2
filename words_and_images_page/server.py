"""The server of the page: Gradio's own routes, as far as the page uses them, and the photos'."""

import asyncio
import signal
import socket
from base64 import b64encode
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.requests import ClientDisconnect

from words_and_images.common.errors import UserError
from words_and_images_page.connections import BACKLOG, Connection
from words_and_images_page.gate import Gate, TooLargeError, TooSlowError, body_of
from words_and_images_page.limits import Limits
from words_and_images_page.models import Models
from words_and_images_page.page import build_page, look
from words_and_images_page.photos import PhotoModel
from words_and_images_page.workers import PhotoWorkers, QueueFullError, Room, Workers

CONTENT_TYPE = "application/octet-stream"
BUSY = "Too many photos are waiting for their answers; try again in a moment."
TOO_SLOW = "This photo did not come to its end; send it again."
LEFT = 0.5  # seconds between two looks at whether who asked is still there
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PHOTOS_HELD = 20  # of the largest that may be, in bytes: from their first to their answer
ENDING = 3.0  # seconds for what is being answered when the page ends


def make_application(
    models: Models, limits: Limits, hosts: Collection[str] | None = None
) -> Any:
    """The whole page as an ASGI application; `hosts` as `Gate` takes them."""
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _add_photo_routes(application, models, limits)
    page = build_page(models)
    gr.mount_gradio_app(
        application, page, path="/", footer_links=[], run_history=False,
        ssr_mode=False, mcp_server=False, enable_monitoring=False, show_error=False, pwa=False,
        max_file_size=1, **look())
    asked = {number: function for number, function in page.fns.items() if function.fn}
    return Gate(application, asked, hosts)


def _add_photo_routes(application: FastAPI, models: Models, limits: Limits) -> None:
    workers, room = PhotoWorkers(), Room(PHOTOS_HELD * limits.bytes)

    @application.post("/photos/answer")
    async def answer(request: Request, model: str) -> Response:
        return await _of_photo(request, limits, room, models.photos.get(model), workers.answering,
                               lambda chosen, content: asdict(chosen.answer(content)))

    @application.post("/photos/map")
    async def explain(request: Request, model: str) -> Response:
        return await _of_photo(request, limits, room, models.photos.get(model), workers.explaining,
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
    request: Request, limits: Limits, room: Room, model: PhotoModel | None, workers: Workers,
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
        with room.share() as take:
            content = await body_of(request, limits.bytes, take)
            return JSONResponse(await _result(request, workers.begin(ask, model, content)))
    except TooLargeError:
        return JSONResponse({"refused": limits.too_many_bytes}, 413)
    except TooSlowError:
        return JSONResponse({"refused": TOO_SLOW}, 408)
    except QueueFullError:
        return JSONResponse({"refused": BUSY}, 503)
    except ClientDisconnect:
        return Response(status_code=400)  # that nobody waits for
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


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; UserError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(BACKLOG)
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


class Server(uvicorn.Server):
    """Of an ASGI application; `ready` is called when requests are answered."""

    def __init__(self, application: Any, ready: Callable[[], None]) -> None:
        # log_config: uvicorn's own would close the handlers of all loggers, and with absl's, which
        # TensorFlow brings, the stream that this writes to.
        super().__init__(uvicorn.Config(
            application, log_config=None, log_level="critical", access_log=False,
            timeout_graceful_shutdown=1, http=Connection, ws="none", backlog=BACKLOG))
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: look after the connections."""
        for connection in list(self.server_state.connections):
            connection.look()  # type: ignore[union-attr]
        return await super().on_tick(counter)


def serve(application: Any, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted; what a thread still does then goes on.

    Parameters
    ----------
    application : ASGI.
    listening : a socket that listens.
    ready : called when requests are answered.
    """
    server = Server(application, ready)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:  # so shells begin what ends with &
            signal.signal(number, signal.default_int_handler)
    # In a thread, so that signals find the main one waiting, whatever a request does.
    serving = ThreadPoolExecutor(1, "server").submit(server.run, [listening])
    try:
        serving.result()
    finally:
        server.should_exit = True
        wait([serving], ENDING)
