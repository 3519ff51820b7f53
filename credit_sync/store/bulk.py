"""Rows into a table by the thousand: many in one statement on SQLite, COPY on PostgreSQL.

SQLAlchemy's own inserts take three times as long, most of it for turning each row into a dictionary and back.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
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
        quote = connection.dialect.identifier_preparer.quote
        self._table, self._names = quote(table.name), [quote(name) for name in columns]

    def __call__(self, count: int, columns: Sequence[Any]) -> None:
        """Writes some rows, given by column: a value for each, or one that all have. Values are as `converter` makes them."""
        if not count:
            return
        alike = {n: column for n, column in enumerate(columns) if not isinstance(column, list | tuple | range)}
        alike |= {n: column[0] for n, column in enumerate(columns) if n not in alike and _is_same(column)}
        differing = {n: column for n, column in enumerate(columns) if n not in alike}
        into = f"{self._table} ({', '.join(self._names[n] for n in (*alike, *differing))})"
        write = self._write_values if self._connection.dialect.name == "sqlite" else self._write_copy
        write(into, count, tuple(alike.values()), list(differing.values()))

    def _write_values(
        self, into: str, count: int, alike: tuple[Any, ...], differing: Sequence[Sequence[Any]]
    ) -> None:
        """As many rows a statement as it takes. What all rows say alike is given once for all of them.

        OR FAIL: SQLite need not be able to take back the rows before one that is refused, the transaction does.
        """
        width = len(differing)
        values: list[Any] = [None] * (count * width)
        for number, column in enumerate(differing):
            values[number::width] = column
        row = ",".join([*(f"?{number}" for number in range(1, len(alike) + 1)), *["?"] * width])
        at_once = max(1, (_MOST_PARAMETERS - len(alike)) // max(1, width))
        whole = count - count % at_once
        for first, last, size in ((0, whole, at_once), (whole, count, count - whole)):
            if first < last:
                rows = "),(".join([row] * size)
                self._connection.exec_driver_sql(
                    f"INSERT OR FAIL INTO {into} VALUES ({rows})",  # noqa: S608 - our own names
                    [(*alike, *values[n * width : (n + size) * width]) for n in range(first, last, size)],
                )

    def _write_copy(
        self, into: str, count: int, alike: tuple[Any, ...], differing: Sequence[Sequence[Any]]
    ) -> None:
        import psycopg  # a dependency of those only who have PostgreSQL

        raw: Any = self._connection.connection
        statement = f"COPY {into} FROM STDIN"
        columns = (*(repeat(_copied(value), count) for value in alike), *map(_copied_column, differing))
        rows = "\n".join(map("\t".join, zip(*columns, strict=True)))
        try:
            with raw.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(f"{rows}\n")
        except psycopg.Error as error:
            raise DBAPIError(statement, None, error, hide_parameters=True) from error


def converter(connection: Connection, table: Table, column: str) -> Convert | None:
    """How a Python value becomes what the driver takes for a column; None where it takes it as it is."""
    kind = table.c[column].type.dialect_impl(connection.dialect)
    return kind.bind_processor(connection.dialect)


def _is_same(column: Sequence[Any]) -> bool:
    return bool(column[0] == column[-1] and column.count(column[0]) == len(column))


_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copied(value: Any) -> str:
    """A value as COPY reads it."""
    if isinstance(value, str):
        return value.translate(_ESCAPED)
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return "\\N" if value is None else str(value)


def _copied_column(column: Sequence[Any]) -> Sequence[str]:
    """The same for a column; most are nothing but plain text, or a few values."""
    try:
        if not any(map("".join(column).__contains__, "\\\t\n\r")):
            return column
    except TypeError:  # numbers, digests, or nothing here and there
        pass
    several = set(column)
    if len(several) > len(column) // 2:
        return list(map(_copied, column))
    known = {value: _copied(value) for value in several}
    return [known[value] for value in column]
