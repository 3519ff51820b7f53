"""Connections of the desk: who does not send his request to its end, or does not read his answer, keeps nobody else out.

There is room for so many connections at once, and uvicorn itself waits for either without end. Whoever finds no room, or
sends what is no request, is told so in Chinese: uvicorn's own words are English, and no answer of the gate.
"""

import asyncio
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from credit_sync.desk.protection import NO_ROOM

MOST = 200
"""Connections at once. Of one more, requests are answered by `protection.Room`."""
WHOLE_REQUEST = 30.0
"""Seconds for a request to come whole; the largest has 64 KiB. Between two requests uvicorn's own limit holds."""
UNREAD_ANSWER = 60.0
"""Seconds in which an answer is read but for what the system itself keeps of it on its way, which is most of a page."""


class Connection(H11Protocol):
    """One connection, cut when a request has begun and is not there in time, or an answer is not taken in time."""

    _request: asyncio.TimerHandle | None = None
    _answer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Its first request is waited for."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # `pause_writing` as soon as anything is left over
        self._request = self.loop.call_later(WHOLE_REQUEST, transport.close)

    def handle_events(self) -> None:
        """Another part of a request has come, or what came behind the one that has been answered is looked at."""
        self.app_state = {NO_ROOM: len(self.connections) > MOST}
        super().handle_events()
        state = self.conn.their_state
        if state is not h11.SEND_BODY and not (state is h11.IDLE and self.conn.trailing_data[0]):
            _stop(self._request)
            self._request = None
        elif self._request is None:
            self._request = self.loop.call_later(WHOLE_REQUEST, self.transport.close)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - in English
        """What came is no request. Within an answer or behind it, nothing can be said of that any more."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            said = "请求不能理解，没有执行".encode()
            headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(said)))]
            answer = h11.Response(status_code=HTTPStatus.BAD_REQUEST, headers=[*headers, ("connection", "close")])
            for event in (answer, h11.Data(data=said), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def pause_writing(self) -> None:
        """Who asked does not take what he is answered."""
        super().pause_writing()
        self._answer = self.loop.call_later(UNREAD_ANSWER, self.transport.abort)

    def resume_writing(self) -> None:
        """He has taken it."""
        super().resume_writing()
        _stop(self._answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is waited for."""
        _stop(self._request)
        _stop(self._answer)
        super().connection_lost(exc)


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
