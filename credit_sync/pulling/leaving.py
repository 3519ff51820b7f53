"""What becomes of a source that is no longer configured: it is given up, or it was renamed and goes on under another name.

Neither withdraws anything that is public: a record that is gone at its source waits for a person
(credit_sync/publishing/actions.py). Records, versions, ledger and audit entry are one transaction.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select

from credit_sync.errors import CreditSyncError
from credit_sync.pulling.rollback import add_version_as_ordered
from credit_sync.pulling.take_over import TakenOver
from credit_sync.records import RecordKind
from credit_sync.screening.keys import keys_to_store
from credit_sync.settings import Settings
from credit_sync.sources.mapping import configured_kinds, load_mappings
from credit_sync.store import audit, quarantine
from credit_sync.store.audit import Action
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.known_rows import forget_known_rows
from credit_sync.store.ledger import Run
from credit_sync.store.left_sources import Left, Newer, alone, handed_over, left_sources, newer_doubles, take_name
from credit_sync.store.orders import Order
from credit_sync.store.questions import forget_questions
from credit_sync.store.record_changes import RecordChanges
from credit_sync.store.records import live_records
from credit_sync.store.renames import note_rename
from credit_sync.store.schema import RECORD_TABLES
from credit_sync.store.versions import PulledSource, has_come_whole, last_accepted

_BLOCK = 1000


def give_up(connection: Connection, run: Run, settings: Settings, source: str, order: Order) -> TakenOver:
    """Removes the records of a source that is no longer configured, or for another kind of them. Raises CreditSyncError."""
    left = left_behind(connection, settings, source)
    ended = _end(connection, run, left, order)
    detail = {"reason": order.reason, "version": ended.version, "removed": ended.counts.removed}
    audit.note(connection, at=run.as_of, who=order.who, action=Action.FORGET, target=source, detail=detail)
    return ended


def rename(  # noqa: PLR0913
    engine: Engine, run: Run, settings: Settings, order: Order, *, former: str, name: str
) -> int:
    """Makes what a source has left that of the source that took its place. Raises CreditSyncError.

    What has come once more under the new name is removed: how many records. What it said otherwise, the others say then.
    """
    with writing(engine) as connection:
        left = renamed(connection, settings, former, name)
        kind = left.record
        ids = select(RECORD_TABLES[kind].c.id).where(alone(kind, former, name), handed_over(kind))
        note_rename(connection, run, kind, former=former, name=name, alone=connection.scalars(ids))
        newer = newer_doubles(connection, kind, former, name)
        take_name(connection, kind, former, name)
        if newer:
            _bring_up_to_date(connection, run, PulledSource(name, kind, left.list, "rename"), newer, order)
        came_anew = last_accepted(connection, former) is not None
        counts = _end(connection, run, left, order).counts if came_anew else Counts()
        quarantine.resolve_all(connection, former, run)
        detail = {"reason": order.reason, "kept": left.live, "doubles": counts.removed}
        target = f"{former} → {name}"
        audit.note(connection, at=run.as_of, who=order.who, action=Action.RENAME, target=target, detail=detail)
    return counts.removed


def left_behind(connection: Connection, settings: Settings, source: str) -> Left:
    """What a source has left that may be given up. Raises CreditSyncError where it may not."""
    there = left_sources(connection, configured_kinds(settings))
    found = next((left for left in there if left.source == source), None)
    if found is None and source in settings.sources:
        raise CreditSyncError(f"数据源 {source} 还在配置中", remedy="先从 config.toml 里删去这个数据源")
    if found is None:
        raise CreditSyncError(f"数据源 {source} 没有留下在册的记录", remedy="用 credit-sync status 查看")
    return found


def renamed(connection: Connection, settings: Settings, former: str, name: str) -> Left:
    """What a source has left that is to be another one's. Raises CreditSyncError where the other one is another source."""
    if former in settings.sources or name not in settings.sources:
        there = f"数据源 {former} 还在配置中" if former in settings.sources else f"配置里没有数据源 {name}"
        raise CreditSyncError(there, remedy=f"先在 config.toml 里把 [sources.{former}] 改为 [sources.{name}]")
    left, mapping = left_behind(connection, settings, former), load_mappings(settings)[name]
    if (left.record, left.list) != (mapping.record, mapping.list):
        raise CreditSyncError(
            f"{former} 和 {name} 取的不是同一种数据，不是改名",
            remedy=f"停用请执行 credit-sync sources forget {former}",
        )
    if left.record is RecordKind.LISTING and (count := live_records(connection, left.record, name)):
        first = "" if has_come_whole(connection, name) else f"{name} 只取到过增量，先取一次全量；"
        raise CreditSyncError(
            f"数据源 {name} 已取到 {count} 条名单条目，名单不合并",
            remedy=f"{first}执行 credit-sync sources forget {former}：旧条目移出，预警由 {name} 的条目接续",
        )
    return left


def _bring_up_to_date(
    connection: Connection, run: Run, source: PulledSource, newer: Sequence[Newer], order: Order
) -> None:
    """Makes records say what came of them since under their source's new name."""
    counts = Counts()
    changes = RecordChanges(connection, source.name, source.record, run, keys_to_store)
    for one in newer:
        if one.now is None:
            changes.remove(one.id, one.version + 1)
            counts.removed += 1
        elif one.there:
            changes.change(one.id, one.version + 1, one.now, "changed")
            counts.changed += 1
        else:
            changes.change(one.id, one.version + 1, one.now, "restored")
            counts.added += 1
        changes.flush_when_full()
    changes.flush()
    counts.pulled = counts.news
    add_version_as_ordered(connection, run, source, counts, order)


def _end(connection: Connection, run: Run, left: Left, order: Order) -> TakenOver:
    """Removes all that is under a name, as a last version."""
    source, kind, counts = left.source, left.record, Counts()
    changes = RecordChanges(connection, source, kind, run, keys_to_store)
    c = RECORD_TABLES[kind].c
    there = select(c.id, c.version).where(c.source == source, c.removed_at.is_(None)).order_by(c.id)
    last = 0
    while rows := connection.execute(there.where(c.id > last).limit(_BLOCK)).all():
        for row in rows:
            changes.remove(row.id, row.version + 1)
        changes.flush()
        counts.removed += len(rows)
        last = rows[-1].id
    forget_questions(connection, source)
    forget_known_rows(connection, source)
    quarantine.resolve_all(connection, source, run)
    return add_version_as_ordered(connection, run, PulledSource(source, kind, left.list, "end"), counts, order)
