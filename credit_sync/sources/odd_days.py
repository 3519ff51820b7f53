"""Days that PostgreSQL has and Python has not (infinity, before Christ, after the year 9999).

They come as the text that the database writes, so that one row ends in quarantine. Its driver would break off the query.
"""

from typing import Any

from psycopg import DataError, pq
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy import Connection

_TYPES = ("date", "timestamp", "timestamptz")


def let_odd_days_through(connection: Connection) -> None:
    """For what is read on this connection."""
    driver: Any = connection.connection.driver_connection
    for name in _TYPES:
        usual = driver.adapters.get_loader(driver.adapters.types[name].oid, pq.Format.TEXT)
        driver.adapters.register_loader(name, _lenient(usual))


def _lenient(usual: type[Any]) -> type[Loader]:
    class Lenient(Loader):
        """The usual one, and the text where it gives up."""

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = usual(oid, context).load

        def load(self, data: Buffer) -> Any:
            try:
                return self._load(data)
            except DataError:
                return bytes(data).decode()

    return Lenient
