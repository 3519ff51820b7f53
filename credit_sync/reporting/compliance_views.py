"""What the compliance report shows, as plain typed values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from credit_sync.publishing.compliance import Judged, MonthFigures
from credit_sync.publishing.deadline_rules import PublicationTerm
from credit_sync.publishing.number_series import SeriesYear
from credit_sync.publishing.promises import PromiseFigures
from credit_sync.publishing.rates import Month
from credit_sync.publishing.standing import Standing
from credit_sync.records import RecordKind


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A month of the trend; None before the program was first run."""

    month: Month
    figures: MonthFigures | None


@dataclass(frozen=True, slots=True)
class ChannelCompliance:
    """One channel: the month by kind of record, and the months up to it, the oldest first."""

    name: str
    by_kind: Mapping[RecordKind, MonthFigures]
    trend: tuple[TrendPoint, ...]

    @property
    def total(self) -> MonthFigures:
        """All kinds together."""
        return sum(self.by_kind.values(), start=MonthFigures())


@dataclass(frozen=True, slots=True)
class MissingView:
    """Consecutive missing numbers, as people write them."""

    text: str
    count: int
    quarantined: int
    """Of them, in rows that could not be read."""


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series of one organ and year."""

    found: SeriesYear
    missing: tuple[MissingView, ...]

    @property
    def counts(self) -> bool:
        """Whether its gaps are counted as 漏报; those of licence numbers bear them out."""
        return self.found.series.field == "document_number"

    @property
    def begins(self) -> str:
        """From which number on gaps are looked for, and how that is known."""
        one = self.found
        return str(one.first) if one.series.first is not None else f"{one.first}（起始号未知）"


@dataclass(frozen=True)
class ComplianceReport:
    """The whole report of a month, as things stood before `at`."""

    department: str
    month: Month
    at: datetime
    term: PublicationTerm
    channels: tuple[ChannelCompliance, ...]
    late: tuple[Judged, ...]
    rejected: tuple[Judged, ...]
    """Turned down and not sent again; in the order of their deadlines."""
    uncertain: int
    """Deadlines counted by weekends, without the yearly notice."""
    series: tuple[SeriesView, ...]
    promises: tuple[PromiseFigures, ...]

    @property
    def complete(self) -> bool:
        """The month was over."""
        return self.at >= self.month.end

    @cached_property
    def nothing_decided(self) -> tuple[RecordKind, ...]:
        """零增量: kinds that some channel carries and of which nothing was decided in the month."""
        decided: dict[RecordKind, int] = {}
        for channel in self.channels:
            for kind, figures in channel.by_kind.items():
                decided[kind] = decided.get(kind, 0) + figures.decided
        return tuple(kind for kind, count in decided.items() if not count)

    @property
    def missing(self) -> int:
        """漏报: document numbers that are missing. A missing licence number is the same decision once more."""
        return sum(one.found.missing for one in self.series if one.counts)

    @property
    def overdue(self) -> int:
        """Of those that are late, not published yet."""
        return sum(item.standing in (Standing.UNSENT, Standing.REJECTED) for item in self.late)
