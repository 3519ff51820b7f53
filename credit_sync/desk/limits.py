"""How much one user may see in an hour: counted in the audit log, which has it all anyway."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from credit_sync.desk.errors import SlowDownError
from credit_sync.desk.office import Office
from credit_sync.desk.rights import User
from credit_sync.store.audit import Action, entries, note
from credit_sync.store.engine import writing

_HOUR = timedelta(hours=1)


def put_on_record_within(
    office: Office, user: User, action: Action, query: str, detail: Mapping[str, Any]
) -> None:
    """On record, or refused: entries are written one after the other, so of several at once the last ones are too many."""
    with writing(office.engine) as connection:
        note(connection, at=office.now(), who=user.name, action=action, target=query, detail=detail)
        refuse_too_many(connection, office, user, action, already=1)


def refuse_too_many(
    connection: Connection, office: Office, user: User, action: Action, *, already: int = 0
) -> None:
    """Raises SlowDownError when the user has done so as often as anybody may within the last hour.

    `already`: how many entries of what is being done are there.
    """
    most, since = office.desk.lookups_per_hour, office.now() - _HOUR
    done = len(entries(connection, who=user.name, action=action, since=since, limit=most + already)) - already
    if done >= most:
        raise SlowDownError(f"一小时内已查询 {done} 次，达到上限", remedy="请稍后再查；确有需要请运维人员调整上限")
