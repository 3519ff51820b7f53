"""What is stored about one application: its applicants, when each was screened, and the flags that are not closed."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, Select, Text, cast, select

from credit_sync.records import Applicant
from credit_sync.store.columns import from_columns, rows_of
from credit_sync.store.schema import applicant, flag, quarantine, screening
from credit_sync.subjects.writing import plain

_WORD = re.compile(r"[^\s,;|\"']+")


class Stored(NamedTuple):
    """An applicant as it is stored."""

    applicant: Applicant
    version: int
    source: str


def applicants_on(connection: Connection, system: str, application: str) -> dict[int, Stored]:
    """id -> an application's live applicants, ascending."""
    c = applicant.c
    query = select(applicant).where(c.system == system, c.application == application, c.removed_at.is_(None))
    rows = rows_of(connection, query.order_by(c.id))
    return {row["id"]: Stored(from_columns(Applicant, row), row["version"], row["source"]) for row in rows}


def unread_rows(connection: Connection, sources: Sequence[str], application: str) -> int:
    """How many rows in quarantine name an application: applicants that nobody is screened as."""
    as_json = orjson.dumps(application).decode()[1:-1]
    query = _unread(sources).where(cast(quarantine.c.raw, Text).contains(as_json, autoescape=True))
    return sum(application in _texts(raw) for raw in connection.scalars(query))


def unread_rows_of_all(
    connection: Connection, sources: Sequence[str], applications: Set[str]
) -> Mapping[str, int]:
    """The same of many applications, those without such rows left out."""
    rows = connection.scalars(_unread(sources))
    return Counter(application for raw in rows for application in applications & set(_texts(raw)))


def _unread(sources: Sequence[str]) -> Select[Any]:
    return select(quarantine.c.raw).where(quarantine.c.source.in_(sources), quarantine.c.resolved_at.is_(None))


def _texts(raw: Any) -> Iterator[str]:
    """Every text of a row; of one that could not even be taken apart its words."""
    if isinstance(raw, Mapping):
        for value in raw.values():
            yield from [plain(value)] if isinstance(value, str) else _texts(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _texts(value)
    else:
        yield from _WORD.findall(str(raw))


def screenings_of(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The last screening of each applicant that has one."""
    rows = connection.execute(select(screening).where(screening.c.applicant_id.in_(ids)))
    return {row.applicant_id: row for row in rows}


def open_flags_of(connection: Connection, ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """The flags of applicants that are not closed, by number, whatever was decided on them."""
    query = select(flag).where(flag.c.applicant_id.in_(ids), flag.c.closed_at.is_(None)).order_by(flag.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]
