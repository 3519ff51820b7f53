"""What the monthly summary of joint punishment (联合惩戒月报) shows, as plain typed values. Every text is fit to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from credit_sync.publishing.deadline_rules import ReviewTerm
from credit_sync.publishing.rates import Month, Rate
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.measures import Effect


@dataclass(frozen=True, slots=True)
class MonthFlags:
    """The flags of a month: what happened in it, and how they stood at its end."""

    standing: int = 0
    """At the end; waiting, upheld and dismissed together are as many."""
    waiting: int = 0
    upheld: int = 0
    dismissed: int = 0
    overdue: int = 0
    """Of the waiting: longer than the term."""
    opened: int = 0
    changed: int = 0
    closed: int = 0
    reopened: int = 0
    """Conclusions that no longer held."""
    newly_upheld: int = 0
    newly_dismissed: int = 0
    """Conclusions that came into force in the month."""
    in_time: int = 0
    """Of these: within the term."""

    @property
    def decided(self) -> int:
        """Conclusions that came into force in the month."""
        return self.newly_upheld + self.newly_dismissed

    @property
    def reviewed(self) -> Rate:
        """复核率: of the flags at the end those that are decided."""
        return Rate(self.upheld + self.dismissed, self.standing)

    @property
    def timely(self) -> Rate:
        """按期复核率: of the month's conclusions those within the term."""
        return Rate(self.in_time, self.decided)


@dataclass(frozen=True, slots=True)
class Screenings:
    """The screenings of a month, and what the last one until its end came to."""

    count: int
    last: datetime | None
    applicants: int
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TallyLine:
    """Flags of one list, verdict, role, system or department."""

    title: str
    flags: MonthFlags


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """The month's conclusions for one reason, and how many days they took."""

    conclusion: Conclusion
    reason: str
    count: int
    median_days: float
    longest_days: float


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """Upheld flags of one list by what its measure does."""

    effect: Effect
    list_title: str
    newly: int
    in_force: int


@dataclass(frozen=True, slots=True)
class ListMonth:
    """A source of a list over the month."""

    title: str
    source: str
    accepted: int
    """Versions."""
    refused: int
    last_version: int | None
    pulled_at: datetime | None
    before: int
    """Entries at the month's beginning."""
    live: int
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class OverdueLine:
    """A flag that waits longer than the term."""

    number: int
    applicant: str
    application: str
    department: str
    list_title: str
    waits_from: datetime
    deadline: date
    days_late: int


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """The whole summary, as things stood before `at`."""

    organ: str
    month: Month
    at: datetime
    term: ReviewTerm | None
    flags: MonthFlags
    before: MonthFlags | None
    """The month before; None when the program had not been run by then."""
    screenings: Screenings
    screenings_before: Screenings | None
    trend: tuple[tuple[Month, MonthFlags | None], ...]
    """Twelve months, the oldest first."""
    tallies: Mapping[str, tuple[TallyLine, ...]]
    """By what they are counted: 名单, 判定, 角色, 系统, 处室."""
    reasons: tuple[ReasonLine, ...]
    measures: tuple[MeasureLine, ...]
    lists: tuple[ListMonth, ...]
    overdue: tuple[OverdueLine, ...]

    @property
    def complete(self) -> bool:
        """The month was over."""
        return self.at >= self.month.end
