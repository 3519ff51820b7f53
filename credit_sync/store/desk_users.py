"""Local accounts of the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from credit_sync.store.desk_sessions import end_sessions_of
from credit_sync.store.schema import desk_session, desk_user


@dataclass(frozen=True, slots=True)
class Account:
    """A local account; `password` is its argon2 hash."""

    name: str
    title: str
    password: str
    roles: list[str]
    departments: list[str]
    created_at: datetime
    changed_at: datetime
    disabled_at: datetime | None


def account(connection: Connection, name: str, *, held: bool = False) -> Account | None:
    """The account of that name, disabled or not; `held`: as it is, until the transaction ends."""
    query = select(desk_user).where(desk_user.c.name == name)
    row = connection.execute(query.with_for_update() if held else query).first()
    return Account(*row) if row else None


def accounts(connection: Connection) -> Sequence[Account]:
    """All accounts by name."""
    return [Account(*row) for row in connection.execute(select(desk_user).order_by(desk_user.c.name))]


def known_titles(connection: Connection) -> dict[str, str]:
    """What those are called who have an account or are signed in, by account; not where one account is said to be two."""
    people = select(desk_user.c.name, desk_user.c.title).union(select(desk_session.c.name, desk_session.c.title))
    found: dict[str, set[str]] = {}
    for name, title in connection.execute(people):
        found.setdefault(name, set()).add(title)
    return {name: title for name, (title, *more) in found.items() if not more and title != name}


def add_account(connection: Connection, added: Account) -> None:
    """A new account."""
    values = {name: getattr(added, name) for name in Account.__slots__}
    connection.execute(desk_user.insert().values(**values))


def change_account(connection: Connection, name: str, at: datetime, **values: Any) -> None:
    """Changes columns of an account and ends its sessions: what was allowed before is not any more."""
    connection.execute(update(desk_user).where(desk_user.c.name == name).values(changed_at=at, **values))
    end_sessions_of(connection, name, "local")
