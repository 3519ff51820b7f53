"""Records of the store that share a number: the rules over several rows, for what is about to be published.

The record that came first keeps its number; a finding is about the later one. So whatever order records are judged in,
and however often, the findings are the same. A record that has gone and had left a document in public hands its number
to nobody: a person decides. A record of which another row waits in quarantine waits, too: that row may be its correction.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, exists, or_, select

from credit_sync.publishing.across_rows import Numbers, Organs, number_key, spellings
from credit_sync.publishing.actions import ALONE, Beside
from credit_sync.publishing.findings import Finding, finding
from credit_sync.publishing.outbox import HANDED_OVER, Outbox
from credit_sync.publishing.rows import is_published, published_row
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.store import quarantine
from credit_sync.store.columns import from_columns
from credit_sync.store.records import is_among
from credit_sync.store.schema import RECORD_TABLES, submission

_NUMBERS = ("document_number", "licence_number")


def beside(connection: Connection, outbox: Outbox, records: Sequence[Row[Any]]) -> defaultdict[int, Beside]:
    """How each of some records (rows of their table, in order) stands beside the others."""
    wrong, in_place = _beside_earlier(connection, outbox, records), _in_place(connection, outbox, records)
    for number, waits in _beside_quarantined(connection, outbox, records):
        wrong.setdefault(number, []).append(waits)
    found = {number: Beside(tuple(wrong.get(number, ())), number in in_place) for number in (*wrong, *in_place)}
    return defaultdict(lambda: ALONE, found)


def _beside_earlier(
    connection: Connection, outbox: Outbox, records: Sequence[Row[Any]]
) -> dict[int, list[Finding]]:
    """For each record what is wrong beside the earlier ones, and with the department's own code."""
    chosen = {found.id for found in records}
    numbers, department = Numbers(outbox.standard, outbox.kind), outbox.reporting.department
    wrong: dict[int, list[Finding]] = {}
    for found in _sharing(connection, outbox, records):
        record = from_columns(PUBLISHED_KINDS[outbox.kind], found._asdict())
        if not is_published(record, outbox.standard):
            continue
        row, place = published_row(record, outbox.standard, outbox.reporting), _place(found)
        beside = numbers.check(row, place)
        if found.id in chosen:
            organs = Organs(outbox.table, {department.name: department.uscc})
            wrong[found.id] = [*beside, *organs.check(row, place)]
    return wrong


def _sharing(connection: Connection, outbox: Outbox, records: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    """Live records up to the last of those given that have a number of theirs, in order; they are among them."""
    table = RECORD_TABLES[outbox.kind]
    columns = [table.c[name] for name in _NUMBERS if name in table.c]
    shared = {getattr(found, column.name) for found in records for column in columns} - _no_numbers(outbox)
    if shared:
        live = select(table).where(table.c.removed_at.is_(None), table.c.id <= records[-1].id)
        yield from connection.execute(
            live.where(or_(*(_has(connection, column, shared) for column in columns))).order_by(table.c.id)
        )


def _beside_quarantined(
    connection: Connection, outbox: Outbox, records: Sequence[Row[Any]]
) -> Iterator[tuple[int, Finding]]:
    """The records of which another row of their source waits in quarantine: nobody knows which of the two is right."""
    by_source: dict[str, dict[str, int]] = defaultdict(dict)
    for record in records:
        by_source[record.source][record.key] = record.id
    field = outbox.table.field(outbox.table.document)
    for source, ids in by_source.items():
        for key, place, row, reason in quarantine.open_of_keys(connection, source, ids):
            text = f"：{source} 的 {place} 第 {row} 行说的是同一条记录，还在隔离区（{reason}），请先更正"
            yield ids[key], finding(field, "row_quarantined", text)


def _in_place(connection: Connection, outbox: Outbox, records: Sequence[Row[Any]]) -> set[int]:
    """The records whose document number another one had that this channel has had, and that is gone at its source."""
    table = RECORD_TABLES[outbox.kind]
    numbers = {found.document_number for found in records} - _no_numbers(outbox)
    had = exists().where(outbox.here(), submission.c.record_id == table.c.id, submission.c.state.in_(HANDED_OVER))
    gone = select(table.c.document_number).where(table.c.removed_at.is_not(None), had)
    taken = set(
        map(number_key, connection.scalars(gone.where(_has(connection, table.c.document_number, numbers))))
    )
    alive = (found for found in records if found.removed_at is None)
    return {found.id for found in alive if number_key(found.document_number) in taken}


def _has(connection: Connection, column: Column[str], numbers: Iterable[str]) -> ColumnElement[bool]:
    """One of the numbers, in whatever brackets."""
    return is_among(connection, column, {written for number in numbers for written in spellings(number)})


def _no_numbers(outbox: Outbox) -> set[str]:
    """What stands for none."""
    return {"", outbox.table.without_document, *outbox.standard.placeholders}


def _place(found: Row[Any]) -> str:
    return f"{found.source} 的 {found.place} 第 {found.row} 行"
