"""Keys of the interface, and answers that are kept for requests that come twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from credit_sync.store.schema import api_answer, api_key

KEPT = timedelta(hours=24)
"""How long an answer is kept for the same request."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key; of the secret only the digest is kept."""

    id: str
    name: str
    digest: str
    scopes: list[str]
    systems: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that was given to a request."""

    request: str
    answer: str


def key_by_id(connection: Connection, number: str) -> ApiKey | None:
    """The key with that public part, usable or not."""
    row = connection.execute(select(api_key).where(api_key.c.id == number)).first()
    return ApiKey(*row) if row else None


def key_by_name(connection: Connection, name: str) -> ApiKey | None:
    """The key of that name, usable or not."""
    row = connection.execute(select(api_key).where(api_key.c.name == name)).first()
    return ApiKey(*row) if row else None


def keys(connection: Connection) -> Sequence[ApiKey]:
    """All keys by name, also those that were revoked: their names are on record."""
    return [ApiKey(*row) for row in connection.execute(select(api_key).order_by(api_key.c.name))]


def add_key(connection: Connection, added: ApiKey) -> None:
    """A new key."""
    connection.execute(api_key.insert().values(**{name: getattr(added, name) for name in ApiKey.__slots__}))


def revoke_key(connection: Connection, name: str, at: datetime) -> None:
    """The key opens nothing any more, at once."""
    connection.execute(update(api_key).where(api_key.c.name == name).values(revoked_at=at))


def touch_key(connection: Connection, number: str, at: datetime) -> None:
    """The key was used."""
    connection.execute(update(api_key).where(api_key.c.id == number).values(last_used_at=at))


def kept_answer(connection: Connection, number: str, idempotency_key: str, at: datetime) -> KeptAnswer | None:
    """What was answered to that key of a request within the last 24 hours."""
    c = api_answer.c
    wanted = (c.key_id == number, c.idempotency_key == idempotency_key, c.at > at - KEPT)
    row = connection.execute(select(c.request, c.answer).where(*wanted)).first()
    return KeptAnswer(*row) if row else None


def keep_answer(  # noqa: PLR0913, PLR0917 - the columns
    connection: Connection, number: str, idempotency_key: str, request: str, answer: str, at: datetime
) -> None:
    """Keeps an answer; those that are older than a day are deleted. Raises IntegrityError where there is one."""
    connection.execute(delete(api_answer).where(api_answer.c.at <= at - KEPT))
    values = {"key_id": number, "idempotency_key": idempotency_key, "request": request, "answer": answer, "at": at}
    connection.execute(api_answer.insert().values(**values))
