"""A limit to how long one HTTP answer may take as a whole, wherever the reading of it hangs."""

import socket
import threading
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Watchdog:
    """Cuts the connection of an answer that takes too long, wherever the reading of it hangs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: threading.Timer | None = None
        self.barked = False

    def start(self, connection: socket.socket) -> None:
        """A new answer begins."""
        self.stop()
        self.barked = False
        self._timer = threading.Timer(self._seconds, self._cut, (connection,))
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """The answer is complete, or given up."""
        if self._timer:
            self._timer.cancel()

    def adapter(self) -> HTTPAdapter:
        """What a session has to be mounted with."""
        return _WatchedAdapter(self)

    def _cut(self, connection: socket.socket) -> None:
        self.barked = True
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _WatchedAdapter(HTTPAdapter):
    """Connections that start the watchdog when they begin to wait for an answer."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._pools = _watched_pools(watchdog)
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _watched_pools(watchdog: Watchdog) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def getresponse(self) -> Any:
            watchdog.start(self.sock)
            return super().getresponse()

    class Secure(HTTPSConnection):
        def getresponse(self) -> Any:
            watchdog.start(self.sock)
            return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
