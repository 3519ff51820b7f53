"""Taking a list back to what an earlier version of a source held, as a new version of it.

History goes on: every record that comes back, changes back or goes has its entry, and the next screening sees them as
touched by the new version. It makes a list no younger.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine

from credit_sync.errors import CreditSyncError
from credit_sync.pulling.take_over import TakenOver
from credit_sync.records import RecordKind
from credit_sync.screening.keys import keys_to_store
from credit_sync.screening.reference import reference
from credit_sync.store import audit, quarantine
from credit_sync.store.audit import Action
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.facts import Counted, count_facts, last_facts
from credit_sync.store.ledger import Run
from credit_sync.store.list_history import Touched, Version, accepted_versions, touched_since
from credit_sync.store.orders import Order
from credit_sync.store.read_records import ReadRecord, read_record_of
from credit_sync.store.record_changes import RecordChanges
from credit_sync.store.records import live_records
from credit_sync.store.schema import RECORD_TABLES
from credit_sync.store.versions import PulledSource, add_version, next_version


def roll_back(engine: Engine, run: Run, source: str, back_to: int, order: Order) -> TakenOver:
    """Makes a source's listings those that an earlier version held, and puts it on record. Raises CreditSyncError."""
    with writing(engine) as connection:
        version = earlier_version(connection, source, back_to)
        changes = RecordChanges(connection, source, RecordKind.LISTING, run, keys_to_store)
        counts = Counts()
        for touched in touched_since(connection, version):
            _set_back(changes, touched, touched.content_at(version), counts)
            changes.flush_when_full()
        changes.flush()
        quarantine.reopen(connection, source, version.pulled_at)  # the records read since may have gone with it
        counts.pulled = counts.added + counts.changed
        of = PulledSource(source, RecordKind.LISTING, version.list, "rollback", back_to)
        taken = add_version_as_ordered(connection, run, of, counts, order)
        detail = {"reason": order.reason, "back_to": back_to, "version": taken.version}
        audit.note(connection, at=run.as_of, who=order.who, action=Action.ROLLBACK, target=source, detail=detail)
    return taken


def earlier_version(connection: Connection, source: str, number: int) -> Version:
    """The version of a source that may be gone back to. Raises CreditSyncError where it may not."""
    accepted = accepted_versions(connection, source)
    if not accepted:
        raise CreditSyncError(f"没有名为 {source} 的名单数据源", remedy="用 credit-sync lists show 查看")
    if any(version.delivery == "query" for version in accepted):
        raise CreditSyncError(f"数据源 {source} 是逐个查询的，没有整份的版本可以回退", remedy="请重新查询")
    earlier = {version.number: version for version in accepted[1:]}
    if number == accepted[0].number:
        raise CreditSyncError(f"数据源 {source} 现在就是第 {number} 版", remedy="不需要回退")
    if number not in earlier:
        known = "、".join(str(n) for n in earlier) or "没有"
        raise CreditSyncError(f"数据源 {source} 没有已采用的第 {number} 版", remedy=f"可以回退的版本：{known}")
    return earlier[number]


def _set_back(changes: RecordChanges, touched: Touched, then: Mapping[str, Any] | None, counts: Counts) -> None:
    """Brings one record to what it said `then`, None where it was not there."""
    if then is None:
        if touched.there:
            changes.remove(touched.id, touched.version + 1)
            counts.removed += 1
        return
    if not touched.there:
        changes.change(touched.id, touched.version + 1, _read_record(touched, then), "restored")
        counts.added += 1
    elif then != touched.content:
        changes.change(touched.id, touched.version + 1, _read_record(touched, then), "changed")
        counts.changed += 1


def _read_record(touched: Touched, content: Mapping[str, Any]) -> ReadRecord:
    """The same row, pulled again, is then unchanged."""
    return read_record_of(RecordKind.LISTING, touched.key, content, touched.place, touched.row)


def add_version_as_ordered(
    connection: Connection, run: Run, source: PulledSource, counts: Counts, order: Order
) -> TakenOver:
    """The version of a source that a person ordered, with what it holds then."""
    counts.live = live_records(connection, source.record, source.name)
    before = last_facts(connection, source.name)
    version = next_version(connection, source.name, run)
    fields = tuple(before.filled) if before else ()
    counted = Counted(RECORD_TABLES[source.record], source.name, version, fields, run.as_of.date())
    facts = count_facts(connection, counted, reference().gazetteer.province_of)
    return TakenOver("accepted", add_version(connection, source, run, counts, facts=facts, order=order), counts)
