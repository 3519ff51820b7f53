"""Taking a pull over: records, quarantine, version and ledger entry in one transaction, or a refusal with its reason.

What is counted on the way is judged by the guards (credit_sync.pulling.guards). Records whose row came in a whole list
but could not be read stay as they are and count as lost. `--accept-shrink` overrides, but for a delivery no row of which
could be read: that is taken over as empty by nobody's word.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, Engine

from credit_sync.errors import StoreError
from credit_sync.pulling.guards import Observed, Prospect, refused_for_counts, refused_for_facts, unreadable
from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.screening.keys import keys_to_store
from credit_sync.screening.reference import reference
from credit_sync.sources.mapping import Guards
from credit_sync.sources.reading import OBSCURE
from credit_sync.sources.spool import Spool
from credit_sync.store import ledger, quarantine
from credit_sync.store.added_facts import AddedFacts
from credit_sync.store.columns import canonical, to_content
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.facts import Counted, Facts, count_facts, last_facts
from credit_sync.store.known_rows import NOTHING_KNOWN, KnownRows, save_known_rows
from credit_sync.store.ledger import Run
from credit_sync.store.quarantine import BadRow
from credit_sync.store.read_records import ReadRecord
from credit_sync.store.records import RecordWriter, entries_in_force, live_records
from credit_sync.store.schema import RECORD_TABLES
from credit_sync.store.unread_rows import UnreadRows
from credit_sync.store.versions import (
    PulledSource,
    add_version,
    last_accepted,
    last_refusal,
    next_version,
    pull_in_force,
)
from credit_sync.subjects.identifiers import hide_in_text

CONFLICT = "同一主键在一次取数中出现两次且内容不同"
UNREADABLE = "更正对照文件或数据后重新取数，--accept-shrink 也不采用；确已清空的，请提供方送一份空的"
NOT_MADE_GOOD = "；其后的增量不含这一次的内容，须补送后用 --accept-shrink 采用，或取一次全量"

State = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How a pull ended: its version, and the reason when it was refused."""

    state: State
    version: int
    counts: Counts
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One pull, read and ready to be taken over."""

    source: PulledSource
    guards: Guards
    spool: Spool
    accept_shrink: bool = False
    known: KnownRows = NOTHING_KNOWN
    """The known rows that those of a whole list were told apart by."""
    since_accepted: bool = False
    """A delta of all that has changed since the last accepted pull, what was refused in between included."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of a pull, in numbers."""

    counts: Counts
    facts: Facts | None
    """None where the pull was refused before they were counted."""
    held: int = 0
    """Records that a whole list did not bring, and that stay since they may be rows of it that could not be read."""
    note: str = ""
    """The same in a sentence (Chinese)."""

    @property
    def stored(self) -> dict[str, int]:
        """For the ledger."""
        return self.counts.stored() | ({"held": self.held} if self.held else {})


class _RefusedError(Exception):
    """Rolls the transaction back. `remedy`: how it can be taken over all the same."""

    def __init__(self, reason: str, remedy: str, written: Written) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.written = written


def take_over(engine: Engine, run: Run, delivery: Delivery) -> TakenOver:
    """Makes the store hold what the spool holds, or nothing of it."""
    try:
        with writing(engine) as connection:
            written = write(connection, run, delivery)
            missing = _still_missing(connection, run, delivery)
            note = missing or written.note
            version = add_version(connection, delivery.source, run, written.counts, note=note, facts=written.facts)
            ledger.stage_done(connection, run, "pull", delivery.source.name, written.stored)
        return TakenOver("accepted", version, written.counts)
    except _RefusedError as refused:
        return _record_refusal(engine, run, delivery, refused)


def _still_missing(connection: Connection, run: Run, delivery: Delivery) -> str:
    """Why an earlier delivery was refused whose rows a delta does not bring: nobody sends them again by himself."""
    source = delivery.source
    if source.delivery != "delta" or delivery.since_accepted or delivery.accept_shrink:
        return ""
    refusal = last_refusal(connection, source.name, before=next_version(connection, source.name, run))
    return f"{refusal.removesuffix(NOT_MADE_GOOD)}{NOT_MADE_GOOD}" if refusal else ""


def write(connection: Connection, run: Run, delivery: Delivery) -> Written:
    """The records and the quarantine of one pull; the caller's transaction holds them together."""
    source, spool = delivery.source, delivery.spool
    whole = source.delivery == "full"
    before = live_records(connection, source.record, source.name)
    last = last_facts(connection, source.name)
    _refuse_other_version(connection, delivery)
    added = None if before else AddedFacts(source.record, _counted_fields(delivery), run.as_of.date())
    writer = RecordWriter(
        connection, source.name, source.record, run, keys_to_store, known=delivery.known, added=added
    )
    conflicting = _write_rows(connection, run, delivery, writer)
    lost, held = writer.unread(before, confirmed=delivery.accept_shrink) if whole else (writer.counts.removed, 0)
    observed = Observed(
        record=source.record,
        whole=whole,
        first=source.delivery != "retry" and pull_in_force(connection, source.name, source.record) is None,
        pulled=spool.outcomes,
        read=writer.read,
        rejected=spool.rejected,
        repeated=writer.counts.duplicates + conflicting,
        added=writer.counts.added,
        before=before,
        lost=lost,
        held=held,
        in_force_before=entries_in_force(connection, source.name, run) + writer.ended if writer.ended > 0 else 0,
        newly_ended=writer.ended,
    )
    if reason := unreadable(observed):
        writer.counts.live = before
        raise _RefusedError(reason, UNREADABLE, Written(writer.counts, None))
    _refuse(delivery, refused_for_counts(delivery.guards, observed), writer.counts, before)
    note = _staying(held, spool.rejected, writer.unread_rows) if held else ""
    _end(connection, run, delivery, writer, note)
    writer.counts.live = writer.live()
    facts = _of_added(added, writer.counts) or _facts(connection, run, delivery, writer.counts, last)
    prospect = Prospect(source.record, before, run.as_of.date(), facts, last)
    _refuse(delivery, refused_for_facts(delivery.guards, prospect), writer.counts, before, facts)
    return Written(writer.counts, facts, held, note)


def _write_rows(connection: Connection, run: Run, delivery: Delivery, writer: RecordWriter) -> int:
    """All that came, into the records and the quarantine; how many rows contradicted earlier ones."""
    source, spool, conflicting = delivery.source, delivery.spool, 0
    writer.counts.pulled = spool.outcomes
    writer.counts.skipped = spool.skipped
    for items, bad in spool.batches():
        again = writer.write(items, whole=source.delivery == "full")
        conflicts = [conflict(source.record, read) for read in again]
        conflicting += len(conflicts)
        quarantine.put(connection, source.name, run, bad + conflicts)
        writer.counts.quarantined += len(bad) + len(conflicts)
    writer.unread_rows.came(spool.outcomes)
    quarantine.put(connection, source.name, run, writer.unread_rows.misplaced)
    return conflicting


def _end(connection: Connection, run: Run, delivery: Delivery, writer: RecordWriter, note: str) -> None:
    """Settles what the pull did not bring, and the rows in quarantine whose records it did. `note`: why some stay."""
    if delivery.source.delivery == "full":
        _end_whole(connection, run, delivery, writer, note)
    else:
        for settled in _read_among(connection, run, delivery, writer, earlier=True):
            quarantine.resolve(connection, run, settled, quarantine.READ_LATER)
    for beside in _read_among(connection, run, delivery, writer, earlier=False):
        quarantine.set_aside(connection, beside)


def _end_whole(connection: Connection, run: Run, delivery: Delivery, writer: RecordWriter, note: str) -> None:
    """Removes what a whole list no longer brings, and keeps what is known of its rows."""
    name = delivery.source.name
    writer.remove_unseen()
    learnt = writer.learnt.known(next_version(connection, name, run))
    save_known_rows(connection, name, delivery.known, learnt)
    quarantine.resolve_absent(connection, name, run)
    if note and writer.unread_rows.obscure:
        quarantine.add_to_reasons(connection, name, run, OBSCURE, f"；{note}")


def _staying(held: int, unread: int, rows: UnreadRows) -> str:
    """How many records stay because of how many rows."""
    obscure = f"（其中 {rows.obscure} 行看不出是哪条记录）" if rows.obscure else ""
    because = (
        f"有 {unread} 行未能读取{obscure}" if unread else "",
        f"有 {rows.uneven} 行的列数与标题不符" if rows.uneven else "",
    )
    return f"{'，'.join(filter(None, because))}，没有读到的记录中有 {held} 条可能就是这些行，照旧保留"


def _refuse_other_version(connection: Connection, delivery: Delivery) -> None:
    """Raises StoreError where the known rows are no longer those of the source's last version."""
    last = last_accepted(connection, delivery.source.name)
    if len(delivery.known) and (last is None or last.version != delivery.known.version):
        raise StoreError(f"数据源 {delivery.source.name} 在取数期间另有改动", remedy="请重新运行")


def _refuse(
    delivery: Delivery, reasons: list[str], counts: Counts, before: int, facts: Facts | None = None
) -> None:
    """Raises _RefusedError where there are reasons and nobody has overridden them."""
    if reasons and not delivery.accept_shrink:
        counts.live = before
        raise _RefusedError("；".join(reasons), "确认无误后可用 --accept-shrink 采用", Written(counts, facts))


def _counted_fields(delivery: Delivery) -> tuple[str, ...]:
    """The fields of which facts tell how many records have them."""
    always = ("identifier",) if delivery.source.record is RecordKind.LISTING else ()
    return tuple(dict.fromkeys((*always, *delivery.guards.min_fill)))


def _of_added(added: AddedFacts | None, counts: Counts) -> Facts | None:
    """What was counted on the way, where the source holds nothing but records that were added, as they were then."""
    if added is None or not 0 < added.rows == counts.live == counts.news:
        return None
    return added.facts(reference().gazetteer.province_of)


def _facts(connection: Connection, run: Run, delivery: Delivery, counts: Counts, last: Facts | None) -> Facts:
    """What the source holds now; counted anew only where something changed."""
    source, fields = delivery.source, _counted_fields(delivery)
    if last is not None and not counts.news and tuple(last.filled) == fields:
        return replace(last, touched=0, unused=0, touched_filled=dict.fromkeys(fields, 0))
    version = next_version(connection, source.name, run)
    counted = Counted(RECORD_TABLES[source.record], source.name, version, fields, run.as_of.date())
    return count_facts(connection, counted, reference().gazetteer.province_of)


def _record_refusal(engine: Engine, run: Run, delivery: Delivery, refused: _RefusedError) -> TakenOver:
    """The refusal goes on record; the rows that could not be read are kept, for they may be its cause."""
    source = delivery.source
    counts, facts = refused.written.counts, refused.written.facts
    kept = "，沿用上次的数据" if counts.live else ""
    reason = f"{refused.reason}；未采用{kept}（{refused.remedy}）"
    with writing(engine) as connection:
        for _, bad in delivery.spool.batches():
            quarantine.put(connection, source.name, run, bad)
        version = add_version(connection, source, run, counts, refusal=reason, facts=facts)
        ledger.stage_failed(connection, run, "pull", source.name, reason)
    return TakenOver("refused", version, counts, reason)


def _read_among(
    connection: Connection, run: Run, delivery: Delivery, writer: RecordWriter, *, earlier: bool
) -> Iterator[list[int]]:
    """The open rows in quarantine whose record this pull has read, in blocks."""
    for block in quarantine.open_keys(connection, delivery.source.name, run, earlier=earlier):
        read = writer.was_read(key for _, key in block)
        yield [row_id for row_id, key in block if key in read]


def conflict(kind: RecordKind, read: ReadRecord) -> BadRow:
    """A record that contradicts an earlier one of the same pull, for the quarantine."""
    return BadRow(
        fingerprint=read.digest.hex(),
        place=read.place,
        row=read.row,
        field="",
        value=hide_in_text(read.key),
        reason=CONFLICT,
        raw=canonical(to_content(RECORD_CLASSES[kind], read.values)).decode(),
        key=read.key,
        readable=False,
    )
