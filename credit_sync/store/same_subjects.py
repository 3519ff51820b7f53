"""Pairs that officers have held for one subject although their names differ: a short form, a former name, a typing error."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from credit_sync.records import RecordKind
from credit_sync.store.applicants import subjects_of
from credit_sync.store.candidates import records
from credit_sync.store.schema import applicant, decision, flag, listing, match
from credit_sync.subjects.subject import Subject


def upheld_under_other_names(connection: Connection, reasons: Collection[str]) -> list[tuple[Subject, Subject]]:
    """(applicant, listed subject) of flags upheld for one of some reasons, in a fixed order; not those of representatives."""
    query = (
        select(match.c.applicant_id, match.c.listing_id)
        .join(flag, flag.c.id == match.c.flag_id)
        .join(decision, decision.c.id == flag.c.decision_id)
        .join(applicant, applicant.c.id == match.c.applicant_id)
        .join(listing, listing.c.id == match.c.listing_id)
        .where(flag.c.state == "upheld", flag.c.via == "subject", decision.c.reason.in_(sorted(reasons)))
        .where(applicant.c.subject_kind == listing.c.subject_kind)
        .where(applicant.c.subject_name != listing.c.subject_name)
        .order_by(match.c.applicant_id, match.c.listing_id)
    )
    pairs = [(row.applicant_id, row.listing_id) for row in connection.execute(query)]
    if not pairs:
        return []
    ours = subjects_of(connection, sorted({one for one, _ in pairs}))
    theirs = records(connection, RecordKind.LISTING, {other for _, other in pairs})
    return [(ours[one], theirs[other][0].subject) for one, other in pairs]
