"""The quarantine for people: as a workbook, and read again once a mapping is better.

Neither shows a raw row: what is shown has its identity numbers hidden.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import Connection, Engine, select

from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.pulling.pull import make_readers, other_kind
from credit_sync.pulling.take_over import Delivery, write
from credit_sync.settings import Settings
from credit_sync.sources.header import canonical
from credit_sync.sources.outcomes import Outcome, Read, Rejected
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin, RawRow
from credit_sync.sources.spool import Spool
from credit_sync.sources.target_fields import TARGET_FIELDS
from credit_sync.store import quarantine, schema
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.record_changes import BATCH
from credit_sync.store.records import existing_keys
from credit_sync.store.versions import PulledSource, add_version

TITLES = ("编号", "数据源", "位置", "行号", "字段", "值（已脱敏）", "原因", "首次出现", "处理时间", "处理结果")
_WIDTHS = (8, 20, 36, 8, 16, 36, 48, 20, 20, 24)
_LONGEST_CELL = 32_000
_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Retried:
    """What reading one source's quarantine again came to."""

    source: str
    read_again: int
    """Rows that are records now, or no rows worth reading."""
    still_bad: int


def field_title(field: str) -> str:
    """A field as people know it; a field name is one of TARGET_FIELDS or ''."""
    return next((fields[field].title for fields in TARGET_FIELDS.values() if field in fields), field)


def export_quarantine(engine: Engine, path: Path, *, resolved: bool = False) -> int:
    """Writes the rows in quarantine as an XLSX workbook; returns how many. Raises CreditSyncError, and then what stood there
    before still does.
    """
    count, unfinished = 0, path.with_name(f".{path.name}.unfinished")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        with xlsxwriter.Workbook(str(unfinished), options) as workbook, engine.connect() as connection:
            sheet = workbook.add_worksheet("隔离区")
            bold = workbook.add_format({"bold": True, "bottom": 1})
            for column, (title, width) in enumerate(zip(TITLES, _WIDTHS, strict=True)):
                sheet.set_column(column, column, width)
                sheet.write_string(0, column, title, bold)
            sheet.freeze_panes(1, 0)
            for count, row in enumerate(quarantine.list_quarantined(connection, resolved=resolved), start=1):
                _write_row(sheet, count, row)
        unfinished.replace(path)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise CreditSyncError(f"写不了 {path}：{reason_of(error)}", remedy="请检查路径和权限") from None
    return count


def retry(engine: Engine, settings: Settings, run: Run, *, only_source: str | None = None) -> list[Retried]:
    """Reads the raw rows in quarantine with the mappings as they are now; what reads becomes records.

    A record that was read since from another row is left as it is, and so are the rows of a source that has left records
    of another kind than its mapping's: they are of that kind, too. Each source with news gets a version whose
    delivery is `retry`, which does not make a list any younger.
    """
    with engine.connect() as connection:
        waiting = quarantine.waiting(connection)
    return [
        _retry_source(engine, run, name, reader)
        for name, reader in make_readers(settings).items()
        if waiting.get(name) and only_source in (None, name)
        if other_kind(engine, name, reader.mapping.record) is None
    ]


def _respelled(raw: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """The values under the mapping's spelling of their titles, which was another one when the row came."""
    return dict(zip(canonical(raw, names), raw.values(), strict=True))


def _retry_source(engine: Engine, run: Run, name: str, reader: Reader) -> Retried:
    mapping = reader.mapping
    source = PulledSource(name, mapping.record, mapping.list, "retry")
    settled: dict[str, list[int]] = {quarantine.RETRIED: [], quarantine.OTHER_TROUBLE: []}
    with writing(engine) as connection, Spool() as spool:
        for row in _waiting_rows(connection, name):
            outcomes = reader.read(
                RawRow(Origin(name, row.place, row.row, run.as_of), _respelled(row.raw, reader.known))
            )
            if any(isinstance(o, Rejected) and o.fingerprint() == row.fingerprint for o in outcomes):
                spool.add(o for o in outcomes if isinstance(o, Rejected))
                continue
            bad = any(isinstance(o, Rejected) for o in outcomes)
            settled[quarantine.OTHER_TROUBLE if bad else quarantine.RETRIED].append(row.id)
            spool.add(_wanted(connection, source, outcomes, row.key))
        before = spool.outcomes - spool.rejected - spool.skipped
        written = write(connection, run, Delivery(source, mapping.guards, spool, accept_shrink=True))
        for resolution, ids in settled.items():
            quarantine.resolve(connection, run, ids, resolution)
        if before:
            add_version(connection, source, run, written.counts, facts=written.facts)
        still_bad = quarantine.waiting(connection).get(name, 0)
    return Retried(name, len(settled[quarantine.RETRIED]), still_bad)


def _waiting_rows(connection: Connection, source: str) -> Iterator[Any]:
    """The open rows that can be read again, in order of arrival, block by block."""
    c = schema.quarantine.c
    last = 0
    while True:
        wanted = select(c.id, c.fingerprint, c.key, c.place, c.row, c.raw).where(
            c.source == source, c.resolved_at.is_(None), c.readable, c.id > last
        )
        block = connection.execute(wanted.order_by(c.id).limit(BATCH)).all()
        if not block:
            return
        yield from block
        last = block[-1].id


def _wanted(
    connection: Connection, source: PulledSource, outcomes: Sequence[Outcome], key: str
) -> Iterator[Outcome]:
    """The outcomes without records that the store already has from other rows: those may be newer."""
    others = {o.key for o in outcomes if isinstance(o, Read) and o.key != key}
    there = existing_keys(connection, source.record, source.name, others) if others else set()
    return (o for o in outcomes if not (isinstance(o, Read) and o.key in there))


def _write_row(sheet: xlsxwriter.worksheet.Worksheet, number: int, row: quarantine.Quarantined) -> None:
    cells = (
        str(row.id),
        row.source,
        row.place,
        str(row.row),
        field_title(row.field),
        row.value,
        row.reason,
        row.first_seen.strftime(_TIME),
        row.resolved_at.strftime(_TIME) if row.resolved_at else "",
        row.resolution,
    )
    for column, text in enumerate(cells):
        sheet.write_string(number, column, text[:_LONGEST_CELL])
