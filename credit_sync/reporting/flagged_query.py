"""The flagged-applicants report, read from the store."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, true

from credit_sync.records import Applicant
from credit_sync.reporting import labels
from credit_sync.reporting.flag_query import applicants, application_head, flag_views
from credit_sync.reporting.flagged_views import (
    Accounted,
    ApplicationHead,
    ApplicationView,
    ClosedView,
    FlaggedReport,
    FlagView,
    UnverifiableView,
)
from credit_sync.reporting.lists import midnight, previous_report, read_lists
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.screening.comparison import RELATED, Verdict
from credit_sync.screening.decisions import State
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import Measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.settings import Settings
from credit_sync.store import schema
from credit_sync.store.columns import from_columns
from credit_sync.store.ledger import Run
from credit_sync.subjects.identifiers import TITLES, IdentifierKind
from credit_sync.subjects.subject import Subject, SubjectKind


def read_flagged(
    connection: Connection,
    settings: Settings,
    run: Run,
    measures: Measures,
    own: ColumnElement[bool] | None = None,
) -> FlaggedReport:
    """Everything the report shows, in the order in which it is shown; `own`: only of such applicants (a department's)."""
    own = true() if own is None else own
    previous = previous_report(connection, run)
    reasons = load_reasons(settings.path(settings.mappings))
    flags = flag_views(
        connection, schema.flag.c.closed_at.is_(None) & _of(own), measures, reasons, previous=previous
    )
    return FlaggedReport(
        department=settings.department.name,
        as_of=run.as_of,
        previous=previous,
        lists=read_lists(connection, settings, run, previous, measures),
        accounted=_accounted(connection, run, own),
        applications=_applications(flags),
        dismissed=tuple((head, view) for head, view in flags if view.review.state is State.DISMISSED),
        reasons=reasons.reason,
        closed=_closed(connection, previous, measures, own),
        unverifiable=_without_flag(connection, (schema.screening.c.verdict == Verdict.UNVERIFIABLE.value) & own),
        related=_without_flag(connection, _IS_RELATED & own),
    )


# Everybody is accounted for


def _of(own: ColumnElement[bool]) -> ColumnElement[bool]:
    """Flags of such applicants."""
    return schema.flag.c.applicant_id.in_(select(schema.applicant.c.id).where(own))


def _accounted(connection: Connection, run: Run, own: ColumnElement[bool]) -> Accounted:
    applicant, screening = schema.applicant, schema.screening
    columns = (
        (screening.c.applicant_version == applicant.c.version).label("present"),
        screening.c.verdict,
        screening.c.screened_at,
    )
    rows = connection.execute(
        select(*columns, func.count().label("number"))
        .select_from(applicant)
        .outerjoin(screening, screening.c.applicant_id == applicant.c.id)
        .where(applicant.c.removed_at.is_(None), own)
        .group_by(*columns)
    ).all()
    verdicts = dict.fromkeys(Verdict, 0)
    for row in rows:
        if row.present:
            verdicts[Verdict(row.verdict)] += row.number
    return Accounted(
        verdicts=verdicts,
        unscreened=sum(row.number for row in rows if not row.present),
        late=sum(row.number for row in rows if row.present and row.screened_at < midnight(run.as_of)),
    )


# Flags


def _applications(flags: list[tuple[ApplicationHead, FlagView]]) -> tuple[ApplicationView, ...]:
    """Those that are not dismissed, by application, the most serious first."""
    grouped: dict[tuple[str, str], list[tuple[ApplicationHead, FlagView]]] = {}
    for head, view in flags:
        if view.review.state is not State.DISMISSED:
            grouped.setdefault((head.system, head.number), []).append((head, view))
    applications = [
        ApplicationView(group[0][0], tuple(sorted((view for _, view in group), key=lambda v: v.order)))
        for group in grouped.values()
    ]
    return tuple(sorted(applications, key=lambda a: (*a.flags[0].order[:3], a.head.system, a.head.number)))


# What closed, and who cannot be verified


def _closed(
    connection: Connection, previous: datetime | None, measures: Measures, own: ColumnElement[bool]
) -> tuple[ClosedView, ...]:
    flag = schema.flag
    query = select(flag).where(flag.c.closed_at.is_not(None), _of(own)).order_by(flag.c.closed_at, flag.c.id)
    if previous is not None:
        query = query.where(flag.c.closed_at > previous)
    flags = connection.execute(query).all()
    found = applicants(connection, (f.applicant_id for f in flags))
    return tuple(
        ClosedView(
            head=application_head(found[f.applicant_id]),
            applicant=shown(found[f.applicant_id].subject.name),
            role=labels.label(labels.ROLES, found[f.applicant_id].role),
            list_title=measures.list_title(f.list),
            verdict=Verdict(f.verdict),
            reason=shown(f.close_reason),
            closed_at=f.closed_at,
            represented=f.via == Via.LEGAL_REPRESENTATIVE,
        )
        for f in flags
    )


_IS_RELATED = (schema.screening.c.verdict != Verdict.UNVERIFIABLE.value) & schema.screening.c.reason.contains(
    RELATED
)
"""Whose parent or branch is listed; the unverifiable among them are told of it in their reason."""


def _without_flag(connection: Connection, which: ColumnElement[bool]) -> tuple[UnverifiableView, ...]:
    applicant, screening = schema.applicant, schema.screening
    rows = connection.execute(
        select(applicant, screening.c.reason.label("why"))
        .join(screening, screening.c.applicant_id == applicant.c.id)
        .where(
            applicant.c.removed_at.is_(None),
            screening.c.applicant_version == applicant.c.version,
            which,
        )
        .order_by(applicant.c.id)
    ).mappings()
    views = []
    for row in rows:
        found = from_columns(Applicant, dict(row))
        views.append(
            UnverifiableView(
                head=application_head(found),
                applicant=shown(found.subject.name),
                role=labels.label(labels.ROLES, found.role),
                numbers=shown_numbers(found.subject),
                missing=_missing_number(found.subject),
                reason=shown(row["why"]),
            )
        )
    return tuple(sorted(views, key=lambda v: (v.head.system, v.head.number)))


def _missing_number(subject: Subject) -> str:
    """The number that would tell the subject from its namesakes, empty where it is there in full."""
    person = subject.kind is SubjectKind.PERSON
    wanted = IdentifierKind.CITIZEN_ID if person else IdentifierKind.USCC
    enough = {wanted} if person else {wanted, IdentifierKind.ORGANISATION_CODE}
    full = any(i.kind in enough and i.valid and not i.masked for i in subject.identifiers)
    return "" if full else TITLES[wanted]
