"""What is stored about one application: its applicants, when each was screened, and the flags that are not closed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from credit_sync.records import Applicant
from credit_sync.store.columns import from_columns, rows_of
from credit_sync.store.schema import applicant, flag, screening, source_version


def applicants_on(connection: Connection, system: str, application: str) -> dict[int, tuple[Applicant, int]]:
    """id -> (applicant, version) of an application's live applicants, ascending."""
    c = applicant.c
    query = select(applicant).where(c.system == system, c.application == application, c.removed_at.is_(None))
    rows = rows_of(connection, query.order_by(c.id))
    return {row["id"]: (from_columns(Applicant, row), row["version"]) for row in rows}


def screenings_of(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The last screening of each applicant that has one."""
    rows = connection.execute(select(screening).where(screening.c.applicant_id.in_(ids)))
    return {row.applicant_id: row for row in rows}


def open_flags_of(connection: Connection, ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """The flags of applicants that are not closed, by number, whatever was decided on them."""
    query = select(flag).where(flag.c.applicant_id.in_(ids), flag.c.closed_at.is_(None)).order_by(flag.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def refusals(connection: Connection, sources: Sequence[str]) -> dict[str, str]:
    """source -> why its last delivery was refused, for those whose last one was; rows read anew do not count as one."""
    c = source_version.c
    found: dict[str, str] = {}
    for source in sources:
        last = (
            select(c.state, c.reason)
            .where(c.source == source, c.delivery != "retry")
            .order_by(c.version.desc())
            .limit(1)
        )
        row = connection.execute(last).first()
        if row is not None and row.state == "refused":
            found[source] = row.reason
    return found
