"""Connections of the desk: who does not send his request to its end keeps nobody else out.

There is room for so many connections at once (`serve.py`), and uvicorn itself waits for a request without end.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

WHOLE_REQUEST = 30.0
"""Seconds for a request to come whole; the largest has 64 KiB. Between two requests uvicorn's own limit holds."""
_UNFINISHED = (h11.IDLE, h11.SEND_BODY)


class Connection(H11Protocol):
    """One connection, cut when a request has begun and is not there in time."""

    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Its first request is waited for."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Another part of a request."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is waited for."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self.conn.their_state not in _UNFINISHED:
            self._stop()
        elif self._limit is None:
            self._limit = self.loop.call_later(WHOLE_REQUEST, self.transport.close)

    def _stop(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
