"""Sessions of the desk, and sign-ins that failed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from credit_sync.store.schema import desk_session, failed_sign_in


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in, `way` local, oidc, or a link's. The browser keeps a token of which only the digest is here."""

    digest: str
    way: str
    name: str
    title: str
    roles: list[str]
    departments: list[str]
    address: str
    began_at: datetime
    seen_at: datetime


def session(connection: Connection, digest: str) -> Session | None:
    """The session with that digest, over or not."""
    row = connection.execute(select(desk_session).where(desk_session.c.digest == digest)).first()
    return Session(*row) if row else None


def begin_session(connection: Connection, begun: Session) -> None:
    """A new session."""
    values = {name: getattr(begun, name) for name in Session.__slots__}
    connection.execute(desk_session.insert().values(**values))


def touch_session(connection: Connection, digest: str, at: datetime) -> None:
    """The session was used."""
    connection.execute(update(desk_session).where(desk_session.c.digest == digest).values(seen_at=at))


def end_session(connection: Connection, digest: str) -> None:
    """Signed out."""
    connection.execute(delete(desk_session).where(desk_session.c.digest == digest))


def end_sessions_of(connection: Connection, name: str, way: str) -> None:
    """Signs a user out everywhere."""
    connection.execute(delete(desk_session).where(desk_session.c.name == name, desk_session.c.way == way))


def forget_over(connection: Connection, began_before: datetime, seen_before: datetime) -> None:
    """Deletes sessions that are over by either limit."""
    c = desk_session.c
    connection.execute(delete(desk_session).where(or_(c.began_at < began_before, c.seen_at < seen_before)))


def failures(connection: Connection, since: datetime, *, name: str = "", address: str = "") -> int:
    """How many sign-ins failed since a time, for a name (its digest), from an address, or both."""
    c = failed_sign_in.c
    wanted = [c.at > since, *([c.name == name] if name else []), *([c.address == address] if address else [])]
    return connection.scalar(select(func.count()).select_from(failed_sign_in).where(*wanted)) or 0


def put_failure(connection: Connection, at: datetime, name: str, address: str, forget_before: datetime) -> int:
    """One more failure; its number. On PostgreSQL others wait until this transaction is over, as on SQLite.

    Those older than `forget_before` are forgotten.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE failed_sign_in IN SHARE ROW EXCLUSIVE MODE")
    connection.execute(delete(failed_sign_in).where(failed_sign_in.c.at < forget_before))
    number: int = (connection.scalar(select(func.max(failed_sign_in.c.id))) or 0) + 1
    connection.execute(failed_sign_in.insert().values(id=number, at=at, name=name, address=address))
    return number


def take_failure_back(connection: Connection, number: int, at: datetime) -> None:
    """The sign-in that was counted at that moment as one that fails has succeeded."""
    c = failed_sign_in.c
    connection.execute(delete(failed_sign_in).where(c.id == number, c.at == at))
