"""Flags as people see them, read from the store: for the report, the list of flags and one flag alone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, select

from credit_sync.records import Applicant, Listing, RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.flag_changes import flag_changes
from credit_sync.reporting.flag_views import (
    VERDICT_ORDER,
    EntryView,
    EvidenceView,
    FlagView,
    MeasureView,
    PartyView,
)
from credit_sync.reporting.flagged_views import ApplicationHead
from credit_sync.reporting.people import names_on_record
from credit_sync.reporting.review_views import ReviewView, review_view
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.review import Standing, standings
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import DECIDED, State
from credit_sync.screening.faces import Via, representative
from credit_sync.screening.measures import Measures
from credit_sync.screening.reasons import Reasons
from credit_sync.store import schema
from credit_sync.store.candidates import records
from credit_sync.subjects.subject import Subject


def flag_views(
    connection: Connection,
    which: ColumnElement[bool],
    measures: Measures,
    reasons: Reasons,
    *,
    previous: datetime | None = None,
) -> list[tuple[ApplicationHead, FlagView]]:
    """The flags that fit a condition on them, by number, each with the application it belongs to.

    `previous`: the last report, which news is told against.
    """
    flags = connection.execute(select(schema.flag).where(which).order_by(schema.flag.c.id)).all()
    found = applicants(connection, (f.applicant_id for f in flags))
    matches = _matches(connection, which)
    left = _left(connection, which, previous)
    reviews = standings(connection, (dict(f._mapping) for f in flags))
    cases = {n: [(match, listing.number) for match, listing in entries] for n, entries in matches.items()}
    changed = flag_changes(connection, flags, cases, previous) if previous else {}
    views, name_of = [], names_on_record(connection)
    for row in flags:
        if row.id not in matches:
            continue  # closed, and its cases are now those of another flag
        applicant = found[row.applicant_id]
        entries, gone = matches[row.id], left.get(row.id, ())
        review = review_view(reviews[row.id], reasons, name_of)
        news = _news(row, reviews[row.id], previous)
        view = _flag(row, applicant, entries, gone, review, measures=measures)
        view = replace(view, news=news, changes=changed.get(row.id, ()) if news else ())
        views.append((application_head(applicant), view))
    return views


def _flag(  # noqa: PLR0913 - what a flag is made of
    found: Row[Any],
    applicant: Applicant,
    matches: list[tuple[RowMapping, Listing]],
    left: tuple[str, ...],
    review: ReviewView,
    *,
    measures: Measures,
) -> FlagView:
    """`matches`: the flag's, strongest first. Without its news."""
    strongest, listing = matches[0]
    reached = representative(listing) if found.via == Via.LEGAL_REPRESENTATIVE else None
    return FlagView(
        number=found.id,
        news="",
        changes=(),
        verdict=Verdict(found.verdict),
        probability=found.probability,
        list_title=measures.list_title(found.list),
        role=labels.label(labels.ROLES, applicant.role),
        applicant=_party(applicant.subject),
        listed=_party(listing.subject),
        representative=_party(reached) if reached is not None else None,
        evidence=tuple(
            EvidenceView(
                labels.label(labels.ATTRIBUTES, e["attribute"]), shown(e["sentence"]), e["bits"], e["level"]
            )
            for e in strongest["evidence"]
        ),
        entries=tuple(entry_view(entry, match["probability"]) for match, entry in matches),
        left=left,
        measure=MeasureView(**found.measure),
        opened_at=found.opened_at,
        review=review,
    )


def _news(found: Row[Any], standing: Standing, previous: datetime | None) -> str:
    if previous is None:
        return ""
    back_decided = standing.state in DECIDED and standing.at is not None and standing.at < found.opened_at
    if found.opened_at > previous and not back_decided:
        return "新增"
    if standing.state is State.REOPENED and standing.at and standing.at > previous:
        return "重新打开"
    return "有变化" if found.changed_at > previous else ""


def _matches(connection: Connection, which: ColumnElement[bool]) -> dict[int, list[tuple[RowMapping, Listing]]]:
    """The matches of each flag with their listings, strongest first: the open ones, of a closed flag all.

    Those that a flag closed with come before those that had left it earlier.
    """
    match, flag = schema.match, schema.flag
    shown_ones = match.c.closed_at.is_(None) | flag.c.closed_at.is_not(None)
    earlier = match.c.closed_at.is_distinct_from(flag.c.closed_at).label("earlier")
    query = select(match, earlier).join(flag, flag.c.id == match.c.flag_id).where(which, shown_ones)
    rows = connection.execute(query).mappings().all()
    listings = records(connection, RecordKind.LISTING, (row["listing_id"] for row in rows))
    found: dict[int, list[tuple[RowMapping, Listing]]] = {}
    for row in sorted(rows, key=lambda r: (r["earlier"], _rank(r["verdict"]), -r["bits"], r["listing_id"])):
        listing, _ = listings[row["listing_id"]]
        if isinstance(listing, Listing):
            found.setdefault(row["flag_id"], []).append((row, listing))
    return found


def _left(
    connection: Connection, which: ColumnElement[bool], previous: datetime | None
) -> dict[int, tuple[str, ...]]:
    """Why open flags have lost entries since the last report."""
    match, flag = schema.match, schema.flag
    query = select(match.c.flag_id, match.c.close_reason).join(flag, flag.c.id == match.c.flag_id)
    lost = (flag.c.closed_at.is_(None), match.c.close_reason != "")
    query = query.where(which, *lost).order_by(match.c.listing_id)
    if previous is not None:
        query = query.where(match.c.closed_at > previous)
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(query):
        found[row.flag_id] = (*found.get(row.flag_id, ()), shown(row.close_reason))
    return found


def _rank(verdict: str) -> int:
    return VERDICT_ORDER.index(Verdict(verdict))


def entry_view(listing: Listing, probability: float) -> EntryView:
    """A listing as pages and reports show it."""
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


def applicants(connection: Connection, wanted: Iterable[int]) -> dict[int, Applicant]:
    """Applicants by their ids."""
    found = records(connection, RecordKind.APPLICANT, wanted)
    return {number: applicant for number, (applicant, _) in found.items() if isinstance(applicant, Applicant)}


def application_head(applicant: Applicant) -> ApplicationHead:
    """The application of an applicant."""
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
