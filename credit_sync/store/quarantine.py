"""The quarantine: rows that could not be read, each kept once, with the reason, until it is resolved."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, cast, exists, func, select, update

from credit_sync.store.ledger import Run
from credit_sync.store.schema import quarantine

NO_LONGER_THERE = "源数据中已不再出现"
READ_LATER = "该记录后来已正常读入"
RETRIED = "按现行对照文件重新读取成功"
GIVEN_UP = "数据源已停用"
READ_ELSEWHERE = "；该记录已由同一次取数的另一行读入，重试时不采用此行"
OTHER_TROUBLE = "按现行对照文件重新读取，原问题已消除，另有问题"

_BLOCK = 500


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row for the quarantine; `value` has its numbers hidden, `raw` is the whole row and is never shown."""

    fingerprint: str
    place: str
    row: int
    field: str
    value: str
    reason: str
    raw: Any
    key: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row of the quarantine as people see it."""

    id: int
    source: str
    place: str
    row: int
    field: str
    value: str
    reason: str
    first_seen: datetime
    resolved_at: datetime | None
    resolution: str


def put(connection: Connection, source: str, run: Run, rows: Sequence[BadRow]) -> None:
    """Keeps the rows: new ones are added, known ones take the new place and reason and are open again."""
    if not rows:
        return
    by_fingerprint = {row.fingerprint: row for row in rows}
    c = quarantine.c
    known = {
        fingerprint
        for block in _blocks(sorted(by_fingerprint))
        for fingerprint in connection.scalars(
            select(c.fingerprint).where(c.source == source, c.fingerprint.in_(block))
        )
    }
    next_id = (connection.scalar(select(func.max(c.id))) or 0) + 1
    added, again = [], []
    for fingerprint, row in by_fingerprint.items():
        now = {"place": row.place, "row": row.row, "value": row.value, "reason": row.reason, "key": row.key}
        now |= {"run_id": run.id, "resolved_at": None, "resolution": "", "readable": row.readable}
        if fingerprint in known:
            again.append(now | {"of": fingerprint})
        else:
            once = {"source": source, "fingerprint": fingerprint, "field": row.field, "raw": row.raw}
            added.append(now | once | {"id": next_id, "first_seen": run.as_of})
            next_id += 1
    if added:
        connection.execute(quarantine.insert(), added)
    if again:
        values: dict[str, Any] = {name: bindparam(name) for name in again[0] if name != "of"}
        of_row = (c.source == source, c.fingerprint == bindparam("of"))
        connection.execute(update(quarantine).where(*of_row).values(values), again)


def resolve_absent(connection: Connection, source: str, run: Run) -> None:
    """After a whole list: rows that did not come like that again are resolved."""
    c = quarantine.c
    absent = (c.source == source, c.resolved_at.is_(None), c.run_id != run.id)
    gone = update(quarantine).where(*absent)
    connection.execute(gone.values(resolved_at=run.as_of, resolution=NO_LONGER_THERE))


def resolve_place(connection: Connection, source: str, run: Run, place: str) -> None:
    """After an answer without them: rows that an earlier answer to the same question had there are resolved."""
    c = quarantine.c
    here = update(quarantine).where(c.source == source, c.place == place, c.resolved_at.is_(None))
    connection.execute(here.values(resolved_at=run.as_of, resolution=NO_LONGER_THERE))


def resolve_all(connection: Connection, source: str, run: Run) -> None:
    """After a source was given up: nobody reads its rows any more."""
    left = update(quarantine).where(quarantine.c.source == source, quarantine.c.resolved_at.is_(None))
    connection.execute(left.values(resolved_at=run.as_of, resolution=GIVEN_UP))


def resolve(connection: Connection, run: Run, ids: Sequence[int], resolution: str) -> None:
    """Marks rows as resolved, and how."""
    for block in _blocks(ids):
        done = update(quarantine).where(quarantine.c.id.in_(block))
        connection.execute(done.values(resolved_at=run.as_of, resolution=resolution))


def reopen(connection: Connection, source: str, at: datetime) -> None:
    """The rows that were open at a time and have been resolved since are open again."""
    c = quarantine.c
    open_then = (c.source == source, c.first_seen <= at, c.resolved_at > at)
    connection.execute(update(quarantine).where(*open_then).values(resolved_at=None, resolution=""))


def set_aside(connection: Connection, ids: Sequence[int]) -> None:
    """Rows whose record came in good order beside them: they stay open, and a retry does not put them in its place."""
    c = quarantine.c
    for block in _blocks(ids):
        aside = update(quarantine).where(c.id.in_(block), c.readable)
        connection.execute(aside.values(readable=False, reason=c.reason + READ_ELSEWHERE))


def add_to_reasons(connection: Connection, source: str, run: Run, ending: str, more: str) -> None:
    """Says more at the end of those reasons of a run's open rows that end so."""
    c = quarantine.c
    here = (c.source == source, c.run_id == run.id, c.resolved_at.is_(None), c.reason.endswith(ending))
    connection.execute(update(quarantine).where(*here).values(reason=c.reason + more))


def open_keys(connection: Connection, source: str, run: Run, *, earlier: bool) -> Iterator[list[tuple[int, str]]]:
    """(id, key) of the open rows of this run, or of earlier ones, that name their record, in blocks."""
    c = quarantine.c
    of_run = c.run_id != run.id if earlier else c.run_id == run.id
    naming = (c.source == source, c.resolved_at.is_(None), c.key != "", of_run)
    rows = connection.execute(select(c.id, c.key).where(*naming).order_by(c.id)).all()
    return iter([[(row.id, row.key) for row in rows[i : i + _BLOCK]] for i in range(0, len(rows), _BLOCK)])


def open_of_keys(connection: Connection, source: str, keys: Iterable[str]) -> Iterator[tuple[str, str, int, str]]:
    """Key, place, row number and reason of the open rows that name one of these records of a source, in order of arrival."""
    c = quarantine.c
    naming = (c.source == source, c.resolved_at.is_(None), c.key.in_(sorted(keys)))
    for row in connection.execute(select(c.key, c.place, c.row, c.reason).where(*naming).order_by(c.id)):
        yield row.key, row.place, row.row, row.reason


def list_quarantined(
    connection: Connection,
    *,
    source: str | None = None,
    resolved: bool = False,
) -> Iterator[Quarantined]:
    """The rows in quarantine, in order of arrival; with `resolved` the settled too."""
    shown = select(*(quarantine.c[name] for name in Quarantined.__slots__)).order_by(quarantine.c.id)
    if source is not None:
        shown = shown.where(quarantine.c.source == source)
    if not resolved:
        shown = shown.where(quarantine.c.resolved_at.is_(None))
    for row in connection.execute(shown.execution_options(yield_per=_BLOCK)):
        yield Quarantined(*row)


def page_of_waiting(
    connection: Connection, *, source: str, after: int, before: int, most: int
) -> tuple[list[Quarantined], int]:
    """So many of the rows that wait, of one source or ('') of all, behind one or before one, and how many come before them;
    the first ones where there are none behind it, or too few before it.
    """
    c = quarantine.c
    waits = (c.resolved_at.is_(None), *((c.source == source,) if source else ()))
    shown = select(*(c[name] for name in Quarantined.__slots__)).where(*waits).limit(most)
    found: list[Quarantined] = []
    if after:
        found = _shown(connection, shown.where(c.id > after).order_by(c.id))
    elif before:
        behind = _shown(connection, shown.where(c.id < before).order_by(c.id.desc()))
        found = behind[::-1] if len(behind) == most else []
    if not found:
        return _shown(connection, shown.order_by(c.id)), 0
    earlier = connection.scalar(select(func.count()).select_from(quarantine).where(*waits, c.id < found[0].id))
    return found, earlier or 0


def _shown(connection: Connection, query: Select[Any]) -> list[Quarantined]:
    return [Quarantined(**row) for row in connection.execute(query).mappings()]


def has_had_rows(connection: Connection, source: str) -> bool:
    """Whether rows of a source are or were in quarantine."""
    return bool(connection.scalar(select(exists().where(quarantine.c.source == source))))


def open_rows(connection: Connection, sources: Iterable[str]) -> Iterator[tuple[str, str, int, Any]]:
    """Source, place, row number and the whole row of all that wait in quarantine, in order of arrival."""
    c = quarantine.c
    of_sources = (c.source.in_(sorted(sources)), c.resolved_at.is_(None))
    for row in connection.execute(select(c.source, c.place, c.row, c.raw).where(*of_sources).order_by(c.id)):
        yield row.source, row.place, row.row, row.raw


def which_are_open(connection: Connection, sources: Iterable[str]) -> str:
    """Another text where other rows wait, or the same ones came from elsewhere."""
    c = quarantine.c
    of_sources = (c.source.in_(sorted(sources)), c.resolved_at.is_(None))
    one = cast(c.id, Text) + " " + cast(c.run_id, Text) + " " + cast(c.row, Text) + " " + c.place
    return connection.scalar(select(func.aggregate_strings(one, "\n")).where(*of_sources)) or ""


def waiting(connection: Connection) -> dict[str, int]:
    """How many rows wait in quarantine, by source."""
    c = quarantine.c
    counted = select(c.source, func.count()).where(c.resolved_at.is_(None)).group_by(c.source).order_by(c.source)
    return {row[0]: row[1] for row in connection.execute(counted)}


def _blocks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[i : i + _BLOCK] for i in range(0, len(items), _BLOCK))
