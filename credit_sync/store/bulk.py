"""Rows into a table by the thousand: many in one statement on SQLite, COPY on PostgreSQL.

SQLAlchemy's own inserts take three times as long, most of it for turning each row into a dictionary and back.
"""

from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]
_MOST_PARAMETERS = 999
"""As many as any SQLite takes for one statement."""


class BulkInsert:
    """Inserts into some columns of a table. Raises DBAPIError, as SQLAlchemy itself would."""

    def __init__(self, connection: Connection, table: Table, columns: Sequence[str]) -> None:
        self._connection = connection
        quoted = connection.dialect.identifier_preparer.quote
        self._into = f"{quoted(table.name)} ({', '.join(quoted(name) for name in columns)})"

    def __call__(self, count: int, columns: Sequence[Any]) -> None:
        """Writes some rows, given by column: a value for each, or one that all have. Values are as `converter` makes them."""
        if not count:
            return
        if self._connection.dialect.name == "sqlite":
            self._write_values(count, columns)
        else:
            self._write_copy(count, columns)

    def _write_values(self, count: int, columns: Sequence[Any]) -> None:
        """As many rows a statement as it takes. What all rows say alike is given once for all of them."""
        same = [
            number for number, column in enumerate(columns) if not _is_given_by_row(column) or _is_same(column)
        ]
        alike = tuple([c[0] if _is_given_by_row(c) else c for c in map(columns.__getitem__, same)])
        differing = [column for number, column in enumerate(columns) if number not in same]
        rows = list(zip(*differing, strict=True)) or [()] * count  # where every row is the same
        at_once = max(1, (_MOST_PARAMETERS - len(alike)) // max(1, len(differing)))
        whole = count - count % at_once
        for first, last, size in ((0, whole, at_once), (whole, count, count - whole)):
            if first < last:
                blocks = (rows[block : block + size] for block in range(first, last, size))
                self._connection.exec_driver_sql(
                    self._insert(len(columns), same, size),
                    [(*alike, *chain.from_iterable(block)) for block in blocks],
                )

    def _insert(self, columns: int, same: Sequence[int], rows: int) -> str:
        """A statement for some rows; parameters that all rows have in common come first.

        OR FAIL: SQLite need not be able to take back the rows before one that is refused, the transaction does.
        """
        common = {column: f"?{place}" for place, column in enumerate(same, 1)}
        places = iter(range(len(same) + 1, _MOST_PARAMETERS + 1))
        values = (
            ",".join(common.get(column) or f"?{next(places)}" for column in range(columns)) for _ in range(rows)
        )
        return f"INSERT OR FAIL INTO {self._into} VALUES ({'),('.join(values)})"  # noqa: S608 - our own names

    def _write_copy(self, count: int, columns: Sequence[Any]) -> None:
        import psycopg  # a dependency of those only who have PostgreSQL

        raw: Any = self._connection.connection
        statement = f"COPY {self._into} FROM STDIN"
        try:
            with raw.cursor() as cursor, cursor.copy(statement) as copy:
                for row in zip(*[c if _is_given_by_row(c) else repeat(c, count) for c in columns], strict=True):
                    copy.write_row(row)
        except psycopg.Error as error:
            raise DBAPIError(statement, None, error, hide_parameters=True) from error


def converter(connection: Connection, table: Table, column: str) -> Convert | None:
    """How a Python value becomes what the driver takes for a column; None where it takes it as it is."""
    kind = table.c[column].type.dialect_impl(connection.dialect)
    return kind.bind_processor(connection.dialect)


def _is_given_by_row(column: Any) -> bool:
    return isinstance(column, list | tuple | range)


def _is_same(column: Sequence[Any]) -> bool:
    return bool(column[0] == column[-1] and column.count(column[0]) == len(column))
