"""How well decisions are published, month by month: the rates that supervisors use. Pure.

Everything is judged as it stood at a time: only what was known, sent and answered before it counts. So a past month
comes out the same whenever it is asked for.

    due        decisions whose deadline is a day of the month, and over
    合规率      of them, accepted, or sent and valid and waiting for the receipt
    及时率      of the first publications sent in the month (and not rejected since), those sent by their deadline
    迟报        sent in the month after the deadline, or past it and not sent yet, whichever month it was in

A day is over when the time is on a later one: what is due today is neither done nor missed yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from credit_sync.publishing.deadline_rules import PublicationTerm
from credit_sync.publishing.deadlines import CHINA, Deadline, working_days_late
from credit_sync.publishing.publicity import last_public_day
from credit_sync.publishing.rates import Month, Rate
from credit_sync.publishing.standard import FieldTable
from credit_sync.publishing.standing import Standing
from credit_sync.publishing.timeline import Said, Timeline
from credit_sync.records import RecordKind

_PUBLISHED = (Standing.ACCEPTED, Standing.SENT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a first publication, and the platform's answer."""

    sent_at: datetime
    answered_at: datetime | None = None
    accepted: bool = False
    reason: str = ""
    """Why it was rejected."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A credit repair that a person has put on record: when, and the first day that is not public."""

    known: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Publication:
    """A decision on one channel: what it said over time, and how it was sent."""

    channel: str
    timeline: Timeline
    table: FieldTable
    """Of the standard: what it takes, and how long it is public."""
    attempts: tuple[Attempt, ...]
    """The oldest first."""
    repair: Repair | None = None

    def owed(self, said: Said, at: datetime) -> bool:
        """Whether what the record says belongs to the public at a time: there, of the right kind, its time not over."""
        on, only = at.date(), self.table.only
        ends = [
            said.content.get("repaired_on"),
            self.repair.day if self.repair and self.repair.known < at else None,
        ]
        last = last_public_day(said.content.get("public_until"), said.decided_on, self.table.publicity)
        over = any(day is not None and day <= on for day in ends) or (last is not None and last < on)
        return said.there and not over and (only is None or said.content[only.field] in only.values)


@dataclass(frozen=True, slots=True)
class Judged:
    """A publication as it stood at a time."""

    channel: str
    kind: RecordKind
    record_id: int
    number: str
    subject: str
    decided_on: date
    deadline: Deadline
    standing: Standing
    published_on: date | None
    reason: str
    """Of a rejection."""
    days_late: int
    """Working days past the deadline, when published, or so far, at least 1; 0 in time."""


def judge(publication: Publication, term: PublicationTerm, at: datetime) -> Judged | None:
    """How a publication stood before a time; None when there was nothing to publish.

    A decision that never went out is not owed any more once its source has withdrawn it, or its publicity is over.
    """
    said = publication.timeline.before(at)
    if said is None or (term.counted_from is not None and said.decided_on < term.counted_from):
        return None
    standing, last = _standing(publication.attempts, at)
    published = standing in _PUBLISHED
    if not published and not publication.owed(said, at):
        return None
    deadline = term.deadline(said.decided_on)
    published_on = last.sent_at.date() if published and last else None
    return Judged(
        channel=publication.channel,
        kind=publication.timeline.kind,
        record_id=publication.timeline.record_id,
        number=said.number,
        subject=said.subject,
        decided_on=said.decided_on,
        deadline=deadline,
        standing=standing,
        published_on=published_on,
        reason=last.reason if standing is Standing.REJECTED and last else "",
        days_late=_days_late(deadline.day, published_on, at.date()),
    )


def _days_late(deadline: date, published_on: date | None, today: date) -> int:
    if published_on is not None:
        return working_days_late(deadline, published_on, CHINA)
    # today is not over and does not count; what is not out on the day after the deadline is late all the same
    return max(1, working_days_late(deadline, today - timedelta(days=1), CHINA)) if today > deadline else 0


def _standing(attempts: Iterable[Attempt], at: datetime) -> tuple[Standing, Attempt | None]:
    """The first attempt that was not turned down decides; else the last rejection."""
    standing, last = Standing.UNSENT, None
    for attempt in attempts:
        if attempt.sent_at < at:
            last = attempt
            if attempt.answered_at is None or attempt.answered_at >= at:
                return Standing.SENT, attempt
            if attempt.accepted:
                return Standing.ACCEPTED, attempt
            standing = Standing.REJECTED
    return standing, last


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The numbers of one month; those of several kinds of records add up."""

    decided: int = 0
    due: int = 0
    accepted: int = 0
    """Of those due, and so the next three."""
    awaiting: int = 0
    rejected: int = 0
    unsent: int = 0
    published: int = 0
    """First publications sent in the month, whenever they were due."""
    in_time: int = 0
    overdue_before: int = 0
    """Still not published of what was due before the month."""

    @property
    def compliant(self) -> Rate:
        """合规率."""
        return Rate(self.accepted + self.awaiting, self.due)

    @property
    def timely(self) -> Rate:
        """及时率."""
        return Rate(self.in_time, self.published)

    def __add__(self, other: "MonthFigures") -> "MonthFigures":
        return MonthFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(MonthFigures)))


def month_figures(judged: Iterable[Judged], month: Month, at: datetime) -> MonthFigures:
    """The numbers of a month from what stood before `at`: the end of the month, or a time within it."""
    of_due = dict.fromkeys(Standing, 0)
    decided = published = in_time = overdue_before = 0
    for item in judged:
        decided += item.decided_on in month
        if item.deadline.day in month and item.deadline.day < at.date():
            of_due[item.standing] += 1
        if item.published_on is not None and item.published_on in month:
            published += 1
            in_time += item.days_late == 0
        overdue_before += item.published_on is None and item.deadline.day < month.first
    return MonthFigures(
        decided=decided,
        due=sum(of_due.values()),
        accepted=of_due[Standing.ACCEPTED],
        awaiting=of_due[Standing.SENT],
        rejected=of_due[Standing.REJECTED],
        unsent=of_due[Standing.UNSENT],
        published=published,
        in_time=in_time,
        overdue_before=overdue_before,
    )


def late_in(judged: Iterable[Judged], month: Month) -> list[Judged]:
    """迟报: published in the month after the deadline, or not published and past it; the latest first."""
    late = [j for j in judged if j.days_late and (j.published_on is None or j.published_on in month)]
    return sorted(late, key=lambda j: (-j.days_late, j.deadline.day, j.channel, j.kind, j.record_id))
