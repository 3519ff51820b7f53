"""How much one user may see in an hour: counted in the audit log, which has it all anyway."""

from datetime import timedelta

from sqlalchemy import Connection

from credit_sync.desk.errors import SlowDownError
from credit_sync.desk.office import Office
from credit_sync.desk.rights import User
from credit_sync.store.audit import Action, entries

_HOUR = timedelta(hours=1)


def refuse_too_many(connection: Connection, office: Office, user: User, action: Action) -> None:
    """Raises SlowDownError when the user has done so as often as anybody may within the last hour."""
    most, since = office.desk.lookups_per_hour, office.now() - _HOUR
    done = len(entries(connection, who=user.name, action=action, since=since, limit=most))
    if done >= most:
        raise SlowDownError(f"一小时内已查询 {done} 次，达到上限", remedy="请稍后再查；确有需要请运维人员调整上限")
