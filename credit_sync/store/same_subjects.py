"""Pairs that officers have held for one subject although their names differ: a short form, a former name, a typing error."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from credit_sync.records import RecordKind
from credit_sync.store.applicants import subjects_of
from credit_sync.store.candidates import records
from credit_sync.store.columns import subject_from_columns
from credit_sync.store.schema import applicant, decision, flag, listing, match, record_history
from credit_sync.subjects.subject import Subject

_BLOCK = 5000
"""Values in one IN list: below the limit of SQLite (32,766 parameters)."""

_Changes = Mapping[int, list[tuple[datetime, Mapping[str, Any]]]]
"""By record: when it changed and what it had said until then, oldest first."""


def upheld_under_other_names(connection: Connection, reasons: Collection[str]) -> list[tuple[Subject, Subject]]:
    """(applicant, listed subject) of flags upheld for some reasons, in a fixed order; not those of representatives.

    Of two who upheld it both have to have said so. Each subject as it was then: whoever stands in its record by now is
    another matter.
    """
    first = decision.alias()
    query = (
        select(match.c.applicant_id, match.c.listing_id, decision.c.at)
        .join(flag, flag.c.id == match.c.flag_id)
        .join(decision, decision.c.id == flag.c.decision_id)
        .outerjoin(first, first.c.id == decision.c.rests_on)
        .join(applicant, applicant.c.id == match.c.applicant_id)
        .join(listing, listing.c.id == match.c.listing_id)
        .where(flag.c.state == "upheld", flag.c.via == "subject", decision.c.reason.in_(sorted(reasons)))
        .where(or_(first.c.id.is_(None), first.c.reason.in_(sorted(reasons))))
        .where(or_(*_differ_or_did()))
        .order_by(match.c.applicant_id, match.c.listing_id)
    )
    upheld = connection.execute(query).all()
    if not upheld:
        return []
    ours = subjects_of(connection, sorted({row.applicant_id for row in upheld}))
    found = records(connection, RecordKind.LISTING, {row.listing_id for row in upheld})
    theirs = {number: record.subject for number, (record, _) in found.items()}
    since = min(row.at for row in upheld)
    of_ours = _changes(connection, RecordKind.APPLICANT, ours, since)
    of_theirs = _changes(connection, RecordKind.LISTING, theirs, since)
    pairs = [
        (
            _as_upheld(ours, of_ours, row.applicant_id, row.at),
            _as_upheld(theirs, of_theirs, row.listing_id, row.at),
        )
        for row in upheld
    ]
    return [(one, other) for one, other in pairs if one.kind is other.kind and one.name != other.name]


def _differ_or_did() -> tuple[ColumnElement[bool], ...]:
    """The names differ, or may have when it was upheld: one of the two has been corrected to the other since."""
    ours, theirs = applicant.c, listing.c
    return (
        ours.subject_name != theirs.subject_name,
        ours.changed_at > decision.c.at,
        theirs.changed_at > decision.c.at,
    )


def _as_upheld(now: Mapping[int, Subject], changes: _Changes, number: int, at: datetime) -> Subject:
    before = next((said for changed_at, said in changes.get(number, ()) if changed_at > at), None)
    return subject_from_columns(before) if before else now[number]


def _changes(connection: Connection, kind: RecordKind, ids: Iterable[int], since: datetime) -> _Changes:
    c = record_history.c
    wanted = sorted(ids)
    found: dict[int, list[tuple[datetime, Mapping[str, Any]]]] = {}
    for start in range(0, len(wanted), _BLOCK):
        of_block = (c.record == kind.value, c.record_id.in_(wanted[start : start + _BLOCK]), c.at > since)
        query = select(c.record_id, c.at, c.before).where(*of_block).order_by(c.record_id, c.version)
        for number, at, before in connection.execute(query):
            if before:
                found.setdefault(number, []).append((at, before))
    return found
