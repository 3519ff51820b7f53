"""The flagged-applicants report, read from the store."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, true

from credit_sync.records import Applicant
from credit_sync.reporting import labels
from credit_sync.reporting.flag_query import applicants, application_head, flag_views
from credit_sync.reporting.flag_views import FlagView
from credit_sync.reporting.flagged_views import (
    Accounted,
    ApplicationHead,
    ApplicationView,
    ClosedView,
    DecidedView,
    FlaggedReport,
    UnverifiableView,
)
from credit_sync.reporting.lists import midnight, previous_report, read_lists
from credit_sync.reporting.people import names_on_record
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.screening.comparison import RELATED, Verdict
from credit_sync.screening.decisions import State, Step
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import Measures
from credit_sync.screening.reasons import Reasons, load_reasons
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
    reasons = load_reasons(settings.mappings_folder)
    flags = flag_views(
        connection, schema.flag.c.closed_at.is_(None) & _of(own), measures, reasons, previous=previous
    )
    return FlaggedReport(
        department=settings.department.name,
        as_of=run.as_of,
        previous=previous,
        lists=read_lists(connection, settings, run.as_of, previous, measures),
        accounted=_accounted(connection, run, own),
        applications=_applications(flags),
        dismissed=tuple((head, view) for head, view in flags if view.review.state is State.DISMISSED),
        reasons=reasons.reason,
        decided=_decided(connection, previous, measures, reasons, own),
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


# What was decided, what closed, and who cannot be verified


def _decided(
    connection: Connection,
    previous: datetime | None,
    measures: Measures,
    reasons: Reasons,
    own: ColumnElement[bool],
) -> tuple[DecidedView, ...]:
    flag, decision = schema.flag, schema.decision
    if previous is None:
        return ()
    columns = (
        *(decision.c[name] for name in ("flag_id", "step", "state", "who", "at", "reason", "text")),
        flag.c.applicant_id,
    )
    by_people = (
        decision.c.at > previous,
        decision.c.step != Step.REOPEN.value,
        flag.c.id == decision.c.flag_id,
        _of(own),
    )
    rows = connection.execute(
        select(*columns, flag.c.list, flag.c.via).where(*by_people).order_by(decision.c.id)
    ).all()
    found = applicants(connection, (row.applicant_id for row in rows))
    views, name_of = [], names_on_record(connection)
    for row in rows:
        applicant = found[row.applicant_id]
        why = "；".join(part for part in (shown(reasons.title(row.reason)), shown(row.text)) if part)
        view = DecidedView(
            number=row.flag_id,
            head=application_head(applicant),
            applicant=shown(applicant.subject.name),
            role=labels.label(labels.ROLES, applicant.role),
            list_title=measures.list_title(row.list),
            said=(f"{name_of(row.who)} {labels.step_title(row.step, row.state)}：{why}",),
            at=row.at,
            represented=row.via == Via.LEGAL_REPRESENTATIVE,
        )
        views.append(view)
    return tuple(views)


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
            number=f.id,
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
