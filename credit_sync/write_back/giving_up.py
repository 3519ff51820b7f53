"""Giving a notice up that its system will never take: a person's decision, on record; what comes after it goes on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from credit_sync.errors import CreditSyncError
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.schema import notice
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.writing import plain
from credit_sync.write_back.outbox import NoticeState


@dataclass(frozen=True, slots=True)
class GivingUp:
    """Who gives up, why and when; `origin`: the user of the system, where somebody else is named."""

    who: str
    reason: str
    at: datetime
    origin: str


def give_up(engine: Engine, keys: Iterable[str], by: GivingUp) -> None:
    """The notices with these keys are not sent any more, all or none. Raises CreditSyncError."""
    if not plain(by.reason) or not plain(by.who):
        raise CreditSyncError("须写明事由和操作人", remedy="用 --reason 写明为什么不再送")
    with writing(engine) as connection:
        for key in dict.fromkeys(keys):
            _give_up(connection, key, by)


def _give_up(connection: Connection, key: str, by: GivingUp) -> None:
    found, who, reason = _found(connection, key), plain(by.who), hide_in_text(plain(by.reason))
    said = f"{who} 放弃：{reason}" + (f"（系统此前：{found.reason}）" if found.reason else "")
    change = update(notice).where(notice.c.id == found.id)
    connection.execute(change.values(state=NoticeState.GIVEN_UP, reason=said))
    detail = {"reason": reason, "was": found.state, **({"origin": by.origin} if by.origin else {})}
    audit.note(connection, at=by.at, who=who, action=audit.Action.GIVE_UP, target=f"通知 {key}", detail=detail)


def _found(connection: Connection, key: str) -> Any:
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
