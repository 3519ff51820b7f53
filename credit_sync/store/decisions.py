"""Decisions on flags, as rows: every step of a flag's history is kept, the last one that counts is named by the flag."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from credit_sync.store.schema import decision, flag, listing, match

_BLOCK = 5000
"""Values in one IN list: below the limit of SQLite (32,766 parameters)."""


def lock_flag(connection: Connection, flag_id: int) -> Mapping[str, Any] | None:
    """The flag's row, kept from others who decide (and from the night's re-opening) until the transaction ends."""
    query = select(flag).where(flag.c.id == flag_id).with_for_update()
    return _one(connection, query)


def flag_row(connection: Connection, flag_id: int) -> Mapping[str, Any] | None:
    """The flag's row."""
    return _one(connection, select(flag).where(flag.c.id == flag_id))


def steps(connection: Connection, flag_id: int) -> list[Mapping[str, Any]]:
    """The history of a flag, oldest first."""
    query = select(decision).where(decision.c.flag_id == flag_id).order_by(decision.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def steps_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Steps by their ids."""
    return {row["id"]: row for row in _blocks(connection, select(decision), decision.c.id, ids)}


def open_cases(connection: Connection, flag_ids: Iterable[int]) -> dict[int, list[Mapping[str, Any]]]:
    """The open matches of flags, each with the number of its listing, ascending by listing."""
    columns = (match, listing.c.number)
    query = select(*columns).where(match.c.closed_at.is_(None), listing.c.id == match.c.listing_id)
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in _blocks(connection, query.order_by(match.c.listing_id), match.c.flag_id, flag_ids):
        found.setdefault(row["flag_id"], []).append(row)
    return found


def touched_flags(connection: Connection, at: datetime) -> list[Mapping[str, Any]]:
    """The open flags that a night has changed, or whose matches it has, in order; kept from officers till it ends."""
    by_match = select(match.c.flag_id).where(match.c.changed_at == at)
    touched = (flag.c.changed_at == at) | flag.c.id.in_(by_match)
    query = select(flag).where(flag.c.closed_at.is_(None), touched).order_by(flag.c.id).with_for_update()
    return [dict(row) for row in connection.execute(query).mappings()]


def add_steps(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Appends steps (all columns but the id) and brings their flags into the states that follow.

    The caller holds the flags. `decision_id` of a flag names its last step.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE decision IN SHARE ROW EXCLUSIVE MODE")
    first = (connection.scalar(select(func.max(decision.c.id))) or 0) + 1
    numbered = [{"id": number, **row} for number, row in enumerate(rows, first)]
    connection.execute(decision.insert(), numbered)
    change = update(flag).where(flag.c.id == bindparam("of_flag"))
    change = change.values(state=bindparam("to_state"), decision_id=bindparam("by"))
    connection.execute(
        change, [{"of_flag": r["flag_id"], "to_state": r["state"], "by": r["id"]} for r in numbered]
    )


def mark_changed(connection: Connection, flag_ids: Sequence[int], at: datetime) -> None:
    """The flags count as changed at a time: reports say so."""
    for start in range(0, len(flag_ids), _BLOCK):
        block = flag.c.id.in_(flag_ids[start : start + _BLOCK])
        connection.execute(update(flag).where(block).values(changed_at=at))


def _one(connection: Connection, query: Any) -> Mapping[str, Any] | None:
    row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else None


def _blocks(
    connection: Connection, query: Any, column: ColumnElement[Any], ids: Iterable[int]
) -> Iterable[Mapping[str, Any]]:
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _BLOCK):
        block = column.in_(wanted[start : start + _BLOCK])
        yield from (dict(row) for row in connection.execute(query.where(block)).mappings())
