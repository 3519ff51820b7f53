"""The compliance report, read from the store as it stood at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, Engine, func, or_, select

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.compliance import (
    Attempt,
    Judged,
    MonthFigures,
    Publication,
    Repair,
    judge,
    late_in,
    month_figures,
)
from credit_sync.publishing.compliance_facts import read_attempts, read_repairs, read_timelines
from credit_sync.publishing.deadline_rules import DeadlineRules, PublicationTerm, load_deadline_rules
from credit_sync.publishing.number_series import Gap, Numbered, Series, SeriesYear, load_series, series_years
from credit_sync.publishing.promises import promise_figures
from credit_sync.publishing.rates import Month
from credit_sync.publishing.standard import load_standard
from credit_sync.publishing.standing import Standing
from credit_sync.publishing.timeline import Timeline, by_decision
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.records import RecordKind
from credit_sync.reporting.compliance_views import (
    ChannelCompliance,
    ComplianceReport,
    MissingView,
    SeriesView,
    TrendPoint,
)
from credit_sync.settings import Settings
from credit_sync.store.schema import quarantine, run

A_YEAR = 12

_Timelines = Mapping[RecordKind, tuple[Timeline, ...]]
_Publications = Mapping[RecordKind, tuple[Publication, ...]]
"""Of one channel."""


@dataclass(frozen=True, slots=True)
class _Window:
    """The month, the time before which things count, the months of the trend, and when the program was first run."""

    month: Month
    at: datetime
    months: int
    began: datetime


def read_compliance(
    engine: Engine, settings: Settings, month: Month, now: datetime, trend_months: int = A_YEAR
) -> ComplianceReport:
    """A month as it stood at its end, or as it stands when it is not over; and the trend up to it.

    Raises CreditSyncError for a month that has not begun, or that was over before the program was first run.
    """
    mappings = settings.mappings_folder
    rules, series = load_deadline_rules(mappings), load_series(mappings)
    at = min(month.end, now)
    with engine.connect() as connection:
        window = _Window(month, at, trend_months, told_since(connection, month, now))
        timelines = _timelines(connection, rules, settings)
        channels = dict(_publications(connection, settings, timelines))
        unread = _unread_numbers(connection, series, at)
    every_timeline = tuple(chain.from_iterable(timelines.values()))
    every_publication = chain.from_iterable(chain.from_iterable(kinds.values()) for kinds in channels.values())
    judged = _judged(every_publication, rules.publication, at)
    return ComplianceReport(
        department=settings.department.name,
        month=month,
        at=at,
        term=rules.publication,
        channels=tuple(_channel(name, kinds, rules.publication, window) for name, kinds in channels.items()),
        late=tuple(late_in(judged, month)),
        rejected=tuple(_rejected(judged)),
        uncertain=sum(item.deadline.day in month and not item.deadline.certain for item in judged),
        series=tuple(_series(series, _numbers(every_timeline, settings, at), month, unread)),
        promises=tuple(promise_figures(promise, every_timeline, month, at) for promise in rules.promises),
    )


def first_run(connection: Connection) -> datetime | None:
    """The time of the earliest run; None before it."""
    began: datetime | None = connection.scalar(select(func.min(run.c.as_of)))
    return began


def told_since(connection: Connection, month: Month, now: datetime) -> datetime:
    """The time of the earliest run. Raises CreditSyncError for a month of which nothing can be told."""
    first = first_run(connection)
    if first is None:
        raise CreditSyncError("还没有运行过，没有可以统计的数据", remedy="先执行 credit-sync run")
    if month.first > now.date():
        raise CreditSyncError(f"{month} 还没有开始，不能统计")
    if month.end <= first:
        raise CreditSyncError(
            f"没有 {month} 的数据：本系统 {first:%Y-%m-%d} 第一次运行，在此之前的情况无从统计",
            remedy=f"最早可以统计 {Month.of(first.date())}",
        )
    return first


def _timelines(connection: Connection, rules: DeadlineRules, settings: Settings) -> _Timelines:
    fields = {"licence_number", "authority", "public_until", "repaired_on"}
    for promise in rules.promises:
        fields |= {promise.only.field, promise.from_, promise.to}
    for channel in settings.channels.values():
        standard = load_standard(settings.mappings_folder, channel.standard)
        fields |= {only.field for kind in PUBLISHED_KINDS if (only := standard.table(kind).only)}
    return {kind: by_decision(read_timelines(connection, kind, fields)) for kind in PUBLISHED_KINDS}


def _publications(
    connection: Connection, settings: Settings, timelines: _Timelines
) -> Iterator[tuple[str, _Publications]]:
    for name, channel in sorted(settings.channels.items()):
        standard = load_standard(settings.mappings_folder, channel.standard)
        found = {}
        for kind in filter(channel.carries, PUBLISHED_KINDS):
            attempts, table = read_attempts(connection, name, kind), standard.table(kind)
            repairs = read_repairs(connection, kind)
            found[kind] = tuple(
                Publication(name, t, table, _attempts(attempts, t), _last_repair(repairs, t))
                for t in timelines[kind]
            )
        yield name, found


def _attempts(attempts: Mapping[int, tuple[Attempt, ...]], timeline: Timeline) -> tuple[Attempt, ...]:
    found = chain.from_iterable(attempts.get(record_id, ()) for record_id in timeline.record_ids)
    return tuple(sorted(found, key=lambda attempt: attempt.sent_at))


def _last_repair(repairs: Mapping[int, Repair], timeline: Timeline) -> Repair | None:
    found = (repairs[record_id] for record_id in reversed(timeline.record_ids) if record_id in repairs)
    return next(found, None)


def _judged(publications: Iterable[Publication], term: PublicationTerm, at: datetime) -> list[Judged]:
    return [judged for publication in publications if (judged := judge(publication, term, at))]


def _rejected(judged: Iterable[Judged]) -> list[Judged]:
    found = [item for item in judged if item.standing is Standing.REJECTED]
    return sorted(found, key=lambda item: (item.deadline.day, item.channel, item.kind, item.record_id))


def _channel(name: str, kinds: _Publications, term: PublicationTerm, window: _Window) -> ChannelCompliance:
    def figures(kind: RecordKind, month: Month) -> MonthFigures:
        until = min(month.end, window.at)
        return month_figures(_judged(kinds[kind], term, until), month, until)

    trend = []
    for back in reversed(range(window.months)):
        month = window.month.earlier(back)
        known = month.end > window.began
        total = sum((figures(kind, month) for kind in kinds), MonthFigures()) if known else None
        trend.append(TrendPoint(month, total))
    return ChannelCompliance(name, {kind: figures(kind, window.month) for kind in kinds}, tuple(trend))


def _numbers(timelines: Iterable[Timeline], settings: Settings, at: datetime) -> list[Numbered]:
    """The numbers in use, of decisions that their source no longer has as well."""
    found = []
    for timeline in timelines:
        if said := timeline.before(at):
            organ = str(said.content["authority"]).strip() or settings.department.name
            licence_number = str(said.content.get("licence_number", ""))
            found.append(Numbered(organ, said.decided_on.year, said.number, licence_number))
    return found


def _series(
    series: Sequence[Series], numbers: Sequence[Numbered], month: Month, unread: Mapping[str, set[tuple[int, int]]]
) -> Iterator[SeriesView]:
    """The series of the month's year; of the year before as long as the trend reaches into it and numbers are missing."""
    for found in series_years(series, numbers):
        before = month.earlier(A_YEAR - 1).year <= found.year < month.year and found.missing > 0
        if found.year == month.year or before:
            in_quarantine = unread.get(found.series.title, set())
            yield SeriesView(found, tuple(_missing(found, gap, in_quarantine) for gap in found.gaps))


def _missing(found: SeriesYear, gap: Gap, unread: set[tuple[int, int]]) -> MissingView:
    first = found.series.written(found.year, gap.first)
    text = first if gap.count == 1 else f"{first} 至 {found.series.written(found.year, gap.last)}"
    quarantined = sum(year == found.year and gap.first <= number <= gap.last for year, number in unread)
    return MissingView(text, gap.count, quarantined)


def _unread_numbers(
    connection: Connection, series: Sequence[Series], at: datetime
) -> dict[str, set[tuple[int, int]]]:
    """By series: numbers that stand in rows which were in quarantine."""
    c = quarantine.c
    open_then = (c.first_seen < at, or_(c.resolved_at.is_(None), c.resolved_at >= at))
    found: dict[str, set[tuple[int, int]]] = {one.title: set() for one in series}
    for raw in connection.scalars(select(c.raw).where(*open_then)):
        for text in _texts(raw):
            for one in series:
                if (read := one.read(text)) is not None:
                    found[one.title].add(read)
    return found


def _texts(raw: object) -> Iterator[str]:
    """Every text in a row as its source delivered it."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for value in raw.values():
            yield from _texts(value)
    elif isinstance(raw, Sequence):
        for value in raw:
            yield from _texts(value)
