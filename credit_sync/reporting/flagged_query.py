"""The flagged-applicants report, read from the store."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, func, select

from credit_sync.records import Applicant, Listing, RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.flagged_views import (
    VERDICT_ORDER,
    Accounted,
    ApplicationHead,
    ApplicationView,
    ClosedView,
    EntryView,
    EvidenceView,
    FlaggedReport,
    FlagView,
    MeasureView,
    PartyView,
    UnverifiableView,
)
from credit_sync.reporting.lists import midnight, previous_report, read_lists
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.screening.comparison import RELATED, Verdict
from credit_sync.screening.faces import Via, representative
from credit_sync.screening.measures import Measures
from credit_sync.settings import Settings
from credit_sync.store import schema
from credit_sync.store.candidates import records
from credit_sync.store.columns import from_columns
from credit_sync.store.ledger import Run
from credit_sync.subjects.identifiers import TITLES, IdentifierKind
from credit_sync.subjects.subject import Subject, SubjectKind


def read_flagged(connection: Connection, settings: Settings, run: Run, measures: Measures) -> FlaggedReport:
    """Everything the report shows, in the order in which it is shown."""
    previous = previous_report(connection, run)
    return FlaggedReport(
        department=settings.department.name,
        as_of=run.as_of,
        previous=previous,
        lists=read_lists(connection, settings, run, previous, measures),
        accounted=_accounted(connection, run),
        applications=_applications(connection, previous, measures),
        closed=_closed(connection, previous, measures),
        unverifiable=_without_flag(connection, schema.screening.c.verdict == Verdict.UNVERIFIABLE.value),
        related=_without_flag(connection, _IS_RELATED),
    )


# Everybody is accounted for


def _accounted(connection: Connection, run: Run) -> Accounted:
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
        .where(applicant.c.removed_at.is_(None))
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


def _applications(
    connection: Connection, previous: datetime | None, measures: Measures
) -> tuple[ApplicationView, ...]:
    flag = schema.flag
    flags = connection.execute(select(flag).where(flag.c.closed_at.is_(None)).order_by(flag.c.id)).all()
    applicants = _applicants(connection, (f.applicant_id for f in flags))
    matches = _matches(connection)
    left = _left(connection, previous)
    grouped: dict[tuple[str, str], list[tuple[ApplicationHead, FlagView]]] = {}
    for found in flags:
        applicant = applicants[found.applicant_id]
        view = flag_view(
            found, applicant, matches[found.id], left.get(found.id, ()), previous=previous, measures=measures
        )
        grouped.setdefault((applicant.system, applicant.application), []).append((application_head(applicant), view))
    applications = [
        ApplicationView(group[0][0], tuple(sorted((view for _, view in group), key=lambda v: v.order)))
        for group in grouped.values()
    ]
    return tuple(sorted(applications, key=lambda a: (*a.flags[0].order[:3], a.head.system, a.head.number)))


def flag_view(  # noqa: PLR0913 - what a flag is made of
    found: Row[Any],
    applicant: Applicant,
    matches: list[tuple[RowMapping, Listing]],
    left: tuple[str, ...],
    *,
    previous: datetime | None,
    measures: Measures,
) -> FlagView:
    """One flag as it is shown. `matches`: the flag's, strongest first."""
    strongest, listing = matches[0]
    reached = representative(listing) if found.via == Via.LEGAL_REPRESENTATIVE else None
    return FlagView(
        number=found.id,
        news=_news(found, previous),
        verdict=Verdict(found.verdict),
        probability=found.probability,
        list_title=measures.list_title(found.list),
        role=labels.label(labels.ROLES, applicant.role),
        applicant=_party(applicant.subject),
        listed=_party(listing.subject),
        representative=_party(reached) if reached is not None else None,
        evidence=tuple(
            EvidenceView(labels.label(labels.ATTRIBUTES, e["attribute"]), shown(e["sentence"]), e["bits"])
            for e in strongest["evidence"]
        ),
        entries=tuple(_entry(entry, match["probability"]) for match, entry in matches),
        left=left,
        measure=MeasureView(**found.measure),
        opened_at=found.opened_at,
    )


def _news(found: Row[Any], previous: datetime | None) -> str:
    if previous is None:
        return ""
    if found.opened_at > previous:
        return "新增"
    return "有变化" if found.changed_at > previous else ""


def _matches(connection: Connection) -> dict[int, list[tuple[RowMapping, Listing]]]:
    """The open matches of each open flag with their listings, strongest first."""
    match, flag = schema.match, schema.flag
    query = select(match).join(flag, flag.c.id == match.c.flag_id)
    rows = (
        connection.execute(query.where(flag.c.closed_at.is_(None), match.c.closed_at.is_(None))).mappings().all()
    )
    listings = records(connection, RecordKind.LISTING, (row["listing_id"] for row in rows))
    found: dict[int, list[tuple[RowMapping, Listing]]] = {}
    for row in sorted(rows, key=lambda r: (verdict_rank(r["verdict"]), -r["bits"], r["listing_id"])):
        listing, _ = listings[row["listing_id"]]
        if isinstance(listing, Listing):
            found.setdefault(row["flag_id"], []).append((row, listing))
    return found


def _left(connection: Connection, previous: datetime | None) -> dict[int, tuple[str, ...]]:
    """Why open flags have lost entries since the last report."""
    match, flag = schema.match, schema.flag
    query = select(match.c.flag_id, match.c.close_reason).join(flag, flag.c.id == match.c.flag_id)
    query = query.where(flag.c.closed_at.is_(None), match.c.close_reason != "").order_by(match.c.listing_id)
    if previous is not None:
        query = query.where(match.c.closed_at > previous)
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(query):
        found[row.flag_id] = (*found.get(row.flag_id, ()), shown(row.close_reason))
    return found


def verdict_rank(verdict: str) -> int:
    """Where a verdict that flags stands, the most serious at 0."""
    return VERDICT_ORDER.index(Verdict(verdict))


def _entry(listing: Listing, probability: float) -> EntryView:
    return EntryView(
        number=shown(listing.number),
        organ=shown(listing.organ),
        listed_on=listing.listed_on,
        published_on=listing.published_on,
        reason=shown(listing.reason),
        duty=shown(listing.duty),
        performance=shown(listing.performance),
        probability=probability,
    )


# What closed, and who cannot be verified


def _closed(connection: Connection, previous: datetime | None, measures: Measures) -> tuple[ClosedView, ...]:
    flag = schema.flag
    query = select(flag).where(flag.c.closed_at.is_not(None)).order_by(flag.c.closed_at, flag.c.id)
    if previous is not None:
        query = query.where(flag.c.closed_at > previous)
    flags = connection.execute(query).all()
    applicants = _applicants(connection, (f.applicant_id for f in flags))
    return tuple(
        ClosedView(
            head=application_head(applicants[f.applicant_id]),
            applicant=shown(applicants[f.applicant_id].subject.name),
            role=labels.label(labels.ROLES, applicants[f.applicant_id].role),
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


# Parts of several


def _applicants(connection: Connection, wanted: Iterable[int]) -> dict[int, Applicant]:
    found = records(connection, RecordKind.APPLICANT, wanted)
    return {number: applicant for number, (applicant, _) in found.items() if isinstance(applicant, Applicant)}


def application_head(applicant: Applicant) -> ApplicationHead:
    """The application of an applicant as it is shown."""
    return ApplicationHead(
        system=shown(applicant.system),
        number=shown(applicant.application),
        title=shown(applicant.title),
        kind=labels.label(labels.APPLICATION_KINDS, applicant.application_kind),
        stage=shown(applicant.stage) or labels.NO_STAGE,
        department=shown(applicant.department) or labels.NO_DEPARTMENT,
        year=applicant.year,
    )


def _party(subject: Subject) -> PartyView:
    details = (
        ("曾用名", "、".join(map(shown, subject.former_names))),
        ("法定代表人", shown(subject.legal_representative)),
        ("性别", labels.SEXES[subject.sex] if subject.sex else ""),
        ("出生年份", str(subject.birth_year) if subject.birth_year else ""),
        ("地区", shown(subject.region)),
        ("工作单位", shown(subject.employer)),
    )
    return PartyView(
        kind=labels.label(labels.SUBJECT_KINDS, subject.kind),
        name=shown(subject.name),
        numbers=shown_numbers(subject),
        details=tuple((title, value) for title, value in details if value),
    )
