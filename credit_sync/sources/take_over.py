"""Taking a pull over: records, quarantine, version and ledger entry in one transaction, or a refusal with its reason.

The guards: a whole list that comes empty, or a list of either kind that loses more of its records than the mapping
allows, is not taken over, and the first pull of a list must not be empty, because an empty list would clear everybody.
Records whose row came in a whole list but could not be read stay as they are and count as lost for the guard.
`--accept-shrink` overrides.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine

from credit_sync.records import RecordKind
from credit_sync.screening.keys import listing_keys, listing_mask_shapes, stored_keys
from credit_sync.sources.mapping import Guards
from credit_sync.sources.spool import Spool
from credit_sync.store import ledger, quarantine
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.quarantine import BadRow
from credit_sync.store.record_changes import Entry, SubjectKeys
from credit_sync.store.records import RecordWriter, in_force_before, live_records
from credit_sync.store.versions import PulledSource, add_version, was_ever_accepted
from credit_sync.subjects.identifiers import hide_in_text

SUBJECT_KEYS = SubjectKeys(stored_keys, listing_keys, listing_mask_shapes)
CONFLICT = "同一主键在一次取数中出现两次且内容不同"

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


class _RefusedError(Exception):
    """Rolls the transaction back."""

    def __init__(self, reason: str, counts: Counts) -> None:
        super().__init__(reason)
        self.reason = reason
        self.counts = counts


def take_over(engine: Engine, run: Run, delivery: Delivery) -> TakenOver:
    """Makes the store hold what the spool holds, or nothing of it."""
    try:
        with writing(engine) as connection:
            counts = write(connection, run, delivery)
            version = add_version(connection, delivery.source, run, counts)
            ledger.stage_done(connection, run, "pull", delivery.source.name, counts.stored())
        return TakenOver("accepted", version, counts)
    except _RefusedError as refused:
        return _record_refusal(engine, run, delivery, refused)


def write(connection: Connection, run: Run, delivery: Delivery) -> Counts:
    """The records and the quarantine of one pull; the caller's transaction holds them together."""
    source, spool = delivery.source, delivery.spool
    whole = source.delivery == "full"
    before = live_records(connection, source.record, source.name)
    in_force = in_force_before(connection, source.name, run) if source.record is RecordKind.LISTING else 0
    writer = RecordWriter(connection, source.name, source.record, run, SUBJECT_KEYS)
    writer.counts.pulled = spool.outcomes
    writer.counts.skipped = spool.skipped
    for items, bad in spool.batches():
        conflicts = [_conflict(entry) for entry in writer.write(items, whole=whole)]
        quarantine.put(connection, source.name, run, bad + conflicts)
        writer.counts.quarantined += len(bad) + len(conflicts)
    reason = _refusal(connection, delivery, writer, before) or _mass_removal(connection, run, delivery, in_force)
    if reason and not delivery.accept_shrink:
        writer.counts.live = before
        raise _RefusedError(reason, writer.counts)
    if whole:
        writer.remove_unseen()
        quarantine.resolve_absent(connection, source.name, run)
    else:
        _resolve_read(connection, source, run, writer)
    writer.counts.live = writer.live()
    return writer.counts


def _refusal(connection: Connection, delivery: Delivery, writer: RecordWriter, before: int) -> str:
    """Why the pull must not be taken over; '' when it may."""
    source, max_shrink = delivery.source, delivery.guards.max_shrink
    if not writer.read and source.record is RecordKind.LISTING and not was_ever_accepted(connection, source.name):
        return "首次取数没有读到任何记录：空名单会让所有人都通过"
    if not before:
        return ""
    whole = source.delivery == "full"
    if whole and not writer.read:
        return f"本次取数没有读到任何记录，而上次有 {before} 条"
    lost, held = writer.unread() if whole else (writer.counts.removed, 0)
    if lost > max_shrink * before:
        unreadable = f"（其中 {held} 条送来了但无法读取）" if held else ""
        share = f"{max_shrink:.0%}"
        return f"原有 {before} 条记录，本次少了 {lost} 条{unreadable}，超过允许的 {share}"
    return ""


def _mass_removal(connection: Connection, run: Run, delivery: Delivery, before: int) -> str:
    """Why a list must not be taken over whose rows all came, but with a date of removal on too many of them."""
    if delivery.source.record is not RecordKind.LISTING:
        return ""
    ended = before - in_force_before(connection, delivery.source.name, run)
    if ended <= delivery.guards.max_shrink * before:
        return ""
    return f"原有 {before} 条有效条目，本次有 {ended} 条被标为已移出，超过允许的 {delivery.guards.max_shrink:.0%}"


def _record_refusal(engine: Engine, run: Run, delivery: Delivery, refused: _RefusedError) -> TakenOver:
    """The refusal goes on record; the rows that could not be read are kept, for they may be its cause."""
    source = delivery.source
    kept = "，沿用上次的数据" if refused.counts.live else ""
    reason = f"{refused.reason}；未接收{kept}（确认无误后可用 --accept-shrink 接收）"
    with writing(engine) as connection:
        for _, bad in delivery.spool.batches():
            quarantine.put(connection, source.name, run, bad)
        version = add_version(connection, source, run, refused.counts, refusal=reason)
        ledger.stage_failed(connection, run, "pull", source.name, reason)
    return TakenOver("refused", version, refused.counts, reason)


def _resolve_read(connection: Connection, source: PulledSource, run: Run, writer: RecordWriter) -> None:
    """After a delta: rows in quarantine whose record has come again in good order are resolved."""
    for block in quarantine.open_keys(connection, source.name, run):
        read = writer.was_read(key for _, key in block)
        settled = [row_id for row_id, key in block if key in read]
        quarantine.resolve(connection, run, settled, quarantine.READ_LATER)


def _conflict(entry: Entry) -> BadRow:
    return BadRow(
        fingerprint=entry.digest.hex(),
        place=entry.place,
        row=entry.row,
        field="",
        value=hide_in_text(entry.key),
        reason=CONFLICT,
        raw=entry.content.decode(),
        key=entry.key,
        readable=False,
    )
