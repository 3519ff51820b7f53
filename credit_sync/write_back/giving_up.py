"""Giving a notice up that its system will never take: a person's decision, on record; what comes after it goes on."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from credit_sync.errors import CreditSyncError
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.schema import notice
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.writing import plain
from credit_sync.write_back.outbox import NoticeState


def give_up(engine: Engine, keys: tuple[str, ...], *, who: str, reason: str, origin: str, at: datetime) -> None:
    """The notices with these keys are not sent any more, all or none. Raises CreditSyncError."""
    if not plain(reason) or not plain(who):
        raise CreditSyncError("须写明事由和操作人", remedy="用 --reason 写明为什么不再送")
    with writing(engine) as connection:
        for key in dict.fromkeys(keys):
            _give_up(connection, key, who=plain(who), reason=hide_in_text(plain(reason)), origin=origin, at=at)


def _give_up(connection: Connection, key: str, *, who: str, reason: str, origin: str, at: datetime) -> None:
    found = _found(connection, key)
    said = f"{who} 放弃：{reason}" + (f"（系统此前：{found.reason}）" if found.reason else "")
    change = update(notice).where(notice.c.id == found.id)
    connection.execute(change.values(state=NoticeState.GIVEN_UP, reason=said))
    detail = {"reason": reason, "was": found.state, **({"origin": origin} if origin else {})}
    audit.note(connection, at=at, who=who, action=audit.Action.GIVE_UP, target=f"通知 {key}", detail=detail)


def _found(connection: Connection, key: str) -> Row[Any]:
    """The notice, which is still to be delivered. Raises CreditSyncError."""
    c = notice.c
    system, flag_id, sequence = (*key.rsplit("/", 2), "", "")[:3]
    numbers = [int(part) if part.isdecimal() and len(part) < 10 else -1 for part in (flag_id, sequence)]
    wanted = (c.system == system, c.flag_id == numbers[0], c.sequence == numbers[1])
    found = connection.execute(select(c.id, c.state, c.reason).where(*wanted)).first()
    if found is None:
        raise CreditSyncError(f"没有通知 {key}", remedy="编号见 credit-sync write-back list，例如 management/12/3")
    if found.state in (NoticeState.DELIVERED, NoticeState.GIVEN_UP):
        already = "已送达" if found.state == NoticeState.DELIVERED else f"不再送了：{found.reason}"
        raise CreditSyncError(f"通知 {key} {already}")
    return found
