"""Rows into a table by the thousand: the driver's own executemany on SQLite, COPY on PostgreSQL.

SQLAlchemy's own inserts take three times as long, most of it for turning each row into a dictionary and back.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]


class BulkInsert:
    """Inserts into some columns of a table. Raises DBAPIError, as SQLAlchemy itself would."""

    def __init__(self, connection: Connection, table: Table, columns: Sequence[str]) -> None:
        self._connection = connection
        quoted = connection.dialect.identifier_preparer.quote
        names = ", ".join(quoted(name) for name in columns)
        places = ", ".join("?" * len(columns))
        self._insert = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({places})"  # noqa: S608 - our own names
        self._copy = f"COPY {quoted(table.name)} ({names}) FROM STDIN"

    def __call__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Writes the rows; their values are as `converter` makes them."""
        if not rows:
            return
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql(self._insert, list(rows))
        else:
            self._write_copy(rows)

    def _write_copy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        import psycopg  # a dependency of those only who have PostgreSQL

        raw: Any = self._connection.connection
        try:
            with raw.cursor() as cursor, cursor.copy(self._copy) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise DBAPIError(self._copy, None, error, hide_parameters=True) from error


def converter(connection: Connection, table: Table, column: str) -> Convert | None:
    """How a Python value becomes what the driver takes for a column; None where it takes it as it is."""
    kind = table.c[column].type.dialect_impl(connection.dialect)
    return kind.bind_processor(connection.dialect)
