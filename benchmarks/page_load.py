"""The page under load: many questions and photos at once, connections that keep their places."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import quote

from rich.table import Table

from words_and_images.common.memory import proportional_memory
from words_and_images.common.progress import say

QUESTIONS, PHOTOS, SIDE_BY_SIDE, IN_ALL = 200, 50, 8, 500
HALF_OPEN, SECONDS = (50, 500), 30.0
WAIT = 60.0  # seconds for an answer
WELL = 200  # of HTTP
# What a connection sends before it stops.
BEGINNINGS = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: {}\r\nX: ",
              b"POST /photos/answer?model=x HTTP/1.1\r\nHost: {}\r\n"
              b"Content-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\na")


@dataclass(frozen=True)
class Visitor:
    """Who asks a running page over and over.

    Parameters
    ----------
    place : host and port of the page.
    question : the body of one about a word.
    photo_path : where photos are answered.
    photos : contents of image files.
    """

    place: str
    question: bytes
    photo_path: str
    photos: Sequence[bytes]

    def ask_word(self, _number: int) -> bool:
        """Whether a question is answered."""
        return self._asked("/gradio_api/run/predict", self.question, "application/json")

    def ask_photo(self, number: int) -> bool:
        """Whether a photo is."""
        return self._asked(self.photo_path, self.photos[number % len(self.photos)],
                           "application/octet-stream")

    def _asked(self, path: str, body: bytes, kind: str) -> bool:
        connection = http.client.HTTPConnection(self.place, timeout=WAIT)
        try:
            connection.request("POST", path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status == WELL and b'"refused"' not in answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True)
class Answers:
    """What came of requests: whether each was answered, in how many seconds; the page's bytes."""

    name: str
    answered: list[bool]
    seconds: list[float]
    memory: int


def visitor_of(place: str, photos: Sequence[bytes]) -> Visitor:
    """One that knows the page's own names for its models and functions."""
    connection = http.client.HTTPConnection(place, timeout=WAIT)
    connection.request("GET", "/config")
    config = json.loads(connection.getresponse().read())
    connection.close()
    fields = {each["id"]: each["props"] for each in config["components"]}
    chosen = {props.get("elem_id"): props.get("value") for props in fields.values()}
    number = next(each["id"] for each in config["dependencies"] if [
        fields[field].get("elem_id") for field in each["inputs"]] == ["vectors", "neighbours-word"])
    question = json.dumps({"fn_index": number, "data": [chosen["vectors"], "king"]}).encode()
    return Visitor(place, question, f"/photos/answer?model={quote(chosen['classifier'])}", photos)


def load_answers(visitor: Visitor, process: int) -> list[Answers]:
    """Ask a page in every way; `process` is the page's."""
    visitor.ask_word(0)  # the first imports what the others find
    rows = [_together(f"{QUESTIONS} questions at once", visitor.ask_word, QUESTIONS, QUESTIONS,
                      process),
            _together(f"{PHOTOS} photos at once", visitor.ask_photo, PHOTOS, PHOTOS, process)]
    for name in (f"{IN_ALL} photos, {SIDE_BY_SIDE} at a time", f"{IN_ALL} more"):
        rows.append(_together(name, visitor.ask_photo, IN_ALL, SIDE_BY_SIDE, process))
    for count in HALF_OPEN:
        say(f"holding {count} connections half open for {SECONDS:.0f} seconds")
        rows.append(_beside_half_open(visitor, count, process))
    return rows


def _together(name: str, ask: Callable[[int], bool], count: int, at_once: int, process: int
              ) -> Answers:
    say(name)
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda number: _timed(ask, number), range(count)))
    return _answers(name, answers, process)


def _beside_half_open(visitor: Visitor, count: int, process: int) -> Answers:
    """Questions and photos asked one after the other beside connections that do not go on."""
    host, port = visitor.place.split(":")
    with ExitStack() as held:
        for number in range(count):
            connection = held.enter_context(socket.create_connection((host, int(port)), WAIT))
            begun = BEGINNINGS[number % len(BEGINNINGS)]
            connection.sendall(begun.replace(b"{}", visitor.place.encode()))
        answers, ends = [], time.monotonic() + SECONDS
        while time.monotonic() < ends:
            answers += [_timed(visitor.ask_word, 0), _timed(visitor.ask_photo, 0)]
            time.sleep(0.5)
    return _answers(f"beside {count} half-open connections", answers, process)


def _timed(ask: Callable[[int], bool], number: int) -> tuple[bool, float]:
    begun = time.perf_counter()
    return ask(number), time.perf_counter() - begun


def _answers(name: str, answers: Sequence[tuple[bool, float]], process: int) -> Answers:
    answered, seconds = zip(*answers, strict=True)
    return Answers(name, list(answered), list(seconds), proportional_memory(process))


def load_table(rows: Sequence[Answers]) -> Table:
    """How many were answered, how soon, and the memory that the page has then."""
    table = Table("under load", box=None)
    for column in ("answered", "median, ms", "worst, ms", "memory, MB"):
        table.add_column(column, justify="right")
    for row in rows:
        ordered = sorted(row.seconds)
        table.add_row(row.name, f"{sum(row.answered)} of {len(row.answered)}",
                      f"{1000 * ordered[len(ordered) // 2]:,.0f}", f"{1000 * ordered[-1]:,.0f}",
                      f"{row.memory / 2**20:,.0f}")
    return table
