"""Everything on one flag: both sides, the evidence and how it adds up, its cases, and what has happened to it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, Row, RowMapping, select

from credit_sync.desk.departments import is_of_user
from credit_sync.desk.errors import NotThereError
from credit_sync.desk.office import Office
from credit_sync.desk.rights import User
from credit_sync.errors import CreditSyncError
from credit_sync.records import Applicant, Listing, RecordKind
from credit_sync.reporting.flag_query import entry_view, flag_views
from credit_sync.reporting.flag_views import EntryView, FlagView
from credit_sync.reporting.flagged_views import ApplicationHead, OtherFlags
from credit_sync.reporting.other_flags import other_flags
from credit_sync.reporting.record_changes import RecordChange, record_changes
from credit_sync.reporting.shown import shown
from credit_sync.reporting.side_by_side import ComparedView, side_by_side
from credit_sync.reporting.waterfall import Step, steps, waterfall
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.evidence import Scales
from credit_sync.screening.faces import Via
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.store.candidates import records
from credit_sync.store.schema import applicant as table
from credit_sync.store.schema import flag, flag_history, match
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind

_NO_MORE_THAN_ROUNDED = 0.9995
"""Above, the stored probability (four places) says too little to reckon back from it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a flag."""

    at: datetime
    what: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case of the listed subject that is, or was, part of the flag."""

    entry: EntryView
    closed_at: datetime | None
    close_reason: str


@dataclass(frozen=True, slots=True)
class Namesakes:
    """How many others bear the applicant's name."""

    listed: int
    """Subjects on the lists."""
    nationwide: int
    """People of the country, by the published shares of names."""


@dataclass(frozen=True, slots=True)
class OtherOpen:
    """Another open flag; one person may have two, for himself and as somebody's representative."""

    number: int
    name: str
    verdict: str
    list_title: str
    represented: bool


@dataclass(frozen=True, slots=True)
class OneFlag:
    """A flag and everything around it."""

    view: FlagView
    head: ApplicationHead
    has_number: bool
    """Whether there is an identity number of a person that is shown in part only."""
    closed_at: datetime | None
    close_reason: str
    rows: tuple[ComparedView, ...]
    steps: tuple[Step, ...]
    picture: Markup
    weights: str
    namesakes: Namesakes | None
    cases: tuple[CaseView, ...]
    others: tuple[OtherOpen, ...]
    """The application's."""
    on_same_two: OtherFlags
    """Of these that the user may see."""
    events: tuple[Event, ...]


def applicant_of_flag(connection: Connection, user: User, number: int) -> tuple[Row[Any], Applicant]:
    """The flag's row and its applicant. Raises NotThereError alike for no such flag and for another department's."""
    found = connection.execute(select(flag).where(flag.c.id == number)).first()
    if found is not None:
        applicant, _ = records(connection, RecordKind.APPLICANT, [found.applicant_id])[found.applicant_id]
        if isinstance(applicant, Applicant) and is_of_user(user, applicant):
            return found, applicant
    raise NotThereError(f"没有预警 {number}，或不属于您的处室", remedy="请从预警一览进入")


def one_flag(connection: Connection, office: Office, user: User, number: int) -> OneFlag:
    """The flag as the user may see it. Raises NotThereError."""
    found, applicant = applicant_of_flag(connection, user, number)
    matches = _matches(connection, number)
    held = next((row for row, _ in matches if row["closed_at"] in (None, found.closed_at)), None)
    if held is None:  # its cases have gone over to another flag of the applicant's
        raise NotThereError(
            f"预警 {number} 已于 {found.closed_at:%Y-%m-%d} 关闭，名单条目已转到同一申报主体的另一条预警",
            remedy="请从预警一览进入",
        )
    head, view = flag_views(connection, flag.c.id == number, office.measures, office.reasons)[0]
    evidence = [(e.title, e.bits) for e in view.evidence if e.bits]
    prior = _prior(held, applicant.subject, office)
    return OneFlag(
        view=view,
        head=head,
        has_number=any(shown(i.display()) != i.value for i in applicant.subject.identifiers),
        closed_at=found.closed_at,
        close_reason=shown(found.close_reason),
        rows=side_by_side(view),
        steps=steps(prior, evidence),
        picture=waterfall(prior, evidence, view.probability, name=f"flag-{number}"),
        weights=held["weights"],
        namesakes=_namesakes(connection, office, applicant.subject),
        cases=tuple(_case(row, listing) for row, listing in matches),
        others=tuple(_others(connection, office, applicant, number)),
        on_same_two=other_flags(
            connection,
            number,
            office.measures,
            office.reasons,
            visible=lambda other: is_of_user(user, other),
        ),
        events=tuple(sorted(_events(connection, found, matches), key=lambda event: event.at)),
    )


def _matches(connection: Connection, number: int) -> list[tuple[RowMapping, Listing]]:
    """All matches of a flag, those that still hold first, the strongest before the others."""
    rows = connection.execute(select(match).where(match.c.flag_id == number)).mappings().all()
    listings = records(connection, RecordKind.LISTING, (row["listing_id"] for row in rows))
    order = sorted(
        rows, key=lambda r: (r["closed_at"] is not None, -Verdict(r["verdict"]).rank, -r["bits"], r["listing_id"])
    )
    pairs = ((row, listings[row["listing_id"]][0]) for row in order)
    return [(row, listing) for row, listing in pairs if isinstance(listing, Listing)]


def _prior(stored: RowMapping, subject: Subject, office: Office) -> float:
    """The prior that the stored probability rests on: that of the same weights, else reckoned back."""
    weights = load_weights(office.settings.mappings_folder)
    probability = stored["probability"]
    if stored["weights"] == weights.stamp or not 0 < probability < _NO_MORE_THAN_ROUNDED:
        return weights.prior_bits(subject.kind)
    return math.log2(probability / (1 - probability)) - float(stored["bits"])


def _namesakes(connection: Connection, office: Office, subject: Subject) -> Namesakes | None:
    """None for organisations, and where the index cannot be read just now."""
    if subject.kind is not SubjectKind.PERSON:
        return None
    settings = office.settings
    if not office.index.is_saved:
        return None  # to count without it, all listings would have to be read
    try:
        candidates = StoredCandidates(connection, office.index.current(connection))
    except CreditSyncError:
        return None
    scales = Scales(load_weights(settings.mappings_folder), reference())
    scales = candidates.scales_for(subject, scales, office.now())
    name = fold_person_name(subject.name)
    population = scales.reference.persons.population
    return Namesakes(scales.namesakes.get(name, 0), round(scales.name_share(name) * population))


def _case(row: RowMapping, listing: Listing) -> CaseView:
    return CaseView(
        entry=entry_view(listing, row["probability"]),
        closed_at=row["closed_at"],
        close_reason=shown(row["close_reason"]),
    )


def _others(connection: Connection, office: Office, applicant: Applicant, number: int) -> Iterator[OtherOpen]:
    query = (
        select(flag.c.id, flag.c.verdict, flag.c.list, flag.c.via, table.c.subject_name)
        .join(table, table.c.id == flag.c.applicant_id)
        .where(table.c.system == applicant.system, table.c.application == applicant.application)
        .where(table.c.department == applicant.department, flag.c.closed_at.is_(None), flag.c.id != number)
    )
    for row in connection.execute(query.order_by(flag.c.id)):
        yield OtherOpen(
            number=row.id,
            name=shown(row.subject_name),
            verdict=row.verdict,
            list_title=office.measures.list_title(row.list),
            represented=row.via == Via.LEGAL_REPRESENTATIVE,
        )


def _events(
    connection: Connection, found: Row[Any], matches: Iterable[tuple[RowMapping, Listing]]
) -> Iterator[Event]:
    history = flag_history.c
    turns = select(history.at, history.change).where(
        history.flag_id == found.id, history.change.in_(["opened", "closed"])
    )
    first, *later = connection.execute(turns.order_by(history.id))
    yield Event(first.at, "发现预警")
    for row, listing in matches:
        case = shown(listing.number or listing.subject.name)
        if row["found_at"] > first.at:
            yield Event(row["found_at"], f"又有名单条目计入：{case}")
        for change in record_changes(connection, RecordKind.LISTING, row["listing_id"]):
            yield _changed(f"名单条目 {case}", change)
        if row["closed_at"] is not None:
            yield Event(row["closed_at"], shown(row["close_reason"]) or f"名单条目 {case} 不再计入")
    for change in record_changes(connection, RecordKind.APPLICANT, found.applicant_id):
        yield _changed("申报信息", change)
    for turn in later:
        yield Event(turn.at, "预警关闭" if turn.change == "closed" else "预警恢复：比对再次命中")


def _changed(what: str, change: RecordChange) -> Event:
    return Event(change.at, f"{what}{change.title}" + (f"：{'、'.join(change.fields)}" if change.fields else ""))
