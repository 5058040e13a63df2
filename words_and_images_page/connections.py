"""Visitors' connections: only so many, and none that keeps its place without end.

uvicorn itself waits for ever for the rest of a request, and for an answer to be read.
"""

import asyncio
import resource
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 500
OTHER_FILES = 200  # that are open, connections that are accepted at one moment among them
BACKLOG = 128  # connections that are accepted at one moment, or wait to be
ASKING = 10.0  # seconds from a connection's beginning, or its last answer, to a whole question
READING = 60.0  # seconds in which an answer is taken
NO_REQUEST = "This is no request that can be read."
TOO_SLOW = "This request did not come to its end."


def most_connections() -> int:
    """How many there may be: for each, a socket and a file that it is sent may be open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST
    return max(1, min(MOST, (files - OTHER_FILES) // 2))


class Connection(H11Protocol):
    """A visitor's connection.

    It is closed when it has waited too long for its visitor, and at once where there are too many
    and none has waited longer.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, and make room."""
        super().connection_made(transport)
        self._seen, self._since = self._state, self.loop.time()
        all_open: list[Any] = [each for each in self.connections
                               if not each.transport.is_closing()]
        if len(all_open) > most_connections():
            # Itself at the latest, which has asked nothing yet.
            min((each for each in all_open if each.waits), key=Connection.since).transport.abort()

    @property
    def _state(self) -> tuple[Any, ...]:
        """Another one whenever its visitor has done what was waited for."""
        return self.conn.their_state, self.cycle, self._unread

    @property
    def _unread(self) -> bool:
        return self.transport.get_write_buffer_size() > 0

    @property
    def waits(self) -> bool:
        """Whether it is its visitor's turn: to send, or to take what was sent."""
        return self._unread or self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def since(self) -> float:
        """When its visitor's turn began, by the loop's clock."""
        return self._since

    def look(self) -> None:
        """Close it where its visitor takes too long; to be called again and again."""
        now = self.loop.time()
        if self._state != self._seen:
            self._seen, self._since = self._state, now
        elif self._unread:
            if now > self._since + READING:
                self.transport.abort()
        elif self.waits and not self._reads_body and now > self._since + ASKING:
            if self.conn.trailing_data[0]:
                self._refuse(408, TOO_SLOW)
            self.transport.close()

    @property
    def _reads_body(self) -> bool:
        """Whether the application waits for the rest of a body, which has its own time."""
        return self.conn.their_state is h11.SEND_BODY and not self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request."""
        self._refuse(400, NO_REQUEST)

    def _refuse(self, status: int, sentence: str) -> None:
        """Answer and close; where another answer has begun, only close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("content-type", "text/plain; charset=utf-8"), ("connection", "close"),
                       ("content-length", str(len(sentence)))]
            reason = HTTPStatus(status).phrase.encode()
            for event in (h11.Response(status_code=status, headers=headers, reason=reason),
                          h11.Data(data=sentence.encode()), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
