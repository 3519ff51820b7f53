"""How often one caller may ask: so many requests within a minute, counted in the one process that serves."""

import time
from collections import deque
from collections.abc import Callable
from math import ceil
from threading import Lock

_SECONDS = 60.0
_MOST_CALLERS = 10_000
"""Strangers make up addresses: beyond this the callers that have been quiet for longest are forgotten."""


class Pace:
    """Counts requests by caller."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._lock = Lock()

    def wait(self, caller: str) -> int:
        """Counts one request; 0 when it is within the limit, otherwise the seconds after which one will be."""
        now = self._clock()
        with self._lock:
            times = self._times.pop(caller, deque())
            while times and times[0] <= now - _SECONDS:
                times.popleft()
            waits = ceil(times[0] + _SECONDS - now) if len(times) >= self._most else 0
            if not waits:
                times.append(now)
            self._times[caller] = times
            if len(self._times) > _MOST_CALLERS:
                del self._times[next(iter(self._times))]
        return max(waits, 0)
