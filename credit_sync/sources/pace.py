"""Requests no more often than a platform allows."""

import time


class Pace:
    """Keeps its caller to so many steps a second; the first comes at once."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = 0.0

    def wait(self) -> None:
        """Until another step is allowed."""
        wait = self._next - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next = time.monotonic() + self._interval
