"""Who is on record by an account, by name."""

from collections.abc import Callable

from sqlalchemy import Connection

from credit_sync.reporting.shown import shown
from credit_sync.store.desk_users import known_titles

NameOf = Callable[[str], str]


def names_on_record(connection: Connection) -> NameOf:
    """What an account is shown as: by the name with the account, where the name is known."""
    titles = known_titles(connection)
    return lambda account: shown(f"{titles[account]}（{account}）" if account in titles else account)
