"""A table of somebody else's database as it really is, checked against the mapping before anything is written."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Inspector, MetaData, Table, inspect, text
from sqlalchemy.exc import DBAPIError

from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.cells import Cells
from credit_sync.interfaces.database import blames_the_row, sentence_of

_NO_TRANSACTIONS = frozenset({"myisam", "aria", "memory", "csv", "archive", "mrg_myisam"})


class ForeignTable:
    """A table and those of its columns that a mapping names. Raises CreditSyncError where the two do not fit."""

    def __init__(
        self, connection: Connection, name: str, columns: Iterable[str], schema: str | None, date_format: str
    ) -> None:
        inspector = inspect(connection)
        found = _table_name(inspector, name, schema)
        _refuse_without_transactions(inspector, found, schema)
        reflected = inspector.get_columns(found, schema)
        there = (Column(c["name"], c["type"], nullable=c["nullable"]) for c in reflected)
        self.table = Table(found, MetaData(), *there, schema=schema)
        names = _column_names(found, columns, self.table.columns.keys())
        _refuse_unfilled(found, reflected, frozenset(names.values()))
        charsets = _charsets(connection, self.table)
        self._cells = {
            wanted: Cells(self.table.c[column], charsets.get(column, ""), date_format)
            for wanted, column in names.items()
        }

    def column(self, name: str) -> Column[Any]:
        """The column that the mapping calls so."""
        return self._cells[name].column

    def cells(self, name: str) -> Cells:
        """How the column that the mapping calls so takes values."""
        return self._cells[name]


def execute(
    connection: Connection, statement: Any, rows: Mapping[int, dict[str, Any]]
) -> Iterator[tuple[int, str]]:
    """All rows at once; where the database refuses one of them, one after the other: (whose, why) of those refused."""
    if not rows or _taken(connection, statement, list(rows.values())) is None:
        return
    for number, values in rows.items():
        if refusal := _taken(connection, statement, [values]):
            yield number, f"对方数据库不接受：{refusal}"


def _taken(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> str | None:
    """None when the database took all of the rows, else why it took none."""
    try:
        with connection.begin_nested():
            connection.execute(statement, rows)
    except DBAPIError as error:
        if not blames_the_row(error):
            raise
        return sentence_of(error)[0]
    return None


def _table_name(inspector: Inspector, wanted: str, schema: str | None) -> str:
    tables = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    found = _as_written(wanted, tables)
    if found is None:
        raise CreditSyncError(
            f"对方数据库里没有表 {wanted}{_nearest(wanted, tables)}，或没有权限看到它",
            remedy="请核对对照文件里的 table 和配置里的 schema",
        )
    return found


def _column_names(table: str, wanted: Iterable[str], there: Sequence[str]) -> dict[str, str]:
    """The mapping's column -> the table's."""
    found = {name: _as_written(name, there) for name in wanted}
    if missing := [f"{name}{_nearest(name, there)}" for name, column in found.items() if column is None]:
        raise CreditSyncError(
            f"对方数据库的表 {table} 没有列 {'、'.join(missing)}",
            remedy="请核对对照文件里的 columns、row 和 receipt",
        )
    return {name: column for name, column in found.items() if column is not None}


def _refuse_without_transactions(inspector: Inspector, table: str, schema: str | None) -> None:
    """MySQL keeps tables that cannot take back half a batch."""
    if inspector.dialect.name not in ("mysql", "mariadb") or table in inspector.get_view_names(schema):
        return
    engine = str(inspector.get_table_options(table, schema).get(f"{inspector.dialect.name}_engine", ""))
    if engine.lower() in _NO_TRANSACTIONS:
        raise CreditSyncError(
            f"对方数据库的表 {table} 的存储引擎 {engine} 没有事务，写到一半不能撤销",
            remedy=f"请对方数据库的管理员执行 ALTER TABLE {table} ENGINE=InnoDB",
        )


def _refuse_unfilled(table: str, columns: Iterable[Mapping[str, Any]], filled: frozenset[str]) -> None:
    for column in columns:
        fills_itself = any(column.get(how) for how in ("default", "identity", "computed"))
        fills_itself = fills_itself or column.get("autoincrement") is True
        if column["name"] not in filled and not column["nullable"] and not fills_itself:
            raise CreditSyncError(
                f"对方数据库的表 {table} 的列 {column['name']} 必填，对照文件没有写它",
                remedy="请在对照文件的 constants 或 columns 里补上",
            )


def _as_written(wanted: str, names: Iterable[str]) -> str | None:
    """The name as the database writes it: exactly, or in another case when only one is so."""
    known = list(names)
    if wanted in known:
        return wanted
    same = [name for name in known if name.casefold() == wanted.casefold()]
    return same[0] if len(same) == 1 else None


def _nearest(wanted: str, names: Iterable[str]) -> str:
    written = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(wanted.casefold(), written, n=1)
    return f"（是否想写 {written[close[0]]}）" if close else ""


def _charsets(connection: Connection, table: Table) -> dict[str, str]:
    """Column -> its character set, lower case, where the database says it."""
    if connection.dialect.name == "postgresql":
        encoding = str(connection.scalar(text("SHOW server_encoding"))).lower()
        return {} if encoding == "utf8" else dict.fromkeys(table.columns.keys(), encoding)
    if connection.dialect.name not in ("mysql", "mariadb"):
        return {}
    query = text(
        "SELECT column_name, character_set_name FROM information_schema.columns"
        " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
    )
    found = connection.execute(query, {"schema": table.schema, "name": table.name})
    return {name: str(charset).lower() for name, charset in found if charset}
