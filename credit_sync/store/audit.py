"""The audit log: who did what to which, in entries that are chained by hash and never changed.

Each entry's digest is taken over the digest before it and over everything the entry says, so that no entry can be
changed, taken out of the middle or moved without every later digest being others (`verify` finds where). What was cut
off the end leaves no trace in what is left: that is found only by a digest kept elsewhere (`--head`), which is why every
run writes the last one into its report and log. Triggers of the database refuse changes to begin with.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select, text

from credit_sync.errors import CreditSyncError
from credit_sync.store.schema import audit
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.writing import plain

PROGRAM = "credit-sync"
"""Who is on record for what the night does by itself."""
DESK = "复核台"
"""What somebody signed in to, or was not let into."""
STRANGER = "（未登录）"
"""Who is on record for a sign-in that was refused to nobody in particular."""
_LOCK = 0x6175_6469_74  # "audit": one writer of the chain at a time, on PostgreSQL
_ROWS = 5000


class Action(StrEnum):
    """What is put on record."""

    LOOKUP = "lookup"
    EXPLAIN = "explain"
    SCREEN_FILE = "screen_file"
    REVEAL = "reveal"
    """A number of a person was shown in full."""
    UPHOLD = "uphold"
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    UNDO = "undo"
    REOPEN = "reopen"
    EXPORT = "export"
    IMPORT = "import"
    CONFIGURATION = "configuration"
    ROLLBACK = "rollback"
    """A list went back to an earlier version."""
    FORGET = "forget"
    """A source was given up."""
    RENAME = "rename"
    """A source was given another name."""
    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    CLEAN_BILL = "clean_bill"
    """A clean-bill list was signed off."""
    GATE = "gate"
    """A system asked whether an application may go on."""
    SHARE = "share"
    """Licences and penalties of an organisation were given to a system."""
    WITHDRAW = "withdraw"
    """A publication was taken back by hand; likewise the next ones."""
    KEEP = "keep"
    RESUME = "resume"
    LOST = "lost"
    REPAIR = "repair"
    """Credit repair of a penalty was put on record."""
    START = "start"
    """A channel is another one than those that sent before."""
    GIVE_UP = "give_up"
    """A notice to an application system is not sent any more."""
    API_KEY = "api_key"
    """A key of the interface was made or revoked."""
    API_REFUSED = "api_refused"
    """A known key asked for what it may not have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log."""

    id: int
    at: datetime
    who: str
    action: str
    target: str
    detail: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the chain (Chinese), and at which entry; 0 where it is none of those there."""

    entry: int
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What going through the whole chain found."""

    entries: int
    head: str
    """The digest of the last entry; '' of an empty log."""
    problems: tuple[Problem, ...]


def note(  # noqa: PLR0913 - the columns of one entry
    connection: Connection, *, at: datetime, who: str, action: str, target: str, detail: Mapping[str, Any]
) -> Entry:
    """Appends an entry, which is committed with the transaction it is part of; numbers of persons are hidden.

    Until then other writers of the log wait: note at the end of a long transaction. On SQLite the connection must be
    one of `store.engine.writing`.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(select(audit.c.id, audit.c.digest).order_by(audit.c.id.desc()).limit(1)).first()
    number, before = (last.id + 1, last.digest) if last else (1, "")
    row = {
        "id": number,
        "at": at.isoformat(),
        "who": _clean(who),
        "action": action,
        "target": _clean(target),
        "detail": json.dumps(_hidden(detail), ensure_ascii=False, sort_keys=True, default=str),
    }
    digest = _digest(before, tuple(row.values()))
    connection.execute(audit.insert().values(**row, digest=digest))
    return Entry(number, at, str(row["who"]), action, str(row["target"]), json.loads(str(row["detail"])), digest)


def entries(  # noqa: PLR0913 - one filter a column
    connection: Connection,
    *,
    who: str = "",
    action: str = "",
    target: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """The entries that fit every filter, oldest first; with a limit the last so many.

    `target`: a part of it. `until`: not included. Raises CreditSyncError for an entry that is no longer readable.
    """
    c = audit.c
    query = select(audit).order_by(c.id.desc())
    query = query.where(c.who == who) if who else query
    query = query.where(c.action == action) if action else query
    query = query.where(c.target.contains(target, autoescape=True)) if target else query
    query = query.where(c.at >= since.isoformat()) if since else query
    query = query.where(c.at < until.isoformat()) if until else query
    return [_entry(row) for row in connection.execute(query.limit(limit))][::-1]


def head(connection: Connection) -> str:
    """The digest of the last entry, which stands for all of them; '' of an empty log."""
    found: str | None = connection.scalar(select(audit.c.digest).order_by(audit.c.id.desc()).limit(1))
    return found or ""


def verify(connection: Connection, heads: Sequence[str] = ()) -> Verification:
    """Goes through the whole chain. `heads`: digests kept elsewhere, each of which must still be in it."""
    problems: list[Problem] = []
    missing = dict.fromkeys(heads)
    count, before, expected = 0, "", 1
    for row in _rows(connection):
        number, digest = row.id, row.digest
        count += 1
        if number != expected:
            problems.append(Problem(number, f"第 {number} 条之前缺少记录（应为第 {expected} 条）"))
        elif digest != _digest(before, tuple(row)[:-1]):
            problems.append(
                Problem(number, f"第 {number} 条与其摘要不符：这一条被改动，或其前后的记录被改动、调换")
            )
        before, expected = digest, number + 1
        missing.pop(digest, None)
    problems += [Problem(0, f"库中没有摘要为 {kept} 的记录：其后（含该条）的记录被删除或改写") for kept in missing]
    return Verification(count, before, tuple(problems))


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    yield from connection.execute(select(audit).order_by(audit.c.id).execution_options(yield_per=_ROWS))


def _digest(before: str, said: tuple[Any, ...]) -> str:
    """`said`: the columns as they are stored, but the digest; whatever a tamperer made of them."""
    return sha256((before + json.dumps(said, default=repr)).encode()).hexdigest()


def _entry(row: Row[Any]) -> Entry:
    try:
        at, detail = datetime.fromisoformat(row.at), json.loads(row.detail)
    except (ValueError, TypeError):
        raise CreditSyncError(
            f"留痕第 {row.id} 条已读不出来", remedy="执行 credit-sync audit verify，并查明是谁改动了数据库"
        ) from None
    return Entry(row.id, at, row.who, row.action, row.target, detail, row.digest)


def _hidden(value: Any) -> Any:
    """The same without numbers of persons, in whatever depth."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {_clean(str(name)): _hidden(item) for name, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list | tuple) else value


def _clean(value: str) -> str:
    """A text as both databases can keep it, on one line: without control characters and halves of characters."""
    return hide_in_text(plain(value))
